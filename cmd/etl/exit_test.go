package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"

	"kefu/cmd/etl/internal/config"
	"kefu/cmd/etl/internal/night"
	"kefu/extract/ledger"
	"kefu/transform/rule/yamlnode"
)

func TestExitCodes(t *testing.T) {
	ctx := context.Background()
	stopped, stop := context.WithCancel(ctx)
	stop()
	problem := func(classes ...yamlnode.Class) error {
		e := &config.Error{}
		for _, c := range classes {
			e.Problems = append(e.Problems, config.Problem{Class: c})
		}
		return fmt.Errorf("load: %w", e)
	}
	for _, c := range []struct {
		name string
		ctx  context.Context
		err  error
		want int
	}{
		{"nothing", ctx, nil, 0},
		{"anything else", ctx, errors.New("check int_turns.grain: 3 rows"), 1},
		{"usage", ctx, fmt.Errorf("run: %w", usagef("--from is after --to")), 2},
		{"configuration", ctx, problem(yamlnode.Invalid), 2},
		{"configuration and environment", ctx, problem(yamlnode.Environment, yamlnode.Invalid), 2},
		{"environment named by the configuration", ctx, problem(yamlnode.Environment), 3},
		{"environment", ctx, fmt.Errorf("run: %w", &environmentError{err: errors.New("no server")}), 3},
		{"no permission", ctx, fmt.Errorf("open: %w", &fs.PathError{Op: "open", Path: "x", Err: syscall.EACCES}), 3},
		{"disk full", ctx, fmt.Errorf("write: %w", &os.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}), 3},
		{"disk full, told by an engine", ctx, errors.New("copy: IO Error: Could not write file: No space left on device"), 3},
		{"server gone", ctx, fmt.Errorf("load: %w", &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}), 3},
		{"another run is under way", ctx, fmt.Errorf("take the lake: %w", &ledger.LockedError{}), 3},
		{"another key than the lake's", ctx, fmt.Errorf("open: %w", ledger.ErrSecretChanged), 3},
		{"interrupted", stopped, fmt.Errorf("read: %w", context.Canceled), 130},
		{"interrupted, told by an engine", stopped, errors.New("query INTERRUPT Error: Interrupted"), 130},
		{"cancelled by itself, nobody interrupted", ctx, fmt.Errorf("read: %w", context.Canceled), 1},
		{"failed while being interrupted", stopped, errors.New("row 3 is bad"), 1},
		{"already told", ctx, &reported{3}, 3},
	} {
		if got := exitCode(c.ctx, c.err); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}

// Commands that print a summary end alike, however the warehouses failed.
func TestConcludedCommandsTellTheEnvironmentFromFailures(t *testing.T) {
	full := &os.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}
	for _, c := range []struct {
		name string
		err  error
		want int
		hint string
	}{
		{"done", nil, exitDone, ""},
		{"a unit failed", errors.Join(night.ErrUnits, errors.New("load into dw: table is gone")), exitFailed, ""},
		{"disk full while loading", errors.Join(night.ErrUnits, fmt.Errorf("load into dw: %w", full)), exitEnvironment, "free some space"},
		{"disk full while publishing", fmt.Errorf("publish: %w", full), exitEnvironment, ""},
		{"nothing to lock", night.ErrNotPublished, exitEnvironment, ""},
		{"a lock refused", &night.LockError{Problem: "locked already", Hint: "unlock first"}, exitUsage, ""},
	} {
		for _, asJSON := range []bool{false, true} {
			var out, said bytes.Buffer
			a := &app{out: &out, err: &said, json: asJSON, lookup: func(string) (string, bool) { return "", false }}
			err := a.concludeLock(&night.Summary{RunID: "r1"}, c.err)
			if got := exitCode(t.Context(), err); got != c.want || !strings.Contains(said.String(), c.hint) {
				t.Errorf("%s, json %t: %d (%v), want %d; said %q, want %q", c.name, asJSON, got, err, c.want, said.String(), c.hint)
			}
		}
	}
}

func TestErrorsSayWhatToDo(t *testing.T) {
	var out bytes.Buffer
	a := &app{out: &out, err: &out, lookup: func(string) (string, bool) { return "", false }}
	a.explain(fmt.Errorf("load: %w", &environmentError{err: errors.New("no server at h:5432"), hint: "start it"}), exitEnvironment)
	if got := out.String(); !strings.Contains(got, "error: load: no server at h:5432\n       start it\n") {
		t.Errorf("printed %q", got)
	}
	out.Reset()
	a.explain(context.Canceled, exitInterrupted)
	if got := out.String(); !strings.Contains(got, "interrupted") || strings.Contains(got, "error") {
		t.Errorf("printed %q", got)
	}
}
