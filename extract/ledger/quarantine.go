package ledger

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/klauspost/compress/zstd"
)

// Rejected is one row in quarantine.
type Rejected struct {
	ID        string // set when quarantined
	Source    string
	Shop      string // platform/shop
	File      string
	LandedID  string
	Dataset   string
	Line      int
	Column    string
	Reason    string
	Hint      string
	Raw       []byte // as received; List leaves it out
	Run       string
	Status    Status // Waiting or Replayed
	CreatedAt time.Time
	UpdatedAt time.Time
}

// id is the same for the same row rejected for the same reason.
func (r Rejected) id() string {
	h := sha256.New()
	for _, part := range []string{r.LandedID, r.Dataset, fmt.Sprint(r.Line), r.Column, r.Reason} {
		fmt.Fprintf(h, "%d:%s", len(part), part)
	}
	return hex.EncodeToString(h.Sum(nil)[:10])
}

// Quarantine keeps rejected rows, all or none. A row that is there already, of
// the same landed file, dataset, line, column and reason, is not doubled; it
// waits again.
func (l *Ledger) Quarantine(ctx context.Context, rejects []Rejected) error {
	if len(rejects) == 0 {
		return nil
	}
	raws, err := l.pack(rejects)
	if err != nil {
		return fmt.Errorf("quarantine rows: %w", err)
	}
	return l.inTx(ctx, "quarantine rows", func(tx *sql.Tx) error { return quarantine(ctx, tx, rejects, raws) })
}

// quarantine inserts the rows with their bytes as they are kept.
func quarantine(ctx context.Context, tx *sql.Tx, rejects []Rejected, raws [][]byte) error {
	insert, err := tx.PrepareContext(ctx, `insert into quarantine (id, source, shop, file, landed_id, dataset, line, col, reason,
				hint, raw, run, status, created_at, updated_at)
			values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
			on conflict (id) do update set source = excluded.source, shop = excluded.shop, file = excluded.file, hint = excluded.hint,
				raw = excluded.raw, run = excluded.run, status = excluded.status, updated_at = excluded.updated_at`)
	if err != nil {
		return err
	}
	defer func() { _ = insert.Close() }()
	now := stamp(time.Now())
	for i, r := range rejects {
		created := now
		if !r.CreatedAt.IsZero() {
			created = stamp(r.CreatedAt)
		}
		if _, err := insert.ExecContext(ctx, r.id(), r.Source, r.Shop, r.File, r.LandedID, r.Dataset, r.Line, r.Column, r.Reason,
			r.Hint, raws[i], r.Run, Waiting, created, now); err != nil {
			return err
		}
	}
	return nil
}

// Replay records, all at once, what became of rejected rows of a file that were
// read again: the file with its new counts, the ids of rows that were used, and
// the rows that are still rejected, in place of those dropped.
func (l *Ledger) Replay(ctx context.Context, f File, used, dropped []string, rejects []Rejected) error {
	raws, err := l.pack(rejects)
	if err != nil {
		return fmt.Errorf("replay rows of %s: %w", f.Name, err)
	}
	return l.inTx(ctx, "replay rows of "+f.Name, func(tx *sql.Tx) error {
		if err := recordFile(ctx, tx, f); err != nil {
			return err
		}
		for _, id := range used {
			if _, err := tx.ExecContext(ctx, "update quarantine set status = ?, updated_at = ? where id = ?", Replayed, stamp(time.Now()), id); err != nil {
				return err
			}
		}
		for _, id := range dropped {
			if _, err := tx.ExecContext(ctx, "delete from quarantine where id = ?", id); err != nil {
				return err
			}
		}
		return quarantine(ctx, tx, rejects, raws)
	})
}

// SettleQuarantine marks as replayed the rows of a file that its latest load, in
// that run, did not reject again: those of the same bytes, and those of earlier
// versions of the file, which the source has corrected.
func (l *Ledger) SettleQuarantine(ctx context.Context, source, file, landedID, run string) error {
	_, err := l.db.ExecContext(ctx, `update quarantine set status = ?, updated_at = ?
		where (landed_id = ? or source = ? and file = ?) and run <> ? and status = ?`,
		Replayed, stamp(time.Now()), landedID, source, file, run, Waiting)
	if err != nil {
		return fmt.Errorf("settle quarantine: %w", err)
	}
	return nil
}

// PurgeQuarantine drops rows that were last rejected or replayed before the
// given time, with their bytes, and returns how many. What became of the lines
// of their files stays with the files.
func (l *Ledger) PurgeQuarantine(ctx context.Context, before time.Time) (int64, error) {
	res, err := l.db.ExecContext(ctx, "delete from quarantine where updated_at < ?", stamp(before))
	if err != nil {
		return 0, fmt.Errorf("purge quarantine: %w", err)
	}
	n, err := res.RowsAffected()
	if err != nil {
		return 0, fmt.Errorf("purge quarantine: %w", err)
	}
	if n > 0 {
		if err := l.erase(ctx); err != nil {
			return n, fmt.Errorf("purge quarantine: %w", err)
		}
	}
	return n, nil
}

