package compute

import (
	"context"
	"fmt"
	"slices"
	"time"

	"kefu/extract/lake"
	"kefu/extract/sqltext"
	"kefu/transform/model"
)

// Locks tell up to which business day, that day included, the published KPIs of
// a shop are locked. Rows of those days keep what was published when they were
// locked; what they would show now stands in a table of its own beside each, and
// what differs in locked_changes. The computation goes by the current rows and
// does not know about locks, so an incremental result equals a full one as ever.
type Locks map[ShopKey]time.Time

// lockable tells the tables whose rows a lock keeps: published KPIs of days, of
// windows by their as-of day, and KPIs and pay of calendar months by their last
// day. Lists of single buyers and orders are not kept: they show what is known
// now.
func lockable(m *model.Model) bool {
	dated := m.Partition != "" && (m.Scope == model.Day || m.Scope == model.Window) || m.Partition == monthEnd
	return m.Stored && m.Publish && dated
}

// monthEnd is the column by whose day rows of a calendar month are locked.
const monthEnd = "month_end"

// currentName is the table of the rows that a lockable table would show of
// locked days.
func currentName(name string) string { return "current_" + name }

func currentOf(m *model.Model) *model.Model {
	current := *m
	current.Name, current.Publish = currentName(m.Name), false
	current.Description = "What " + m.Name + " would show of locked days"
	return &current
}

// LockTables are the stored tables that locks make, beside the models' own:
// current_<table> for every table whose rows a lock keeps, and locked_changes.
func LockTables(graph *model.Graph) []*model.Model {
	out := []*model.Model{lockedChanges}
	for _, m := range graph.Stored() {
		if lockable(m) {
			out = append(out, currentOf(m))
		}
	}
	return out
}

// bindLocks makes a table of locks that conditions refer to.
func (r *run) bindLocks(ctx context.Context, table string, locks Locks) error {
	rel := Relation{Name: table, Columns: []RelationColumn{{"platform", "VARCHAR"}, {"shop_id", "VARCHAR"}, {"until_dt", "DATE"}}}
	for shop, until := range locks {
		if !until.IsZero() {
			rel.Rows = append(rel.Rows, []any{shop.Platform, shop.Shop, until})
		}
	}
	return r.load(ctx, rel)
}

// Tables of locks: those in force, and those that are to be.
const (
	locksNow  = "locked_shops"
	locksThen = "shops_to_lock"
)

// lockedBy is the condition for rows of a lockable table to be locked.
func lockedBy(table, alias string, m *model.Model) string {
	return fmt.Sprintf("exists (select 1 from %[1]s l where l.platform = %[2]s.platform and l.shop_id = %[2]s.shop_id and %[2]s.%[3]s <= l.until_dt)",
		table, alias, sqltext.Ident(m.Partition))
}

// lastComputed selects the rows of a stored model as they were last computed:
// the published ones, but of locked days the current.
func (r *run) lastComputed(ctx context.Context, name string, columns []lake.Column) (string, error) {
	query, err := r.publishedRows(ctx, columns, r.in.Marts[name])
	m := r.graph.Model(name)
	if err != nil || m == nil || !lockable(m) || len(r.in.Locks) == 0 {
		return query, err
	}
	current, err := r.publishedRows(ctx, columns, r.in.Marts[currentName(name)])
	return "select * from (" + query + ") o where not " + lockedBy(locksNow, "o", m) + " union all " + current, err
}

// Relocking changes which days are locked.
type Relocking struct {
	Now, Then Locks
	Marts     map[string][]lake.File // as Input has them, with those of LockTables
	// Columns returns the columns that a table of the lake has.
	Columns func(ctx context.Context, table string) ([]lake.Column, error)
}

// Relock stages what changing the locks changes: the rows of newly locked days
// are kept as they are published, with a copy that follows the data from now on;
// those of days that are no longer locked give way to the current ones.
func (c *Computer) Relock(ctx context.Context, k Relocking) (*Result, error) {
	r := &run{Computer: c, in: Input{Marts: k.Marts, Locks: k.Then}, out: &Result{}, cols: map[string][]lake.Column{}}
	if err := r.durably(ctx, func(ctx context.Context) error { return r.relockAll(ctx, k) }); err != nil {
		return nil, err
	}
	return r.out, nil
}

