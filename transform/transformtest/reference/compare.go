package reference

import (
	"fmt"
	"math"
	"math/big"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"kefu/transform/transformtest/world"
)

// Difference is one value that is not as wanted; Column is empty where a whole
// row is missing or too many.
type Difference struct {
	World, Table, Key, Column string
	Want, Got                 string
}

// String says it in one line.
func (d Difference) String() string {
	where := d.Table + " " + d.Key
	if d.World != "" {
		where = d.World + ": " + where
	}
	if d.Column != "" {
		where += " " + d.Column
	}
	return fmt.Sprintf("%s: want %s, got %s", where, d.Want, d.Got)
}

// Compare matches rows by their key columns and returns every difference in the
// columns of the wanted rows. Columns that only the got rows have are ignored;
// a wanted column that they lack is a difference. Numbers are compared by value
// (floats to a relative 1e-9), missing text equals empty text, and instants and
// dates may come as time.Time or text.
func Compare(table string, want, got []Row, keys []string) []Difference {
	var out []Difference
	wanted, found := index(want, keys), index(got, keys)
	all := map[string]bool{}
	for k := range wanted {
		all[k] = true
	}
	for k := range found {
		all[k] = true
	}
	ordered := make([]string, 0, len(all))
	for k := range all {
		ordered = append(ordered, k)
	}
	sort.Strings(ordered)
	for _, k := range ordered {
		w, g := wanted[k], found[k]
		if len(w) == 1 && len(g) == 1 {
			out = append(out, compareRow(table, k, w[0], g[0])...)
		} else {
			out = append(out, Difference{Table: table, Key: k, Want: rowCount(w), Got: rowCount(g)})
		}
	}
	return out
}

func rowCount(rows []Row) string {
	switch len(rows) {
	case 0:
		return "no row"
	case 1:
		return "a row"
	default:
		return strconv.Itoa(len(rows)) + " rows"
	}
}

func index(rows []Row, keys []string) map[string][]Row {
	out := map[string][]Row{}
	for _, r := range rows {
		parts := make([]string, len(keys))
		for i, k := range keys {
			parts[i] = Spell(r[k])
		}
		k := strings.Join(parts, "/")
		out[k] = append(out[k], r)
	}
	return out
}

func compareRow(table, key string, want, got Row) []Difference {
	var out []Difference
	columns := make([]string, 0, len(want))
	for c := range want {
		columns = append(columns, c)
	}
	slices.Sort(columns)
	for _, c := range columns {
		g, ok := got[c]
		switch {
		case !ok:
			out = append(out, Difference{Table: table, Key: key, Column: c, Want: Spell(want[c]), Got: "no such column"})
		case !same(want[c], g):
			out = append(out, Difference{Table: table, Key: key, Column: c, Want: Spell(want[c]), Got: Spell(g)})
		}
	}
	return out
}

func same(want, got any) bool {
	a, aIsNumber := number(want)
	b, bIsNumber := number(got)
	if aIsNumber && bIsNumber {
		if a.Cmp(b) == 0 {
			return true
		}
		if !isFloat(want) && !isFloat(got) {
			return false
		}
		x, _ := a.Float64()
		y, _ := b.Float64()
		return math.Abs(x-y) <= 1e-9*max(math.Abs(x), math.Abs(y))
	}
	return Spell(want) == Spell(got)
}

func isFloat(v any) bool {
	switch v.(type) {
	case float64, float32:
		return true
	}
	return false
}

// number reads what engines return for counts, decimals and floats.
func number(v any) (*big.Rat, bool) {
	switch v := v.(type) {
	case nil, bool, string, time.Time, world.Date:
		return nil, false
	case *big.Rat:
		return v, true
	case *big.Int:
		return new(big.Rat).SetInt(v), true
	case float64:
		r := new(big.Rat).SetFloat64(v)
		return r, r != nil
	default: // integers of all widths, decimals that print themselves
		return new(big.Rat).SetString(fmt.Sprint(v))
	}
}

// Spell writes a value for people and for keys: dates as 2026-01-05, instants in
// UTC, decimals without trailing zeros, NULL for a missing value.
func Spell(v any) string {
	switch v := v.(type) {
	case nil:
		return "NULL"
	case string:
		if v == "" {
			return "NULL"
		}
		return v
	case world.Date:
		return v.String()
	case time.Time:
		if v.UTC().Truncate(24 * time.Hour).Equal(v) {
			return v.UTC().Format(time.DateOnly)
		}
		return v.UTC().Format("2006-01-02T15:04:05.999999")
	case *big.Rat:
		return strings.TrimSuffix(strings.TrimRight(v.FloatString(6), "0"), ".")
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	default:
		return fmt.Sprint(v)
	}
}

// Shows tells whether a value is what a text such as 12.5, 1/2, NULL, true or
// a name says.
func Shows(v any, text string) bool {
	n, isNumber := number(v)
	if !isNumber {
		return Spell(v) == text
	}
	want, ok := new(big.Rat).SetString(text)
	if !ok {
		return false
	}
	if isFloat(v) {
		f, _ := want.Float64()
		g, _ := n.Float64()
		return math.Abs(f-g) <= 1e-9*max(math.Abs(f), math.Abs(g))
	}
	return n.Cmp(want) == 0
}
