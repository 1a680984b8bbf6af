package merge_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"kefu/extract/dataset"
	"kefu/transform/merge"
)

// replace merges files of one dataset while others are withdrawn. Of the parts
// only rows of orphaned keys and of the lines given arrive.
func (f *fixture) replace(name string, gone []string, whole, parts map[string][]row, lines map[string][]int) (*merge.Outcome, int64) {
	f.t.Helper()
	s := dataset.ByName(name)
	m := merge.New(f.engine, f.store)
	for _, id := range gone {
		m.Withdraw(id)
	}
	add := func(file merge.File, rows []row) {
		f.t.Helper()
		if err := m.Add(f.t.Context(), s, file.ID, f.batch(s, file.ID, rows)); err != nil {
			f.t.Fatal(err)
		}
		m.Arrived(file)
	}
	for id, rows := range whole {
		add(file(id), rows)
	}
	shops, holders, err := m.Orphans(f.t.Context(), s, f.files[name])
	if err != nil {
		f.t.Fatal(err)
	}
	orphans := int64(0)
	for _, o := range shops {
		orphans += o.Keys
	}
	if (len(holders) > 0) != (orphans > 0) {
		f.t.Errorf("%d orphans, and holders %v", orphans, holders)
	}
	for id, rows := range parts {
		add(merge.File{ID: id, Part: true}, rows)
		if err := m.Keep(f.t.Context(), id, map[string][]int{name: lines[id]}); err != nil {
			f.t.Fatal(err)
		}
	}
	out, err := m.Merge(f.t.Context(), s, f.files[name])
	if err != nil {
		f.t.Fatal(err)
	}
	f.files[name] = out.Files
	return out, orphans
}

func TestWhatAWithdrawnFileHeldGoes(t *testing.T) {
	f := newFixture(t)
	one, two, three := message("m1", "2026-01-05 10:00:00", "a"), message("m2", "2026-01-05 11:00:00", "b"), message("m3", "2026-01-06 10:00:00", "c")
	f.arrive("chat_messages", map[merge.File][]row{file("old"): {one, two, three}, file("other"): {message("m4", "2026-01-06 12:00:00", "d")}})
	out, orphans := f.replace("chat_messages", []string{"old"}, map[string][]row{"new": {one, message("m5", "2026-01-07 10:00:00", "e")}}, nil, nil)
	if got, want := f.content("chat_messages", "message_id", "source_file"), "m1 new; m4 other; m5 new"; got != want {
		t.Errorf("lake holds %s, want %s", got, want)
	}
	if out.Gone["old"] != 2 || orphans != 2 || out.Counts["new"].Accepted != 2 {
		t.Errorf("%d orphans, gone %v, the new file counts %+v", orphans, out.Gone, out.Counts["new"])
	}
	// Withdrawn once more, as after a kill: nothing is left to go.
	out, orphans = f.replace("chat_messages", []string{"old"}, map[string][]row{"new": {one, message("m5", "2026-01-07 10:00:00", "e")}}, nil, nil)
	if len(out.Changed) != 0 || orphans != 0 || out.Counts["new"].Accepted != 2 {
		t.Errorf("a second time: %d orphans, changed %v, counts %+v", orphans, out.Changed, out.Counts["new"])
	}
}

func TestWhatOthersHeldOfOrphanedKeysComesBack(t *testing.T) {
	f := newFixture(t)
	v1, v2, v3 := order("o1", "2026-01-05", "created", "2026-01-05 10:00:00", "a"), order("o1", "2026-01-05", "paid", "2026-01-06 10:00:00", "b"),
		order("o1", "2026-01-04", "shipped", "2026-01-07 10:00:00", "c")
	apart := order("o2", "2026-01-05", "created", "2026-01-05 10:00:00", "d")
	f.arrive("orders", map[merge.File][]row{file("f1"): {v1, apart}})
	f.arrive("orders", map[merge.File][]row{file("f2"): {v2}})
	f.arrive("orders", map[merge.File][]row{file("f3"): {v3}})
	// The new version of the third file knows an older state than the second one.
	out, orphans := f.replace("orders", []string{"f3"}, map[string][]row{"f4": {v1}}, map[string][]row{"f1": {v1, apart}, "f2": {v2}}, nil)
	if got, want := f.content("orders", "order_id", "event_date", "status", "source_file"), "o1 2026-01-05 paid f2; o2 2026-01-05 created f1"; got != want {
		t.Errorf("lake holds %s, want %s", got, want)
	}
	if orphans != 1 || len(out.Gone) != 0 {
		t.Errorf("%d orphans, gone %v", orphans, out.Gone)
	}
	if got := fmt.Sprint(out.Lines["f2"], out.Lines["f1"], out.Counts["f4"]); got != "map[1:accepted] map[1:merged] {0 1 0}" {
		t.Errorf("the rows became %s", got)
	}
}

