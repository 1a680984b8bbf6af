package main

import (
	"database/sql"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"kefu/cmd/etl/internal/night"
	"kefu/transform/transformtest/world"
)

// Two runs never work at once: the second says who is at it, or waits.
func TestTwoRunsAtOnce(t *testing.T) {
	t.Parallel()
	shop := world.Shop{Platform: "other", ID: "one", Name: "one", Timezone: "Asia/Shanghai"}
	i := newInstallation(t, "", exportSource{name: "one", preset: "canonical", shop: shop})
	i.deliver(delivery{source: "one", name: "orders.csv", text: goodOrders},
		delivery{source: "one", name: "chat_messages.csv", text: sheet("chat_messages", talk("m", "b1", "a1", 2, "10:00")...)})
	lease, err := i.ledger().Acquire(t.Context(), night.LeaseName, false)
	if err != nil {
		t.Fatal(err)
	}
	said := finish(i.child("run"))
	if said.code != exitEnvironment || !strings.Contains(said.err, fmt.Sprintf("process %d", os.Getpid())) {
		t.Errorf("a second run ended with %d and said %s", said.code, said.err)
	}
	patient := i.child("run", "--wait", "--json")
	result := make(chan ended, 1)
	go func() { result <- finish(patient) }()
	select {
	case said := <-result:
		t.Fatalf("a run that should wait ended with %d: %s", said.code, said.err)
	case <-time.After(1500 * time.Millisecond):
	}
	if err := lease.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s := i.summary(<-result, exitDone); s.Status != "done" || s.Publication == "" {
		t.Errorf("the run that waited: %s, publication %q", s.Status, s.Publication)
	}
}

// A program that has the state locked, such as a database browser, is waited for
// and then named as the reason; nothing is done meanwhile.
func TestAStateThatAnotherProgramLocks(t *testing.T) {
	t.Parallel()
	i := newPrivateInstallation(t, "")
	i.deliver(privateRows("1")...)
	i.night(exitDone)
	want := i.tables()
	i.deliver(privateRows("2")...)
	db, err := sql.Open("sqlite", i.path("var/state.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	browser, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := browser.ExecContext(t.Context(), "begin immediate"); err != nil {
		t.Fatal(err)
	}
	if said := i.etl("run"); said.code != exitEnvironment || !strings.Contains(said.err, "is locked by another program") {
		t.Errorf("while the state is locked: %+v", said)
	}
	if said := i.etl("runs"); said.code != exitDone {
		t.Errorf("looking while the state is locked: %+v", said)
	}
	sameTables(t, "while the state is locked", want, i.tables())
	if _, err := browser.ExecContext(t.Context(), "rollback"); err != nil {
		t.Fatal(err)
	}
	if s := i.night(exitDone); s.Sources[0].Files != 2 {
		t.Errorf("after it: %+v", s.Sources[0])
	}
}
