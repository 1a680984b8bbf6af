package catalogue

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Model is what the header of a model's file says about its table.
type Model struct {
	Name        string
	Description string
	Columns     map[string]string
}

// Comments are the texts that a warehouse shows for a table.
type Comments struct {
	Table   string
	Columns map[string]string
}

// keys are the columns of kpi_* tables that name a row, with what they mean in
// every table.
var keys = map[string]string{
	"platform":    "平台 platform",
	"shop_id":     "店铺 shop",
	"agent_id":    "客服账号 agent account",
	"agent_group": "客服组 group of the agent; '' = none",
	"buyer_id":    "买家 buyer's pseudonym",
	"order_id":    "订单 order",
	"dt":          "业务日 business day of the shop",
	"window_days": "窗口天数 the row covers the days [dt - window_days + 1, dt]",
}

// Comments returns the texts for the given columns of a model's table: the
// model's own words first, then those of the catalogue, then those of keys.
func (c *Catalogue) Comments(model Model, columns []string) Comments {
	comments := Comments{Table: model.Description, Columns: make(map[string]string, len(columns))}
	for _, column := range columns {
		text := model.Columns[column]
		if metric, ok := c.Metric(column); ok && isKPI(model.Name) {
			text = metric.comment()
		}
		if text == "" {
			text = keys[column]
		}
		comments.Columns[column] = text
	}
	return comments
}

func (m Metric) comment() string {
	return fmt.Sprintf("%s · %s [%s]: %s", m.LabelZH, m.LabelEN, m.Unit, m.Definition())
}

func isKPI(table string) bool { return strings.HasPrefix(table, "kpi_") }

// Check says which columns of a wide KPI table (kpi_agent_day, kpi_shop_window,
// …) the catalogue does not know there, and which it knows and the table lacks.
func (c *Catalogue) Check(table string, columns []string) error {
	parts := strings.Split(table, "_")
	if len(parts) != 3 || parts[0] != "kpi" || !slices.Contains(grains, parts[1]) || !slices.Contains(wide, parts[2]) {
		return fmt.Errorf("%s is no table of one KPI per column", table)
	}
	grain, period := parts[1], parts[2]
	var problems []error
	for _, column := range columns {
		if _, key := keys[column]; key {
			continue
		}
		metric, ok := c.Metric(column)
		switch {
		case !ok:
			problems = append(problems, fmt.Errorf("%s.%s has no entry in the KPI catalogue", table, column))
		case !slices.Contains(metric.Grains, grain) || !slices.Contains(metric.Periods, period):
			problems = append(problems, fmt.Errorf("%s.%s is not of that grain or period in the KPI catalogue", table, column))
		}
	}
	for _, metric := range c.metrics {
		if slices.Contains(metric.Grains, grain) && slices.Contains(metric.Periods, period) && !slices.Contains(columns, metric.Name) {
			problems = append(problems, fmt.Errorf("%s lacks the column %s of the KPI catalogue", table, metric.Name))
		}
	}
	return errors.Join(problems...)
}

// Column of the relation metrics.
type Column struct{ Name, Type, Comment string }

// Columns describes the relation metrics, from which dim_metric is made.
func Columns() []Column {
	return []Column{
		{"metric", "VARCHAR", "column of the kpi_* tables"},
		{"label_zh", "VARCHAR", "Chinese term"},
		{"label_en", "VARCHAR", "English term"},
		{"unit", "VARCHAR", strings.Join(Units, ", ")},
		{"formula", "VARCHAR", "definition"},
		{"direction", "VARCHAR", "which way is better: higher, lower, neutral"},
		{"numerator", "VARCHAR", "column, or sum of columns; NULL where the metric is no ratio"},
		{"denominator", "VARCHAR", "column, or sum of columns; NULL where the metric is no ratio"},
		{"grains", "VARCHAR", "agent, group, shop; joined by |"},
		{"periods", "VARCHAR", "day, window, month; joined by |"},
		{"source", "VARCHAR", "datasets that the number comes from; joined by |"},
		{"position", "INTEGER", "order in which to show the metrics"},
		{"numerator_position", "INTEGER", "position of the numerator"},
		{"denominator_position", "INTEGER", "position of the denominator, or of the first term of its sum"},
		{"second_denominator_position", "INTEGER", "position of the second term of the denominator"},
		{"third_denominator_position", "INTEGER", "position of the third term of the denominator"},
	}
}

// Rows are the rows of the relation metrics, aligned with Columns.
func (c *Catalogue) Rows() [][]any {
	rows := make([][]any, len(c.metrics))
	for i, m := range c.metrics {
		rows[i] = []any{
			m.Name, m.LabelZH, m.LabelEN, m.Unit, m.Definition(), m.Direction, orNull(m.Numerator), orNull(m.Denominator),
			strings.Join(m.Grains, "|"), strings.Join(m.Periods, "|"), strings.Join(m.Source, "|"), i + 1,
		}
		rows[i] = append(rows[i], c.positions(m.Numerator, numeratorTerms)...)
		rows[i] = append(rows[i], c.positions(m.Denominator, denominatorTerms)...)
	}
	return rows
}

// A side of a rate is a sum of so many metrics at most.
const (
	numeratorTerms   = 1
	denominatorTerms = 3
)

// positions are those of the terms of a side, NULL where it has fewer.
func (c *Catalogue) positions(side string, most int) []any {
	out := make([]any, most)
	for i, name := range terms(side) {
		out[i] = c.byName[name] + 1
	}
	return out
}

// terms are the metrics whose sum a side is.
func terms(side string) []string {
	if side == "" {
		return nil
	}
	return strings.Split(side, " + ")
}

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}