func TestANewerVersionInTheNewFileOrphansNothing(t *testing.T) {
	f := newFixture(t)
	f.arrive("orders", map[merge.File][]row{file("f1"): {order("o1", "2026-01-05", "created", "2026-01-05 10:00:00", "a")}})
	_, orphans := f.replace("orders", []string{"f1"}, map[string][]row{"f2": {order("o1", "2026-01-05", "paid", "2026-01-06 10:00:00", "b")}}, nil, nil)
	if orphans != 0 {
		t.Errorf("%d orphans", orphans)
	}
}

func TestLinesOfAFileArriveAlone(t *testing.T) {
	f := newFixture(t)
	first, contrary := message("m1", "2026-01-05 10:00:00", "a"), message("m1", "2026-01-05 10:00:00", "b")
	fine := message("m2", "2026-01-05 11:00:00", "c")
	f.arrive("chat_messages", map[merge.File][]row{file("f1"): {first}})
	parts := map[string][]row{"f2": {contrary, fine, message("m3", "2026-01-05 12:00:00", "d")}}
	for range 2 { // the second time is as after a kill: the row is there already
		out, _ := f.replace("chat_messages", nil, nil, parts, map[string][]int{"f2": {1, 2}})
		if got := fmt.Sprint(out.Lines["f2"]); got != "map[1:conflict 2:accepted]" {
			t.Errorf("the lines became %s", got)
		}
		if got, want := f.content("chat_messages", "message_id", "digest"), fmt.Sprintf("m1 %d; m2 %d", digestOf("a"), digestOf("c")); got != want {
			t.Errorf("lake holds %s, want %s", got, want)
		}
	}
	// Once the row that came first is withdrawn, the other one holds.
	out, _ := f.replace("chat_messages", []string{"f1"}, nil, parts, map[string][]int{"f2": {1}})
	if got := fmt.Sprint(out.Lines["f2"], " ", f.content("chat_messages", "message_id", "digest")); got != fmt.Sprintf("map[1:accepted] m1 %d; m2 %d", digestOf("b"), digestOf("c")) {
		t.Errorf("then %s", got)
	}
}

func TestBuyersComeWithTheirMessages(t *testing.T) {
	f := newFixture(t)
	chats, buyers := dataset.ByName("chat_messages"), dataset.ByName("buyers")
	m := merge.New(f.engine, f.store)
	said := func(id, buyer string) row {
		r := message(id, "2026-01-05 10:00:00", id)
		r["buyer_id"] = buyer
		return r
	}
	if err := m.Add(f.t.Context(), chats, "f", f.batch(chats, "f", []row{said("m1", "b1"), said("m2", "b2")})); err != nil {
		t.Fatal(err)
	}
	if err := m.Add(f.t.Context(), buyers, "f", f.batch(buyers, "f", []row{{"buyer_id": "b1", "digest": "x"}, {"buyer_id": "b2", "digest": "y"}})); err != nil {
		t.Fatal(err)
	}
	m.Arrived(merge.File{ID: "f", Part: true})
	if err := m.Keep(context.Background(), "f", map[string][]int{"chat_messages": {2}}); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"chat_messages": "m2", "buyers": "b2"} {
		out, err := m.Merge(f.t.Context(), dataset.ByName(name), nil)
		if err != nil {
			t.Fatal(err)
		}
		f.files[name] = out.Files
		if got := f.content(name, map[string]string{"chat_messages": "message_id", "buyers": "buyer_id"}[name]); got != want {
			t.Errorf("of %s arrived %s, want %s", name, got, want)
		}
	}
	if !slices.Equal(m.Datasets(), []string{"buyers", "chat_messages"}) {
		t.Errorf("datasets %v", m.Datasets())
	}
}
