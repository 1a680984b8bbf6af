package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	server "kefu/extract/postgres"
	"kefu/extract/sqltext"
	"kefu/load"
)

// swap is a table that was filled aside and waits for its name.
type swap struct {
	table    load.Table
	aside    string
	replaces bool // an older table has the name
	// Of a table that was filled in a transaction of its own: what it is known
	// by, and the rights that it would have had from the start.
	oid    uint32
	rights []right
}

const (
	// lockSlice is how long new readers wait at most while the load tries to
	// get hold of a table. It is shorter than deadlock_timeout, so that the
	// load gives way before a reader is chosen to.
	lockSlice = 300 * time.Millisecond
	// lockPause is how long readers are left alone between two tries.
	lockPause = time.Second
)

// swapAll renames the new tables into place and drops the old ones, the last
// thing that a load does: it keeps readers waiting.
func (l *loading) swapAll(ctx context.Context, steps load.Steps) error {
	var old, away []string
	for _, s := range l.swaps {
		if s.replaces {
			old = append(old, s.table.Name)
		}
		if s.oid != 0 {
			away = append(away, s.aside)
		}
	}
	old = append(old, steps.Drop...)
	var views []string
	if !l.dropped && l.viewsChange(steps, len(old)) {
		views = l.viewNames()
	}
	locked := slices.Concat(views, old)
	if len(locked) > 0 {
		locked = append([]string{load.StateTable().Name}, locked...)
	}
	if locked = append(locked, away...); len(locked) > 0 {
		if err := l.lockAll(ctx, locked); err != nil {
			return err
		}
	}
	for _, s := range l.swaps {
		if err := l.takeOver(ctx, s); err != nil {
			return fmt.Errorf("table %s: %w", s.table.Name, err)
		}
	}
	if len(views) > 0 {
		if err := l.dropViews(ctx); err != nil {
			return err
		}
	}
	for _, name := range old {
		if _, err := l.tx.Exec(ctx, "drop table "+l.name(name)); err != nil {
			return fmt.Errorf("drop table %s: %w", name, err)
		}
	}
	for _, s := range l.swaps {
		statements := fmt.Sprintf("alter table %s rename to %s", l.name(s.aside), server.Ident(s.table.Name))
		if _, err := l.tx.Exec(ctx, statements); err != nil {
			return fmt.Errorf("rename table %s: %w", s.table.Name, err)
		}
		_, err := l.tx.Exec(ctx, `do $$ begin
			if exists (select from pg_constraint where conrelid = `+sqltext.Literal(l.name(s.table.Name))+`::regclass and conname = `+sqltext.Literal(s.aside+keyMark)+`) then
				alter table `+l.name(s.table.Name)+` rename constraint `+server.Ident(s.aside+keyMark)+` to `+server.Ident(s.table.Name+keyMark)+`;
			end if; end $$`)
		if err != nil {
			return fmt.Errorf("rename the key of table %s: %w", s.table.Name, err)
		}
	}
	return nil
}

// takeOver gives a new table the rights on the one that it replaces, and one
// that was filled in a transaction of its own what it lacks.
func (l *loading) takeOver(ctx context.Context, s swap) error {
	if s.oid != 0 {
		var oid uint32
		if err := l.tx.QueryRow(ctx, "select to_regclass($1)::oid", l.name(s.aside)).Scan(&oid); err != nil || oid != s.oid {
			return errors.Join(fmt.Errorf("%s is not the table that was filled any more: another load came in between", s.aside), err)
		}
		if _, err := l.tx.Exec(ctx, l.commentOn(s.aside, s.table.FullComment())); err != nil {
			return fmt.Errorf("set its comment: %w", err)
		}
		for _, r := range s.rights {
			if _, err := l.tx.Exec(ctx, r.statement); err != nil {
				return fmt.Errorf("give usual rights: %w", err)
			}
		}
	}
	if !s.replaces {
		return nil
	}
	return l.grant(ctx, l.tables[s.table.Name].oid, s.aside)
}

// lockAll gets hold of all tables at once, or of none: as long as others read
// one of them it lets go again, so that they and whoever comes after them go
// on.
func (l *loading) lockAll(ctx context.Context, tables []string) error {
	names := make([]string, len(tables))
	for i, table := range tables {
		names[i] = l.name(table)
	}
	lock := "lock table " + strings.Join(names, ", ") + " in access exclusive mode"
	for begin := time.Now(); ; {
		err := pgx.BeginFunc(ctx, l.tx, func(tx pgx.Tx) error {
			_, err := tx.Exec(ctx, fmt.Sprintf("set local lock_timeout = %d; %s; set local lock_timeout = 0", lockSlice.Milliseconds(), lock))
			return err
		})
		var told *pgconn.PgError
		switch {
		case err == nil:
			return nil
		case !errors.As(err, &told) || told.Code != "55P03": // lock not available
			return fmt.Errorf("lock tables: %w", err)
		case time.Since(begin) > l.patience:
			return l.busy(ctx, tables)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for others to stop reading: %w", ctx.Err())
		case <-time.After(lockPause):
		}
	}
}

// busy names those who keep the tables open.
func (l *loading) busy(ctx context.Context, tables []string) error {
	var oids []uint32
	for _, table := range tables {
		oids = append(oids, l.tables[table].oid)
	}
	var who *string
	err := l.tx.QueryRow(ctx, `select string_agg(distinct format('%s of %s with process %s since %s', l.relation::regclass,
			coalesce(a.usename, '?') || coalesce(' (' || nullif(a.application_name, '') || ')', ''), a.pid, to_char(a.xact_start, 'YYYY-MM-DD HH24:MI:SS TZ')), '; ')
		from pg_locks l join pg_stat_activity a using (pid)
		where l.relation = any($1) and l.granted and l.pid <> pg_backend_pid()`, oids).Scan(&who)
	if err != nil || who == nil {
		return fmt.Errorf("replace tables %s: %w", strings.Join(tables, ", "), ErrBusy)
	}
	return fmt.Errorf("replace tables: %w: %s; end those transactions, or load at another time", ErrBusy, *who)
}
