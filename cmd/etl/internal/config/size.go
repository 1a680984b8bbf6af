package config

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
)

// Size is a number of bytes.
type Size int64

var sizeForm = regexp.MustCompile(`(?i)^(\d+(?:\.\d+)?)\s*([KMGT]?)(i?)B$`)

var exponents = map[string]int{"": 0, "K": 1, "M": 2, "G": 3, "T": 4}

// ParseSize reads 512MB, 2GB, 1.5GiB.
func ParseSize(s string) (Size, error) {
	m := sizeForm.FindStringSubmatch(strings.TrimSpace(s))
	if m == nil {
		return 0, fmt.Errorf("read size %q: write 512MB, 2GB or 1.5GiB", s)
	}
	n, err := strconv.ParseFloat(m[1], 64)
	if err != nil {
		return 0, fmt.Errorf("read size %q: %w", s, err)
	}
	base := 1000.0
	if m[3] != "" {
		base = 1024
	}
	n *= math.Pow(base, float64(exponents[strings.ToUpper(m[2])]))
	if n > math.MaxInt64/2 {
		return 0, fmt.Errorf("read size %q: too large", s)
	}
	return Size(n), nil
}

// String writes the size in the largest unit that divides it.
func (s Size) String() string {
	for _, u := range []struct {
		unit string
		size Size
	}{{"GiB", 1 << 30}, {"GB", 1e9}, {"MiB", 1 << 20}, {"MB", 1e6}, {"KiB", 1 << 10}, {"KB", 1e3}} {
		if s >= u.size && s%u.size == 0 {
			return strconv.FormatInt(int64(s/u.size), 10) + u.unit
		}
	}
	return strconv.FormatInt(int64(s), 10) + "B"
}
