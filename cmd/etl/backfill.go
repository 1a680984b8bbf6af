package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"

	"kefu/cmd/etl/internal/config"
	"kefu/cmd/etl/internal/night"
	"kefu/cmd/etl/internal/terminal"
	"kefu/extract/ledger"

	"github.com/spf13/cobra"
)

// backfillFlags choose what a backfill does.
type backfillFlags struct {
	nightFlags
	model     string
	parallel  int
	chunkRows int64
	failed    bool
}

func (a *app) backfillCommand() *cobra.Command {
	var f backfillFlags
	cmd := &cobra.Command{
		Use:   "backfill --from DAY --to DAY",
		Short: "Compute days of the past anew, in chunks, resumable",
		Long: `Computes the facts of everybody who was active on the days from --from to --to,
these days and the windows that hold them anew, by the rules and models of now,
and publishes what differs. It reads what is in the lake and no source.

The work is done in lots of whole shops and, within a lot, in chunks that fit
into the engine's memory: shops, facts of a part of the buyers, days, windows.
What is finished is not done again by the next call: a lot is published as soon
as it is whole and its checks passed, and a chunk of a lot under way is kept
until its data, rules or models change. So a backfill may be stopped at any
time and called again. A shop that fails keeps its published numbers and does
not stop the others; --failed tries those again.`,
		Example: "  etl backfill --from 2025-01-01 --to 2025-12-31\n  etl backfill --failed",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.backfill(cmd.Context(), f) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.pipeline, "pipeline", "", "load the warehouses of this pipeline `NAME` (default: the first)")
	flags.StringVar(&f.from, "from", "", "first `DAY` (2026-01-31)")
	flags.StringVar(&f.to, "to", "", "last `DAY`")
	flags.StringVar(&f.shop, "shop", "", "only this shop, as `PLATFORM/SHOP` or SHOP")
	flags.StringVar(&f.model, "model", "", "only this `MODEL`, those of its stage (facts, days, windows) and what is computed from them")
	flags.IntVar(&f.parallel, "parallel", 0, "`N` lots of shops at the same time, within the engine's memory and threads (default: the threads, at most 4)")
	flags.Int64Var(&f.chunkRows, "chunk-rows", 0, "messages and orders that a chunk reads (default: by engine.memory_limit)")
	flags.BoolVar(&f.failed, "failed", false, "only shops that failed; without --from and --to, over the days they failed on")
	flags.BoolVar(&f.wait, "wait", false, "wait while another run works, instead of giving up")
	return cmd
}

func (a *app) backfill(ctx context.Context, f backfillFlags) error {
	cfg, err := a.load()
	if err != nil {
		return err
	}
	options, err := f.options(cfg)
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
	if setup.Graph == nil {
		return usagef("pipeline %s computes and loads nothing: choose another one by --pipeline", pipeline.Name)
	}
	setup.Wait, setup.Notify = f.wait, a.notify(cfg, pipeline.Name)
	events := a.newEvents()
	setup.Events, options.Progress = events, events.progress
	summary, err := night.Backfill(ctx, setup, options)
	events.close(err)
	var unknown *night.UnknownModelError
	switch {
	case errors.As(err, &unknown):
		return &usageError{err}
	case errors.Is(err, night.ErrEmptyLake):
		return &environmentError{err, "`etl run` reads the sources first"}
	case errors.Is(err, night.ErrNothingFailed):
		return &usageError{err}
	}
	return a.conclude(summary, err, a.printBackfill)
}

func (f *backfillFlags) options(cfg *config.Config) (night.BackfillOptions, error) {
	o := night.BackfillOptions{Model: f.model, Failed: f.failed, Parallel: f.parallel, ChunkRows: f.chunkRows}
	forced, err := f.forced(nil)
	switch {
	case err != nil:
		return o, err
	case len(forced) > 0:
		o.From, o.To = forced[0].From, forced[0].To
	case !f.failed:
		return o, usagef("backfill needs --from and --to, or --failed")
	}
	if f.parallel < 0 || f.chunkRows < 0 {
		return o, usagef("--parallel and --chunk-rows cannot be negative")
	}
	if o.Shop, err = f.only(cfg); err != nil {
		return o, err
	}
	if o.Parallel == 0 {
		if o.Parallel = cfg.Engine.Threads; o.Parallel == 0 {
			o.Parallel = runtime.NumCPU()
		}
		o.Parallel = min(o.Parallel, 4)
	}
	if o.ChunkRows == 0 {
		memory := int64(cfg.Engine.MemoryLimit)
		if memory == 0 {
			memory = 2 << 30
		}
		o.ChunkRows = night.ChunkRows(memory)
	}
	return o, nil
}

// progress shows how far a backfill is: by a bar, or by a line for each chunk
// where nobody watches.
func (e *events) progress(p night.Progress) {
	pace := ""
	if p.Rate > 0 {
		pace = fmt.Sprintf("%s rows/s", terminal.Count(int64(p.Rate)))
		if p.Done < p.Total {
			pace += ", " + terminal.Duration(p.Left.Round(time.Second)) + " left"
		}
	}
	if e.messages.Interactive() {
		if e.step == nil {
			e.step = e.steps.Start("backfill", p.Total)
		}
		e.step.Add(p.Done - e.shown)
		e.step.Note(pace)
		e.shown = p.Done
		return
	}
	mark, took := e.messages.Mark(terminal.OK), terminal.Duration(time.Duration(p.Chunk.Seconds*float64(time.Second)))
	if p.Chunk.Status == "found" {
		mark, took = e.messages.Mark(terminal.Skipped), "done before"
	}
	percent := 100.0
	if p.Total > 0 {
		percent = 100 * float64(p.Done) / float64(p.Total)
	}
	line := fmt.Sprintf("%s %s: %s  %s  %.0f %%", mark, p.Chunk.Shops, p.Chunk.Chunk, took, percent)
	if pace != "" {
		line += ", " + pace
	}
	e.steps.Line(line)
}

// printBackfill tells a person what a backfill did.
func (a *app) printBackfill(s *night.Summary) {
	if s.RunID == "" || s.Backfill == nil {
		return // it never began; the error says why
	}
	out := a.terminal()
	a.printModels(out, s)
	a.printChecks(out, s)
	printLoads(out, s)
	for _, e := range s.Errors {
		out.Printf("%s %s\n", out.Mark(terminal.Failed), e)
	}
	shops, chunks := map[string]int{}, map[string]int{}
	for _, r := range s.Backfill.Shops {
		shops[r.Status]++
	}
	for _, c := range s.Backfill.Chunks {
		chunks[c.Status]++
	}
	out.Printf("%s %s done, %d failed, %d done before by the same rules and models; %s computed, %d found\n",
		out.Mark(markOf(s.Status)), plural(shops[string(ledger.Done)], "shop"), shops[string(ledger.Failed)], shops["known"],
		plural(chunks["computed"], "chunk"), chunks["found"])
	if shops[string(ledger.Failed)] > 0 {
		out.Printf("  `etl backfill --failed` tries those that failed again\n")
	}
	out.Printf("%s backfill %s: %s in %s\n", out.Mark(markOf(s.Status)), s.RunID, s.Status, seconds(s.Seconds))
}
