package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"kefu/cmd/etl/internal/terminal"
	"kefu/extract/ledger"

	"github.com/spf13/cobra"
	"golang.org/x/text/encoding/simplifiedchinese"
)

func (a *app) quarantineCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "quarantine",
		Short: "Rows that could not be used: list, show, replay",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	var filter ledger.QuarantineFilter
	var all bool
	list := &cobra.Command{
		Use:   "list",
		Short: "Rejected rows with file, line, column and reason",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			filter.Status = ledger.Waiting
			if all {
				filter.Status = ""
			}
			return a.listQuarantine(cmd.Context(), filter)
		},
	}
	flags := list.Flags()
	flags.StringVar(&filter.Source, "source", "", "of this source `NAME` only")
	flags.StringVar(&filter.Shop, "shop", "", "of this `PLATFORM/SHOP` only")
	flags.StringVar(&filter.Dataset, "dataset", "", "of this `DATASET` only")
	flags.StringVar(&filter.Run, "run", "", "rejected by this run `ID` only")
	flags.IntVar(&filter.Limit, "limit", 200, "how many; 0 = all")
	flags.BoolVar(&all, "all", false, "also those that were read since")
	show := &cobra.Command{
		Use:   "show ID",
		Short: "One rejected row with its bytes as received (personal data)",
		Args:  cobra.ExactArgs(1),

		ValidArgsFunction: first(a.completeRejected),
		RunE:              func(cmd *cobra.Command, args []string) error { return a.showQuarantine(cmd.Context(), args[0]) },
	}
	cmd.AddCommand(list, show, a.replayCommand())
	return cmd
}

type rejectedOutput struct {
	ID      string `json:"id"`
	Source  string `json:"source"`
	Shop    string `json:"shop"`
	File    string `json:"file"`
	Line    int    `json:"line"`
	Dataset string `json:"dataset"`
	Column  string `json:"column,omitempty"`
	Reason  string `json:"reason"`
	Hint    string `json:"hint,omitempty"`
	Status  string `json:"status"`
	Run     string `json:"run_id"`
	Raw     string `json:"raw,omitempty"`        // as text, whatever its encoding
	Bytes   []byte `json:"raw_base64,omitempty"` // where the text is not what was received
}

func rejectedOf(r ledger.Rejected) rejectedOutput {
	out := rejectedOutput{ID: r.ID, Source: r.Source, Shop: r.Shop, File: r.File, Line: r.Line, Dataset: r.Dataset, Column: r.Column,
		Reason: r.Reason, Hint: r.Hint, Status: string(r.Status), Run: r.Run}
	if out.Raw = readable(r.Raw); out.Raw != string(r.Raw) {
		out.Bytes = r.Raw
	}
	return out
}

// readable is the text of bytes as received. What is not UTF-8 is nearly always
// of the platforms' other encoding.
func readable(raw []byte) string {
	if utf8.Valid(raw) {
		return string(raw)
	}
	text, err := simplifiedchinese.GB18030.NewDecoder().Bytes(raw)
	if err != nil {
		return string(raw)
	}
	return string(text)
}

func (a *app) listQuarantine(ctx context.Context, filter ledger.QuarantineFilter) error {
	return a.withLedger(ctx, func(state *ledger.Ledger) error {
		rows, err := state.Quarantined(ctx, filter)
		if err != nil {
			return err
		}
		list := make([]rejectedOutput, len(rows))
		for i, r := range rows {
			list[i] = rejectedOf(r)
		}
		if a.json {
			return a.printJSON(list)
		}
		total, err := state.CountQuarantined(ctx, filter)
		if err != nil {
			return err
		}
		out := a.terminal()
		if len(list) == 0 {
			out.Printf("%s no row in quarantine\n", out.Mark(terminal.OK))
			return nil
		}
		table := out.Table(terminal.Left("id"), terminal.Left("where"), terminal.Left("dataset"), terminal.Left("column"), terminal.Column{Title: "reason", Max: 90})
		for _, r := range list {
			table.Row(r.ID, fmt.Sprintf("%s: %s:%d", r.Source, terminal.Clean(r.File), r.Line), r.Dataset, terminal.Clean(r.Column), terminal.Clean(r.Reason))
		}
		table.Flush()
		shown := ""
		if int64(len(list)) < total {
			shown = fmt.Sprintf(", the first %s are shown (--limit 0 shows all)", terminal.Count(int64(len(list))))
		}
		out.Printf("%s in quarantine%s; `etl quarantine show ID` has the hint and the row as received\n", terminal.Rows(total), shown)
		return nil
	})
}

func (a *app) showQuarantine(ctx context.Context, id string) error {
	cfg, err := a.load()
	if err != nil {
		return err
	}
	key, err := cfg.LandingKey(a.lookup)
	if err != nil {
		return err
	}
	state, err := openLedger(ctx, cfg, false, ledger.Protected(key))
	if err != nil {
		return err
	}
	defer state.Close()
	r, err := state.ShowQuarantined(ctx, id)
	if errors.Is(err, ledger.ErrNotFound) {
		return usagef("there is no row %s in quarantine: `etl quarantine list` has the ids", id)
	}
	if err != nil {
		return err
	}
	if a.json {
		return a.printJSON(rejectedOf(r))
	}
	a.printRejected(r)
	return nil
}

func (a *app) printRejected(r ledger.Rejected) {
	out := a.terminal()
	out.Printf("%s: %s:%d (%s)\n", out.Bold(r.Source), terminal.Clean(r.File), r.Line, r.Dataset)
	if r.Column != "" {
		out.Printf("column   %s\n", terminal.Clean(r.Column))
	}
	out.Printf("reason   %s\n", terminal.Clean(r.Reason))
	if r.Hint != "" {
		out.Printf("hint     %s\n", terminal.Clean(r.Hint))
	}
	out.Printf("run      %s\nstatus   %s\n", r.Run, r.Status)
	encoding := ""
	if !utf8.Valid(r.Raw) {
		encoding = " (from GB18030)"
	}
	out.Printf("received %s%s\n", received(readable(r.Raw)), encoding)
}

// received shows a text on one line so that nothing in it can steer a terminal.
func received(text string) string {
	var b strings.Builder
	for _, r := range text {
		if quoted := strconv.QuoteRune(r); r == '\\' || r == utf8.RuneError || len(quoted) > 3 && quoted[1] == '\\' && r != '\'' {
			b.WriteString(quoted[1 : len(quoted)-1])
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}
