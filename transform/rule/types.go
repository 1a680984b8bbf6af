package rule

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Limit is an `off (n)` value: 0 is off.
type Limit int

// String returns off or the number.
func (l Limit) String() string {
	if l == 0 {
		return "off"
	}
	return strconv.Itoa(int(l))
}

// Clock is a wall-clock time in minutes since midnight.
type Clock int

// String returns HH:MM.
func (c Clock) String() string { return fmt.Sprintf("%02d:%02d", int(c)/60, int(c)%60) }

// Hours is a range of wall-clock time in seconds since midnight, end excluded;
// From > To wraps around midnight.
type Hours struct{ From, To int }

// Contains tells whether a second of the day lies in the range.
func (h Hours) Contains(second int) bool {
	if h.From > h.To {
		return second >= h.From || second < h.To
	}
	return second >= h.From && second < h.To
}

// String returns HH:MM-HH:MM.
func (h Hours) String() string {
	return Clock(h.From/60).String() + "-" + Clock(h.To/60).String()
}

// MarshalText writes the range as String does.
func (h Hours) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

var clock = regexp.MustCompile(`^(\d\d):(\d\d)$`)

// parseClock reads HH:MM from 00:00 to 24:00.
func parseClock(s string) (minutes int, ok bool) {
	m := clock.FindStringSubmatch(s)
	if m == nil {
		return 0, false
	}
	h, _ := strconv.Atoi(m[1])
	minute, _ := strconv.Atoi(m[2])
	total := h*60 + minute
	return total, minute < 60 && total <= 24*60
}

func parseHours(s string) (Hours, bool) {
	from, to, ok := strings.Cut(s, "-")
	f, okFrom := parseClock(from)
	t, okTo := parseClock(to)
	if !ok || !okFrom || !okTo || f == 24*60 || f == t {
		return Hours{}, false
	}
	return Hours{From: f * 60, To: t * 60}, true
}

// Decimal is an exact number of few digits.
type Decimal struct {
	unscaled int64
	scale    int
}

var decimal = regexp.MustCompile(`^(-?)(\d{1,12})(?:\.(\d{1,6}))?$`)

// ParseDecimal reads a number of at most twelve digits before the point and six
// after it.
func ParseDecimal(s string) (Decimal, error) {
	m := decimal.FindStringSubmatch(s)
	if m == nil {
		return Decimal{}, fmt.Errorf("read number %q: at most 12 digits before the point and 6 after it", s)
	}
	fraction := strings.TrimRight(m[3], "0")
	n, err := strconv.ParseInt(m[1]+m[2]+fraction, 10, 64)
	if err != nil {
		return Decimal{}, fmt.Errorf("read number %q: %w", s, err)
	}
	return Decimal{unscaled: n, scale: len(fraction)}, nil
}

// Scale is the number of digits after the point that are needed.
func (d Decimal) Scale() int { return d.scale }

// Cmp compares two numbers.
func (d Decimal) Cmp(o Decimal) int {
	a, b := d.micros(), o.micros()
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	default:
		return 0
	}
}

// micros is the number in millionths; twelve digits and six fit an int64.
func (d Decimal) micros() int64 {
	n := d.unscaled
	for range 6 - d.scale {
		n *= 10
	}
	return n
}

// String writes the number without an exponent or needless zeros.
func (d Decimal) String() string { return d.Fixed(d.scale) }

// Fixed writes the number with that many digits after the point, at least as
// many as it needs.
func (d Decimal) Fixed(digits int) string {
	sign, n := "", d.unscaled
	if n < 0 {
		sign, n = "-", -n
	}
	s := strconv.FormatInt(n, 10)
	if len(s) <= d.scale {
		s = strings.Repeat("0", d.scale-len(s)+1) + s
	}
	whole, fraction := s[:len(s)-d.scale], s[len(s)-d.scale:]
	fraction += strings.Repeat("0", max(0, digits-d.scale))
	if fraction == "" {
		return sign + whole
	}
	return sign + whole + "." + fraction
}

// MarshalJSON writes a JSON number.
func (d Decimal) MarshalJSON() ([]byte, error) { return []byte(d.String()), nil }

// shortDuration writes a time without units that are nought: 24h, 1h30m.
func shortDuration(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// render writes a rule's value as one line: plain for a single value, JSON for
// a list or a mapping.
func render(value any) string {
	switch v := value.(type) {
	case string:
		if v == "" {
			return "off"
		}
		return v
	case bool:
		return strconv.FormatBool(v)
	case int:
		return strconv.Itoa(v)
	case time.Duration:
		return shortDuration(v)
	case fmt.Stringer:
		return v.String()
	}
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(value); err != nil {
		return err.Error()
	}
	return strings.TrimSuffix(b.String(), "\n")
}
