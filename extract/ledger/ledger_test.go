package ledger

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kefu/extract/postgres"
	"kefu/extract/postgres/postgrestest"
)

// openAt opens the state at a place: a file, or a database by its DSN.
func openAt(ctx context.Context, place string, options ...Option) (*Ledger, error) {
	if !strings.Contains(place, "://") {
		return Open(ctx, place, options...)
	}
	server, err := postgres.Parse(place)
	if err != nil {
		return nil, err
	}
	return OpenServer(ctx, server, "kefu", options...)
}

func open(t testing.TB, place string, options ...Option) *Ledger {
	t.Helper()
	l, err := openAt(t.Context(), place, options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// newPlace is where nothing is yet: a file, or a database in the second round
// of the tests.
func newPlace(t testing.TB) string {
	t.Helper()
	if onServer {
		return postgrestest.Shared(t).Database(t)
	}
	return newFile(t)
}

func newFile(t testing.TB) string {
	t.Helper()
	return filepath.Join(t.TempDir(), "var", "state.db")
}

func fresh(t testing.TB) *Ledger {
	t.Helper()
	return open(t, newPlace(t))
}

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func must[T any](t testing.TB) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		ok(t, err)
		return v
	}
}

func TestAFileIsOwnerOnly(t *testing.T) {
	path := newFile(t)
	l := open(t, path)
	must[Run](t)(l.BeginRun(t.Context(), "nightly", "run", nil))
	for _, name := range []string{path, path + "-wal", path + "-shm"} {
		info, err := os.Stat(name)
		ok(t, err)
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %o", filepath.Base(name), info.Mode().Perm())
		}
	}
	ok(t, os.Chmod(path, 0o644)) // say, another program made it
	open(t, path)
	if info := must[os.FileInfo](t)(os.Stat(path)); info.Mode().Perm() != 0o600 {
		t.Errorf("an existing state keeps mode %o", info.Mode().Perm())
	}
}

func TestRunsAndUnits(t *testing.T) {
	l, ctx := fresh(t), t.Context()
	first := must[Run](t)(l.BeginRun(ctx, "nightly", "run", nil))
	second := must[Run](t)(l.BeginRun(ctx, "", "backfill", nil))
	ok(t, l.EndRun(ctx, first.ID, Partial, map[string]int{"files": 3}, errors.New("shop tmall/b: no credentials")))

	runs := must[[]Run](t)(l.Runs(ctx, 0))
	if len(runs) != 2 || runs[0].ID != second.ID || runs[0].Status != Running || !runs[0].EndedAt.IsZero() {
		t.Fatalf("runs: %+v", runs)
	}
	got := must[Run](t)(l.Run(ctx, first.ID))
	if got.Status != Partial || string(got.Summary) != `{"files":3}` || got.Error != "shop tmall/b: no credentials" ||
		!got.StartedAt.Equal(first.StartedAt) || got.EndedAt.Before(got.StartedAt) || got.PID != os.Getpid() {
		t.Errorf("run: %+v", got)
	}
	if _, err := l.Run(ctx, "nothing"); !errors.Is(err, ErrNotFound) {
		t.Errorf("unknown run: %v", err)
	}
	if err := l.EndRun(ctx, "nothing", Done, nil, nil); !errors.Is(err, ErrNotFound) {
		t.Errorf("end unknown run: %v", err)
	}

	u := Unit{Run: first.ID, Stage: "extract", Name: "exports", Shop: "tmall/a", Status: Failed, Error: "cut off"}
	ok(t, l.RecordUnit(ctx, u))
	u.Status, u.Error, u.Rows, u.Seconds = Done, "", 10, 0.5
	u.Accounting = map[string]Counts{"orders": {Read: 10, Accepted: 9, Skipped: map[string]int64{"status": 1}}}
	ok(t, l.RecordUnit(ctx, u))
	units := must[[]Unit](t)(l.Units(ctx, first.ID))
	if len(units) != 1 || units[0].Status != Done || units[0].Rows != 10 || !reflect.DeepEqual(units[0].Accounting, u.Accounting) {
		t.Errorf("units: %+v", units)
	}
	u.Run, u.Status = second.ID, Failed
	ok(t, l.RecordUnit(ctx, u))
	if last := must[Unit](t)(l.LastUnit(ctx, "extract", "exports", "tmall/a", "")); last.Run != second.ID {
		t.Errorf("last unit: %+v", last)
	}
	if _, err := l.LastUnit(ctx, "extract", "other", "", ""); !errors.Is(err, ErrNotFound) {
		t.Errorf("unknown unit: %v", err)
	}
	// A unit of the first run that is recorded again is the latest one.
	u.Run, u.Status, u.Inputs = first.ID, Done, "f1"
	ok(t, l.RecordUnit(ctx, u))
	other := Unit{Run: second.ID, Stage: "extract", Name: "exports", Shop: "tmall/b", Status: Failed}
	ok(t, l.RecordUnit(ctx, other))
	last := must[[]Unit](t)(l.LastUnits(ctx, "extract", "exports"))
	if len(last) != 2 || last[0].Run != first.ID || last[0].Inputs != "f1" || last[0].Status != Done || last[1].Shop != "tmall/b" {
		t.Errorf("last units: %+v", last)
	}
}

