package main

import (
	"cmp"
	"fmt"
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
		what := r.Detail
		if len(r.Sources) > 0 {
			what += " of " + strings.Join(r.Sources, ", ")
		}
		table.Row(r.Shop.String(), strings.ReplaceAll(r.Kind, "_", " "), terminal.Clean(what), rows, r.From, r.To)
	}
	table.Flush()
	printRules(out, s)
}

// shownRules is how many changes of rules a person is shown.
const shownRules = 20

func printRules(out *terminal.Terminal, s *night.Summary) {
	table, n := out.Table(terminal.Left("shop"), terminal.Left("rule"), terminal.Column{Title: "was", Max: 30}, terminal.Column{Title: "is", Max: 30},
		terminal.Right("days"), terminal.Left("from"), terminal.Left("to")), 0
	for _, r := range s.Reasons {
		for _, c := range r.Rules {
			if n++; n <= shownRules {
				table.Row(r.Shop.String(), c.Rule, cmp.Or(terminal.Clean(c.Old), "–"), cmp.Or(terminal.Clean(c.New), "–"), terminal.Count(int64(c.Days)), c.From, c.To)
			}
		}
	}
	if n == 0 {
		return
	}
	out.Printf("\n")
	table.Flush()
	if n > shownRules {
		out.Printf("… and %s more; --json has all of them\n", terminal.Count(int64(n-shownRules)))
	}
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
