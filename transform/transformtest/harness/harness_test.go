package harness

import (
	"testing"
)

// The models of the repository parse, their references resolve, their scopes fit.
func TestModelsFormAGraph(t *testing.T) {
	h, err := New(t.Context(), t.TempDir(), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Close(); err != nil {
		t.Error(err)
	}
}
