package main

import (
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
)

// kpiTables are the published tables that the stories are about.
var kpiTables = []string{"kpi_agent_day", "kpi_shop_day", "kpi_agent_window", "kpi_shop_window", "order_attribution", "order_credits", "inquiries",
	"lost_inquiries", "slow_responses", "unreplied"}

// However the files arrive, the numbers are the same.
func TestArrivalChangesNothing(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	whole := s.install(t, true)
	whole.deliver(s.files...)
	whole.night(0)
	want := whole.tables()
	mustHaveRows(t, want, kpiTables...)

	t.Run("night by night", func(t *testing.T) {
		t.Parallel()
		nightByNight(t, s, want)
	})
	t.Run("shuffled", func(t *testing.T) {
		t.Parallel()
		i := s.install(t, true)
		files := slices.Clone(s.files)
		random := rand.New(rand.NewPCG(7, 7))
		random.Shuffle(len(files), func(a, b int) { files[a], files[b] = files[b], files[a] })
		for chunk := range slices.Chunk(files, (len(files)+3)/4) {
			i.deliver(chunk...)
			i.night(0)
		}
		sameTables(t, "files in any order", want, i.tables())
	})
	t.Run("one late chat", func(t *testing.T) {
		t.Parallel()
		oneLateChat(t, s, whole, want)
	})
}

// oneLateChat lets an own buyer of a past day appear, and nothing else. The
// installation is at the end of its story.
func oneLateChat(t *testing.T, s *story, i *installation, before publishedTables) {
	const day = 2
	i.deliver(delivery{source: s.shops[0].ID, name: "chat_messages-solo.csv", text: sheet("chat_messages", talk("solo", "solo", "a1", day, "11:00")...)})
	sum := i.night(0)
	for _, r := range sum.Reasons {
		if r.Shop.Shop != s.shops[0].ID || r.Kind != "data" {
			t.Errorf("computed because of %+v", r)
		}
	}
	changed := map[string]bool{}
	for _, m := range sum.Models {
		for _, r := range m.Ranges {
			changed[m.Name] = true
			last := storyDay(day)
			switch {
			case strings.HasSuffix(m.Name, "_window") || strings.HasPrefix(m.Name, "int_window"):
				last = storyDay(day + 179)
			case strings.HasSuffix(m.Name, "_month"): // its rows stand on the month's last day
				last = storyDay(10)
			}
			if r.Shop.Shop != s.shops[0].ID || r.From < storyDay(day) || r.To > last {
				t.Errorf("%s changes %+v", m.Name, r)
			}
		}
		switch {
		case m.Name == "int_receptions" && m.Rows != 1:
			t.Errorf("%d receptions are computed for one buyer with one", m.Rows)
		case m.Name == "kpi_shop_day" && m.Rows != 1:
			t.Errorf("%d shop days are computed for one", m.Rows)
		}
	}
	for _, name := range []string{"int_receptions", "inquiries", "kpi_agent_day", "kpi_shop_day", "kpi_shop_window"} {
		if !changed[name] {
			t.Errorf("the late chat does not reach %s", name)
		}
	}
	sameTables(t, "the other shop", before.ofShop(s.shops[1].ID), i.tables().ofShop(s.shops[1].ID))
}

// nightByNight runs as the files of days come; the rules change in between.
func nightByNight(t *testing.T, s *story, want publishedTables) {
	i := s.install(t, false)
	before := publishedTables{}
	for _, files := range s.nights() {
		i.deliver(files...)
		sum := i.night(0)
		after := i.tables()
		if files[0].day > storyDay(60) && len(difference(before, after)) == 0 {
			t.Errorf("what came on %s changes nothing: %+v", files[0].day, sum.Reasons)
		}
		before = after
	}
	i.rules += s.change
	i.configure()
	i.night(0)
	if len(difference(before, i.tables())) == 0 {
		t.Error("the changed rules change nothing")
	}
	sameTables(t, "night by night, then other rules", want, i.tables())
	i.accounted()

	again := i.night(0)
	if len(again.Reasons) > 0 || len(again.Ingest.Changed) > 0 {
		t.Errorf("a run on nothing new finds changes: %+v %v", again.Reasons, again.Ingest.Changed)
	}
	for _, m := range again.Models {
		if m.Rows > 0 {
			t.Errorf("a run on nothing new computes %d rows of %s", m.Rows, m.Name)
		}
	}
	for _, l := range again.Load {
		if l.Tables > 0 || l.Rows > 0 {
			t.Errorf("a run on nothing new loads %d tables", l.Tables)
		}
	}
	sameTables(t, "run again", want, i.tables())

	for _, name := range []string{"var/lake", "var/state.db", "var/state.db-wal", "var/state.db-shm"} {
		if err := os.RemoveAll(i.path(name)); err != nil {
			t.Fatal(err)
		}
	}
	i.night(0)
	sameTables(t, "rebuilt from nothing", want, i.tables())
}
