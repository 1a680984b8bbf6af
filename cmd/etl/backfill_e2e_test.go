package main

import (
	"bufio"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"kefu/cmd/etl/internal/night"
	"kefu/extract/ledger"
	"kefu/transform/transformtest/world"
)

// historyStart is the first day of a history.
var historyStart = time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)

func historyDay(n int) string { return historyStart.AddDate(0, 0, n).Format(time.DateOnly) }

// historyShops names so many shops and a folder of exports for each.
func historyShops(n int) []exportSource {
	var out []exportSource
	for i := range n {
		id := fmt.Sprintf("s%02d", i)
		out = append(out, exportSource{name: id, preset: "canonical", shop: world.Shop{Platform: "other", ID: id, Name: id, Timezone: "Asia/Shanghai"}})
	}
	return out
}

// history is what a shop exports over some days: two talks a day with buyers
// who come back after weeks, orders of which some are paid days later, refunds.
func history(shop string, seed, from, to int) []delivery {
	var chats, orders, refunds []row
	for d := from; d < to; d++ {
		day := historyDay(d)
		for k := range 2 {
			buyer, agent := fmt.Sprintf("b%d", (d*7+k*11+seed)%97), "a"+strconv.Itoa((d+k)%3)
			id := fmt.Sprintf("%d-%d", d, k)
			chats = append(chats,
				row{"message_id": id + "-1", "sent_at": day + " 10:0" + strconv.Itoa(k) + ":00", "buyer_id": buyer, "agent_id": agent, "sender": "buyer", "kind": "text", "text": "有货吗"},
				row{"message_id": id + "-2", "sent_at": fmt.Sprintf("%s 10:0%d:%02d", day, k, 5+(d*13+seed)%50), "buyer_id": buyer, "agent_id": agent, "sender": "agent", "kind": "text", "text": "有的"})
			if (d+k+seed)%3 == 0 {
				continue
			}
			paid := historyDay(d+(d+seed)%4/3*2) + " 12:00:00" // one in four two days later
			orders = append(orders, row{"order_id": shop + "-" + id, "buyer_id": buyer, "created_at": day + " 11:00:00", "status": "paid", "amount": "20.00",
				"paid_at": paid, "paid_amount": strconv.Itoa(10+d%7) + ".50", "quantity": "1", "updated_at": paid})
			if (d+k)%8 == 0 {
				refunds = append(refunds, row{"refund_id": shop + "-" + id, "requested_at": historyDay(d+5) + " 09:00:00", "order_id": shop + "-" + id, "type": "refund_only",
					"status": "succeeded", "completed_at": historyDay(d+9) + " 09:00:00", "amount": "3.00", "updated_at": historyDay(d+9) + " 09:00:00"})
			}
		}
	}
	span := fmt.Sprintf("-%03d.csv", from)
	var out []delivery
	for name, rows := range map[string][]row{"chat_messages": chats, "orders": orders, "refunds": refunds} {
		if len(rows) > 0 {
			out = append(out, delivery{source: shop, name: name + span, text: sheet(name, rows...)})
		}
	}
	return out
}

const readOnlyPipeline = "pipelines: [{name: ingest, models: []}]\n"

// moved makes another installation of what this one has in its lake.
func (i *installation) moved() *installation {
	i.t.Helper()
	other := newInstallation(i.t, i.rules, i.sources...)
	for _, name := range []string{"var", "exports"} {
		if err := os.CopyFS(other.path(name), os.DirFS(i.path(name))); err != nil {
			i.t.Fatal(err)
		}
	}
	return other
}

// backfill runs `etl backfill`, which must end with the code.
func (i *installation) backfill(code int, args ...string) *night.Summary {
	i.t.Helper()
	return i.summary(i.etl(append([]string{"backfill", "--json"}, args...)...), code)
}

// killedAfter kills a backfill once it has told of so many chunks.
func (i *installation) killedAfter(chunks int, args ...string) {
	i.t.Helper()
	cmd := i.child(append([]string{"backfill"}, args...)...)
	lines, err := cmd.StderrPipe()
	if err != nil {
		i.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		i.t.Fatal(err)
	}
	told := 0
	for scan := bufio.NewScanner(lines); scan.Scan(); {
		if strings.Contains(scan.Text(), " of ") {
			if told++; told == chunks {
				_ = cmd.Process.Kill() // Wait tells whether it met it
			}
		}
	}
	if err := cmd.Wait(); err == nil || cmd.ProcessState.ExitCode() != -1 {
		i.t.Fatalf("the backfill ended before it was killed: %v, %d chunks", err, told)
	}
}

// chunkUnits counts the chunks that a run's units tell of, by status.
func (i *installation) chunkUnits(run string) map[ledger.Status]int {
	i.t.Helper()
	units, err := i.ledger().Units(i.t.Context(), run)
	if err != nil {
		i.t.Fatal(err)
	}
	out := map[ledger.Status]int{}
	for _, u := range units {
		if u.Stage == "backfill" && u.Name != "shop" {
			out[u.Status]++
		}
	}
	return out
}

