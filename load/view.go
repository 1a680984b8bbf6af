package load

import (
	"fmt"
	"slices"
	"strings"
)

// View is a select over tables of the publication that a warehouse shows under
// a name of its own. Its rows are not stored, so they always agree with the
// tables'.
type View struct {
	Name    string
	Comment string
	Columns []Column // all of the select's, in its order; without types
	Key     []string // columns that name a row
	// SQL is one select in words that every warehouse knows. It reads tables of
	// the publication by their plain names, and no other view.
	SQL string
}

// viewMark starts the shape of a view in etl_publication; that of a table is
// one word.
const viewMark = "view "

// IsView tells whether the entry is a view's.
func (e Entry) IsView() bool { return strings.HasPrefix(e.Shape, viewMark) }

// Shows tells whether the entry is that of the view as it is to be.
func (e Entry) Shows(v View) bool { return e.Shape == v.shape() && e.Content == v.table().words() }

// FullComment is the view's comment with the key.
func (v View) FullComment() string { return v.table().FullComment() }

func (v View) shape() string { return viewMark + fingerprint(v.SQL) }

// table has what a view has in common with tables.
func (v View) table() Table {
	columns := slices.Clone(v.Columns)
	for i := range columns {
		columns[i].Type = "ANY"
	}
	return Table{Name: v.Name, Comment: v.Comment, Columns: columns, Key: v.Key}
}

func (v View) problems(seen map[string]bool) []error {
	problems := v.table().problems(seen)
	if v.SQL == "" {
		problems = append(problems, fmt.Errorf("view %s: has no select", v.Name))
	}
	return problems
}
