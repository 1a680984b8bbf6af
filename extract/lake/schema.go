package lake

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/apache/iceberg-go"
	"github.com/apache/iceberg-go/catalog"
	"github.com/apache/iceberg-go/table"
)

// Column is one column of a table.
type Column struct {
	Name     string
	Type     string // VARCHAR, TIMESTAMP, DATE, DECIMAL(p,s), INTEGER, BIGINT, BOOLEAN or DOUBLE
	ID       int    // field id, assigned by Ensure
	Required bool   // Commit refuses files that hold a missing value
	Doc      string
}

// Ways to partition a table by its Partition column.
const (
	ByDay   = "day"   // one partition per date: "2026-01-05"
	ByMonth = "month" // one partition per month: "2026-01"
	ByValue = "value" // one partition per text: the text itself, fit for a folder's name
)

// Spec describes a table.
type Spec struct {
	Name        string
	Columns     []Column
	Partition   string // DATE column, VARCHAR with ByValue
	PartitionBy string // ByDay, ByMonth, ByValue or "" for none
	Doc         string
}

// IncompatibleError is a change of a table that would make its files unreadable.
type IncompatibleError struct {
	Table, Column, Change string
}

// Error names the table, the column and the change.
func (e *IncompatibleError) Error() string {
	where := "table " + e.Table
	if e.Column != "" {
		where += ", column " + e.Column
	}
	return fmt.Sprintf("%s: %s; drop the table and compute it anew, or give the column another name", where, e.Change)
}

// Table properties of ours.
const (
	propRequired = "kefu.required-columns"
	propDoc      = "comment"
)

// Ensure creates the table, or evolves it to the given columns: new columns
// read as missing in old files, INTEGER widens to BIGINT and decimals to more
// digits, columns that are gone are dropped (their name may come back as a new
// column). A table without partitions may be given them: its older files stay
// as they are, in partition "", until somebody writes their rows anew. Any
// other change is an *IncompatibleError. It returns the spec with its field ids.
func (l *Lake) Ensure(ctx context.Context, spec Spec) (Spec, error) {
	types, err := spec.validate()
	if err != nil {
		return Spec{}, err
	}
	t, err := l.load(ctx, spec.Name)
	if errors.Is(err, ErrNoTable) {
		t, err = l.create(ctx, spec, types)
	}
	if err != nil {
		return Spec{}, err
	}
	if t, err = l.evolve(ctx, t, spec, types); err != nil {
		return Spec{}, err
	}
	out := spec
	out.Columns = slices.Clone(spec.Columns)
	for i := range out.Columns {
		f, ok := t.Schema().FindFieldByName(out.Columns[i].Name)
		if !ok {
			return Spec{}, fmt.Errorf("ensure table %s: column %s did not come to be", spec.Name, out.Columns[i].Name)
		}
		out.Columns[i].ID = f.ID
	}
	return out, nil
}

// Describe returns the table as it is.
func (l *Lake) Describe(ctx context.Context, name string) (Spec, error) {
	t, err := l.load(ctx, name)
	if err != nil {
		return Spec{}, err
	}
	spec := Spec{Name: name, Doc: t.Properties()[propDoc]}
	required := requiredColumns(t)
	for _, f := range t.Schema().Fields() {
		spec.Columns = append(spec.Columns, Column{Name: f.Name, Type: sqlType(f.Type), ID: f.ID, Required: required[f.Name], Doc: f.Doc})
	}
	spec.Partition, spec.PartitionBy = partitioning(t)
	return spec, nil
}

func (l *Lake) create(ctx context.Context, spec Spec, types []iceberg.Type) (*table.Table, error) {
	fields := make([]iceberg.NestedField, len(spec.Columns))
	part := *iceberg.UnpartitionedSpec
	for i, c := range spec.Columns {
		// Engines write every column as optional; Commit sees to the required ones.
		fields[i] = iceberg.NestedField{ID: i + 1, Name: c.Name, Type: types[i], Doc: c.Doc}
		if c.Name != spec.Partition {
			continue
		}
		switch spec.PartitionBy {
		case ByDay, ByValue:
			part = iceberg.NewPartitionSpec(iceberg.PartitionField{
				SourceIDs: []int{i + 1}, FieldID: 1000, Name: c.Name, Transform: iceberg.IdentityTransform{}})
		case ByMonth:
			part = iceberg.NewPartitionSpec(iceberg.PartitionField{
				SourceIDs: []int{i + 1}, FieldID: 1000, Name: c.Name + "_month", Transform: iceberg.MonthTransform{}})
		}
	}
	t, err := l.cat.CreateTable(ctx, identifier(spec.Name), iceberg.NewSchema(0, fields...),
		catalog.WithLocation(l.base+"/"+spec.Name),
		catalog.WithPartitionSpec(&part),
		catalog.WithProperties(spec.properties()))
	if errors.Is(err, catalog.ErrTableAlreadyExists) {
		return l.load(ctx, spec.Name)
	}
	if err != nil {
		return nil, fmt.Errorf("create table %s: %w", spec.Name, err)
	}
	return t, nil
}

