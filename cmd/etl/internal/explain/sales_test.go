package explain

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// Sales worked by hand: twice as many inquiries, everything else alike, and
// 30 yuan less of silent orders.
func TestSalesByHand(t *testing.T) {
	before := salesSums{inquiries: 10, paid: 5, dealBuyers: 5, dealItems: 10, dealAmount: 500, silentPaid: 80, sales: 580}
	now := salesSums{inquiries: 20, paid: 10, dealBuyers: 10, dealItems: 20, dealAmount: 1000, silentPaid: 50, sales: 1050}
	factors, err := SalesFactors(before, now)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]float64{"inquiry buyers": 500, "conversion": 0, "items per buyer": 0, "amount per item": 0, "silent orders paid with the agents": -30}
	if len(factors) != len(want) {
		t.Errorf("%+v", factors)
	}
	for _, f := range factors {
		if math.Abs(f.Effect-want[f.Name]) > 1e-9 {
			t.Errorf("%s: %v, want %v", f.Name, f.Effect, want[f.Name])
		}
	}
}

// Whatever the periods are, drivers add up to the change of sales.
func TestDriversOfSalesAddUp(t *testing.T) {
	count := rapid.OneOf(rapid.Just(0), rapid.IntRange(0, 3), rapid.IntRange(0, 5000))
	period := rapid.Custom(func(t *rapid.T) salesSums {
		n := func(name string) float64 { return float64(count.Draw(t, name)) }
		return salesSums{
			sales: n("sales") / 100, inquiries: n("inquiries"), paid: n("paid"), dealAmount: n("amount") / 100, dealItems: n("items"),
			dealBuyers: n("buyers"), silentPaid: n("silent") / 100, followedUp: n("followed") / 100,
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		for range 12 {
			before, now := period.Draw(t, "before"), period.Draw(t, "now")
			factors, err := SalesFactors(before, now)
			if err != nil {
				t.Fatal(err)
			}
			total := 0.0
			scale := math.Max(1, math.Max(before.sales, now.sales)+math.Max(before.dealAmount, now.dealAmount))
			for _, f := range factors {
				total += f.Effect
				scale = math.Max(scale, math.Abs(f.Effect))
			}
			if math.Abs(total-(now.sales-before.sales)) > 1e-9*scale+1e-6 {
				t.Fatalf("%+v → %+v: drivers %+v add up to %v, sales changed by %v", before, now, factors, total, now.sales-before.sales)
			}
		}
	})
}
