package main

import (
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"kefu/transform/transformtest/world"
)

var oneShop = world.Shop{Platform: "other", ID: "one", Name: "one", Timezone: "Asia/Shanghai"}

// replacing is an installation whose one source has replace: true.
func replacing(t *testing.T) *installation {
	t.Helper()
	return newInstallation(t, "", exportSource{name: "one", preset: "canonical", shop: oneShop, more: "replace: true"})
}

// put writes a file of the source one.
func (i *installation) put(name, text string) {
	i.t.Helper()
	i.deliver(delivery{source: "one", name: name, text: text})
}

// fresh is a new installation that finds the files as they are now.
func (i *installation) fresh() *installation {
	i.t.Helper()
	f := newInstallation(i.t, i.rules, i.sources...)
	for _, s := range i.sources {
		if err := os.CopyFS(f.path("exports/"+s.name), os.DirFS(i.path("exports/"+s.name))); err != nil {
			i.t.Fatal(err)
		}
	}
	f.night(0)
	return f
}

// likeFresh compares tables, accounting and quarantine with those of a fresh
// installation.
func (i *installation) likeFresh(what string) {
	i.t.Helper()
	f := i.fresh()
	sameTables(i.t, what, f.tables(), i.tables())
	if want, got := f.waiting(), i.waiting(); !slices.Equal(want, got) {
		i.t.Errorf("%s: in quarantine wait %v, want %v", what, got, want)
	}
	i.accounted()
}

// waiting lists the rows that wait in quarantine.
func (i *installation) waiting() []string {
	return slices.DeleteFunc(i.quarantine(), func(r string) bool { return !strings.HasSuffix(r, " open") })
}

func (i *installation) sumOf(args ...string) (files, replaced int, gone int64) {
	i.t.Helper()
	s := i.night(0, args...)
	return s.Sources[0].Files, s.Sources[0].Replaced, s.Sources[0].Gone
}

func said(id, buyer string, day int) []row { return talk(id, buyer, "a1", day, "10:00") }

func ordered(id, buyer string, day int, more row) row {
	r := row{"order_id": id, "buyer_id": buyer, "created_at": at(day, "11:00:00"), "status": "created", "amount": "10.00", "updated_at": at(day, "12:00:00")}
	for k, v := range more {
		r[k] = v
	}
	return r
}

func chatFile(rows ...[]row) string { return sheet("chat_messages", slices.Concat(rows...)...) }

