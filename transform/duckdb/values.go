package duckdb

import (
	"database/sql/driver"
	"fmt"
	"math/big"
	"strings"

	"github.com/duckdb/duckdb-go/v2"
)

// driverValue is what the appender takes.
type driverValue = driver.Value

// Decimal is an exact decimal as the driver gives and takes it.
type Decimal = duckdb.Decimal

// ParseDecimal reads an exact decimal such as -12.30 with the scale given.
func ParseDecimal(s string, width, scale uint8) (Decimal, error) {
	whole, fraction, _ := strings.Cut(s, ".")
	if len(fraction) > int(scale) {
		if strings.Trim(fraction[scale:], "0") != "" {
			return Decimal{}, fmt.Errorf("%q has more than %d decimals", s, scale)
		}
		fraction = fraction[:scale]
	}
	value, ok := new(big.Int).SetString(whole+fraction+strings.Repeat("0", int(scale)-len(fraction)), 10)
	if !ok {
		return Decimal{}, fmt.Errorf("%q is no decimal number", s)
	}
	return Decimal{Width: width, Scale: scale, Value: value}, nil
}
