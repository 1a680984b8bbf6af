package main

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"kefu/cmd/etl/internal/config"
	"kefu/cmd/etl/internal/reconcile"
	"kefu/cmd/etl/internal/terminal"
	"kefu/extract/preset"
	"kefu/sql"
	"kefu/transform/catalogue"
	"kefu/transform/model"
	"kefu/transform/rule/yamlnode"

	"github.com/spf13/cobra"
)

// inspection is one thing that `etl check` looks at once the configuration
// holds together. It changes nothing.
type inspection struct {
	name string
	run  func(context.Context, *config.Config) []config.Problem
}

// inspections lists them in the order of the output.
func (a *app) inspections() []inspection {
	return []inspection{
		{"keys", a.inspectKeys},
		{"presets", inspectPresets},
		{"sources", inspectSources},
		{"platforms", a.inspectPlatforms},
		{"models", inspectModels},
		{"kpis", inspectKPIs},
		{"selections", inspectSelections},
		{"state", inspectState},
		{"warehouses", inspectWarehouses},
	}
}

func (a *app) checkCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Validate configuration, rules, presets, models and credentials; changes nothing",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return a.check(cmd.Context()) },
	}
	cmd.Flags().BoolVar(&a.online, "online", false, "also ask every platform whether the credentials work")
	return cmd
}

// checked is the result of `etl check --json`.
type checked struct {
	Status     string          `json:"status"` // ok, failed
	Config     string          `json:"config"`
	Shops      int             `json:"shops"`
	Sources    int             `json:"sources"`
	Pipelines  int             `json:"pipelines"`
	Warehouses int             `json:"warehouses"`
	Problems   []problemOutput `json:"problems"`
}

type problemOutput struct {
	File     string `json:"file"`
	Line     int    `json:"line"`
	Column   int    `json:"column"`
	Severity string `json:"severity"` // error, environment, warning
	Message  string `json:"message"`
	Hint     string `json:"hint,omitempty"`
}

func (a *app) check(ctx context.Context) error {
	cfg, err := config.Load(a.configFile, a.options())
	var bad *config.Error
	if err != nil && !errors.As(err, &bad) {
		return fmt.Errorf("read configuration: %w", err)
	}
	result := checked{Status: "ok", Config: a.configFile}
	var problems []config.Problem
	if bad != nil {
		problems = bad.Problems
	} else {
		result.Shops, result.Sources, result.Pipelines, result.Warehouses = len(cfg.Shops), len(cfg.Sources), len(cfg.Pipelines), len(cfg.Warehouses)
		problems = cfg.Warnings
		for _, i := range a.inspections() {
			if err := ctx.Err(); err != nil {
				return fmt.Errorf("check %s: %w", i.name, err)
			}
			problems = append(problems, i.run(ctx, cfg)...)
		}
		yamlnode.Sort(problems)
	}
	code := severity(problems)
	if code != exitDone {
		result.Status = "failed"
	}
	if err := a.printChecked(result, problems); err != nil {
		return err
	}
	if code != exitDone {
		return &reported{code}
	}
	return nil
}

// severity is the exit code that problems lead to: a file that must be changed
// comes before an environment that must be.
func severity(problems []config.Problem) int {
	code := exitDone
	for _, p := range problems {
		switch p.Class {
		case yamlnode.Invalid:
			return exitUsage
		case yamlnode.Environment:
			code = exitEnvironment
		case yamlnode.Warning:
		}
	}
	return code
}

