package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	server "kefu/extract/postgres"
	"kefu/load"
)

// loading is a load under way.
type loading struct {
	builder
	tables     map[string]relation
	state      load.State
	swaps      []swap              // tables that wait to be renamed into place
	views      map[string]relation // of ours, as they stood; without those on which others have built
	dropped    bool                // the views are gone
	schemaless bool                // the schema is still to be made
	away       bool                // other transactions have made tables
	madeSchema bool                // so was the schema
	viewRights []right             // that others had on them
	result     *load.Result
}

// settings are those of the transaction: its steps take what they take, and
// names are spelled out.
const settings = `set local statement_timeout = 0; set local lock_timeout = 0; set local idle_in_transaction_session_timeout = 0;
	set local search_path = pg_catalog; set local client_min_messages = warning`

func (l *loading) run(ctx context.Context, publication load.Publication) error {
	if _, err := l.tx.Exec(ctx, settings); err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	if err := l.alone(ctx); err != nil {
		return fmt.Errorf("wait for another load of the warehouse: %w", err)
	}
	if err := l.look(ctx); err != nil {
		return err
	}
	if err := l.dropLeftovers(ctx); err != nil {
		return err
	}
	l.distrust(publication)
	steps := load.Plan(publication, l.state)
	if !steps.Necessary {
		return nil
	}
	if err := l.refuseForeign(publication); err != nil {
		return err
	}
	l.result.Rebuilt = !l.state.Exists()
	if err := l.apply(ctx, steps); err != nil {
		return err
	}
	if err := l.inline(ctx, publication.State(time.Now()), nil); err != nil {
		return err
	}
	if err := l.swapAll(ctx, steps); err != nil {
		return err
	}
	return l.makeViews(ctx, steps)
}

// look reads what there is.
func (l *loading) look(ctx context.Context) error {
	var exists bool
	err := l.tx.QueryRow(ctx, "select to_regnamespace($1) is not null, current_setting('server_version_num')::integer",
		server.Ident(l.schema)).Scan(&exists, &l.version)
	if err != nil {
		return fmt.Errorf("look for the schema: %w", err)
	}
	l.schemaless = !exists
	if l.tables, err = readTables(ctx, l.tx, l.schema); err != nil {
		return err
	}
	if l.state, err = readState(ctx, l.tx, l.schema, l.tables); err != nil {
		return err
	}
	l.knowViews()
	return nil
}

// distrust forgets what is said of tables whose columns somebody changed: they
// are made anew.
func (l *loading) distrust(publication load.Publication) {
	check := func(table load.Table) {
		if entry, ok := l.state[table.Name]; ok && !l.tables[table.Name].fits(table) {
			entry.Snapshot, entry.Shape = 0, ""
			l.state[table.Name] = entry
		}
	}
	for _, change := range publication.Tables {
		check(change.Table)
	}
	for _, inline := range publication.Inline {
		check(inline.Table)
	}
	for _, view := range publication.Views {
		same := func(c load.Column, name string) bool { return c.Name == name }
		if entry := l.state[view.Name]; entry.IsView() && !slices.EqualFunc(view.Columns, l.tables[view.Name].names, same) {
			entry.Content = ""
			l.state[view.Name] = entry
		}
	}
}

// refuseForeign stops before names that something else has.
func (l *loading) refuseForeign(publication load.Publication) error {
	names := []string{load.StateTable().Name}
	for _, change := range publication.Tables {
		names = append(names, change.Table.Name)
	}
	for _, view := range publication.Views {
		names = append(names, view.Name)
	}
	for _, inline := range publication.Inline {
		names = append(names, inline.Table.Name)
	}
	var problems []error
	for _, name := range names {
		_, there := l.tables[name]
		if _, ours := l.state[name]; there && !ours {
			problems = append(problems, fmt.Errorf("%s: %w", name, ErrForeign))
		}
	}
	return errors.Join(problems...)
}

