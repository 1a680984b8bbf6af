package normalise

import (
	"encoding/json"
	"math/bits"
	"strings"
	"unicode/utf8"
)

// cellText trims a cell; the word null is a missing value.
func cellText(s string) string {
	if s == "" {
		return s
	}
	if first, last := s[0], s[len(s)-1]; first <= ' ' || last <= ' ' || first >= 0x80 || last >= 0x80 {
		s = strings.TrimSpace(s)
	}
	if s == "null" {
		return ""
	}
	return s
}

const moneyDigits = 16 // before the point, of DECIMAL(18,2)

// parseSigned reads yuan that may be below 0.
func parseSigned(s string) (cents int64, why string) {
	if below, ok := strings.CutPrefix(s, "-"); ok && !strings.HasPrefix(below, "+") {
		cents, why = parseMoney(below)
		if why == "negative amount" {
			why = "not an amount"
		}
		return -cents, why
	}
	return parseMoney(s)
}

// parseMoney reads yuan as hundredths.
func parseMoney(s string) (cents int64, why string) {
	rest, negative := strings.CutPrefix(s, "-")
	if !negative {
		rest = strings.TrimPrefix(rest, "+")
	}
	whole, fraction, point := strings.Cut(rest, ".")
	if !allDigits(whole) || (point && !allDigits(fraction)) {
		return 0, "not an amount"
	}
	if len(strings.TrimRight(fraction, "0")) > 2 {
		return 0, "amount with more than two decimals"
	}
	whole = strings.TrimLeft(whole, "0")
	if len(whole) > moneyDigits {
		return 0, "amount out of range"
	}
	for i := range len(whole) {
		cents = cents*10 + int64(whole[i]-'0')
	}
	for i := range 2 {
		cents *= 10
		if i < len(fraction) {
			cents += int64(fraction[i] - '0')
		}
	}
	if negative && cents != 0 {
		return 0, "negative amount"
	}
	return cents, ""
}

// parseInteger reads a whole number; decimals that are zeros are allowed,
// since spreadsheets write them.
func parseInteger(s string) (n int64, why string) {
	rest, negative := strings.CutPrefix(s, "-")
	if !negative {
		rest = strings.TrimPrefix(rest, "+")
	}
	whole, fraction, point := strings.Cut(rest, ".")
	if !allDigits(whole) || (point && (fraction == "" || strings.Trim(fraction, "0") != "")) {
		return 0, "not a whole number"
	}
	whole = strings.TrimLeft(whole, "0")
	if len(whole) > 18 {
		return 0, "number out of range"
	}
	for i := range len(whole) {
		n = n*10 + int64(whole[i]-'0')
	}
	if negative {
		n = -n
	}
	return n, ""
}

// parseSmall reads a whole number of 32 bits.
func parseSmall(s string) (n int64, why string) {
	if n, why = parseInteger(s); why == "" && int64(int32(n)) != n {
		return 0, "number out of range"
	}
	return n, why
}

func allDigits(s string) bool {
	for i := range len(s) {
		if !isDigit(s[i]) {
			return false
		}
	}
	return s != ""
}

// parseFlag reads a flag as 0 or 1.
func parseFlag(s string) (n int64, why string) {
	yes, ok := parseBool(s)
	switch {
	case !ok:
		return 0, "neither true nor false"
	case yes:
		return 1, ""
	default:
		return 0, ""
	}
}

// parseBool reads a flag.
func parseBool(s string) (value, ok bool) {
	switch s {
	case "true", "1", "TRUE", "True", "t", "yes", "y", "Y", "是":
		return true, true
	case "false", "0", "FALSE", "False", "f", "no", "n", "N", "否":
		return false, true
	default:
		return false, false
	}
}

// parseList reads a JSON array or a |-separated list and joins it with |.
// Elements are trimmed, empty ones left out; a | within one separates.
func parseList(s string) (joined, why string) {
	if !strings.ContainsAny(s, "[|") {
		return s, ""
	}
	if strings.HasPrefix(s, "[") {
		var items []any
		d := json.NewDecoder(strings.NewReader(s))
		d.UseNumber()
		switch err := d.Decode(&items); {
		case err == nil && !d.More():
			return joinItems(items)
		case strings.HasPrefix(s, `["`):
			return "", "not a JSON array"
		}
	}
	return joinParts(strings.Split(s, "|")), ""
}

func joinItems(items []any) (string, string) {
	var parts []string
	for _, item := range items {
		switch v := item.(type) {
		case nil:
		case string:
			parts = append(parts, strings.Split(v, "|")...)
		case json.Number:
			parts = append(parts, v.String())
		default:
			return "", "list with elements that are no text"
		}
	}
	return joinParts(parts), ""
}

func joinParts(parts []string) string {
	kept := parts[:0]
	for _, p := range parts {
		if p = strings.TrimSpace(p); p != "" {
			kept = append(kept, p)
		}
	}
	return strings.Join(kept, "|")
}

// storable makes free text fit for UTF-8 columns everywhere: what is no UTF-8,
// and the zero byte, becomes the replacement character.
func storable(s string) string {
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\uFFFD")
	}
	if strings.IndexByte(s, 0) >= 0 {
		s = strings.ReplaceAll(s, "\x00", "\uFFFD")
	}
	return s
}

// countRunes counts the characters of UTF-8, eight bytes at once: every byte but
// those that continue one, which begin with the bits 10.
func countRunes(s string) int64 {
	const ones = 0x0101010101010101
	n, at := len(s), 0
	for ; at+8 <= len(s); at += 8 {
		x := uint64(s[at]) | uint64(s[at+1])<<8 | uint64(s[at+2])<<16 | uint64(s[at+3])<<24 |
			uint64(s[at+4])<<32 | uint64(s[at+5])<<40 | uint64(s[at+6])<<48 | uint64(s[at+7])<<56
		n -= bits.OnesCount64(x >> 7 & ^(x >> 6) & ones)
	}
	for ; at < len(s); at++ {
		if s[at]&0xc0 == 0x80 {
			n--
		}
	}
	return int64(n)
}
