package main

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"kefu/cmd/etl/internal/config"
	"kefu/cmd/etl/internal/night"
	"kefu/cmd/etl/internal/terminal"
	"kefu/extract/ledger"
	"kefu/transform/compute"

	"github.com/spf13/cobra"
)

// lockFlags choose which days are locked or opened, and who says so.
type lockFlags struct {
	until, from, by, reason, pipeline string
	shops                             []string
	all, wait                         bool
}

func (f *lockFlags) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringArrayVar(&f.shops, "shop", nil, "only this shop, as `PLATFORM/SHOP` or SHOP; may be repeated")
	flags.StringVar(&f.by, "by", "", "`WHO` says so (default: the user of this account)")
	flags.StringVar(&f.reason, "reason", "", "why, as `TEXT`")
	flags.StringVar(&f.pipeline, "pipeline", "", "`NAME` of the pipeline whose warehouses are loaded (default: the first)")
	flags.BoolVar(&f.wait, "wait", false, "wait while another run works, instead of giving up")
}

func (a *app) lockCommand() *cobra.Command {
	var f lockFlags
	cmd := &cobra.Command{
		Use:   "lock",
		Short: "Lock the KPIs of days that are paid: what is published of them stays",
		Long: `Lock the KPIs of days that are paid. Whatever arrives or changes afterwards, the
KPI tables of days, those of windows by their as-of day, and KPIs and pay of
whole months keep showing what they show now. What they would show stands in locked_changes, in the plan and in
the status, so that the difference can be settled. Lists of single orders,
buyers and turns are not kept: they show what is known.`,
		Example: `  etl lock --until 2026-01-31 --by finance --reason "January is paid"
  etl lock --until 2026-01-31 --shop tmall/flagship
  etl lock list`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if f.until == "" {
				return usagef("--until names the last day to lock")
			}
			return a.relock(cmd.Context(), f, false)
		},
	}
	f.register(cmd)
	cmd.Flags().StringVar(&f.until, "until", "", "the last `DAY` to lock (2026-01-31)")
	cmd.AddCommand(&cobra.Command{
		Use:   "list",
		Short: "What is locked, since when, by whom, and what changed behind it",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return a.listLocks(cmd.Context()) },
	})
	return cmd
}

func (a *app) unlockCommand() *cobra.Command {
	var f lockFlags
	cmd := &cobra.Command{
		Use:   "unlock",
		Short: "Open locked days: their current KPIs are published",
		Example: `  etl unlock --from 2026-01-01 --by finance --reason "January is settled anew"
  etl unlock --all`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if f.from == "" && len(f.shops) == 0 && !f.all {
				return usagef("--from names the first day to open, --shop the shop; --all opens everything")
			}
			return a.relock(cmd.Context(), f, true)
		},
	}
	f.register(cmd)
	cmd.Flags().StringVar(&f.from, "from", "", "open this `DAY` and those after it (default: all)")
	cmd.Flags().BoolVar(&f.all, "all", false, "open all days of all shops")
	return cmd
}

func (a *app) relock(ctx context.Context, f lockFlags, unlock bool) error {
	cfg, err := a.load()
	if err != nil {
		return err
	}
	options, err := a.lockOptions(cfg, f, unlock)
	if err != nil {
		return err
	}
	pipeline, err := cfg.Pipeline(f.pipeline)
	if err != nil {
		return &usageError{err}
	}
	setup, open, err := a.openNight(ctx, cfg, pipeline)
	if err != nil {
		return err
	}
	defer open.close(a.log)
	events := a.newEvents()
	setup.Wait, setup.Events = f.wait, events
	summary, err := night.Relock(ctx, setup, options)
	events.close(err)
	return a.concludeLock(summary, err)
}

// concludeLock prints what locking or opening did and returns how it ended.
func (a *app) concludeLock(summary *night.Summary, err error) error {
	var refused *night.LockError
	switch {
	case errors.As(err, &refused):
		return &usageError{errors.New(refused.Problem + "; " + refused.Hint)}
	case errors.Is(err, night.ErrNotPublished):
		return &environmentError{err, firstNight}
	}
	return a.conclude(summary, err, a.printRelocked)
}

func (a *app) lockOptions(cfg *config.Config, f lockFlags, unlock bool) (night.LockOptions, error) {
	out := night.LockOptions{Unlock: unlock, By: f.by, Reason: f.reason}
	if out.By == "" {
		out.By = a.getenv("USER")
	}
	var err error
	if f.until != "" {
		if out.Until, err = parseDay("--until", f.until); err != nil {
			return out, err
		}
	}
	if f.from != "" {
		if out.From, err = parseDay("--from", f.from); err != nil {
			return out, err
		}
	}
	for _, name := range f.shops {
		s, err := shopNamed(cfg, name)
		if err != nil {
			return out, err
		}
		if shop := (compute.ShopKey{Platform: s.Platform, Shop: s.ID}); !slices.Contains(out.Shops, shop) {
			out.Shops = append(out.Shops, shop)
		}
	}
	return out, nil
}

