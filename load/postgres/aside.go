package postgres

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"golang.org/x/sync/errgroup"

	server "kefu/extract/postgres"
	"kefu/load"
)

// A load of many rows fills its new tables by several connections at once, each
// table in a transaction of its own. Until the transaction of the load renames
// them, only their owner can read them, and their comment says what they are. A
// load that fails drops them; where it was killed, or lost the server, the next
// load does.

// asideWords is the comment of a table that waits for its name.
const asideWords = "Filled by a load of kefu that is under way or ended early; the next load drops it."

const (
	// fillers is how many connections fill tables at once, beside one more for
	// the small ones.
	fillers = 2
	// smallPart is which part of all work a small table makes at most. What it
	// takes is not work but waiting for the disk, for each of its files: better
	// beside the large ones than at the end.
	smallPart = 100
	// discardTime is how long a load that failed waits at each step of dropping
	// what it made.
	discardTime = 5 * time.Second
)

// fillSettings are those of a transaction that fills a table. The other
// connection is what works beside it. Its end need not be on disk before that of
// the load is, which comes later and takes it along. And the key of a large table
// is not sorted by way of the disk.
const fillSettings = `set local max_parallel_maintenance_workers = 0; set local synchronous_commit = off;
	select set_config('maintenance_work_mem', '256MB', true) where pg_size_bytes(current_setting('maintenance_work_mem')) < 256 << 20`

const (
	lockAlone  = "select pg_advisory_xact_lock(hashtextextended($1, 0))"
	lockShared = "select pg_advisory_xact_lock_shared(hashtextextended($1, 0))"
)

// Names of advisory locks: of the load, and of each transaction that fills a
// table for one.
func (w *Warehouse) loadLock() string { return "kefu warehouse " + w.schema }
func (w *Warehouse) fillLock() string { return "kefu warehouse aside " + w.schema }

// alone waits for other loads of the warehouse, and for what the server still
// does for one that was killed.
func (l *loading) alone(ctx context.Context) error {
	if _, err := l.tx.Exec(ctx, lockAlone, l.loadLock()); err != nil {
		return err
	}
	filling, err := l.tx.Begin(ctx)
	if err != nil {
		return err
	}
	if _, err := filling.Exec(ctx, lockAlone, l.fillLock()); err != nil {
		return err
	}
	return filling.Rollback(ctx) // which lets go of this lock alone
}

// dropLeftovers drops what a load has left that ended early.
func (l *loading) dropLeftovers(ctx context.Context) error {
	left := leftovers(l.tables)
	if len(left) == 0 {
		return nil
	}
	for _, name := range left {
		delete(l.tables, name)
	}
	return l.apart(ctx, func(b *builder) error { return b.drop(ctx, left) })
}

func leftovers(tables map[string]relation) []string {
	var left []string
	for name, r := range tables {
		if r.left {
			left = append(left, name)
		}
	}
	return left
}

// apart does something in a transaction of its own.
func (l *loading) apart(ctx context.Context, do func(*builder) error) error {
	return l.connected(ctx, func(conn *pgx.Conn) error { return l.begin(ctx, conn, l.version, do) })
}

func (w *Warehouse) begin(ctx context.Context, conn *pgx.Conn, version int, do func(*builder) error) error {
	return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, settings); err != nil {
			return fmt.Errorf("begin: %w", err)
		}
		return do(&builder{Warehouse: w, tx: tx, version: version})
	})
}

func (b *builder) drop(ctx context.Context, tables []string) error {
	names := make([]string, len(tables))
	for i, table := range tables {
		names[i] = b.name(table)
	}
	if _, err := b.tx.Exec(ctx, "drop table "+strings.Join(names, ", ")); err != nil {
		return fmt.Errorf("drop tables that no load will finish: %w", err)
	}
	return nil
}

