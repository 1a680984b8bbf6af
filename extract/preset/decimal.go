package preset

import (
	"math/bits"
	"strconv"
	"strings"
)

// decimal is an exact number: n / 10^scale.
type decimal struct {
	n     int64
	scale int
}

// maxScale bounds the digits after the point, so that products fit.
const maxScale = 9

// parseDecimal reads plain digits with a sign and a point at most.
func parseDecimal(s string) (decimal, bool) {
	whole, frac, _ := strings.Cut(s, ".")
	if len(frac) > maxScale {
		if frac = strings.TrimRight(frac, "0"); len(frac) > maxScale {
			return decimal{}, false
		}
	}
	digits := strings.TrimPrefix(whole, "-") + frac
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return decimal{}, false
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return decimal{}, false
	}
	if strings.HasPrefix(whole, "-") {
		n = -n
	}
	return decimal{n, len(frac)}, true
}

// times multiplies; ok is false where the product is out of range.
func (d decimal) times(e decimal) (product decimal, ok bool) {
	hi, lo := bits.Mul64(magnitude(d.n), magnitude(e.n))
	if hi != 0 || lo > 1<<63-1 {
		return decimal{}, false
	}
	product = decimal{int64(lo), d.scale + e.scale} //nolint:gosec // checked above
	if (d.n < 0) != (e.n < 0) {
		product.n = -product.n
	}
	for product.scale > maxScale && product.n%10 == 0 {
		product.n, product.scale = product.n/10, product.scale-1
	}
	return product, product.scale <= maxScale
}

// plus adds; ok is false where the sum is out of range.
func (d decimal) plus(e decimal) (sum decimal, ok bool) {
	for d.scale < e.scale {
		if d, ok = d.finer(); !ok {
			return decimal{}, false
		}
	}
	for e.scale < d.scale {
		if e, ok = e.finer(); !ok {
			return decimal{}, false
		}
	}
	n := d.n + e.n
	if (d.n > 0) == (e.n > 0) && (n > 0) != (d.n > 0) && d.n != 0 && e.n != 0 {
		return decimal{}, false
	}
	return decimal{n, d.scale}, true
}

func (d decimal) finer() (decimal, bool) {
	const most = (1<<63 - 1) / 10
	return decimal{d.n * 10, d.scale + 1}, d.n <= most && d.n >= -most
}

// compare orders numbers; those too far apart in scale are told by their size.
func (d decimal) compare(e decimal) int {
	difference, ok := d.plus(decimal{-e.n, e.scale})
	n := difference.n
	if !ok {
		n = d.n
	}
	switch {
	case n < 0:
		return -1
	case n > 0:
		return 1
	default:
		return 0
	}
}

// round keeps at most that many digits after the point, halves away from zero.
func (d decimal) round(digits int) decimal {
	if d.scale <= digits {
		return d
	}
	unit := int64(1)
	for range d.scale - digits {
		unit *= 10
	}
	out, rest := decimal{d.n / unit, digits}, magnitude(d.n%unit)
	if 2*rest >= uint64(unit) {
		out.n += sign(d.n)
	}
	return out
}

// text spells the number, with at most two zeros at the end of its fraction.
func (d decimal) text() string {
	for d.scale > 2 && d.n%10 == 0 {
		d.n, d.scale = d.n/10, d.scale-1
	}
	digits := strconv.FormatUint(magnitude(d.n), 10)
	for len(digits) <= d.scale {
		digits = "0" + digits
	}
	if d.scale > 0 {
		digits = digits[:len(digits)-d.scale] + "." + digits[len(digits)-d.scale:]
	}
	if d.n < 0 {
		return "-" + digits
	}
	return digits
}

func magnitude(n int64) uint64 {
	if n < 0 {
		return uint64(-n)
	}
	return uint64(n)
}

func sign(n int64) int64 {
	if n < 0 {
		return -1
	}
	return 1
}
