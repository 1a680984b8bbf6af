package reconcile

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"kefu/cmd/etl/internal/night"
	"kefu/cmd/etl/internal/whatif"
	"kefu/extract/ledger"
	"kefu/extract/sqltext"
)

// outcome is an attempt that reproduces numbers of the report.
type outcome struct {
	attempt
	cells []*Cell
}

// attempts computes what would be until every open cell is reproduced or
// nothing is left to try. A KPI whose open cells are all reproduced is not
// tried any further.
func (c *comparison) attempts(ctx context.Context) error {
	var found []outcome
	list, err := c.listAttempts(ctx)
	if err != nil {
		return err
	}
	for _, a := range list {
		wanted := c.wanted(a, found)
		if len(wanted) == 0 {
			continue
		}
		if c.Step != nil {
			c.Step(a.proof)
		}
		cells, err := c.try(ctx, a, wanted)
		if err != nil {
			return err
		}
		if len(cells) > 0 {
			found = append(found, outcome{a, cells})
		}
	}
	c.assign(found)
	return nil
}

// listAttempts lists what can be tried, likelier causes first.
func (c *comparison) listAttempts(ctx context.Context) ([]attempt, error) {
	list, err := c.earlier(ctx)
	if err != nil {
		return nil, err
	}
	if at := c.report.Exported; !at.IsZero() && at.Before(c.Published.CreatedAt) {
		list = append(list, unfinal(at))
	}
	first, others, err := otherRules(c.Rules, c.scope)
	if err != nil {
		return nil, err
	}
	hours, err := c.nightHours(ctx)
	if err != nil {
		return nil, err
	}
	cuts, zones, err := clocks(c.Rules, c.scope, c.Timezone, hours)
	return slices.Concat(list, first, cuts, others, zones), err
}

// nightHours are the hours before six in which anything happened on the days of
// the report or the one after: a cut moves nothing else.
func (c *comparison) nightHours(ctx context.Context) ([]int, error) {
	if !slices.ContainsFunc(c.cells, (*Cell).open) {
		return nil, nil
	}
	var parts []string
	for _, of := range []struct{ dataset, at string }{{"chat_messages", "sent_at"}, {"orders", "created_at"}, {"orders", "paid_at"}, {"evaluations", "invited_at"}, {"refunds", "completed_at"}} {
		if c.has(of.dataset) {
			parts = append(parts, fmt.Sprintf("select local_time(%s, %s) as local_at from %s where %s", of.at, sqltext.Literal(c.Timezone), of.dataset, c.mine()))
		}
	}
	if len(parts) == 0 {
		return nil, nil
	}
	var hours []int
	err := c.Engine.Each(ctx, fmt.Sprintf("select distinct cast(hour(local_at) as integer) from (%s) where local_at >= timestamp '%s' and local_at < timestamp '%s' and hour(local_at) < 6 order by 1",
		strings.Join(parts, " union all "), c.scope.from.Format(time.DateOnly), c.scope.to.AddDate(0, 0, 2).Format(time.DateOnly)), func(scan func(...any) error) error {
		var hour int
		err := scan(&hour)
		hours = append(hours, hour)
		return err
	})
	return hours, err
}

// wanted are the KPIs whose open cells an attempt may reproduce: those that it
// can move and that nothing found so far reproduces as a whole.
func (c *comparison) wanted(a attempt, found []outcome) []string {
	var out []string
	for _, metric := range c.metrics() {
		if !a.concerns(parts(c.Catalogue, metric)) {
			continue
		}
		left := false
		for _, cell := range c.cells {
			left = left || cell.Metric == metric && cell.open() && cell.Theirs != nil &&
				!slices.ContainsFunc(found, func(o outcome) bool { return slices.Contains(o.cells, cell) })
		}
		if left {
			out = append(out, metric)
		}
	}
	return out
}

// try computes an attempt and returns the open cells that it reproduces. One
// that spoils a cell which is right, of any KPI that it may move, is no cause:
// then it returns none.
func (c *comparison) try(ctx context.Context, a attempt, wanted []string) ([]*Cell, error) {
	var metrics []string
	for _, metric := range c.metrics() {
		near := slices.ContainsFunc(wanted, func(w string) bool { return c.nearby(w, metric) })
		if near && a.concerns(parts(c.Catalogue, metric)) {
			metrics = append(metrics, metric)
		}
	}
	c.tried++
	if c.lab == nil {
		var err error
		if c.lab, err = c.Lab(); err != nil {
			return nil, err
		}
	}
	would, err := ask(ctx, c.lab, c.scope, a.question, partsOf(c.Catalogue, metrics))
	if err != nil {
		return nil, err
	}
	var cells []*Cell
	for _, cell := range c.cells {
		if !slices.Contains(metrics, cell.Metric) || cell.Theirs == nil || cell.Reason == UnknownAgent || cell.Status == Untold {
			continue
		}
		m, _ := c.Catalogue.Metric(cell.Metric)
		ours, _ := would.value(c.Catalogue, cell.Metric, cell.Entity, cell.From, cell.To)
		right := judge(m, cell, ours) != Different
		switch {
		case cell.Status != Different && !right:
			return nil, nil
		case cell.open() && right:
			cells = append(cells, cell)
		}
	}
	return cells, nil
}

