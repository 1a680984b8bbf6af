// Package loadtest owns the tests that every warehouse must pass.
package loadtest

import (
	"context"
	"database/sql"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kefu/load"
)

// Harness gives the tests an empty warehouse and eyes to look into it.
type Harness struct {
	// New returns an empty warehouse. What it needs lives until t ends.
	New func(t *testing.T) load.Warehouse
	// Reader opens the warehouse as a BI tool would, seeing the state of now.
	Reader func(t *testing.T, warehouse load.Warehouse) *sql.DB
}

// Run runs all tests of the contract.
func Run(t *testing.T, harness Harness) {
	tests := map[string]func(*testing.T, *fixture){
		"an empty warehouse holds nothing":                   testEmpty,
		"a first load shows tables, types and nulls":         testFirst,
		"loading the same publication again changes nothing": testAgain,
		"changed partitions are replaced, others stay":       testPartial,
		"changes against an unknown base are not trusted":    testUnknownBase,
		"an unknown snapshot is read whole":                  testUnknownSnapshot,
		"a table of hidden partitions is replaced whole":     testHiddenPartition,
		"columns come, go and change their type":             testEvolution,
		"values of every type keep their value":              testValues,
		"rows given as Go values keep their value":           testInlineValues,
		"rows without a date may come later":                 testLateNull,
		"texts sort by their bytes":                          testTextOrder,
		"tables that are not published any more disappear":   testDropped,
		"tables that come as rows are replaced whole":        testInline,
		"views show what the tables hold":                    testViews,
		"a failed load leaves what was there":                testFailed,
		"a cancelled load leaves what was there":             testCancelled,
		"an invalid publication is refused":                  testInvalid,
		"loads wait for each other":                          testConcurrent,
		"readers see whole publications only":                testWholeStates,
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			warehouse := harness.New(t)
			t.Cleanup(func() {
				if err := warehouse.Close(); err != nil {
					t.Errorf("close: %v", err)
				}
			})
			test(t, &fixture{Harness: harness, warehouse: warehouse, folder: t.TempDir()})
		})
	}
}

// fixture is one warehouse under test and the lake it is loaded from.
type fixture struct {
	Harness
	warehouse load.Warehouse
	folder    string
	files     int
}

func (f *fixture) load(t *testing.T, publication load.Publication) load.Result {
	t.Helper()
	result, err := f.warehouse.Load(t.Context(), publication)
	if err != nil {
		t.Fatalf("load %s: %v", publication.ID, err)
	}
	return result
}

func (f *fixture) held(t *testing.T) load.Held {
	t.Helper()
	held, err := f.warehouse.Held(context.WithoutCancel(t.Context()))
	if err != nil {
		t.Fatalf("held: %v", err)
	}
	return held
}

// expect compares the result of a query, cells joined by a space and rows by a
// line break.
func (f *fixture) expect(t *testing.T, query, want string) {
	t.Helper()
	db := f.Reader(t, f.warehouse)
	defer db.Close()
	got, err := cells(t.Context(), db, query)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	want = strings.TrimSpace(strings.ReplaceAll(want, "\n\t\t", "\n"))
	if got != want {
		t.Errorf("%s\ngot:\n%s\nwant:\n%s", query, got, want)
	}
}

func cells(ctx context.Context, db *sql.DB, query string) (string, error) {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return "", err
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		return "", err
	}
	var lines []string
	for rows.Next() {
		values, targets := make([]sql.NullString, len(names)), make([]any, len(names))
		for i := range values {
			targets[i] = &values[i]
		}
		if err := rows.Scan(targets...); err != nil {
			return "", err
		}
		texts := make([]string, len(values))
		for i, value := range values {
			texts[i] = "NULL"
			if value.Valid {
				texts[i] = value.String
			}
		}
		lines = append(lines, strings.Join(texts, " "))
	}
	return strings.Join(lines, "\n"), rows.Err()
}

func (f *fixture) path() string {
	f.files++
	return filepath.Join(f.folder, "data-"+strings.Repeat("x", f.files)+".parquet")
}

func day(s string) *int32 {
	at, err := time.Parse("2006-01-02", s)
	if err != nil {
		return nil
	}
	n := int32(at.Unix() / 86400) //nolint:gosec // days of this century
	return &n
}
