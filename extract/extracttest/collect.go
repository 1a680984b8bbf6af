package extracttest

import (
	"maps"
	"strings"

	"kefu/extract"
	"kefu/extract/dataset"
)

// Collected is a sink that keeps the latest version of every row.
type Collected struct {
	rows     map[string]map[string]Row // by dataset and key
	Counts   map[string]*Count
	Rejects  []extract.Reject
	Warnings []extract.Warning
}

// Count accounts for the rows of a dataset.
type Count struct{ Read, Accepted, Merged, Skipped, Rejected int }

var _ extract.Sink = (*Collected)(nil)

// NewCollected returns an empty sink.
func NewCollected() *Collected {
	return &Collected{rows: map[string]map[string]Row{}, Counts: map[string]*Count{}}
}

// Rows returns the latest rows of a dataset by key.
func (c *Collected) Rows(name string) map[string]Row { return maps.Clone(c.rows[name]) }

func (c *Collected) count(name string) *Count {
	if c.Counts[name] == nil {
		c.Counts[name] = &Count{}
	}
	return c.Counts[name]
}

// Read implements extract.Sink.
func (c *Collected) Read(name string, lines int) { c.count(name).Read += lines }

// Merge implements extract.Sink.
func (c *Collected) Merge(name string, _ int) { c.count(name).Merged++ }

// Skip implements extract.Sink.
func (c *Collected) Skip(name, _ string, _ int) { c.count(name).Skipped++ }

// Warn implements extract.Sink.
func (c *Collected) Warn(w extract.Warning) { c.Warnings = append(c.Warnings, w) }

// Reject implements extract.Sink.
func (c *Collected) Reject(r extract.Reject) error {
	c.count(r.Dataset).Rejected++
	c.Rejects = append(c.Rejects, r)
	return nil
}

// Accept implements extract.Sink.
func (c *Collected) Accept(r extract.Record) error {
	c.count(r.Dataset).Accepted++
	schema := dataset.ByName(r.Dataset)
	row := Row{}
	for i, v := range r.Values {
		if v != "" {
			row[schema.Columns[i].Name] = strings.Clone(v)
		}
	}
	if c.rows[r.Dataset] == nil {
		c.rows[r.Dataset] = map[string]Row{}
	}
	key := row.key(schema)
	if old := c.rows[r.Dataset][key]; old != nil && old.At("updated_at").After(row.At("updated_at")) {
		return nil
	}
	c.rows[r.Dataset][key] = row
	return nil
}