// QuarantineFilter selects rejected rows; empty fields select all.
type QuarantineFilter struct {
	Source, Shop, LandedID, Dataset, Run string
	Status                               Status
	Limit                                int
}

func (f QuarantineFilter) where() (string, []any) {
	var conds []string
	var args []any
	for _, c := range []struct{ column, value string }{
		{"source", f.Source}, {"shop", f.Shop}, {"landed_id", f.LandedID}, {"dataset", f.Dataset}, {"run", f.Run}, {"status", string(f.Status)},
	} {
		if c.value != "" {
			conds, args = append(conds, c.column+" = ?"), append(args, c.value)
		}
	}
	if len(conds) == 0 {
		return "", nil
	}
	return " where " + strings.Join(conds, " and "), args
}

const rejectedColumns = "id, source, shop, file, landed_id, dataset, line, col, reason, hint, run, status, created_at, updated_at"

// Quarantined lists rejected rows without their bytes, in order of file and line.
func (l *Ledger) Quarantined(ctx context.Context, f QuarantineFilter) ([]Rejected, error) {
	where, args := f.where()
	rows, err := l.db.QueryContext(ctx, "select "+rejectedColumns+", null from quarantine"+where+
		" order by source, file, landed_id, dataset, line, col, reason limit ?", append(args, all(f.Limit))...)
	if err != nil {
		return nil, fmt.Errorf("list quarantine: %w", err)
	}
	return collect(rows, "list quarantine", scanRejected)
}

// CountQuarantined counts the selected rows, whatever the limit.
func (l *Ledger) CountQuarantined(ctx context.Context, f QuarantineFilter) (int64, error) {
	where, args := f.where()
	var n int64
	if err := l.db.QueryRowContext(ctx, "select count(*) from quarantine"+where, args...).Scan(&n); err != nil {
		return 0, fmt.Errorf("count quarantine: %w", err)
	}
	return n, nil
}

// ShowQuarantined returns one rejected row with its bytes. Bytes that the key
// does not open are the sealer's error.
func (l *Ledger) ShowQuarantined(ctx context.Context, id string) (Rejected, error) {
	r, err := scanRejected(l.db.QueryRowContext(ctx, "select "+rejectedColumns+", raw from quarantine where id = ?", id))
	if err != nil {
		return Rejected{}, fmt.Errorf("show quarantined row %s: %w", id, found(err))
	}
	if r.Raw, err = l.unpack(r.Raw); err != nil {
		return Rejected{}, fmt.Errorf("show quarantined row %s: %w", id, err)
	}
	return r, nil
}

// pack makes of the bytes of each row what the database keeps: compressed,
// then encrypted.
func (l *Ledger) pack(rejects []Rejected) ([][]byte, error) {
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest))
	if err != nil {
		return nil, fmt.Errorf("start compression: %w", err)
	}
	defer func() { _ = enc.Close() }() // nothing buffered: EncodeAll only
	out := make([][]byte, len(rejects))
	for i, r := range rejects {
		out[i] = enc.EncodeAll(r.Raw, nil)
		if l.sealer == nil {
			continue
		}
		var b bytes.Buffer
		w, err := l.sealer.Seal(&b)
		if err != nil {
			return nil, err
		}
		if _, err := w.Write(out[i]); err != nil {
			return nil, fmt.Errorf("encrypt row: %w", err)
		}
		if err := w.Close(); err != nil {
			return nil, fmt.Errorf("encrypt row: %w", err)
		}
		out[i] = b.Bytes()
	}
	return out, nil
}

func (l *Ledger) unpack(kept []byte) ([]byte, error) {
	var packed io.Reader = bytes.NewReader(kept)
	if l.sealer != nil {
		var err error
		if packed, err = l.sealer.Open(packed); err != nil {
			return nil, err
		}
	}
	dec, err := zstd.NewReader(packed, zstd.WithDecoderConcurrency(1))
	if err != nil {
		return nil, fmt.Errorf("start decompression: %w", err)
	}
	defer dec.Close()
	raw, err := io.ReadAll(dec)
	if err != nil {
		return nil, fmt.Errorf("decompress row: %w", err)
	}
	return raw, nil
}

func scanRejected(row scanner) (Rejected, error) {
	var r Rejected
	var created, updated string
	if err := row.Scan(&r.ID, &r.Source, &r.Shop, &r.File, &r.LandedID, &r.Dataset, &r.Line, &r.Column, &r.Reason, &r.Hint,
		&r.Run, &r.Status, &created, &updated, &r.Raw); err != nil {
		return Rejected{}, err
	}
	err := parseTimes(map[*time.Time]string{&r.CreatedAt: created, &r.UpdatedAt: updated})
	return r, err
}
