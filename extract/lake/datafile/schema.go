package datafile

import (
	"fmt"
	"strings"

	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/schema"

	"kefu/extract/lake"
)

// schemaOf spells a table's columns in Parquet's types, with their field ids.
func schemaOf(spec lake.Spec) (*schema.Schema, error) {
	fields := make(schema.FieldList, len(spec.Columns))
	for i, c := range spec.Columns {
		logical, physical, err := typesOf(c.Type)
		if err != nil {
			return nil, fmt.Errorf("column %s: %w", c.Name, err)
		}
		fields[i], err = schema.NewPrimitiveNodeLogical(c.Name, parquet.Repetitions.Optional, logical, physical, -1, int32(c.ID))
		if err != nil {
			return nil, fmt.Errorf("column %s: %w", c.Name, err)
		}
	}
	root, err := schema.NewGroupNode("rows", parquet.Repetitions.Required, fields, -1)
	if err != nil {
		return nil, err
	}
	return schema.NewSchema(root), nil
}

func typesOf(sql string) (schema.LogicalType, parquet.Type, error) {
	switch sql {
	case "VARCHAR":
		return schema.StringLogicalType{}, parquet.Types.ByteArray, nil
	case "TIMESTAMP":
		return schema.NewTimestampLogicalType(false, schema.TimeUnitMicros), parquet.Types.Int64, nil
	case "DATE":
		return schema.DateLogicalType{}, parquet.Types.Int32, nil
	case "INTEGER":
		return schema.NewIntLogicalType(32, true), parquet.Types.Int32, nil
	case "BIGINT":
		return schema.NewIntLogicalType(64, true), parquet.Types.Int64, nil
	case "BOOLEAN":
		return schema.NoLogicalType{}, parquet.Types.Boolean, nil
	case "DOUBLE":
		return schema.NoLogicalType{}, parquet.Types.Double, nil
	}
	var precision, scale int32
	if n, err := fmt.Sscanf(strings.ReplaceAll(sql, " ", ""), "DECIMAL(%d,%d)", &precision, &scale); n == 2 && err == nil && precision <= 18 {
		return schema.NewDecimalLogicalType(precision, scale), parquet.Types.Int64, nil
	}
	return nil, 0, fmt.Errorf("type %s cannot be written", sql)
}
