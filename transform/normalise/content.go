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
// them where versions agree in all times: 64 bits of a SHA-256. It is the same
// under every privacy setting and does not let anybody who lacks the key of the
// installation guess a buyer or a text.
func (t *table) digest(n *Normaliser) int64 {
	if t.source.Mutable && !t.source.Internal {
		sum := sha256.Sum256(t.canonical(n))
		return int64(binary.BigEndian.Uint64(sum[:8]) ^ 1<<63) // as numbers with a sign order
	}
	sum := sha256.Sum256(t.compact(n))
	return int64(binary.BigEndian.Uint64(sum[:8]))
}

// compact is a key of the installation and the row's columns by name, missing
// values left out.
func (t *table) compact(n *Normaliser) []byte {
	b := n.scrap[:0]
	b = append(b, n.hasher.digestKey[:]...)
	for _, h := range t.hashed {
		c := &t.cells[h.index]
		if !c.set || c.guessed {
			continue
		}
		b = binary.LittleEndian.AppendUint16(b, h.tag)
		switch t.columns[h.index].form {
		case buyerForm:
			b = appendPart(b, n.buyer.id)
		case instantForm, dateForm, moneyForm, integerForm, boolForm:
			b = binary.LittleEndian.AppendUint64(b, uint64(c.n))
		default:
			b = appendPart(b, c.s)
		}
	}
	n.scrap = b
	return b
}

// canonical is the row's canonical JSON: keys in order, missing values left out,
// times and amounts as whole numbers of their smallest unit, the buyer's id as
// its keyed hash.
func (t *table) canonical(n *Normaliser) []byte {
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
		b = append(append(append(b, '"'), t.columns[h.index].Name...), '"', ':')
		switch t.columns[h.index].form {
		case buyerForm:
			b = appendJSON(b, n.buyer.hashed)
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
	return b
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
