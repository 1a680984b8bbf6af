package main

import (
	"context"
	"database/sql"
	"slices"
	"strings"
	"testing"
)

// queryer is a database, or a transaction in one.
type queryer interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// texts returns the only column of a query's result.
func texts(ctx context.Context, db queryer, query string, args ...any) ([]string, error) {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := []string{}
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return nil, err
		}
		out = append(out, text)
	}
	return out, rows.Err()
}

// difference lists rows that only one side has, by table, at most three a side.
func difference(want, got publishedTables) []string {
	var out []string
	for _, name := range keysOf(want, got) {
		missing, extra := subtractRows(want[name], got[name]), subtractRows(got[name], want[name])
		if _, ok := got[name]; !ok {
			out = append(out, name+": there is no such table")
			continue
		}
		for _, row := range missing[:min(3, len(missing))] {
			out = append(out, name+" lacks "+telling(row))
		}
		for _, row := range extra[:min(3, len(extra))] {
			out = append(out, name+" has   "+telling(row))
		}
	}
	return out
}

// telling leaves out of a row what is nought or missing.
func telling(row string) string {
	var out []string
	for _, cell := range strings.Split(strings.Trim(row, "{}"), ", ") {
		_, value, _ := strings.Cut(cell, ": ")
		if strings.Trim(value, "0.") != "" && value != "NULL" && value != "false" {
			out = append(out, cell)
		}
	}
	return strings.Join(out, ", ")
}

func keysOf(maps ...publishedTables) []string {
	var out []string
	for _, m := range maps {
		for name := range m {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// subtractRows returns the rows of a that b lacks, counting repetitions.
func subtractRows(a, b []string) []string {
	counts := map[string]int{}
	for _, row := range b {
		counts[row]++
	}
	var out []string
	for _, row := range a {
		if counts[row]--; counts[row] < 0 {
			out = append(out, row)
		}
	}
	return out
}

// sameTables fails the test where two states of published tables differ.
func sameTables(t *testing.T, what string, want, got publishedTables) {
	t.Helper()
	for _, line := range difference(want, got) {
		t.Errorf("%s: %s", what, line)
	}
}

// mustHaveRows fails the test when a table that it is about is empty: equal
// empty tables prove nothing.
func mustHaveRows(t *testing.T, tables publishedTables, names ...string) {
	t.Helper()
	for _, name := range names {
		if len(tables[name]) == 0 {
			t.Errorf("%s is empty", name)
		}
	}
}
