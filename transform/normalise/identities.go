package normalise

import (
	"strings"

	"github.com/zeebo/xxh3"
)

const (
	identityGeneration = 1 << 16
	nearIdentities     = 1 << 12
)

// identities remembers the identities met last. Two generations bound it: when
// the young one is full, the old one is forgotten.
type identities struct {
	hasher     *hasher
	make       func(h *hasher, raw string) identity
	young, old generation
	near       [nearIdentities]metIdentity // of those in conversations at the moment
}

// metIdentity is an identity, or none, and the hash of how it is written, which
// tells most others from it without a look at them.
type metIdentity struct {
	hash uint64
	who  *identity
}

func newIdentities(h *hasher, mk func(*hasher, string) identity) *identities {
	return &identities{hasher: h, make: mk}
}

// get returns the identity of an id as written; one with an empty id is missing.
func (c *identities) get(raw string) *identity {
	hash := xxh3.HashString(raw)
	near := &c.near[hash%nearIdentities]
	if !near.is(hash, raw) {
		*near = metIdentity{hash, c.find(hash, raw)}
	}
	return near.who
}

func (m *metIdentity) is(hash uint64, raw string) bool {
	return m.hash == hash && m.who != nil && m.who.raw == raw
}

func (c *identities) find(hash uint64, raw string) *identity {
	if who := c.young.find(hash, raw); who != nil {
		return who
	}
	who := c.old.find(hash, raw)
	if who == nil {
		raw = strings.Clone(raw)
		made := c.make(c.hasher, raw)
		made.raw = raw
		who = &made
	}
	if c.young.used >= identityGeneration {
		c.old, c.young = c.young, c.old
		c.young.forget()
	}
	c.young.add(metIdentity{hash, who})
	return who
}

// generation is an open table of identities.
type generation struct {
	slots []metIdentity
	used  int
}

func (g *generation) find(hash uint64, raw string) *identity {
	if g.used == 0 {
		return nil
	}
	mask := uint64(len(g.slots) - 1)
	for i := hash & mask; g.slots[i].who != nil; i = (i + 1) & mask {
		if g.slots[i].is(hash, raw) {
			return g.slots[i].who
		}
	}
	return nil
}

// add enters an identity that is not there.
func (g *generation) add(m metIdentity) {
	if g.used*2 >= len(g.slots) {
		g.grow()
	}
	g.used++
	g.put(m)
}

func (g *generation) put(m metIdentity) {
	mask := uint64(len(g.slots) - 1)
	i := m.hash & mask
	for g.slots[i].who != nil {
		i = (i + 1) & mask
	}
	g.slots[i] = m
}

func (g *generation) grow() {
	old := g.slots
	g.slots = make([]metIdentity, max(1<<6, 2*len(old)))
	for _, m := range old {
		if m.who != nil {
			g.put(m)
		}
	}
}

func (g *generation) forget() {
	clear(g.slots)
	g.used = 0
}
