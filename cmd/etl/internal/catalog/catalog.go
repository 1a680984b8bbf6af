// Package catalog owns the description of everything that is read, computed and
// published: datasets, models, KPIs, tables and rules, in one form for people,
// wikis and machines. It describes definitions, never data.
package catalog

import (
	"slices"
	"strings"

	"kefu/extract/dataset"
	"kefu/extract/lake"
	"kefu/load"
	"kefu/transform/catalogue"
	"kefu/transform/model"
)

// Document is the catalogue, or the parts of it that were asked for.
type Document struct {
	Datasets []Dataset   `json:"datasets,omitempty"`
	Models   []Model     `json:"models,omitempty"`
	KPIs     []KPI       `json:"kpis,omitempty"`
	Tables   []Table     `json:"tables,omitempty"`
	Rules    []Rule      `json:"rules,omitempty"`
	InForce  []RuleValue `json:"in_force,omitempty"`
}

// Dataset is a canonical dataset, which is also a file format.
type Dataset struct {
	Name      string          `json:"name"`
	Mutable   bool            `json:"mutable"` // the latest version of a key wins; else rows never change
	Key       []string        `json:"key"`     // after platform and shop_id
	EventTime string          `json:"event_time,omitempty"`
	Columns   []DatasetColumn `json:"columns"`
}

// DatasetColumn is a column of a dataset.
type DatasetColumn struct {
	Name     string   `json:"name"`
	Type     string   `json:"type"` // as the engine spells it
	Required bool     `json:"required"`
	Derived  bool     `json:"derived"` // made by normalisation, not read
	Values   []string `json:"values,omitempty"`
	Open     bool     `json:"open,omitempty"` // other values are kept beside
	List     bool     `json:"list,omitempty"`
}

// Datasets describes the datasets that sources deliver.
func Datasets() []Dataset {
	var out []Dataset
	for _, s := range dataset.All() {
		d := Dataset{Name: s.Name, Mutable: s.Mutable, Key: s.Key, EventTime: s.EventTime}
		for _, c := range s.Columns {
			d.Columns = append(d.Columns, columnOf(c, false))
		}
		for _, c := range s.Derived {
			d.Columns = append(d.Columns, columnOf(c, true))
		}
		out = append(out, d)
	}
	return out
}

func columnOf(c dataset.Column, derived bool) DatasetColumn {
	return DatasetColumn{Name: c.Name, Type: c.Type.SQL(), Required: c.Required, Derived: derived, Values: c.Enum, Open: c.Open, List: c.List}
}

// Model is one SQL file.
type Model struct {
	Name        string        `json:"name"`
	Layer       string        `json:"layer"`
	File        string        `json:"file"`
	Description string        `json:"description"`
	Grain       []string      `json:"grain"`
	Scope       string        `json:"scope"`  // shop, buyer, day, window, full: the unit that is recomputed
	Stored      bool          `json:"stored"` // kept in the lake
	Partition   string        `json:"partition,omitempty"`
	Published   bool          `json:"published"` // loaded into warehouses
	Columns     []ModelColumn `json:"columns"`
	Checks      []Check       `json:"checks,omitempty"`
	Reads       []string      `json:"reads,omitempty"`
	ReadBy      []string      `json:"read_by,omitempty"`
}

// ModelColumn is a column of a model.
type ModelColumn struct {
	Name        string `json:"name"`
	Type        string `json:"type"`
	Description string `json:"description,omitempty"`
	Hidden      bool   `json:"hidden,omitempty"` // warehouses do not get it
}

// Check is a condition that every row of a model fulfils.
type Check struct {
	Name      string `json:"name"`
	Condition string `json:"condition"`
	Blocking  bool   `json:"blocking"` // a shop that breaks it is not published
}

