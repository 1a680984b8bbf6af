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

	buyer *identity // of the row at hand, nil = none
	agent *identity
	scrap []byte
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
		hasher: h, buyers: newIdentities(h, buyerIdentity), agents: newIdentities(h, agentIdentity),
	}
	n.own = n.newShop(opts.Platform, opts.Shop, opts.Location)
	return n, nil
}

// Accept turns one record into a row or a reject. An error is not about the
// row: the output failed or the record does not fit its schema.
func (n *Normaliser) Accept(rec extract.Record) error {
	t, err := n.table(rec.Dataset)
	if err != nil {
		return err
	}
	if len(rec.Values) != len(t.source.Columns) {
		return fmt.Errorf("record of %s has %d values for %d columns", rec.Dataset, len(rec.Values), len(t.source.Columns))
	}
	s, p := n.shopOf(rec.Platform, rec.Shop)
	if p == nil {
		p = n.row(t, s, rec)
	}
	if p != nil {
		t.counts.Rejected++
		return n.out.Reject(extract.Reject{
			Dataset: rec.Dataset, Line: rec.Line, Column: p.column, Reason: p.reason, Hint: p.hint, Raw: rec.Raw,
		})
	}
	t.counts.Accepted++
	return n.flushFull(t)
}

// row parses, checks and appends one row.
func (n *Normaliser) row(t *table, s *shop, rec extract.Record) *problem {
	n.buyer, n.agent = nil, nil
	if p := t.parse(n, s, rec.Values); p != nil {
		return p
	}
	if t.check != nil {
		if p := t.check(n, t, s); p != nil {
			return p
		}
	}
	if p := t.require(); p != nil {
		return p
	}
	n.identify(t)
	digest := t.digest(n)
	if t.finish != nil {
		t.finish(n, t, s)
	}
	n.note(t)
	t.append(n, s, digest, rec.Line)
	return nil
}

// note keeps the latest time of the file.
func (n *Normaliser) note(t *table) {
	if at, ok := t.latest(false); ok && (!n.any || at > n.latest) {
		n.latest, n.any = at, true
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

func (n *Normaliser) flushFull(t *table) error {
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
