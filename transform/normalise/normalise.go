// Package normalise owns the step from canonical rows as text to typed Arrow
// batches: times, money, ids, enums, defaults, the privacy of buyers and
// texts, and the rules that need a message's text. Every record becomes
// exactly one row or one reject.
package normalise

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/apache/arrow-go/v18/arrow"

	"kefu/extract"
	"kefu/extract/dataset"
)

// Output takes what normalisation makes. Both calls come from the goroutine
// that calls Accept or Finish.
type Output interface {
	// Batch takes rows of one dataset in the layout of Arrow(schema). The batch
	// is released when the call returns: Retain what is kept.
	Batch(dataset string, rows arrow.RecordBatch) error
	// Reject takes a row that cannot be used; its bytes are valid during the call.
	Reject(extract.Reject) error
}

// Privacy says what of a buyer may be stored.
type Privacy struct {
	Secret   []byte // key of every HMAC; needed in plain mode too (masks, derived ids)
	Plain    bool   // store buyer ids as they are, normalised
	KeepText bool   // store message texts
}

// Options describe one file or response of one shop.
type Options struct {
	Platform, Shop string
	Location       *time.Location // zone of the shop's wall clock
	SourceFile     string         // landing id, stored as source_file
	AsOf           time.Time      // as-of time that the file's name states; zero = none
	Privacy        Privacy
	// TextRules gives the text patterns in force; nil = none.
	TextRules TextRules
	// BusinessDate gives the business day of an instant (midnight UTC of that
	// date); nil = the shop's calendar date. It must depend on whole minutes only.
	BusinessDate func(platform, shop string, at time.Time) time.Time
	// ShopLocation finds a shop that a row names instead of the file's own;
	// nil accepts any shop, at Location.
	ShopLocation func(platform, shop string) (*time.Location, bool)
	// BatchRows is the size of the batches; 0 = 65536.
	BatchRows int
}

// Counts says what became of the records of one dataset.
type Counts struct{ Accepted, Rejected int }

// Result sums up a file.
type Result struct {
	// AsOf is the version of the file's mutable rows that carry no updated_at:
	// Options.AsOf, else the latest time that stands in an accepted row of the
	// file, else zero. Rows are emitted before the end of the file is known, so
	// their updated_at is null and the merge reads coalesce(updated_at, AsOf).
	// valid_to is left out, for it may lie in the future.
	AsOf     time.Time
	Datasets map[string]Counts
}

const (
	defaultBatchRows = 1 << 16
	maxBatchBytes    = 32 << 20
)

// Normaliser turns the records of one file into batches. It is not safe for
// concurrent use. Memory is bounded by the batches and caches, apart from
// up to 24 bytes for each message of the file that came without an id, and as
// many for each buyer.
type Normaliser struct {
	opts   Options
	out    Output
	tables map[string]*table
	last   *table
	masks  *table // of the internal dataset buyers, nil until there is one
	own    *shop
	shops  map[[2]string]*shop
	zones  map[*time.Location]*zone
	hasher *hasher
	buyers *identities
	agents *identities
	seen   ordinals
	latest int64 // latest microsecond in the accepted rows
	any    bool  // latest is set

	one     [1]int // line of a single record
	noLines []int  // of rows that no line stands behind
	scrap   []byte
}

// New makes a normaliser for one file.
func New(opts Options, out Output) (*Normaliser, error) {
	switch {
	case out == nil:
		return nil, errors.New("normaliser needs an output")
	case opts.Location == nil:
		return nil, errors.New("normaliser needs the time zone of the shop")
	case len(opts.Privacy.Secret) == 0:
		return nil, errors.New("normaliser needs the secret of the installation")
	case !slices.Contains(dataset.Platforms(), opts.Platform):
		return nil, fmt.Errorf("unknown platform %q", opts.Platform)
	case opts.Shop == "":
		return nil, errors.New("normaliser needs a shop")
	}
	if opts.BatchRows <= 0 {
		opts.BatchRows = defaultBatchRows
	}
	h := newHasher(opts.Privacy)
	n := &Normaliser{
		opts: opts, out: out,
		tables: map[string]*table{}, shops: map[[2]string]*shop{}, zones: map[*time.Location]*zone{},
		noLines: make([]int, blockRows), hasher: h, buyers: newIdentities(h, buyerIdentity), agents: newIdentities(h, agentIdentity),
	}
	n.own = n.newShop(opts.Platform, opts.Shop, opts.Location)
	return n, nil
}