// nearby tells whether two KPIs have parts that are computed together.
func (c *comparison) nearby(one, other string) bool {
	return slices.ContainsFunc(parts(c.Catalogue, one), func(p string) bool {
		return slices.ContainsFunc(parts(c.Catalogue, other), func(q string) bool { return sectionOf(p) == sectionOf(q) })
	})
}

// assign gives each open cell the reason of the attempt that reproduces it: of
// the earlier class, then the one that reproduces most.
func (c *comparison) assign(found []outcome) {
	for len(found) > 0 {
		best := 0
		for i, o := range found {
			if o.class < found[best].class || o.class == found[best].class && o.left() > found[best].left() {
				best = i
			}
		}
		o := found[best]
		found = slices.Delete(found, best, best+1)
		for _, cell := range o.cells {
			if cell.open() {
				cell.explain(o.reason, o.proof+" ours is theirs")
			}
		}
	}
}

func (o outcome) left() int {
	n := 0
	for _, cell := range o.cells {
		if cell.open() {
			n++
		}
	}
	return n
}

// earlier are the attempts with the rows that were there when the report was
// exported: without later flags alone, without later rows of one dataset, and
// of all.
func (c *comparison) earlier(ctx context.Context) ([]attempt, error) {
	at := c.report.Exported
	if at.IsZero() || !at.Before(c.Published.CreatedAt) {
		return nil, nil
	}
	all, err := c.State.Publications(ctx, 0)
	if err != nil {
		return nil, err
	}
	arrived, err := c.arrivals(ctx, at)
	if err != nil {
		return nil, err
	}
	before := slices.IndexFunc(all, func(p ledger.Publication) bool { return !p.CreatedAt.After(at) })
	if before < 0 {
		return c.earlierFiles(arrived), nil
	}
	then, now := all[before].Inputs[c.Shop.String()].Snapshots, c.Published.Inputs[c.Shop.String()].Snapshots
	var changed []string
	for name, snapshot := range now {
		if then[name] != snapshot {
			changed = append(changed, name)
		}
	}
	slices.Sort(changed)
	until := all[before].CreatedAt.In(at.Location()).Format("2006-01-02 15:04")
	return lateAttempts(changed, func(names []string) attempt {
		q := whatif.Question{Snapshots: map[string]int64{}}
		for _, name := range names {
			q.Snapshots[name] = then[name]
		}
		return attempt{question: q, proof: fmt.Sprintf("with the %s that were there on %s%s", strings.Join(names, ", "), until, arrived.words(names))}
	}), nil
}

// lateAttempts builds the attempts of the datasets that changed after an export.
func lateAttempts(changed []string, build func(names []string) attempt) []attempt {
	var out []attempt
	add := func(class int, reason Reason, names ...string) {
		a := build(names)
		a.class, a.reason = class, reason
		out = append(out, a)
	}
	var others []string
	for _, name := range changed {
		switch name {
		case "buyer_flags":
			add(classFlag, RestatedByFlag, name)
		case "buyers":
		default:
			others = append(others, name)
		}
	}
	if len(others) > 1 {
		for _, name := range others {
			add(classLate, LateData, name)
		}
	}
	if len(changed) > 0 && len(others) > 0 {
		add(classLate, LateData, others...)
	}
	if len(others) > 0 && len(others) < len(changed) {
		add(classLate, LateData, changed...)
	}
	return out
}

// arrived are the files that a shop's sources delivered after a moment, by dataset.
type arrived struct {
	files  map[string][]ledger.File
	before bool // anything came before it, too
}

func (c *comparison) arrivals(ctx context.Context, at time.Time) (arrived, error) {
	out := arrived{files: map[string][]ledger.File{}}
	for _, source := range c.Sources {
		files, err := c.State.Files(ctx, source)
		if err != nil {
			return out, err
		}
		for _, f := range files {
			if f.Status != ledger.Loaded {
				continue
			}
			if !f.UpdatedAt.After(at) {
				out.before = true
				continue
			}
			for name, n := range f.Counts {
				if n.Accepted > 0 {
					out.files[name] = append(out.files[name], f)
				}
			}
		}
	}
	return out, nil
}

// words name the files that brought rows later.
func (a arrived) words(datasets []string) string {
	var out []string
	for _, name := range datasets {
		for _, f := range a.files[name] {
			out = append(out, fmt.Sprintf("%s of %s", f.Name, f.UpdatedAt.Local().Format("2006-01-02")))
		}
	}
	slices.Sort(out)
	if out = slices.Compact(out); len(out) == 0 {
		return ""
	}
	if len(out) > 3 {
		out = append(out[:3:3], "…")
	}
	return " (without " + strings.Join(out, ", ") + ")"
}

// earlierFiles does without what later files brought, where no publication of
// before is kept any more.
func (c *comparison) earlierFiles(late arrived) []attempt {
	if !late.before {
		return nil // everything came after the export
	}
	var changed []string
	for name := range late.files {
		changed = append(changed, name)
	}
	slices.Sort(changed)
	return lateAttempts(changed, func(names []string) attempt {
		q := whatif.Question{Edits: map[string]string{}}
		for _, name := range names {
			var ids []string
			for _, f := range late.files[name] {
				ids = append(ids, sqltext.Literal(night.RowsID(f.Source, f.LandedID)))
			}
			q.Edits[name] = "select * from {rows} where source_file is null or source_file not in (" + strings.Join(ids, ", ") + ")"
		}
		return attempt{question: q, proof: "with the " + strings.Join(names, ", ") + " that had come before the export" + late.words(names)}
	})
}
