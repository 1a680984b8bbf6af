package preset

import (
	"hash/maphash"
	"strconv"
	"strings"
)

// number tells ids within a key apart: equal ones as v, v#2, v#3 …, or every
// row's as v#1, v#2 ….
func (t *boundTarget) number(c *bound, v string) string {
	var key strings.Builder
	key.WriteString(c.name)
	for _, i := range c.within {
		key.WriteByte(0)
		if i != c.index {
			key.WriteString(t.values[i])
		}
	}
	key.WriteByte(0)
	if !c.byRows {
		key.WriteString(v)
	}
	n := t.counts[key.String()] + 1
	t.counts[key.String()] = n
	if n == 1 && !c.byRows {
		return v
	}
	return v + "#" + strconv.Itoa(n)
}

var seeds = [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}

func hash(texts ...string) (out [2]uint64) {
	for i, seed := range seeds {
		var h maphash.Hash
		h.SetSeed(seed)
		for _, s := range texts {
			h.WriteString(s)
			h.WriteByte(0)
		}
		out[i] = h.Sum64()
	}
	return out
}
