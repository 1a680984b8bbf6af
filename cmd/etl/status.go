package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"kefu/cmd/etl/internal/config"
	"kefu/cmd/etl/internal/night"
	"kefu/cmd/etl/internal/terminal"
	"kefu/extract/ledger"

	"github.com/spf13/cobra"
)

func (a *app) statusCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "status",
		Short: "How fresh each shop and dataset is, how the last run ended, when the next begins",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return a.status(cmd.Context()) },
	}
}

// standing is the result of `etl status --json`.
type standing struct {
	Publication string           `json:"publication,omitempty"`
	PublishedAt *time.Time       `json:"published_at,omitempty"`
	LastRun     *runOutput       `json:"last_run,omitempty"`
	Shops       []shopOutput     `json:"shops"`
	Datasets    []freshOutput    `json:"datasets"`
	Quarantined int64            `json:"quarantined"`
	Pulls       []pullOutput     `json:"pulls"` // of shops that have an API
	Pipelines   []pipelineOutput `json:"pipelines"`

	locked map[string]string
	behind map[string]behindLock
}

type shopOutput struct {
	Platform string `json:"platform"`
	Shop     string `json:"shop"`
	Name     string `json:"name"`
	Horizon  string `json:"horizon,omitempty"`  // last day with both chats and orders
	LastDay  string `json:"last_day,omitempty"` // last day with either
	Locked   string `json:"locked_until,omitempty"`
	Changes  int64  `json:"locked_changes,omitempty"` // KPI values of locked days that would be others now
}

type freshOutput struct {
	Platform string `json:"platform"`
	Shop     string `json:"shop"`
	Dataset  string `json:"dataset"`
	Rows     int64  `json:"rows"`
	First    string `json:"first,omitempty"`
	Last     string `json:"last,omitempty"`
}

func (a *app) status(ctx context.Context) error {
	cfg, err := a.load()
	if err != nil {
		return err
	}
	state, err := openLedger(ctx, cfg, false)
	if err != nil {
		return err
	}
	defer state.Close()
	out := standing{Shops: []shopOutput{}, Datasets: []freshOutput{}}
	if runs, err := state.Runs(ctx, 1); err != nil {
		return err
	} else if len(runs) > 0 {
		r := runOf(runs[0])
		out.LastRun = &r
	}
	if out.Quarantined, err = state.CountQuarantined(ctx, ledger.QuarantineFilter{Status: ledger.Waiting}); err != nil {
		return err
	}
	if out.Pulls, err = a.pulls(ctx, cfg, state); err != nil {
		return err
	}
	if out.Pipelines, err = a.nextRuns(cfg); err != nil {
		return err
	}
	published, ok, err := state.Latest(ctx)
	if err != nil {
		return err
	}
	if ok {
		out.Publication, out.PublishedAt = published.ID, &published.CreatedAt
		if err := a.freshness(ctx, cfg, published, &out); err != nil {
			return err
		}
	}
	if a.json {
		return a.printJSON(out)
	}
	a.printStatus(out)
	return nil
}

