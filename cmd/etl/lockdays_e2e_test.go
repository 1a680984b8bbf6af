package main

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
)

// A paid month keeps its numbers, whatever comes late, is computed anew, is
// backfilled, recovered or maintained; what is behind the lock is told, and published once
// the days are opened.
func TestLockedDaysStayPublished(t *testing.T) {
	t.Parallel()
	i := newInstallation(t, "", newAgedSource())
	before := i.lockFirstDays()
	i.deliver(delivery{source: "exports", name: "orders-2.csv", text: sheet("orders", paidOrder("o2", "b2"), ordered("o3", "b3", 5, nil))}) // b2 bought as well, it turns out
	landed := i.landed()
	plan := i.summary(i.etl("plan", "--diff", "--json"), 0)
	if now := i.landed(); !slices.Equal(now, landed) {
		t.Errorf("a plan left received bytes behind: %v, were %v", now, landed)
	}
	i.night(0)
	i.lockedAs("late orders", before)
	late := map[string]float64{"paid_buyers_final " + storyDay(2): 1, "sales_amount " + storyDay(3): 10}
	i.settles(late)
	told := map[string]float64{}
	for _, v := range plan.Values {
		if v.Locked && v.Grain == "shop" && (v.Metric == "sales_amount" || v.Metric == "paid_buyers_final") {
			told[v.Metric+" "+v.Date] = *v.After - *v.Before
		}
	}
	if !maps.Equal(told, late) {
		t.Errorf("the plan tells of what is behind the lock %v, want %v", told, late)
	}
	if e := i.etl("status"); !strings.Contains(e.out, "locked until "+storyDay(3)) || !strings.Contains(e.out, "would be others now") {
		t.Errorf("the status says nothing of it:\n%s", e.out)
	}

	i.rules = "- values: {exclude_agents: [a1]}" // who had all of it
	i.configure()
	i.night(0)
	i.lockedAs("a rule for the past", before)
	i.settles(map[string]float64{"paid_buyers_final " + storyDay(2): -1, "sales_amount " + storyDay(3): -10})
	i.rules = ""
	i.configure()
	i.backfill(0, "--from", storyDay(0), "--to", storyDay(9), "--chunk-rows", "2")
	i.lockedAs("a backfill", before)
	i.settles(late)
	i.night(0, "--from", storyDay(0), "--to", storyDay(9))
	i.mustEnd("lake", "maintain")
	i.loseState()
	i.mustEnd("lake", "recover")
	i.night(0)
	i.lockedAs("recovered", before)
	i.settles(late)
	var locks []lockOutput
	if err := json.Unmarshal([]byte(i.mustEnd("lock", "list", "--json").out), &locks); err != nil || len(locks) == 0 ||
		!isLock(locks[len(locks)-1], "other/one", storyDay(3), "finance", "January is paid") {
		t.Errorf("locked is %+v, %v", locks, err)
	}
	i.unlocked()
}

func paidOrder(id, buyer string) row {
	return ordered(id, buyer, 2, row{"status": "paid", "paid_at": at(3, "09:00:00"), "paid_amount": "10.00", "updated_at": at(3, "10:00:00")})
}

// lockFirstDays publishes a few days and locks the first of them. It returns
// what was published before.
func (i *installation) lockFirstDays() publishedTables {
	t := i.t
	t.Helper()
	i.extra = keepOne
	i.configure()
	put := func(name, text string) { i.deliver(delivery{source: "exports", name: name, text: text}) }
	put("chat_messages-1.csv", chatFile(said("m1", "b1", 2), said("m2", "b2", 2), said("m3", "b3", 5), said("m4", "b4", 8)))
	put("orders-1.csv", sheet("orders", paidOrder("o1", "b1"), ordered("o4", "b4", 8, nil)))
	if e := i.etl("lock", "--until", storyDay(3)); e.code != exitEnvironment {
		t.Errorf("locking before anything is published ended with %d\n%s", e.code, e.err)
	}
	i.night(0)
	before := i.tables()
	for _, refused := range [][]string{{"lock"}, {"lock", "--until", storyDay(30)}, {"lock", "--until", "January"}, {"lock", "--until", storyDay(3), "--shop", "nobody"}, {"unlock"}, {"unlock", "--all"}} {
		if e := i.etl(refused...); e.code != exitUsage {
			t.Errorf("etl %v ended with %d\n%s%s", refused, e.code, e.out, e.err)
		}
	}
	i.killWhile("lock", "--until", storyDay(2))
	i.mustEnd("lock", "--until", storyDay(3), "--shop", "one", "--by", "finance", "--reason", "January is paid")
	sameTables(t, "locking changes no number", before, without(i.tables(), "locked_changes"))
	return before
}

