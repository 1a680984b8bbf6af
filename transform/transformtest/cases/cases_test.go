package cases

import (
	"testing"

	"kefu/transform/transformtest/reference"
)

// The reference fulfils every worked example.
func TestExamples(t *testing.T) {
	list, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	if len(list) == 0 {
		t.Fatal("no examples")
	}
	for _, c := range list {
		t.Run(c.Name, func(t *testing.T) {
			for _, d := range c.Check(reference.Compute(c.World)) {
				t.Error(d)
			}
		})
	}
}
