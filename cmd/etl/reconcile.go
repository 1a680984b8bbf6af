package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"kefu/cmd/etl/internal/config"
	"kefu/cmd/etl/internal/reconcile"
	"kefu/cmd/etl/internal/whatif"
	"kefu/extract/file"
	"kefu/sql"
	"kefu/transform/catalogue"
	"kefu/transform/compute"

	"github.com/spf13/cobra"
)

// reconcileOptions are the flags of `etl reconcile`.
type reconcileOptions struct {
	preset, shop       string
	from, to, exported string
	out                string
	strict, all        bool
}

func (a *app) reconcileCommand() *cobra.Command {
	var o reconcileOptions
	cmd := &cobra.Command{
		Use:   "reconcile FILE",
		Short: "Compare a platform's own KPI report with our numbers, and prove what differences come from",
		Long: `Reads a KPI report as 赤兔, 生意参谋, JD, Kuaishou, Doudian or Pinduoduo export it
(.xlsx or .csv) and compares each number with ours. A difference gets a reason
where one can be proved: rows that never came or came later, another rule, another
clock, a buyer's flag, rounding, a report that is cut short, an agent nobody knows,
a number that is not final. What would be is computed by the models of a night over
what is published; nothing is published. What nothing proves is unexplained.

Exit code 0, also with differences; with --strict, 1 when some are unexplained.`,
		Example: `  etl reconcile 自定义报表_日报_下单优先判定_2026-03-01至2026-03-07.xlsx
  etl reconcile report.csv --preset sycm --shop tmall/flagship --from 2026-03-01 --to 2026-03-01
  etl reconcile report.xlsx --out compared.csv --strict`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usagef("name the report: etl reconcile FILE")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return a.reconcile(cmd.Context(), args[0], o) },
	}
	flags := cmd.Flags()
	flags.StringVar(&o.preset, "preset", "", "the report preset's `NAME`; default: the one whose columns fit")
	flags.StringVar(&o.shop, "shop", "", "the `SHOP` that the report is of; default: the only one that it can be of")
	flags.StringVar(&o.from, "from", "", "the first `DAY` of a report that names none; of others, days before it are left out")
	flags.StringVar(&o.to, "to", "", "the last `DAY`")
	flags.StringVar(&o.exported, "exported", "", "`WHEN` the report was made, as 2026-03-08 or 2026-03-08 09:30; default: the file's own time")
	flags.StringVar(&o.out, "out", "", "write every compared number into this csv `FILE`")
	flags.BoolVar(&o.strict, "strict", false, "end with 1 when a difference is unexplained")
	flags.BoolVar(&o.all, "all", false, "list every difference, however many")
	_ = cmd.RegisterFlagCompletionFunc("preset", cobra.FixedCompletions(reconcile.Names(), cobra.ShellCompDirectiveNoFileComp))
	_ = cmd.MarkFlagFilename("out", "csv")
	return cmd
}

func (a *app) reconcile(ctx context.Context, path string, o reconcileOptions) error {
	cfg, err := a.load()
	if err != nil {
		return err
	}
	metrics, err := catalogue.Load(sql.FS, "metrics.yaml")
	if err != nil {
		return err
	}
	reading, err := readingOf(cfg, metrics, o)
	if err != nil {
		return err
	}
	report, err := readReport(ctx, path, reading)
	if err != nil {
		return err
	}
	shop, err := reportShop(cfg, report, o.shop)
	if err != nil {
		return err
	}
	if report.Exported, err = exportedAt(path, o.exported, shop.Zone); err != nil {
		return err
	}
	result, err := a.compareReport(ctx, cfg, metrics, shop, report)
	if err != nil {
		return err
	}
	if o.out != "" {
		if err := writeCompared(o.out, result); err != nil {
			return err
		}
	}
	if err := a.printReconciled(metrics, result, o.all); err != nil {
		return err
	}
	if o.strict && slices.ContainsFunc(result.Cells, func(c *reconcile.Cell) bool { return c.Reason == reconcile.Unexplained }) {
		return &reported{exitFailed}
	}
	return nil
}

