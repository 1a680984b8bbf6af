package transformtest

import (
	"testing"

	"kefu/transform/transformtest/cases"
	"kefu/transform/transformtest/harness"
	"kefu/transform/transformtest/world"
)

// The models fulfil every worked example, on the engine.
func TestExamplesOnTheEngine(t *testing.T) {
	list, err := cases.Load()
	if err != nil {
		t.Fatal(err)
	}
	var pack world.Pack
	for _, c := range list {
		pack = append(pack, c.World)
	}
	h, err := harness.ForPack(t.Context(), t.TempDir(), pack)
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	if err := h.Load(t.Context(), pack.Tables()); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	results, err := h.Results(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range list {
		t.Run(c.Name, func(t *testing.T) {
			for _, d := range c.Check(results) {
				t.Error(d)
			}
		})
	}
}
