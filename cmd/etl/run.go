package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"kefu/cmd/etl/internal/config"
	"kefu/cmd/etl/internal/night"
	"kefu/extract/ledger"
	"kefu/transform/compute"

	"github.com/spf13/cobra"
)

// nightFlags choose what a night does.
type nightFlags struct {
	pipeline, from, to, shop string
	wait, values             bool
	replay                   *night.Replay // rejected rows to read instead of what is new
}

func (f *nightFlags) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.pipeline, "pipeline", "", "`NAME` of the pipeline (default: the first)")
	flags.StringVar(&f.from, "from", "", "compute from this `DAY` on although nothing changed (2026-01-31)")
	flags.StringVar(&f.to, "to", "", "… up to this `DAY`")
	flags.StringVar(&f.shop, "shop", "", "only this shop, as `PLATFORM/SHOP` or SHOP")
	flags.BoolVar(&f.wait, "wait", false, "wait while another run works, instead of giving up")
}

func (a *app) runCommand() *cobra.Command {
	var f nightFlags
	cmd := &cobra.Command{
		Use:   "run",
		Short: "One night: pull, normalise, compute what changed, check, publish, load",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return a.runNight(cmd.Context(), f) },
	}
	f.register(cmd)
	return cmd
}

func (a *app) runNight(ctx context.Context, f nightFlags) error {
	summary, err := a.night(ctx, f, false)
	return a.conclude(summary, err, a.printNight)
}

// conclude prints what a run did and returns how it ended.
func (a *app) conclude(summary *night.Summary, err error, print func(*night.Summary)) error {
	if summary == nil {
		return err
	}
	if a.json {
		if failed := a.printJSON(summary); failed != nil {
			return errors.Join(err, failed)
		}
	} else {
		print(summary)
	}
	if err == nil || summary.RunID == "" || !errors.Is(err, night.ErrUnits) {
		return err
	}
	// The summary has told what failed.
	if _, _, state := ledger.Trouble(err); state || noRoom(err) {
		for _, hint := range a.hints(err) {
			a.messages().Printf("       %s\n", hint)
		}
		return &reported{exitEnvironment}
	}
	return &reported{exitFailed}
}

// night opens what the configuration names and does one night of it.
func (a *app) night(ctx context.Context, f nightFlags, dry bool) (*night.Summary, error) {
	cfg, err := a.load()
	if err != nil {
		return nil, err
	}
	pipeline, err := cfg.Pipeline(f.pipeline)
	if err != nil {
		return nil, &usageError{err}
	}
	options := night.Options{Dry: dry, Values: f.values, Replay: f.replay}
	only, err := f.only(cfg)
	if err != nil {
		return nil, err
	}
	if options.Forced, err = f.forced(only); err != nil {
		return nil, err
	}
	setup, open, err := a.openNight(ctx, cfg, pipeline)
	if err != nil {
		if !dry {
			a.notBegun(ctx, cfg, pipeline.Name, err)
		}
		return nil, err
	}
	defer open.close(a.log)
	setup.Wait = f.wait
	if !dry {
		setup.Notify = a.notify(cfg, pipeline.Name)
	}
	if only != nil {
		setup.Sources = sourcesOfShop(setup.Sources, *only)
	}
	events := a.newEvents()
	setup.Events = events
	summary, err := night.Run(ctx, setup, options)
	events.close(err)
	if err != nil && summary.RunID == "" && !dry {
		a.notBegun(ctx, cfg, pipeline.Name, err)
	}
	return summary, err
}

func (f *nightFlags) only(cfg *config.Config) (*compute.ShopKey, error) {
	if f.shop == "" {
		return nil, nil
	}
	s, err := shopNamed(cfg, f.shop)
	if err != nil {
		return nil, err
	}
	return &compute.ShopKey{Platform: s.Platform, Shop: s.ID}, nil
}

func (f *nightFlags) forced(only *compute.ShopKey) ([]compute.Force, error) {
	if f.from == "" && f.to == "" {
		return nil, nil
	}
	from, to := f.from, f.to
	if from == "" || to == "" {
		return nil, usagef("--from and --to go together")
	}
	a, err := parseDay("--from", from)
	if err != nil {
		return nil, err
	}
	b, err := parseDay("--to", to)
	if err != nil {
		return nil, err
	}
	if b.Before(a) {
		return nil, usagef("--to %s lies before --from %s", to, from)
	}
	return []compute.Force{{Shop: only, From: a, To: b}}, nil
}

// parseDay reads the day that a flag names.
func parseDay(flag, text string) (time.Time, error) {
	day, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return time.Time{}, usagef("%s %s is no day such as 2026-01-31", flag, text)
	}
	return day, nil
}

func sourcesOfShop(sources []night.Source, shop compute.ShopKey) []night.Source {
	var out []night.Source
	for _, s := range sources {
		if s.Shop == shop {
			out = append(out, s)
		}
	}
	return out
}

func (a *app) planCommand() *cobra.Command {
	var f nightFlags
	cmd := &cobra.Command{
		Use:   "plan",
		Short: "What a run would do and why; changes nothing",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return a.plan(cmd.Context(), f) },
	}
	f.register(cmd)
	cmd.Flags().BoolVar(&f.values, "diff", false, "also show the KPI values that would change, per shop and agent")
	return cmd
}

func (a *app) plan(ctx context.Context, f nightFlags) error {
	summary, err := a.night(ctx, f, true)
	if err != nil {
		return fmt.Errorf("plan: %w", err)
	}
	if a.json {
		return a.printJSON(summary)
	}
	a.printPlan(summary)
	return nil
}
