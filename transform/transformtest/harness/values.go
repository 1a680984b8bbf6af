package harness

import "kefu/transform/duckdb"

// decimal reads the text of an amount; what is no amount stays text, so that
// the engine complains of it.
func decimal(s string) any {
	d, err := duckdb.ParseDecimal(s, 18, 2)
	if err != nil {
		return s
	}
	return d
}
