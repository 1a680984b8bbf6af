package drivers

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// reference follows the factors on their way from one period to the other, on
// which each grows by the same share in every moment, and adds up what each one
// does to the product in small steps (by Simpson's rule).
func reference(before, after []float64) []float64 {
	const steps = 4000
	parts := make([]float64, len(before))
	at := func(t float64) float64 {
		v := 1.0
		for i := range before {
			v *= math.Pow(before[i], 1-t) * math.Pow(after[i], t)
		}
		return v
	}
	area := 0.0
	for s := range steps {
		a, b := float64(s)/steps, float64(s+1)/steps
		area += (at(a) + 4*at((a+b)/2) + at(b)) / 6 / steps
	}
	for i := range parts {
		parts[i] = area * math.Log(after[i]/before[i])
	}
	return parts
}

func sum(values []float64) float64 {
	total := 0.0
	for _, v := range values {
		total += v
	}
	return total
}

func near(a, b, relative, scale float64) bool {
	return math.Abs(a-b) <= relative*math.Max(math.Abs(scale), 1e-300)
}

func TestFactorsAreThoseOfTheReference(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		factor := rapid.Float64Range(0.05, 500)
		n := rapid.IntRange(1, 4).Draw(t, "factors")
		before := rapid.SliceOfN(factor, n, n).Draw(t, "before")
		after := rapid.SliceOfN(factor, n, n).Draw(t, "after")
		got, err := Product(before, after)
		if err != nil {
			t.Fatal(err)
		}
		want := reference(before, after)
		scale := math.Max(product(before), product(after))
		for i := range want {
			if !near(got[i], want[i], 1e-6, scale*10) {
				t.Errorf("factor %d: %v, the reference has %v", i, got[i], want[i])
			}
		}
	})
}

// A thousand pairs of periods as shops have them, many of them with nothing in
// one period: the parts add up to the difference.
func TestFactorsAddUp(t *testing.T) {
	pairs := 0
	rapid.Check(t, func(t *rapid.T) {
		count := rapid.OneOf(rapid.Just(0), rapid.IntRange(0, 5), rapid.IntRange(1, 100000))
		for range 12 {
			period := func(name string) []float64 {
				inquiries := float64(count.Draw(t, name+" inquiries"))
				buyers := float64(count.Draw(t, name+" buyers"))
				items := float64(count.Draw(t, name+" items"))
				cents := float64(count.Draw(t, name+" cents"))
				return []float64{inquiries, Quotient(buyers, inquiries), Quotient(items, buyers), Quotient(cents/100, items)}
			}
			before, after := period("before"), period("after")
			parts, err := Product(before, after)
			if err != nil {
				t.Fatal(err)
			}
			b, a, err := Filled(before, after)
			if err != nil {
				t.Fatal(err)
			}
			v0, v1 := product(b), product(a)
			if !near(sum(parts), v1-v0, 1e-9, math.Max(v0, v1)) {
				t.Fatalf("%v → %v: the parts %v add up to %v, the change is %v", before, after, parts, sum(parts), v1-v0)
			}
			back, err := Product(after, before)
			if err != nil {
				t.Fatal(err)
			}
			for i := range parts {
				if !near(parts[i], -back[i], 1e-9, math.Max(v0, v1)) {
					t.Fatalf("%v → %v: factor %d has %v, and %v on the way back", before, after, i, parts[i], back[i])
				}
			}
			pairs++
		}
	})
	if pairs < 1000 {
		t.Errorf("only %d pairs were compared", pairs)
	}
}

// What is said of zeros is where the parts go as small numbers take the zeros'
// place, ever more slowly: with the reciprocal of the number's logarithm.
func TestZerosAreLimits(t *testing.T) {
	for name, c := range map[string]struct{ before, after, want []float64 }{
		"one factor rises from zero":   {[]float64{0, 0.5, 80}, []float64{40, 0.4, 100}, []float64{1600, 0, 0}},
		"one factor falls to zero":     {[]float64{40, 0.5, 80}, []float64{40, 0, 100}, []float64{0, -1600, 0}},
		"two factors rise from zero":   {[]float64{0, 0, 80}, []float64{40, 0.4, 100}, []float64{800, 800, 0}},
		"the product stays zero":       {[]float64{0, 0.5, 80}, []float64{40, 0, 100}, []float64{0, 0, 0}},
		"nothing changes":              {[]float64{40, 0.5, 80}, []float64{40, 0.5, 80}, []float64{0, 0, 0}},
		"undefined rates have no part": {[]float64{0, Undefined(), Undefined()}, []float64{40, 0.4, 100}, []float64{1600, 0, 0}},
	} {
		got, err := Product(c.before, c.after)
		if err != nil {
			t.Fatal(err)
		}
		for i := range c.want {
			if !near(got[i], c.want[i], 1e-12, 1600) {
				t.Errorf("%s: %v, want %v", name, got, c.want)
			}
		}
		b, a, _ := Filled(c.before, c.after)
		last := math.Inf(1)
		for _, small := range []float64{1e-20, 1e-80, 1e-300} {
			replaced := func(factors []float64) []float64 {
				out := make([]float64, len(factors))
				for i, x := range factors {
					out[i] = math.Max(x, math.Pow(small, 0.3))
				}
				return out
			}
			parts, err := Product(replaced(b), replaced(a))
			if err != nil {
				t.Fatal(err)
			}
			away := 0.0
			for i := range parts {
				away = math.Max(away, math.Abs(parts[i]-c.want[i]))
			}
			if away > last*1.0001 || away > 60000/-math.Log(small) {
				t.Errorf("%s: with %g for zero the parts %v are %v away from the limit", name, small, parts, away)
			}
			last = away
		}
	}
}