// Accept turns one record into a row or a reject. An error is not about the
// row: the output failed or the record does not fit its schema.
func (n *Normaliser) Accept(rec extract.Record) error {
	n.one[0] = rec.Line
	recs := extract.Records{Dataset: rec.Dataset, Platform: rec.Platform, Shop: rec.Shop, Lines: n.one[:], Values: rec.Values, Raw: rec.Raw}
	if rec.Raw != nil {
		recs.Starts = n.noLines[:1]
	}
	return n.AcceptAll(&recs)
}

// AcceptAll turns each record into a row or a reject. An error is not about the
// rows: the output failed or the records do not fit their schema.
func (n *Normaliser) AcceptAll(recs *extract.Records) error {
	t, err := n.table(recs.Dataset)
	if err != nil {
		return err
	}
	rows, width := recs.Len(), len(t.columns)
	if len(recs.Values) != rows*width {
		return fmt.Errorf("%d records of %s have %d values for %d columns", rows, recs.Dataset, len(recs.Values), width)
	}
	s, p := n.shopOf(recs.Platform, recs.Shop)
	if p != nil {
		for row := range rows {
			if err := n.reject(t, recs, row, p); err != nil {
				return err
			}
		}
		return nil
	}
	for from := 0; from < rows; {
		to := min(rows, from+blockRows, from+n.opts.BatchRows-t.rows)
		if err := n.rows(t, s, recs, from, to); err != nil {
			return err
		}
		from = to
	}
	return nil
}

// rows types, checks and appends at most blockRows records.
func (n *Normaliser) rows(t *table, s *shop, recs *extract.Records, from, to int) error {
	b, width := &t.hand, len(t.columns)
	b.start(recs.Lines[from:to])
	t.parse(n, s, recs.Values[from*width:to*width])
	if t.check != nil {
		t.check(t)
	}
	t.require()
	if b.faulty > 0 {
		for row, p := range b.faults[:b.rows] {
			if p == nil {
				continue
			}
			if err := n.reject(t, recs, from+row, p); err != nil {
				return err
			}
		}
		b.drop()
	}
	n.identify(t)
	t.digest(n)
	if t.finish != nil {
		t.finish(n, t, s)
	}
	n.note(t)
	t.append(n, s)
	t.counts.Accepted += b.rows
	if t.full(n.opts.BatchRows) {
		if err := n.flush(t); err != nil {
			return err
		}
	}
	if n.masks != nil && n.masks.full(n.opts.BatchRows) {
		return n.flush(n.masks)
	}
	return nil
}

func (n *Normaliser) reject(t *table, recs *extract.Records, row int, p *problem) error {
	t.counts.Rejected++
	return n.out.Reject(extract.Reject{
		Dataset: recs.Dataset, Line: recs.Lines[row], Column: p.column, Reason: p.reason, Hint: p.hint, Raw: recs.RawOf(row),
	})
}

// note keeps the latest time of the file. Dates until which something holds are
// left out.
func (n *Normaliser) note(t *table) {
	for _, m := range t.times {
		c := &t.hand.columns[m.index]
		if m.until || c.count == 0 {
			continue
		}
		for row, there := range c.there[:t.hand.rows] {
			if at := c.numbers[row] * m.unit; there && (!n.any || at > n.latest) {
				n.latest, n.any = at, true
			}
		}
	}
}

// Finish emits what is left and sums up. The normaliser is spent afterwards.
func (n *Normaliser) Finish() (Result, error) {
	names := make([]string, 0, len(n.tables))
	for name := range n.tables {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if err := n.flush(n.tables[name]); err != nil {
			return Result{}, err
		}
	}
	res := Result{AsOf: n.opts.AsOf, Datasets: map[string]Counts{}}
	if res.AsOf.IsZero() && n.any {
		res.AsOf = time.UnixMicro(n.latest).UTC()
	}
	for name, t := range n.tables {
		if !t.source.Internal {
			res.Datasets[name] = t.counts
		}
	}
	n.tables, n.last, n.masks = nil, nil, nil
	return res, nil
}

func (n *Normaliser) table(name string) (*table, error) {
	if n.last != nil && n.last.source.Name == name {
		return n.last, nil
	}
	schema := dataset.ByName(name)
	if schema == nil || schema.Internal {
		return nil, fmt.Errorf("unknown dataset %q", name)
	}
	t := n.tables[name]
	if t == nil {
		t = newTable(schema, n)
		n.tables[name] = t
	}
	n.last = t
	return t, nil
}

func (n *Normaliser) flush(t *table) error {
	if t.rows == 0 {
		return nil
	}
	batch := t.take()
	defer batch.Release()
	if err := n.out.Batch(t.source.Name, batch); err != nil {
		return fmt.Errorf("emit rows of %s: %w", t.source.Name, err)
	}
	return nil
}
