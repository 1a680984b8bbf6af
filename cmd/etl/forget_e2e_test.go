package main

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"kefu/extract/ledger"
	"kefu/transform/transformtest/world"

	_ "modernc.org/sqlite" // ages the rows of the state
)

// age makes the landed bytes and the rejected rows of a file look as if they had come so long ago.
func (i *installation) age(name string, by time.Duration) {
	i.t.Helper()
	then, found := time.Now().Add(-by).UTC(), false
	for _, path := range i.landed() {
		sidecar := strings.TrimSuffix(path, ".zst") + ".json"
		data, err := os.ReadFile(sidecar)
		if err != nil {
			i.t.Fatal(err)
		}
		var about map[string]any
		if err := json.Unmarshal(data, &about); err != nil {
			i.t.Fatal(err)
		}
		if about["name"] != name {
			continue
		}
		about["landed_at"], found = then.Format(time.RFC3339), true
		if data, err = json.Marshal(about); err != nil {
			i.t.Fatal(err)
		}
		if err := os.WriteFile(sidecar, data, 0o600); err != nil {
			i.t.Fatal(err)
		}
	}
	if !found {
		i.t.Fatalf("%s has not landed", name)
	}
	i.state("update quarantine set updated_at = ? where file = ?", then.Format("2006-01-02T15:04:05.000000000Z07:00"), name)
}

// state changes the state behind the program's back.
func (i *installation) state(statement string, args ...any) {
	i.t.Helper()
	db, err := sql.Open("sqlite", i.path("var/state.db"))
	if err != nil {
		i.t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(i.t.Context(), statement, args...); err != nil {
		i.t.Fatal(err)
	}
}

// Received bytes and rejected rows go after keep_days, also those of a shop that
// is configured no more; numbers and the accounting stay.
func TestWhatIsOlderThanKeepDaysIsDropped(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	i := newPrivateInstallation(t, "keep_days: 10")
	closed := exportSource{name: "closed", preset: "canonical", shop: world.Shop{Platform: "other", ID: "closed", Name: "closed", Timezone: "Asia/Shanghai"}}
	i.sources = append(i.sources, closed)
	i.configure()
	gone := privateRows("9")
	for n := range gone {
		gone[n].source = "closed"
	}
	i.deliver(append(append(privateRows("1"), privateRows("2")...), gone...)...)
	i.night(0)
	i.sources = i.sources[:1]
	i.configure()
	i.night(0)
	want, accounts, lines := i.tables(), i.accounts(), i.accounted()
	if len(i.landed()) != 6 || len(i.quarantine()) != 3 {
		t.Fatalf("landed %v, quarantine %v", i.landed(), i.quarantine())
	}

	rejected := i.rejectedBytes()
	if n := i.inState(rejected); n != 3 {
		t.Fatalf("%d of 3 rejected rows are found in the state", n)
	}

	i.age("chat_messages-1.csv", 10*day+time.Hour)
	i.age("orders-1.csv", 10*day-time.Hour)
	i.age("chat_messages-2.csv", 9*day)
	i.age("chat_messages-9.csv", 400*day)
	s := i.night(0)
	if s.Sources[0].Known != 4 || s.Sources[0].Files != 0 || len(s.Reasons) != 0 {
		t.Errorf("files whose bytes are gone are still known: %+v, %v", s.Sources[0], s.Reasons)
	}
	if left := i.landed(); len(left) != 4 {
		t.Errorf("landed is still %v", left)
	}
	if rows := i.quarantine(); len(rows) != 1 || !strings.Contains(rows[0], "chat_messages-2.csv") {
		t.Errorf("in quarantine are %v", rows)
	}
	sameTables(t, "after bytes were dropped", want, i.tables())
	if got := i.accounts(); got != accounts || i.accounted() != lines {
		t.Errorf("the accounting changed from %s to %s", accounts, got)
	}
	// What was dropped stands nowhere any more, not even between the rows of the state.
	if left := i.inState(rejected); left != 1 {
		t.Errorf("the state still holds %d rows, want 1", left)
	}
}

// rejectedBytes are the rejected rows as the state keeps them.
func (i *installation) rejectedBytes() [][]byte {
	i.t.Helper()
	db, err := sql.Open("sqlite", i.path("var/state.db"))
	if err != nil {
		i.t.Fatal(err)
	}
	defer db.Close()
	raws, err := texts(i.t.Context(), db, "select cast(raw as text) from quarantine")
	if err != nil {
		i.t.Fatal(err)
	}
	out := [][]byte{}
	for _, raw := range raws {
		out = append(out, []byte(raw))
	}
	return out
}

// inState counts those of the rows that stand anywhere in the files of the state.
func (i *installation) inState(rows [][]byte) int {
	i.t.Helper()
	found := 0
	for _, row := range rows {
		for _, name := range []string{"var/state.db", "var/state.db-wal"} {
			data, err := os.ReadFile(i.path(name))
			if err != nil && !os.IsNotExist(err) {
				i.t.Fatal(err)
			}
			if bytes.Contains(data, row) {
				found++
				break
			}
		}
	}
	return found
}

// Without keep_days everything is kept, but for what killed runs left.
func TestEverythingIsKeptWithoutKeepDays(t *testing.T) {
	t.Parallel()
	i := newPrivateInstallation(t, "")
	i.deliver(privateRows("1")...)
	i.night(0)
	i.age("chat_messages-1.csv", 4000*24*time.Hour)
	half := i.path("var/landing/" + "other_one" + "/.landing-1")
	i.write("var/landing/other_one/.landing-1", []byte("half"))
	if err := os.Chtimes(half, time.Time{}, time.Now().Add(-time.Hour)); err != nil {
		t.Fatal(err)
	}
	i.night(0)
	if len(i.landed()) != 2 || len(i.quarantine()) != 1 {
		t.Errorf("landed %v, quarantine %v", i.landed(), i.quarantine())
	}
	if _, err := os.Stat(half); !os.IsNotExist(err) {
		t.Errorf("the half-written file is still there: %v", err)
	}
}

// Texts under another rule cannot be judged anew once the bytes are dropped; the
// run says so and leaves the numbers.
func TestDroppedBytesAreNotReadAnew(t *testing.T) {
	t.Parallel()
	i := newPrivateInstallation(t, "keep_days: 3")
	i.deliver(privateRows("1")...)
	i.night(0)
	i.age("chat_messages-1.csv", 100*24*time.Hour)
	i.night(0)
	i.rules = "- values: {auto_reply_patterns: [\"=有的\"]}"
	i.configure()
	said := i.etl("run")
	if said.code != 0 || !strings.Contains(said.err, "chat_messages-1.csv") || !strings.Contains(said.err, "no longer kept") {
		t.Errorf("ended with %d: %s%s", said.code, said.out, said.err)
	}
}

// accounts spells the accounting of all files.
func (i *installation) accounts() string {
	i.t.Helper()
	files, err := i.ledger().Files(i.t.Context(), "")
	if err != nil {
		i.t.Fatal(err)
	}
	counts := map[string]map[string]ledger.Counts{}
	for _, f := range files {
		counts[f.Source+"/"+f.Name] = f.Counts
	}
	text, err := json.Marshal(counts)
	if err != nil {
		i.t.Fatal(err)
	}
	return string(text)
}
