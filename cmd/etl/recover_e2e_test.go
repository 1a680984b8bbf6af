package main

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// loseState takes the state away as a broken disk would.
func (i *installation) loseState() {
	i.t.Helper()
	for _, name := range []string{"var/state.db", "var/state.db-wal", "var/state.db-shm"} {
		i.remove(name)
	}
}

// A lost state is found again in the lake: what was published is published, the
// next run reads its files, finds their rows there, and changes and computes
// nothing.
func TestALostStateIsRecovered(t *testing.T) {
	t.Parallel()
	a := newAged(t)
	want := a.tables()
	count := a.etl("query", "select count(*), sum(received_buyers) from kpi_shop_day")
	a.loseState()

	// Nothing is made anew over what is there.
	said := a.etl("run")
	if said.code != exitEnvironment || !strings.Contains(said.err, "etl lake recover") {
		t.Errorf("a run without the state ended with %d\n%s%s", said.code, said.out, said.err)
	}
	for _, part := range []string{"entered into the catalog", "nothing else to recover"} { // the second time
		if said := a.etl("lake", "recover"); said.code != exitDone || !strings.Contains(said.out, part) {
			t.Errorf("etl lake recover ended with %d and does not say %q\n%s%s", said.code, part, said.out, said.err)
		}
	}
	if again := a.etl("query", "select count(*), sum(received_buyers) from kpi_shop_day"); again != count {
		t.Errorf("published is\n%s%s, was\n%s", again.out, again.err, count.out)
	}
	secret := a.read("hash.key")
	a.write("hash.key", []byte("another-secret-of-some-length\n"))
	if said := a.etl("run"); said.code != exitEnvironment {
		t.Errorf("with another secret a run ended with %d\n%s%s", said.code, said.out, said.err)
	}
	a.write("hash.key", []byte(secret))

	sum := a.night(0)
	if len(sum.Reasons) != 0 || len(sum.Ingest.Changed) != 0 || sum.Sources[0].Read == 0 || sum.Sources[0].Known != 0 {
		t.Errorf("the run after it: %+v, changed %v, computed because of %+v", sum.Sources, sum.Ingest.Changed, sum.Reasons)
	}
	sameTables(t, "recovered", want, a.tables())
	if sum := a.night(0); sum.Sources[0].Known == 0 || sum.Sources[0].Files != 0 {
		t.Errorf("known files are read again: %+v", sum.Sources)
	}
	a.deliver(a.last...)
	a.night(0)
	whole := newInstallation(t, "", a.sources...)
	if err := os.CopyFS(whole.path("exports"), os.DirFS(a.path("exports"))); err != nil {
		t.Fatal(err)
	}
	whole.night(0)
	sameTables(t, "a delivery after it", whole.tables(), a.tables())
}

// With a backup nothing is lost at all.
func TestABackupOfTheStateIsExact(t *testing.T) {
	t.Parallel()
	a := newAged(t)
	want := a.tables()
	if said := a.etl("state", "backup", a.path("state.backup")); said.code != exitDone {
		t.Fatalf("etl state backup ended with %d\n%s%s", said.code, said.out, said.err)
	}
	info, err := os.Stat(a.path("state.backup"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the backup: %v, %v", info, err)
	}
	a.loseState()
	a.write("var/state.db", []byte(a.read("state.backup")))
	sum := a.night(0)
	if len(sum.Reasons) != 0 || sum.Sources[0].Files != 0 || sum.Sources[0].Known == 0 {
		t.Errorf("the run after it: %+v, computed because of %+v", sum.Sources, sum.Reasons)
	}
	sameTables(t, "restored", want, a.tables())
}

// What a newer program made, or one whose digests were others, is refused.
func TestOtherLayoutsAreRefused(t *testing.T) {
	t.Parallel()
	a := newInstallation(t, "", newAgedSource())
	for layout, hint := range map[int]string{99: "newer program", 1: "read the files again"} {
		a.write("var/lake/lake.json", fmt.Appendf(nil, `{"layout": %d}`, layout))
		if said := a.etl("run"); said.code != exitEnvironment || !strings.Contains(said.err, fmt.Sprintf("has layout %d", layout)) || !strings.Contains(said.err, hint) {
			t.Errorf("a lake of layout %d: %d\n%s%s", layout, said.code, said.out, said.err)
		}
	}
}
