package ledger

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"
)

// Status is how a run, unit, file or rejected row stands.
type Status string

// The states of runs and units, of files, and of rejected rows.
const (
	Running     Status = "running"
	Done        Status = "done"
	Failed      Status = "failed"
	Partial     Status = "partial" // some units failed
	Interrupted Status = "interrupted"

	Loaded Status = "loaded"

	Waiting  Status = "open" // in quarantine
	Replayed Status = "replayed"
)

// Run is one invocation that changes something.
type Run struct {
	ID        string
	Pipeline  string
	Command   string
	Status    Status
	StartedAt time.Time
	EndedAt   time.Time // zero while running
	Summary   json.RawMessage
	Error     string
	Host      string
	PID       int
}

// BeginRun records the start of a run. Runs of this host whose process is gone
// without having ended them become interrupted.
func (l *Ledger) BeginRun(ctx context.Context, pipeline, command string) (Run, error) {
	now := time.Now().UTC()
	run := Run{ID: newID(now), Pipeline: pipeline, Command: command, Status: Running, StartedAt: now, Host: l.host, PID: os.Getpid()}
	err := l.inTx(ctx, "begin run", func(tx *sql.Tx) error {
		if err := l.interruptStale(ctx, tx, now); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx,
			"insert into runs (id, pipeline, command, started_at, status, host, pid, process) values (?, ?, ?, ?, ?, ?, ?, ?)",
			run.ID, pipeline, command, stamp(now), Running, run.Host, run.PID, processMark(run.PID))
		return err
	})
	return run, err
}

