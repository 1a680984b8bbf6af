package merge

import (
	"crypto/md5"
	"fmt"
	"slices"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"kefu/extract/lake"
)

// divide lists the rows of each partition and tells which came last.
func (p *pile) divide(batches []arrow.RecordBatch) (parts map[string][]ref, last string, err error) {
	parts = map[string][]ref{}
	for b, batch := range batches {
		next, err := p.stretches(batch)
		if err != nil {
			return nil, "", err
		}
		for row := 0; row < int(batch.NumRows()); {
			name, to := next(row)
			rows := slices.Grow(parts[name], to-row)
			for ; row < to; row++ {
				rows = append(rows, ref{uint32(b), uint32(row)})
			}
			parts[name], last = rows, name
		}
	}
	return parts, last, nil
}

// stretches tells the partition of a row of a batch, and the first row after it
// that may be of another one.
func (p *pile) stretches(batch arrow.RecordBatch) (func(row int) (string, int), error) {
	switch p.spec.PartitionBy {
	case lake.ByDay:
		return p.daysOf(batch)
	case lake.ByValue:
		return p.bucketsOf(batch)
	default:
		return func(int) (string, int) { return "", int(batch.NumRows()) }, nil
	}
}

func (p *pile) daysOf(batch arrow.RecordBatch) (func(row int) (string, int), error) {
	at := batch.Schema().FieldIndices(p.spec.Partition)
	column, ok := batch.Column(at[0]).(*array.Date32)
	if !ok {
		return nil, fmt.Errorf("column %s of %s is no date", p.spec.Partition, p.spec.Name)
	}
	days, names := column.Date32Values(), map[arrow.Date32]string{}
	return func(row int) (string, int) {
		day := days[row]
		to := row + 1
		for to < len(days) && days[to] == day {
			to++
		}
		name, known := names[day]
		if !known {
			name = day.ToTime().Format(time.DateOnly)
			names[day] = name
		}
		return name, to
	}, nil
}

func (p *pile) bucketsOf(batch arrow.RecordBatch) (func(row int) (string, int), error) {
	at := batch.Schema().FieldIndices(p.schema.Bucket)
	ids, ok := batch.Column(at[0]).(*array.String)
	if !ok {
		return nil, fmt.Errorf("column %s of %s is no text", p.schema.Bucket, p.spec.Name)
	}
	return func(row int) (string, int) {
		id, to := ids.Value(row), row+1
		for to < ids.Len() && ids.Value(to) == id {
			to++
		}
		sum := md5.Sum([]byte(id))
		digit := int(sum[0] >> 4)
		return "0123456789abcdef"[digit : digit+1], to
	}, nil
}
