package preset

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"kefu/extract/dataset"
)

const blanks = " \t\r\n\u00a0\u3000\ufeff\u200b"

// unwrap takes a spreadsheet's guards off a text: ="…", a leading ' or tab.
func unwrap(s string) string {
	if s == "" {
		return s
	}
	if c := s[0]; c > ' ' && c < 0x80 && c != '=' && c != '\'' {
		if c = s[len(s)-1]; c > ' ' && c < 0x80 {
			return s
		}
	}
	s = strings.Trim(s, blanks)
	if len(s) >= 3 && strings.HasPrefix(s, `="`) && s[len(s)-1] == '"' {
		s = strings.Trim(s[2:len(s)-1], blanks)
	}
	if len(s) > 1 && s[0] == '\'' {
		s = strings.Trim(s[1:], blanks)
	}
	return s
}

// convert turns a cleaned cell into the canonical text of a type. What it does
// not understand it leaves as it is: typing rejects that with its reason.
func (c *bound) convert(s string, kind Kind, info *FileInfo) string {
	switch c.typ {
	case dataset.Money:
		return moneyText(s, c.shift)
	case dataset.Integer, dataset.Long:
		return integerText(s)
	case dataset.Instant, dataset.Date:
		return c.timeText(s, kind, info)
	default:
		if c.shift && s != "" {
			return shiftTwo(strings.TrimRight(s, "%％ "))
		}
		return s
	}
}

func moneyText(s string, shift bool) string {
	for i := 0; i < len(s); i++ {
		if c := s[i]; (c < '0' || c > '9') && c != '.' && c != '-' {
			s = moneyNoise.Replace(s)
			break
		}
	}
	if shift {
		return shiftTwo(strings.TrimRight(s, "%％"))
	}
	return s
}

var moneyNoise = strings.NewReplacer(",", "", "，", "", "元", "", "¥", "", "￥", "", " ", "", "\u00a0", "", "+", "")

func integerText(s string) string {
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			s = strings.ReplaceAll(s, ",", "")
			if whole, frac, ok := strings.Cut(s, "."); ok && whole != "" && strings.Trim(frac, "0") == "" {
				return whole
			}
			return s
		}
	}
	return s
}

// shiftTwo divides a decimal text by a hundred, exactly.
func shiftTwo(s string) string {
	sign := ""
	if strings.HasPrefix(s, "-") {
		sign, s = "-", s[1:]
	}
	whole, frac, _ := strings.Cut(s, ".")
	for _, c := range whole + frac {
		if c < '0' || c > '9' {
			return sign + s
		}
	}
	if whole+frac == "" {
		return sign + s
	}
	for len(whole) < 3 {
		whole = "0" + whole
	}
	out := sign + whole[:len(whole)-2] + "." + whole[len(whole)-2:] + frac
	if cut := strings.TrimRight(out, "0"); len(out)-len(cut) > 0 && len(frac) > 0 {
		out = out[:max(len(cut), strings.IndexByte(out, '.')+3)]
	}
	return out
}

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
	if s == "" || plainTime(s) {
		return s
	}
	if len(c.times) > 0 {
		return namedTime(s, c.times)
	}
	if kind != Text {
		if t, ok := serial(s, info.Date1904); ok {
			return c.spell(t)
		}
	}
	for _, layout := range usualTimes {
		if t, err := time.Parse(layout, s); err == nil {
			return c.spell(t)
		}
	}
	for _, layout := range usualDates {
		if t, err := time.Parse(layout, s); err == nil {
			return t.Format(time.DateOnly)
		}
	}
	return s
}

func (c *bound) spell(t time.Time) string {
	if c.typ == dataset.Date {
		return t.Format(time.DateOnly)
	}
	return t.Format("2006-01-02 15:04:05.999999")
}

// plainTime tells texts that need nothing done: 2006-01-02 15:04:05….
func plainTime(s string) bool {
	return (len(s) >= 19 && s[4] == '-' && s[7] == '-' && (s[10] == ' ' || s[10] == 'T') && s[13] == ':' && s[16] == ':') ||
		(len(s) == 10 && s[4] == '-' && s[7] == '-')
}

func namedTime(s string, layouts []string) string {
	for _, layout := range layouts {
		switch layout {
		case "epoch_s", "epoch_ms":
			n, err := strconv.ParseInt(s, 10, 64)
			if err != nil {
				continue
			}
			if layout == "epoch_s" {
				return time.Unix(n, 0).UTC().Format(time.RFC3339)
			}
			return time.UnixMilli(n).UTC().Format("2006-01-02T15:04:05.999Z07:00")
		default:
			t, err := time.Parse(layout, s)
			if err != nil {
				continue
			}
			if strings.Contains(layout, "Z07") || strings.Contains(layout, "-07") {
				return t.UTC().Format("2006-01-02T15:04:05.999999Z07:00")
			}
			return t.Format("2006-01-02 15:04:05.999999")
		}
	}
	return s
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

var floatID = regexp.MustCompile(`^\d(\.\d+)?[eE]\+\d{2,}$`)

// lostDigits tells an id that a spreadsheet has turned into a number.
func lostDigits(s string, kind Kind) bool {
	if kind == Lossy {
		return true
	}
	return len(s) >= 5 && len(s) <= 24 && s[0] >= '0' && s[0] <= '9' && strings.ContainsAny(s, "eE") && floatID.MatchString(s)
}

// AsOfName returns the as-of time that stands in a file's base name, as local
// wall clock text, or "".
func (p *Plan) AsOfName(base string) string {
	if p.asOf == nil {
		return ""
	}
	m := p.asOf.FindStringSubmatch(base)
	if m == nil {
		return ""
	}
	t, err := time.Parse(p.layout.AsOf.Layout, m[1])
	if err != nil {
		return ""
	}
	return t.Format(time.DateTime)
}

// Clock reads a cell as local wall clock time.
func Clock(s string, kind Kind, since1904 bool) (time.Time, bool) {
	c := bound{typ: dataset.Instant}
	t, err := time.Parse("2006-01-02 15:04:05.999999", c.timeText(unwrap(s), kind, &FileInfo{Date1904: since1904}))
	return t, err == nil
}
