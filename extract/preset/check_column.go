package preset

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"kefu/extract/dataset"
)

func (c *checker) column(at, name string, col *Column, schema *dataset.Schema) {
	if !known(schema, name) {
		c.add(at, "dataset %s has no column %q", schema.Name, name)
		return
	}
	if col == nil || (len(col.sources()) == 0 && len(col.Cases) == 0 && col.Value == nil && col.Prorate == nil) {
		c.add(at, "says not where the value comes from: from, concat, multiply, cases or value")
		return
	}
	c.origin(at, col)
	if col.Pattern != "" {
		c.regexp(at+".pattern", col.Pattern, 1)
	}
	if col.Value != nil {
		c.value(at+".value", name, *col.Value, schema)
	}
	for i, k := range col.Cases {
		here := fmt.Sprintf("%s.cases[%d]", at, i)
		c.when(here+".when", k.When)
		switch {
		case k.Value == nil && len(k.From) == 0:
			c.add(here, "has neither value nor from")
		case k.Value != nil && !col.Collect:
			c.value(here+".value", name, *k.Value, schema)
		}
	}
	for _, from := range slices.Sorted(maps.Keys(col.Map)) {
		c.value(at+".map", name, col.Map[from], schema)
		if _, err := compileMatch(from); err != nil {
			c.add(at+".map", "key %q: %v", from, err)
		}
	}
	if col.Else != nil && *col.Else != "reject" && *col.Else != "keep" {
		c.value(at+".else", name, *col.Else, schema)
	}
	c.units(at, name, col, schema)
	if col.Number != nil {
		for _, within := range col.Number.Within {
			if _, i := schema.Column(within); i < 0 {
				c.add(at+".number", "dataset %s has no column %q", schema.Name, within)
			}
		}
		if n := col.Number.Count; n != "" && n != countRepeats && n != countRows {
			c.add(at+".number.count", "%q is not one of %s, %s", n, countRepeats, countRows)
		}
	}
}

// origin tells contradictions in where a value comes from.
func (c *checker) origin(at string, col *Column) {
	named := 0
	for _, n := range []int{len(col.From), len(col.Concat), len(col.Multiply)} {
		if n > 0 {
			named++
		}
	}
	if named > 1 {
		c.add(at, "from, concat and multiply exclude each other")
	}
	if len(col.Concat) == 1 {
		c.add(at+".concat", "name two columns at least")
	}
	if len(col.Multiply) == 1 {
		c.add(at+".multiply", "name two columns at least, or use factor")
	}
	if col.Separator != nil && len(col.Concat) == 0 {
		c.add(at+".separator", "goes with concat")
	}
	if col.Collect && len(col.Cases) == 0 {
		c.add(at+".collect", "goes with cases")
	}
	if col.Verbatim && (len(col.Concat) > 0 || len(col.Multiply) > 0 || col.Pattern != "" || col.Map != nil) {
		c.add(at+".verbatim", "a value kept as it stands has no concat, multiply, pattern or map")
	}
}

// units tells units, factors and forms of times that the column's type has not.
func (c *checker) units(at, name string, col *Column, schema *dataset.Schema) {
	typ := dataset.String
	if into, _ := schema.Column(name); into != nil {
		typ = into.Type
	}
	numeric := typ == dataset.Money || typ == dataset.Integer || typ == dataset.Long
	temporal := typ == dataset.Instant || typ == dataset.Date
	_, epoch := epochs[col.Unit]
	switch {
	case col.Unit == "":
	case temporal && !epoch:
		c.add(at+".unit", "%q is not one of seconds, milliseconds, microseconds", col.Unit)
	case !temporal && !slices.Contains([]string{"yuan", "fen", "wan", "percent"}, col.Unit):
		c.add(at+".unit", "%q is not one of yuan, fen, wan, percent", col.Unit)
	}
	if col.Factor != "" {
		if _, ok := parseDecimal(string(col.Factor)); !ok {
			c.add(at+".factor", "%q is no number with at most %d decimals", string(col.Factor), maxScale)
		}
	}
	if col.Round != nil && (*col.Round < 0 || *col.Round > maxScale) {
		c.add(at+".round", "%d is not between 0 and %d", *col.Round, maxScale)
	}
	for _, use := range []struct {
		key  string
		used bool
		fits bool
		what string
	}{
		{"factor", col.Factor != "", numeric, "numbers"}, {"round", col.Round != nil, numeric, "numbers"},
		{"multiply", len(col.Multiply) > 0, numeric, "numbers"}, {"times", len(col.Times) > 0, temporal, "times"},
		{"timezone", col.Timezone != "", typ == dataset.Instant, "times"}, {"plus", col.Plus != nil, typ == dataset.Instant, "times"},
	} {
		if use.used && !use.fits {
			c.add(at+"."+use.key, "is for %s, and %s is none", use.what, name)
		}
	}
	for _, l := range col.Times {
		if err := checkLayout(l); err != nil {
			c.add(at+".times", "%q is no form of a time: %v", l, err)
		}
	}
	c.zone(at+".timezone", col.Timezone)
	if col.Plus == nil {
		return
	}
	if len(col.Plus.From) == 0 {
		c.add(at+".plus", "says not which column is added")
	}
	if _, ok := lengthUnits[col.Plus.Unit]; !ok {
		c.add(at+".plus.unit", "%q is not one of milliseconds, seconds, minutes, hours, days", col.Plus.Unit)
	}
}

// checkTake tells where there are no rows to take of, or nothing to add up.
func (c *checker) checkTake(at, name string, col *Column, t *Target, schema *dataset.Schema) {
	if col == nil {
		return
	}
	for _, v := range col.Prefer {
		c.value(at+".prefer", name, v, schema)
	}
	if len(col.Prefer) > 0 && (col.Take != "" || len(t.GroupBy) == 0) {
		c.add(at+".prefer", "goes with group_by, and without take")
	}
	if col.Take == "" {
		return
	}
	if !slices.Contains(takes, col.Take) {
		c.add(at+".take", "%q is not one of %s", col.Take, strings.Join(takes, ", "))
	}
	into, _ := schema.Column(name)
	switch {
	case len(t.GroupBy) == 0 && len(col.Share) == 0:
		c.add(at+".take", "needs group_by, which says whose rows are taken together")
	case slices.Contains(t.GroupBy, name):
		c.add(at+".take", "rows are grouped by %s, so they have one value", name)
	case into == nil:
		c.add(at+".take", "%s cannot be taken of several rows", name)
	case col.Take == takeSum && into.Type != dataset.Money && into.Type != dataset.Integer && into.Type != dataset.Long:
		c.add(at+".take", "sum is for numbers, and %s is none", name)
	}
}

func (c *checker) zone(at, name string) {
	if name == "" {
		return
	}
	if _, err := time.LoadLocation(name); err != nil || name == "Local" {
		c.add(at, "%q is no time zone such as Asia/Shanghai or Europe/London", name)
	}
}
