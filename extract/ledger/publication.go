package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// Publication is one consistent state of all tables: what loads, reports and
// queries read.
type Publication struct {
	ID        string // set by Publish
	Run       string
	CreatedAt time.Time         // set by Publish
	Tables    map[string]int64  // table → snapshot
	Inputs    map[string]Inputs // platform/shop → what its numbers were computed from
	Locks     []Lock            // days whose numbers stay as they are
}

// Inputs are what the numbers of a shop were computed from.
type Inputs struct {
	Snapshots map[string]int64  `json:"snapshots,omitempty"` // dataset → snapshot
	Rules     string            `json:"rules,omitempty"`     // fingerprint
	Models    map[string]string `json:"models,omitempty"`    // model → fingerprint
}

// Publish makes the publication the latest and records the units that this
// finishes, in one step. With a lease, it does so only while the lease is held.
func (l *Ledger) Publish(ctx context.Context, p Publication, lease *Lease, units ...Unit) (Publication, error) {
	now := time.Now().UTC()
	p.ID, p.CreatedAt = newID(now), now
	tables, err := jsonText(p.Tables)
	if err != nil {
		return Publication{}, fmt.Errorf("publish: %w", err)
	}
	inputs, err := jsonText(p.Inputs)
	if err != nil {
		return Publication{}, fmt.Errorf("publish: %w", err)
	}
	locks, err := jsonText(p.Locks)
	if err != nil {
		return Publication{}, fmt.Errorf("publish: %w", err)
	}
	err = l.inTx(ctx, "publish", func(tx *sql.Tx) error {
		if lease != nil {
			if err := lease.check(ctx, tx); err != nil {
				return err
			}
		}
		_, err := tx.ExecContext(ctx, "insert into publications (id, run, created_at, tables, inputs, locks) values (?, ?, ?, ?, ?, ?)",
			p.ID, p.Run, stamp(now), tables, inputs, locks)
		if err != nil {
			return err
		}
		return recordUnits(ctx, tx, units)
	})
	if err != nil {
		return Publication{}, err
	}
	return p, nil
}

const publicationColumns = "id, run, created_at, tables, inputs, locks"

// Latest returns the latest publication, and whether there is one.
func (l *Ledger) Latest(ctx context.Context) (Publication, bool, error) {
	p, err := scanPublication(l.db.QueryRowContext(ctx, "select "+publicationColumns+" from publications order by seq desc limit 1"))
	if err = found(err); errors.Is(err, ErrNotFound) {
		return Publication{}, false, nil
	}
	if err != nil {
		return Publication{}, false, fmt.Errorf("read latest publication: %w", err)
	}
	return p, true, nil
}

// Publications lists the latest publications, newest first; 0 lists all.
func (l *Ledger) Publications(ctx context.Context, limit int) ([]Publication, error) {
	rows, err := l.db.QueryContext(ctx, "select "+publicationColumns+" from publications order by seq desc limit ?", all(limit))
	if err != nil {
		return nil, fmt.Errorf("list publications: %w", err)
	}
	return collect(rows, "list publications", scanPublication)
}

// DropPublications forgets publications, all or none; the latest is never among
// those that go.
func (l *Ledger) DropPublications(ctx context.Context, ids []string) error {
	return l.inTx(ctx, "drop publications", func(tx *sql.Tx) error {
		for _, id := range ids {
			_, err := tx.ExecContext(ctx, "delete from publications where id = ? and seq < (select max(seq) from publications)", id)
			if err != nil {
				return err
			}
		}
		return nil
	})
}

func scanPublication(row scanner) (Publication, error) {
	var p Publication
	var created, tables, inputs, locks string
	if err := row.Scan(&p.ID, &p.Run, &created, &tables, &inputs, &locks); err != nil {
		return Publication{}, err
	}
	if err := parseJSON(tables, &p.Tables); err != nil {
		return Publication{}, err
	}
	if err := parseJSON(inputs, &p.Inputs); err != nil {
		return Publication{}, err
	}
	if err := parseJSON(locks, &p.Locks); err != nil {
		return Publication{}, err
	}
	err := parseTimes(map[*time.Time]string{&p.CreatedAt: created})
	return p, err
}