func (a *app) printRelocked(s *night.Summary) {
	out := a.terminal()
	printLocks(out, s)
	printLoads(out, s)
	for _, e := range s.Errors {
		out.Printf("%s %s\n", out.Mark(terminal.Failed), e)
	}
}

// printLocks tells how locks changed.
func printLocks(out *terminal.Terminal, s *night.Summary) {
	for _, l := range s.Locks {
		was := ""
		if l.Was != "" {
			was = " (was: until " + l.Was + ")"
		}
		if l.Until == "" {
			out.Printf("%s %s: nothing is locked any more%s\n", out.Mark(terminal.OK), l.Shop, was)
			continue
		}
		out.Printf("%s %s: locked until %s%s\n", out.Mark(terminal.OK), l.Shop, l.Until, was)
	}
}

// lockOutput is an entry of `etl lock list --json`.
type lockOutput struct {
	ledger.Lock
	Changes int64 `json:"changes"` // KPI values of the shop's locked days that would be others now
}

func (a *app) listLocks(ctx context.Context) error {
	cfg, err := a.load()
	if err != nil {
		return err
	}
	state, err := openLedger(ctx, cfg, false)
	if err != nil {
		return err
	}
	defer state.Close()
	published, _, err := state.Latest(ctx)
	if err != nil {
		return err
	}
	changes, err := changesBehindLocks(ctx, cfg, published)
	if err != nil {
		return err
	}
	list := make([]lockOutput, len(published.Locks))
	for i, l := range published.Locks {
		list[i] = lockOutput{l, changes[l.Shop].values}
	}
	if a.json {
		return a.printJSON(list)
	}
	out := a.terminal()
	if len(list) == 0 {
		out.Printf("nothing is locked\n")
		return nil
	}
	table := out.Table(terminal.Left("shop"), terminal.Left("locked until"), terminal.Left("by"), terminal.Left("at"), terminal.Column{Title: "why", Max: 60})
	for _, l := range list {
		table.Row(l.Shop, l.Until, terminal.Clean(l.By), l.At.Local().Format(time.DateTime), terminal.Clean(l.Reason))
	}
	table.Flush()
	out.Printf("\n")
	printBehindLocks(out, published.Locked(), changes)
	return nil
}

// behindLock counts what would be published of a shop's locked days were they
// not locked.
type behindLock struct{ values, days int64 }

const lockedChanges = "locked_changes"

// changesBehindLocks reads locked_changes, by platform/shop.
func changesBehindLocks(ctx context.Context, cfg *config.Config, p ledger.Publication) (map[string]behindLock, error) {
	if len(p.Locks) == 0 {
		return map[string]behindLock{}, nil
	}
	view, err := openPublished(ctx, cfg, p, func(name string) bool { return name == lockedChanges })
	if err != nil {
		return nil, err
	}
	defer view.close()
	return view.behindLocks(ctx)
}

// behindLocks counts locked_changes by platform/shop; there are none before
// anything was locked.
func (v *published) behindLocks(ctx context.Context) (map[string]behindLock, error) {
	out := map[string]behindLock{}
	if !v.bound[lockedChanges] {
		return out, nil
	}
	return out, v.engine.Each(ctx, "select platform || '/' || shop_id, count(*), count(distinct dt) from "+lockedChanges+" group by 1", func(scan func(...any) error) error {
		var shop string
		var b behindLock
		err := scan(&shop, &b.values, &b.days)
		out[shop] = b
		return err
	})
}

// printBehindLocks tells of every locked shop what changed behind its lock.
func printBehindLocks(out *terminal.Terminal, locked map[string]string, changes map[string]behindLock) {
	told := false
	for _, shop := range slices.Sorted(maps.Keys(locked)) {
		b := changes[shop]
		if b.values == 0 {
			out.Printf("%s %s: locked until %s, nothing changed behind it\n", out.Mark(terminal.OK), shop, locked[shop])
			continue
		}
		told = true
		out.Printf("%s %s: locked until %s; behind it %s of %s would be others now\n", out.Mark(terminal.Warning), shop, locked[shop],
			plural(int(b.values), "KPI value"), plural(int(b.days), "day"))
	}
	if told {
		out.Printf("  `etl query \"from locked_changes\"` lists them\n")
	}
}
