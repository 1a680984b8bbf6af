package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"

	"kefu/cmd/etl/internal/config"
	"kefu/cmd/etl/internal/reconcile"
	"kefu/cmd/etl/internal/terminal"
	"kefu/extract/preset"

	"github.com/spf13/cobra"
)

func (a *app) presetCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "preset",
		Short: "Mappings of exports: list, show, test, guess",
		Long: `Mappings of exports to datasets: those that ship and, where there is a
configuration, your own. docs/presets.md says how to write one.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	list := &cobra.Command{
		Use:   "list",
		Short: "The presets, the kinds of files that each knows, and what they give",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return a.listPresets(cmd.Context()) },
	}
	show := &cobra.Command{
		Use:               "show NAME",
		Short:             "A preset's YAML",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: cobra.FixedCompletions(slices.Concat(preset.Names(), reconcile.Names()), cobra.ShellCompDirectiveNoFileComp),
		RunE:              func(_ *cobra.Command, args []string) error { return a.showPreset(args[0]) },
	}
	cmd.AddCommand(list, show, a.presetTestCommand(), a.presetGuessCommand())
	return cmd
}

// configIfThere reads the configuration; presets can be looked at without one.
func (a *app) configIfThere() (*config.Config, error) {
	if _, err := os.Stat(a.configFile); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	cfg, err := config.Load(a.configFile, a.options())
	if err != nil {
		return nil, err
	}
	return cfg, nil
}

// errNoPreset is a name that stands for no preset.
func errNoPreset(cfg *config.Config, name string) error {
	known := preset.Names()
	if cfg != nil {
		known = append(known, slices.Sorted(maps.Keys(cfg.Presets))...)
	}
	return usagef("there is no preset %q: there are %s", name, strings.Join(known, ", "))
}

func hasPreset(cfg *config.Config, name string) bool {
	if cfg != nil {
		if _, ok := cfg.Presets[name]; ok {
			return true
		}
	}
	return slices.Contains(preset.Names(), name)
}

type presetOutput struct {
	Name        string         `json:"name"`
	Ships       bool           `json:"ships"`
	Description string         `json:"description,omitempty"`
	Layouts     []layoutOutput `json:"layouts"`
	YAML        string         `json:"yaml,omitempty"`
}

type layoutOutput struct {
	Name     string   `json:"name"`
	Files    []string `json:"files,omitempty"`
	Formats  []string `json:"formats,omitempty"`
	Datasets []string `json:"datasets"`
}

// describePreset reads the preset of that name.
func describePreset(cfg *config.Config, name string) (presetOutput, error) {
	p, err := presetNamed(cfg, name)
	if err != nil {
		return presetOutput{}, err
	}
	out := presetOutput{Name: name, Ships: slices.Contains(preset.Names(), name), Description: p.Description, Layouts: []layoutOutput{}}
	for _, plan := range p.Plans() {
		out.Layouts = append(out.Layouts, layoutOutput{Name: plan.Name(), Files: plan.Files(), Formats: plan.Formats(), Datasets: plan.Datasets()})
	}
	return out, nil
}

func (a *app) listPresets(context.Context) error {
	cfg, err := a.configIfThere()
	if err != nil {
		return err
	}
	names := preset.Names()
	if cfg != nil {
		for _, name := range slices.Sorted(maps.Keys(cfg.Presets)) {
			if !reconcile.IsReport(cfg.Presets[name].Data) {
				names = append(names, name)
			}
		}
	}
	all := []presetOutput{}
	for _, name := range names {
		p, err := describePreset(cfg, name)
		if err != nil {
			return &usageError{err}
		}
		all = append(all, p)
	}
	if a.json {
		return a.printJSON(all)
	}
	out := a.terminal()
	table := out.Table(terminal.Left("preset"), terminal.Left("layout"), terminal.Column{Title: "files", Max: 40}, terminal.Left("format"), terminal.Left("gives"))
	for _, p := range all {
		name := p.Name
		if !p.Ships {
			name += " (yours)"
		}
		for _, l := range p.Layouts {
			table.Row(terminal.Clean(name), terminal.Clean(l.Name), terminal.Clean(strings.Join(l.Files, " ")), strings.Join(l.Formats, " "), strings.Join(l.Datasets, ", "))
			name = ""
		}
	}
	table.Flush()
	return nil
}

func (a *app) showPreset(name string) error {
	cfg, err := a.configIfThere()
	if err != nil {
		return err
	}
	if !hasPreset(cfg, name) && !slices.Contains(reconcile.Names(), name) {
		return errNoPreset(cfg, name)
	}
	text, err := presetText(cfg, name)
	if err != nil {
		return err
	}
	if a.json && reconcile.IsReport([]byte(text)) {
		return a.printJSON(presetOutput{Name: name, Ships: slices.Contains(reconcile.Names(), name), Layouts: []layoutOutput{}, YAML: text})
	}
	if a.json {
		p, err := describePreset(cfg, name)
		if err != nil {
			return &usageError{err}
		}
		p.YAML = text
		return a.printJSON(p)
	}
	if _, err := fmt.Fprint(a.out, text); err != nil {
		return fmt.Errorf("write preset: %w", err)
	}
	return nil
}

// presetText is a preset's YAML, from the left margin.
func presetText(cfg *config.Config, name string) (string, error) {
	if cfg != nil {
		if own, ok := cfg.Presets[name]; ok {
			return outdented(own.Data), nil
		}
	}
	source := preset.Source
	if slices.Contains(reconcile.Names(), name) {
		source = reconcile.Source
	}
	text, err := source(name)
	return string(text), err
}

// outdented takes away what stands before a text that was cut out of a file.
func outdented(data []byte) string {
	lines := strings.Split(strings.TrimRight(string(bytes.TrimLeft(data, "\n")), " \n"), "\n")
	margin := -1
	for _, line := range lines {
		content := strings.TrimLeft(line, " ")
		if content == "" {
			continue
		}
		if n := len(line) - len(content); margin < 0 || n < margin {
			margin = n
		}
	}
	for i, line := range lines {
		lines[i] = strings.TrimRight(line[min(margin, len(line)):], " ")
	}
	return strings.Join(lines, "\n") + "\n"
}
