package main

import (
	"strings"

	"kefu/cmd/etl/internal/catalog"
	"kefu/cmd/etl/internal/terminal"
)

// longText is the widest that a text of a list may become; entries shown in
// full are not cut.
const longText = 90

// printCatalog shows the document to people: lists, or entries in full.
func (a *app) printCatalog(d catalog.Document, full bool) {
	p := &catalogPrinter{out: a.terminal(), full: full}
	p.datasets(d.Datasets)
	p.kpis(d.KPIs)
	p.tables(d.Tables)
	p.models(d.Models)
	p.rules(d.Rules)
	p.inForce(d.InForce)
}

type catalogPrinter struct {
	out   *terminal.Terminal
	full  bool
	begun bool
}

// head separates what follows from what stands above.
func (p *catalogPrinter) head(title string) {
	if p.begun {
		p.out.Printf("\n")
	}
	p.begun = true
	p.out.Printf("%s\n", p.out.Bold(title))
}

// facts are lines of a name and a text; empty texts are left out.
func (p *catalogPrinter) facts(pairs ...string) {
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			p.out.Printf("%s%s %s\n", pairs[i], strings.Repeat(" ", max(0, 12-terminal.Width(pairs[i]))), pairs[i+1])
		}
	}
}

func (p *catalogPrinter) columns(list []catalog.ModelColumn) {
	table := p.out.Table(terminal.Left("column"), terminal.Left("type"), terminal.Left("meaning"))
	for _, c := range list {
		meaning := c.Description
		if c.Hidden {
			meaning = strings.TrimSpace(meaning + " (not in warehouses)")
		}
		table.Row(c.Name, c.Type, meaning)
	}
	table.Flush()
}

func (p *catalogPrinter) datasets(list []catalog.Dataset) {
	if len(list) == 0 {
		return
	}
	if !p.full {
		p.head("datasets")
		table := p.out.Table(terminal.Left("dataset"), terminal.Left("key"), terminal.Left("event time"), terminal.Left("a repeated key"), terminal.Right("columns"))
		for _, d := range list {
			table.Row(d.Name, strings.Join(d.Key, ", "), d.EventTime, repeated(d), terminal.Count(int64(len(d.Columns))))
		}
		table.Flush()
		return
	}
	for _, d := range list {
		p.head(d.Name)
		p.facts("key", strings.Join(d.Key, ", "), "event time", d.EventTime, "repeated key", repeated(d))
		table := p.out.Table(terminal.Left("column"), terminal.Left("type"), terminal.Left(""), terminal.Left("values"))
		for _, c := range d.Columns {
			word := ""
			switch {
			case c.Required:
				word = "required"
			case c.Derived:
				word = "derived"
			}
			table.Row(c.Name, c.Type, word, c.ValuesText())
		}
		table.Flush()
	}
}

func repeated(d catalog.Dataset) string {
	if d.Mutable {
		return "the latest version wins"
	}
	return "must repeat its row"
}

func (p *catalogPrinter) kpis(list []catalog.KPI) {
	if len(list) == 0 {
		return
	}
	if !p.full {
		p.head("KPIs")
		table := p.out.Table(terminal.Left("KPI"), terminal.Left("指标"), terminal.Left("label"), terminal.Left("unit"), terminal.Left("better"), terminal.Column{Title: "definition", Max: longText})
		for _, k := range list {
			table.Row(k.Name, k.LabelZH, k.LabelEN, k.Unit, k.Direction, k.Definition)
		}
		table.Flush()
		return
	}
	for _, k := range list {
		p.head(k.Name)
		p.facts("指标", k.LabelZH, "label", k.LabelEN, "unit", k.Unit, "better", k.Direction, "definition", k.Definition,
			"numerator", k.Numerator, "denominator", k.Denominator, "grains", strings.Join(k.Grains, ", "), "periods", strings.Join(k.Periods, ", "),
			"source", strings.Join(k.Source, ", "), "tables", strings.Join(k.Tables, ", "))
	}
}