func (i *installation) lastRun() string {
	i.t.Helper()
	runs, err := i.ledger().Runs(i.t.Context(), 1)
	if err != nil || len(runs) == 0 {
		i.t.Fatalf("last run: %v", err)
	}
	return runs[0].ID
}

func countChunks(s *night.Summary) map[string]int {
	out := map[string]int{}
	for _, c := range s.Backfill.Chunks {
		out[c.Status]++
	}
	return out
}

// A year of twenty shops, killed in the middle and gone on with, is what a full
// rebuild makes of it; no chunk that was finished is computed again, and the
// nights afterwards go on from it.
func TestBackfillOfAYearIsResumed(t *testing.T) {
	t.Parallel()
	const days = 365
	i := newInstallation(t, "", historyShops(20)...)
	for n, s := range i.sources {
		i.deliver(history(s.name, n, 0, days)...)
	}
	i.extra = readOnlyPipeline
	i.configure()
	i.night(0)
	i.extra = ""
	i.configure()
	rebuilt := i.moved()
	rebuilt.night(0)
	want := rebuilt.tables()
	mustHaveRows(t, want, "kpi_agent_day", "kpi_shop_day", "kpi_shop_window", "order_attribution", "inquiries")

	// Twenty small shops make two lots of four chunks; the kill meets the second lot.
	const total, after = 8, 6
	span := []string{"--from", historyDay(0), "--to", historyDay(days - 1), "--parallel", "1"}
	i.killedAfter(after, span...)
	killed := i.chunkUnits(i.lastRun())
	sum := i.backfill(0, span...)
	resumed, units := countChunks(sum), i.chunkUnits(sum.RunID)
	if killed[ledger.Done] < after || killed[ledger.Running] > 1 {
		t.Errorf("the killed backfill had finished %d chunks and was at %d", killed[ledger.Done], killed[ledger.Running])
	}
	if n := killed[ledger.Done] + resumed["computed"]; n != total || units[ledger.Done] != resumed["computed"] {
		t.Errorf("%d chunks were finished by the killed backfill and %d by the next one, want %d in all", killed[ledger.Done], resumed["computed"], total)
	}
	if killed[ledger.Done]%4 != 0 && resumed["found"] == 0 {
		t.Error("of the lot under way no chunk was found")
	}
	sameTables(t, "the resumed backfill", want, i.tables())

	again := i.backfill(0, span...)
	if n := countChunks(again); len(n) > 0 || again.Publication != sum.Publication {
		t.Errorf("a backfill of what is done has the chunks %v and publishes %s after %s", n, again.Publication, sum.Publication)
	}
	for _, other := range []*installation{i, rebuilt} {
		other.deliver(history("s07", 7, days, days+1)...)
		sum := other.night(0)
		for _, r := range sum.Reasons {
			if r.Kind != "data" || r.Shop.Shop != "s07" {
				t.Errorf("the night afterwards computes because of %+v", r)
			}
		}
	}
	sameTables(t, "the night afterwards", rebuilt.tables(), i.tables())
}

// What a backfill finds as it was is not published again; what rules change is,
// in chunks, as if it had always been so, whatever nights do meanwhile.
func TestBackfillRestatesInChunks(t *testing.T) {
	t.Parallel()
	const days = 70
	i := newInstallation(t, "", historyShops(2)...)
	for n, s := range i.sources {
		i.deliver(history(s.name, n, 0, days)...)
	}
	i.night(0)
	before := i.lastPublication()
	span := []string{"--from", historyDay(0), "--to", historyDay(days - 1)}
	sum := i.backfill(0, append(span, "--chunk-rows", "200", "--parallel", "2")...)
	if n := countChunks(sum); n["computed"] < 2*6 {
		t.Errorf("shops of some 370 rows in chunks of 200 make the chunks %v", n)
	}
	for _, m := range sum.Models {
		if m.Changed > 0 {
			t.Errorf("%s changes by %d rows", m.Name, m.Changed)
		}
	}
	if after := i.lastPublication(); after.ID != before.ID || sum.Publication != before.ID {
		t.Errorf("publication %s became %s", before.ID, after.ID)
	}

	// From a model on: what comes before it is read as published.
	for model, computed := range map[string][]string{"kpi_shop_window": {"kpi_shop_window"}, "int_day_sales": {"kpi_shop_day", "kpi_shop_window"}} {
		sum := i.backfill(0, append(span, "--model", model, "--parallel", "1")...)
		for _, m := range sum.Models {
			asked := slices.Contains(computed, m.Name)
			if watched := asked || m.Name == "int_turns" || m.Name == "kpi_shop_day"; watched && asked != (m.Rows > 0) {
				t.Errorf("--model %s computes %d rows of %s", model, m.Rows, m.Name)
			}
		}
		if sum.Publication != before.ID {
			t.Errorf("--model %s publishes %s", model, sum.Publication)
		}
	}

	// Other rules; the backfill is killed, a night brings more, the backfill goes on.
	i.rules = "- {from: " + historyDay(20) + ", platform: other, values: {credit: pay_agent, inquiry_validity_days: 4}}"
	i.configure()
	i.killedAfter(3, append(span, "--chunk-rows", "200", "--parallel", "1")...)
	i.deliver(history("s01", 1, days, days+2)...)
	i.night(0)
	i.backfill(0, append(span, "--chunk-rows", "200")...)
	fresh := newInstallation(t, i.rules, i.sources...)
	for n, s := range i.sources {
		fresh.deliver(history(s.name, n, 0, days)...)
	}
	fresh.deliver(history("s01", 1, days, days+2)...)
	fresh.night(0)
	sameTables(t, "after a kill, a night and the rest of the backfill", fresh.tables(), i.tables())
	if left, err := os.ReadDir(i.path("var/lake/.backfill")); len(left) > 0 {
		t.Errorf("chunks are left: %v %v", left, err)
	}
}

