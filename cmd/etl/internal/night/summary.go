package night

import (
	"slices"
	"time"

	"kefu/cmd/etl/internal/pull"
	"kefu/extract/ledger"
	"kefu/transform/compute"
)

// Summary is what a run did, as `etl run --json` prints it.
type Summary struct {
	RunID       string                `json:"run_id"`
	Status      string                `json:"status"`
	Seconds     float64               `json:"seconds"`
	Sources     []SourceSummary       `json:"sources"`
	Ingest      IngestSummary         `json:"ingest"`
	Replay      *ReplaySummary        `json:"replay,omitempty"` // where rejected rows were read once more
	Reasons     []compute.Reason      `json:"reasons"`
	Scopes      []compute.Scope       `json:"scopes"` // what is computed anew
	Models      []compute.ModelResult `json:"models"`
	Checks      []compute.CheckResult `json:"checks"`
	Values      []compute.ValueChange `json:"values,omitempty"`
	Publication string                `json:"publication,omitempty"`
	Load        []LoadSummary         `json:"load"`
	Locks       []LockSummary         `json:"locks,omitempty"` // where they changed
	Errors      []string              `json:"errors,omitempty"`
	Shops       []ShopSummary         `json:"shops,omitempty"` // how far they reach, where alerts are configured
	Alerts      []AlertSummary        `json:"alerts,omitempty"`
	Backfill    *BackfillSummary      `json:"backfill,omitempty"`

	startedAt time.Time
}

// BackfillSummary is what a backfill did beside what every run tells.
type BackfillSummary struct {
	Parallel int            `json:"parallel"`
	Shops    []ShopOutcome  `json:"shops"`
	Chunks   []ChunkSummary `json:"chunks"` // in the order in which they were done
}

// ShopOutcome says what became of a shop.
type ShopOutcome struct {
	Shop   string `json:"shop"`
	Range  string `json:"range"`
	Status string `json:"status"` // done, failed, interrupted; known: done by an earlier run
	Error  string `json:"error,omitempty"`
}

// ChunkSummary says what became of a chunk.
type ChunkSummary struct {
	Shops string `json:"shops"` // joined by a comma
	compute.Chunk
	Status  string  `json:"status"` // computed; found: an earlier run computed it
	Rows    int64   `json:"rows"`   // rows that it gave
	Seconds float64 `json:"seconds"`
}

// newSummary begins a summary whose lists are lists also where they stay empty.
func newSummary() *Summary {
	return &Summary{Status: string(ledger.Running), Sources: []SourceSummary{}, Reasons: []compute.Reason{}, Scopes: []compute.Scope{},
		Models: []compute.ModelResult{}, Checks: []compute.CheckResult{}, Load: []LoadSummary{}}
}

// computed takes over what a computation tells, beside what others told.
func (s *Summary) computed(result *compute.Result) {
	s.Reasons = append(s.Reasons, result.Reasons...)
	s.Scopes = append(s.Scopes, result.Scopes...)
	s.Values = append(s.Values, result.Values...)
	for _, m := range result.Models {
		i := slices.IndexFunc(s.Models, func(o compute.ModelResult) bool { return o.Name == m.Name })
		if i < 0 {
			i = len(s.Models)
			s.Models = append(s.Models, compute.ModelResult{Name: m.Name, Ranges: []compute.Range{}})
		}
		s.Models[i].Rows += m.Rows
		s.Models[i].Changed += m.Changed
		s.Models[i].Seconds += m.Seconds
		s.Models[i].Ranges = append(s.Models[i].Ranges, m.Ranges...)
	}
	for _, c := range result.Checks {
		if c.Status != "ok" || !slices.Contains(s.Checks, c) {
			s.Checks = append(s.Checks, c)
		}
	}
}

// SourceSummary accounts for the lines of one source.
type SourceSummary struct {
	Name       string        `json:"name"`
	Shop       string        `json:"shop"`
	Files      int           `json:"files"` // read in this run
	Known      int           `json:"known"` // skipped, for their content was read before
	Failed     int           `json:"failed"`
	Replaced   int           `json:"replaced,omitempty"` // files that gave way to a newer version
	Gone       int64         `json:"gone,omitempty"`     // rows of those that no file holds any more
	Read       int64         `json:"read"`
	Accepted   int64         `json:"accepted"`
	Merged     int64         `json:"merged"`
	Duplicates int64         `json:"duplicates"`
	Skipped    int64         `json:"skipped"`
	Rejected   int64         `json:"rejected"`
	Due        []pull.Due    `json:"due,omitempty"` // of a plan: what a run would ask the platform for
	Warnings   []string      `json:"warnings,omitempty"`
	Pull       *PullSummary  `json:"pull,omitempty"` // of a platform's API
	Details    []FileSummary `json:"details,omitempty"`
}

// FileSummary accounts for one file.
type FileSummary struct {
	Name     string                   `json:"name"`
	Why      string                   `json:"why,omitempty"`
	Error    string                   `json:"error,omitempty"`
	Datasets map[string]ledger.Counts `json:"datasets,omitempty"`
}

// IngestSummary says how much entered the lake.
type IngestSummary struct {
	Rows    int64    `json:"rows"` // lines read
	Seconds float64  `json:"seconds"`
	Changed []string `json:"changed,omitempty"` // datasets that changed
}

// LoadSummary says what a load did.
type LoadSummary struct {
	Warehouse string  `json:"warehouse"`
	Status    string  `json:"status"` // done, failed
	Tables    int     `json:"tables"`
	Rows      int64   `json:"rows"`
	Seconds   float64 `json:"seconds"`
	Error     string  `json:"error,omitempty"`
}

func (s *SourceSummary) add(counts map[string]ledger.Counts) {
	for _, c := range counts {
		s.Read += c.Read
		s.Accepted += c.Accepted
		s.Merged += c.Merged
		s.Duplicates += c.Duplicates
		s.Rejected += c.Rejected
		for _, n := range c.Skipped {
			s.Skipped += n
		}
	}
}
