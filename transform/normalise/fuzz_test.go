package normalise

import (
	"math/big"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// FuzzTime holds the reader of times against the standard library.
func FuzzTime(f *testing.F) {
	for _, s := range []string{"2026-01-02 11:22:33", "2026/1/2 9:05", "2026-01-02", "2026-01-02T11:22:33.123456+08:00", "2026-02-30", "0000-00-00 00:00:00"} {
		f.Add(s)
	}
	loc, err := time.LoadLocation("America/New_York")
	if err != nil {
		f.Fatal(err)
	}
	z := newZone(loc)
	f.Fuzz(func(t *testing.T, s string) {
		got, why := z.parseInstant(s)
		if std, err := time.ParseInLocation("2006-01-02 15:04:05", s, loc); err == nil && len(s) == 19 && why == "" {
			wall := time.UnixMicro(got).In(loc).Format("2006-01-02 15:04:05")
			if wall != s {
				t.Fatalf("%q became %s, the library says %s", s, wall, std)
			}
		}
		if std, err := time.Parse(time.RFC3339, s); err == nil && why == "" && !strings.Contains(s, ",") && got != std.UnixMicro() {
			t.Fatalf("%q became %d, want %d", s, got, std.UnixMicro())
		}
		if why != "" {
			return
		}
		if year := time.UnixMicro(got).In(loc).Year(); year < 2000 || year > 2099 {
			t.Fatalf("%q is year %d", s, year)
		}
	})
}

// FuzzMoney holds amounts against exact rationals.
func FuzzMoney(f *testing.F) {
	for _, s := range []string{"12.30", "0", "-1", "1e3", ".5", "5.", "1,200", "+7.1", "00012.3400", "9999999999999999.99"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		cents, why := parseMoney(s)
		if why != "" {
			return
		}
		want, ok := new(big.Rat).SetString(s)
		if !ok || strings.ContainsAny(s, "eE/_xXpP") {
			t.Fatalf("%q is no amount", s)
		}
		if want.Cmp(big.NewRat(cents, 100)) != 0 {
			t.Fatalf("%q became %d hundredths", s, cents)
		}
	})
}

// FuzzID checks that ids come out clean and stay as they are a second time.
func FuzzID(f *testing.F) {
	for _, s := range []string{`="1234567890123456789"`, "'12", "\t12", "1.23457E+18", "e\u0301", "null", "=\"", "''", " 'null", "买家甲"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		id, why := cleanID(s)
		if why != "" || id == "" {
			return
		}
		if !utf8.ValidString(id) || strings.TrimSpace(id) != id || strings.ContainsAny(id, "\x00\t\r\n") {
			t.Fatalf("%q became %q", s, id)
		}
		if again, why := cleanID(id); again != id || why != "" {
			t.Fatalf("%q became %q, then %q (%s)", s, id, again, why)
		}
	})
}

// FuzzList checks that lists come out without empty elements and blanks.
func FuzzList(f *testing.F) {
	for _, s := range []string{`["a","b"]`, "a|b", "|", "[红旗]", `["a|b"]`, "[1,2]"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		list, why := parseList(cellText(s))
		if why != "" || list == "" {
			return
		}
		for part := range strings.SplitSeq(list, "|") {
			if part == "" || strings.TrimSpace(part) != part {
				t.Fatalf("%q became %q", s, list)
			}
		}
	})
}

// TestOrdinals holds the table of fingerprints against a map.
func TestOrdinals(t *testing.T) {
	var o ordinals
	want := map[uint64]uint32{}
	k := uint64(0)
	for i := range 20000 {
		if got := o.next(k); got != want[k] {
			t.Fatalf("fingerprint %d: got %d, want %d", k, got, want[k])
		}
		want[k]++
		if i == 0 { // 0 shares its place with 1
			want[1], k = want[0], 2
			continue
		}
		k = 2 + (k*6364136223846793005+1442695040888963407)%9000
	}
}

// FuzzRunes holds counting characters against the library, of texts as they are
// made fit to be stored.
func FuzzRunes(f *testing.F) {
	for _, s := range []string{"", "在吗", "hello, 世界 and more", "\xff\xfe", "😀😀😀", "\x00a"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		s = storable(s)
		if !utf8.ValidString(s) || strings.Contains(s, "\x00") {
			t.Fatalf("%q is not fit to be stored", s)
		}
		if got, want := countRunes(s), int64(utf8.RuneCountInString(s)); got != want {
			t.Fatalf("%q has %d characters, got %d", s, want, got)
		}
	})
}