// properties are those that Ensure keeps up to date.
func (s Spec) properties() iceberg.Properties {
	var required []string
	for _, c := range s.Columns {
		if c.Required {
			required = append(required, c.Name)
		}
	}
	return iceberg.Properties{
		propRequired: strings.Join(required, ","),
		propDoc:      s.Doc,
		// Old metadata files go with the commits that follow them.
		table.MetadataDeleteAfterCommitEnabledKey: "true",
		table.MetadataPreviousVersionsMaxKey:      "20",
		table.ManifestMergeEnabledKey:             "true",
		table.ManifestMinMergeCountKey:            "30",
	}
}

func (l *Lake) evolve(ctx context.Context, t *table.Table, spec Spec, types []iceberg.Type) (*table.Table, error) {
	col, by := partitioning(t)
	if by != "" && (col != spec.Partition || by != spec.PartitionBy) {
		return nil, &IncompatibleError{Table: spec.Name, Column: spec.Partition,
			Change: fmt.Sprintf("the partitioning (%q by %q) cannot become %q by %q", col, by, spec.Partition, spec.PartitionBy)}
	}
	t, err := l.evolveColumns(ctx, t, spec, types)
	if err == nil && by != spec.PartitionBy {
		t, err = l.divide(ctx, t, spec)
	}
	return t, err
}

func (l *Lake) evolveColumns(ctx context.Context, t *table.Table, spec Spec, types []iceberg.Type) (*table.Table, error) {
	txn := t.NewTransaction()
	up := txn.UpdateSchema(true, false)
	changed, err := stageColumns(up, t.Schema(), spec, types)
	if err != nil {
		return nil, err
	}
	if changed {
		if err := up.Commit(); err != nil {
			return nil, fmt.Errorf("evolve table %s: %w", spec.Name, err)
		}
	}
	props := spec.properties()
	maps.DeleteFunc(props, func(k, v string) bool { return t.Properties()[k] == v })
	if !changed && len(props) == 0 {
		return t, nil
	}
	if err := txn.SetProperties(props); err != nil {
		return nil, fmt.Errorf("evolve table %s: %w", spec.Name, err)
	}
	evolved, err := txn.Commit(ctx)
	if err != nil {
		return nil, fmt.Errorf("evolve table %s: %w", spec.Name, err)
	}
	return evolved, nil
}

// divide gives partitions to a table that has none.
func (l *Lake) divide(ctx context.Context, t *table.Table, spec Spec) (*table.Table, error) {
	txn := t.NewTransaction()
	up := txn.UpdateSpec(true)
	if spec.PartitionBy == ByMonth {
		up.AddField(spec.Partition, iceberg.MonthTransform{}, spec.Partition+"_month")
	} else {
		up.AddIdentity(spec.Partition)
	}
	if err := up.Commit(); err != nil {
		return nil, fmt.Errorf("divide table %s: %w", spec.Name, err)
	}
	divided, err := txn.Commit(ctx)
	if err != nil {
		return nil, fmt.Errorf("divide table %s: %w", spec.Name, err)
	}
	return divided, nil
}

// stageColumns stages what differs between the table's columns and the spec's.
func stageColumns(up *table.UpdateSchema, schema *iceberg.Schema, spec Spec, types []iceberg.Type) (bool, error) {
	changed := false
	wanted := map[string]bool{}
	for i, c := range spec.Columns {
		wanted[c.Name] = true
		f, ok := schema.FindFieldByName(c.Name)
		switch {
		case !ok:
			up.AddColumn([]string{c.Name}, types[i], c.Doc, false, nil)
			changed = true
		case !f.Type.Equals(types[i]):
			if !widens(f.Type, types[i]) {
				return false, &IncompatibleError{Table: spec.Name, Column: c.Name,
					Change: fmt.Sprintf("%s cannot become %s", sqlType(f.Type), c.Type)}
			}
			up.UpdateColumn([]string{c.Name}, table.ColumnUpdate{
				FieldType: iceberg.Optional[iceberg.Type]{Val: types[i], Valid: true}})
			changed = true
		}
	}
	for _, f := range schema.Fields() {
		if !wanted[f.Name] {
			up.DeleteColumn([]string{f.Name})
			changed = true
		}
	}
	return changed, nil
}

