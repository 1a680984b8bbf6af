package merge

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"kefu/extract/dataset"
	"kefu/extract/lake"
	"kefu/extract/lake/datafile"
	"kefu/transform/compute"
	"kefu/transform/lexicon"
)

// pile gathers the arriving rows of one dataset. When it has grown large, its
// rows go to disk as runs: files of sorted rows. A run that holds all rows of a
// partition, none of them known or repeated, is already the lake's file.
type pile struct {
	schema  *dataset.Schema
	spec    lake.Spec
	batches []arrow.RecordBatch
	bytes   int64
	runs    []run
	prints  prints           // of the rows in runs
	rows    map[string]int64 // by source file, those in runs included

	asOf map[string]time.Time // when the content of source files was true, of those that have arrived whole

	unwanted bool // there is a table of rows in runs that are not to enter
	orphans  bool // there is a table of keys that lost their row with a withdrawn file
}

// run is a file of arriving rows, sorted.
type run struct {
	lake.File
	versioned bool // every row says how recent it is
}

func newPile(s *dataset.Schema, spec lake.Spec) *pile {
	return &pile{schema: s, spec: spec, rows: map[string]int64{}}
}

// unused is the column that only rows of which several versions may come are
// judged by; of others it is not kept, though tables have it.
const unused = "own_latest_at"

// add takes rows of one source file.
func (p *pile) add(file string, rows arrow.RecordBatch) {
	rows = p.used(rows)
	p.batches = append(p.batches, rows)
	p.rows[file] += rows.NumRows()
	p.bytes += sizeOf(rows)
}

// used are the rows without the column that nothing asks for.
func (p *pile) used(rows arrow.RecordBatch) arrow.RecordBatch {
	at := rows.Schema().FieldIndices(unused)
	if p.schema.Mutable || len(at) == 0 {
		rows.Retain()
		return rows
	}
	fields, columns := rows.Schema().Fields(), slices.Clone(rows.Columns())
	return array.NewRecordBatch(arrow.NewSchema(slices.Delete(fields, at[0], at[0]+1), nil), slices.Delete(columns, at[0], at[0]+1), rows.NumRows())
}

// dated tells rows that their day places: they come in stretches of one partition.
func (p *pile) dated() bool { return p.spec.PartitionBy == lake.ByDay }

func (p *pile) scattered() bool { return !p.dated() }

func sizeOf(rows arrow.RecordBatch) int64 {
	n := int64(0)
	for _, c := range rows.Columns() {
		for _, b := range c.Data().Buffers() {
			if b != nil {
				n += int64(b.Len())
			}
		}
	}
	return n
}

// take empties the pile.
func (p *pile) take() []arrow.RecordBatch {
	out := p.batches
	p.batches, p.bytes = nil, 0
	return out
}

func release(batches []arrow.RecordBatch) {
	for _, b := range batches {
		b.Release()
	}
}

// cut writes rows as runs and releases them. When more of them are to come,
// the rows of the partition that came last stay with the pile: it is likely to
// go on, and half a partition in a run is written twice.
func (p *pile) cut(store compute.Store, at *desk, batches []arrow.RecordBatch, more bool) ([]arrow.RecordBatch, error) {
	defer release(batches)
	rows, err := newStack(batches, &at.words)
	if err != nil {
		return nil, err
	}
	parts, last, err := p.divide(batches)
	if err != nil {
		return nil, err
	}
	var kept []arrow.RecordBatch
	if open := parts[last]; more && len(parts) > 1 && len(open) < rows.rows()/2 {
		b, err := rows.gather(open, &rooms{})
		if err != nil {
			return nil, err
		}
		kept = append(kept, trim(b))
		delete(parts, last)
	}
	sorter := newSorter(rows, p.order(), &at.sorting)
	for _, name := range slices.Sorted(maps.Keys(parts)) {
		sorter.sort(parts[name])
		if err := p.write(store, at, rows, name, parts[name]); err != nil {
			return kept, err
		}
	}
	return kept, nil
}

// desk is what one goroutine writes runs with. Its memory is used again from run
// to run.
type desk struct {
	writer  *datafile.Writer
	rooms   rooms
	sorting sorting
	words   lexicon.Lexicon
}

// deskLimit is how many bytes of a run a desk makes room for beyond that run.
const deskLimit = 48 << 20

// clear makes sure that a desk does not keep the room of an exceptional run.
func (d *desk) clear(bytes int64) {
	if bytes > deskLimit {
		*d = desk{writer: d.writer, words: d.words}
	}
}

func newDesk() *desk { return &desk{writer: datafile.NewWriter()} }

