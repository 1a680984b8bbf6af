package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"kefu/cmd/etl/internal/config"
	"kefu/cmd/etl/internal/terminal"
	"kefu/cmd/etl/internal/trial"
	"kefu/extract"
	"kefu/extract/dataset"
	"kefu/extract/file"

	"github.com/spf13/cobra"
)

func (a *app) presetTestCommand() *cobra.Command {
	var name, shop string
	opts := trial.Options{}
	cmd := &cobra.Command{
		Use:   "test FILE",
		Short: "Read a file through a preset and show the outcome; nothing is stored",
		Long: `Reads a file (or folder, archive, glob) through a preset as a run would, shows the
first rows of each dataset, the rejected rows and the counts, and stores nothing.
Buyers' ids and texts are masked: what a terminal shows gets copied. --show-ids
shows them.`,
		Example: `  etl preset test exports/ExportOrderList202602150930.csv --preset taobao
  etl preset test invoices.csv --preset retail --rows 20 --show-ids`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.testPreset(cmd.Context(), args[0], name, shop, opts)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&name, "preset", "", "the preset's `NAME`")
	flags.StringVar(&shop, "shop", "", "read as of this `PLATFORM/SHOP` of the configuration; default the shop of the first source with the preset")
	flags.IntVar(&opts.Rows, "rows", 5, "how many rows of each dataset to show")
	flags.IntVar(&opts.Rejects, "rejects", 20, "how many rejected rows of each file to show")
	flags.BoolVar(&opts.ShowIDs, "show-ids", false, "show buyers' ids and texts (personal data)")
	return cmd
}

func (a *app) testPreset(ctx context.Context, path, name, shop string, opts trial.Options) error {
	if name == "" {
		return usagef("say which preset: --preset NAME; `etl preset list` has them, `etl preset guess` proposes one")
	}
	if opts.Rows < 0 || opts.Rejects < 0 {
		return usagef("--rows and --rejects cannot be negative")
	}
	cfg, err := a.configIfThere()
	if err != nil {
		return err
	}
	if !hasPreset(cfg, name) {
		return errNoPreset(cfg, name)
	}
	p, err := presetNamed(cfg, name)
	if err != nil {
		return &usageError{err}
	}
	if err := trialShop(cfg, name, shop, &opts); err != nil {
		return err
	}
	if path, err = filepath.Abs(path); err != nil {
		return fmt.Errorf("find %s: %w", path, err)
	}
	source, err := file.New(file.Config{Name: "trial", Platform: opts.Platform, Shop: opts.Shop, Path: path, Preset: p})
	if err != nil {
		return err
	}
	listing, err := source.List(ctx)
	if err != nil {
		return usagef("%w", err)
	}
	results, err := tryAll(ctx, source, listing, opts)
	if err != nil {
		return err
	}
	return a.printTrial(name, listing, results)
}