// However a file is replaced, the numbers are those of a fresh installation on
// the files as they stand then.
func TestAReplacedFileTakesItsRowsWithIt(t *testing.T) {
	t.Parallel()
	paid := row{"status": "paid", "paid_at": at(3, "09:00:00"), "paid_amount": "10.00", "updated_at": at(3, "10:00:00")}
	contrary := row{"message_id": "m2-1", "sent_at": at(3, "10:00:00"), "buyer_id": "b9", "agent_id": "a2", "sender": "buyer", "kind": "text", "text": "别的"}
	steps := []struct {
		what     string
		files    map[string]string // "" = removed
		replaced int
		gone     int64
	}{
		{"the first night", map[string]string{
			"chat_messages-a.csv": chatFile(said("m1", "b1", 2), said("m2", "b2", 2), said("m3", "b3", 3)),
			"chat_messages-b.csv": chatFile(said("m3", "b3", 3), said("m4", "b4", 4)),
			"orders-1.csv":        sheet("orders", ordered("o1", "b1", 2, nil), ordered("o2", "b2", 2, nil), ordered("o4", "b4", 4, nil)),
			"orders-2.csv":        sheet("orders", ordered("o1", "b1", 2, paid)),
		}, 0, 0},
		{"a line is deleted", map[string]string{"chat_messages-a.csv": chatFile(said("m1", "b1", 2), said("m3", "b3", 3))}, 1, 2},
		{"a row that another file holds stays", map[string]string{"chat_messages-a.csv": chatFile(said("m1", "b1", 2))}, 1, 0},
		{"the older version in another file comes back", map[string]string{"orders-2.csv": sheet("orders", ordered("o5", "b3", 3, nil))}, 1, 0},
		{"a contradicting row waits", map[string]string{"chat_messages-c.csv": chatFile(said("m2", "b2", 2)), "chat_messages-d.csv": chatFile([]row{contrary})}, 0, 0},
		{"and is used when what it contradicts goes", map[string]string{"chat_messages-c.csv": chatFile(said("m6", "b6", 4))}, 1, 1},
		{"two files at once", map[string]string{"chat_messages-b.csv": chatFile(said("m4", "b4", 4)), "orders-1.csv": sheet("orders", ordered("o4", "b4", 4, row{"status": "closed_unpaid", "updated_at": at(5, "10:00:00")}))}, 2, 4},
		{"a file goes back to what it was", map[string]string{"chat_messages-b.csv": chatFile(said("m3", "b3", 3), said("m4", "b4", 4))}, 1, 0},
		{"a file takes the content of another", map[string]string{"chat_messages-a.csv": chatFile(said("m3", "b3", 3), said("m4", "b4", 4))}, 1, 2},
		{"and that other one changes", map[string]string{"chat_messages-b.csv": chatFile(said("m7", "b7", 4))}, 0, 0},
		{"nothing but the header is left", map[string]string{"chat_messages-c.csv": "message_id,sent_at,buyer_id,agent_id,sender\n"}, 1, 2},
	}
	i := replacing(t)
	for _, s := range steps {
		for name, text := range s.files {
			i.put(name, text)
		}
		if _, replaced, gone := i.sumOf(); replaced != s.replaced || gone != s.gone {
			t.Errorf("%s: %d files were replaced and %d rows are gone, want %d and %d", s.what, replaced, gone, s.replaced, s.gone)
		}
		i.likeFresh(s.what)
	}
	if s := i.night(0); len(s.Reasons) > 0 || len(s.Ingest.Changed) > 0 || s.Sources[0].Files > 0 || s.Sources[0].Replaced > 0 {
		t.Errorf("a run on nothing new: %+v, %v, %v", s.Sources[0], s.Reasons, s.Ingest.Changed)
	}
}

// What cannot be read replaces nothing; what is only gone from its folder stays.
func TestWhatReplacesNothing(t *testing.T) {
	t.Parallel()
	i := replacing(t)
	i.put("chat_messages-a.csv", chatFile(said("m1", "b1", 2), said("m2", "b2", 2)))
	i.put("orders.csv", sheet("orders", ordered("o1", "b1", 2, nil), ordered("o2", "b2", 3, nil)))
	i.night(0)
	want := i.tables()
	i.put("orders.csv", "order_id,amount\no1,10.00\n")
	if s := i.night(exitFailed); s.Sources[0].Replaced != 0 {
		t.Errorf("an unreadable file replaced %+v", s.Sources[0])
	}
	sameTables(t, "after an unreadable version", want, i.tables())
	i.put("orders.csv", sheet("orders", ordered("o1", "b1", 2, nil)))
	if _, replaced, gone := i.sumOf(); replaced != 1 || gone != 1 {
		t.Errorf("once it can be read %d files are replaced, %d rows gone", replaced, gone)
	}
	i.likeFresh("once it can be read")
	i.remove("exports/one/chat_messages-a.csv")
	want = i.tables()
	i.put("chat_messages-z.csv", chatFile(said("m1", "b1", 2)))
	if _, replaced, _ := i.sumOf(); replaced != 0 {
		t.Error("a file that is gone counts as replaced")
	}
	sameTables(t, "a file is gone from its folder", want, i.tables())
}

