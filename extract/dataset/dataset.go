// Package dataset owns the canonical datasets: the one description of their
// columns, keys and event times that every stage works by. It imports nothing
// of ours.
package dataset

import "slices"

// Type is the canonical type of a column.
type Type int

// The types of canonical columns. All are scalar.
const (
	String  Type = iota // UTF-8 text, ids included
	Instant             // UTC, microseconds, no zone
	Date                // calendar or business date
	Money               // DECIMAL(18,2), yuan
	Integer             // 32-bit
	Long                // 64-bit
	Boolean
)

// SQL returns the engine's spelling of the type.
func (t Type) SQL() string {
	switch t {
	case Instant:
		return "TIMESTAMP"
	case Date:
		return "DATE"
	case Money:
		return "DECIMAL(18,2)"
	case Integer:
		return "INTEGER"
	case Long:
		return "BIGINT"
	case Boolean:
		return "BOOLEAN"
	default:
		return "VARCHAR"
	}
}

// Column is one column of a dataset as a source delivers it.
type Column struct {
	Name     string
	Type     Type
	Required bool     // a row without it is rejected
	Enum     []string // allowed values; nil = any
	Open     bool     // other values are kept as "other", the original in raw_<name>
	Signed   bool     // an amount that may be below 0
	List     bool     // a JSON array or |-separated list, stored |-joined
	Literal  bool     // the word "null" is a value, not a missing one
}

// Schema describes one dataset.
type Schema struct {
	Name      string
	Mutable   bool     // the latest version of a key wins; else a repeated key must repeat its content
	Key       []string // after (platform, shop_id)
	EventTime string   // column that event_date is derived from; "" = not partitioned by date
	Bucket    string   // column whose hash spreads the rows over partitions; "" = none
	Columns   []Column // as delivered, without platform and shop_id
	Derived   []Column // added by normalisation, after Columns
	Internal  bool     // made by normalisation, never read from a source
}

// Column returns the delivered column of that name and its index, or nil and -1.
func (s *Schema) Column(name string) (*Column, int) {
	i := slices.IndexFunc(s.Columns, func(c Column) bool { return c.Name == name })
	if i < 0 {
		return nil, -1
	}
	return &s.Columns[i], i
}

// Stored lists the columns of the dataset's lake table in order: platform,
// shop_id, event_date where there is an event time, the delivered and derived
// columns, then the bookkeeping. Of that, own_latest_at decides between versions
// of a row, so it is empty in datasets that are not Mutable.
func (s *Schema) Stored() []Column {
	out := []Column{{Name: "platform", Required: true}, {Name: "shop_id", Required: true}}
	if s.EventTime != "" {
		out = append(out, Column{Name: "event_date", Type: Date, Required: true})
	}
	out = append(out, s.Columns...)
	out = append(out, s.Derived...)
	return append(out,
		Column{Name: "digest", Type: Long, Required: true},
		Column{Name: "own_latest_at", Type: Instant},
		Column{Name: "source_file"},
		Column{Name: "source_line", Type: Long},
	)
}

// Platforms lists the values that a platform column may have.
func Platforms() []string {
	return []string{"taobao", "tmall", "jd", "kuaishou", "doudian", "pdd", "other"}
}

// ByName returns the schema of that dataset, or nil.
func ByName(name string) *Schema {
	for i := range schemas {
		if schemas[i].Name == name {
			return &schemas[i]
		}
	}
	return nil
}

// All returns the fifteen datasets that sources deliver, in documentation order.
func All() []*Schema { return list(false) }

// Internals returns the datasets that normalisation makes by itself.
func Internals() []*Schema { return list(true) }

func list(internal bool) []*Schema {
	var out []*Schema
	for i := range schemas {
		if schemas[i].Internal == internal {
			out = append(out, &schemas[i])
		}
	}
	return out
}