func (a *app) printChecked(result checked, problems []config.Problem) error {
	if a.json {
		result.Problems = []problemOutput{}
		for _, p := range problems {
			result.Problems = append(result.Problems, problemOutput{
				File: p.Pos.File, Line: p.Pos.Line, Column: p.Pos.Col,
				Severity: [...]string{"error", "environment", "warning"}[p.Class], Message: p.Message, Hint: p.Hint,
			})
		}
		return a.printJSON(result)
	}
	warnings := 0
	for _, p := range problems {
		a.complain(p)
		if p.Class == yamlnode.Warning {
			warnings++
		}
	}
	out := a.terminal()
	if result.Status == "failed" {
		out.Printf("%s %s: %s, %s\n", out.Mark(terminal.Failed), result.Config, plural(len(problems)-warnings, "problem"), plural(warnings, "warning"))
		return nil
	}
	status, tail := terminal.OK, ""
	if warnings > 0 {
		status, tail = terminal.Warning, "; "+plural(warnings, "warning")
	}
	out.Printf("%s %s: %s, %s, %s, %s%s\n", out.Mark(status), result.Config, plural(result.Shops, "shop"), plural(result.Sources, "source"),
		plural(result.Pipelines, "pipeline"), plural(result.Warehouses, "warehouse"), tail)
	return nil
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// inspectKeys reads the keys, and looks whether what was landed needs others.
func (a *app) inspectKeys(_ context.Context, cfg *config.Config) []config.Problem {
	secret, errSecret := cfg.Secret(a.lookup)
	key, errKey := cfg.LandingKey(a.lookup)
	var errLanding error
	if errKey == nil {
		_, errLanding = openLanding(cfg, key, secret)
	}
	var out []config.Problem
	for _, err := range []error{errSecret, errKey, errLanding} {
		var missing *config.Error
		switch {
		case errors.As(err, &missing):
			out = append(out, missing.Problems...)
		case err != nil:
			out = append(out, config.Problem{Pos: yamlnode.Pos{File: cfg.File}, Class: yamlnode.Environment, Message: err.Error()})
		}
	}
	return out
}

// inspectPresets reads the user's own presets.
func inspectPresets(_ context.Context, cfg *config.Config) []config.Problem {
	var out []config.Problem
	for _, p := range cfg.Presets {
		if err := inspectPreset(p); err != nil {
			for _, line := range strings.Split(err.Error(), "\n") {
				out = append(out, positioned(line, p.Pos))
			}
		}
	}
	return out
}

// inspectPreset reads a preset, of exports or of KPI reports.
func inspectPreset(p config.PresetNode) error {
	if !reconcile.IsReport(p.Data) {
		_, err := preset.Parse(p.File, p.Data)
		return err
	}
	metrics, err := catalogue.Load(sql.FS, "metrics.yaml")
	if err != nil {
		return err
	}
	_, err = reconcile.Parse(p.Name, p.File, p.Data, metrics)
	return err
}

// positioned takes "file:line:col: message" apart; other texts get the position
// of what they are about.
func positioned(line string, about yamlnode.Pos) config.Problem {
	if rest, ok := strings.CutPrefix(line, about.File+":"); ok {
		var at yamlnode.Pos
		if n, err := fmt.Sscanf(rest, "%d:%d:", &at.Line, &at.Col); n == 2 && err == nil {
			_, message, _ := strings.Cut(rest, ": ")
			at.File = about.File
			return config.Problem{Pos: at, Message: message}
		}
	}
	return config.Problem{Pos: about, Message: line}
}

// inspectSources warns of paths where there is nothing yet: an export that is
// late is no mistake in the configuration.
func inspectSources(_ context.Context, cfg *config.Config) []config.Problem {
	var out []config.Problem
	for _, s := range cfg.Sources {
		if s.API == nil && !s.Exists() {
			out = append(out, config.Problem{Pos: s.Pos, Class: yamlnode.Warning,
				Message: fmt.Sprintf("source %s: there is nothing at %s", s.Name, s.Path)})
		}
	}
	return out
}

// inspectModels reads the headers of the models.
func inspectModels(context.Context, *config.Config) []config.Problem {
	if _, err := model.Parse(sql.FS); err != nil {
		return []config.Problem{{Pos: yamlnode.Pos{File: "sql"}, Message: err.Error()}}
	}
	return nil
}

// inspectSelections warns of patterns of models that no published table fits.
func inspectSelections(_ context.Context, cfg *config.Config) []config.Problem {
	models, err := model.Parse(sql.FS)
	if err != nil {
		return nil // told among the models
	}
	names := []string{lockedChanges}
	for _, m := range models {
		if m.Publish {
			names = append(names, m.Name)
		}
	}
	var out []config.Problem
	for _, p := range cfg.Pipelines {
		for _, pattern := range p.Models {
			if !slices.ContainsFunc(names, func(name string) bool { fits, err := path.Match(pattern, name); return fits && err == nil }) {
				out = append(out, config.Problem{Pos: p.Pos, Class: yamlnode.Warning,
					Message: fmt.Sprintf("pipeline %s: no table of the warehouses fits %q", p.Name, pattern), Hint: yamlnode.Suggest(pattern, names)})
			}
		}
	}
	return out
}
