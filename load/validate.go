package load

import (
	"errors"
	"fmt"
	"slices"
)

// Validate reports everything that is wrong with a publication: names that are
// missing or occur twice, keys and partitions that are no columns.
func (p Publication) Validate() error {
	var problems []error
	if p.ID == "" {
		problems = append(problems, errors.New("the publication has no id"))
	}
	seen := map[string]bool{}
	for _, change := range p.Tables {
		problems = append(problems, change.Table.problems(seen)...)
		problems = append(problems, change.problems()...)
	}
	for _, view := range p.Views {
		problems = append(problems, view.problems(seen)...)
	}
	for _, inline := range p.Inline {
		problems = append(problems, inline.Table.problems(seen)...)
		for i, row := range inline.Rows {
			if len(row) != len(inline.Table.Columns) {
				problems = append(problems, fmt.Errorf("table %s: row %d has %d values for %d columns",
					inline.Table.Name, i+1, len(row), len(inline.Table.Columns)))
			}
		}
	}
	return errors.Join(problems...)
}

func (t Table) problems(seen map[string]bool) []error {
	var problems []error
	add := func(format string, args ...any) {
		problems = append(problems, fmt.Errorf("table %s: "+format, append([]any{t.Name}, args...)...))
	}
	switch {
	case t.Name == "":
		return []error{errors.New("a table has no name")}
	case seen[t.Name]:
		add("occurs twice")
	case len(t.Columns) == 0:
		add("has no columns")
	}
	seen[t.Name] = true
	names := make([]string, 0, len(t.Columns))
	for _, column := range t.Columns {
		switch {
		case column.Name == "" || column.Type == "":
			add("a column lacks its name or type")
		case slices.Contains(names, column.Name):
			add("column %s occurs twice", column.Name)
		}
		names = append(names, column.Name)
	}
	for _, key := range t.Key {
		if !slices.Contains(names, key) {
			add("key column %s is not one of its columns", key)
		}
	}
	return problems
}

func (c Change) problems() []error {
	var problems []error
	values := make([]string, 0, len(c.Changed)+len(c.Removed))
	for _, partition := range c.Changed {
		values = append(values, partition.Value)
	}
	values = append(values, c.Removed...)
	if len(values) > 0 && c.Table.PartitionColumn == "" {
		problems = append(problems, fmt.Errorf("table %s: has changed partitions, but no partition column", c.Table.Name))
	}
	for i, value := range values {
		if slices.Contains(values[:i], value) {
			problems = append(problems, fmt.Errorf("table %s: partition %q occurs twice", c.Table.Name, value))
		}
		if value == "" {
			continue
		}
		if _, _, err := MonthBounds(value); err != nil {
			problems = append(problems, fmt.Errorf("table %s: %w", c.Table.Name, err))
		}
	}
	return problems
}
