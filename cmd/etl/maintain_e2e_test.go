package main

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"kefu/cmd/etl/internal/config"
	"kefu/cmd/etl/internal/maintain"
	"kefu/extract/lake"
	"kefu/extract/ledger"
	"kefu/transform/compute"
	"kefu/transform/transformtest/world"
)

// keepOne keeps the latest publication alone.
const keepOne = "maintenance: {keep_publications: 1, keep_days: 0, orphan_age: 0s}\n"

// aged is an installation of one shop after three nights, each of which wrote
// the days of the one before anew, with one delivery still to come.
type aged struct {
	*installation
	last []delivery
}

func newAged(t *testing.T) *aged {
	t.Helper()
	a := &aged{installation: newInstallation(t, "", newAgedSource())}
	a.extra = keepOne
	a.configure()
	for night := range 4 {
		id := fmt.Sprint("n", night)
		files := []delivery{
			{source: "exports", name: "chat_messages-" + id + ".csv", text: sheet("chat_messages", slices.Concat(talk(id, "b"+id, "a1", 2, "10:10"), talk(id+"x", "c"+id, "a2", night, "11:10"))...)},
			{source: "exports", name: "orders-" + id + ".csv", text: sheet("orders", row{"order_id": id, "buyer_id": "b" + id, "created_at": at(2, "12:00:00"),
				"paid_at": at(2, "12:05:00"), "paid_amount": "9.90", "status": "paid", "amount": "9.90", "updated_at": at(4, "09:00:00")})},
		}
		if night == 3 {
			a.last = files
			break
		}
		a.deliver(files...)
		a.night(0)
	}
	return a
}

func newAgedSource() exportSource {
	return exportSource{name: "exports", preset: "canonical", shop: world.Shop{Platform: "other", ID: "one", Name: "one", Timezone: "Asia/Shanghai"}}
}

// open opens the lake and the state for looking and planting.
func (i *installation) open() (*lake.Lake, *ledger.Ledger) {
	i.t.Helper()
	l, err := lake.Open(i.t.Context(), lake.Options{Catalog: i.path("var/state.db"), Root: i.path("var/lake")})
	if err != nil {
		i.t.Fatal(err)
	}
	i.t.Cleanup(func() { _ = l.Close() }) // read only from here on
	return l, i.ledger()
}

// split writes a published file of the table anew as two and publishes that.
func (i *installation) split(tables ...string) {
	i.t.Helper()
	ctx := i.t.Context()
	l, state := i.open()
	cfg, err := config.Load(i.path("pipelines.yaml"), config.Options{Lookup: i.lookup})
	if err != nil {
		i.t.Fatal(err)
	}
	engine, _, err := openEngine(ctx, cfg)
	if err != nil {
		i.t.Fatal(err)
	}
	defer func() { _ = engine.Close() }() // it only wrote what is committed
	p, _, err := state.Latest(ctx)
	if err != nil {
		i.t.Fatal(err)
	}
	for _, name := range tables {
		spec, err := l.Describe(ctx, name)
		if err != nil {
			i.t.Fatal(err)
		}
		files, old, err := l.Files(ctx, name, p.Tables[name])
		if err != nil {
			i.t.Fatal(err)
		}
		whole := files[0]
		files = files[1:]
		for _, half := range []string{"=", "<>"} {
			query := fmt.Sprintf("select * exclude (n) from (select *, row_number() over () as n from %s) where n %s 1", spec.Relation([]lake.File{whole}), half)
			part, err := compute.WriteFile(ctx, engine, l, spec, whole.Partition, query)
			if err != nil || part.Rows == 0 {
				i.t.Fatalf("split %s: %+v, %v", name, part, err)
			}
			files = append(files, part)
		}
		id, err := l.Commit(ctx, name, files, nil)
		if err != nil {
			i.t.Fatal(err)
		}
		p.Tables = maps.Clone(p.Tables)
		p.Tables[name] = id
		for _, in := range p.Inputs {
			if in.Snapshots[name] == old {
				in.Snapshots[name] = id
			}
		}
	}
	if _, err := state.Publish(ctx, p, nil); err != nil {
		i.t.Fatal(err)
	}
}

func (i *installation) maintain(args ...string) *maintain.Summary {
	i.t.Helper()
	e := i.etl(append([]string{"lake", "maintain", "--json"}, args...)...)
	if e.code != exitDone {
		i.t.Fatalf("etl lake maintain ended with %d\n%s%s", e.code, e.out, e.err)
	}
	var s maintain.Summary
	if err := json.Unmarshal([]byte(e.out), &s); err != nil {
		i.t.Fatal(err)
	}
	return &s
}

func (i *installation) files() []string {
	i.t.Helper()
	var out []string
	err := filepath.WalkDir(i.path("var/lake"), func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && !strings.Contains(path, ".spill") {
			out = append(out, path)
		}
		return err
	})
	if err != nil {
		i.t.Fatal(err)
	}
	return out
}

