package main

import (
	"context"
	"path/filepath"

	"kefu/cmd/etl/internal/config"
	"kefu/cmd/etl/internal/maintain"
	"kefu/cmd/etl/internal/night"
	"kefu/cmd/etl/internal/terminal"
	"kefu/extract/landing"

	"github.com/spf13/cobra"
)

func (a *app) lakeCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "lake",
		Short: "Care for the lake: maintain, recover",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	var dry, wait bool
	keep := &cobra.Command{
		Use:   "maintain",
		Short: "Drop old publications, snapshots and orphans, compact small files and the state",
		Long: `Drop old publications with the snapshots and files that only they held, take away
what killed runs left, write small files anew as larger ones and compact the
state. No number changes. What is kept stands under maintenance: in the
configuration; readers at work keep what they read.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.maintain(cmd.Context(), dry, wait) },
	}
	keep.Flags().BoolVar(&dry, "dry-run", false, "say what would be done, and do nothing")
	keep.Flags().BoolVar(&wait, "wait", false, "wait while a run works, instead of giving up")
	cmd.AddCommand(keep, &cobra.Command{
		Use:   "recover",
		Short: "Make a lost state anew from the lake: the catalog and what was published",
		Long: `Make a lost state anew from the lake: the catalog from the tables' own metadata,
what was published from the copy that every publication leaves in the lake. The
next run reads all files of the sources once more, as repetitions, and computes
nothing. With a backup of the state this is not needed.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.recover(cmd.Context()) },
	})
	return cmd
}

func (a *app) maintain(ctx context.Context, dry, wait bool) error {
	cfg, err := a.load()
	if err != nil {
		return err
	}
	setup, open, err := a.openMaintenance(ctx, cfg)
	if err != nil {
		return err
	}
	defer open.close(a.log)
	setup.DryRun, setup.Wait = dry, wait
	events := a.newEvents()
	setup.Events = events
	summary, err := maintain.Run(ctx, setup)
	events.close(err)
	if err != nil {
		return err
	}
	if a.json {
		return a.printJSON(summary)
	}
	a.printMaintenance(summary)
	return nil
}

// openMaintenance opens everything that maintenance works with.
func (a *app) openMaintenance(ctx context.Context, cfg *config.Config) (maintain.Setup, *closers, error) {
	open := &closers{}
	setup := maintain.Setup{
		Settings: maintain.Settings{KeepPublications: cfg.Maintenance.KeepPublications, KeepDays: cfg.Maintenance.KeepDays, OrphanAge: cfg.Maintenance.OrphanAge},
		Landing:  landing.New(cfg.Landing.Path), Spill: filepath.Join(cfg.Lake, ".spill"), Lease: night.LeaseName, Log: a.log,
	}
	err := func() error {
		var err error
		if setup.Ledger, err = openLedger(ctx, cfg, false); err != nil {
			return err
		}
		open.add(setup.Ledger.Close)
		if setup.Lake, err = openLake(ctx, cfg); err != nil {
			return err
		}
		open.add(setup.Lake.Close)
		engine, macros, err := openEngine(ctx, cfg)
		if err != nil {
			return err
		}
		open.add(engine.Close)
		setup.Engine = engine
		setup.Graph, err = openGraph(ctx, engine, a.modelFiles(), macros)
		return err
	}()
	if err != nil {
		open.close(a.log)
		return maintain.Setup{}, nil, err
	}
	return setup, open, nil
}

func (a *app) printMaintenance(s *maintain.Summary) {
	out := a.terminal()
	table := out.Table(terminal.Left("table"), terminal.Right("small files"), terminal.Right("into"), terminal.Right("snapshots"),
		terminal.Right("files"), terminal.Right("size"), terminal.Right("orphans"), terminal.Right("size"))
	snapshots, files := 0, 0
	for _, t := range s.Tables {
		snapshots, files = snapshots+t.Snapshots, files+t.Files+t.Orphans
		table.Row(t.Table, some(t.SmallFiles), some(t.LargerFiles), some(t.Snapshots), some(t.Files), someSize(t.Bytes), some(t.Orphans), someSize(t.OrphanBytes))
	}
	if !table.Empty() {
		table.Flush()
		out.Printf("\n")
	}
	mark, done := out.Mark(terminal.OK), "dropped"
	if s.DryRun {
		mark, done = out.Mark(terminal.Warning), "would drop"
	}
	out.Printf("%s %s %s, %s, %s; %s kept\n", mark, done, plural(s.Publications.Dropped, "publication"), plural(snapshots, "snapshot"), plural(files, "file"), plural(s.Publications.Kept, "publication"))
	if s.Publications.Held > 0 {
		out.Printf("  %s kept for readers at work\n", plural(s.Publications.Held, "publication"))
	}
	for _, name := range s.Retired {
		out.Printf("%s %s table %s, which no model makes any more\n", mark, done, name)
	}
	for _, name := range s.Unknown {
		out.Printf("%s %s in the lake is of no table of the catalog: `etl lake recover` enters it, or remove the folder\n", out.Mark(terminal.Warning), terminal.Clean(name))
	}
	if s.DryRun {
		return
	}
	out.Printf("%s lake %s → %s, %s → %s files; state %s → %s; %s\n", mark, terminal.Size(s.Lake.BytesBefore), terminal.Size(s.Lake.BytesAfter),
		terminal.Count(int64(s.Lake.FilesBefore)), terminal.Count(int64(s.Lake.FilesAfter)), terminal.Size(s.State.BytesBefore), terminal.Size(s.State.BytesAfter), seconds(s.Seconds))
}

// some leaves nought out.
func some(n int) string {
	if n == 0 {
		return ""
	}
	return terminal.Count(int64(n))
}

func someSize(bytes int64) string {
	if bytes == 0 {
		return ""
	}
	return terminal.Size(bytes)
}
