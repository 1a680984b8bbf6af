package preset

import (
	"regexp"
	"strings"

	"kefu/extract/dataset"
)

const blanks = " \t\r\n\u00a0\u3000\ufeff\u200b"

// trimBlanks takes blanks off both ends. Few texts have any, which their first
// and last byte show: the blanks beyond ASCII start with C2, E2, E3 or EF and
// end in 80, 8B, A0 or BF.
func trimBlanks(s string) string {
	if s == "" {
		return s
	}
	switch first := s[0]; {
	case first <= ' ', first == 0xc2, first == 0xe2, first == 0xe3, first == 0xef:
		return strings.Trim(s, blanks)
	}
	switch last := s[len(s)-1]; {
	case last <= ' ', last == 0x80, last == 0x8b, last == 0xa0, last == 0xbf:
		return strings.Trim(s, blanks)
	}
	return s
}

// bare tells a text that has neither blanks nor guards around it by its first and
// last byte, as of nearly all numbers, times and ids.
func bare(s string) bool {
	first, last := s[0], s[len(s)-1]
	return first > '\'' && first < 0x7f && first != '=' && last > ' ' && last < 0x7f
}

// unwrap takes a spreadsheet's guards off a text: ="…", a leading ' or tab.
func unwrap(s string) string {
	if s == "" {
		return s
	}
	s = trimBlanks(s)
	if s == "" || s[0] != '=' && s[0] != '\'' {
		return s
	}
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
		return c.scale(moneyText(s, c.shift))
	case dataset.Integer, dataset.Long:
		return c.scale(integerText(s))
	case dataset.Instant, dataset.Date:
		return c.timeText(s, kind, info)
	default:
		if c.shift && s != "" {
			return shiftTwo(strings.TrimRight(s, "%％ "))
		}
		return s
	}
}

// scale multiplies and rounds a number as the preset says.
func (c *bound) scale(s string) string {
	if !c.scaled {
		return s
	}
	d, ok := parseDecimal(s)
	if ok {
		d, ok = d.times(c.factor)
	}
	if !ok {
		return s
	}
	d = d.round(c.round)
	if c.typ != dataset.Money {
		return integerText(d.text())
	}
	return d.text()
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

var floatID = regexp.MustCompile(`^\d(\.\d+)?[eE]\+\d{2,}$`)

// lostDigits tells an id that a spreadsheet has turned into a number.
func lostDigits(s string, kind Kind) bool {
	if kind == Lossy {
		return true
	}
	return len(s) >= 5 && len(s) <= 24 && s[0] >= '0' && s[0] <= '9' && hasExponent(s) && floatID.MatchString(s)
}

// hasExponent tells a text with the letter of an exponent.
func hasExponent(s string) bool {
	for i := range len(s) {
		if s[i]|0x20 == 'e' {
			return true
		}
	}
	return false
}

// shorten cuts a text to what a message shows of it.
func shorten(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return s
}