// fillAll makes new tables for all changes, which swapAll renames: many rows by
// several connections at once.
func (l *loading) fillAll(ctx context.Context, changes []load.Change) error {
	size := int64(0)
	for _, change := range changes {
		if err := l.nameIsFree(change.Table); err != nil {
			return fmt.Errorf("table %s: %w", change.Table.Name, err)
		}
		size += load.SizeOf(change.Files)
	}
	if len(changes) > 1 && size >= l.asideBytes {
		conns, err := l.connectFillers(ctx)
		defer func() {
			for _, conn := range conns {
				_ = conn.Close(context.WithoutCancel(ctx)) // what counts is committed
			}
		}()
		if err != nil {
			return err
		}
		if len(conns) > 0 {
			return l.fillAside(ctx, conns, changes)
		}
	}
	for _, change := range changes {
		if err := l.put(ctx, change.Table, filesOf(change.Table, change.Files), false, l.result); err != nil {
			return fmt.Errorf("table %s: %w", change.Table.Name, err)
		}
	}
	return nil
}

// connectFillers makes as many connections as the server gives.
func (l *loading) connectFillers(ctx context.Context) ([]*pgx.Conn, error) {
	made := make([]*pgx.Conn, fillers+1)
	errs := make([]error, fillers+1)
	var group sync.WaitGroup
	for i := range made {
		group.Go(func() { made[i], errs[i] = l.server.Connect(ctx) })
	}
	group.Wait()
	var conns []*pgx.Conn
	var failed error
	for i, err := range errs {
		var told *pgconn.PgError
		switch {
		case err == nil:
			conns = append(conns, made[i])
		case errors.As(err, &told) && told.Code == "53300": // too many connections
		default:
			failed = err
		}
	}
	return conns, failed
}

