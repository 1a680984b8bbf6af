package main

import (
	"fmt"
	"strings"
	"time"

	"kefu/cmd/etl/internal/config"
	"kefu/cmd/etl/internal/terminal"
	"kefu/cmd/etl/internal/why"
)

// answerJSON is an answer with its rows as objects.
type answerJSON struct {
	*why.Answer
	Value    any              `json:"value"`
	Parts    []why.Part       `json:"parts"`
	Evidence []evidenceJSON   `json:"evidence"`
	Messages []map[string]any `json:"messages,omitempty"`
}

type evidenceJSON struct {
	why.Evidence
	Reasons []map[string]any `json:"reasons"`
	List    []map[string]any `json:"list"`
}

func answerOutput(answer *why.Answer, messages why.Table) answerJSON {
	out := answerJSON{Answer: answer, Value: machine(answer.Value), Evidence: []evidenceJSON{}, Messages: objects(messages)}
	for _, p := range answer.Parts {
		p.Value, p.Rows = machine(p.Value), machine(p.Rows)
		out.Parts = append(out.Parts, p)
	}
	for _, e := range answer.Evidence {
		out.Evidence = append(out.Evidence, evidenceJSON{e, objects(e.Reasons), objects(e.List)})
	}
	return out
}

// objects spells the rows of a table for machines.
func objects(t why.Table) []map[string]any {
	out := []map[string]any{}
	for _, cells := range t.Cells {
		object := map[string]any{}
		for i, c := range t.Columns {
			object[c.Name] = spelled(c, cells[i], nil)
		}
		out = append(out, object)
	}
	return out
}

// spelled is how a value is written: an instant in the zone for people, in UTC where zone
// is nil. Other values are as human and machine have them.
func spelled(c why.Column, value any, zone *time.Location) any {
	at, isTime := value.(time.Time)
	switch {
	case isTime && c.Type == "DATE":
		return at.Format(time.DateOnly)
	case isTime && zone == nil:
		return at.UTC().Format(time.RFC3339Nano)
	case isTime:
		return at.In(zone).Format(time.DateTime)
	case zone == nil:
		return machine(value)
	default:
		return human(value)
	}
}

// entityTitle names the entity of a number to people.
func entityTitle(platform, shop, grain, entity string) string {
	title := platform + "/" + shop
	switch {
	case grain == "agent":
		title += ", agent " + terminal.Clean(entity)
	case grain == "group" && entity == "":
		title += ", agents without a group"
	case grain == "group":
		title += ", group " + terminal.Clean(entity)
	}
	return title
}

// printAnswer tells a person what stands behind a number.
func (a *app) printAnswer(answer *why.Answer, shop *config.Shop) {
	out := a.terminal()
	days := answer.To
	if answer.WindowDays > 1 {
		days = fmt.Sprintf("%s to %s (%d days)", answer.From, answer.To, answer.WindowDays)
	}
	out.Printf("%s · %s\n%s, %s\n", out.Bold(answer.LabelZH), answer.LabelEN, entityTitle(answer.Platform, answer.Shop, answer.Grain, answer.Entity), days)
	if !answer.Published {
		out.Printf("%s nothing of it is published for these days: no row counts\n", out.Mark(terminal.Warning))
	} else {
		out.Printf("%s = %s = %s\n", answer.Metric, answer.Definition, out.Bold(inUnit(answer.Unit, answer.Value, shop.Zone)))
	}
	a.printParts(out, answer, shop)
	a.printRules(out, answer.Rules)
	for _, e := range answer.Evidence {
		out.Printf("\n%s: %s\n", out.Bold(e.Rows), e.Description)
		if len(e.Reasons.Cells) > 1 {
			a.printRowsOf(out, e.Reasons, shop.Zone)
			out.Printf("\n")
		}
		a.printRowsOf(out, e.List, shop.Zone)
		if more := e.Found - int64(len(e.List.Cells)); more > 0 {
			out.Printf("… and %s more; --limit 0 lists all\n", terminal.Count(more))
		}
	}
}

func (a *app) printRules(out *terminal.Terminal, rules []why.Rule) {
	if len(rules) == 0 {
		return
	}
	out.Printf("\n")
	table := out.Table(terminal.Left("rule in force"), terminal.Left(""), terminal.Column{Title: "value", Max: 60}, terminal.Left("days"), terminal.Left("from"))
	for _, r := range rules {
		table.Row(r.Rule, r.LabelZH, r.Value, sinceUntil(r.From, r.To), r.Origin)
	}
	table.Flush()
}

func sinceUntil(from, to string) string {
	switch {
	case from == "" && to == "":
		return ""
	case to == "":
		return "since " + from
	case from == "":
		return "until " + to
	default:
		return from + " to " + to
	}
}

// printParts shows what the value is made of and whether the rows add up to it.
func (a *app) printParts(out *terminal.Terminal, answer *why.Answer, shop *config.Shop) {
	out.Printf("\n")
	table := out.Table(terminal.Left(""), terminal.Left("number"), terminal.Left(""), terminal.Right("published"), terminal.Right("rows add up to"))
	for _, p := range answer.Parts {
		mark, rows := terminal.OK, inUnit("", p.Rows, shop.Zone)
		switch {
		case p.Why != "":
			mark, rows = terminal.Skipped, "no rows: "+p.Why
		case !p.Agrees:
			mark = terminal.Failed
		}
		table.Row(out.Mark(mark), p.Metric, p.LabelZH, inUnit("", p.Value, shop.Zone), rows)
	}
	table.Flush()
	if !answer.Verified {
		out.Printf("%s the rows do not add up to what is published; `etl run --from %s --to %s` computes these days anew\n", out.Mark(terminal.Failed), answer.From, answer.To)
	}
}

// inUnit spells a value for people; a ratio as a percentage, too.
func inUnit(unit string, value any, zone *time.Location) string {
	if at, ok := value.(time.Time); ok {
		return at.In(zone).Format(time.DateTime)
	}
	if f, ok := value.(float64); ok && unit == "ratio" {
		return fmt.Sprintf("%s (%s)", human(f), percent(f))
	}
	return human(value)
}

func percent(f float64) string { return fmt.Sprintf("%.1f %%", 100*f) }

// printRowsOf prints a table, less columns that say nothing.
func (a *app) printRowsOf(out *terminal.Terminal, t why.Table, zone *time.Location) {
	if len(t.Cells) == 0 {
		out.Printf("none\n")
		return
	}
	var columns []terminal.Column
	var places []int
	for i, c := range t.Columns {
		if !c.Shown || emptyColumn(t, i) {
			continue
		}
		title := strings.TrimPrefix(c.Name, "adds_")
		if title != c.Name {
			title = "+" + title
		}
		columns = append(columns, terminal.Column{Title: title, Right: numeric(c.Type) || c.Type == "HUGEINT"})
		places = append(places, i)
	}
	table := out.Table(columns...)
	for _, cells := range t.Cells {
		texts := make([]string, len(places))
		for j, i := range places {
			texts[j] = fmt.Sprint(spelled(t.Columns[i], cells[i], zone))
		}
		table.Row(texts...)
	}
	table.Flush()
}

func emptyColumn(t why.Table, i int) bool {
	for _, cells := range t.Cells {
		if cells[i] != nil {
			return false
		}
	}
	return !strings.HasPrefix(t.Columns[i].Name, "adds_")
}
