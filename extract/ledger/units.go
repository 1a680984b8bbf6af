package ledger

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// Unit is one piece of work of a run. Run, Stage, Name, Shop and Range name it;
// a unit that is recorded again replaces its row.
type Unit struct {
	Run        string
	Stage      string // extract, transform, load …
	Name       string // source, model, warehouse
	Shop       string // platform/shop, "" = all
	Range      string // 2026-01-05..2026-01-07, "" = none
	Inputs     string // fingerprint of what the work depends on; "" = not known
	Status     Status
	Rows       int64
	Seconds    float64
	Error      string
	Accounting map[string]Counts // by dataset
	EndedAt    time.Time         // set when recorded
}

// RecordUnit records how a unit ended.
func (l *Ledger) RecordUnit(ctx context.Context, u Unit) error { return l.RecordUnits(ctx, []Unit{u}) }

// RecordUnits records how units ended, all or none.
func (l *Ledger) RecordUnits(ctx context.Context, units []Unit) error {
	if len(units) == 0 {
		return nil
	}
	return l.inTx(ctx, "record units", func(tx *sql.Tx) error { return recordUnits(ctx, tx, units) })
}

func recordUnits(ctx context.Context, tx *sql.Tx, units []Unit) error {
	for _, u := range units {
		accounting := ""
		if len(u.Accounting) > 0 {
			var err error
			if accounting, err = jsonText(u.Accounting); err != nil {
				return fmt.Errorf("record unit %s %s: %w", u.Stage, u.Name, err)
			}
		}
		_, err := tx.ExecContext(ctx, `insert into units (run, stage, name, shop, range, status, rows, seconds, error, accounting, ended_at, inputs, seq)
			values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, (select coalesce(max(seq), 0) + 1 from units))
			on conflict (run, stage, name, shop, range) do update set status = excluded.status, rows = excluded.rows, seconds = excluded.seconds,
				error = excluded.error, accounting = excluded.accounting, ended_at = excluded.ended_at, inputs = excluded.inputs, seq = excluded.seq`,
			u.Run, u.Stage, u.Name, u.Shop, u.Range, u.Status, u.Rows, u.Seconds, u.Error, accounting, stamp(time.Now()), u.Inputs)
		if err != nil {
			return fmt.Errorf("record unit %s %s: %w", u.Stage, u.Name, err)
		}
	}
	return nil
}

const unitColumns = "run, stage, name, shop, range, status, rows, seconds, error, accounting, ended_at, inputs"

// Units lists the units of a run in the order they ended.
func (l *Ledger) Units(ctx context.Context, run string) ([]Unit, error) {
	rows, err := l.db.QueryContext(ctx, "select "+unitColumns+" from units where run = ? order by seq", run)
	if err != nil {
		return nil, fmt.Errorf("list units: %w", err)
	}
	return collect(rows, "list units", scanUnit)
}

// LastUnit returns the latest record of that piece of work in any run, or
// ErrNotFound. Latest is what was recorded last, whatever the clock said.
func (l *Ledger) LastUnit(ctx context.Context, stage, name, shop, dates string) (Unit, error) {
	u, err := scanUnit(l.db.QueryRowContext(ctx, "select "+unitColumns+` from units
		where stage = ? and name = ? and shop = ? and range = ? order by seq desc limit 1`, stage, name, shop, dates))
	if err != nil {
		return Unit{}, fmt.Errorf("find unit %s %s: %w", stage, name, found(err))
	}
	return u, nil
}

// LastUnits returns the latest record, in any run, of every piece of work of
// that stage and name: one for each shop and range, in the order recorded.
func (l *Ledger) LastUnits(ctx context.Context, stage, name string) ([]Unit, error) {
	rows, err := l.db.QueryContext(ctx, "select "+unitColumns+` from units u where stage = ? and name = ? and seq = (
		select max(seq) from units o where o.stage = u.stage and o.name = u.name and o.shop = u.shop and o.range = u.range) order by seq`, stage, name)
	if err != nil {
		return nil, fmt.Errorf("find units %s %s: %w", stage, name, err)
	}
	return collect(rows, "find units "+stage+" "+name, scanUnit)
}

func scanUnit(row scanner) (Unit, error) {
	var u Unit
	var accounting, ended string
	if err := row.Scan(&u.Run, &u.Stage, &u.Name, &u.Shop, &u.Range, &u.Status, &u.Rows, &u.Seconds, &u.Error, &accounting, &ended, &u.Inputs); err != nil {
		return Unit{}, err
	}
	if err := parseJSON(accounting, &u.Accounting); err != nil {
		return Unit{}, err
	}
	err := parseTimes(map[*time.Time]string{&u.EndedAt: ended})
	return u, err
}
