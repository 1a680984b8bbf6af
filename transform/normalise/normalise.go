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
	// is released when the call returns: Retain what is kept, and clone texts that
	// outlive it, for with a Stock its memory is written over.
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
	// BatchRows is how many rows make a batch, or some more where they come
	// together; 0 = 65536.
	BatchRows int
	// Stock is where the memory of batches comes from and goes back to when they
	// are released; nil leaves it to the garbage collector.
	Stock *Stock
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
// concurrent use, but for what Type says. Memory is bounded by the batches and
// caches, apart from up to 24 bytes for each message of the file that came
// without an id, and as many for each buyer.
type Normaliser struct {
	opts   Options
	out    Output
	typist *typist
	hasher *hasher
	tables map[string]*table
	masks  *table // of the internal dataset buyers, nil until there is one
	masked *block // its rows at hand
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
	return &Normaliser{
		opts: opts, out: out, typist: newTypist(opts), hasher: h,
		tables: map[string]*table{}, noLines: make([]int, blockRows),
	}, nil
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
	rows, err := n.Type(recs)
	if err != nil {
		return err
	}
	return n.Take(rows)
}

// Type does the first half of AcceptAll. It may run in one goroutine while another
// takes what was typed before, in the order in which it was typed. The records
// must stay as they are until then. An error says that they do not fit their schema.
func (n *Normaliser) Type(recs *extract.Records) (Typed, error) { return n.typist.typed(recs) }

// Take does the second half of AcceptAll. An error is that of the output.
func (n *Normaliser) Take(rows Typed) error {
	from := 0
	for _, b := range rows.blocks {
		next := from + b.rows
		if err := n.take(b, rows.recs, from); err != nil {
			return err
		}
		from = next
		b.leave()
	}
	return nil
}

// take rejects or appends the rows of a block, which are records from one on.
func (n *Normaliser) take(b *block, recs *extract.Records, from int) error {
	t := n.table(b.layout)
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
	if b.rows == 0 {
		return nil
	}
	n.identify(b)
	t.digest(n, b)
	n.finish(b)
	n.note(b)
	t.append(n, b)
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
func (n *Normaliser) note(b *block) {
	for _, m := range b.times {
		c := &b.columns[m.index]
		if m.until || c.count == 0 {
			continue
		}
		for row, there := range c.there[:b.rows] {
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
	n.tables, n.masks = nil, nil
	return res, nil
}

func (n *Normaliser) table(l *layout) *table {
	t := n.tables[l.source.Name]
	if t == nil {
		t = newTable(l, &n.opts)
		n.tables[l.source.Name] = t
	}
	return t
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
