package load

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// StateTable describes etl_publication, by which a warehouse says what it
// holds. Readers may use it too: it names the publication behind the numbers.
func StateTable() Table {
	return Table{
		Name: "etl_publication", Comment: "What this warehouse holds: one row per table, with the lake's snapshot it was loaded from.", Key: []string{"table_name"},
		Columns: []Column{
			{Name: "table_name", Type: "VARCHAR", Comment: "table"},
			{Name: "publication_id", Type: "VARCHAR", Comment: "publication that the whole warehouse shows"},
			{Name: "loaded_at", Type: "TIMESTAMP", Comment: "time of the load, UTC"},
			{Name: "snapshot_id", Type: "BIGINT", Comment: "snapshot of the lake's table; NULL for tables that come as rows and for views"},
			{Name: "shape", Type: "VARCHAR", Comment: "fingerprint of the columns and their types, or of the view's select"},
			{Name: "content", Type: "VARCHAR", Comment: "fingerprint of comments, and of the rows where the table came as rows"},
			{Name: "key_columns", Type: "VARCHAR", Comment: "columns that name a row, joined by |"},
			{Name: "partition_column", Type: "VARCHAR", Comment: "date by whose month the table is replaced"},
		},
	}
}

// StateQuery selects the content of etl_publication as Scan takes it.
const StateQuery = "select table_name, publication_id, loaded_at, coalesce(snapshot_id, 0), shape, content from "

// State is the content of etl_publication, by table; nil where nothing was
// loaded yet.
type State map[string]Entry

// Entry says what a warehouse holds of one table.
type Entry struct {
	Publication string
	LoadedAt    time.Time
	Snapshot    int64 // 0 = unknown
	Shape       string
	Content     string
}

// Scan adds a row of StateQuery.
func (s State) Scan(scan func(...any) error) error {
	var name string
	var e Entry
	if err := scan(&name, &e.Publication, &e.LoadedAt, &e.Snapshot, &e.Shape, &e.Content); err != nil {
		return fmt.Errorf("read what the warehouse holds: %w", err)
	}
	s[name] = e
	return nil
}

// Exists tells whether anything was loaded.
func (s State) Exists() bool { return s != nil }

// Held is the state as a warehouse's Held returns it.
func (s State) Held() Held {
	own, ok := s[StateTable().Name]
	if !ok {
		return Held{}
	}
	held := Held{Publication: own.Publication, LoadedAt: own.LoadedAt, Snapshots: map[string]int64{}}
	for name, entry := range s {
		if entry.Snapshot != 0 {
			held.Snapshots[name] = entry.Snapshot
		}
	}
	return held
}

// State is etl_publication after a load of the publication at that time.
func (p Publication) State(now time.Time) Inline {
	now = now.UTC().Truncate(time.Microsecond)
	inline := Inline{Table: StateTable()}
	add := func(table Table, snapshot any, content string) {
		inline.Rows = append(inline.Rows, []any{
			table.Name, p.ID, now, snapshot, table.Shape(), content,
			strings.Join(table.Key, "|"), table.PartitionColumn,
		})
	}
	for _, change := range p.Tables {
		add(change.Table, change.Snapshot, change.Table.words())
	}
	for _, view := range p.Views {
		inline.Rows = append(inline.Rows, []any{
			view.Name, p.ID, now, nil, view.shape(), view.table().words(), strings.Join(view.Key, "|"), "",
		})
	}
	for _, table := range p.Inline {
		add(table.Table, nil, table.content())
	}
	add(inline.Table, nil, "")
	return inline
}

// FullComment is the table's comment with the key.
func (t Table) FullComment() string {
	if len(t.Key) == 0 {
		return t.Comment
	}
	return strings.TrimSpace(t.Comment + " Key: " + strings.Join(t.Key, ", ") + ".")
}

// Shape is different when the table has to be made anew.
func (t Table) Shape() string {
	columns := make([]string, len(t.Columns))
	for i, column := range t.Columns {
		columns[i] = column.Name + " " + column.Type
	}
	return fingerprint(columns)
}

// words is different when the comments have to be set again.
func (t Table) words() string {
	words := []string{t.FullComment()}
	for _, column := range t.Columns {
		words = append(words, column.Name, column.Comment)
	}
	return fingerprint(words)
}

// content is different when the rows or the comments are.
func (i Inline) content() string {
	return fingerprint(struct {
		Comments string
		Rows     [][]any
	}{i.Table.words(), i.Rows})
}

func fingerprint(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		text = fmt.Appendf(nil, "%v", v)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:16])
}
