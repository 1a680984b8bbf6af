package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"kefu/cmd/etl/internal/night"
	"kefu/cmd/etl/internal/terminal"
	"kefu/extract/lake"
	"kefu/extract/ledger"

	"github.com/spf13/cobra"
)

func (a *app) stateCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "state",
		Short: "Care for the state: backup",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(&cobra.Command{
		Use:   "backup [FILE]",
		Short: "A consistent copy of the state, also while a run works; readable by its owner only",
		Long: `A consistent copy of the state, the lake's catalog included, also while a run
works. Without FILE it stands beside the state under the time of day. To use it,
put it in the place of the state while nothing runs. A state on a server is
backed up with the server, or by pg_dump.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.backup(cmd.Context(), strings.Join(args, ""))
		},
	})
	return cmd
}

func (a *app) backup(ctx context.Context, file string) error {
	cfg, err := a.load()
	if err != nil {
		return err
	}
	if cfg.StateServer != nil {
		return usagef("the state is on a server, schema %s of %s: back it up there, with the server or by `pg_dump --schema=%[1]s`", cfg.StateSchema, cfg.StateServer)
	}
	state, err := openLedger(ctx, cfg, false)
	if err != nil {
		return err
	}
	defer state.Close()
	if file == "" {
		file = strings.TrimSuffix(cfg.State, filepath.Ext(cfg.State)) + "-" + time.Now().UTC().Format("20060102T150405Z") + filepath.Ext(cfg.State)
	}
	if err := state.Backup(ctx, file); err != nil {
		return err
	}
	if a.json {
		return a.printJSON(map[string]string{"backup": file})
	}
	out := a.terminal()
	out.Printf("%s state: %s\n", out.Mark(terminal.OK), file)
	return nil
}

// recovered is the result of `etl lake recover --json`.
type recovered struct {
	Tables      []string   `json:"tables"` // entered into the catalog
	Publication string     `json:"publication,omitempty"`
	PublishedAt *time.Time `json:"published_at,omitempty"`
}

// recover makes the state anew from what the lake holds.
func (a *app) recover(ctx context.Context) error {
	cfg, err := a.load()
	if err != nil {
		return err
	}
	state, err := openLedger(ctx, cfg, true)
	if err != nil {
		return err
	}
	defer state.Close()
	lease, err := state.Acquire(ctx, night.LeaseName, false)
	if err != nil {
		return fmt.Errorf("take the lake: %w", err)
	}
	defer func() { _ = lease.Release(ctx) }() // else it ends with the process
	options := lakeOptions(cfg)
	options.Recover = true
	l, err := lake.Open(ctx, options)
	if err != nil {
		return err
	}
	defer func() { _ = l.Close() }() // what it changed is committed
	result := recovered{Tables: []string{}}
	names, err := l.Rebuild(ctx)
	if err != nil {
		return err
	}
	result.Tables = append(result.Tables, names...)
	published, ok, err := state.Latest(ctx)
	if err != nil {
		return err
	}
	if !ok {
		if published, ok, err = a.restorePublication(ctx, state, l); err != nil {
			return err
		}
		if ok {
			result.Publication, result.PublishedAt = published.ID, &published.CreatedAt
		}
	}
	if a.json {
		return a.printJSON(result)
	}
	a.printRecovered(result, ok)
	return nil
}

// restorePublication makes the latest copy whose snapshots are all there the
// publication.
func (a *app) restorePublication(ctx context.Context, state *ledger.Ledger, l *lake.Lake) (ledger.Publication, bool, error) {
	names, err := l.Copies()
	if err != nil {
		return ledger.Publication{}, false, err
	}
	for _, name := range names {
		text, err := l.ReadCopy(name)
		if err != nil {
			return ledger.Publication{}, false, err
		}
		p, err := ledger.ReadCopy(text)
		if err != nil {
			return ledger.Publication{}, false, err
		}
		whole, err := holds(ctx, l, p)
		if err != nil {
			return ledger.Publication{}, false, err
		}
		if !whole {
			a.log.Warn("a publication cannot be restored, for the lake lacks some of its snapshots", "publication", p.ID)
			continue
		}
		return p, true, state.RestoreCopy(ctx, text)
	}
	return ledger.Publication{}, false, nil
}

// holds tells whether the lake has every snapshot that the publication names.
func holds(ctx context.Context, l *lake.Lake, p ledger.Publication) (bool, error) {
	check := func(tables map[string]int64) (bool, error) {
		for name, id := range tables {
			_, _, err := l.Files(ctx, name, id)
			if errors.Is(err, lake.ErrNoTable) || errors.Is(err, lake.ErrNoSnapshot) {
				return false, nil
			}
			if err != nil {
				return false, err
			}
		}
		return true, nil
	}
	whole, err := check(p.Tables)
	for _, in := range p.Inputs {
		if err != nil || !whole {
			break
		}
		whole, err = check(in.Snapshots)
	}
	return whole, err
}

func (a *app) printRecovered(r recovered, published bool) {
	out := a.terminal()
	if len(r.Tables) > 0 {
		out.Printf("%s %s of the lake entered into the catalog\n", out.Mark(terminal.OK), plural(len(r.Tables), "table"))
	} else {
		out.Printf("%s the catalog knows every table of the lake\n", out.Mark(terminal.OK))
	}
	switch {
	case r.Publication != "":
		out.Printf("%s published is again what was published %s (%s)\n", out.Mark(terminal.OK), r.PublishedAt.Local().Format(time.DateTime), r.Publication)
		out.Printf("  the next run reads all files of the sources once more, as repetitions; the history of runs is gone\n")
	case published:
		out.Printf("%s the state has a publication: nothing else to recover\n", out.Mark(terminal.OK))
	default:
		out.Printf("%s no publication can be restored: the next run computes everything from the datasets\n", out.Mark(terminal.Warning))
	}
}
