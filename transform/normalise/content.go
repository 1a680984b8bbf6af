package normalise

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"

	"kefu/extract/dataset"
)

// hashedColumn is a column that counts as content, with its JSON key.
type hashedColumn struct {
	index int
	key   string
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
			out = append(out, hashedColumn{i, `"` + name + `":`})
		}
	}
	return out
}

// contentHash is the SHA-256 of the row's canonical JSON: keys in order, missing
// values left out, times and amounts as whole numbers of their smallest unit,
// the buyer's id and the text as their keyed hashes. It is the same under every
// privacy setting and does not let anybody guess what it covers.
func (t *table) contentHash(n *Normaliser) (sum [2 * sha256.Size]byte) {
	b := n.scrap[:0]
	b = append(b, '{')
	for _, h := range t.hashed {
		c := &t.cells[h.index]
		if !c.set || c.guessed {
			continue
		}
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = append(b, h.key...)
		switch col := &t.columns[h.index]; col.form {
		case buyerForm:
			b = appendJSON(b, n.buyer.hashed)
		case enumForm:
			if c.n == 0 { // listed: needs no escapes
				b = append(append(append(b, '"'), c.s...), '"')
			} else {
				b = appendJSON(b, c.s)
			}
		case literalForm:
			if col.Name == "text" {
				b = append(append(append(b, '"'), n.hasher.text(c.s)...), '"')
			} else {
				b = appendJSON(b, c.s)
			}
		case instantForm, dateForm, moneyForm, integerForm:
			b = strconv.AppendInt(b, c.n, 10)
		case boolForm:
			b = strconv.AppendBool(b, c.n != 0)
		default:
			b = appendJSON(b, c.s)
		}
	}
	b = append(b, '}')
	n.scrap = b
	digest := sha256.Sum256(b)
	hex.Encode(sum[:], digest[:])
	return sum
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
