package main

import (
	"context"
	"errors"
	"slices"
	"time"

	"kefu/cmd/etl/internal/alert"
	"kefu/cmd/etl/internal/config"
	"kefu/cmd/etl/internal/night"
	"kefu/cmd/etl/internal/terminal"

	"github.com/spf13/cobra"
)

func (a *app) alertsCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "alerts",
		Short: "Messages about runs: test",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(&cobra.Command{
		Use:   "test",
		Short: "Send a test message to every webhook of the configuration",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return a.testAlerts(cmd.Context()) },
	})
	return cmd
}

func (a *app) testAlerts(ctx context.Context) error {
	cfg, err := a.load()
	if err != nil {
		return err
	}
	results := tell(ctx, targetsOf(cfg, ""), alert.Report{Test: true, Status: "test", At: time.Now()})
	failed := slices.ContainsFunc(results, func(r night.AlertSummary) bool { return r.Status != "sent" })
	if a.json {
		if err := a.printJSON(results); err != nil {
			return err
		}
	} else {
		a.printAlerts(results)
	}
	if failed {
		return &reported{exitFailed}
	}
	return nil
}

func (a *app) printAlerts(results []night.AlertSummary) {
	out := a.terminal()
	if len(results) == 0 {
		out.Printf("the configuration has no alerts\n")
	}
	for _, r := range results {
		if r.Status == "sent" {
			out.Printf("%s alert sent to %s\n", out.Mark(terminal.OK), r.Target)
			continue
		}
		out.Printf("%s %s\n", out.Mark(terminal.Warning), terminal.Clean(r.Error))
	}
}

// targetsOf are the webhooks that are told about the pipeline; "" = all.
func targetsOf(cfg *config.Config, pipeline string) []alert.Target {
	var out []alert.Target
	for _, c := range cfg.Alerts {
		if pipeline != "" && len(c.Pipelines) > 0 && !slices.Contains(c.Pipelines, pipeline) {
			continue
		}
		out = append(out, alert.Target{Name: c.Name, Type: c.Type, URL: c.URL, Secret: c.Secret, On: c.On, Language: c.Language,
			RejectedRows: int64(c.RejectedRows), RejectedShare: c.RejectedShare, LateDays: c.LateDays, RestatedDays: c.RestatedDays})
	}
	return out
}

// tell sends each target what it wants to know of the report.
func tell(ctx context.Context, targets []alert.Target, report alert.Report) []night.AlertSummary {
	sender := alert.NewSender()
	results := []night.AlertSummary{}
	for _, t := range targets {
		m, ok := alert.Compose(t, report)
		if !ok {
			continue
		}
		r := night.AlertSummary{Target: t.Name, Events: m.Events, Status: "sent"}
		if err := sender.Send(ctx, t, report, m); err != nil {
			r.Status, r.Error = "failed", err.Error()
		}
		results = append(results, r)
	}
	return results
}

// notify tells people how a run of the pipeline ended; nil where nobody is to know.
func (a *app) notify(cfg *config.Config, pipeline string) night.Notify {
	targets := targetsOf(cfg, pipeline)
	if len(targets) == 0 {
		return nil
	}
	return func(ctx context.Context, s *night.Summary, cause error) []night.AlertSummary {
		results := tell(ctx, targets, reportOf(cfg, pipeline, s, cause))
		for _, r := range results {
			if r.Status != "sent" {
				a.log.Warn("an alert was not sent", "alert", r.Target, "error", r.Error)
			}
		}
		return results
	}
}

// notBegun tells people of a run that could not begin.
func (a *app) notBegun(ctx context.Context, cfg *config.Config, pipeline string, cause error) {
	if notify := a.notify(cfg, pipeline); notify != nil && !errors.Is(cause, context.Canceled) {
		notify(ctx, &night.Summary{Status: "failed"}, cause)
	}
}

// reportOf is what people are told of a run.
func reportOf(cfg *config.Config, pipeline string, s *night.Summary, cause error) alert.Report {
	r := alert.Report{Pipeline: pipeline, Run: s.RunID, Status: s.Status, At: s.StartedAt(), Errors: slices.Clone(s.Errors)}
	if r.At.IsZero() {
		r.At = time.Now()
	}
	if cause != nil && !errors.Is(cause, night.ErrUnits) {
		r.Errors = append(r.Errors, cause.Error())
	}
	for _, source := range s.Sources {
		r.Sources = append(r.Sources, alert.Source{Name: source.Name, Read: source.Read, Rejected: source.Rejected})
	}
	for _, shop := range s.Shops {
		r.Shops = append(r.Shops, shopOf(cfg, s, shop, r.At))
	}
	return r
}

func shopOf(cfg *config.Config, s *night.Summary, shop night.ShopSummary, at time.Time) alert.Shop {
	out := alert.Shop{Name: shop.Platform + "/" + shop.Shop, CompleteDay: dayOrNone(shop.Complete), LastDay: dayOrNone(shop.LastDay)}
	zone := time.UTC
	if c := cfg.Shop(shop.Platform, shop.Shop); c != nil {
		out.Name, zone = c.Name+" ("+out.Name+")", c.Zone
	}
	y, m, d := at.In(zone).Date()
	out.Yesterday = time.Date(y, m, d-1, 0, 0, 0, 0, time.UTC)
	for _, reason := range s.Reasons {
		if reason.Kind == "first_run" && reason.Shop.Platform == shop.Platform && reason.Shop.Shop == shop.Shop {
			out.New = true
		}
	}
	for _, model := range s.Models {
		for _, r := range model.Ranges {
			if model.Name == "kpi_shop_day" && r.Shop.Platform == shop.Platform && r.Shop.Shop == shop.Shop {
				out.ChangedFrom, out.ChangedDays = dayOrNone(r.From), r.Days
			}
		}
	}
	return out
}

func dayOrNone(text string) time.Time {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return time.Time{}
	}
	return t
}