// Maintenance takes away what nobody needs: no number changes, a run after it
// has nothing to do, and what arrives later comes out as ever.
func TestMaintenanceChangesNoNumber(t *testing.T) {
	t.Parallel()
	a := newAged(t)
	want := a.tables()
	a.split("chat_messages", "kpi_agent_day", "orders")
	orphan := a.path("var/lake/orders/data/left.parquet")
	a.write("var/lake/orders/data/left.parquet", []byte("left by a killed run"))

	before := a.files()
	plan := a.maintain("--dry-run")
	if !slices.Equal(before, a.files()) {
		t.Error("a dry run changes files")
	}
	if plan.Publications.Dropped != 3 || plan.Publications.Kept != 1 || len(plan.Tables) == 0 {
		t.Errorf("planned %+v", plan)
	}

	// A reader at work keeps what it began with.
	l, state := a.open()
	all, err := state.Publications(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	reader := all[len(all)-1]
	hold, err := state.HoldPublication(t.Context(), reader.ID)
	if err != nil {
		t.Fatal(err)
	}
	done := a.maintain()
	if done.Publications.Held != 1 || done.Publications.Dropped != 3 {
		t.Errorf("with a reader at work: %+v", done.Publications)
	}
	for name, id := range reader.Tables {
		files, _, err := l.Files(t.Context(), name, id)
		for _, f := range files {
			if _, gone := os.Stat(f.Path); gone != nil {
				err = gone
			}
		}
		if err != nil {
			t.Errorf("the reader loses %s: %v", name, err)
		}
	}
	compacted := map[string]bool{}
	for _, table := range done.Tables {
		if table.SmallFiles > 0 {
			compacted[table.Table] = true
			if table.SmallFiles != 2 || table.LargerFiles != 1 {
				t.Errorf("compacted %+v", table)
			}
		}
	}
	if len(compacted) != 3 {
		t.Errorf("compacted %v", compacted)
	}
	if _, err := os.Stat(orphan); err == nil {
		t.Error("the orphan is still there")
	}
	if err := hold.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	again := a.maintain()
	if again.Publications.Kept != 1 || again.Lake.BytesAfter >= again.Lake.BytesBefore || again.State.BytesAfter == 0 {
		t.Errorf("after the reader: %+v", again)
	}
	if third := a.maintain(); len(third.Tables) != 0 {
		t.Errorf("there is still to do: %+v", third.Tables)
	}
	a.leastSnapshots()

	if said := a.night(0); len(said.Reasons) != 0 {
		t.Errorf("a run after maintenance computes: %+v", said.Reasons)
	}
	sameTables(t, "after maintenance", want, a.tables())
	a.deliver(a.last...)
	a.night(0)
	whole := newInstallation(t, "", a.sources...)
	for _, f := range []string{"n0", "n1", "n2", "n3"} {
		for _, name := range []string{"chat_messages-", "orders-"} {
			whole.write("exports/exports/"+name+f+".csv", []byte(a.read("exports/exports/"+name+f+".csv")))
		}
	}
	whole.night(0)
	sameTables(t, "a delivery after maintenance", whole.tables(), a.tables())
}

// leastSnapshots fails the test when a table has other snapshots than its head
// and what the latest publication names.
func (i *installation) leastSnapshots() {
	i.t.Helper()
	l, state := i.open()
	p, _, err := state.Latest(i.t.Context())
	if err != nil {
		i.t.Fatal(err)
	}
	for name, published := range p.Tables {
		snapshots, err := l.Snapshots(i.t.Context(), name)
		if err != nil {
			i.t.Fatal(err)
		}
		for _, s := range snapshots[:max(0, len(snapshots)-1)] {
			if s.ID != published {
				i.t.Errorf("%s still has snapshot %d besides the published %d and the latest", name, s.ID, published)
			}
		}
	}
}

// Rows that were read but not computed yet stay due.
func TestMaintenanceKeepsWhatIsDue(t *testing.T) {
	t.Parallel()
	a := newAged(t)
	a.extra = keepOne + "pipelines: [{name: all}, {name: ingest, models: []}]\n"
	a.configure()
	a.deliver(a.last...)
	a.night(0, "--pipeline", "ingest")
	a.split() // one more publication
	a.maintain()
	said := a.night(0)
	if len(said.Reasons) == 0 {
		t.Error("what was read before maintenance is not computed after it")
	}
	whole := newInstallation(t, "", a.sources...)
	if err := os.CopyFS(whole.path("exports"), os.DirFS(a.path("exports"))); err != nil {
		t.Fatal(err)
	}
	whole.night(0)
	sameTables(t, "computed after maintenance", whole.tables(), a.tables())
}

// Maintenance that is killed anywhere loses nothing and is finished by the next.
func TestKilledMaintenance(t *testing.T) {
	t.Parallel()
	a := newAged(t)
	a.split("chat_messages", "kpi_shop_day", "inquiries", "orders")
	want, saved := a.tables(), t.TempDir()
	if err := os.CopyFS(saved, os.DirFS(a.path("var"))); err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	if e := finish(a.child("lake", "maintain")); e.code != exitDone {
		t.Fatalf("undisturbed: %+v", e)
	}
	took := time.Since(begun)
	random := rand.New(rand.NewPCG(uint64(number(t, "KEFU_SEED", 1)), 5))
	kills := number(t, "KEFU_KILLS", 4)
	for round := range kills {
		a.remove("var")
		if err := os.CopyFS(a.path("var"), os.DirFS(saved)); err != nil {
			t.Fatal(err)
		}
		cmd := a.child("lake", "maintain")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		// Every part of the time once, from the end of starting up on.
		time.Sleep(took/10 + time.Duration((float64(round)+random.Float64())/float64(kills)*0.9*float64(took)))
		_ = cmd.Process.Kill() // it may have ended
		_ = cmd.Wait()         // it was killed
		if e := a.etl("query", "select count(*) from chat_messages"); e.code != exitDone {
			t.Errorf("round %d: a reader after the kill: %s", round, e.err)
		}
		if said := a.night(0); len(said.Reasons) != 0 {
			t.Errorf("round %d: a run after the kill computes %+v", round, said.Reasons)
		}
		sameTables(t, fmt.Sprintf("round %d", round), want, a.tables())
		a.maintain()
		a.maintain()
		a.leastSnapshots()
		if said := a.night(0); len(said.Reasons) != 0 {
			t.Errorf("round %d: a run after maintenance computes %+v", round, said.Reasons)
		}
		sameTables(t, fmt.Sprintf("round %d, maintained", round), want, a.tables())
	}
}
