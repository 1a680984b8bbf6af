package night

import (
	"errors"

	"kefu/extract"
	"kefu/transform/normalise"
)

// taker is a sink that takes many rows at once, in two steps.
type taker interface {
	extract.Sink
	// Type does what can be done with rows before those ahead of them are taken,
	// beside the other calls. An error is that of the rows' place in the call of Take.
	Type(*extract.Records) (normalise.Typed, error)
	// Take takes rows that were typed; it does not keep slices of theirs.
	Take(*extract.Records, normalise.Typed) error
}

// relay hands what a reader finds to a sink in the order in which it was found,
// and in goroutines of its own: so the next rows are read while the last are typed,
// and those before these are taken. Rows of one dataset that follow each other are
// handed on together, after all lines that were read for them. It implements
// extract.Sink for one goroutine.
type relay struct {
	to     taker
	filled *parcel      // by the reader
	lines  int          // read of a dataset, which the next call tells
	of     string       // the dataset
	on     chan *parcel // to be typed
	typed  chan *parcel // to the sink
	back   chan *parcel // to be filled again
	done   chan struct{}
	err    error // of the sink, once done is closed
}

// parcel is some calls of a sink, with copies of what is valid only during them.
type parcel struct {
	calls  []call
	values []string // of records, one after the other
	lines  []int    // of each record
	starts []int    // of each record's bytes in raw
	raw    []byte   // of records and rejects
	size   int      // calls and records
	rows   []rows   // of calls that accept some
}

// call is one call of a sink.
type call struct {
	what    func(*parcel, *call, taker) error // nil = rows to take, or only lines were read
	dataset string
	read    int // lines of the dataset that were read before
	line    int
	records stretch
	values  stretch
	raw     stretch
	a, b    string // platform and shop, the filter, or the column and the text of a message
	hint    string
}

// rows are those of a call, and what typing made of them.
type rows struct {
	extract.Records
	typed normalise.Typed
	err   error
}

// stretch is a part of a parcel's records, values or bytes.
type stretch struct{ from, to int }

// nothing stands for bytes that there are none of.
var nothing = stretch{-1, -1}

const (
	parcels     = 6   // on their way at most
	parcelCalls = 512 // calls and records, after which a parcel is sent
	parcelBytes = 256 << 10
)

func newRelay(to taker) *relay {
	r := &relay{to: to, filled: &parcel{}, on: make(chan *parcel, parcels), typed: make(chan *parcel, parcels), back: make(chan *parcel, parcels), done: make(chan struct{})}
	for range parcels - 1 {
		r.back <- &parcel{}
	}
	go r.typeAll()
	go r.run()
	return r
}

// typeAll types the rows of the parcels until the relay ends.
func (r *relay) typeAll() {
	defer close(r.typed)
	for p := range r.on {
		p.collect()
		for i := range p.rows {
			rows := &p.rows[i]
			rows.typed, rows.err = r.to.Type(&rows.Records)
		}
		r.typed <- p // there is room for all of them
	}
}

// run makes the calls until the relay ends or one of them fails.
func (r *relay) run() {
	defer close(r.done)
	for p := range r.typed {
		if r.err = r.call(p); r.err != nil {
			return
		}
		p.clear()
		r.back <- p
	}
}

