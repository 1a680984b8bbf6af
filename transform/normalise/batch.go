package normalise

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"kefu/extract/dataset"
)

// arrowType returns the type that a canonical type has in batches: instants are
// microseconds in UTC without a zone, amounts decimals of two places.
func arrowType(t dataset.Type, coded bool) arrow.DataType {
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
		if coded {
			return &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.String}
		}
		return arrow.BinaryTypes.String
	}
}

// coded tells the texts of a dataset that repeat so often that batches hold
// them once: shops, files, accounts, listed values, and buyers where they talk.
func coded(schema *dataset.Schema, c dataset.Column) bool {
	if c.Type != dataset.String {
		return false
	}
	switch c.Name {
	case "platform", "shop_id", "source_file", "agent_as_buyer_id", "topic":
		return true
	case "buyer_id":
		return schema.Name == chatDataset
	default:
		f := formOf(c)
		return f == agentForm || f == enumForm
	}
}

// Arrow returns the layout of a dataset's batches: the columns of
// dataset.Schema.Stored, all nullable but the required ones, texts that repeat
// with a dictionary.
func Arrow(schema *dataset.Schema) *arrow.Schema {
	stored := schema.Stored()
	fields := make([]arrow.Field, len(stored))
	for i, c := range stored {
		fields[i] = arrow.Field{Name: c.Name, Type: arrowType(c.Type, coded(schema, c)), Nullable: !c.Required}
	}
	return arrow.NewSchema(fields, nil)
}

// batch collects rows of one dataset, a vector for each stored column.
type batch struct {
	schema  *arrow.Schema
	vectors []vector
	first   int // vector of the first delivered column
	last    int // vector of digest, with own_latest_at, source_file, source_line after it
	rows    int
	bytes   int
}

func newBatch(schema *dataset.Schema, stock *Stock) batch {
	b := batch{schema: Arrow(schema), first: 2}
	if schema.EventTime != "" {
		b.first = 3
	}
	b.last = b.first + len(schema.Columns) + len(schema.Derived)
	for _, c := range schema.Stored() {
		b.vectors = append(b.vectors, newVector(c, coded(schema, c), stock))
	}
	return b
}

func (b *batch) full(rows int) bool { return b.rows >= rows || b.bytes >= maxBatchBytes }

// take returns the rows collected; the caller releases them.
func (b *batch) take() arrow.RecordBatch {
	columns := make([]arrow.Array, len(b.vectors))
	for i := range b.vectors {
		columns[i] = b.vectors[i].take()
		defer columns[i].Release()
	}
	rows := array.NewRecordBatch(b.schema, columns, int64(b.rows))
	b.rows, b.bytes = 0, 0
	return rows
}

// append writes the rows of a block to the batch.
func (t *table) append(n *Normaliser, b *block) {
	v := t.vectors
	v[0].appendSame(b.shop.platform, b.rows)
	v[1].appendSame(b.shop.id, b.rows)
	if t.event >= 0 {
		b.shop.calendar.dates(b.numbers[:b.rows], b.columns[t.event].numbers)
		v[2].appendNumbers(b.numbers[:b.rows], nil)
	}
	for i := range b.columns {
		if i == t.text {
			v[t.first+i].appendNulls(b.rows)
			continue
		}
		t.bytes += v[t.first+i].appendCells(&b.columns[i], b.rows)
	}
	v[t.last].appendNumbers(b.digests[:b.rows], nil)
	if b.own() == b.rows {
		v[t.last+1].appendNumbers(b.numbers[:b.rows], nil)
	} else {
		v[t.last+1].appendNumbers(b.numbers[:b.rows], b.dated)
	}
	v[t.last+2].appendSame(n.opts.SourceFile, b.rows)
	for row, line := range b.lines {
		b.numbers[row] = int64(line)
	}
	v[t.last+3].appendNumbers(b.numbers[:b.rows], nil)
	t.rows += b.rows
}

// own gives the latest time that stands in each of the rows, dates at their
// start, and tells how many rows hold one.
func (b *block) own() (dated int) {
	clear(b.dated[:b.rows])
	for _, m := range b.times {
		c := &b.columns[m.index]
		if c.count == 0 {
			continue
		}
		for row, there := range c.there[:b.rows] {
			if at := c.numbers[row] * m.unit; there && (!b.dated[row] || at > b.numbers[row]) {
				b.numbers[row], b.dated[row] = at, true
			}
		}
	}
	for _, is := range b.dated[:b.rows] {
		if is {
			dated++
		}
	}
	return dated
}
