package preset

import "testing"

func TestShippedPresetsAreValid(t *testing.T) {
	for _, name := range Names() {
		if _, err := Shipped(name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Shipped("nosuch"); err == nil {
		t.Error("a preset that does not exist was found")
	}
}