func TestFilesAccountForEveryLine(t *testing.T) {
	l, ctx := fresh(t), t.Context()
	f := File{Source: "exports", SHA256: "aa", Shop: "tmall/a", Name: "orders.csv", Bytes: 120, LandedID: "L1", Status: Loaded,
		Counts: map[string]Counts{"orders": {Read: 12, Accepted: 5, Merged: 1, Duplicates: 2, Skipped: map[string]int64{"where": 3}}},
		AsOf:   time.Date(2026, 1, 2, 15, 30, 0, 0, time.UTC), TextRules: "t1", Preset: "p1", LoadedRun: "R1"}
	if err := l.RecordFile(ctx, f); err == nil || !strings.Contains(err.Error(), "1 of 12 lines of orders are not accounted for") {
		t.Fatalf("a lost line: %v", err)
	}
	if _, known, err := l.KnownFile(ctx, "exports", "aa"); err != nil || known {
		t.Fatalf("the refused file is known: %v %v", known, err)
	}
	c := f.Counts["orders"]
	c.Rejected = 1
	f.Counts["orders"] = c
	ok(t, l.RecordFile(ctx, f))
	got, known, err := l.KnownFile(ctx, "exports", "aa")
	ok(t, err)
	f.UpdatedAt = got.UpdatedAt
	if !known || !reflect.DeepEqual(got, f) {
		t.Errorf("got %+v, want %+v", got, f)
	}
	f.Status, f.Error = Failed, "cut off"
	ok(t, l.RecordFile(ctx, f))
	if all := must[[]File](t)(l.Files(ctx, "exports")); len(all) != 1 || all[0].Status != Failed {
		t.Errorf("files: %+v", all)
	}
	if _, known, _ := l.KnownFile(ctx, "other", "aa"); known {
		t.Error("the same content of another source is known")
	}
}

// How a file was seen belongs to a content under one name, and goes with the
// next record of it.
func TestSightingsBelongToAContentAndItsName(t *testing.T) {
	l, ctx := fresh(t), t.Context()
	for _, f := range []File{
		{Source: "exports", SHA256: "aa", Name: "a.csv", Status: Loaded, Sighting: "1"},
		{Source: "exports", SHA256: "bb", Name: "b.csv", Status: Loaded},
		{Source: "other", SHA256: "bb", Name: "b.csv", Status: Loaded},
	} {
		ok(t, l.RecordFile(ctx, f))
	}
	ok(t, l.NoteSightings(ctx, "exports", nil))
	ok(t, l.NoteSightings(ctx, "exports", []Sighting{{"aa", "elsewhere.csv", "2"}, {"bb", "b.csv", "3"}}))
	seen := func(source, sha256 string) string { return known(t, l, source, sha256).Sighting }
	if a, b, other := seen("exports", "aa"), seen("exports", "bb"), seen("other", "bb"); a != "1" || b != "3" || other != "" {
		t.Errorf("seen as %q, %q and %q", a, b, other)
	}
	ok(t, l.RecordFile(ctx, File{Source: "exports", SHA256: "bb", Name: "c.csv", Status: Loaded}))
	if b := seen("exports", "bb"); b != "" {
		t.Errorf("under its new name it was seen as %q", b)
	}
}

func known(t *testing.T, l *Ledger, source, sha256 string) File {
	t.Helper()
	f, known, err := l.KnownFile(t.Context(), source, sha256)
	ok(t, err)
	if !known {
		t.Fatalf("%s of %s is not known", sha256, source)
	}
	return f
}