func (r *run) relockAll(ctx context.Context, k Relocking) error {
	for table, locks := range map[string]Locks{locksNow: k.Now, locksThen: k.Then} {
		if err := r.bindLocks(ctx, table, locks); err != nil {
			return err
		}
	}
	for _, m := range r.graph.Stored() {
		if !lockable(m) || len(k.Marts[m.Name]) == 0 {
			continue
		}
		var err error
		if r.cols[m.Name], err = k.Columns(ctx, m.Name); err != nil {
			return err
		}
		if err := r.relock(ctx, m); err != nil {
			return fmt.Errorf("%s: %w", m.Name, err)
		}
	}
	if err := r.bindLocks(ctx, locksNow, k.Then); err != nil {
		return err
	}
	return r.stageLockedChanges(ctx)
}

// relock moves the rows of a table between what is published and what is
// current.
func (r *run) relock(ctx context.Context, m *model.Model) error {
	was, will := lockedBy(locksNow, "o", m), lockedBy(locksThen, "o", m)
	published, current := r.in.Marts[m.Name], r.in.Marts[currentName(m.Name)]
	moving, err := r.eitherRows(ctx, m, published, current)
	if err != nil {
		return err
	}
	sides := []struct {
		m           *model.Model
		files       []lake.File
		own, others string // rows that stay, rows that come from the other side
		other       []lake.File
		touched     string // rows whose months are written anew
	}{
		{m, published, "not (" + was + " and not " + will + ")", was + " and not " + will, current, was + " and not " + will},
		{currentOf(m), current, will, will + " and not " + was, published, was + " <> " + will},
	}
	for _, s := range sides {
		months, err := r.partitions(ctx, m.Partition, fmt.Sprintf("(select * from (%s) o where %s)", moving, s.touched))
		if err != nil {
			return err
		}
		if len(months) == 0 {
			continue
		}
		err = r.writeMonths(ctx, s.m, s.files, months, func(month string) (string, error) {
			mine, err := r.publishedRows(ctx, r.cols[m.Name], filesOf(s.files, month))
			if err != nil {
				return "", err
			}
			others, err := r.publishedRows(ctx, r.cols[m.Name], filesOf(s.other, month))
			return fmt.Sprintf("select o.* from (%s) o where %s union all select o.* from (%s) o where %s", mine, s.own, others, s.others), err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// eitherRows selects the rows of both sets of files.
func (r *run) eitherRows(ctx context.Context, m *model.Model, a, b []lake.File) (string, error) {
	first, err := r.publishedRows(ctx, r.cols[m.Name], a)
	if err != nil {
		return "", err
	}
	second, err := r.publishedRows(ctx, r.cols[m.Name], b)
	return first + " union all " + second, err
}

// writeMonths writes partitions of a table anew, each the rows of a query, and
// notes the table as staged. The files become durable while others are written;
// durably waits for them.
func (r *run) writeMonths(ctx context.Context, m *model.Model, before []lake.File, months []string, rows func(month string) (string, error)) error {
	spec, err := r.store.Ensure(ctx, specOf(m, r.columnsOf(m)))
	if err != nil {
		return err
	}
	names := make([]string, len(spec.Columns))
	for i, c := range spec.Columns {
		names[i] = c.Name
	}
	files := slices.DeleteFunc(slices.Clone(before), func(f lake.File) bool { return slices.Contains(months, f.Partition) })
	var written []string
	for _, month := range months {
		query, err := rows(month)
		if err != nil {
			return err
		}
		file, err := writeUnsealed(ctx, r.engine, r.store, spec, month,
			OrderBy(fmt.Sprintf("select %s from (%s)", quoteNames(names), query), m.FileOrder()))
		if err != nil {
			return err
		}
		if file.Rows > 0 {
			files = append(files, file)
			written = append(written, file.Path)
		}
	}
	r.sealing.Go(func() error {
		if err := r.store.Seal(written...); err != nil {
			return fmt.Errorf("make data files durable: %w", err)
		}
		return nil
	})
	r.out.Tables = append(r.out.Tables, StagedTable{Model: m, Name: m.Name, Files: files, Changed: months})
	r.out.Changed = r.out.Changed || m != ruleDay
	return nil
}

// columnsOf are the columns of a stored table; the current rows have those of
// the published ones.
func (r *run) columnsOf(m *model.Model) []lake.Column {
	for _, other := range r.graph.Stored() {
		if lockable(other) && m.Name == currentName(other.Name) {
			return r.cols[other.Name]
		}
	}
	return r.cols[m.Name]
}

// staged are the files that a table is to hold.
func (r *run) staged(name string) []lake.File {
	for _, t := range r.out.Tables {
		if t.Name == name {
			return t.Files
		}
	}
	return r.in.Marts[name]
}