func TestNoLogarithmOfNegativeFactors(t *testing.T) {
	if _, err := Product([]float64{1, -2}, []float64{1, 2}); err == nil {
		t.Error("a negative factor was taken")
	}
}

// The effects add up to the change of the ratio, and a part alone that changed
// has all of it.
func TestPartsAddUpToTheRatio(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		side := rapid.Custom(func(t *rapid.T) Side {
			d := rapid.OneOf(rapid.Just(0), rapid.IntRange(0, 400)).Draw(t, "of")
			n := rapid.IntRange(0, max(0, d)).Draw(t, "n")
			return Side{float64(n), float64(d)}
		})
		parts := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Part {
			return Part{side.Draw(t, "before"), side.Draw(t, "after")}
		}), 1, 12).Draw(t, "parts")
		var n0, d0, n1, d1 float64
		for _, p := range parts {
			n0, d0, n1, d1 = n0+p.Before.Numerator, d0+p.Before.Denominator, n1+p.After.Numerator, d1+p.After.Denominator
		}
		effects, ok := Split(parts)
		if ok != (d0 > 0 && d1 > 0) {
			t.Fatalf("ok is %v for denominators %v and %v", ok, d0, d1)
		}
		if !ok {
			return
		}
		total := 0.0
		for _, e := range effects {
			total += e.Mix + e.Own
		}
		if !near(total, n1/d1-n0/d0, 1e-9, 1) {
			t.Errorf("the effects add up to %v, the change is %v", total, n1/d1-n0/d0)
		}
	})
}

// Two agents, worked by hand: A converts 50 of 100 and then 60 of 150, B 10 of
// 100 and then 5 of 50. B's own ratio stays at 10 %, so all it does is mix.
func TestMixAndOwnByHand(t *testing.T) {
	effects, ok := Split([]Part{
		{Side{50, 100}, Side{60, 150}},
		{Side{10, 100}, Side{5, 50}},
	})
	if !ok {
		t.Fatal("not split")
	}
	// R0 = 60/200 = 0.3, R1 = 65/200 = 0.325, their middle 0.3125.
	// A: weight 0.5 → 0.75, ratio 0.5 → 0.4. B: weight 0.5 → 0.25, ratio 0.1.
	want := []Effect{
		{Mix: 0.25 * (0.45 - 0.3125), Own: 0.625 * -0.1},
		{Mix: -0.25 * (0.1 - 0.3125), Own: 0},
	}
	for i := range want {
		if !near(effects[i].Mix, want[i].Mix, 1e-12, 1) || !near(effects[i].Own, want[i].Own, 1e-12, 1) {
			t.Errorf("part %d: %+v, want %+v", i, effects[i], want[i])
		}
	}
}

// The values are those of Newcombe's papers of 1998: 81/263, 15/148, 0/20 and
// 1/29 alone; 56/70 against 48/80 and 9/10 against 3/10 as differences.
func TestIntervalsArePublishedOnes(t *testing.T) {
	for _, c := range []struct{ n, d, low, high float64 }{
		{81, 263, 0.2553, 0.3662}, {15, 148, 0.0624, 0.1605}, {0, 20, 0, 0.1611}, {1, 29, 0.0061, 0.1718},
	} {
		got := Wilson(c.n, c.d)
		if math.Abs(got.Low-c.low) > 5e-5 || math.Abs(got.High-c.high) > 5e-5 {
			t.Errorf("%v of %v: %+v, want %v to %v", c.n, c.d, got, c.low, c.high)
		}
	}
	for _, c := range []struct {
		before, after Side
		low, high     float64
	}{
		{Side{48, 80}, Side{56, 70}, 0.0524, 0.3339}, {Side{3, 10}, Side{9, 10}, 0.1705, 0.8090}, {Side{0, 10}, Side{0, 20}, -0.2775, 0.1611},
	} {
		got := Difference(c.before, c.after)
		if math.Abs(got.Low-c.low) > 5e-5 || math.Abs(got.High-c.high) > 5e-5 {
			t.Errorf("%v → %v: %+v, want %v to %v", c.before, c.after, got, c.low, c.high)
		}
	}
	if !Difference(Side{5, 10}, Side{3, 10}).Holds(0) || Difference(Side{500, 1000}, Side{300, 1000}).Holds(0) {
		t.Error("small samples are noise, large ones are not")
	}
}
