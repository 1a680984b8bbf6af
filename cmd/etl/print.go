package main

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"kefu/cmd/etl/internal/night"
	"kefu/cmd/etl/internal/terminal"
	"kefu/extract/ledger"
	"kefu/transform/compute"
)

// printNight tells a person what a night did.
func (a *app) printNight(s *night.Summary) {
	if s.RunID == "" {
		return // it never began; the error says why
	}
	out := a.terminal()
	a.printSources(out, s)
	if s.Replay != nil {
		a.printReplay(out, s.Replay)
	}
	a.printReasons(out, s)
	a.printModels(out, s)
	a.printChecks(out, s)
	printLocks(out, s)
	printLoads(out, s)
	for _, e := range s.Errors {
		out.Printf("%s %s\n", out.Mark(terminal.Failed), e)
	}
	if len(s.Alerts) > 0 {
		a.printAlerts(s.Alerts)
	}
	out.Printf("%s run %s: %s in %s\n", out.Mark(markOf(s.Status)), s.RunID, s.Status, seconds(s.Seconds))
}

// printLoads tells what became of the warehouses.
func printLoads(out *terminal.Terminal, s *night.Summary) {
	for _, l := range s.Load {
		if l.Error != "" {
			continue // told with what else failed
		}
		if l.Tables == 0 {
			out.Printf("%s warehouse %s is up to date\n", out.Mark(terminal.OK), out.Bold(l.Warehouse))
			continue
		}
		out.Printf("%s loaded into warehouse %s: %s, %s, %s\n", out.Mark(terminal.OK), out.Bold(l.Warehouse), plural(l.Tables, "table"), terminal.Rows(l.Rows), seconds(l.Seconds))
	}
}

func seconds(s float64) string { return terminal.Duration(time.Duration(s * float64(time.Second))) }

func (a *app) printSources(out *terminal.Terminal, s *night.Summary) {
	table := out.Table(terminal.Left("source"), terminal.Left("shop"), terminal.Right("files"), terminal.Right("known"), terminal.Right("lines read"),
		terminal.Right("accepted"), terminal.Right("merged"), terminal.Right("duplicates"), terminal.Right("skipped"), terminal.Right("rejected"))
	for _, r := range s.Sources {
		rejected := terminal.Count(r.Rejected)
		if r.Rejected > 0 {
			rejected = out.Paint(terminal.Warning, rejected)
		}
		files := terminal.Count(int64(r.Files))
		if r.Failed > 0 {
			files += out.Paint(terminal.Failed, fmt.Sprintf(" (%d failed)", r.Failed))
		}
		table.Row(r.Name, r.Shop, files, terminal.Count(int64(r.Known)), terminal.Count(r.Read), terminal.Count(r.Accepted), terminal.Count(r.Merged),
			terminal.Count(r.Duplicates), terminal.Count(r.Skipped), rejected)
	}
	table.Flush()
	for _, r := range s.Sources {
		if r.Replaced > 0 {
			out.Printf("%s %s: %s gave way to what stands there now; %s gone\n", out.Mark(terminal.OK), r.Name, plural(r.Replaced, "known file"), areGone(r.Gone))
		}
		for _, w := range r.Warnings {
			out.Printf("%s %s: %s\n", out.Mark(terminal.Warning), r.Name, terminal.Clean(w))
		}
		printPulled(out, r.Name, r.Pull)
		if r.Rejected > 0 {
			out.Printf("%s %s: %s rejected; `etl quarantine list --source %s` shows why\n", out.Mark(terminal.Warning), r.Name, terminal.Rows(r.Rejected), r.Name)
		}
	}
}

func areGone(rows int64) string {
	if rows == 1 {
		return terminal.Rows(rows) + " is"
	}
	return terminal.Rows(rows) + " are"
}

func (a *app) printReasons(out *terminal.Terminal, s *night.Summary) {
	if len(s.Reasons) == 0 {
		if s.Status != string(ledger.Interrupted) && s.Status != string(ledger.Failed) {
			out.Printf("%s no row and no rule changed: nothing to compute\n", out.Mark(terminal.OK))
		}
		return
	}
	out.Printf("\n")
	table := out.Table(terminal.Left("shop"), terminal.Left("why"), terminal.Left("what"), terminal.Right("changed rows"), terminal.Left("from"), terminal.Left("to"))
	for _, r := range s.Reasons {
		rows := ""
		if r.Rows > 0 {
			rows = terminal.Count(r.Rows)
		}
		table.Row(r.Shop.String(), strings.ReplaceAll(r.Kind, "_", " "), r.Detail, rows, r.From, r.To)
	}
	table.Flush()
}

