package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"kefu/cmd/etl/internal/config"
	"kefu/extract/lake"
	"kefu/extract/ledger"
	"kefu/transform/rule/yamlnode"
)

// openLedger opens the state; a verb that only looks does not make one.
func openLedger(ctx context.Context, cfg *config.Config, create bool, options ...ledger.Option) (*ledger.Ledger, error) {
	if !create {
		if err := findState(ctx, cfg); err != nil {
			return nil, err
		}
	}
	if cfg.StateServer != nil {
		return ledger.OpenServer(ctx, cfg.StateServer, cfg.StateSchema, options...)
	}
	return ledger.Open(ctx, cfg.State, options...)
}

// findState fails where no night has made a state yet.
func findState(ctx context.Context, cfg *config.Config) error {
	const hint = "nothing has run yet: " + firstNight
	if cfg.StateServer == nil {
		if _, err := os.Stat(cfg.State); err != nil {
			return &environmentError{fmt.Errorf("open state %s: %w", cfg.State, err), hint}
		}
		return nil
	}
	found, err := ledger.OnServer(ctx, cfg.StateServer, cfg.StateSchema)
	if err == nil && !found {
		err = &environmentError{fmt.Errorf("open state in schema %s of %s: %w", cfg.StateSchema, cfg.StateServer, fs.ErrNotExist), hint}
	}
	return err
}

func openLake(ctx context.Context, cfg *config.Config) (*lake.Lake, error) {
	l, err := lake.Open(ctx, lakeOptions(cfg))
	if errors.Is(err, lake.ErrStateLost) {
		hint := "the state was lost: put a backup of it at " + cfg.State + ", or let `etl lake recover` make it anew from the lake"
		if cfg.StateServer != nil {
			hint = "the state was lost, or it was never on this server: restore it there, or let `etl lake recover` make it anew from the lake"
		}
		return nil, &environmentError{err, hint}
	}
	return l, err
}

// lakeOptions say where lake and catalog are.
func lakeOptions(cfg *config.Config) lake.Options {
	return lake.Options{Catalog: cfg.State, Server: cfg.StateServer, Schema: cfg.StateSchema, Root: cfg.Lake}
}

// inspectState asks the server of the state whether a night could work.
func inspectState(ctx context.Context, cfg *config.Config) []config.Problem {
	if cfg.StateServer == nil {
		return nil
	}
	if err := cfg.StateServer.Check(ctx, cfg.StateSchema); err != nil {
		return []config.Problem{{Pos: cfg.StatePos, Class: yamlnode.Environment, Message: fmt.Sprintf("state: %s", err)}}
	}
	return nil
}
