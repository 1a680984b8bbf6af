// Package compute owns the way from changed input to changed KPIs: which rows
// changed, which buyers they name, which days the facts of those buyers change,
// and the models run over just that. Nothing it does is visible to others: the
// result is a set of staged data files that the caller commits and publishes.
package compute

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"kefu/extract/lake"
	"kefu/transform/model"
	"kefu/transform/rule"
)

// Engine is what compute asks of an SQL engine. Statements run one at a time
// in one session, so temporary tables and views stay.
type Engine interface {
	Exec(ctx context.Context, statements string, args ...any) error
	Query(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	Append(ctx context.Context, table string, rows [][]any) error
}

// Store tells where data files that are not committed yet are written.
type Store interface {
	// NewFilePath names a new file of the table and partition.
	NewFilePath(table, partition string) string
	// Ensure makes or evolves a table and returns its columns with their ids.
	Ensure(ctx context.Context, spec lake.Spec) (lake.Spec, error)
	// Seal makes written files durable.
	Seal(paths ...string) error
}

// ShopKey names a shop.
type ShopKey struct {
	Platform string `json:"platform"`
	Shop     string `json:"shop"`
}

// String returns platform/shop.
func (k ShopKey) String() string { return k.Platform + "/" + k.Shop }

// Shop is a shop of the configuration.
type Shop struct {
	ShopKey
	Name     string
	Timezone string
	// The last business days up to which messages and orders are said to be
	// complete, though their rows may end earlier; zero = as far as they go.
	ChatsUntil, OrdersUntil time.Time
}

// reach spells what is said of how far the shop's data are complete; "" = nothing.
func (s Shop) reach() string {
	if s.ChatsUntil.IsZero() && s.OrdersUntil.IsZero() {
		return ""
	}
	return "chats until " + day(s.ChatsUntil) + ", orders until " + day(s.OrdersUntil)
}

func day(t time.Time) string {
	if t.IsZero() {
		return "their last"
	}
	return t.Format(time.DateOnly)
}

// Known is what the latest publication of a shop was computed from.
type Known struct {
	Inputs map[string]int64 `json:"inputs"` // dataset → snapshot
	Facts  string           `json:"facts"`  // fingerprint of the shop and buyer models
	Days   string           `json:"days"`   // fingerprint of the day models
	Window string           `json:"window"` // fingerprint of the window models
	Reach  string           `json:"reach"`  // what was said of how far its data are complete
	Full   string           `json:"full"`   // fingerprint of the full models, of the shops and of the small relations
}

// Equal tells whether nothing changed between the two.
func (k Known) Equal(o Known) bool {
	return maps.Equal(k.Inputs, o.Inputs) && k.Facts == o.Facts && k.Days == o.Days && k.Window == o.Window && k.Reach == o.Reach && k.Full == o.Full
}

// RelationColumn is a column of a Relation.
type RelationColumn struct{ Name, Type string }

// Relation is a small table of Go values that models read.
type Relation struct {
	Name    string
	Columns []RelationColumn
	Rows    [][]any // DECIMAL values as text
}

// Force asks for days to be computed anew although nothing changed.
type Force struct {
	Shop     *ShopKey // nil = every shop
	From, To time.Time
	Scope    model.Scope // from the models of this scope on, which read what is published; "" = everything
}

// Input is all that a computation depends on.
type Input struct {
	Shops     []Shop
	Others    []Shop                                                    // further shops, whose rows stay as they are
	Current   map[string][]lake.File                                    // dataset → files now
	Snapshots map[string]int64                                          // dataset → snapshot of Current
	FilesAt   func(dataset string, snapshot int64) ([]lake.File, error) // files of an older snapshot
	// TimesAt tells the ranges of dates and instants in the files of a snapshot,
	// by path and column; nil = they are read.
	TimesAt   func(dataset string, snapshot int64) (map[string]map[string]lake.TimeRange, error)
	Marts     map[string][]lake.File // stored model, or table of locks → files of the latest publication
	Locks     Locks                  // days whose published numbers stay
	Known     map[ShopKey]Known
	Rules     *rule.Set
	Relations []Relation
	Forced    []Force
	// Edits changes rows before anything reads them, for what-ifs: dataset → a
	// select of its columns in which {rows} stands for its rows.
	Edits     map[string]string
	Values    bool      // also list which KPI values change
	DaysOnly  bool      // stop after the days: no windows, no small tables, no checks, nothing to stage
	ChunkRows int64     // messages and orders that one chunk reads; 0 = 4 million
	Calendar  *Calendar // of Current; nil = it is looked up
	Copied    bool      // take the rows of the shops out of the lake once; for shops that make one chunk
	Shelf     Shelf     // keeps what chunks give; nil = the engine does, as long as this computation lasts
	Progress  func(model string, done, total int)
}

// Reason says why something is computed.
type Reason struct {
	Shop   ShopKey `json:"shop"`
	Kind   string  `json:"kind"` // first_run, data, rule, model, definitions, horizon, forced
	Detail string  `json:"detail"`
	Rows   int64   `json:"rows"`
	// Sources that the changed rows came from, before and after, of data.
	Sources []string     `json:"sources,omitempty"`
	Rules   []RuleChange `json:"rules,omitempty"` // of rule
	From    string       `json:"from,omitempty"`
	To      string       `json:"to,omitempty"`
}

// RuleChange is another value of a rule on days that are computed already.
type RuleChange struct {
	Rule string `json:"rule"`
	Old  string `json:"old"` // "" = none
	New  string `json:"new"`
	From string `json:"from"` // first and last of the days
	To   string `json:"to"`
	Days int    `json:"days"`
}

// Scope is what of a shop is computed anew.
type Scope struct {
	Shop    ShopKey `json:"shop"`
	Buyers  int64   `json:"buyers"`  // whose facts are
	Days    Span    `json:"days"`    // business days
	Windows Span    `json:"windows"` // as-of days of windows
}

// Span is a number of days from one to another, not all of them where the
// number is less.
type Span struct {
	From string `json:"from,omitempty"`
	To   string `json:"to,omitempty"`
	Days int    `json:"days"`
}

// Range is a span of days of one shop.
type Range struct {
	Shop ShopKey `json:"shop"`
	From string  `json:"from"`
	To   string  `json:"to"`
	Days int     `json:"days"`
}

// ModelResult is what a model did.
type ModelResult struct {
	Name    string  `json:"name"`
	Rows    int64   `json:"rows"`    // rows computed
	Changed int64   `json:"changed"` // rows that differ from the published ones, before and after
	Ranges  []Range `json:"ranges"`
	Seconds float64 `json:"seconds"`
}

// CheckResult is the outcome of one check for one shop.
type CheckResult struct {
	Name       string  `json:"name"`
	Model      string  `json:"model"`
	Shop       ShopKey `json:"shop"`
	Status     string  `json:"status"` // ok, warning, failed
	Violations int64   `json:"violations"`
	Sample     string  `json:"sample,omitempty"`
}

// StagedTable is the set of files a table is to hold.
type StagedTable struct {
	Model   *model.Model // nil for rule_day
	Name    string
	Files   []lake.File
	Changed []string // partitions that are new, changed or gone
}

// Result is a computation that waits to be committed.
type Result struct {
	Reasons []Reason
	Scopes  []Scope
	Models  []ModelResult
	Checks  []CheckResult
	Values  []ValueChange
	Failed  []ShopKey // shops that keep their old numbers
	Tables  []StagedTable
	Known   map[ShopKey]Known
	Changed bool // whether any published number changes
}

// Computer runs computations on one engine.
type Computer struct {
	engine Engine
	store  Store
	graph  *model.Graph
	bound  map[string]string // relation → "table" or "view", as it stands in the engine
}

// New returns a computer.
func New(engine Engine, store Store, graph *model.Graph) *Computer {
	return &Computer{engine: engine, store: store, graph: graph, bound: map[string]string{}}
}

// Inputs names the relations that models may read besides each other.
func Inputs(relations ...string) []string {
	out := []string{"shops", "rule_day", "days"}
	for _, s := range datasets() {
		out = append(out, s.Name)
	}
	return append(out, relations...)
}

// run is one computation under way.
type run struct {
	*Computer
	in     Input
	out    *Result
	deltas map[string]delta // stored model → what changed
	cols   map[string][]lake.Column
	kept   map[string][]string // stored model → what each chunk gave: files on the shelf, or tables
	scope  []ShopKey           // the rows of scope_shops
	whole  []ShopKey           // those of full_shops

	sealing errgroup.Group // files that are written, on their way to be durable
}

// delta tells how the rows in scope of a model differ from the published ones.
type delta struct {
	rows   int64
	months []string // partitions touched; [""] for unpartitioned tables
	ranges []Range  // days touched, of partitioned ones
}

// defaultChunkRows bounds a chunk where the caller does not.
const defaultChunkRows = 4_000_000

// Computation is one that is computed and checked, but not staged.
type Computation struct{ run *run }

// Run computes what the input asks for and stages it.
func (c *Computer) Run(ctx context.Context, in Input) (*Result, error) {
	done, err := c.Compute(ctx, in)
	if err != nil {
		return nil, err
	}
	return done.Stage(ctx, in.Marts)
}

// beyondDays are the steps that a computation of days only leaves out.
var beyondDays = []string{"compute windows", "measure what is computed", "compute dimensions", "check"}

// Compute computes what the input asks for and checks it.
func (c *Computer) Compute(ctx context.Context, in Input) (*Computation, error) {
	r := &run{Computer: c, in: in, out: &Result{Known: map[ShopKey]Known{}}, deltas: map[string]delta{}, cols: map[string][]lake.Column{}, kept: map[string][]string{}}
	if in.ChunkRows == 0 {
		r.in.ChunkRows = defaultChunkRows
	}
	steps := []struct {
		doing string
		do    func(context.Context) error
	}{
		{"drop what was computed before", r.dropParts},
		{"bind the lake", r.bindLake},
		{"compare the lake with what was published", r.findChanges},
		{"compute shop models", r.computeShopModels},
		{"find the buyers that changed", r.findBuyers},
		{"compute the facts of buyers", r.computeBuyerModels},
		{"compute days", r.computeDayModels},
		{"compute windows", r.computeWindowModels},
		{"measure what is computed", r.measureScopes},
		{"compare KPI values", r.valueChanges},
		{"compute dimensions", r.computeFullModels},
		{"check", r.audit},
	}
	for i, s := range steps {
		if in.DaysOnly && slices.Contains(beyondDays, s.doing) {
			continue
		}
		if err := s.do(ctx); err != nil {
			return nil, fmt.Errorf("%s: %w", s.doing, err)
		}
		if i == 2 && len(r.out.Reasons) == 0 {
			break // nothing changed for any shop
		}
	}
	return &Computation{r}, nil
}

// Result is what was found so far: nothing of it is staged.
func (c *Computation) Result() *Result { return c.run.out }

// Stage writes the partitions that differ from the published ones. The marts
// are those of the latest publication: where other shops were published since
// the computation began, their new rows are carried over.
func (c *Computation) Stage(ctx context.Context, marts map[string][]lake.File) (*Result, error) {
	r := c.run
	if len(r.out.Reasons) == 0 {
		return r.out, nil
	}
	if r.in.DaysOnly {
		return nil, errors.New("the computation stopped after the days: there is nothing whole to stage")
	}
	r.in.Marts = marts
	if err := r.stage(ctx); err != nil {
		return nil, fmt.Errorf("write staged files: %w", err)
	}
	return r.out, nil
}
