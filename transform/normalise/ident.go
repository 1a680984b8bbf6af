package normalise

import (
	"strings"
	"sync/atomic"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// derivePrefix marks an id that a preset composed of personal data; it is
// stored as an HMAC.
const derivePrefix = "derive:\x1f"

const idHint = "export ids as text; a spreadsheet that shows 1.23457E+18 has lost the digits"

// cleanID normalises an id: out of the wrappers that spreadsheets need
// (="…", a leading ' or tab), NFC, trimmed. An empty result is a missing id;
// why says what makes it unusable.
func cleanID(s string) (id, why string) {
	if s == "" {
		return "", ""
	}
	if !plainASCII(s) {
		s = unwrap(s)
		if !utf8.ValidString(s) {
			return "", "id that is not UTF-8"
		}
		s = strings.TrimSpace(norm.NFC.String(s))
		for i := range len(s) {
			if s[i] < ' ' || s[i] == 0x7f {
				return "", "id with control characters"
			}
		}
	}
	if s == "" || s == "null" {
		return "", ""
	}
	if scientific(s) {
		return "", "id in scientific notation"
	}
	return s, ""
}

// plainASCII tells an id that needs no work, as nearly all do.
func plainASCII(s string) bool {
	if s[0] == '=' || s[0] == '\'' {
		return false
	}
	for i := range len(s) {
		if s[i] <= ' ' || s[i] >= 0x7f {
			return false
		}
	}
	return true
}

// unwrap takes off blanks, ="…" and leading apostrophes until none is left.
func unwrap(s string) string {
	for {
		t := strings.TrimSpace(s)
		if inner, ok := strings.CutPrefix(t, `="`); ok && strings.HasSuffix(inner, `"`) {
			t = inner[:len(inner)-1]
		}
		t = strings.TrimPrefix(t, "'")
		if t == s {
			return s
		}
		s = t
	}
}

// scientific tells a number that lost its digits, such as 1.23457E+18. A bare
// 12E5 may be somebody's name: a point or a sign is needed.
func scientific(s string) bool {
	if !isDigit(s[0]) {
		return false
	}
	at := 1
	for at < len(s) && s[at]|0x20 != 'e' {
		at++
	}
	if at == len(s) {
		return false
	}
	whole, fraction, point := strings.Cut(s[:at], ".")
	exponent, sign := strings.CutPrefix(s[at+1:], "+")
	return allDigits(whole) && allDigits(exponent) && (!point || allDigits(fraction)) && (point || sign)
}

// identity is what is known of one account or buyer. The typist makes it and changes
// nothing afterwards; known and codes belong to who takes rows.
type identity struct {
	raw    string // as written
	id     string // normalised
	stored string // as the lake has it: of buyers the hash, or id in plain mode and for masks
	hashed string // of buyers the keyed hash, of masks the id
	masked bool
	why    string // why it is unusable
	known  *shop  // shop that this buyer was last written to `buyers` for

	codes [2]identityCode // in the batches at hand, as id and as stored
}

// text is what a column of buyers or of accounts holds of it.
func (e *identity) text(f form) string {
	if f == buyerForm {
		return e.stored
	}
	return e.id
}

// identityCode is the code that an identity has in a vector's dictionary.
type identityCode struct {
	words uint32 // which dictionary
	code  int32
}

// dictionaries counts those that identities may have codes in.
var dictionaries atomic.Uint32

// codeIn returns the code of the identity in a vector, as the text given.
func (e *identity) codeIn(v *vector, text string) int32 {
	at := &e.codes[0]
	if text != e.id {
		at = &e.codes[1]
	}
	if v.identity == 0 {
		v.identity = dictionaries.Add(1)
	}
	if at.words != v.identity {
		*at = identityCode{v.identity, v.words.Code(text)}
	}
	return at.code
}

// buyerIdentity normalises and hashes a buyer's id, of which it keeps parts.
func buyerIdentity(h *hasher, raw string) identity {
	id, why := cleanID(raw)
	if why != "" {
		return identity{why: why}
	}
	id = strings.TrimSpace(strings.TrimPrefix(id, "cntaobao"))
	if id == "" {
		return identity{}
	}
	e := identity{id: id, stored: id, hashed: id, masked: strings.Contains(id, "*")}
	if !e.masked {
		e.hashed = h.buyer(id)
	}
	if !h.plain {
		e.stored = e.hashed
	}
	return e
}

// agentIdentity normalises an account's id, of which it keeps parts; stored is
// how it would look as a buyer's.
func agentIdentity(h *hasher, raw string) identity {
	id, why := cleanID(raw)
	if why != "" || id == "" {
		return identity{why: why}
	}
	return identity{id: id, stored: buyerIdentity(h, id).stored}
}
