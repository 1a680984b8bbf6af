package main

import (
	"context"
	"slices"
	"time"

	"kefu/cmd/etl/internal/config"
	"kefu/cmd/etl/internal/terminal"
	"kefu/extract/dataset"
	"kefu/extract/ledger"
	"kefu/load"
	"kefu/sql"
	"kefu/transform/catalogue"
	"kefu/transform/model"
	"kefu/transform/rule"

	"github.com/spf13/cobra"
)

// completion lists what may stand in a place of the command line. It is asked
// at every press of a key, so it reads the configuration and the state at
// most, never the lake or the engine; what cannot be read completes to nothing.
type completion func(ctx context.Context) []cobra.Completion

// completedLimit bounds the runs and rejected rows that are offered.
const completedLimit = 100

// flagCompletions tells by a flag's name what its value may be, on every verb
// that has the flag.
func (a *app) flagCompletions() map[string]completion {
	return map[string]completion{
		"shop": a.completeShops, "source": a.completeSources, "pipeline": a.completePipelines, "warehouse": a.completeWarehouses,
		"model": a.completeModels, "metric": completeMetrics, "run": a.completeRuns, "dataset": completeDatasets,
		"language": completeWords("zh", "en"), "from": completeWords(), "to": completeWords(), "until": completeWords(), "at": completeWords(), "date": completeWords(),
	}
}

// completeFlags gives the flags of a verb and of those below it their values.
func (a *app) completeFlags(cmd *cobra.Command) {
	for name, values := range a.flagCompletions() {
		if cmd.LocalFlags().Lookup(name) == nil {
			continue
		}
		if _, own := cmd.GetFlagCompletionFunc(name); !own {
			_ = cmd.RegisterFlagCompletionFunc(name, single(values)) // fails only for flags that there are not
		}
	}
	for _, sub := range cmd.Commands() {
		a.completeFlags(sub)
	}
}

// single completes one value.
func single(values completion) cobra.CompletionFunc {
	return func(cmd *cobra.Command, _ []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return values(cmd.Context()), cobra.ShellCompDirectiveNoFileComp
	}
}

// first completes the first argument and no other.
func first(values completion) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return values(cmd.Context()), cobra.ShellCompDirectiveNoFileComp
	}
}

// completionConfig is the configuration where it can be read, else nil.
func (a *app) completionConfig() *config.Config {
	cfg, err := config.Load(a.configFile, a.options())
	if err != nil {
		return nil
	}
	return cfg
}

// completeConfig lists something of the configuration.
func (a *app) completeConfig(list func(*config.Config) []cobra.Completion) []cobra.Completion {
	if cfg := a.completionConfig(); cfg != nil {
		return list(cfg)
	}
	return nil
}

func (a *app) completeShops(context.Context) []cobra.Completion {
	return a.completeConfig(func(cfg *config.Config) []cobra.Completion {
		out := make([]cobra.Completion, len(cfg.Shops))
		for i, s := range cfg.Shops {
			out[i] = cobra.CompletionWithDesc(s.Platform+"/"+s.ID, s.Name)
		}
		return out
	})
}

func (a *app) completeSources(context.Context) []cobra.Completion {
	return a.completeConfig(func(cfg *config.Config) []cobra.Completion {
		out := make([]cobra.Completion, len(cfg.Sources))
		for i, s := range cfg.Sources {
			out[i] = cobra.CompletionWithDesc(s.Name, s.Platform+"/"+s.Shop)
		}
		return out
	})
}

func (a *app) completePipelines(context.Context) []cobra.Completion {
	return a.completeConfig(func(cfg *config.Config) []cobra.Completion {
		out := make([]cobra.Completion, len(cfg.Pipelines))
		for i, p := range cfg.Pipelines {
			out[i] = cobra.CompletionWithDesc(p.Name, p.Schedule)
		}
		return out
	})
}

func (a *app) completeWarehouses(context.Context) []cobra.Completion {
	return a.completeConfig(func(cfg *config.Config) []cobra.Completion {
		out := make([]cobra.Completion, len(cfg.Warehouses))
		for i, w := range cfg.Warehouses {
			out[i] = cobra.CompletionWithDesc(w.Name, w.Type)
		}
		return out
	})
}

func (a *app) completeModels(context.Context) []cobra.Completion {
	return a.listModels(func(*model.Model) bool { return true })
}

func (a *app) listModels(which func(*model.Model) bool) []cobra.Completion {
	models, err := model.Parse(a.modelFiles())
	if err != nil {
		return nil
	}
	var out []cobra.Completion
	for _, m := range models {
		if which(m) {
			out = append(out, m.Name)
		}
	}
	return out
}

// completeTables lists the tables of a warehouse.
func (a *app) completeTables(context.Context) []cobra.Completion {
	tables := a.listModels(func(m *model.Model) bool { return m.Publish })
	return append(tables, load.RunsTable(nil).Table.Name, load.QualityTable(nil).Table.Name)
}

func completeMetrics(context.Context) []cobra.Completion {
	known, err := catalogue.Load(sql.FS, "metrics.yaml")
	if err != nil {
		return nil
	}
	var out []cobra.Completion
	for _, m := range known.Metrics() {
		out = append(out, cobra.CompletionWithDesc(m.Name, m.LabelZH))
	}
	return out
}

func completeDatasets(context.Context) []cobra.Completion {
	var out []cobra.Completion
	for _, s := range dataset.All() {
		out = append(out, s.Name)
	}
	return out
}

func completeRules(context.Context) []cobra.Completion {
	var out []cobra.Completion
	for _, d := range rule.Definitions() {
		out = append(out, cobra.CompletionWithDesc(d.Name, d.Chinese))
	}
	return out
}

// completeWords lists fixed values; none keeps the shell from offering files.
func completeWords(words ...string) completion {
	return func(context.Context) []cobra.Completion { return slices.Clone(words) }
}

// completeState lists something of the state, where there is one.
func (a *app) completeState(ctx context.Context, list func(*ledger.Ledger) []cobra.Completion) []cobra.Completion {
	cfg := a.completionConfig()
	if cfg == nil {
		return nil
	}
	state, err := openLedger(ctx, cfg, false)
	if err != nil {
		return nil
	}
	defer state.Close()
	return list(state)
}

func (a *app) completeRuns(ctx context.Context) []cobra.Completion {
	return a.completeState(ctx, func(state *ledger.Ledger) []cobra.Completion {
		runs, err := state.Runs(ctx, completedLimit)
		if err != nil {
			return nil
		}
		out := make([]cobra.Completion, len(runs))
		for i, r := range runs {
			out[i] = cobra.CompletionWithDesc(r.ID, string(r.Status)+", "+r.StartedAt.Local().Format(time.DateTime))
		}
		return out
	})
}

func (a *app) completeRejected(ctx context.Context) []cobra.Completion {
	return a.completeState(ctx, func(state *ledger.Ledger) []cobra.Completion {
		rows, err := state.Quarantined(ctx, ledger.QuarantineFilter{Status: ledger.Waiting, Limit: completedLimit})
		if err != nil {
			return nil
		}
		out := make([]cobra.Completion, len(rows))
		for i, r := range rows {
			out[i] = cobra.CompletionWithDesc(r.ID, terminal.Clean(r.Source+": "+r.File+": "+r.Reason))
		}
		return out
	})
}
