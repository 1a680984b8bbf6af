package preset

import (
	"slices"

	"kefu/extract/dataset"
)

// sharing gives the rows of one thing, such as the messages of a conversation,
// the same value of a column, although each stays a record of its own.
type sharing struct {
	taken
	key     []int // places in the record's values
	values  map[[2]uint64]string
	settled bool
}

func newSharing(t *Target, schema *dataset.Schema, columns []*bound) []*sharing {
	var out []*sharing
	for _, b := range columns {
		c := t.Columns[b.name]
		if c == nil || len(c.Share) == 0 || b.index < 0 {
			continue
		}
		s := &sharing{taken: taken{b.index, b.take, b.typ, b.prefer, b.first}, values: map[[2]uint64]string{}}
		for _, name := range c.Share {
			_, i := schema.Column(name)
			s.key = append(s.key, i)
		}
		out = append(out, s)
	}
	return out
}

// keyOf is the thing that a row is of; ok is false where it does not say.
func (s *sharing) keyOf(platform, shop string, values []string) (key [2]uint64, ok bool) {
	parts := []string{platform, shop}
	for _, i := range s.key {
		if values[i] == "" {
			return key, false
		}
		parts = append(parts, values[i])
	}
	return hash(parts...), true
}

// gather takes what a row gives to the others.
func (s *sharing) gather(platform, shop string, values []string) {
	v := values[s.index]
	key, ok := s.keyOf(platform, shop, values)
	if !ok || v == "" {
		return
	}
	if have, seen := s.values[key]; !seen || s.prefers(v, have) {
		s.values[key] = v
	}
}

// share gives a row what its thing has; before the survey has ended that is
// its own.
func (s *sharing) share(platform, shop string, values []string) {
	if !s.settled {
		return
	}
	if key, ok := s.keyOf(platform, shop, values); ok {
		values[s.index] = s.values[key]
	}
}

// checkShare tells where there is nothing to share by.
func (c *checker) checkShare(at, name string, col *Column, t *Target, schema *dataset.Schema) {
	if col == nil || len(col.Share) == 0 {
		return
	}
	if into, _ := schema.Column(name); into == nil {
		c.add(at+".share", "%s cannot be shared by rows", name)
	}
	if col.Take == takeSum {
		c.add(at+".share", "rows share one value: first, last, min or max")
	}
	if slices.Contains(t.GroupBy, name) {
		c.add(at+".share", "rows are grouped by %s, so they have one value", name)
	}
	for _, by := range col.Share {
		other := t.columns(schema)[by]
		switch _, i := schema.Column(by); {
		case i < 0:
			c.add(at+".share", "dataset %s has no column %q", schema.Name, by)
		case by == name || other == nil || len(other.Share) > 0 || other.Number != nil:
			c.add(at+".share", "%s must be mapped, and neither be shared nor numbered itself", by)
		}
	}
	if col.Number != nil {
		c.add(at+".share", "excludes number")
	}
	for other, o := range t.Columns {
		if o != nil && o.Number != nil && slices.Contains(o.Number.Within, name) {
			c.add(at+".share", "%s is numbered within it, and rows are numbered before they share", other)
		}
	}
}
