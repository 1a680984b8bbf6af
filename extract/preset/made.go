package preset

import (
	"slices"
	"strconv"
	"strings"

	"kefu/extract/dataset"
)

// read takes what the column is made of from the row.
func (m *Mapper) read(c *bound, slots []int, made bool, row *Row) (v string, kind Kind, slot int, fault *Fault) {
	switch {
	case made && c.concat != nil:
		v, fault = m.concat(c, row)
		return v, Text, noSlot, fault
	case made:
		v, fault = m.multiply(c, row)
		return v, Text, noSlot, fault
	}
	v, kind, slot = m.pick(slots, row, c.literal)
	if v != "" && c.typ == dataset.String && (kind == Lossy || (!c.literal && lostDigits(v, kind))) {
		fault = m.lossy(slot)
	}
	return v, kind, slot, fault
}

// finish applies the value map and the column's type.
func (m *Mapper) finish(c *bound, v string, kind Kind, slot int, row *Row) (string, *Fault) {
	column := c.name
	if slot != noSlot {
		column = m.header.name(slot)
	}
	var fault *Fault
	if c.mapped {
		v, fault = c.lookUp(v, column, func(s string) string { return c.convert(s, kind, &m.info) })
	} else {
		v = c.convert(v, kind, &m.info)
	}
	if fault == nil && c.zone != nil && v != "" {
		v, fault = c.instant(v, column)
	}
	if fault == nil && c.plus != nil {
		by, _, at := m.pick(c.plus, row, false)
		if at != noSlot {
			column = m.header.name(at)
		}
		v, fault = later(v, by, column, c.plusUnit)
	}
	return v, fault
}

// concat puts the columns' cells together; where all are empty there is none.
func (m *Mapper) concat(c *bound, row *Row) (string, *Fault) {
	all, any := make([]string, 0, 4), false
	for _, slots := range c.concat {
		v, kind, slot := m.pick(slots, row, c.literal)
		if v != "" && c.typ == dataset.String && (kind == Lossy || (!c.literal && lostDigits(v, kind))) {
			return "", m.lossy(slot)
		}
		all, any = append(all, v), any || v != ""
	}
	if !any {
		return "", nil
	}
	return strings.TrimSpace(strings.Join(all, c.between)), nil
}

// multiply multiplies the columns' cells; where one is empty there is none.
func (m *Mapper) multiply(c *bound, row *Row) (string, *Fault) {
	product := decimal{n: 1}
	for _, slots := range c.multiply {
		v, _, slot := m.pick(slots, row, false)
		if v == "" {
			return "", nil
		}
		each, ok := parseDecimal(moneyText(v, false))
		if !ok {
			return "", &Fault{Column: m.header.name(slot), Reason: "not a number", Hint: "correct the cell"}
		}
		if product, ok = product.times(each); !ok {
			return "", &Fault{Column: m.header.name(slot), Reason: "number out of range", Hint: "correct the cell"}
		}
	}
	return product.text(), nil
}

func (m *Mapper) lossy(slot int) *Fault {
	return &Fault{
		Column: m.header.name(slot),
		Reason: "an id of more than 15 digits stands as a number, its last digits are lost",
		Hint:   "format the column as text before saving, or use the file as the platform exported it",
	}
}

func (m *Mapper) collect(c *bound, row *Row) string {
	var out []string
	for i := range c.cases {
		k := &c.cases[i]
		if !m.holds(k.when, row) {
			continue
		}
		v := k.value
		if k.slots != nil {
			v, _, _ = m.pick(k.slots, row, c.literal)
		}
		if v != "" && !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	return strings.Join(out, "|")
}

// lookUp applies the value map. What it does not name is converted like any
// other value where the column has no fixed list, kept where it is of that
// list, else rejected.
func (c *bound) lookUp(v, column string, convert func(string) string) (string, *Fault) {
	if to, ok := c.exact[v]; ok {
		return to, nil
	}
	for _, s := range c.starts {
		if strings.HasPrefix(v, s.prefix) {
			return s.value, nil
		}
	}
	for _, p := range c.matches {
		if p.re.MatchString(v) {
			return p.value, nil
		}
	}
	switch {
	case slices.Contains(c.enum, v):
		return v, nil
	case c.other != nil && *c.other == "keep", c.other == nil && (c.open || c.enum == nil):
		return convert(v), nil
	case c.other == nil || *c.other == "reject":
		return "", &Fault{
			Column: column,
			Reason: "unknown value " + strconv.Quote(shorten(v)) + " for " + c.name,
			Hint:   "add it to the value map of the preset",
		}
	default:
		return *c.other, nil
	}
}
