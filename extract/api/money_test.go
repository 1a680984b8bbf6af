package api

import (
	"slices"
	"testing"
)

func TestFenOf(t *testing.T) {
	for in, want := range map[string]int64{"12.30": 1230, "12.3": 1230, "12": 1200, "0.05": 5, "-1.5": -150, "12.300000000000001": 1230, "12.299999999999999": 1230} {
		if got, ok := FenOf(in); !ok || got != want {
			t.Errorf("FenOf(%q) = %d, %v, want %d", in, got, ok, want)
		}
	}
	for _, in := range []string{"", "x", "1.234", "1.239999", "1e3", "0x10", "1/2", "-"} {
		if got, ok := FenOf(in); ok {
			t.Errorf("FenOf(%q) = %d", in, got)
		}
	}
}

func TestProrateGivesAwayTheWhole(t *testing.T) {
	for _, c := range []struct {
		total   int64
		weights []int64
		want    []int64
	}{
		{100, []int64{1, 1, 1}, []int64{34, 33, 33}},
		{1000, []int64{2, 1}, []int64{667, 333}},
		{5, []int64{0, 0}, []int64{5, 0}},
		{7, []int64{3, 0, 4}, []int64{3, 0, 4}},
		{7, nil, nil},
	} {
		if got := Prorate(c.total, c.weights); !slices.Equal(got, c.want) {
			t.Errorf("Prorate(%d, %v) = %v, want %v", c.total, c.weights, got, c.want)
		}
	}
}
