package rule

import (
	"strings"

	"kefu/transform/rule/yamlnode"
)

// Definition describes one rule.
type Definition struct {
	Name    string
	Group   string // general, filters, response, attribution, after_sales
	Chinese string // what users call it; may be empty
	Meaning string
	Form    string // what its value may be, in words
	Text    bool   // applied to texts when a message is normalised

	read    func(r *yamlnode.Reader, n *yamlnode.Node, base *Values) (any, bool)
	set     func(*Values, any)
	get     func(*Values) any
	columns []column
}

// column is one column of rule_day.
type column struct {
	Column
	value func(*Values) any
}

// Column is a column of rule_day with its SQL type.
type Column struct {
	Name string
	SQL  string
}

// Columns lists the columns of rule_day that hold the rule; none where it
// reaches no model.
func (d *Definition) Columns() []Column {
	out := make([]Column, len(d.columns))
	for i, c := range d.columns {
		out[i] = c.Column
	}
	return out
}

// Definitions lists every rule in documentation order.
func Definitions() []Definition { return definitions }

// Names lists the names of all rules.
func Names() []string {
	out := make([]string, len(definitions))
	for i, d := range definitions {
		out[i] = d.Name
	}
	return out
}

// index maps a rule's name to its place in definitions.
var index = func() map[string]int {
	m := make(map[string]int, len(definitions))
	for i, d := range definitions {
		m[d.Name] = i
	}
	return m
}()

// reading is how the value of a rule is taken from YAML, and in words what it
// may be; base is the table's default, for keys that a mapping leaves out.
type reading[T any] struct {
	form string
	read func(r *yamlnode.Reader, n *yamlnode.Node, what string, base T) (T, bool)
}

// define ties a rule's name to its field, its form and its columns.
func define[T any](name, chinese, meaning string, field func(*Values) *T, value reading[T], columns ...column) Definition {
	return Definition{
		Name: name, Chinese: chinese, Meaning: meaning, Form: value.form, columns: columns,
		read: func(r *yamlnode.Reader, n *yamlnode.Node, base *Values) (any, bool) {
			return value.read(r, n, name, *field(base))
		},
		set: func(v *Values, x any) { *field(v) = x.(T) },
		get: func(v *Values) any { return *field(v) },
	}
}

// texts marks rules that are applied to texts.
func texts(ds ...Definition) []Definition {
	for i := range ds {
		ds[i].Text = true
	}
	return ds
}

func grouped(group string, lists ...[]Definition) []Definition {
	var out []Definition
	for _, l := range lists {
		for _, d := range l {
			d.Group = group
			out = append(out, d)
		}
	}
	return out
}

func varchar(name string, value func(*Values) string) column {
	return column{Column{name, "VARCHAR"}, func(v *Values) any { return value(v) }}
}

func list(name string, value func(*Values) []string) column {
	return column{Column{name, "VARCHAR"}, func(v *Values) any { return strings.Join(value(v), "|") }}
}

func integer(name string, value func(*Values) int) column {
	return column{Column{name, "INTEGER"}, func(v *Values) any { return int32(value(v)) }}
}

func boolean(name string, value func(*Values) bool) column {
	return column{Column{name, "BOOLEAN"}, func(v *Values) any { return value(v) }}
}

// limit is NULL where the rule is off.
func limit(name string, value func(*Values) Limit) column {
	return column{Column{name, "INTEGER"}, func(v *Values) any {
		if l := value(v); l > 0 {
			return int32(l)
		}
		return nil
	}}
}

func number(name, sql string, digits int, value func(*Values) Decimal) column {
	return column{Column{name, sql}, func(v *Values) any { return value(v).Fixed(digits) }}
}
