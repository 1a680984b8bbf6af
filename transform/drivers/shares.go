package drivers

import "math"

// confidence is the quantile of the normal distribution for intervals that
// hold the truth in 95 of 100 cases.
const confidence = 1.959963984540054

// Interval is a range, both ends included.
type Interval struct {
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

// Holds tells whether x lies in the interval.
func (i Interval) Holds(x float64) bool { return i.Low <= x && x <= i.High }

// Wilson is Wilson's score interval of 95 % for a share of which n of d are
// seen; d is above 0 and n from 0 to d. It stays within 0 and 1 and is sound for
// few cases, too.
func Wilson(n, d float64) Interval {
	p, z2 := n/d, confidence*confidence
	centre := (p + z2/(2*d)) / (1 + z2/d)
	half := confidence / (1 + z2/d) * math.Sqrt(p*(1-p)/d+z2/(4*d*d))
	return Interval{max(0, centre-half), min(1, centre+half)}
}

// Difference is the interval of 95 % for the difference of two shares, n1 of d1
// less n0 of d0, by Newcombe's method from both Wilson intervals. Where it holds
// 0, the difference may be chance.
func Difference(before, after Side) Interval {
	p0, p1 := before.Numerator/before.Denominator, after.Numerator/after.Denominator
	w0, w1 := Wilson(before.Numerator, before.Denominator), Wilson(after.Numerator, after.Denominator)
	d := p1 - p0
	return Interval{d - math.Hypot(p1-w1.Low, w0.High-p0), d + math.Hypot(w1.High-p1, p0-w0.Low)}
}
