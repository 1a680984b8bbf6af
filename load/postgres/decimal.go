package postgres

import (
	"encoding/binary"
	"math/bits"

	"github.com/apache/arrow-go/v18/arrow/decimal128"
)

// Signs of PostgreSQL's numeric.
const (
	positive = 0x0000
	negative = 0x4000
)

// group is the base of numeric's digits: four decimal digits each.
const group = 10000

var powers = [...]uint64{1, 10, 100, 1000}

// appendDecimal appends n × 10^-scale as a numeric: the number of its digits to
// base 10000, the weight of the first, the sign, the scale, and the digits.
func appendDecimal(to []byte, n decimal128.Num, scale int) []byte {
	sign := positive
	if n.Sign() < 0 {
		sign, n = negative, n.Negate()
	}
	high, low := uint64(n.HighBits()), n.LowBits() //nolint:gosec // not negative
	// Digits from the last to the first. The point stands between two of them,
	// so the last one is filled up with zeros.
	var digits [12]uint16 // 38 decimal digits and the filling
	count, behind := 0, (scale+3)/4
	if part := scale % 4; part != 0 {
		var rest uint64
		high, low, rest = divide(high, low, powers[part])
		digits[0], count = uint16(rest*powers[4-part]), 1 //nolint:gosec // below 10000
	}
	for high != 0 {
		var rest uint64
		high, low, rest = divide(high, low, group)
		digits[count] = uint16(rest) //nolint:gosec // below 10000
		count++
	}
	for ; low != 0; low /= group {
		digits[count] = uint16(low % group) //nolint:gosec // below 10000
		count++
	}
	first := 0 // trailing zeros are not sent
	for first < count && digits[first] == 0 {
		first++
	}
	if first == count {
		first, count = 0, 0
	}
	used, weight := count-first, count-behind-1
	if used == 0 {
		weight = 0
	}
	to = append(to, 0, 0, 0, byte(8+2*used))
	to = binary.BigEndian.AppendUint16(to, uint16(used))   //nolint:gosec // at most 12
	to = binary.BigEndian.AppendUint16(to, uint16(weight)) //nolint:gosec // two's complement
	to = binary.BigEndian.AppendUint16(to, uint16(sign))
	to = binary.BigEndian.AppendUint16(to, uint16(scale)) //nolint:gosec // at most 38
	for i := count - 1; i >= first; i-- {
		to = binary.BigEndian.AppendUint16(to, digits[i])
	}
	return to
}

// divide divides a number of 128 bits.
func divide(high, low, by uint64) (quotientHigh, quotientLow, rest uint64) {
	if high == 0 {
		return 0, low / by, low % by
	}
	quotientHigh, high = high/by, high%by
	quotientLow, rest = bits.Div64(high, low, by)
	return quotientHigh, quotientLow, rest
}