// readingOf reads the presets to choose from and the days.
func readingOf(cfg *config.Config, metrics *catalogue.Catalogue, o reconcileOptions) (reconcile.Reading, error) {
	in := reconcile.Reading{Metrics: metrics}
	names := reconcile.Names()
	own := map[string]config.PresetNode{}
	for name, p := range cfg.Presets {
		if reconcile.IsReport(p.Data) {
			own[name] = p
		}
	}
	// A user's own stands before those that ship.
	names = append(slices.Sorted(maps.Keys(own)), slices.DeleteFunc(names, func(n string) bool { _, has := own[n]; return has })...)
	for _, name := range names {
		if o.preset != "" && name != o.preset {
			continue
		}
		var p *reconcile.Preset
		var err error
		if mine, ok := own[name]; ok {
			p, err = reconcile.Parse(name, mine.File, mine.Data, metrics)
		} else {
			p, err = reconcile.Shipped(name, metrics)
		}
		if err != nil {
			return in, &usageError{err}
		}
		in.Presets = append(in.Presets, p)
	}
	if len(in.Presets) == 0 {
		return in, usagef("there is no report preset %q: there are %s", o.preset, strings.Join(names, ", "))
	}
	var err error
	if (o.from == "") != (o.to == "") {
		return in, usagef("--from and --to go together")
	}
	if o.from == "" {
		return in, nil
	}
	if in.From, err = parseDay("--from", o.from); err != nil {
		return in, err
	}
	if in.To, err = parseDay("--to", o.to); err != nil {
		return in, err
	}
	if in.To.Before(in.From) {
		return in, usagef("--to lies before --from")
	}
	return in, nil
}

// readReport reads the one file at a path.
func readReport(ctx context.Context, path string, in reconcile.Reading) (*reconcile.Report, error) {
	at, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("find %s: %w", path, err)
	}
	if info, err := os.Stat(at); err != nil {
		return nil, usagef("read the report: %w", err)
	} else if info.IsDir() {
		return nil, usagef("read the report: %s is a folder; name one file", path)
	}
	inputs, err := file.Inputs(ctx, at)
	if err != nil {
		return nil, err
	}
	if len(inputs) != 1 {
		return nil, usagef("%s holds %d files; name one report", path, len(inputs))
	}
	return reconcile.Read(file.File{Name: inputs[0].Name, Open: inputs[0].Open}, in)
}

// reportShop is the shop that a report is of: the one named, else the only one
// of the platforms that the preset reports on.
func reportShop(cfg *config.Config, r *reconcile.Report, name string) (*config.Shop, error) {
	if name != "" {
		return shopNamed(cfg, name)
	}
	platforms := r.Layout.Platforms()
	var fits []*config.Shop
	var names []string
	for i, s := range cfg.Shops {
		if len(platforms) == 0 || slices.Contains(platforms, s.Platform) {
			fits, names = append(fits, &cfg.Shops[i]), append(names, s.Platform+"/"+s.ID)
		}
	}
	switch len(fits) {
	case 1:
		return fits[0], nil
	case 0:
		return nil, usagef("no shop of the configuration is of %s; name the report's shop with --shop", strings.Join(platforms, ", "))
	default:
		return nil, usagef("the report may be of %s: name the shop with --shop", strings.Join(names, ", "))
	}
}

// exportedAt is when a report was made.
func exportedAt(path, flag string, zone *time.Location) (time.Time, error) {
	if zone == nil {
		zone = time.Local
	}
	if flag == "" {
		info, err := os.Stat(path)
		if err != nil {
			return time.Time{}, fmt.Errorf("read the report: %w", err)
		}
		return info.ModTime().In(zone), nil
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02 15:04:05", "2006-01-02 15:04"} {
		if at, err := time.ParseInLocation(layout, flag, zone); err == nil {
			return at.In(zone), nil
		}
	}
	at, err := time.ParseInLocation(time.DateOnly, flag, zone)
	if err != nil {
		return at, usagef("--exported: %s is no time; write 2026-03-08 or 2026-03-08 09:30", flag)
	}
	return at.AddDate(0, 0, 1).Add(-time.Second), nil // the whole of that day
}

// compareReport opens what is published and compares.
func (a *app) compareReport(ctx context.Context, cfg *config.Config, metrics *catalogue.Catalogue, shop *config.Shop, report *reconcile.Report) (*reconcile.Result, error) {
	view, err := openLatest(ctx, cfg, func(table string) bool { return slices.Contains(reconcile.Tables(), table) })
	if err != nil {
		return nil, err
	}
	defer view.close()
	var sources []string
	for _, s := range cfg.Sources {
		if s.Platform == shop.Platform && s.Shop == shop.ID {
			sources = append(sources, s.Name)
		}
	}
	return reconcile.Compare(ctx, reconcile.Work{
		Catalogue: metrics, Engine: view.engine, Lab: func() (*whatif.Lab, error) { return a.lab(ctx, cfg, view) }, State: view.state, Published: view.publication, Sources: sources, Rules: cfg.Rules,
		Shop: compute.ShopKey{Platform: shop.Platform, Shop: shop.ID}, Timezone: shop.Timezone,
		Step: func(what string) { a.log.Info("try", "what", what) },
	}, report)
}