// Without replace a new version adds and updates only; replace that comes later
// takes effect at once. A plan shows it and changes nothing.
func TestReplaceMayComeLater(t *testing.T) {
	t.Parallel()
	i := newInstallation(t, "", exportSource{name: "one", preset: "canonical", shop: oneShop})
	i.put("chat_messages.csv", chatFile(said("m1", "b1", 2)))
	i.put("orders.csv", sheet("orders", ordered("o1", "b1", 2, nil), ordered("o2", "b2", 3, nil)))
	i.night(0)
	i.put("orders.csv", sheet("orders", ordered("o1", "b1", 2, nil)))
	i.night(0)
	before := i.tables()
	i.sources[0].more = "replace: true"
	i.configure()
	for range 2 {
		if said := i.etl("plan"); said.code != 0 || !strings.Contains(said.out, "1 known file gave way to what stands there now; 1 row is gone") {
			t.Errorf("the plan says %s%s", said.out, said.err)
		}
	}
	sameTables(t, "planned", before, i.tables())
	if _, replaced, gone := i.sumOf(); replaced != 1 || gone != 1 {
		t.Errorf("%d files are replaced, %d rows gone", replaced, gone)
	}
	i.likeFresh("with replace")
	if said := i.etl("check"); strings.Contains(said.out+said.err, "replace") {
		t.Errorf("etl check: %s%s", said.out, said.err)
	}
}

// Random days of a shop, some of whose files lose and regain lines night by night.
func TestReplacedFilesInAnyOrder(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	i := s.install(t, false)
	for n := range i.sources {
		i.sources[n].more = "replace: true"
	}
	i.configure()
	random := rand.New(rand.NewPCG(5, 5))
	files := slices.DeleteFunc(slices.Clone(s.files), func(f delivery) bool { return f.day > storyDay(12) })
	for night := range 4 {
		for _, f := range files {
			if night > 0 && random.IntN(3) > 0 {
				continue
			}
			f.text = withSome(random, f.text)
			i.deliver(f)
		}
		i.night(0)
	}
	i.likeFresh("files that lost and regained lines")
}

// withSome drops some lines of a csv, but not its header.
func withSome(random *rand.Rand, text string) string {
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		return text
	}
	return csvText(rows[0], slices.DeleteFunc(rows[1:], func([]string) bool { return random.IntN(4) == 0 }))
}

// A run that is killed while it replaces files is finished by the next one,
// also when the files are gone from their folder by then.
func TestAKilledReplacementIsFinished(t *testing.T) {
	t.Parallel()
	i := replacing(t)
	i.put("chat_messages-a.csv", chatFile(said("m1", "b1", 2), said("m2", "b2", 2), said("m3", "b3", 3)))
	i.put("chat_messages-b.csv", chatFile(said("m3", "b3", 3)))
	i.put("orders.csv", sheet("orders", ordered("o1", "b1", 2, nil), ordered("o2", "b2", 3, nil)))
	i.night(0)
	saved := t.TempDir()
	if err := os.CopyFS(saved, os.DirFS(i.path("var"))); err != nil {
		t.Fatal(err)
	}
	i.put("chat_messages-a.csv", chatFile(said("m1", "b1", 2)))
	i.put("orders.csv", sheet("orders", ordered("o2", "b2", 4, nil)))
	want := i.fresh().tables()
	c, run := &crash{installation: i}, &scene{name: "run", args: []string{"run"}, saved: saved}
	c.measure(run)
	committing := slices.IndexFunc(run.stages, func(s stage) bool { return s.name == "merge" })
	random := rand.New(rand.NewPCG(uint64(number(t, "KEFU_SEED", 1)), 4))
	for round := range number(t, "KEFU_KILLS", 2) {
		c.restore(run)
		n := committing + round%(len(run.stages)-committing)
		met, killed := c.kill(random, run, n)
		what := fmt.Sprintf("round %d, killed during %s", round, met)
		if vanishes := round%2 == 0 && killed; vanishes {
			i.remove("exports/one/chat_messages-a.csv")
			i.remove("exports/one/orders.csv")
		}
		i.night(0)
		sameTables(t, what, want, i.tables())
		i.accounted()
		i.put("chat_messages-a.csv", chatFile(said("m1", "b1", 2)))
		i.put("orders.csv", sheet("orders", ordered("o2", "b2", 4, nil)))
	}
}
