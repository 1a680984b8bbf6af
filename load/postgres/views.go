package postgres

import (
	"context"
	"fmt"
	"slices"
	"strings"

	server "kefu/extract/postgres"
	"kefu/extract/sqltext"
	"kefu/load"
)

// knowViews tells of what others have built: our own views are made anew where
// it has to be, so they do not count, unless somebody has built on them.
func (l *loading) knowViews() {
	l.views = map[string]relation{}
	for name, entry := range l.state {
		if r := l.tables[name]; entry.IsView() && !r.builtOn && len(r.under) == 0 {
			l.views[name] = r
		}
	}
	for name, r := range l.tables {
		ours := func(view string) bool { _, ok := l.views[view]; return ok }
		if slices.ContainsFunc(r.under, func(view string) bool { return !ours(view) }) {
			r.builtOn = true
			l.tables[name] = r
		}
	}
}

// dropViews drops our views, once, before what they stand on changes, and keeps
// the rights that others have on them.
func (l *loading) dropViews(ctx context.Context) error {
	if l.dropped {
		return nil
	}
	l.dropped = true
	for _, name := range l.viewNames() {
		rights, err := l.rights(ctx, l.views[name].oid, name)
		if err != nil {
			return err
		}
		l.viewRights = append(l.viewRights, rights...)
		if _, err := l.tx.Exec(ctx, "drop view "+l.name(name)); err != nil {
			return fmt.Errorf("drop view %s: %w", name, err)
		}
	}
	return nil
}

func (l *loading) viewNames() []string {
	names := make([]string, 0, len(l.views))
	for name := range l.views {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// makeViews makes the views that are not there, and those on which others have
// built anew in their place where they are to be other ones.
func (l *loading) makeViews(ctx context.Context, steps load.Steps) error {
	made := map[string]bool{}
	for _, name := range steps.OldViews {
		_, free := l.views[name]
		wanted := slices.ContainsFunc(steps.Views, func(v load.View) bool { return v.Name == name })
		if wanted || free {
			continue
		}
		if _, err := l.tx.Exec(ctx, "drop view "+l.name(name)); err != nil {
			return fmt.Errorf("drop view %s, on which others have built: %w", name, err)
		}
	}
	for _, view := range steps.Views {
		entry, held := l.state[view.Name]
		_, free := l.views[view.Name]
		if gone := free && l.dropped; held && entry.Shows(view) && !gone {
			continue
		}
		if err := l.makeView(ctx, view); err != nil {
			return fmt.Errorf("view %s: %w", view.Name, err)
		}
		made[view.Name] = true
	}
	for _, right := range l.viewRights {
		if made[right.on] {
			if _, err := l.tx.Exec(ctx, right.statement); err != nil {
				return fmt.Errorf("hand on rights on %s: %w", right.on, err)
			}
		}
	}
	return nil
}

func (l *loading) makeView(ctx context.Context, view load.View) error {
	statements := []string{
		// The select has plain names of tables.
		"set local search_path = " + server.Ident(l.schema) + ", pg_catalog",
		fmt.Sprintf("create or replace view %s as %s", l.name(view.Name), view.SQL),
		"set local search_path = pg_catalog",
		fmt.Sprintf("comment on view %s is %s", l.name(view.Name), sqltext.Literal(view.FullComment())),
	}
	for _, column := range view.Columns {
		statements = append(statements, fmt.Sprintf("comment on column %s.%s is %s", l.name(view.Name), server.Ident(column.Name), sqltext.Literal(column.Comment)))
	}
	if _, err := l.tx.Exec(ctx, strings.Join(statements, "; ")); err != nil {
		return fmt.Errorf("make: %w", err)
	}
	return nil
}

// viewsChange tells whether views have to go before the end of the load: when
// tables are renamed or dropped, or the views themselves are other ones.
func (l *loading) viewsChange(steps load.Steps, tables int) bool {
	if len(l.views) > 0 && (tables > 0 || l.dropped) {
		return true
	}
	wanted := map[string]bool{}
	for _, view := range steps.Views {
		wanted[view.Name] = true
		if _, free := l.views[view.Name]; free && !l.state[view.Name].Shows(view) {
			return true
		}
	}
	return slices.ContainsFunc(steps.OldViews, func(name string) bool { return !wanted[name] })
}
