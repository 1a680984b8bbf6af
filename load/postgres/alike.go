package postgres

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/metadata"
	leaves "github.com/apache/arrow-go/v18/parquet/schema"

	server "kefu/extract/postgres"
	"kefu/extract/sqltext"
	"kefu/load"
)

// alike is columns that have one value in all rows, or none, as literals. They
// are not read and not sent: the new table has the value as the default of the
// column while it is filled, which costs the server less than to take it once
// per row.
type alike map[string]string

const (
	unknown = ""     // as long as no row was seen
	null    = "null" // the literal of a column without a value
)

// alikeRows is from how many rows on that is worth it.
const alikeRows = 10_000

// add takes away which columns are not alike in a file, by its statistics.
func (a alike) add(table load.Table, f *file.Reader) error {
	for _, column := range table.Columns {
		before, still := a[column.Name]
		if !still {
			continue
		}
		leaf := f.MetaData().Schema.ColumnIndexByName(column.Name)
		for group := range f.NumRowGroups() {
			literal := null // of a file that lacks the column
			if leaf >= 0 {
				chunk, err := f.MetaData().RowGroup(group).ColumnChunk(leaf)
				if err != nil {
					return err
				}
				if literal, err = literalOf(chunk, f.MetaData().Schema.Column(leaf), column); err != nil {
					return err
				}
			}
			if before == unknown {
				before = literal
			}
			if a[column.Name] = literal; literal == unknown || literal != before {
				delete(a, column.Name)
				break
			}
		}
	}
	return nil
}

// literalOf spells the value that all rows of a group have in a column. It is
// unknown where they differ, where that cannot be told, and of types that
// seldom are alike.
func literalOf(chunk *metadata.ColumnChunkMetaData, from *leaves.Column, to load.Column) (string, error) {
	statistics, err := chunk.Statistics()
	if err != nil || statistics == nil {
		return unknown, err
	}
	if from.MaxDefinitionLevel() > 0 {
		if !statistics.HasNullCount() {
			return unknown, nil
		}
		switch statistics.NullCount() {
		case 0:
		case chunk.NumValues():
			return null, nil
		default:
			return unknown, nil
		}
	}
	if !statistics.HasMinMax() {
		return unknown, nil
	}
	// Whatever a bound leaves out of a long text: where the upper and the lower
	// are the same, so is what lies between them.
	switch known := statistics.(type) {
	case *metadata.ByteArrayStatistics:
		plain := from.ConvertedType() == leaves.ConvertedTypes.None || from.ConvertedType() == leaves.ConvertedTypes.UTF8
		if to.Type == "VARCHAR" && plain && bytes.Equal(known.Min(), known.Max()) {
			return sqltext.Literal(server.Text(string(known.Min()))), nil
		}
	case *metadata.Int64Statistics:
		if known.Min() == known.Max() {
			return numberOf(known.Min(), from, to), nil
		}
	case *metadata.Int32Statistics:
		if known.Min() == known.Max() {
			return numberOf(int64(known.Min()), from, to), nil
		}
	}
	return unknown, nil
}

// numberOf spells a whole number or a decimal; days and instants, which seldom
// are alike, are unknown.
func numberOf(n int64, from *leaves.Column, to load.Column) string {
	kinds := leaves.ConvertedTypes
	decimal, isDecimal := from.LogicalType().(leaves.DecimalLogicalType)
	whole := slices.Contains([]leaves.ConvertedType{kinds.None, kinds.Int8, kinds.Int16, kinds.Int32, kinds.Int64}, from.ConvertedType())
	switch {
	case isDecimal && strings.HasPrefix(to.Type, "DECIMAL("):
		return decimal128.FromI64(n).ToString(decimal.Scale())
	case whole && (to.Type == "BIGINT" || to.Type == "INTEGER" && n == int64(int32(n))): //nolint:gosec // that is the question
		return strconv.FormatInt(n, 10)
	}
	return unknown
}

// others returns the columns that are to be sent, of which a key has at least
// one.
func (a alike) others(table load.Table) []load.Column {
	var others []load.Column
	for _, column := range table.Columns {
		if _, same := a[column.Name]; !same {
			others = append(others, column)
		}
	}
	if !slices.ContainsFunc(others, func(c load.Column) bool { return slices.Contains(table.Key, c.Name) }) {
		return table.Columns
	}
	return others
}

// byDefault is what the definition of a column says of its value while the
// table is filled.
func (a alike) byDefault(column string) string {
	if literal, same := a[column]; same && literal != null {
		return " default " + literal
	}
	return ""
}

// dropDefaults ends what was for the filling only.
func (b *builder) dropDefaults(ctx context.Context, table load.Table, in string, a alike) error {
	var drops []string
	for _, column := range table.Columns {
		if a.byDefault(column.Name) != "" {
			drops = append(drops, "alter column "+server.Ident(column.Name)+" drop default")
		}
	}
	if len(drops) == 0 {
		return nil
	}
	if _, err := b.tx.Exec(ctx, "alter table "+b.name(in)+" "+strings.Join(drops, ", ")); err != nil {
		return fmt.Errorf("drop defaults: %w", err)
	}
	return nil
}
