package model

import (
	"slices"
	"testing"
)

func TestOrderBeginsWithTheDay(t *testing.T) {
	for name, c := range map[string]struct {
		grain     []string
		partition string
		want      []string
	}{
		"a day in the middle":     {[]string{"platform", "shop_id", "dt", "window_days"}, "dt", []string{"dt", "window_days", "shop_id", "platform"}},
		"a day at the end":        {[]string{"platform", "buyer_id", "dt"}, "dt", []string{"dt", "buyer_id", "platform"}},
		"a day outside the grain": {[]string{"platform", "order_id"}, "paid_dt", []string{"order_id", "platform"}},
		"no day":                  {[]string{"platform", "shop_id"}, "", []string{"shop_id", "platform"}},
	} {
		given := slices.Clone(c.grain)
		if got := Order(c.grain, c.partition); !slices.Equal(got, c.want) || !slices.Equal(c.grain, given) {
			t.Errorf("%s: %v became %v, want %v", name, given, got, c.want)
		}
	}
}
