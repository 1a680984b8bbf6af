package main

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"time"

	"kefu/cmd/etl/internal/night"
	"kefu/cmd/etl/internal/terminal"
	"kefu/transform/compute"
)

// printPlan tells what a run would do.
func (a *app) printPlan(s *night.Summary) {
	out := a.terminal()
	if s.Replay != nil {
		a.printSources(out, s)
		a.printReplay(out, s.Replay)
	} else {
		a.printToRead(out, s)
	}
	a.printReasons(out, s)
	printScopes(out, s)
	a.printModels(out, s)
	printValues(out, s)
	a.printChecks(out, s)
	for _, e := range s.Errors {
		out.Printf("%s %s\n", out.Mark(terminal.Failed), e)
	}
}

// shownFiles is how many files to read a person is shown.
const shownFiles = 20

// printToRead tells which files a run reads, and what it asks platforms for.
func (a *app) printToRead(out *terminal.Terminal, s *night.Summary) {
	files, replaced := 0, 0
	table := out.Table(terminal.Left("source"), terminal.Column{Title: "file", Max: 60}, terminal.Left("why"))
	pulls := out.Table(terminal.Left("source"), terminal.Left("asks for"), terminal.Left("changed since"), terminal.Left("until"), terminal.Right("windows"))
	for _, r := range s.Sources {
		replaced += r.Replaced
		for _, f := range r.Details {
			if files++; files <= shownFiles {
				table.Row(r.Name, terminal.Clean(f.Name), f.Why)
			}
		}
		for _, d := range r.Due {
			pulls.Row(r.Name, d.Stream, d.From.Local().Format(time.DateTime), d.To.Local().Format(time.DateTime), terminal.Count(int64(d.Windows)))
		}
	}
	if !pulls.Empty() {
		pulls.Flush()
		out.Printf("%s a plan asks no platform: what a run pulls may change more than is shown here\n\n", out.Mark(terminal.Warning))
	}
	if files+replaced == 0 {
		out.Printf("no new or changed file\n")
		return
	}
	out.Printf("%s to read:\n", plural(files, "new or changed file"))
	table.Flush()
	if files > shownFiles {
		out.Printf("… and %s more; --json has all of them\n", terminal.Count(int64(files-shownFiles)))
	}
	out.Printf("\n")
	a.printSources(out, s)
}

// printScopes tells what is computed anew.
func printScopes(out *terminal.Terminal, s *night.Summary) {
	if len(s.Scopes) == 0 {
		return
	}
	out.Printf("\n")
	table := out.Table(terminal.Left("shop"), terminal.Right("buyers"), terminal.Right("days"), terminal.Left("from"), terminal.Left("to"),
		terminal.Right("days of windows"), terminal.Left("from"), terminal.Left("to"))
	for _, c := range s.Scopes {
		table.Row(c.Shop.String(), terminal.Count(c.Buyers), terminal.Count(int64(c.Days.Days)), c.Days.From, c.Days.To,
			terminal.Count(int64(c.Windows.Days)), c.Windows.From, c.Windows.To)
	}
	table.Flush()
}

// shownValues is how many changed values a person is shown.
const shownValues = 60

// printValues shows the KPI values that would change, and those that would were
// their days not locked: how many of each KPI, then the largest ones.
func printValues(out *terminal.Terminal, s *night.Summary) {
	for _, locked := range []bool{false, true} {
		list := slices.DeleteFunc(slices.Clone(s.Values), func(v compute.ValueChange) bool { return v.Locked != locked })
		if len(list) == 0 {
			continue
		}
		then := "then"
		if locked {
			then = "were it not locked"
			out.Printf("\n%s behind locks, what is published of these days stays:\n", out.Mark(terminal.Warning))
		}
		printValueCounts(out, list)
		printLargest(out, list, then)
	}
}

// printValueCounts counts the changed values of each KPI, by shops, groups and
// agents.
func printValueCounts(out *terminal.Terminal, list []compute.ValueChange) {
	counts := map[string]map[string]int64{}
	for _, v := range list {
		if counts[v.Metric] == nil {
			counts[v.Metric] = map[string]int64{}
		}
		counts[v.Metric][v.Grain]++
		counts[v.Metric][""]++
	}
	metrics := make([]string, 0, len(counts))
	for m := range counts {
		metrics = append(metrics, m)
	}
	slices.SortFunc(metrics, func(x, y string) int { return cmp.Or(cmp.Compare(counts[y][""], counts[x][""]), cmp.Compare(x, y)) })
	out.Printf("\n")
	table := out.Table(terminal.Left("KPI"), terminal.Right("changed values"), terminal.Right("of shops"), terminal.Right("of groups"), terminal.Right("of agents"))
	for _, m := range metrics[:min(len(metrics), shownRules)] {
		c := counts[m]
		table.Row(m, terminal.Count(c[""]), terminal.Count(c["shop"]), terminal.Count(c["group"]), terminal.Count(c["agent"]))
	}
	table.Flush()
	if n := len(metrics) - shownRules; n > 0 {
		out.Printf("… and %s\n", plural(n, "other KPI"))
	}
}

// printLargest shows changed values of shops, of groups, of agents, the largest
// difference first.
func printLargest(out *terminal.Terminal, list []compute.ValueChange, then string) {
	grains := []string{"shop", "group", "agent"}
	slices.SortStableFunc(list, func(x, y compute.ValueChange) int {
		return cmp.Or(cmp.Compare(slices.Index(grains, x.Grain), slices.Index(grains, y.Grain)), cmp.Compare(math.Abs(changeOf(y)), math.Abs(changeOf(x))))
	})
	out.Printf("\n")
	table := out.Table(terminal.Left("shop"), terminal.Left("of"), terminal.Left("day"), terminal.Left("KPI"), terminal.Right("published"), terminal.Right(then), terminal.Right("difference"))
	for _, v := range list[:min(len(list), shownValues)] {
		d := changeOf(v)
		table.Row(v.Shop.String(), entityName(v), v.Date, v.Metric, figure(v.Before), figure(v.After), figure(&d))
	}
	table.Flush()
	if len(list) > shownValues {
		out.Printf("… and %s more; `etl plan --diff --json` has all of them\n", terminal.Count(int64(len(list)-shownValues)))
	}
}

// changeOf is how much a value changes; a missing one counts as 0.
func changeOf(v compute.ValueChange) float64 {
	d := 0.0
	if v.After != nil {
		d = *v.After
	}
	if v.Before != nil {
		d -= *v.Before
	}
	return d
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