func widens(from, to iceberg.Type) bool {
	if f, ok := from.(iceberg.DecimalType); ok {
		t, ok := to.(iceberg.DecimalType)
		return ok && f.Scale() == t.Scale() && f.Precision() < t.Precision()
	}
	return from.Equals(iceberg.PrimitiveTypes.Int32) && to.Equals(iceberg.PrimitiveTypes.Int64)
}

// validate checks the spec by itself and returns its columns' types.
func (s Spec) validate() ([]iceberg.Type, error) {
	if s.Name == "" || strings.ContainsAny(s.Name, `./\`) {
		return nil, fmt.Errorf("table name %q: must be a plain name", s.Name)
	}
	types := make([]iceberg.Type, len(s.Columns))
	seen := map[string]bool{}
	partition := s.PartitionBy == ""
	for i, c := range s.Columns {
		t, err := icebergType(c.Type)
		if err != nil {
			return nil, fmt.Errorf("table %s, column %s: %w", s.Name, c.Name, err)
		}
		if seen[c.Name] {
			return nil, fmt.Errorf("table %s has two columns %s", s.Name, c.Name)
		}
		seen[c.Name], types[i] = true, t
		if c.Name == s.Partition && t.Equals(partitionType(s.PartitionBy)) {
			partition = true
		}
	}
	switch {
	case !partition:
		return nil, fmt.Errorf("table %s: the partition column %q is not one of its %s columns", s.Name, s.Partition, sqlType(partitionType(s.PartitionBy)))
	case s.PartitionBy != "" && s.PartitionBy != ByDay && s.PartitionBy != ByMonth && s.PartitionBy != ByValue:
		return nil, fmt.Errorf("table %s: partitioning by %q is unknown", s.Name, s.PartitionBy)
	}
	return types, nil
}

// partitionType is the type that a partition column has.
func partitionType(by string) iceberg.Type {
	if by == ByValue {
		return iceberg.PrimitiveTypes.String
	}
	return iceberg.PrimitiveTypes.Date
}

var plainTypes = map[string]iceberg.Type{
	"VARCHAR":   iceberg.PrimitiveTypes.String,
	"TIMESTAMP": iceberg.PrimitiveTypes.Timestamp,
	"DATE":      iceberg.PrimitiveTypes.Date,
	"INTEGER":   iceberg.PrimitiveTypes.Int32,
	"BIGINT":    iceberg.PrimitiveTypes.Int64,
	"BOOLEAN":   iceberg.PrimitiveTypes.Bool,
	"DOUBLE":    iceberg.PrimitiveTypes.Float64,
}

func icebergType(name string) (iceberg.Type, error) {
	if t, ok := plainTypes[name]; ok {
		return t, nil
	}
	if args, ok := strings.CutPrefix(name, "DECIMAL("); ok {
		p, s, ok := strings.Cut(strings.TrimSuffix(args, ")"), ",")
		precision, err1 := strconv.Atoi(strings.TrimSpace(p))
		scale, err2 := strconv.Atoi(strings.TrimSpace(s))
		if ok && err1 == nil && err2 == nil && 0 < precision && precision <= 38 && 0 <= scale && scale <= precision {
			return iceberg.DecimalTypeOf(precision, scale), nil
		}
	}
	return nil, fmt.Errorf("type %q cannot be stored (use VARCHAR, TIMESTAMP, DATE, DECIMAL(p,s), INTEGER, BIGINT, BOOLEAN or DOUBLE)", name)
}

func sqlType(t iceberg.Type) string {
	if d, ok := t.(iceberg.DecimalType); ok {
		return fmt.Sprintf("DECIMAL(%d,%d)", d.Precision(), d.Scale())
	}
	for name, plain := range plainTypes {
		if plain.Equals(t) {
			return name
		}
	}
	return strings.ToUpper(t.String())
}

func requiredColumns(t *table.Table) map[string]bool {
	out := map[string]bool{}
	for name := range strings.SplitSeq(t.Properties()[propRequired], ",") {
		out[name] = name != ""
	}
	return out
}

func partitioning(t *table.Table) (column, by string) {
	part := t.Spec()
	if part.NumFields() == 0 {
		return "", ""
	}
	field := part.Field(0)
	column, _ = t.Schema().FindColumnName(field.SourceID())
	if _, ok := field.Transform.(iceberg.MonthTransform); ok {
		return column, ByMonth
	}
	if f, ok := t.Schema().FindFieldByID(field.SourceID()); ok && f.Type.Equals(iceberg.PrimitiveTypes.String) {
		return column, ByValue
	}
	return column, ByDay
}
