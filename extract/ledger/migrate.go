package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// migrations bring the layout from version i to i+1. Those that were released
// are never changed; a new layout is a new entry.
var migrations = []string{`
create table runs (
  id         text primary key,
  pipeline   text not null,
  command    text not null,
  started_at text not null,
  ended_at   text not null default '',
  status     text not null,
  summary    text not null default '',
  error      text not null default '',
  host       text not null,
  pid        integer not null,
  process    text not null -- tells a process from a later one with its pid
);
create index runs_started on runs (started_at);
create table units (
  run        text not null references runs (id),
  stage      text not null,
  name       text not null,
  shop       text not null,
  range      text not null,
  status     text not null,
  rows       integer not null,
  seconds    real not null,
  error      text not null,
  accounting text not null,
  ended_at   text not null,
  primary key (run, stage, name, shop, range)
);
create index units_key on units (stage, name, shop, range, ended_at);
create table files (
  source     text not null,
  sha256     text not null,
  shop       text not null,
  name       text not null,
  bytes      integer not null,
  landed_id  text not null,
  status     text not null,
  counts     text not null,
  as_of      text not null,
  text_rules text not null,
  preset     text not null,
  loaded_run text not null,
  error      text not null,
  updated_at text not null,
  primary key (source, sha256)
);
create index files_landed on files (landed_id);
create table quarantine (
  id         text primary key, -- digest of landed_id, dataset, line, column, reason
  source     text not null,
  shop       text not null,
  file       text not null,
  landed_id  text not null,
  dataset    text not null,
  line       integer not null,
  col        text not null,
  reason     text not null,
  hint       text not null,
  raw        blob,             -- zstd
  run        text not null,
  status     text not null,
  created_at text not null,
  updated_at text not null
);
create index quarantine_landed on quarantine (landed_id);
create index quarantine_status on quarantine (status, created_at);
create table leases (
  name        text primary key,
  owner       text not null,
  host        text not null,
  pid         integer not null,
  process     text not null,
  acquired_at text not null,
  expires_at  text not null
);
create table publications (
  seq        integer primary key autoincrement,
  id         text not null unique,
  run        text not null,
  created_at text not null,
  tables     text not null,
  inputs     text not null
);
create table meta (
  key   text primary key,
  value text not null
);
`, `
alter table units add column inputs text not null default '';
alter table units add column seq integer not null default 0; -- the order of recording, whatever the clock said
create index units_seq on units (seq);
`, `
alter table publications add column locks text not null default '';
`, `
alter table files add column sighting text not null default '';
`}

// migrate applies what the database lacks, each step in its own transaction.
// Several processes may do so at the same time.
func migrate(ctx context.Context, db *sql.DB, steps []string) error {
	for {
		done, err := migrateOne(ctx, db, steps)
		if err != nil || done {
			return err
		}
	}
}

func migrateOne(ctx context.Context, db *sql.DB, steps []string) (done bool, err error) {
	// Reading first keeps programs that only look off the write lock.
	if version, err := layout(ctx, db); err == nil && version == len(steps) {
		return true, nil
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return false, fmt.Errorf("migrate state: %w", err)
	}
	defer func() {
		if rbErr := tx.Rollback(); rbErr != nil && !errors.Is(rbErr, sql.ErrTxDone) {
			err = errors.Join(err, rbErr)
		}
	}()
	if _, err := tx.ExecContext(ctx, "create table if not exists schema_version (version integer primary key, applied_at text not null)"); err != nil {
		return false, fmt.Errorf("migrate state: %w", err)
	}
	version, err := layout(ctx, tx)
	if err != nil {
		return false, err
	}
	switch {
	case version == len(steps):
		return true, nil
	case version > len(steps):
		return false, fmt.Errorf("%w: the state has layout %d, this program knows layouts up to %d: use the newer program, or a backup from before it", ErrNewerLayout, version, len(steps))
	}
	if _, err := tx.ExecContext(ctx, steps[version]); err != nil {
		return false, fmt.Errorf("migrate state to layout %d: %w", version+1, err)
	}
	if _, err := tx.ExecContext(ctx, "insert into schema_version (version, applied_at) values (?, ?)", version+1, stamp(time.Now())); err != nil {
		return false, fmt.Errorf("migrate state to layout %d: %w", version+1, err)
	}
	if err := tx.Commit(); err != nil {
		return false, fmt.Errorf("migrate state to layout %d: %w", version+1, err)
	}
	return false, nil
}

func layout(ctx context.Context, q interface {
	QueryRowContext(context.Context, string, ...any) *sql.Row
}) (int, error) {
	var version int
	if err := q.QueryRowContext(ctx, "select coalesce(max(version), 0) from schema_version").Scan(&version); err != nil {
		return 0, fmt.Errorf("read layout of state: %w", err)
	}
	return version, nil
}