// freshness asks the published tables how far they reach.
func (a *app) freshness(ctx context.Context, cfg *config.Config, p ledger.Publication, out *standing) error {
	view, err := openPublished(ctx, cfg, p, nil)
	if err != nil {
		return err
	}
	defer view.close()
	out.locked = p.Locked()
	if out.behind, err = view.behindLocks(ctx); err != nil {
		return err
	}
	for _, s := range cfg.Shops {
		name := s.Platform + "/" + s.ID
		shop := shopOutput{Platform: s.Platform, Shop: s.ID, Name: s.Name, Locked: out.locked[name], Changes: out.behind[name].values}
		err := view.engine.Each(ctx, "select coalesce(cast(horizon_dt as varchar), ''), coalesce(cast(last_dt as varchar), '') from int_shop_horizon where platform = ? and shop_id = ?",
			func(scan func(...any) error) error { return scan(&shop.Horizon, &shop.LastDay) }, s.Platform, s.ID)
		if err != nil {
			return err
		}
		out.Shops = append(out.Shops, shop)
	}
	for _, d := range view.datasets {
		query := fmt.Sprintf("select platform, shop_id, count(*), '', '' from %s group by 1, 2 order by 1, 2", d.name)
		if d.dated {
			query = fmt.Sprintf("select platform, shop_id, count(*), cast(min(event_date) as varchar), cast(max(event_date) as varchar) from %s group by 1, 2 order by 1, 2", d.name)
		}
		err := view.engine.Each(ctx, query, func(scan func(...any) error) error {
			f := freshOutput{Dataset: d.name}
			err := scan(&f.Platform, &f.Shop, &f.Rows, &f.First, &f.Last)
			out.Datasets = append(out.Datasets, f)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (a *app) printStatus(s standing) {
	out := a.terminal()
	printPulls(out, s.Pulls)
	if s.PublishedAt != nil {
		printFreshness(out, s)
		out.Printf("%s published %s (%s)\n", out.Mark(terminal.OK), s.PublishedAt.Local().Format(time.DateTime), s.Publication)
	} else {
		out.Printf("%s nothing is published yet: %s\n", out.Mark(terminal.Warning), firstNight)
	}
	printBehindLocks(out, s.locked, s.behind)
	if s.LastRun != nil {
		out.Printf("%s last run %s: %s, started %s\n", out.Mark(markOf(s.LastRun.Status)), s.LastRun.ID, s.LastRun.Status, s.LastRun.StartedAt.Local().Format(time.DateTime))
	}
	printNextRuns(out, s.Pipelines)
	if s.Quarantined > 0 {
		out.Printf("%s %s in quarantine: `etl quarantine list`\n", out.Mark(terminal.Warning), terminal.Rows(s.Quarantined))
	}
}

func printFreshness(out *terminal.Terminal, s standing) {
	shops := out.Table(terminal.Left("shop"), terminal.Left("name"), terminal.Left("complete until"), terminal.Left("last day"))
	for _, r := range s.Shops {
		shops.Row(r.Platform+"/"+r.Shop, r.Name, r.Horizon, r.LastDay)
	}
	shops.Flush()
	out.Printf("\n")
	table := out.Table(terminal.Left("dataset"), terminal.Left("shop"), terminal.Right("rows"), terminal.Left("from"), terminal.Left("to"))
	for _, d := range s.Datasets {
		table.Row(d.Dataset, d.Platform+"/"+d.Shop, terminal.Count(d.Rows), d.First, d.Last)
	}
	table.Flush()
	out.Printf("\n")
}

func markOf(status string) terminal.Status {
	switch ledger.Status(status) {
	case ledger.Done:
		return terminal.OK
	case ledger.Failed, ledger.Interrupted:
		return terminal.Failed
	default:
		return terminal.Warning
	}
}

func (a *app) runsCommand() *cobra.Command {
	var limit int
	cmd := &cobra.Command{
		Use:   "runs",
		Short: "History of runs",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return a.runs(cmd.Context(), limit) },
	}
	cmd.Flags().IntVar(&limit, "limit", 20, "how many, newest first; 0 = all")
	cmd.AddCommand(&cobra.Command{
		Use:   "show ID",
		Short: "What one run did",
		Args:  cobra.ExactArgs(1),

		ValidArgsFunction: first(a.completeRuns),
		RunE:              func(cmd *cobra.Command, args []string) error { return a.showRun(cmd.Context(), args[0]) },
	})
	return cmd
}

type runOutput struct {
	ID        string     `json:"run_id"`
	Pipeline  string     `json:"pipeline"`
	Status    string     `json:"status"`
	StartedAt time.Time  `json:"started_at"`
	EndedAt   *time.Time `json:"ended_at,omitempty"`
	Error     string     `json:"error,omitempty"`
}

func runOf(r ledger.Run) runOutput {
	out := runOutput{ID: r.ID, Pipeline: r.Pipeline, Status: string(r.Status), StartedAt: r.StartedAt, Error: r.Error}
	if !r.EndedAt.IsZero() {
		out.EndedAt = &r.EndedAt
	}
	return out
}

func (a *app) runs(ctx context.Context, limit int) error {
	return a.withLedger(ctx, func(state *ledger.Ledger) error {
		runs, err := state.Runs(ctx, limit)
		if err != nil {
			return err
		}
		list := make([]runOutput, len(runs))
		for i, r := range runs {
			list[i] = runOf(r)
		}
		if a.json {
			return a.printJSON(list)
		}
		out := a.terminal()
		if len(list) == 0 {
			out.Printf("no runs yet\n")
			return nil
		}
		table := out.Table(terminal.Left("run"), terminal.Left("pipeline"), terminal.Left("started"), terminal.Right("took"), terminal.Left("status"), terminal.Column{Title: "why", Max: 80})
		for _, r := range list {
			took := ""
			if r.EndedAt != nil {
				took = terminal.Duration(r.EndedAt.Sub(r.StartedAt))
			}
			table.Row(r.ID, r.Pipeline, r.StartedAt.Local().Format(time.DateTime), took, out.Paint(markOf(r.Status), r.Status), terminal.Clean(r.Error))
		}
		table.Flush()
		return nil
	})
}

func (a *app) showRun(ctx context.Context, id string) error {
	return a.withLedger(ctx, func(state *ledger.Ledger) error {
		r, err := state.Run(ctx, id)
		if errors.Is(err, ledger.ErrNotFound) {
			return usagef("there is no run %s: `etl runs` lists them", id)
		}
		if err != nil {
			return err
		}
		if a.json {
			return a.printJSON(struct {
				runOutput
				Summary json.RawMessage `json:"summary,omitempty"`
			}{runOf(r), r.Summary})
		}
		var s night.Summary
		if len(r.Summary) > 0 {
			if err := json.Unmarshal(r.Summary, &s); err != nil {
				return fmt.Errorf("read the summary of run %s: %w", id, err)
			}
		}
		a.printNight(&s)
		return nil
	})
}

// withLedger opens the state for a verb that only looks.
func (a *app) withLedger(ctx context.Context, do func(*ledger.Ledger) error) error {
	cfg, err := a.load()
	if err != nil {
		return err
	}
	state, err := openLedger(ctx, cfg, false)
	if err != nil {
		return err
	}
	defer state.Close()
	return do(state)
}
