package trial

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"kefu/extract/dataset"
)

// shown is what may be looked at of a value: a terminal is seen by others and
// copied into messages, so buyers' ids and what people wrote are masked unless
// they are asked for.
func (s *sink) shown(c dataset.Column, v string) string {
	// An id that a preset composed of names and texts is replaced by a hash.
	if strings.HasPrefix(v, "derive:") {
		return "(derived)"
	}
	switch {
	case v == "" || s.opts.ShowIDs:
		return v
	case c.Name == "buyer_id":
		first, _ := utf8.DecodeRuneInString(v)
		return string(first) + "***"
	case c.Literal && c.Name != "title":
		return fmt.Sprintf("(%d characters)", utf8.RuneCountInString(v))
	default:
		return v
	}
}