// unlocked opens all days: what is published then is what a new installation
// publishes.
func (i *installation) unlocked() {
	t := i.t
	t.Helper()
	i.killWhile("unlock", "--all")
	if e := i.etl("unlock", "--from", storyDay(0)); e.code != exitDone && e.code != exitUsage { // unless the killed one had done it
		t.Errorf("unlocking ended with %d\n%s%s", e.code, e.out, e.err)
	}
	i.night(0)
	fresh := newInstallation(t, "", i.sources...)
	for _, name := range []string{"chat_messages-1.csv", "orders-1.csv", "orders-2.csv"} {
		fresh.write("exports/exports/"+name, []byte(i.read("exports/exports/"+name)))
	}
	fresh.night(0)
	sameTables(t, "unlocked", fresh.tables(), without(i.tables(), "locked_changes"))
	if rows := i.tables()["locked_changes"]; len(rows) > 0 {
		t.Errorf("%d changes are left to settle", len(rows))
	}
}

func isLock(l lockOutput, shop, until, by, reason string) bool {
	return l.Shop == shop && l.Until == until && l.By == by && l.Reason == reason && l.Changes > 0
}

// mustEnd runs a command that must be done.
func (i *installation) mustEnd(args ...string) ended {
	i.t.Helper()
	e := i.etl(args...)
	if e.code != exitDone {
		i.t.Fatalf("etl %v ended with %d\n%s%s", args, e.code, e.out, e.err)
	}
	return e
}

// killWhile kills a command twice while it works.
func (i *installation) killWhile(args ...string) {
	i.t.Helper()
	for _, after := range []time.Duration{700 * time.Millisecond, 1500 * time.Millisecond} {
		cmd := i.child(args...)
		if err := cmd.Start(); err != nil {
			i.t.Fatal(err)
		}
		timer := time.AfterFunc(after, func() { _ = cmd.Process.Kill() }) // it may have ended
		_ = cmd.Wait()                                                    // killed or done, both are fine
		timer.Stop()
	}
}

func without(tables publishedTables, name string) publishedTables {
	out := maps.Clone(tables)
	delete(out, name)
	return out
}

// lockedAs holds the rows of locked days to those from before.
func (i *installation) lockedAs(what string, before publishedTables) {
	i.t.Helper()
	now := i.tables()
	for _, table := range []string{"kpi_shop_day", "kpi_agent_day", "kpi_group_day", "kpi_shop_window", "kpi_agent_window", "kpi_topic_day"} {
		locked := func(rows []string) []string {
			return slices.DeleteFunc(slices.Clone(rows), func(r string) bool { return dtOf(r) > storyDay(3) })
		}
		want, got := locked(before[table]), locked(now[table])
		if len(want) == 0 || !slices.Equal(want, got) {
			i.t.Errorf("%s: locked rows of %s are\n%s\nwant\n%s", what, table, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
}

// dtOf reads the column dt of a row as text.
func dtOf(row string) string {
	_, rest, _ := strings.Cut(row, "'dt': ")
	return strings.Trim(rest[:min(len(rest), len("2026-01-01")+1)], "', ")
}

// settles holds what locked_changes says of the shop's buyers and sales to the
// differences wanted, by metric and day.
func (i *installation) settles(want map[string]float64) {
	i.t.Helper()
	var rows []struct {
		Metric     string
		DT         string `json:"dt"`
		Difference float64
	}
	e := i.mustEnd("query", "--json", "select metric, dt, difference from locked_changes where grain = 'shop' and metric in ('sales_amount', 'paid_buyers_final')")
	if err := json.Unmarshal([]byte(e.out), &rows); err != nil {
		i.t.Fatal(err)
	}
	got := map[string]float64{}
	for _, r := range rows {
		got[r.Metric+" "+r.DT] = r.Difference
	}
	if !maps.Equal(want, got) {
		i.t.Errorf("to be settled is %v, want %v", got, want)
	}
}