// fillAside fills the tables in transactions of their own.
func (l *loading) fillAside(ctx context.Context, conns []*pgx.Conn, changes []load.Change) error {
	l.away = true
	if l.schemaless {
		l.madeSchema = true
		err := l.begin(ctx, conns[0], l.version, func(b *builder) error { return b.makeSchema(ctx) })
		if err != nil {
			return err
		}
		l.schemaless = false
	}
	waiting, err := newQueue(changes)
	if err != nil {
		return err
	}
	var done sync.Mutex
	var filled []swap
	group, ctx := errgroup.WithContext(ctx)
	for i, conn := range conns {
		take := waiting.largest
		if i >= fillers {
			take = waiting.small
		}
		group.Go(func() error {
			for next, ok := take(); ok; next, ok = take() {
				s, rows, err := l.fillApart(ctx, conn, next)
				if err != nil {
					return fmt.Errorf("table %s: %w", next.table.Name, err)
				}
				done.Lock()
				filled = append(filled, s)
				l.result.Tables++
				l.result.Rows += rows
				done.Unlock()
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for _, s := range filled {
		_, s.replaces = l.table(s.table.Name)
		l.tables[s.aside] = relation{oid: s.oid, kind: "r"}
		l.swaps = append(l.swaps, s)
	}
	return nil
}

// filling is a table that waits to be filled.
type filling struct {
	table   load.Table
	content content
	work    int64
}

// queue is the tables that wait, those with the most work first, so that no
// connection is left with much of it when the others have ended.
type queue struct {
	mutex   sync.Mutex
	waiting []filling
	work    int64 // of all
}

func newQueue(changes []load.Change) (*queue, error) {
	q := &queue{waiting: make([]filling, len(changes))}
	for i, change := range changes {
		next := filling{table: change.Table, content: filesOf(change.Table, change.Files)}
		known, err := next.content.outline()
		if err != nil {
			return nil, fmt.Errorf("table %s: %w", change.Table.Name, err)
		}
		next.work = known.work(change.Table)
		q.waiting[i] = next
		q.work += next.work
	}
	slices.SortStableFunc(q.waiting, func(a, b filling) int { return cmp.Compare(b.work, a.work) })
	return q, nil
}

// largest takes the table with the most work.
func (q *queue) largest() (filling, bool) {
	q.mutex.Lock()
	defer q.mutex.Unlock()
	if len(q.waiting) == 0 {
		return filling{}, false
	}
	next := q.waiting[0]
	q.waiting = q.waiting[1:]
	return next, true
}

// small takes the table with the least work, if it is a small one.
func (q *queue) small() (filling, bool) {
	q.mutex.Lock()
	defer q.mutex.Unlock()
	last := len(q.waiting) - 1
	if last < 0 || q.waiting[last].work > q.work/smallPart {
		return filling{}, false
	}
	next := q.waiting[last]
	q.waiting = q.waiting[:last]
	return next, true
}

// fillApart makes a table that only its owner can read.
func (l *loading) fillApart(ctx context.Context, conn *pgx.Conn, f filling) (s swap, rows int64, err error) {
	err = l.begin(ctx, conn, l.version, func(b *builder) error {
		if _, err := b.tx.Exec(ctx, lockShared, b.fillLock()); err != nil {
			return fmt.Errorf("begin: %w", err)
		}
		if _, err := b.tx.Exec(ctx, fillSettings); err != nil {
			return fmt.Errorf("begin: %w", err)
		}
		rows, err = b.build(ctx, f.table, f.content, asideWords)
		if err != nil {
			return err
		}
		s = swap{table: f.table, aside: f.table.Name + newMark}
		if err := b.tx.QueryRow(ctx, "select to_regclass($1)::oid", b.name(s.aside)).Scan(&s.oid); err != nil {
			return fmt.Errorf("find it: %w", err)
		}
		s.rights, err = b.hide(ctx, s.oid, s.aside)
		return err
	})
	return s, rows, err
}

// hide takes the rights away that others have on a new table by the schema's
// default, and returns them.
func (b *builder) hide(ctx context.Context, oid uint32, table string) ([]right, error) {
	rights, err := b.rights(ctx, oid, table)
	if err != nil || len(rights) == 0 {
		return nil, err
	}
	_, err = b.tx.Exec(ctx, `do $$ declare other text; begin
		for other in select distinct case a.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)) end
			from pg_class c cross join lateral aclexplode(c.relacl) a where c.oid = `+fmt.Sprint(oid)+` and a.grantee <> c.relowner
		loop execute format('revoke all on %s from %s', `+fmt.Sprint(oid)+`::regclass, other); end loop; end $$`)
	if err != nil {
		return nil, fmt.Errorf("hide it: %w", err)
	}
	return rights, nil
}

// discard drops, as far as the server lets it, what a load that failed made in
// transactions of its own. Where another load runs by now, that one does.
func (w *Warehouse) discard(ctx context.Context, schemaToo bool) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 4*discardTime)
	defer cancel()
	// The error of the load is the one to tell; the next load drops what is left.
	_ = w.connected(ctx, func(conn *pgx.Conn) error {
		return w.begin(ctx, conn, 0, func(b *builder) error {
			// The server may still be at the end of what failed.
			if _, err := b.tx.Exec(ctx, fmt.Sprintf("set local lock_timeout = %d", discardTime.Milliseconds())); err != nil {
				return err
			}
			for _, lock := range []string{w.loadLock(), w.fillLock()} {
				if _, err := b.tx.Exec(ctx, lockAlone, lock); err != nil {
					return err
				}
			}
			tables, err := readTables(ctx, b.tx, w.schema)
			if err != nil {
				return err
			}
			if left := leftovers(tables); len(left) > 0 {
				if err := b.drop(ctx, left); err != nil {
					return err
				}
			}
			if !schemaToo {
				return nil
			}
			_ = pgx.BeginFunc(ctx, b.tx, func(tx pgx.Tx) error { // unless somebody uses it by now
				_, err := tx.Exec(ctx, "drop schema "+server.Ident(w.schema))
				return err
			})
			return nil
		})
	})
}
