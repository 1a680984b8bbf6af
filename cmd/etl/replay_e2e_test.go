package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"kefu/cmd/etl/internal/night"
	"kefu/transform/transformtest/world"
)

// ordersOfMine is an export of which the preset mine, until it is corrected, does
// not know the state fine: a whole order and a line of another are rejected.
var ordersOfMine = strings.ReplaceAll(`Nr,Buyer,Made,Paid,Amount,State
A,b1,DAY 11:00:00,DAY 11:05:00,10.00,done
A,b1,DAY 11:00:00,DAY 11:05:00,5.00,fine
B,b2,DAY 12:00:00,DAY 12:05:00,20.00,fine
C,b3,DAY 13:00:00,DAY 13:05:00,30.00,done
D,b4,DAY 14:00:00,DAY 14:05:00,40.00,lost
E,b5,2026-02-30 15:00:00,DAY 15:05:00,50.00,done
`, "DAY", storyDay(2))

// newMine is a shop whose orders come through a preset of its own.
func newMine(t *testing.T) *installation {
	t.Helper()
	shop := world.Shop{Platform: "other", ID: "one", Name: "one", Timezone: "Asia/Shanghai"}
	i := newInstallation(t, "", exportSource{name: "chats", preset: "canonical", shop: shop}, exportSource{name: "sales", preset: "mine", shop: shop})
	var chats []row
	for n := range 4 {
		chats = append(chats, talk(fmt.Sprintf("m%d", n), fmt.Sprintf("b%d", n+1), "a1", 2, fmt.Sprintf("10:%02d", n))...)
	}
	i.deliver(delivery{source: "chats", name: "chat_messages.csv", text: sheet("chat_messages", chats...)}, delivery{source: "sales", name: "sold.csv", text: ordersOfMine})
	i.knows("done: finished")
	return i
}

// knows gives the preset its map of states.
func (i *installation) knows(states string) {
	i.extra = `presets:
  mine:
    dataset: orders
    group_by: [order_id]
    columns:
      order_id: Nr
      buyer_id: Buyer
      created_at: Made
      paid_at: {from: Paid, take: max}
      paid_amount: {from: Amount, take: sum}
      status: {from: State, map: {` + states + `}, else: reject, take: first}
`
	i.configure()
}

func (i *installation) replay(args ...string) *night.Summary {
	i.t.Helper()
	s := i.summary(i.etl(append([]string{"quarantine", "replay", "--json"}, args...)...), exitDone)
	if s.Replay == nil {
		i.t.Fatalf("no word of a replay: %+v", s)
	}
	return s
}

// outcomes are what came of the rows, as accepted, skipped, rejected, unreadable.
func outcomes(s *night.Summary) [4]int64 {
	return [4]int64{s.Replay.Accepted, s.Replay.Skipped, s.Replay.Rejected, s.Replay.Unreadable}
}

// mended is a shop of mine before and after its preset was corrected.
type mended struct {
	*crash
	scene  *scene          // the replay
	before publishedTables // as published under the wrong preset
	want   *installation   // the preset was right from the start
}

func newMended(t *testing.T) *mended {
	t.Helper()
	const right = "done: finished, fine: finished"
	m := &mended{&crash{installation: newMine(t)}, &scene{name: "quarantine replay", args: []string{"quarantine", "replay"}, saved: t.TempDir()}, nil, newMine(t)}
	m.want.knows(right)
	m.want.night(exitDone)
	m.night(exitDone)
	if err := os.CopyFS(m.scene.saved, os.DirFS(m.path("var"))); err != nil { // while nothing has it open
		t.Fatal(err)
	}
	m.before = m.tables()
	if len(m.waiting()) != 4 || len(m.want.waiting()) != 2 || len(difference(m.before, m.want.tables())) == 0 {
		t.Fatalf("in quarantine are %v, and %v with the right preset", m.waiting(), m.want.waiting())
	}
	m.knows(right)
	return m
}

// isMended fails the test unless all is as if the preset had been right always.
func (m *mended) isMended(what string) {
	m.t.Helper()
	sameTables(m.t, what, m.want.tables(), m.tables())
	if want, got := m.want.waiting(), m.waiting(); !slices.Equal(want, got) {
		m.t.Errorf("%s: in quarantine are %v, want %v", what, got, want)
	}
	m.accounted()
	if want, got := m.want.accounts(), m.accounts(); got != want {
		m.t.Errorf("%s: accounted for are %s, want %s", what, got, want)
	}
}