// write puts rows of a partition into a new file, as many at a time as stand
// together there.
func (p *pile) write(store compute.Store, at *desk, from *stack, partition string, rows []ref) error {
	path := store.NewFilePath(p.spec.Name, partition)
	// From now on the file is known, to be removed.
	p.runs = append(p.runs, run{File: lake.File{Path: path, Partition: partition, Rows: int64(len(rows))}, versioned: true})
	r := &p.runs[len(p.runs)-1]
	return at.writer.WriteAll(path, p.spec, func(yield func(arrow.RecordBatch, error) bool) {
		for part := range slices.Chunk(rows, datafile.RowGroup) {
			complete, err := p.part(at, from, r, part)
			goOn := yield(complete, err) && err == nil
			if complete != nil {
				at.clear(sizeOf(complete))
				complete.Release()
			}
			if !goOn {
				return
			}
		}
	})
}

// part is the next rows of a run, in their order.
func (p *pile) part(at *desk, from *stack, r *run, rows []ref) (arrow.RecordBatch, error) {
	sorted, err := from.gather(rows, &at.rooms)
	if err != nil {
		return nil, err
	}
	defer sorted.Release()
	if err := p.prints.add(sorted, p.key()); err != nil {
		return nil, err
	}
	complete, versioned, err := p.complete(sorted, r.Partition)
	r.versioned = r.versioned && versioned
	return complete, err
}

// complete gives rows the columns that the merge adds.
func (p *pile) complete(rows arrow.RecordBatch, partition string) (out arrow.RecordBatch, versioned bool, err error) {
	fields, columns := rows.Schema().Fields(), slices.Clone(rows.Columns())
	if versioned = !p.schema.Mutable; !versioned {
		versions, whole, err := p.versions(rows)
		if err != nil {
			return nil, false, err
		}
		defer versions.Release()
		versioned = whole
		fields, columns = append(fields, arrow.Field{Name: versionColumn, Type: versions.DataType(), Nullable: true}), append(columns, versions)
	}
	if p.schema.Bucket != "" {
		buckets := same(partition, int(rows.NumRows()))
		defer buckets.Release()
		fields, columns = append(fields, arrow.Field{Name: bucketColumn, Type: buckets.DataType()}), append(columns, buckets)
	}
	return array.NewRecordBatch(arrow.NewSchema(fields, nil), columns, rows.NumRows()), versioned, nil
}

// versions tells how recent rows are: by their own word, else by that of their
// file. It is whole unless a file has not arrived yet.
func (p *pile) versions(rows arrow.RecordBatch) (versions arrow.Array, whole bool, err error) {
	b := array.NewTimestampBuilder(memory.DefaultAllocator, &arrow.TimestampType{Unit: arrow.Microsecond})
	defer b.Release()
	var own *array.Timestamp
	if at := rows.Schema().FieldIndices("updated_at"); len(at) == 1 {
		own, _ = rows.Column(at[0]).(*array.Timestamp)
	}
	at := rows.Schema().FieldIndices("source_file")
	file, err := texts(rows.Column(at[0]))
	if err != nil {
		return nil, false, fmt.Errorf("column source_file of %s: %w", p.spec.Name, err)
	}
	b.Reserve(int(rows.NumRows()))
	whole = true
	var last string
	var asOf time.Time
	arrived, asked := false, false
	for row := range int(rows.NumRows()) {
		if own != nil && own.IsValid(row) {
			b.Append(own.Value(row))
			continue
		}
		if name := file(row); !asked || name != last {
			last, asked = name, true
			asOf, arrived = p.asOf[name]
		}
		whole = whole && arrived
		if asOf.IsZero() {
			b.AppendNull()
		} else {
			b.Append(arrow.Timestamp(asOf.UnixMicro()))
		}
	}
	return b.NewArray(), whole, nil
}

// texts reads a column of texts, with or without a dictionary.
func texts(a arrow.Array) (func(row int) string, error) {
	switch v := a.(type) {
	case *array.String:
		return v.Value, nil
	case *array.Dictionary:
		if words, ok := v.Dictionary().(*array.String); ok {
			return func(row int) string { return words.Value(v.GetValueIndex(row)) }, nil
		}
	}
	return nil, fmt.Errorf("%s is no text", a.DataType())
}

// same is a column that says the same in all rows.
func same(word string, rows int) arrow.Array {
	b := array.NewStringBuilder(memory.DefaultAllocator)
	defer b.Release()
	for range rows {
		b.Append(word)
	}
	return b.NewArray()
}

// order lists the columns that rows of a partition are sorted by, as they are
// read later.
func (p *pile) order() []int { return p.places(Order(p.schema)) }

// key lists the columns that tell rows apart.
func (p *pile) key() []int { return p.places(keyColumns(p.schema)) }

func (p *pile) places(names []string) []int {
	stored, out := p.schema.Stored(), make([]int, len(names))
	for i, name := range names {
		out[i] = slices.IndexFunc(stored, func(c dataset.Column) bool { return c.Name == name })
	}
	return out
}

// discard removes the runs but those that the lake took over.
func (p *pile) discard(adopted map[string]bool) {
	release(p.take())
	for _, r := range p.runs {
		if !adopted[r.Path] {
			_ = os.Remove(r.Path) // what stays is an orphan, which maintenance removes
		}
	}
	p.runs, p.prints = nil, prints{}
}