// A shop whose check fails keeps its numbers and stops no other; --failed tries
// it alone, over the days it failed on.
func TestBackfillOfAFailingShop(t *testing.T) {
	t.Parallel()
	const days = 12
	i := newInstallation(t, "", historyShops(3)...)
	for n, s := range i.sources {
		i.deliver(history(s.name, n, 0, days)...)
	}
	i.night(0)
	before := i.tables()
	i.rules = "- {platform: other, values: {slow_response: {seconds: 5}}}"
	i.configure()
	fresh := newInstallation(t, i.rules, i.sources...)
	for n, s := range i.sources {
		fresh.deliver(history(s.name, n, 0, days)...)
	}
	fresh.night(0)
	want := fresh.tables()
	if said := i.etl("backfill", "--failed"); said.code != exitUsage || !strings.Contains(said.err, "no shop failed") {
		t.Errorf("where nothing failed, --failed ended with %d and said %s", said.code, said.err)
	}

	said := i.etlWith(&app{models: failing(t, "s01")}, "backfill", "--from", historyDay(0), "--to", historyDay(days-1))
	if said.code != exitFailed || !strings.Contains(said.out, "2 shops done, 1 failed") || !strings.Contains(said.out, "shop other/s01: a check failed") {
		t.Errorf("the backfill ended with %d and said\n%s%s", said.code, said.out, said.err)
	}
	sameTables(t, "the failed shop", before.ofShop("s01"), i.tables().ofShop("s01"))
	for _, id := range []string{"s00", "s02"} {
		sameTables(t, "another shop", want.ofShop(id), i.tables().ofShop(id))
	}
	sum := i.backfill(0, "--failed")
	if shops := sum.Backfill.Shops; len(shops) != 1 || shops[0].Shop != "other/s01" || shops[0].Status != "done" || shops[0].Range != historyDay(0)+".."+historyDay(days-1) {
		t.Errorf("--failed computed %+v", shops)
	}
	sameTables(t, "after --failed", want, i.tables())
}

// What a command line of a backfill can get wrong.
func TestBackfillRefuses(t *testing.T) {
	t.Parallel()
	i := newInstallation(t, "", historyShops(1)...)
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{nil, exitUsage, "needs --from and --to"},
		{[]string{"--from", "2025-01-01"}, exitUsage, "go together"},
		{[]string{"--from", "2025-01-02", "--to", "2025-01-01"}, exitUsage, "lies before"},
		{[]string{"--from", "2025-01-01", "--to", "2025-01-02", "--shop", "none"}, exitUsage, "no such shop"},
		{[]string{"--from", "2025-01-01", "--to", "2025-01-02", "--parallel", "-1"}, exitUsage, "negative"},
		{[]string{"--from", "2025-01-01", "--to", "2025-01-02", "--model", "kpi_none"}, exitUsage, "no model kpi_none"},
		{[]string{"--from", "2025-01-01", "--to", "2025-01-02"}, exitEnvironment, "`etl run` reads the sources first"},
	} {
		said := i.etl(append([]string{"backfill"}, c.args...)...)
		if said.code != c.code || !strings.Contains(said.err, c.says) {
			t.Errorf("backfill %v ended with %d, want %d, and said %s", c.args, said.code, c.code, said.err)
		}
	}
}

func (i *installation) lastPublication() ledger.Publication {
	i.t.Helper()
	p, ok, err := i.ledger().Latest(i.t.Context())
	if err != nil || !ok {
		i.t.Fatalf("latest publication: %v %v", ok, err)
	}
	return p
}
