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
	table, aside string
	replaces     bool // an older table has the name
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
	var old []string
	for _, s := range l.swaps {
		if s.replaces {
			old = append(old, s.table)
		}
	}
	old = append(old, steps.Drop...)
	var views []string
	if !l.dropped && l.viewsChange(steps, len(old)) {
		views = l.viewNames()
	}
	if locked := slices.Concat(views, old); len(locked) > 0 {
		if err := l.lockAll(ctx, append([]string{load.StateTable().Name}, locked...)); err != nil {
			return err
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
		statements := fmt.Sprintf("alter table %s rename to %s", l.name(s.aside), server.Ident(s.table))
		if _, err := l.tx.Exec(ctx, statements); err != nil {
			return fmt.Errorf("rename table %s: %w", s.table, err)
		}
		_, err := l.tx.Exec(ctx, `do $$ begin
			if exists (select from pg_constraint where conrelid = `+sqltext.Literal(l.name(s.table))+`::regclass and conname = `+sqltext.Literal(s.aside+keyMark)+`) then
				alter table `+l.name(s.table)+` rename constraint `+server.Ident(s.aside+keyMark)+` to `+server.Ident(s.table+keyMark)+`;
			end if; end $$`)
		if err != nil {
			return fmt.Errorf("rename the key of table %s: %w", s.table, err)
		}
	}
	return nil
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
