// Package drivers owns the arithmetic of what drove the change of a number from
// one period to another: a product into its factors, a ratio into the mix of
// its parts and the parts' own ratios, and whether a difference of two shares is
// more than chance. It knows numbers only, no KPIs. Whatever it splits adds up.
package drivers

import (
	"errors"
	"math"
)

// Undefined stands for a quotient 0/0.
func Undefined() float64 { return math.NaN() }

// Quotient is n/d, Undefined for 0/0. A denominator of 0 under anything else is
// Undefined, too: nothing was there to divide by.
func Quotient(n, d float64) float64 {
	if d == 0 {
		return Undefined()
	}
	return n / d
}

// ErrNegative says that a factor is below 0, where there is no logarithm.
var ErrNegative = errors.New("a factor is negative")

// Product splits the change of a product among its factors by the logarithmic
// mean Divisia index (LMDI-I): the factor x has L(V1, V0) · ln(x1/x0), where V is
// the product and L the logarithmic mean. The parts add up to V1 - V0, favour no
// order of the factors, and are those of the opposite sign for the way back.
//
// Where there is no logarithm, the limit takes its place:
//
//   - A factor that is Undefined in one of the periods is taken to be as in the
//     other one, and so has no part; Undefined in both, it counts as 1.
//   - A factor that falls to 0 or rises from 0: as zero is approached, the change
//     of the product is due to such factors alone, to each alike.
//   - A product that is 0 in both periods did not change: every part is 0.
//
// Before and after are the factors, in the same order; none is negative.
func Product(before, after []float64) ([]float64, error) {
	before, after, err := fill(before, after)
	if err != nil {
		return nil, err
	}
	parts := make([]float64, len(before))
	v0, v1 := product(before), product(after)
	switch {
	case v0 == 0 && v1 == 0:
		return parts, nil
	case v0 == 0:
		shareOut(parts, before, v1)
		return parts, nil
	case v1 == 0:
		shareOut(parts, after, -v0)
		return parts, nil
	}
	mean := logMean(v1, v0)
	for i := range parts {
		parts[i] = mean * math.Log(after[i]/before[i])
	}
	return parts, nil
}

// Filled returns the factors as Product takes them: those that are Undefined in
// one period as in the other one.
func Filled(before, after []float64) (b, a []float64, err error) { return fill(before, after) }

func fill(before, after []float64) (b, a []float64, err error) {
	if len(before) != len(after) {
		return nil, nil, errors.New("the periods have different numbers of factors")
	}
	b, a = make([]float64, len(before)), make([]float64, len(after))
	for i := range before {
		b[i], a[i] = either(before[i], after[i]), either(after[i], before[i])
		if b[i] < 0 || a[i] < 0 {
			return nil, nil, ErrNegative
		}
	}
	return b, a, nil
}

// either is x, else y, else 1.
func either(x, y float64) float64 {
	switch {
	case !math.IsNaN(x):
		return x
	case !math.IsNaN(y):
		return y
	default:
		return 1
	}
}

func product(factors []float64) float64 {
	v := 1.0
	for _, x := range factors {
		v *= x
	}
	return v
}

// shareOut gives the change to the factors that are zero in the period in which
// the product is.
func shareOut(parts, factors []float64, change float64) {
	zeros := 0
	for _, x := range factors {
		if x == 0 {
			zeros++
		}
	}
	for i, x := range factors {
		if x == 0 {
			parts[i] = change / float64(zeros)
		}
	}
}

// logMean is (a - b) / ln(a/b), for positive a and b.
func logMean(a, b float64) float64 {
	x := (a - b) / b
	switch {
	case math.Abs(x) < 1e-6:
		return b * (1 + x/2 - x*x/12) // the quotient below would lose digits
	case math.Abs(x) < 0.5:
		return (a - b) / math.Log1p(x)
	default:
		return (a - b) / math.Log(a/b)
	}
}

// Side is one period of a part of a ratio.
type Side struct {
	Numerator   float64 `json:"numerator"`
	Denominator float64 `json:"denominator"`
}

// Part is a part of a ratio, such as an agent of a shop's conversion.
type Part struct{ Before, After Side }

// Effect is what a part did to the ratio of the whole.
type Effect struct {
	// Mix is due to the part's weight among the denominators: it grew or shrank
	// while it was better or worse than the whole.
	Mix float64
	// Own is due to the part's own ratio.
	Own float64
}

// Split splits the change of Σ numerators / Σ denominators among its parts. With
// w a part's share of the denominators and r its ratio,
//
//	Own = (w0 + w1)/2 · (r1 - r0)
//	Mix = (w1 - w0) · ((r0 + r1)/2 - (R0 + R1)/2)
//
// which add up to R1 - R0 over all parts. A part that is not there in one period
// is taken to have had the same ratio then: its coming or going is mix alone. ok
// is false where the whole has no denominator in one of the periods.
func Split(parts []Part) (effects []Effect, ok bool) {
	var all Part
	for _, p := range parts {
		all.Before.Numerator += p.Before.Numerator
		all.Before.Denominator += p.Before.Denominator
		all.After.Numerator += p.After.Numerator
		all.After.Denominator += p.After.Denominator
	}
	if all.Before.Denominator == 0 || all.After.Denominator == 0 {
		return nil, false
	}
	middle := (all.Before.Numerator/all.Before.Denominator + all.After.Numerator/all.After.Denominator) / 2
	effects = make([]Effect, len(parts))
	for i, p := range parts {
		w0, w1 := p.Before.Denominator/all.Before.Denominator, p.After.Denominator/all.After.Denominator
		if w0 == 0 && w1 == 0 {
			// Numerators without any denominator belong to no weight.
			effects[i].Own = p.After.Numerator/all.After.Denominator - p.Before.Numerator/all.Before.Denominator
			continue
		}
		r0 := Quotient(p.Before.Numerator, p.Before.Denominator)
		r1 := Quotient(p.After.Numerator, p.After.Denominator)
		lone0, lone1 := 0.0, 0.0
		if math.IsNaN(r0) {
			r0, lone0 = r1, p.Before.Numerator/all.Before.Denominator
		}
		if math.IsNaN(r1) {
			r1, lone1 = r0, p.After.Numerator/all.After.Denominator
		}
		effects[i] = Effect{Mix: (w1 - w0) * ((r0+r1)/2 - middle), Own: (w0+w1)/2*(r1-r0) + lone1 - lone0}
	}
	return effects, true
}