func (p *catalogPrinter) tables(list []catalog.Table) {
	if len(list) == 0 {
		return
	}
	if !p.full {
		p.head("tables of the warehouse")
		table := p.out.Table(terminal.Left("table"), terminal.Right("columns"), terminal.Column{Title: "one row per", Max: longText}, terminal.Column{Title: "what it holds", Max: longText})
		for _, t := range list {
			table.Row(t.Name, terminal.Count(int64(len(t.Columns))), strings.Join(t.Key, ", "), t.Description)
		}
		table.Flush()
		return
	}
	for _, t := range list {
		p.head(t.Name)
		p.facts("holds", t.Description, "one row per", strings.Join(t.Key, ", "), "partitioned", t.Partition)
		p.columns(t.Columns)
	}
}

func (p *catalogPrinter) models(list []catalog.Model) {
	if len(list) == 0 {
		return
	}
	if !p.full {
		p.head("models")
		table := p.out.Table(terminal.Left("model"), terminal.Left("scope"), terminal.Left(""), terminal.Right("checks"), terminal.Column{Title: "description", Max: longText})
		for _, m := range list {
			table.Row(m.Name, m.Scope, whereKept(m), terminal.Count(int64(len(m.Checks))), m.Description)
		}
		table.Flush()
		return
	}
	for _, m := range list {
		p.head(m.Name)
		p.facts("description", m.Description, "file", m.File, "one row per", strings.Join(m.Grain, ", "), "scope", m.Scope, "kept", whereKept(m),
			"partitioned", m.Partition, "reads", strings.Join(m.Reads, ", "), "read by", strings.Join(m.ReadBy, ", "))
		p.columns(m.Columns)
		if len(m.Checks) > 0 {
			table := p.out.Table(terminal.Left("check"), terminal.Left(""), terminal.Left("every row"))
			for _, c := range m.Checks {
				table.Row(c.Name, c.Severity(), c.Condition)
			}
			table.Flush()
		}
	}
}

// whereKept says where the rows of a model are found.
func whereKept(m catalog.Model) string {
	switch {
	case m.Published:
		return "published"
	case m.Stored:
		return "stored"
	default:
		return ""
	}
}

func (p *catalogPrinter) rules(list []catalog.Rule) {
	if len(list) == 0 {
		return
	}
	if !p.full {
		p.head("rules")
		table := p.out.Table(terminal.Left("rule"), terminal.Left("规则"), terminal.Column{Title: "default", Max: 40}, terminal.Column{Title: "meaning", Max: longText})
		for _, r := range list {
			table.Row(r.Name, r.LabelZH, r.Default, r.Meaning)
		}
		table.Flush()
		return
	}
	for _, r := range list {
		p.head(r.Name)
		reach := ""
		if r.OnTexts {
			reach = "messages as they are read; a change reaches the past as far as received bytes are kept"
		}
		p.facts("规则", r.LabelZH, "meaning", r.Meaning, "value", r.Form, "default", r.Default, "applied to", reach, "rule_day", strings.Join(r.Columns, ", "))
		if len(r.Shipped) > 0 {
			table := p.out.Table(terminal.Left("ships for"), terminal.Left("from"), terminal.Left("value"))
			for _, s := range r.Shipped {
				table.Row(s.Platform, s.From, s.Value)
			}
			table.Flush()
		}
	}
}

func (p *catalogPrinter) inForce(list []catalog.RuleValue) {
	if len(list) == 0 {
		return
	}
	width := 60
	if p.full {
		width = 0
	}
	table := p.out.Table(terminal.Left("shop"), terminal.Left("rule"), terminal.Left("规则"), terminal.Left("from"), terminal.Left("to"),
		terminal.Column{Title: "value", Max: width}, terminal.Left("origin"))
	for _, v := range list {
		table.Row(v.Platform+"/"+v.Shop, v.Rule, v.LabelZH, v.ValidFrom, v.ValidTo, terminal.Clean(v.Value), v.Origin)
	}
	table.Flush()
}
