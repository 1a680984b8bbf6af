package preset

import (
	"math"
	"strconv"
	"time"

	"kefu/extract/dataset"
)

// The layouts that are understood without being named: what platforms write
// and what spreadsheets make of it when a file is saved again.
var (
	usualTimes = []string{
		"2006-1-2 15:4:5", "2006/1/2 15:4:5", "2006-1-2 15:04", "2006/1/2 15:04",
		"20060102150405", "2006年1月2日 15:04:05", "2006年1月2日 15:04",
	}
	usualDates = []string{"2006-1-2", "2006/1/2", "20060102", "2006年1月2日"}
)

func (c *bound) timeText(s string, kind Kind, info *FileInfo) string {
	for _, l := range c.times {
		if t, ok := l.parse(s); ok {
			return c.spell(t, l.zoned)
		}
	}
	if s == "" || plainTime(s) {
		return s
	}
	if kind != Text {
		if t, ok := serial(s, info.Date1904); ok {
			return c.spell(t, false)
		}
	}
	if len(c.times) > 0 {
		return s
	}
	for _, layout := range usualTimes {
		if t, err := time.Parse(layout, s); err == nil {
			return c.spell(t, false)
		}
	}
	for _, layout := range usualDates {
		if t, err := time.Parse(layout, s); err == nil {
			return t.Format(time.DateOnly)
		}
	}
	return s
}

// The spellings that typing reads.
const (
	wallText    = "2006-01-02 15:04:05.999999"
	instantText = "2006-01-02T15:04:05.999999Z07:00"
)

func (c *bound) spell(t time.Time, zoned bool) string {
	switch {
	case c.typ == dataset.Date:
		return t.Format(time.DateOnly)
	case zoned:
		return t.UTC().Format(instantText)
	default:
		return t.Format(wallText)
	}
}

// plainTime tells texts that need nothing done: 2006-01-02 15:04:05….
func plainTime(s string) bool {
	return (len(s) >= 19 && s[4] == '-' && s[7] == '-' && (s[10] == ' ' || s[10] == 'T') && s[13] == ':' && s[16] == ':') ||
		(len(s) == 10 && s[4] == '-' && s[7] == '-')
}

// serial reads a spreadsheet's count of days, for dates from 1954 to 2119.
func serial(s string, since1904 bool) (time.Time, bool) {
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return time.Time{}, false
	}
	if since1904 {
		v += 1462
	}
	if v < 20000 || v > 80000 {
		return time.Time{}, false
	}
	ms := int64(math.Round(v * 86_400_000))
	// A day's fraction in floating point is a little off whole seconds.
	if rest := ms % 1000; rest <= 2 || rest >= 998 {
		ms = (ms + 500) / 1000 * 1000
	}
	return time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC).Add(time.Duration(ms) * time.Millisecond), true
}

// AsOfName returns the as-of time that stands in a file's base name, as local
// wall clock text, with an offset where the layout names a zone, or "".
func (p *Plan) AsOfName(base string) string {
	if p.asOf == nil {
		return ""
	}
	m := p.asOf.FindStringSubmatch(base)
	if m == nil {
		return ""
	}
	l := newTimeLayout(p.layout.AsOf.Layout)
	t, ok := l.parse(m[1])
	if !ok {
		return ""
	}
	if l.zoned {
		return t.UTC().Format(instantText)
	}
	if loc := zoneOf(p.layout.Timezone); loc != nil {
		if at, ok := inZone(t, loc); ok {
			return at.Format(instantText)
		}
	}
	return t.Format(time.DateTime)
}

// Clock reads a cell as local wall clock time.
func Clock(s string, kind Kind, since1904 bool) (time.Time, bool) {
	c := bound{typ: dataset.Instant}
	t, err := time.Parse(wallText, c.timeText(unwrap(s), kind, &FileInfo{Date1904: since1904}))
	return t, err == nil
}
