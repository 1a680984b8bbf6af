package main

import (
	"context"

	"kefu/cmd/etl/internal/night"
	"kefu/cmd/etl/internal/terminal"
	"kefu/extract/ledger"

	"github.com/spf13/cobra"
)

func (a *app) replayCommand() *cobra.Command {
	var choice night.Replay
	var f nightFlags
	var dry bool
	cmd := &cobra.Command{
		Use:   "replay",
		Short: "Read rejected rows once more, after a preset or a setting was corrected",
		Long: `Read the files of rejected rows once more from landing, as the presets and
settings read them now, and compute what that changes. The files are read as a
whole, so their other rejected rows get their chance, too. Nothing new is read:
that is for etl run, which reads a corrected file, and every file with rejected
rows whose preset changed, by itself.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			f.replay = &choice
			return a.replay(cmd.Context(), f, dry)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.shop, "shop", "", "of this shop only, as `PLATFORM/SHOP` or SHOP")
	flags.StringVar(&choice.Dataset, "dataset", "", "of this `DATASET` only")
	flags.StringVar(&choice.Source, "source", "", "of this source `NAME` only")
	flags.StringVar(&choice.File, "file", "", "of files of this `NAME` only; * and ? stand for anything")
	flags.StringVar(&choice.Reason, "reason", "", "rejected for a reason with this `TEXT` only")
	flags.StringVar(&f.pipeline, "pipeline", "", "`NAME` of the pipeline whose warehouses are loaded (default: the first)")
	flags.BoolVar(&f.wait, "wait", false, "wait while another run works, instead of giving up")
	flags.BoolVar(&dry, "dry-run", false, "say what would come of it, and leave no trace")
	return cmd
}

func (a *app) replay(ctx context.Context, f nightFlags, dry bool) error {
	cfg, err := a.load()
	if err != nil {
		return err
	}
	shop, err := f.only(cfg)
	if err != nil {
		return err
	}
	if shop != nil {
		f.replay.Shop = shop.String()
	}
	waits := false
	err = a.withLedger(ctx, func(state *ledger.Ledger) error {
		rows, err := state.Quarantined(ctx, ledger.QuarantineFilter{Status: ledger.Waiting})
		for _, r := range rows {
			waits = waits || f.replay.Chooses(r)
		}
		return err
	})
	switch {
	case err != nil:
		return err
	case waits && dry:
		return a.plan(ctx, f)
	case waits:
		return a.runNight(ctx, f)
	case a.json:
		return a.printJSON(night.NothingChosen())
	}
	out := a.terminal()
	out.Printf("%s no such row waits in quarantine; `etl quarantine list` shows those that do\n", out.Mark(terminal.OK))
	return nil
}

// printReplay tells what came of rows that were read once more.
func (a *app) printReplay(out *terminal.Terminal, s *night.ReplaySummary) {
	table := out.Table(terminal.Left("source"), terminal.Left("dataset"), terminal.Left("now"), terminal.Right("rows"), terminal.Left("such as"), terminal.Column{Title: "reason", Max: 90})
	for _, o := range s.Outcomes {
		table.Row(o.Source, o.Dataset, o.Outcome, terminal.Count(o.Rows), terminal.Clean(o.Example), terminal.Clean(o.Reason))
	}
	out.Printf("\n")
	table.Flush()
	mark := terminal.OK
	if s.Rejected+s.Unreadable > 0 {
		mark = terminal.Warning
	}
	out.Printf("%s %s of quarantine, read once more: %s accepted, %s skipped, %s rejected again, %s unreadable\n", out.Mark(mark),
		terminal.Rows(s.Rows), terminal.Count(s.Accepted), terminal.Count(s.Skipped), terminal.Count(s.Rejected), terminal.Count(s.Unreadable))
	if s.Unfinished != "" {
		out.Printf("%s a run was interrupted at %s: `etl run` finishes it and computes\n", out.Mark(terminal.Warning), terminal.Clean(s.Unfinished))
	}
}
