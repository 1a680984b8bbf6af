package normalise

import (
	"testing"

	"kefu/extract/dataset"
)

// Two columns of a dataset that had one tag would pass for each other in digests.
func TestColumnsHaveTagsOfTheirOwn(t *testing.T) {
	for _, schema := range append(dataset.All(), dataset.Internals()...) {
		names := map[uint16]string{}
		for _, c := range hashedColumns(schema) {
			name := schema.Columns[c.index].Name
			if other, taken := names[c.tag]; taken {
				t.Errorf("%s: %s and %s have one tag", schema.Name, name, other)
			}
			names[c.tag] = name
		}
		if len(names) == 0 {
			t.Errorf("%s has no content", schema.Name)
		}
	}
}
