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

	Loading Status = "loading" // a run was at it and did not come to its end
	Loaded  Status = "loaded"
	// Replaced is a file that was loaded and gave way to a newer version of it.
	Replaced Status = "replaced"

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

// BeginRun records the start of a run. Under a lease, which stands for all work
// on the lake, every other run is over and becomes interrupted: its process
// died, lost the lease, or could not reach the state to say how it ended. With
// nil that goes only for runs of this host whose process is gone.
func (l *Ledger) BeginRun(ctx context.Context, pipeline, command string, lease *Lease) (Run, error) {
	now := time.Now().UTC()
	run := Run{ID: newID(now), Pipeline: pipeline, Command: command, Status: Running, StartedAt: now, Host: l.host, PID: os.Getpid()}
	err := l.inTx(ctx, "begin run", func(tx *sql.Tx) error {
		if lease != nil {
			if err := lease.check(ctx, tx); err != nil {
				return err
			}
		}
		if err := l.interruptStale(ctx, tx, now, lease != nil); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx,
			"insert into runs (id, pipeline, command, started_at, status, host, pid, process) values (?, ?, ?, ?, ?, ?, ?, ?)",
			run.ID, pipeline, command, stamp(now), Running, run.Host, run.PID, processMark(run.PID))
		return err
	})
	return run, err
}

// interruptStale notes that runs which did not say how they ended are over: all,
// or those of this host whose process is gone.
func (l *Ledger) interruptStale(ctx context.Context, tx *sql.Tx, now time.Time, every bool) error {
	rows, err := tx.QueryContext(ctx, "select id, host, pid, process from runs where status = ?", Running)
	if err != nil {
		return err
	}
	defer rows.Close()
	var stale []string
	for rows.Next() {
		var id, host, mark string
		var pid int
		if err := rows.Scan(&id, &host, &pid, &mark); err != nil {
			return err
		}
		if every || host == l.host && !alive(pid, mark) {
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

// interrupt notes that the runs of a process that lost its lease are over. It
// may still live, but it can publish nothing.
func (l *Ledger) interrupt(ctx context.Context, tx *sql.Tx, host string, pid int, mark string) error {
	_, err := tx.ExecContext(ctx, "update runs set status = ?, ended_at = ?, error = ? where status = ? and host = ? and pid = ? and process = ?",
		Interrupted, stamp(time.Now()), "the process gave no sign of life for too long, or ended without finishing the run", Running, host, pid, mark)
	return err
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