// tryAll reads the files, those first that a chat log is completed by.
func tryAll(ctx context.Context, source *file.Source, listing *file.Listing, opts trial.Options) ([]*trial.Result, error) {
	var files []file.File
	for _, in := range listing.Inputs {
		files = append(files, file.File{Name: in.Name, Open: in.Open})
	}
	reading := source.Reading(files)
	var out []*trial.Result
	for _, f := range files {
		r, err := trial.Read(ctx, reading, f, opts)
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, nil
}

// trialShop finds whose clock the file's times are of.
func trialShop(cfg *config.Config, name, shop string, opts *trial.Options) error {
	zone := "Asia/Shanghai"
	opts.Platform, opts.Shop = "other", "trial"
	if cfg != nil {
		i := slices.IndexFunc(cfg.Shops, func(s config.Shop) bool { return s.Platform+"/"+s.ID == shop })
		if shop == "" {
			i = slices.IndexFunc(cfg.Shops, func(s config.Shop) bool {
				return slices.ContainsFunc(cfg.Sources, func(from config.Source) bool {
					return from.Preset == name && from.Platform == s.Platform && from.Shop == s.ID
				})
			})
		}
		if i >= 0 {
			opts.Platform, opts.Shop, zone = cfg.Shops[i].Platform, cfg.Shops[i].ID, cmp.Or(cfg.Shops[i].Timezone, zone)
		} else if shop != "" {
			return usagef("the configuration declares no shop %s", shop)
		}
	} else if shop != "" {
		return usagef("--shop names a shop of the configuration, and there is no %s", "pipelines.yaml")
	}
	var err error
	if opts.Location, err = time.LoadLocation(zone); err != nil {
		return fmt.Errorf("load time zone: %w", err)
	}
	return nil
}

type trialOutput struct {
	Preset   string            `json:"preset"`
	Files    []trialFileOutput `json:"files"`
	Warnings []string          `json:"warnings"`
}

type trialFileOutput struct {
	File     string               `json:"file"`
	Layout   string               `json:"layout,omitempty"`
	Error    string               `json:"error,omitempty"`
	Datasets []trialDatasetOutput `json:"datasets"`
	Rejected []trialRejectOutput  `json:"rejected"`
	Unfilled []string             `json:"unfilled"`
	Warnings []string             `json:"warnings"`
}

type trialDatasetOutput struct {
	Dataset  string           `json:"dataset"`
	Read     int              `json:"read"`
	Accepted int              `json:"accepted"`
	Merged   int              `json:"merged"`
	Skipped  map[string]int   `json:"skipped"`
	Rejected int              `json:"rejected"`
	Rows     []map[string]any `json:"rows"`
}

type trialRejectOutput struct {
	Dataset string `json:"dataset"`
	Line    int    `json:"line"`
	Column  string `json:"column,omitempty"`
	Reason  string `json:"reason"`
	Hint    string `json:"hint,omitempty"`
}

// printTrial prints the outcome; a file that cannot be used is a failure.
func (a *app) printTrial(name string, listing *file.Listing, results []*trial.Result) error {
	var failure error
	fail := func(err error) {
		failure = &reported{exitFailed}
		if !a.json {
			a.complainOf(err)
		}
	}
	all := trialOutput{Preset: name, Files: []trialFileOutput{}, Warnings: []string{}}
	for _, w := range listing.Warnings {
		all.Warnings = append(all.Warnings, w.Message)
	}
	for _, err := range listing.Broken {
		all.Warnings = append(all.Warnings, err.Error())
		fail(err)
	}
	for _, r := range results {
		all.Files = append(all.Files, trialFile(r))
		if !a.json {
			a.printTrialFile(name, r)
		}
		if r.Err != nil {
			fail(r.Err)
		}
	}
	if a.json {
		return errors.Join(a.printJSON(all), failure)
	}
	out := a.terminal()
	for _, w := range listing.Warnings {
		out.Printf("%s %s\n", out.Mark(terminal.Warning), terminal.Clean(w.Message))
	}
	if len(results) == 0 && failure == nil {
		return usagef("there is no file that preset %s accepts", name)
	}
	return failure
}

func (a *app) complainOf(err error) {
	out := a.messages()
	out.Printf("%s %s\n", out.Mark(terminal.Failed), terminal.Clean(err.Error()))
}

func trialFile(r *trial.Result) trialFileOutput {
	out := trialFileOutput{
		File: r.File, Layout: r.Layout, Datasets: []trialDatasetOutput{}, Rejected: []trialRejectOutput{},
		Unfilled: append([]string{}, r.Unfilled...), Warnings: []string{},
	}
	if r.Err != nil {
		out.Error = r.Err.Error()
	}
	for _, d := range r.Datasets {
		o := trialDatasetOutput{Dataset: d.Name, Read: d.Read, Accepted: d.Accepted, Merged: d.Merged, Skipped: d.Skipped, Rejected: d.Rejected, Rows: []map[string]any{}}
		for _, row := range d.Rows {
			m := map[string]any{"@line": row.Line}
			for i, c := range d.Columns {
				m[c] = row.Values[i]
			}
			o.Rows = append(o.Rows, m)
		}
		out.Datasets = append(out.Datasets, o)
	}
	for _, x := range r.Rejected {
		out.Rejected = append(out.Rejected, trialRejectOutput{x.Dataset, x.Line, x.Column, x.Reason, x.Hint})
	}
	for _, w := range r.Warnings {
		out.Warnings = append(out.Warnings, warningLine(w))
	}
	return out
}

func warningLine(w extract.Warning) string {
	if w.Column != "" {
		return fmt.Sprintf("column %q: %s", w.Column, w.Message)
	}
	return w.Message
}

func (a *app) printTrialFile(name string, r *trial.Result) {
	out := a.terminal()
	if r.Layout != "" {
		out.Printf("%s: %s, layout %s\n", out.Bold(terminal.Clean(r.File)), terminal.Clean(name), terminal.Clean(r.Layout))
	} else {
		out.Printf("%s\n", out.Bold(terminal.Clean(r.File)))
	}
	if r.Err != nil {
		return
	}
	for _, d := range r.Datasets {
		out.Printf("\n%s\n", counts(d))
		if len(d.Rows) == 0 {
			continue
		}
		columns := []terminal.Column{terminal.Right("line")}
		for _, c := range d.Columns {
			columns = append(columns, terminal.Column{Title: c, Right: ofNumbers(d.Name, c), Max: 36})
		}
		table := out.Table(columns...)
		for _, row := range d.Rows {
			cells := []string{strconv.Itoa(row.Line)}
			for _, v := range row.Values {
				cells = append(cells, terminal.Clean(v))
			}
			table.Row(cells...)
		}
		table.Flush()
	}
	a.printTrialRejects(r)
	for _, w := range r.Warnings {
		out.Printf("%s %s\n", out.Mark(terminal.Warning), terminal.Clean(warningLine(w)))
	}
	if len(r.Unfilled) > 0 {
		out.Printf("%s mapped, and not in this file: %s\n", out.Mark(terminal.Warning), strings.Join(r.Unfilled, ", "))
	}
	out.Printf("\n")
}

func (a *app) printTrialRejects(r *trial.Result) {
	if len(r.Rejected) == 0 {
		return
	}
	out := a.terminal()
	out.Printf("\n")
	table := out.Table(terminal.Left("rejected"), terminal.Right("line"), terminal.Left("column"),
		terminal.Column{Title: "reason", Max: 60}, terminal.Column{Title: "hint", Max: 90})
	total := 0
	for _, d := range r.Datasets {
		total += d.Rejected
	}
	for _, x := range r.Rejected {
		table.Row(x.Dataset, strconv.Itoa(x.Line), terminal.Clean(x.Column), terminal.Clean(x.Reason), terminal.Clean(x.Hint))
	}
	table.Flush()
	if total > len(r.Rejected) {
		out.Printf("… and %s more (--rejects)\n", terminal.Count(int64(total-len(r.Rejected))))
	}
}

// counts tells what became of the lines of a dataset.
func counts(d *trial.Dataset) string {
	skipped, filters := 0, []string{}
	for _, name := range slices.Sorted(maps.Keys(d.Skipped)) {
		skipped += d.Skipped[name]
		filters = append(filters, fmt.Sprintf("%s %s", name, terminal.Count(int64(d.Skipped[name]))))
	}
	text := fmt.Sprintf("%s: %s read = %s accepted + %s merged + %s skipped", d.Name, lines(d.Read),
		terminal.Count(int64(d.Accepted)), terminal.Count(int64(d.Merged)), terminal.Count(int64(skipped)))
	if len(filters) > 0 {
		text += " (" + strings.Join(filters, ", ") + ")"
	}
	return text + " + " + terminal.Count(int64(d.Rejected)) + " rejected"
}

func lines(n int) string {
	if n == 1 {
		return "1 line"
	}
	return terminal.Count(int64(n)) + " lines"
}

func ofNumbers(name, column string) bool {
	c, _ := dataset.ByName(name).Column(column)
	return c != nil && (c.Type == dataset.Money || c.Type == dataset.Integer || c.Type == dataset.Long)
}