func (a *app) printModels(out *terminal.Terminal, s *night.Summary) {
	// A row that was replaced counts among the changed ones twice, as it was and as it is.
	table := out.Table(terminal.Left("table"), terminal.Right("computed"), terminal.Right("changed (old + new)"), terminal.Right("shop days"), terminal.Left("from"), terminal.Left("to"))
	for _, m := range s.Models {
		if m.Changed == 0 || strings.HasPrefix(m.Name, "int_") || strings.HasPrefix(m.Name, "stg_") {
			continue
		}
		from, to, days := span(m.Ranges)
		table.Row(m.Name, terminal.Count(m.Rows), terminal.Count(m.Changed), days, from, to)
	}
	if !table.Empty() {
		out.Printf("\n")
		table.Flush()
	}
}

// span is the range of days of all shops, and the number of shop days in it.
func span(ranges []compute.Range) (from, to, days string) {
	n := 0
	for _, r := range ranges {
		if from == "" || r.From < from {
			from = r.From
		}
		to = max(to, r.To)
		n += r.Days
	}
	if n > 0 {
		days = terminal.Count(int64(n))
	}
	return from, to, days
}

func (a *app) printChecks(out *terminal.Terminal, s *night.Summary) {
	passed := 0
	for _, c := range s.Checks {
		if c.Status == "ok" {
			passed++
		}
	}
	if len(s.Checks) > 0 {
		out.Printf("\n%s %s passed\n", out.Mark(terminal.OK), plural(passed, "check"))
	}
	for _, c := range s.Checks {
		mark := terminal.Failed
		switch c.Status {
		case "ok":
			continue
		case "warning":
			mark = terminal.Warning
		}
		where := "all shops"
		if c.Shop != (compute.ShopKey{}) {
			where = c.Shop.String()
		}
		verb := "break it"
		if c.Violations == 1 {
			verb = "breaks it"
		}
		sample := ""
		if c.Sample != "" {
			sample = ", such as " + c.Sample
		}
		out.Printf("%s %s.%s: %s of %s %s%s\n", out.Mark(mark), c.Model, c.Name, terminal.Rows(c.Violations), where, verb, sample)
	}
}

// printPlan tells what a run would do.
func (a *app) printPlan(s *night.Summary) {
	out := a.terminal()
	files, replaced := 0, 0
	for _, r := range s.Sources {
		files += r.Files
		replaced += r.Replaced
	}
	switch {
	case s.Replay != nil:
		a.printSources(out, s)
		a.printReplay(out, s.Replay)
	case files+replaced > 0:
		out.Printf("%s to read:\n", plural(files, "new or changed file"))
		a.printSources(out, s)
	default:
		out.Printf("no new or changed file\n")
	}
	a.printReasons(out, s)
	a.printModels(out, s)
	a.printValues(out, s)
	a.printChecks(out, s)
	for _, e := range s.Errors {
		out.Printf("%s %s\n", out.Mark(terminal.Failed), e)
	}
}

// shownValues is how many changed values a person is shown.
const shownValues = 60

// printValues shows the KPI values that would change: of shops, of groups, of agents.
func (a *app) printValues(out *terminal.Terminal, s *night.Summary) {
	if len(s.Values) == 0 {
		return
	}
	list := slices.Clone(s.Values)
	slices.SortStableFunc(list, func(x, y compute.ValueChange) int {
		return cmp.Or(cmp.Compare(y.Grain, x.Grain), cmp.Compare(x.Date, y.Date))
	})
	out.Printf("\n")
	table := out.Table(terminal.Left("shop"), terminal.Left("of"), terminal.Left("day"), terminal.Left("KPI"), terminal.Right("published"), terminal.Right("then"))
	for _, v := range list[:min(len(list), shownValues)] {
		table.Row(v.Shop.String(), entityName(v), v.Date, v.Metric, figure(v.Before), figure(v.After))
	}
	table.Flush()
	if len(list) > shownValues {
		out.Printf("… and %s more; `etl plan --diff --json` has all of them\n", terminal.Count(int64(len(list)-shownValues)))
	}
}

func entityName(v compute.ValueChange) string {
	switch {
	case v.Grain != "group":
		return terminal.Clean(v.Entity)
	case v.Entity == "":
		return "no group"
	default:
		return "group " + terminal.Clean(v.Entity)
	}
}

// figure spells a value with at most four decimals.
func figure(v *float64) string {
	if v == nil {
		return "–"
	}
	return strconv.FormatFloat(math.Round(*v*1e4)/1e4, 'f', -1, 64)
}
