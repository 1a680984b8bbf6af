package normalise

import (
	"strings"

	"kefu/extract/dataset"
)

// typing is one column of the rows at hand on its way from text to typed values.
type typing struct {
	*block
	column *column
	out    *cells
	values []string // from the first row's on
}

// parse types the values of a block's rows, which stand row after row. Of a row
// whose value cannot be used no further column is looked at.
func (t *typist) parse(b *block, values []string) {
	for i := range b.width {
		c := &b.layout.columns[i]
		y := typing{block: b, column: c, out: &b.columns[i], values: values[i:]}
		switch c.form {
		case literalForm:
			y.literals()
		case idForm:
			y.ids()
		case buyerForm:
			y.people(t.buyers)
		case agentForm:
			y.people(t.agents)
		case enumForm:
			y.enums()
		case listForm:
			y.lists()
		case instantForm:
			y.numbers(b.shop.clock.parseInstant, timeHint)
		case dateForm:
			y.numbers(parseDate, dateHint)
		case moneyForm:
			y.numbers(amounts(c.Signed), "write yuan such as 12.30, without separators or unit")
		case integerForm:
			y.numbers(integers(c.Type), "write a whole number")
		case boolForm:
			y.numbers(parseFlag, "write true or false")
		default:
			y.texts()
		}
	}
}

// value returns a row's value as it came, or "" where the row has a fault.
func (y *typing) value(row int) string {
	if v := y.values[row*y.width]; v == "" || y.faults[row] == nil {
		return v
	}
	return ""
}

// trimmed is value without blanks around it, and without the word for none.
func (y *typing) trimmed(row int) string { return cellText(y.value(row)) }

// refuse notes why a row's value cannot be used.
func (y *typing) refuse(row int, reason, hint string) {
	y.blame(row, problem{y.column.Name, reason, hint})
}

func (y *typing) numbers(parse func(string) (int64, string), hint string) {
	for row := range y.rows {
		v := y.trimmed(row)
		if v == "" {
			continue
		}
		n, reason := parse(v)
		if reason != "" {
			y.refuse(row, reason, hint)
			continue
		}
		y.out.numbers[row], y.out.there[row] = n, true
		y.out.count++
	}
}

// literals are texts as they are.
func (y *typing) literals() {
	for row := range y.rows {
		if v := y.value(row); v != "" {
			y.out.texts[row] = storable(v)
			y.out.count++
		}
	}
}

func (y *typing) texts() {
	for row := range y.rows {
		if v := y.trimmed(row); v != "" {
			y.out.texts[row] = storable(v)
			y.out.count++
		}
	}
}

// ids types ids; those that a preset composed stay as they are until the rows are
// identified.
func (y *typing) ids() {
	for row := range y.rows {
		v := y.value(row)
		if v == "" {
			continue
		}
		if !strings.HasPrefix(v, derivePrefix) {
			var why string
			if v, why = cleanID(v); why != "" {
				y.refuse(row, why, idHint)
				continue
			}
		}
		if v != "" {
			y.out.texts[row] = v
			y.out.count++
		}
	}
}

// people types the ids of buyers or accounts.
func (y *typing) people(known *identities) {
	for row := range y.rows {
		v := y.value(row)
		if v == "" {
			continue
		}
		switch e := known.get(v); {
		case e.why != "":
			y.refuse(row, e.why, idHint)
		case e.id != "":
			y.out.setWho(row, e.text(y.column.form), e)
		}
	}
}

// enums keeps listed values; of an open column any other is marked as strange and
// stays as written until the rest of the row is derived.
func (y *typing) enums() {
	for row := range y.rows {
		v := y.trimmed(row)
		if v == "" {
			continue
		}
		if listed := y.column.listed(v); listed != "" {
			v = listed
		} else if y.column.Open {
			v = storable(v)
			y.mark(&y.out.strange, row)
		} else {
			y.refuse(row, "value outside its list", "one of "+strings.Join(y.column.Enum, ", "))
			continue
		}
		y.out.texts[row] = v
		y.out.count++
	}
}

// listed returns the listed value that is the same, or "".
func (c *column) listed(v string) string {
	for _, allowed := range c.Enum {
		if v == allowed {
			return allowed
		}
	}
	return ""
}

func (y *typing) lists() {
	for row := range y.rows {
		v := y.trimmed(row)
		if v == "" {
			continue
		}
		joined, reason := parseList(storable(v))
		if reason != "" {
			y.refuse(row, reason, `write a JSON array of texts or a|b|c`)
			continue
		}
		if joined != "" {
			y.out.texts[row] = joined
			y.out.count++
		}
	}
}

// amounts reads yuan as hundredths.
func amounts(signed bool) func(string) (int64, string) {
	if signed {
		return parseSigned
	}
	return parseMoney
}

// integers reads whole numbers that fit their type.
func integers(typ dataset.Type) func(string) (int64, string) {
	if typ == dataset.Integer {
		return parseSmall
	}
	return parseInteger
}