// Rejected rows are read once more when their preset was corrected: those that
// fit enter the lake and the tables, as rows of their own or as parts of others,
// and what does not fit waits on. Killed anywhere, it is finished by the next.
func TestRejectedRowsAreReplayed(t *testing.T) {
	t.Parallel()
	m := newMended(t)
	if s := m.replay("--dry-run"); outcomes(s) != [4]int64{2, 0, 2, 0} || len(s.Reasons) == 0 || s.Status != "planned" {
		t.Errorf("a dry run: %+v, %v", s.Replay, s.Reasons)
	}
	sameTables(t, "a dry run", m.before, m.tables())
	if rows := m.waiting(); len(rows) != 4 {
		t.Errorf("after a dry run in quarantine are %v", rows)
	}
	for _, none := range [][]string{{"--file", "other*"}, {"--reason", "no such reason"}, {"--dataset", "refunds"}, {"--source", "chats"}} {
		if said := m.etl(append([]string{"quarantine", "replay"}, none...)...); said.code != exitDone || !strings.Contains(said.out, "no such row waits") {
			t.Errorf("etl quarantine replay %v: %+v", none, said)
		}
	}

	m.measure(m.scene) // the undisturbed one
	m.isMended("replayed")
	m.isNoNight()
	again := m.replay("--shop", "one", "--file", "so*.csv")
	if outcomes(again) != [4]int64{0, 0, 2, 0} || len(again.Reasons) > 0 || again.Status != "done" {
		t.Errorf("replayed again: %+v, computed because of %v", again.Replay, again.Reasons)
	}
	m.isMended("replayed again")
	if s := m.night(exitDone); len(s.Reasons) > 0 || s.Sources[0].Files+s.Sources[1].Files > 0 {
		t.Errorf("the night after it reads %+v and computes because of %v", s.Sources, s.Reasons)
	}

	random, kills := rand.New(rand.NewPCG(uint64(number(t, "KEFU_SEED", 1)), 5)), 0
	for n := 1; n < len(m.scene.stages)-1; n++ { // reading and loading change nothing of the lake
		m.restore(m.scene)
		during, killed := m.kill(random, m.scene, n)
		if killed {
			kills++
		}
		what := "killed during " + during
		if n%2 == 0 {
			m.replay()
		} else {
			m.night(exitDone)
		}
		m.isMended(what)
		m.noRunIsLeftOpen()
	}
	if kills == 0 {
		t.Error("no kill met a replay under way")
	}
}

// isNoNight fails the test when the last run, which was a replay, stands for the
// night that a schedule waits for.
func (m *mended) isNoNight() {
	m.t.Helper()
	a := &app{}
	if said := m.etlWith(a, "check"); said.code != exitDone {
		m.t.Fatalf("check: %+v", said)
	}
	cfg, err := a.load()
	if err != nil {
		m.t.Fatal(err)
	}
	runs, err := m.ledger().Runs(m.t.Context(), 0)
	if err != nil || len(runs) != 2 || runs[0].Command != night.ReplayCommand {
		m.t.Fatalf("the runs are %+v, %v", runs, err)
	}
	if last, err := a.lastStart(m.t.Context(), cfg, runs[0].Pipeline); err != nil || !last.Equal(runs[1].StartedAt) {
		m.t.Errorf("the last night began %s, %v; want %s", last, err, runs[1].StartedAt)
	}
}

// Rows whose file cannot be read are told with what to do, and what another run
// left half-way is not published.
func TestWhatCannotBeReplayedYet(t *testing.T) {
	t.Parallel()
	m := newMended(t)
	m.state("update files set status = 'loading' where name = 'chat_messages.csv'") // as a killed run leaves it
	if s := m.replay(); outcomes(s) != [4]int64{2, 0, 2, 0} || s.Replay.Unfinished != "chats: chat_messages.csv" || len(s.Reasons) > 0 {
		t.Errorf("beside an unfinished file: %+v, computed because of %v", s.Replay, s.Reasons)
	}
	sameTables(t, "beside an unfinished file", m.before, m.tables())
	m.night(exitDone)
	m.isMended("after the next night")

	m.restore(m.scene)
	for _, landed := range m.landed() {
		if err := os.Remove(landed); err != nil {
			t.Fatal(err)
		}
	}
	said := m.etl("quarantine", "replay")
	if said.code != exitDone || !strings.Contains(said.out, "landing.keep_days") || !strings.Contains(said.out, "4 unreadable") {
		t.Errorf("without the bytes: %+v", said)
	}
	sameTables(t, "without the bytes", m.before, m.tables())
	m.sources = m.sources[:1]
	m.configure()
	if s := m.replay(); outcomes(s) != [4]int64{0, 0, 0, 4} || !strings.Contains(s.Replay.Outcomes[0].Reason, "configured no more") {
		t.Errorf("without the source: %+v", s.Replay)
	}
}
