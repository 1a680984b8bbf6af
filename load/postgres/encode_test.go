package postgres

import (
	"math/big"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/jackc/pgx/v5/pgtype"
	"pgregory.net/rapid"

	"kefu/load"
)

// read takes a value in COPY's binary form apart, as pgx does.
func read(t interface {
	Helper()
	Fatalf(string, ...any)
}, kind uint32, encoded []byte, into any) {
	t.Helper()
	if len(encoded) < 4 || int(encoded[3])|int(encoded[2])<<8 != len(encoded)-4 {
		t.Fatalf("length of % x", encoded)
	}
	if err := pgtype.NewMap().Scan(kind, pgtype.BinaryFormatCode, encoded[4:], into); err != nil {
		t.Fatalf("% x: %v", encoded, err)
	}
}

func TestDecimalsKeepEveryDigit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		digits := rapid.StringMatching(`-?[0-9]{1,38}`).Draw(t, "digits")
		scale := rapid.IntRange(0, 38).Draw(t, "scale")
		want, _ := new(big.Int).SetString(digits, 10)
		var got pgtype.Numeric
		read(t, pgtype.NumericOID, appendDecimal(nil, decimal128.FromBigInt(want), scale), &got)
		// Both as n × 10^-scale: pgx leaves trailing zeros out.
		shift := int(got.Exp) + scale
		if shift < 0 {
			t.Fatalf("%s × 10^-%d: digits behind the scale in %v × 10^%d", digits, scale, got.Int, got.Exp)
		}
		n := new(big.Int).Mul(got.Int, new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(shift)), nil))
		if n.Cmp(want) != 0 {
			t.Fatalf("%s × 10^-%d became %v × 10^%d", digits, scale, got.Int, got.Exp)
		}
	})
}

func TestTextsThatPostgreSQLCannotHold(t *testing.T) {
	for given, want := range map[string]string{
		"plain":         "plain",
		"zero\x00byte":  "zero\uFFFDbyte",
		"broken \xe5!":  "broken \uFFFD!",
		"\x00":          "\uFFFD",
		"it's a 客服 🙂\n": "it's a 客服 🙂\n",
	} {
		var got string
		read(t, pgtype.TextOID, appendText(nil, given), &got)
		if got != want {
			t.Errorf("%q became %q", given, got)
		}
	}
}

func TestValuesThatDoNotFitNameTheirColumn(t *testing.T) {
	for kind, value := range map[string]any{
		"INTEGER": int64(1) << 40, "BIGINT": "twelve", "DATE": "2026-02-30", "TIMESTAMP": "now", "BOOLEAN": 1, "VARCHAR": 3.5,
	} {
		_, err := appendValue(nil, load.Column{Name: "the_column", Type: kind}, value)
		if err == nil || !strings.Contains(err.Error(), "the_column") || !strings.Contains(err.Error(), kind) {
			t.Errorf("%v as %s: %v", value, kind, err)
		}
	}
}
