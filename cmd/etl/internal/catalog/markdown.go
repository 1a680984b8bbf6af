package catalog

import (
	"fmt"
	"strings"
)

// Markdown writes the document for a wiki, in GitHub's flavour.
func (d Document) Markdown() string {
	w := &writer{}
	w.line("# kefu catalogue")
	w.datasets(d.Datasets)
	w.kpis(d.KPIs)
	w.tables(d.Tables)
	w.models(d.Models)
	w.rules(d.Rules)
	w.inForce(d.InForce)
	return w.b.String()
}

type writer struct{ b strings.Builder }

// line writes a paragraph.
func (w *writer) line(format string, args ...any) {
	if w.b.Len() > 0 {
		w.b.WriteString("\n")
	}
	fmt.Fprintf(&w.b, format+"\n", args...)
}

// table writes a table; cells are escaped.
func (w *writer) table(head []string, rows [][]string) {
	w.b.WriteString("\n| " + strings.Join(head, " | ") + " |\n|" + strings.Repeat(" --- |", len(head)) + "\n")
	for _, row := range rows {
		cells := make([]string, len(row))
		for i, c := range row {
			cells[i] = cell(c)
		}
		w.b.WriteString("| " + strings.Join(cells, " | ") + " |\n")
	}
}

// cell keeps a text within its cell.
func cell(text string) string {
	return strings.ReplaceAll(oneLine(text), "|", `\|`)
}

func code(text string) string {
	if text == "" {
		return ""
	}
	return "`" + text + "`"
}

func codes(names []string) string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = code(n)
	}
	return strings.Join(out, ", ")
}

// links names models, each with a link to its section where there is one.
func links(names []string, known map[string]bool) string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = code(n)
		if known[n] {
			out[i] = fmt.Sprintf("[%s](#%s)", code(n), n)
		}
	}
	return strings.Join(out, ", ")
}

func yes(is bool, word string) string {
	if is {
		return word
	}
	return ""
}

func (w *writer) datasets(list []Dataset) {
	if len(list) == 0 {
		return
	}
	w.line("## Datasets")
	w.line("What sources deliver, and a file format of its own (preset `canonical`). `platform` and `shop_id` lead every key.")
	for _, d := range list {
		w.line("### %s", d.Name)
		kind := "rows never change"
		if d.Mutable {
			kind = "the latest version of a key wins"
		}
		event := "not dated"
		if d.EventTime != "" {
			event = "event time " + code(d.EventTime)
		}
		w.line("Key %s; %s; %s.", codes(d.Key), event, kind)
		var rows [][]string
		for _, c := range d.Columns {
			rows = append(rows, []string{code(c.Name), c.Type, yes(c.Required, "required") + yes(c.Derived, "derived"), c.ValuesText()})
		}
		w.table([]string{"column", "type", "", "values"}, rows)
	}
}

// ValuesText spells what a column may hold.
func (c DatasetColumn) ValuesText() string {
	text := strings.Join(c.Values, ", ")
	switch {
	case c.Open:
		text += "; others are kept beside"
	case c.List:
		text = "list"
	}
	return text
}

func (w *writer) kpis(list []KPI) {
	if len(list) == 0 {
		return
	}
	w.line("## KPIs")
	var rows [][]string
	for _, k := range list {
		rows = append(rows, []string{code(k.Name), k.LabelZH, k.LabelEN, k.Unit, k.Direction, k.Definition,
			strings.Join(k.Grains, ", "), strings.Join(k.Periods, ", "), codes(k.Source)})
	}
	w.table([]string{"KPI", "指标", "label", "unit", "better", "definition", "grains", "periods", "source"}, rows)
}

func (w *writer) tables(list []Table) {
	if len(list) == 0 {
		return
	}
	w.line("## Tables of the warehouse")
	for _, t := range list {
		w.line("### Table %s", t.Name)
		w.line("%s", t.Description)
		if len(t.Key) > 0 {
			w.line("One row per %s.", codes(t.Key))
		}
		w.columns(t.Columns)
	}
}

func (w *writer) columns(list []ModelColumn) {
	var rows [][]string
	for _, c := range list {
		rows = append(rows, []string{code(c.Name), c.Type, c.Description + yes(c.Hidden, " (not in warehouses)")})
	}
	w.table([]string{"column", "type", "meaning"}, rows)
}

func (w *writer) models(list []Model) {
	if len(list) == 0 {
		return
	}
	known := map[string]bool{}
	for _, m := range list {
		known[m.Name] = true
	}
	w.line("## Models")
	for _, m := range list {
		w.line("### %s", m.Name)
		w.line("%s", m.Description)
		w.line("`%s`, scope %s%s%s. One row per %s.", m.File, m.Scope, yes(m.Stored, ", stored"), yes(m.Published, ", published"), codes(m.Grain))
		if len(m.Reads) > 0 {
			w.line("Reads %s.", links(m.Reads, known))
		}
		if len(m.ReadBy) > 0 {
			w.line("Read by %s.", links(m.ReadBy, known))
		}
		w.columns(m.Columns)
		var checks [][]string
		for _, c := range m.Checks {
			checks = append(checks, []string{code(c.Name), code(oneLine(c.Condition)), c.Severity()})
		}
		if len(checks) > 0 {
			w.table([]string{"check", "every row", ""}, checks)
		}
	}
}

// Severity says what breaking the check does.
func (c Check) Severity() string {
	if c.Blocking {
		return "blocking"
	}
	return "warning"
}

func (w *writer) rules(list []Rule) {
	if len(list) == 0 {
		return
	}
	w.line("## Rules")
	var rows [][]string
	for _, r := range list {
		rows = append(rows, []string{code(r.Name), r.LabelZH, r.Meaning, r.Form, code(short(r.Default))})
	}
	w.table([]string{"rule", "规则", "meaning", "value", "default"}, rows)
	rows = nil
	for _, r := range list {
		for _, s := range r.Shipped {
			rows = append(rows, []string{code(r.Name), s.Platform, s.From, code(short(s.Value))})
		}
	}
	if len(rows) > 0 {
		w.line("What ships for platforms:")
		w.table([]string{"rule", "platform", "from", "value"}, rows)
	}
}

// longestValue is how much of a value a table of a document shows: the shipped
// topics are longer than all the rest.
const longestValue = 300

func short(text string) string {
	if runes := []rune(text); len(runes) > longestValue {
		return string(runes[:longestValue]) + "…"
	}
	return text
}

func (w *writer) inForce(list []RuleValue) {
	if len(list) == 0 {
		return
	}
	w.line("## Rules in force")
	var rows [][]string
	for _, v := range list {
		rows = append(rows, []string{v.Platform + "/" + v.Shop, code(v.Rule), v.LabelZH, code(short(v.Value)), v.ValidFrom, v.ValidTo, v.Origin})
	}
	w.table([]string{"shop", "rule", "规则", "value", "from", "to", "origin"}, rows)
}
