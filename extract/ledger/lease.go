package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"
)

const (
	// leaseTTL is how long a lease outlives its last sign of life.
	leaseTTL = 2 * time.Minute
	// leaseBeat is how often a holder gives one.
	leaseBeat = leaseTTL / 6
	// leasePoll is how often a waiting process looks again.
	leasePoll = 200 * time.Millisecond
)

// ErrLeaseLost says that another process took the lease over, because this one
// gave no sign of life for too long.
var ErrLeaseLost = errors.New("the lease was taken over by another process")

// LockedError says who holds a lease.
type LockedError struct {
	Name   string
	Holder string // what the holder said it is
	Host   string
	PID    int
	Since  time.Time
}

// Error names the holder.
func (e *LockedError) Error() string {
	return fmt.Sprintf("%s is held by process %d on %s since %s", e.Name, e.PID, shownHost(e.Host), e.Since.Local().Format(time.DateTime))
}

// Lease is a named lock held by this process. It ends with Release, or with
// the process.
type Lease struct {
	ledger *Ledger
	name   string
	owner  string // token of this holding

	stop context.CancelFunc
	done chan struct{}
	lost chan struct{}
	once sync.Once
}

// leases are the owners that this process stands for, of any state.
var leases sync.Map

// given tells whether the holder is this process, which has given the lease up
// already: the state was away when it did.
func given(holder LockedError, mark string) bool {
	if pid := os.Getpid(); holder.PID != pid || mark != processMark(pid) {
		return false
	}
	_, held := leases.Load(holder.Holder)
	return !held
}

// Acquire takes the named lease. While another process holds it, Acquire waits,
// or without wait returns a *LockedError. A lease whose process is gone or gave
// no sign of life for two minutes is taken over.
func (l *Ledger) Acquire(ctx context.Context, name string, wait bool) (*Lease, error) {
	owner := newID(time.Now())
	leases.Store(owner, true)
	if err := l.acquire(ctx, name, owner, wait); err != nil {
		leases.Delete(owner)
		return nil, err
	}
	beating, stop := context.WithCancel(context.WithoutCancel(ctx))
	lease := &Lease{ledger: l, name: name, owner: owner, stop: stop, done: make(chan struct{}), lost: make(chan struct{})}
	go lease.beat(beating)
	return lease, nil
}

func (l *Ledger) acquire(ctx context.Context, name, owner string, wait bool) error {
	for {
		err := l.tryAcquire(ctx, name, owner)
		var locked *LockedError
		if err == nil || !wait || !errors.As(err, &locked) {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for lease %s: %w (%w)", name, context.Cause(ctx), locked)
		case <-time.After(leasePoll):
		}
	}
}

func (l *Ledger) tryAcquire(ctx context.Context, name, owner string) error {
	return l.inTx(ctx, "acquire lease "+name, func(tx *sql.Tx) error {
		now, err := l.now(ctx, tx)
		if err != nil {
			return err
		}
		holder, mark, expires := LockedError{Name: name}, "", ""
		var since string
		err = tx.QueryRowContext(ctx, "select owner, host, pid, process, acquired_at, expires_at from leases where name = ?", name).
			Scan(&holder.Holder, &holder.Host, &holder.PID, &mark, &since, &expires)
		switch {
		case errors.Is(err, sql.ErrNoRows):
		case err != nil:
			return err
		default:
			dead := holder.Host == l.host && (!alive(holder.PID, mark) || given(holder, mark))
			if !dead && stamp(now) < expires {
				if holder.Since, err = parseTime(since); err != nil {
					return err
				}
				return &holder
			}
			if err := l.interrupt(ctx, tx, holder.Host, holder.PID, mark); err != nil {
				return err
			}
		}
		pid := os.Getpid()
		_, err = tx.ExecContext(ctx, `insert into leases (name, owner, host, pid, process, acquired_at, expires_at) values (?, ?, ?, ?, ?, ?, ?)
			on conflict (name) do update set owner = excluded.owner, host = excluded.host, pid = excluded.pid,
				process = excluded.process, acquired_at = excluded.acquired_at, expires_at = excluded.expires_at`,
			name, owner, l.host, pid, processMark(pid), stamp(now), stamp(now.Add(leaseTTL)))
		return err
	})
}

// beat gives signs of life until the lease ends.
func (e *Lease) beat(ctx context.Context) {
	defer close(e.done)
	tick := time.NewTicker(leaseBeat)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		now, err := e.ledger.now(ctx, e.ledger.db)
		if err != nil {
			continue // a busy database, or a server that restarts: the next beat may pass
		}
		res, err := e.ledger.db.ExecContext(ctx, "update leases set expires_at = ? where name = ? and owner = ?",
			stamp(now.Add(leaseTTL)), e.name, e.owner)
		if err != nil {
			continue
		}
		if n, err := res.RowsAffected(); err == nil && n == 0 {
			e.once.Do(func() { close(e.lost) })
			return
		}
	}
}

// Lost is closed when another process was seen to have taken the lease over.
func (e *Lease) Lost() <-chan struct{} { return e.lost }

// Check returns ErrLeaseLost when the lease is no longer this process's.
func (e *Lease) Check(ctx context.Context) error { return e.check(ctx, e.ledger.db) }

func (e *Lease) check(ctx context.Context, q interface {
	QueryRowContext(context.Context, string, ...any) *sql.Row
}) error {
	var owner string
	err := q.QueryRowContext(ctx, "select owner from leases where name = ?", e.name).Scan(&owner)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("check lease %s: %w", e.name, err)
	}
	if owner != e.owner {
		return fmt.Errorf("check lease %s: %w", e.name, ErrLeaseLost)
	}
	return nil
}

// Release gives the lease up. It may be called more than once, and after the
// context of Acquire ended.
func (e *Lease) Release(ctx context.Context) error {
	e.stop()
	<-e.done
	leases.Delete(e.owner)
	_, err := e.ledger.db.ExecContext(context.WithoutCancel(ctx), "delete from leases where name = ? and owner = ?", e.name, e.owner)
	if err != nil {
		return fmt.Errorf("release lease %s: %w", e.name, err)
	}
	return nil
}