func (l *Ledger) interruptStale(ctx context.Context, tx *sql.Tx, now time.Time) error {
	rows, err := tx.QueryContext(ctx, "select id, pid, process from runs where status = ? and host = ?", Running, l.host)
	if err != nil {
		return err
	}
	defer rows.Close()
	var stale []string
	for rows.Next() {
		var id, mark string
		var pid int
		if err := rows.Scan(&id, &pid, &mark); err != nil {
			return err
		}
		if !alive(pid, mark) {
			stale = append(stale, id)
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	for _, id := range stale {
		_, err := tx.ExecContext(ctx, "update runs set status = ?, ended_at = ?, error = ? where id = ?",
			Interrupted, stamp(now), "the process ended without finishing the run", id)
		if err != nil {
			return err
		}
	}
	return nil
}

// EndRun records how a run ended, what it did and, unless it was done, why.
func (l *Ledger) EndRun(ctx context.Context, id string, status Status, summary any, cause error) error {
	text, err := jsonText(summary)
	if err != nil {
		return fmt.Errorf("end run %s: %w", id, err)
	}
	reason := ""
	if cause != nil {
		reason = cause.Error()
	}
	res, err := l.db.ExecContext(ctx, "update runs set status = ?, ended_at = ?, summary = ?, error = ? where id = ?",
		status, stamp(time.Now()), text, reason, id)
	if err != nil {
		return fmt.Errorf("end run %s: %w", id, err)
	}
	if n, err := res.RowsAffected(); err == nil && n == 0 {
		return fmt.Errorf("end run %s: %w", id, ErrNotFound)
	}
	return nil
}

const runColumns = "id, pipeline, command, status, started_at, ended_at, summary, error, host, pid"

// Runs lists the latest runs, newest first; 0 lists all.
func (l *Ledger) Runs(ctx context.Context, limit int) ([]Run, error) {
	rows, err := l.db.QueryContext(ctx, "select "+runColumns+" from runs order by started_at desc, id desc limit ?", all(limit))
	if err != nil {
		return nil, fmt.Errorf("list runs: %w", err)
	}
	return collect(rows, "list runs", scanRun)
}

// Run returns one run.
func (l *Ledger) Run(ctx context.Context, id string) (Run, error) {
	run, err := scanRun(l.db.QueryRowContext(ctx, "select "+runColumns+" from runs where id = ?", id))
	if err != nil {
		return Run{}, fmt.Errorf("show run %s: %w", id, found(err))
	}
	return run, nil
}

func scanRun(row scanner) (Run, error) {
	var r Run
	var started, ended, summary string
	if err := row.Scan(&r.ID, &r.Pipeline, &r.Command, &r.Status, &started, &ended, &summary, &r.Error, &r.Host, &r.PID); err != nil {
		return Run{}, err
	}
	if summary != "" {
		r.Summary = json.RawMessage(summary)
	}
	err := parseTimes(map[*time.Time]string{&r.StartedAt: started, &r.EndedAt: ended})
	return r, err
}

// Unit is one piece of work of a run. Run, Stage, Name, Shop and Range name it;
// a unit that is recorded again replaces its row.
type Unit struct {
	Run        string
	Stage      string // extract, transform, load …
	Name       string // source, model, warehouse
	Shop       string // platform/shop, "" = all
	Range      string // 2026-01-05..2026-01-07, "" = none
	Status     Status
	Rows       int64
	Seconds    float64
	Error      string
	Accounting map[string]Counts // by dataset
	EndedAt    time.Time         // set when recorded
}

// RecordUnit records how a unit ended.
func (l *Ledger) RecordUnit(ctx context.Context, u Unit) error {
	accounting := ""
	if len(u.Accounting) > 0 {
		var err error
		if accounting, err = jsonText(u.Accounting); err != nil {
			return fmt.Errorf("record unit %s %s: %w", u.Stage, u.Name, err)
		}
	}
	_, err := l.db.ExecContext(ctx, `insert into units (run, stage, name, shop, range, status, rows, seconds, error, accounting, ended_at)
		values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		on conflict (run, stage, name, shop, range) do update set status = excluded.status, rows = excluded.rows,
			seconds = excluded.seconds, error = excluded.error, accounting = excluded.accounting, ended_at = excluded.ended_at`,
		u.Run, u.Stage, u.Name, u.Shop, u.Range, u.Status, u.Rows, u.Seconds, u.Error, accounting, stamp(time.Now()))
	if err != nil {
		return fmt.Errorf("record unit %s %s: %w", u.Stage, u.Name, err)
	}
	return nil
}

const unitColumns = "run, stage, name, shop, range, status, rows, seconds, error, accounting, ended_at"

// Units lists the units of a run in the order they ended.
func (l *Ledger) Units(ctx context.Context, run string) ([]Unit, error) {
	rows, err := l.db.QueryContext(ctx, "select "+unitColumns+" from units where run = ? order by ended_at, stage, name, shop, range", run)
	if err != nil {
		return nil, fmt.Errorf("list units: %w", err)
	}
	return collect(rows, "list units", scanUnit)
}

// LastUnit returns the latest record of that piece of work in any run, or
// ErrNotFound.
func (l *Ledger) LastUnit(ctx context.Context, stage, name, shop, dates string) (Unit, error) {
	u, err := scanUnit(l.db.QueryRowContext(ctx, "select "+unitColumns+` from units
		where stage = ? and name = ? and shop = ? and range = ? order by ended_at desc limit 1`, stage, name, shop, dates))
	if err != nil {
		return Unit{}, fmt.Errorf("find unit %s %s: %w", stage, name, found(err))
	}
	return u, nil
}

func scanUnit(row scanner) (Unit, error) {
	var u Unit
	var accounting, ended string
	if err := row.Scan(&u.Run, &u.Stage, &u.Name, &u.Shop, &u.Range, &u.Status, &u.Rows, &u.Seconds, &u.Error, &accounting, &ended); err != nil {
		return Unit{}, err
	}
	if err := parseJSON(accounting, &u.Accounting); err != nil {
		return Unit{}, err
	}
	err := parseTimes(map[*time.Time]string{&u.EndedAt: ended})
	return u, err
}

type scanner interface{ Scan(...any) error }

// collect reads all rows and closes them.
func collect[T any](rows *sql.Rows, what string, scan func(scanner) (T, error)) ([]T, error) {
	defer rows.Close()
	var out []T
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", what, err)
		}
		out = append(out, v)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	return out, nil
}

// found turns the absence of a row into ErrNotFound.
func found(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return ErrNotFound
	}
	return err
}

// all turns "no limit" into SQLite's.
func all(limit int) int {
	if limit <= 0 {
		return -1
	}
	return limit
}
