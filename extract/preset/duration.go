package preset

import (
	"regexp"
	"strings"
	"time"
)

// Plus is a length of time that is added to a time: a text such as 00:02:30,
// 2分30秒, 7小时41分52秒 or 1h30m says its units itself, a number has the unit
// that is named.
type Plus struct {
	From Strings `yaml:"from"`
	Unit string  `yaml:"unit"` // seconds (default), milliseconds, minutes, hours, days
}

var lengthUnits = map[string]time.Duration{
	"": time.Second, "seconds": time.Second, "milliseconds": time.Millisecond, "minutes": time.Minute, "hours": time.Hour, "days": 24 * time.Hour,
}

var (
	clockLength = regexp.MustCompile(`^(\d{1,4}):(\d{1,2})(?::(\d{1,2}))?$`)
	wordLength  = regexp.MustCompile(`^(?:(\d+)(?:天|d))?(?:(\d+)(?:小时|时|h))?(?:(\d+)(?:分钟|分|min|m))?(?:(\d+)(?:秒钟|秒|s))?$`)
)

// length reads a length of time; bare numbers count the unit.
func length(s string, unit time.Duration) (time.Duration, bool) {
	if d, ok := parseDecimal(s); ok {
		if d, ok = d.times(decimal{unit.Microseconds(), 0}); !ok {
			return 0, false
		}
		n := d.round(0).n
		const most = int64(100 * 365 * 24 * time.Hour / time.Microsecond)
		return time.Duration(n) * time.Microsecond, n <= most && n >= -most
	}
	s = strings.ReplaceAll(s, " ", "")
	if g := clockLength.FindStringSubmatch(s); g != nil {
		if g[3] == "" {
			return parts(g[1:3], time.Hour, time.Minute)
		}
		return parts(g[1:], time.Hour, time.Minute, time.Second)
	}
	if g := wordLength.FindStringSubmatch(strings.ToLower(s)); g != nil && s != "" {
		return parts(g[1:], 24*time.Hour, time.Hour, time.Minute, time.Second)
	}
	return 0, false
}

func parts(texts []string, units ...time.Duration) (sum time.Duration, ok bool) {
	for i, text := range texts {
		if text == "" {
			continue
		}
		d, ok := parseDecimal(text)
		if !ok || d.n > 10_000_000 {
			return 0, false
		}
		sum += time.Duration(d.n) * units[i]
	}
	return sum, true
}

// later adds a length of time to a canonical time. Without either there is no
// time; what is no time is left for typing to reject.
func later(at, by, column string, unit time.Duration) (string, *Fault) {
	if at == "" || by == "" {
		return "", nil
	}
	d, ok := length(by, unit)
	if !ok {
		return "", &Fault{Column: column, Reason: "not a length of time", Hint: "write a number, 00:02:30 or 2分30秒"}
	}
	t, ok := wallOrInstant(at)
	if !ok {
		return at, nil
	}
	if _, zone, _ := strings.Cut(at, "T"); strings.ContainsAny(zone, "Z+-") {
		return t.Add(d).UTC().Format(instantText), nil
	}
	return t.Add(d).Format(wallText), nil
}