func TestQuarantineDoesNotDouble(t *testing.T) {
	l, ctx := fresh(t), t.Context()
	row := func(line int, run string) Rejected {
		return Rejected{Source: "exports", Shop: "tmall/a", File: "orders.csv", LandedID: "L1", Dataset: "orders", Line: line,
			Column: "amount", Reason: "not a number", Hint: "use 12.30", Raw: []byte("1,张三,x12\r\n\x00\xff"), Run: run}
	}
	ok(t, l.Quarantine(ctx, []Rejected{row(2, "R1"), row(5, "R1")}))
	ok(t, l.Quarantine(ctx, []Rejected{row(2, "R1"), row(5, "R1")}))
	all := must[[]Rejected](t)(l.Quarantined(ctx, QuarantineFilter{}))
	if len(all) != 2 || all[0].Line != 2 || all[0].Raw != nil || all[0].Status != Waiting {
		t.Fatalf("quarantine: %+v", all)
	}
	one := must[Rejected](t)(l.ShowQuarantined(ctx, all[0].ID))
	if want := row(2, "R1"); string(one.Raw) != string(want.Raw) || one.Reason != want.Reason || one.Hint != want.Hint || one.File != want.File {
		t.Errorf("shown: %+v", one)
	}

	// The file is loaded again after a correction: one row still fails.
	ok(t, l.Quarantine(ctx, []Rejected{row(5, "R2")}))
	ok(t, l.SettleQuarantine(ctx, "s", "other name.csv", "L1", "R2"))
	waiting := must[[]Rejected](t)(l.Quarantined(ctx, QuarantineFilter{Status: Waiting, Source: "exports", Dataset: "orders"}))
	if len(waiting) != 1 || waiting[0].Line != 5 {
		t.Errorf("waiting: %+v", waiting)
	}
	if n := must[int64](t)(l.CountQuarantined(ctx, QuarantineFilter{Status: Replayed})); n != 1 {
		t.Errorf("replayed: %d", n)
	}
	if _, err := l.ShowQuarantined(ctx, "nothing"); !errors.Is(err, ErrNotFound) {
		t.Errorf("unknown row: %v", err)
	}
	if n := must[int64](t)(l.PurgeQuarantine(ctx, time.Now().Add(time.Hour))); n != 2 {
		t.Errorf("purged: %d", n)
	}
}

func TestQuarantineIsAllOrNothing(t *testing.T) {
	l := fresh(t)
	ctx, cancel := context.WithCancel(t.Context())
	rows := slices.Repeat([]Rejected{{LandedID: "L"}}, 50)
	for i := range rows {
		rows[i].Line = i
	}
	cancel()
	if err := l.Quarantine(ctx, rows); !errors.Is(err, context.Canceled) {
		t.Fatalf("cancelled: %v", err)
	}
	if n := must[int64](t)(l.CountQuarantined(t.Context(), QuarantineFilter{})); n != 0 {
		t.Errorf("%d rows of a cancelled call", n)
	}
}

func TestPublications(t *testing.T) {
	l, ctx := fresh(t), t.Context()
	if _, known, err := l.Latest(ctx); err != nil || known {
		t.Fatalf("nothing published: %v %v", known, err)
	}
	p := Publication{Run: "R1", Tables: map[string]int64{"orders": 8_000_000_000_000_000_001, "dim": -1},
		Inputs: map[string]Inputs{"tmall/a": {Snapshots: map[string]int64{"orders": 7}, Rules: "r", Models: map[string]string{"m": "f"}}}}
	first := must[Publication](t)(l.Publish(ctx, p, nil))
	p.Run = "R2"
	second := must[Publication](t)(l.Publish(ctx, p, nil))
	latest, known, err := l.Latest(ctx)
	ok(t, err)
	if !known || !reflect.DeepEqual(latest, second) {
		t.Errorf("latest: %+v, want %+v", latest, second)
	}
	if all := must[[]Publication](t)(l.Publications(ctx, 0)); len(all) != 2 || all[1].ID != first.ID {
		t.Errorf("publications: %+v", all)
	}
	ok(t, l.DropPublications(ctx, []string{first.ID, second.ID, "none"})) // the latest stays
	if all := must[[]Publication](t)(l.Publications(ctx, 0)); len(all) != 1 || all[0].ID != second.ID {
		t.Errorf("kept: %+v", all)
	}
}

func TestMetaAndSecret(t *testing.T) {
	l, ctx := fresh(t), t.Context()
	id := must[string](t)(l.InstallationID(ctx))
	if again := must[string](t)(l.InstallationID(ctx)); len(id) != 26 || again != id {
		t.Errorf("installation id %q, then %q", id, again)
	}
	ok(t, l.CheckSecret(ctx, []byte("one")))
	ok(t, l.CheckSecret(ctx, []byte("one")))
	if err := l.CheckSecret(ctx, []byte("two")); !errors.Is(err, ErrSecretChanged) {
		t.Errorf("another secret: %v", err)
	}
	ok(t, l.SetMeta(ctx, "k", "1"))
	ok(t, l.SetMeta(ctx, "k", "2"))
	if v, known, err := l.Meta(ctx, "k"); v != "2" || !known || err != nil {
		t.Errorf("meta: %q %v %v", v, known, err)
	}
}

