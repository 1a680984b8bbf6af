package postgres

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"slices"
	"sort"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/parquet/metadata"

	"kefu/load"
)

// mergedFiles is how many files are read side by side at most: each takes the
// memory of a group of rows.
const mergedFiles = 4

// merging brings the rows of files, each of them in the order of the key, into
// that order as a whole: PostgreSQL sorts what comes in order in one pass, and
// where a single row does not it sorts all of them. A file is read from the
// moment on when its first row may be due, so where the keys grow with time as
// the files do, only few of them are read at once. In which order the rows come
// decides on nothing but the time that this takes.
type merging struct {
	order   []string  // columns of the key
	waiting []*source // in the order of the bounds
	bounds  [][]byte  // what no key of theirs is before
	active  []*source
	heads   [][]byte // keys of their next rows
}

// fromMerged makes a table's rows from files that are read side by side.
func fromMerged(ctx context.Context, table load.Table, files, order []string, out *sheet) (err error) {
	m := &merging{order: order}
	defer func() {
		for _, s := range slices.Concat(m.waiting, m.active) {
			err = errors.Join(err, s.close())
		}
	}()
	memory := &reuse{}
	for _, path := range files {
		s, err := openSource(table, path, memory)
		if err != nil {
			return err
		}
		bound := s.bound(order[0])
		at, _ := slices.BinarySearchFunc(m.bounds, bound, bytes.Compare)
		m.waiting, m.bounds = slices.Insert(m.waiting, at, s), slices.Insert(m.bounds, at, bound)
	}
	for len(m.waiting)+len(m.active) > 0 {
		if err := m.step(ctx, out); err != nil {
			return err
		}
	}
	return nil
}

// step begins to read a file, or writes rows of the one whose next row is the
// first of all, up to what comes before that of the others.
func (m *merging) step(ctx context.Context, out *sheet) error {
	first, limit := m.first()
	if len(m.waiting) > 0 && len(m.active) < mergedFiles {
		if bound := m.bounds[0]; first < 0 || bytes.Compare(bound, m.heads[first]) <= 0 {
			s := m.waiting[0]
			m.active, m.heads = append(m.active, s), append(m.heads, nil)
			m.waiting, m.bounds = m.waiting[1:], m.bounds[1:]
			return m.advance(ctx, len(m.active)-1)
		} else if limit == nil || bytes.Compare(bound, limit) < 0 {
			limit = bound
		}
	}
	s := m.active[first]
	before := len(s.sizes)
	if limit != nil {
		// The row at hand is not behind the limit.
		rest := before - s.at - 1
		before = s.at + 1 + sort.Search(rest, func(i int) bool { return bytes.Compare(m.key(s, s.at+1+i), limit) > 0 })
	}
	if err := s.emit(before, out); err != nil {
		return err
	}
	return m.advance(ctx, first)
}

// first returns the place of the file whose next row is the first of all, and
// the key of the first row of the others, nil where there are none.
func (m *merging) first() (place int, limit []byte) {
	place = -1
	for i, head := range m.heads {
		switch {
		case place < 0:
			place = i
		case bytes.Compare(head, m.heads[place]) < 0:
			place, limit = i, m.heads[place]
		case limit == nil || bytes.Compare(head, limit) < 0:
			limit = head
		}
	}
	return place, limit
}

// advance finds the next row of an active file, or ends it.
func (m *merging) advance(ctx context.Context, place int) error {
	s := m.active[place]
	for s.at == len(s.sizes) {
		more, err := s.next(ctx)
		if err != nil {
			return err
		}
		if !more {
			m.active, m.heads = slices.Delete(m.active, place, place+1), slices.Delete(m.heads, place, place+1)
			return s.close()
		}
	}
	m.heads[place] = m.key(s, s.at)
	return nil
}

// key is the key of a row of the batch, as bytes that sort as it does.
func (m *merging) key(s *source, row int) []byte {
	var key []byte
	for _, name := range m.order {
		at := slices.IndexFunc(s.table.Columns, func(c load.Column) bool { return c.Name == name })
		if at < 0 || s.places[at] < 0 {
			key = append(key, isNull)
			continue
		}
		key = appendSortable(key, s.batch.Column(s.places[at]), row)
	}
	return key
}

// Marks before each part of a key: NULL is behind all values.
const (
	isValue = 1
	isNull  = 2
)

// appendSortable appends a value of a key. Of types that no key has it appends
// nothing.
func appendSortable(key []byte, values arrow.Array, row int) []byte {
	if values.IsNull(row) {
		return append(key, isNull)
	}
	key = append(key, isValue)
	switch all := values.(type) {
	case *array.Dictionary:
		return appendSortable(key, all.Dictionary(), all.GetValueIndex(row))
	case *array.Date32:
		return appendSortableInt(key, int64(all.Value(row)))
	case *array.Timestamp:
		return appendSortableInt(key, int64(all.Value(row)))
	case *array.Binary:
		return append(append(key, all.Value(row)...), 0)
	case texts:
		return append(append(key, all.Value(row)...), 0)
	}
	if whole := wholeNumbers(values); whole != nil {
		return appendSortableInt(key, whole(row))
	}
	return key
}

func appendSortableInt(key []byte, n int64) []byte {
	return binary.BigEndian.AppendUint64(key, uint64(n)^1<<63) //nolint:gosec // two's complement
}

// bound returns what no key of the file is before, by the statistics of the
// key's first column: empty where they do not tell.
func (s *source) bound(name string) []byte {
	leaf := s.file.MetaData().Schema.ColumnIndexByName(name)
	if leaf < 0 {
		return nil
	}
	var lowest []byte
	for group := range s.file.NumRowGroups() {
		chunk, err := s.file.MetaData().RowGroup(group).ColumnChunk(leaf)
		if err != nil {
			return nil
		}
		statistics, err := chunk.Statistics()
		if err != nil || statistics == nil || !statistics.HasMinMax() {
			return nil
		}
		bound := []byte{isValue}
		switch known := statistics.(type) {
		case *metadata.ByteArrayStatistics:
			bound = append(bound, known.Min()...)
		case *metadata.Int64Statistics:
			bound = appendSortableInt(bound, known.Min())
		case *metadata.Int32Statistics:
			bound = appendSortableInt(bound, int64(known.Min()))
		default:
			return nil
		}
		if lowest == nil || cmp.Compare(string(bound), string(lowest)) < 0 {
			lowest = bound
		}
	}
	return lowest
}
