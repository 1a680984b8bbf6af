package main

import (
	"context"
	"fmt"
	"path/filepath"

	"kefu/extract/file"
	"kefu/extract/preset"

	"github.com/spf13/cobra"
)

func (a *app) presetGuessCommand() *cobra.Command {
	rows := 0
	cmd := &cobra.Command{
		Use:   "guess FILE",
		Short: "Propose a mapping for a file that no preset knows",
		Long: `Proposes a mapping from the names of a file's columns, by what the shipped presets
know of names and values, and from the form of its values: times, money, ids,
fixed lists. It prints YAML for presets: in pipelines.yaml; what it is not sure of
says DOUBT. It is valid as it stands, and it is a proposal: look it through, then
see with "etl preset test" what it makes of the file.`,
		Example: `  etl preset guess invoices.csv
  etl preset guess support.jsonl.gz --rows 1000`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return a.guessPreset(cmd.Context(), args[0], rows) },
	}
	cmd.Flags().IntVar(&rows, "rows", 500, "how many rows to look at")
	return cmd
}

type guessOutput struct {
	File     string   `json:"file"`
	Name     string   `json:"name"`
	Datasets []string `json:"datasets"`
	Shipped  []string `json:"shipped"` // presets that read the file as it is
	Doubts   []string `json:"doubts"`
	YAML     string   `json:"yaml"`
}

func (a *app) guessPreset(ctx context.Context, path string, rows int) error {
	if rows < 1 {
		return usagef("--rows must be 1 or more")
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return fmt.Errorf("find file: %w", err)
	}
	inputs, err := file.Inputs(ctx, path)
	switch {
	case err != nil:
		return &usageError{err}
	case len(inputs) == 0:
		return usagef("there is no file %s", path)
	}
	table, err := file.Sample(file.File{Name: inputs[0].Name, Open: inputs[0].Open}, rows)
	if err != nil {
		return err
	}
	guess, err := preset.Propose(table)
	if err != nil {
		return err
	}
	if a.json {
		return a.printJSON(guessOutput{
			File: inputs[0].Name, Name: guess.Name, Datasets: guess.Datasets, Shipped: append([]string{}, guess.Shipped...),
			Doubts: append([]string{}, guess.Doubts...), YAML: guess.YAML,
		})
	}
	if _, err := fmt.Fprint(a.out, guess.YAML); err != nil {
		return fmt.Errorf("write guess: %w", err)
	}
	return nil
}
