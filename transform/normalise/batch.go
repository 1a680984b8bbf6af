package normalise

import (
	"crypto/sha256"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"kefu/extract/dataset"
)

// ArrowType returns the type that a canonical type has in batches: instants are
// microseconds in UTC without a zone, amounts decimals of two places.
func ArrowType(t dataset.Type) arrow.DataType {
	switch t {
	case dataset.Instant:
		return &arrow.TimestampType{Unit: arrow.Microsecond}
	case dataset.Date:
		return arrow.FixedWidthTypes.Date32
	case dataset.Money:
		return &arrow.Decimal128Type{Precision: 18, Scale: 2}
	case dataset.Integer:
		return arrow.PrimitiveTypes.Int32
	case dataset.Long:
		return arrow.PrimitiveTypes.Int64
	case dataset.Boolean:
		return arrow.FixedWidthTypes.Boolean
	default:
		return arrow.BinaryTypes.String
	}
}

// Arrow returns the layout of a dataset's batches: the columns of
// dataset.Schema.Stored, all nullable but the required ones.
func Arrow(schema *dataset.Schema) *arrow.Schema {
	stored := schema.Stored()
	fields := make([]arrow.Field, len(stored))
	for i, c := range stored {
		fields[i] = arrow.Field{Name: c.Name, Type: ArrowType(c.Type), Nullable: !c.Required}
	}
	return arrow.NewSchema(fields, nil)
}

// builders are the column builders of a batch by their place in the table.
type builders struct {
	platform, shop *array.StringBuilder
	eventDate      *array.Date32Builder // nil without an event time
	cells          []appender           // as table.cells
	hash           *array.StringBuilder
	latest         *array.TimestampBuilder
	file           *array.StringBuilder
	line           *array.Int64Builder
}

// appender appends a cell to its column's builder; one of the builders is set.
type appender struct {
	kind dataset.Type
	b    array.Builder
	text *array.StringBuilder
}

func newBuilders(rb *array.RecordBuilder, schema *dataset.Schema) builders {
	fields := rb.Fields()
	at := 0
	next := func() array.Builder { at++; return fields[at-1] }
	b := builders{platform: next().(*array.StringBuilder), shop: next().(*array.StringBuilder)}
	if schema.EventTime != "" {
		b.eventDate = next().(*array.Date32Builder)
	}
	for _, list := range [][]dataset.Column{schema.Columns, schema.Derived} {
		for _, c := range list {
			a := appender{kind: c.Type, b: next()}
			a.text, _ = a.b.(*array.StringBuilder)
			b.cells = append(b.cells, a)
		}
	}
	b.hash = next().(*array.StringBuilder)
	b.latest = next().(*array.TimestampBuilder)
	b.file = next().(*array.StringBuilder)
	b.line = next().(*array.Int64Builder)
	return b
}

func (a *appender) append(c *cell) {
	switch a.kind {
	case dataset.Instant:
		a.b.(*array.TimestampBuilder).Append(arrow.Timestamp(c.n))
	case dataset.Date:
		a.b.(*array.Date32Builder).Append(arrow.Date32(c.n))
	case dataset.Money:
		a.b.(*array.Decimal128Builder).Append(decimal128.FromI64(c.n))
	case dataset.Integer:
		a.b.(*array.Int32Builder).Append(int32(c.n))
	case dataset.Long:
		a.b.(*array.Int64Builder).Append(c.n)
	case dataset.Boolean:
		a.b.(*array.BooleanBuilder).Append(c.n != 0)
	default:
		a.text.Append(c.s)
	}
}

// append writes the row at hand to the batch.
func (t *table) append(n *Normaliser, s *shop, sum [2 * sha256.Size]byte, line int) {
	t.cols.platform.Append(s.platform)
	t.cols.shop.Append(s.id)
	if t.event >= 0 {
		t.cols.eventDate.Append(arrow.Date32(s.zone.day(t.cells[t.event].n)))
	}
	for i := range t.cells {
		c := &t.cells[i]
		if !c.set || i == t.text {
			t.cols.cells[i].b.AppendNull()
			continue
		}
		t.cols.cells[i].append(c)
		t.bytes += len(c.s)
	}
	t.cols.hash.BinaryBuilder.Append(sum[:])
	if at, ok := t.latest(true); ok {
		t.cols.latest.Append(arrow.Timestamp(at))
	} else {
		t.cols.latest.AppendNull()
	}
	t.cols.file.Append(n.opts.SourceFile)
	t.cols.line.Append(int64(line))
	t.rows++
}