// Models describes the models in the order in which they are computed, given
// the columns of each.
func Models(graph *model.Graph, columns map[string][]lake.Column, known *catalogue.Catalogue) []Model {
	readers := map[string][]string{}
	for _, m := range graph.Ordered {
		for _, r := range m.Refs {
			readers[r] = append(readers[r], m.Name)
		}
	}
	out := make([]Model, 0, len(graph.Ordered))
	for _, m := range graph.Ordered {
		d := Model{Name: m.Name, Layer: m.Layer, File: "sql/" + m.Path, Description: oneLine(m.Description), Grain: m.Grain, Scope: string(m.Scope),
			Stored: m.Stored, Partition: m.Partition, Published: m.Publish, Reads: m.Refs, ReadBy: readers[m.Name]}
		slices.Sort(d.ReadBy)
		header := catalogue.Model{Name: m.Name, Description: m.Description, Columns: map[string]string{}}
		for _, c := range m.Columns {
			header.Columns[c.Name] = c.Doc
		}
		names := make([]string, len(columns[m.Name]))
		for i, c := range columns[m.Name] {
			names[i] = c.Name
		}
		comments := known.Comments(header, names)
		for _, c := range columns[m.Name] {
			d.Columns = append(d.Columns, ModelColumn{Name: c.Name, Type: c.Type, Description: oneLine(comments.Columns[c.Name]), Hidden: slices.Contains(m.Hidden, c.Name)})
		}
		for _, c := range m.Checks {
			d.Checks = append(d.Checks, Check{Name: c.Name, Condition: c.Expr, Blocking: true})
		}
		for _, c := range m.Warnings {
			d.Checks = append(d.Checks, Check{Name: c.Name, Condition: c.Expr})
		}
		out = append(out, d)
	}
	return out
}

// KPI is one KPI column.
type KPI struct {
	Name        string   `json:"name"`
	LabelZH     string   `json:"label_zh"`
	LabelEN     string   `json:"label_en"`
	Unit        string   `json:"unit"`
	Direction   string   `json:"direction"` // which way is better: higher, lower, neutral
	Definition  string   `json:"definition"`
	Numerator   string   `json:"numerator,omitempty"`
	Denominator string   `json:"denominator,omitempty"`
	Grains      []string `json:"grains"`
	Periods     []string `json:"periods"`
	Source      []string `json:"source"`
	Tables      []string `json:"tables"` // that hold it
}

// KPIs describes the KPIs in the order in which they are shown.
func KPIs(known *catalogue.Catalogue, tables []Table) []KPI {
	holders := map[string][]string{}
	for _, t := range tables {
		if !strings.HasPrefix(t.Name, "kpi_") {
			continue
		}
		for _, c := range t.Columns {
			holders[c.Name] = append(holders[c.Name], t.Name)
		}
	}
	var out []KPI
	for _, m := range known.Metrics() {
		out = append(out, KPI{Name: m.Name, LabelZH: m.LabelZH, LabelEN: m.LabelEN, Unit: m.Unit, Direction: m.Direction, Definition: oneLine(m.Definition()),
			Numerator: m.Numerator, Denominator: m.Denominator, Grains: m.Grains, Periods: m.Periods, Source: m.Source, Tables: holders[m.Name]})
	}
	return out
}

// Table is a table of the warehouse.
type Table struct {
	Name        string        `json:"name"`
	Description string        `json:"description"`
	Key         []string      `json:"key,omitempty"` // columns that name a row
	Partition   string        `json:"partition,omitempty"`
	Columns     []ModelColumn `json:"columns"`
}

// Tables describes the tables of a warehouse.
func Tables(tables []load.Table) []Table {
	out := make([]Table, 0, len(tables))
	for _, t := range tables {
		d := Table{Name: t.Name, Description: oneLine(t.Comment), Key: t.Key, Partition: t.PartitionColumn}
		for _, c := range t.Columns {
			d.Columns = append(d.Columns, ModelColumn{Name: c.Name, Type: c.Type, Description: oneLine(c.Comment)})
		}
		out = append(out, d)
	}
	slices.SortFunc(out, func(a, b Table) int { return strings.Compare(a.Name, b.Name) })
	return out
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
