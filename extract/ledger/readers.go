package ledger

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"
)

// readerPrefix begins the names of the leases by which readers hold
// publications: reader/<publication>/<one of its own>.
const readerPrefix = "reader/"

// HoldPublication says that this process reads the publication, until the lease
// is released or the process ends: its snapshots must not go meanwhile. Any
// number of readers may hold the same one.
func (l *Ledger) HoldPublication(ctx context.Context, id string) (*Lease, error) {
	return l.Acquire(ctx, readerPrefix+id+"/"+newID(time.Now()), false)
}

// HeldPublications returns the publications that readers hold, and forgets
// readers that are gone.
func (l *Ledger) HeldPublications(ctx context.Context) (map[string]bool, error) {
	held := map[string]bool{}
	err := l.inTx(ctx, "find readers", func(tx *sql.Tx) error {
		readers, err := l.readers(ctx, tx)
		if err != nil {
			return err
		}
		for _, r := range readers {
			if r.gone {
				if _, err := tx.ExecContext(ctx, "delete from leases where name = ?", r.name); err != nil {
					return err
				}
				continue
			}
			id, _, _ := strings.Cut(strings.TrimPrefix(r.name, readerPrefix), "/")
			held[id] = true
		}
		return nil
	})
	return held, err
}

type reader struct {
	name string
	gone bool
}

// readers lists the leases of readers. One of this host is gone with its
// process, one of another host when it gave no sign of life for too long.
func (l *Ledger) readers(ctx context.Context, tx *sql.Tx) ([]reader, error) {
	now, err := l.now(ctx, tx)
	if err != nil {
		return nil, err
	}
	rows, err := tx.QueryContext(ctx, "select name, owner, host, pid, process, expires_at from leases where name like ? order by name", readerPrefix+"%")
	if err != nil {
		return nil, fmt.Errorf("list leases: %w", err)
	}
	defer rows.Close()
	var out []reader
	for rows.Next() {
		var holder LockedError
		var mark, expires string
		if err := rows.Scan(&holder.Name, &holder.Holder, &holder.Host, &holder.PID, &mark, &expires); err != nil {
			return nil, fmt.Errorf("list leases: %w", err)
		}
		gone := expires <= stamp(now)
		if holder.Host == l.host {
			gone = !alive(holder.PID, mark) || given(holder, mark)
		}
		out = append(out, reader{holder.Name, gone})
	}
	return out, rows.Err()
}
