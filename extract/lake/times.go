package lake

import (
	"context"
	"fmt"
	"time"

	"github.com/apache/iceberg-go"
	"github.com/apache/iceberg-go/table"
)

// TimeRange reaches from the least to the greatest date or instant that a
// column has in a file; zero where it has none.
type TimeRange struct{ From, To time.Time }

// TimeRanges tells, for every file of a snapshot by its path, the ranges of its
// columns of dates and instants. They stand in the table's metadata, so no file
// is opened; a column of which they do not tell is missing.
func (l *Lake) TimeRanges(ctx context.Context, name string, snapshot int64) (map[string]map[string]TimeRange, error) {
	out := map[string]map[string]TimeRange{}
	if snapshot == Empty {
		return out, nil
	}
	t, err := l.load(ctx, name)
	if err != nil {
		return nil, err
	}
	snap := t.SnapshotByID(snapshot)
	if snap == nil {
		return nil, fmt.Errorf("read table %s at snapshot %d: %w", name, snapshot, ErrNoSnapshot)
	}
	data, err := dataFiles(ctx, t, snap)
	if err != nil {
		return nil, err
	}
	for location, df := range data {
		path, err := l.physical(location)
		if err != nil {
			return nil, fmt.Errorf("read files of table %s: %w", name, err)
		}
		out[path] = timeRanges(t, df)
	}
	return out, nil
}

func timeRanges(t *table.Table, df iceberg.DataFile) map[string]TimeRange {
	out := map[string]TimeRange{}
	values, nulls := df.ValueCounts(), df.NullValueCounts()
	lower, upper := df.LowerBoundValues(), df.UpperBoundValues()
	for _, field := range t.Schema().Fields() {
		switch field.Type.(type) {
		case iceberg.DateType, iceberg.TimestampType:
		default:
			continue
		}
		from, okFrom := instant(field.Type, lower[field.ID])
		to, okTo := instant(field.Type, upper[field.ID])
		count, counted := values[field.ID]
		missing, known := nulls[field.ID]
		switch {
		case okFrom && okTo:
			out[field.Name] = TimeRange{from, to}
		case counted && known && count == missing:
			out[field.Name] = TimeRange{}
		}
	}
	return out
}

// instant reads a bound of a column of dates or instants.
func instant(kind iceberg.Type, bound []byte) (time.Time, bool) {
	value, err := iceberg.LiteralFromBytes(kind, bound)
	if err != nil {
		return time.Time{}, false
	}
	switch v := value.(type) {
	case iceberg.DateLiteral:
		return time.Unix(int64(v)*86400, 0).UTC(), true
	case iceberg.TimestampLiteral:
		return time.UnixMicro(int64(v)).UTC(), true
	}
	return time.Time{}, false
}
