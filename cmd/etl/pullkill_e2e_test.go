package main

import (
	"bufio"
	"errors"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"kefu/extract/api"
	"kefu/extract/ledger"
)

// pullKills is how many pulls are killed; KEFU_PULL_KILLS asks for another
// number, KEFU_SEED for other moments.
const pullKills = 15

// Pulls from all platforms at once are killed (-9) at any moment: in the middle
// of a call, between windows, while what came is read, merged or recorded. After
// each, no stream is said to be loaded further than its rows are; in the end no
// row is missing or doubled.
func TestPullsThatAreKilledLoseAndDoubleNothing(t *testing.T) {
	t.Parallel()
	const days = 3
	random := rand.New(rand.NewPCG(uint64(number(t, "KEFU_SEED", 1)), 11))
	g := openGates(t, time.Now, days)
	whole := g.install(t, ingestOnly)
	whole.summary(whole.etl("run", "--json"), exitDone)
	want, undisturbed := whole.lakeRows(), g.calls.Load()
	mustHaveRows(t, want, pulledDatasets...)

	kills, rounds, calls, moments := 0, 0, g.calls.Load(), map[string]int{}
	for kills < number(t, "KEFU_PULL_KILLS", pullKills) {
		i := g.install(t, ingestOnly)
		for ended := false; !ended; {
			moment, code := g.kill(t, i, random)
			if code == exitDone {
				ended = true
				continue
			}
			if code != -1 {
				t.Fatalf("a run ended with %d", code)
			}
			kills++
			moments[moment]++
			g.notAhead(t, i)
		}
		rounds++
		sameTables(t, fmt.Sprintf("round %d", rounds), want, i.lakeRows())
		i.accounted()
		if t.Failed() {
			t.FailNow()
		}
	}
	calls = g.calls.Load() - calls
	t.Logf("%d pulls killed (%v), %d finished; %d calls, %.2f times those of %d undisturbed pulls", kills, moments, rounds, calls, float64(calls)/float64(int64(rounds)*undisturbed), rounds)
}

// kill starts a run and kills it: before an answer, or after the pull. It returns
// when, and the exit code, -1 where it was killed.
func (g *gates) kill(t *testing.T, i *installation, random *rand.Rand) (moment string, code int) {
	t.Helper()
	cmd := i.child("run")
	lines, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	moment = "during a call"
	last := int64(5 + random.IntN(90))
	delay := time.Duration(-1)
	if random.IntN(4) == 0 {
		moment, last, delay = "after the pull", 1<<40, time.Duration(random.IntN(350))*time.Millisecond
	}
	last += g.calls.Load()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	kill := func() { _ = cmd.Process.Kill() } // it may have ended
	after := func(_ *gate, _, all int64) {
		if all == last {
			kill()
		}
	}
	g.after.Store(&after)
	defer g.after.Store(nil)
	scan := bufio.NewScanner(lines)
	var said []string
	for scan.Scan() {
		said = append(said, scan.Text())
		if name, ok := stageOf(scan.Text()); ok && name == "pull" && delay >= 0 {
			time.AfterFunc(delay, kill)
		}
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if code = cmd.ProcessState.ExitCode(); code > 0 {
		t.Errorf("%s", strings.Join(said, "\n"))
	}
	return moment, code
}

// lists are what a stream's windows hold, by what column of the sample.
var lists = map[string]struct{ dataset, column string }{
	"orders.created": {"orders", "created_at"}, "orders.confirmed": {"orders", "paid_at"}, "orders.modified": {"orders", "updated_at"},
	"refunds.modified": {"refunds", "updated_at"}, "chats.eservice": {"chat_messages", "sent_at"}, "chats": {"chat_messages", "sent_at"},
}

// notAhead fails the test where a window counts as loaded whose rows are not in
// the lake.
func (g *gates) notAhead(t *testing.T, i *installation) {
	t.Helper()
	state, err := ledger.Open(t.Context(), i.path("var/state.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer state.Close()
	var held map[string]bool
	for _, one := range g.list {
		files, err := state.Files(t.Context(), one.kind)
		if err != nil {
			t.Fatal(err)
		}
		files = slices.DeleteFunc(files, func(f ledger.File) bool { return f.Status != ledger.Loaded })
		if len(files) > 0 && held == nil {
			held = i.held()
		}
		for _, f := range files {
			for _, mark := range one.holds(t, f.Name) {
				if !held[mark] {
					t.Errorf("%s %s counts as loaded, and lacks %s", one.kind, f.Name, mark)
				}
			}
		}
	}
}

// held marks what is in the lake: orders and refunds by id, messages by time.
func (i *installation) held() map[string]bool {
	i.t.Helper()
	rows := i.fromLake(map[string]string{
		"orders": "select shop_id || ' ' || order_id from %s", "chat_messages": "select shop_id || ' ' || strftime(sent_at, '%%Y-%%m-%%d %%H:%%M:%%S') from %s",
		"refunds": "select shop_id || ' ' || order_id from %s",
	})
	out := map[string]bool{}
	for name, list := range rows {
		for _, r := range list {
			out[name+" "+r] = true
		}
	}
	return out
}

// holds marks what the window of that name has of the gate's shop.
func (g *gate) holds(t *testing.T, name string) []string {
	t.Helper()
	stream, w, err := api.ParseBundleName(name)
	if err != nil {
		t.Fatal(err)
	}
	stream, _, _ = strings.Cut(stream, "~")
	of, ok := lists[stream]
	if !ok {
		return nil
	}
	var out []string
	for _, r := range g.shop.Within(of.dataset, of.column, w.From, w.To) {
		switch {
		case of.dataset == "chat_messages":
			out = append(out, of.dataset+" "+g.kind+"-shop "+r.At("sent_at").UTC().Format(time.DateTime))
		case g.kind != "pdd" || g.listed(r["order_id"]): // which lists no order that was not concluded
			out = append(out, of.dataset+" "+g.kind+"-shop "+r["order_id"])
		}
	}
	return out
}

// listed says whether an order was concluded.
func (g *gate) listed(order string) bool {
	return g.shop.Where("orders", "order_id", order)[0]["paid_at"] != ""
}