// apply carries out the steps, but for the renaming and dropping of tables that
// readers may have open.
func (l *loading) apply(ctx context.Context, steps load.Steps) error {
	var anew, whole, partial []load.Change
	for _, change := range steps.Whole {
		if l.staysInPlace(change) {
			whole = append(whole, change)
		} else {
			anew = append(anew, change)
		}
	}
	for _, change := range steps.Partial {
		if l.mostlyNew(change) {
			anew = append(anew, change)
		} else {
			partial = append(partial, change)
		}
	}
	if err := l.fillAll(ctx, anew); err != nil {
		return err
	}
	for _, change := range whole {
		if err := l.put(ctx, change.Table, filesOf(change.Table, change.Files), true, l.result); err != nil {
			return fmt.Errorf("table %s: %w", change.Table.Name, err)
		}
	}
	for _, change := range partial {
		if err := l.partial(ctx, change); err != nil {
			return fmt.Errorf("table %s: %w", change.Table.Name, err)
		}
	}
	for _, table := range steps.Comments {
		if slices.ContainsFunc(l.swaps, func(s swap) bool { return s.table.Name == table.Name }) {
			continue // the new table was made with its comments
		}
		err := l.comment(ctx, table, table.Name, table.FullComment())
		if err == nil && !l.tables[table.Name].keyFits(table) {
			err = l.rekey(ctx, table)
		}
		if err != nil {
			return fmt.Errorf("table %s: %w", table.Name, err)
		}
	}
	for _, inline := range steps.Inline {
		if err := l.inline(ctx, inline, l.result); err != nil {
			return err
		}
	}
	return nil
}

// table is the table of that name that stands now; a view of ours is none, it
// goes before the name is taken.
func (l *loading) table(name string) (relation, bool) {
	r, there := l.tables[name]
	return r, there && r.kind != "v"
}

// staysInPlace tells whether all rows of a table are replaced where they stand.
func (l *loading) staysInPlace(change load.Change) bool {
	old, there := l.table(change.Table.Name)
	small := load.SizeOf(change.Files) < l.swapBytes
	return there && (old.builtOn || small && old.fits(change.Table))
}

// mostlyNew tells whether so many partitions change that all rows are replaced.
func (l *loading) mostlyNew(change load.Change) bool {
	size := load.SizeOf(change.Files)
	return size >= l.swapBytes && change.ChangedSize()*2 > size && !l.tables[change.Table.Name].builtOn
}

// inline replaces all rows of a small table. result may be nil.
func (l *loading) inline(ctx context.Context, inline load.Inline, result *load.Result) error {
	old, there := l.table(inline.Table.Name)
	inPlace := there && (old.builtOn || old.fits(inline.Table))
	if err := l.put(ctx, inline.Table, valuesOf(inline), inPlace, result); err != nil {
		return fmt.Errorf("table %s: %w", inline.Table.Name, err)
	}
	return nil
}

// put replaces all rows of a table, in place or by a new table.
func (l *loading) put(ctx context.Context, table load.Table, content content, inPlace bool, result *load.Result) error {
	var rows int64
	var err error
	if inPlace {
		if rows, err = l.replace(ctx, table, "true", content); err == nil {
			err = l.comment(ctx, table, table.Name, table.FullComment())
		}
	} else {
		rows, err = l.fill(ctx, table, content)
	}
	if result != nil {
		result.Tables++
		result.Rows += rows
	}
	return err
}

// partial replaces the rows of some partitions.
func (l *loading) partial(ctx context.Context, change load.Change) error {
	condition, err := partitions(change)
	if err != nil {
		return err
	}
	rows, err := l.replace(ctx, change.Table, condition, filesOf(change.Table, change.ChangedFiles()))
	l.result.Tables++
	l.result.Rows += rows
	return err
}

// fill makes a table aside in this transaction and fills it; swapAll renames it.
func (l *loading) fill(ctx context.Context, table load.Table, content content) (int64, error) {
	if err := l.nameIsFree(table); err != nil {
		return 0, err
	}
	if l.schemaless {
		if err := l.makeSchema(ctx); err != nil {
			return 0, err
		}
		l.schemaless = false
	}
	rows, err := l.build(ctx, table, content, table.FullComment())
	_, there := l.table(table.Name)
	l.swaps = append(l.swaps, swap{table: table, aside: table.Name + newMark, replaces: there})
	return rows, err
}

// nameIsFree stops before a name that somebody else has given aside.
func (l *loading) nameIsFree(table load.Table) error {
	if _, taken := l.tables[table.Name+newMark]; taken {
		return fmt.Errorf("%s: %w", table.Name+newMark, ErrForeign)
	}
	return nil
}