// call makes the calls of a parcel.
func (r *relay) call(p *parcel) error {
	taken := 0
	for i := range p.calls {
		c := &p.calls[i]
		if c.read > 0 {
			r.to.Read(c.dataset, c.read)
		}
		var err error
		switch {
		case c.records.to > 0:
			rows := &p.rows[taken]
			taken++
			if err = rows.err; err == nil {
				err = r.to.Take(&rows.Records, rows.typed)
			}
		case c.what != nil:
			err = c.what(p, c, r.to)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// collect lists the rows of the calls that accept some.
func (p *parcel) collect() {
	for i := range p.calls {
		c := &p.calls[i]
		if c.records.to == 0 {
			continue
		}
		recs := extract.Records{
			Dataset: c.dataset, Platform: c.a, Shop: c.b, Lines: p.lines[c.records.from:c.records.to], Values: p.values[c.values.from:c.values.to],
		}
		if c.raw != nothing {
			recs.Raw, recs.Starts = p.raw[:c.raw.to], p.starts[c.records.from:c.records.to]
		}
		p.rows = append(p.rows, rows{Records: recs})
	}
}

func (p *parcel) clear() {
	*p = parcel{calls: p.calls[:0], rows: p.rows[:0], values: p.values[:0], lines: p.lines[:0], starts: p.starts[:0], raw: p.raw[:0]}
}

// add notes a call. The error is that of an earlier one.
func (r *relay) add(c call) error {
	p := r.filled
	if r.lines > 0 {
		if r.of == c.dataset {
			c.read = r.lines
		} else {
			p.calls = append(p.calls, call{dataset: r.of, read: r.lines})
		}
		r.lines = 0
	}
	p.calls = append(p.calls, c)
	return r.noted()
}

// noted sends the parcel when it is full.
func (r *relay) noted() error {
	p := r.filled
	if p.size++; p.size < parcelCalls && len(p.raw) < parcelBytes {
		return nil
	}
	select {
	case r.filled = <-r.back:
		r.on <- p // there is room for all of them
		return nil
	case <-r.done:
		p.clear()
		return r.err
	}
}

// end waits until all calls are made. It returns what ended the reading, or
// what ended the calls, which speak of rows that came before.
func (r *relay) end(read error) error {
	if r.lines > 0 {
		r.filled.calls = append(r.filled.calls, call{dataset: r.of, read: r.lines})
	}
	r.on <- r.filled
	close(r.on)
	<-r.done
	for range r.typed {
		continue // typing ends with the parcels that nobody takes any more
	}
	if r.err != nil && !errors.Is(read, r.err) {
		return r.err
	}
	return read
}

// keep copies what is valid only during a call.
func (r *relay) keep(raw []byte) stretch {
	if raw == nil {
		return nothing
	}
	p := r.filled
	p.raw = append(p.raw, raw...)
	return stretch{len(p.raw) - len(raw), len(p.raw)}
}

func (p *parcel) rawOf(c *call) []byte {
	if c.raw == nothing {
		return nil
	}
	return p.raw[c.raw.from:c.raw.to:c.raw.to]
}

// Read implements extract.Sink.
func (r *relay) Read(dataset string, lines int) {
	if r.lines > 0 && r.of != dataset {
		r.tell(call{dataset: dataset})
	}
	r.of, r.lines = dataset, r.lines+lines
}

// tell notes a call whose sink has no error to return: that of an earlier one
// is returned by the next that has, or by end.
func (r *relay) tell(c call) { _ = r.add(c) }

// Accept implements extract.Sink.
func (r *relay) Accept(rec extract.Record) error {
	p := r.filled
	p.values = append(p.values, rec.Values...)
	p.lines = append(p.lines, rec.Line)
	raw := r.keep(rec.Raw)
	p.starts = append(p.starts, raw.from)
	if last := p.run(&rec, raw); last != nil && (r.lines == 0 || r.of == rec.Dataset) {
		last.read += r.lines
		r.lines = 0
		last.records.to, last.values.to, last.raw.to = len(p.lines), len(p.values), raw.to
		return r.noted()
	}
	return r.add(call{
		dataset: rec.Dataset, records: stretch{len(p.lines) - 1, len(p.lines)},
		values: stretch{len(p.values) - len(rec.Values), len(p.values)}, raw: raw, a: rec.Platform, b: rec.Shop,
	})
}

// run returns the call that a record can go with: the last one, where it takes
// records of the same kind whose bytes end where those of this one begin.
func (p *parcel) run(rec *extract.Record, raw stretch) *call {
	if len(p.calls) == 0 {
		return nil
	}
	c := &p.calls[len(p.calls)-1]
	if c.records.to == 0 || c.dataset != rec.Dataset || c.a != rec.Platform || c.b != rec.Shop || (c.raw == nothing) != (raw == nothing) {
		return nil
	}
	return c
}

// Merge implements extract.Sink.
func (r *relay) Merge(dataset string, line int) {
	r.tell(call{what: doMerge, dataset: dataset, line: line})
}

func doMerge(_ *parcel, c *call, to taker) error {
	to.Merge(c.dataset, c.line)
	return nil
}

// Skip implements extract.Sink.
func (r *relay) Skip(dataset, filter string, line int) {
	r.tell(call{what: doSkip, dataset: dataset, line: line, a: filter})
}

func doSkip(_ *parcel, c *call, to taker) error {
	to.Skip(c.dataset, c.a, c.line)
	return nil
}

// Reject implements extract.Sink.
func (r *relay) Reject(x extract.Reject) error {
	return r.add(call{what: doReject, dataset: x.Dataset, line: x.Line, a: x.Column, b: x.Reason, hint: x.Hint, raw: r.keep(x.Raw)})
}

func doReject(p *parcel, c *call, to taker) error {
	return to.Reject(extract.Reject{Dataset: c.dataset, Line: c.line, Column: c.a, Reason: c.b, Hint: c.hint, Raw: p.rawOf(c)})
}

// Warn implements extract.Sink.
func (r *relay) Warn(w extract.Warning) {
	r.tell(call{what: doWarn, dataset: w.Dataset, line: w.Line, a: w.Column, b: w.Message})
}

func doWarn(_ *parcel, c *call, to taker) error {
	to.Warn(extract.Warning{Dataset: c.dataset, Line: c.line, Column: c.a, Message: c.b})
	return nil
}
