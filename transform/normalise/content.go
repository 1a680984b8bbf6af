package normalise

import (
	"crypto/sha256"
	"encoding/binary"
	"strconv"

	"github.com/zeebo/xxh3"

	"kefu/extract/dataset"
)

// hashedColumn is a column that counts as content, with what stands for its
// name in the digest.
type hashedColumn struct {
	index int
	tag   uint16
}

// isContent tells the columns that make two versions of a row differ. When a row
// was exported is none of them (the version is compared before the content), nor
// is what may differ between repeats of a message.
func isContent(schema *dataset.Schema, name string) bool {
	switch name {
	case "updated_at":
		return false
	case "seq", "case_id":
		return schema.Name != chatDataset
	default:
		return true
	}
}

// hashedColumns lists the content of a dataset by name; nothing that is derived
// is among it, so that a changed rule does not change content.
func hashedColumns(schema *dataset.Schema) []hashedColumn {
	var out []hashedColumn
	for _, i := range sortedNames(schema.Columns) {
		if name := schema.Columns[i].Name; isContent(schema, name) {
			out = append(out, hashedColumn{i, uint16(xxh3.HashString(name))})
		}
	}
	return out
}

// digest is what tells the content of two rows of one key apart, and orders
// them where versions agree in all times: 64 bits of a SHA-256 where that can
// decide which row wins, else SipHash under a key of the installation. It is the
// same under every privacy setting and does not let anybody who lacks the key
// guess a buyer or a text.
func (t *table) digest(n *Normaliser, b *block) {
	t.content = b.content(t.content[:0])
	if t.source.Mutable && !t.source.Internal {
		for row := range b.rows {
			n.scrap = canonical(n.scrap[:0], t.content, row)
			sum := sha256.Sum256(n.scrap)
			b.digests[row] = int64(binary.BigEndian.Uint64(sum[:8]) ^ 1<<63) // as numbers with a sign order
		}
		return
	}
	for row := range b.rows {
		n.scrap = compact(n.scrap[:0], t.content, row)
		b.digests[row] = int64(n.hasher.digests.hash(n.scrap))
	}
}

// contentColumn is a column of the rows at hand that counts as content and has
// values.
type contentColumn struct {
	*cells
	name   string
	tag    uint16
	form   form
	number bool
}

// content appends them by name.
func (b *block) content(out []contentColumn) []contentColumn {
	for _, h := range b.hashed {
		if c := &b.columns[h.index]; c.count > 0 {
			of := &b.layout.columns[h.index]
			out = append(out, contentColumn{cells: c, name: of.Name, tag: h.tag, form: of.form, number: of.form.isNumber()})
		}
	}
	return out
}

// counts tells whether a row has a value that counts as content.
func (c *contentColumn) counts(row int) bool {
	if c.guessed != nil && c.guessed[row] {
		return false
	}
	if c.number {
		return c.there[row]
	}
	return c.texts[row] != ""
}

// compact appends the row's columns by name, missing values left out.
func compact(b []byte, columns []contentColumn, row int) []byte {
	for i := range columns {
		c := &columns[i]
		if !c.counts(row) {
			continue
		}
		b = binary.LittleEndian.AppendUint16(b, c.tag)
		switch {
		case c.number:
			b = binary.LittleEndian.AppendUint64(b, uint64(c.numbers[row]))
		case c.form == buyerForm:
			b = appendPart(b, c.who[row].id)
		default:
			b = appendPart(b, c.texts[row])
		}
	}
	return b
}

// canonical appends the row's canonical JSON: keys in order, missing values left
// out, times and amounts as whole numbers of their smallest unit, the buyer's id
// as its keyed hash.
func canonical(b []byte, columns []contentColumn, row int) []byte {
	b = append(b, '{')
	start := len(b)
	for i := range columns {
		c := &columns[i]
		if !c.counts(row) {
			continue
		}
		if len(b) > start {
			b = append(b, ',')
		}
		b = append(append(append(b, '"'), c.name...), '"', ':')
		switch {
		case c.form == boolForm:
			b = strconv.AppendBool(b, c.numbers[row] != 0)
		case c.number:
			b = strconv.AppendInt(b, c.numbers[row], 10)
		case c.form == buyerForm:
			b = appendJSON(b, c.who[row].hashed)
		default:
			b = appendJSON(b, c.texts[row])
		}
	}
	return append(b, '}')
}

const hexDigits = "0123456789abcdef"

// appendJSON appends a string as RFC 8785 writes it.
func appendJSON(b []byte, s string) []byte {
	b = append(b, '"')
	start := 0
	for i := range len(s) {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		b = append(b, s[start:i]...)
		start = i + 1
		switch c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\b':
			b = append(b, '\\', 'b')
		case '\f':
			b = append(b, '\\', 'f')
		case '\n':
			b = append(b, '\\', 'n')
		case '\r':
			b = append(b, '\\', 'r')
		case '\t':
			b = append(b, '\\', 't')
		default:
			b = append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
	}
	return append(append(b, s[start:]...), '"')
}