func TestBackupOfAFileIsWhole(t *testing.T) {
	l, ctx := open(t, newFile(t)), t.Context()
	run := must[Run](t)(l.BeginRun(ctx, "nightly", "run", nil))
	target := filepath.Join(t.TempDir(), "it's a copy.db")
	ok(t, l.Backup(ctx, target))
	if info := must[os.FileInfo](t)(os.Stat(target)); info.Mode().Perm() != 0o600 {
		t.Errorf("the copy has mode %o", info.Mode().Perm())
	}
	if err := l.Backup(ctx, target); err == nil || !strings.Contains(err.Error(), "exists") {
		t.Errorf("a second back-up over the first: %v", err)
	}
	if got := must[Run](t)(open(t, target).Run(ctx, run.ID)); got.Command != "run" {
		t.Errorf("in the copy: %+v", got)
	}
}

func TestOlderLayoutIsBroughtUpToDate(t *testing.T) {
	ctx, place := t.Context(), newPlace(t)
	l := open(t, place)
	run := must[Run](t)(l.BeginRun(ctx, "nightly", "run", nil))
	next := append(slices.Clone(migrations), "alter table runs add column note text not null default 'none'; create table extra (a text)")
	ok(t, migrate(ctx, l.db, next))
	ok(t, migrate(ctx, l.db, next))
	var note string
	ok(t, l.db.QueryRowContext(ctx, "select note from runs where id = ?", run.ID).Scan(&note))
	if note != "none" {
		t.Errorf("note: %q", note)
	}
	_, err := openAt(ctx, place)
	if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("layout %d, this program knows layouts up to %d", len(next), len(migrations))) {
		t.Errorf("a newer layout: %v", err)
	}
}

func TestFailedMigrationChangesNothing(t *testing.T) {
	ctx := t.Context()
	l := fresh(t)
	broken := append(slices.Clone(migrations), "create table extra (a text); insert into nothing values (1)")
	if err := migrate(ctx, l.db, broken); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("layout %d", len(broken))) {
		t.Fatalf("broken migration: %v", err)
	}
	if _, err := l.db.ExecContext(ctx, "insert into extra (a) values ('x')"); err == nil {
		t.Error("a table of the broken step is there")
	}
	if v := must[int](t)(layout(ctx, l.db)); v != len(migrations) {
		t.Errorf("layout %d", v)
	}
}

func TestManyOpenAtOnce(t *testing.T) {
	place := newPlace(t)
	errs := make(chan error, 8)
	for range cap(errs) {
		go func() {
			l, err := openAt(context.Background(), place)
			if err == nil {
				_, err = l.BeginRun(context.Background(), "p", "run", nil)
				err = errors.Join(err, l.Close())
			}
			errs <- err
		}()
	}
	for range cap(errs) {
		ok(t, <-errs)
	}
	if runs := must[[]Run](t)(open(t, place).Runs(t.Context(), 0)); len(runs) != cap(errs) {
		t.Errorf("%d runs", len(runs))
	}
}

func TestTimesAndIDsSort(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := rapid.Int64Range(0, 4_000_000_000_000_000_000)
		a, b := time.Unix(0, draw.Draw(t, "a")), time.Unix(0, draw.Draw(t, "b"))
		if a.Before(b) != (stamp(a) < stamp(b)) {
			t.Fatalf("%s and %s sort wrongly as text", stamp(a), stamp(b))
		}
		back, err := parseTime(stamp(a))
		if err != nil || !back.Equal(a) {
			t.Fatalf("%s became %s: %v", a, back, err)
		}
		if a.UnixMilli() != b.UnixMilli() && a.Before(b) != (newID(a) < newID(b)) {
			t.Fatalf("ids of %s and %s sort wrongly", a, b)
		}
		if len(newID(a)) != 26 {
			t.Fatalf("id %q", newID(a))
		}
	})
}

func TestVacuumKeepsWhatIsThere(t *testing.T) {
	ctx, l := t.Context(), fresh(t)
	var rows []Rejected
	for n := range 2000 {
		rows = append(rows, Rejected{Source: "s", LandedID: "L", Dataset: "orders", Line: n, Reason: strings.Repeat("x", 500), Run: "1"})
	}
	ok(t, l.Quarantine(ctx, rows))
	full := must[int64](t)(l.Size(ctx))
	_, err := l.db.ExecContext(ctx, "delete from quarantine where line > 0")
	ok(t, err)
	before, after, err := l.Vacuum(ctx)
	ok(t, err)
	if before < full || after > before/2 {
		t.Errorf("%d bytes became %d, they were %d", before, after, full)
	}
	if left := must[[]Rejected](t)(l.Quarantined(ctx, QuarantineFilter{})); len(left) != 1 || left[0].Line != 0 {
		t.Errorf("left are %+v", left)
	}
}
