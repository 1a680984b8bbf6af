package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"kefu/cmd/etl/internal/config"
	"kefu/cmd/etl/internal/explain"
	"kefu/cmd/etl/internal/why"

	"github.com/spf13/cobra"
)

// explainFlags choose a KPI's change.
type explainFlags struct {
	entityFlags
	period, before, from, to string
	by                       string
	limit                    int
	rule                     string
}

func (a *app) explainCommand() *cobra.Command {
	var f explainFlags
	cmd := &cobra.Command{
		Use:   "explain [METRIC]",
		Short: "What drove the change of a KPI; what another rule would change",
		Long: `What drove the change of a KPI from one period to another. Sales are split into
inquiries × conversion × items per buyer × price and what stands beside these;
a rate into the mix of agents (or topics, or days of the week) and their own
rates. All parts add up to the change. A share has its interval of 95 %: a
difference that chance alone may make is said to be within noise.

With --rule it shows who would gain and who would lose if a rule had another
value on the days of the period: these days are computed anew, by the same models,
from what is published. Nothing of it is kept.`,
		Example: `  etl explain sales_amount --shop flagship
  etl explain inquiry_to_pay_rate --shop flagship --agent 小顾
  etl explain reply_rate --shop flagship --period 2026-02-09..2026-02-15 --before 2026-01-12..2026-01-18
  etl explain refund_rate --shop flagship --period 2026-02 --before 2026-01
  etl explain --rule credit=pay_agent --shop flagship --from 2026-02-01 --to 2026-02-14`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: first(completeMetrics),
		RunE: func(cmd *cobra.Command, args []string) error {
			f.grouped = cmd.Flags().Changed("group")
			switch {
			case f.rule != "":
				return a.tryRule(cmd.Context(), f, strings.Join(args, ""))
			case len(args) == 0:
				return usagef("name a KPI: `etl catalog kpis` lists them")
			}
			return a.explainChange(cmd.Context(), f, args[0])
		},
	}
	f.register(cmd)
	flags := cmd.Flags()
	flags.StringVar(&f.period, "period", "", "the `DAYS` of interest: 2026-03-09..2026-03-15, a month (2026-03) or as many days to the last one (28d); default 7d")
	flags.StringVar(&f.before, "before", "", "the `DAYS` to compare with (default: as many right before)")
	flags.StringVar(&f.from, "from", "", "first `DAY` of the period, instead of --period; or the days to compare with, as A..B")
	flags.StringVar(&f.to, "to", "", "last `DAY` of the period; or the period, as A..B")
	flags.StringVar(&f.by, "by", "", "split by `WHAT`: agent, day (of the week), topic and others, as far as the KPI's rows have it")
	flags.IntVar(&f.limit, "limit", 20, "show at most this many `PARTS`; 0 = all")
	flags.StringVar(&f.rule, "rule", "", "show what each agent's KPIs would be under another value, as `RULE=VALUE`, on the days of the period; nothing is published")
	_ = cmd.RegisterFlagCompletionFunc("rule", completeRuleValue)
	cmd.MarkFlagsMutuallyExclusive("rule", "before")
	cmd.MarkFlagsMutuallyExclusive("rule", "by")
	cmd.MarkFlagsMutuallyExclusive("period", "from")
	cmd.MarkFlagsMutuallyExclusive("period", "to")
	_ = cmd.RegisterFlagCompletionFunc("by", cobra.FixedCompletions([]string{"agent", "day", "topic"}, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func (a *app) explainChange(ctx context.Context, f explainFlags, metric string) error {
	cfg, err := a.load()
	if err != nil {
		return err
	}
	known, evidences, err := book()
	if err != nil {
		return err
	}
	m, err := metricNamed(known, metric)
	if err != nil {
		return err
	}
	shop, grain, entity, err := f.find(cfg)
	if err != nil {
		return err
	}
	if err := fits(known, why.Question{Metric: m, Grain: grain}); err != nil {
		return err
	}
	if err := explain.New(nil, evidences, known).Explains(m); err != nil {
		return &usageError{err}
	}
	view, err := openLatest(ctx, cfg, nil)
	if err != nil {
		return err
	}
	defer view.close()
	if err := view.knows(ctx, shop, grain, entity); err != nil {
		return err
	}
	now, before, err := f.periods(ctx, view, shop)
	if err != nil {
		return err
	}
	statements, err := why.Statements(evidences, m.Name)
	if err != nil {
		return err
	}
	if err := a.bindDays(ctx, view, append(statements, evidences.Rows("inquiries").SQL)...); err != nil {
		return err
	}
	q := explain.Question{Metric: m, Platform: shop.Platform, Shop: shop.ID, Grain: grain, Entity: entity, Before: before, Now: now, By: f.by}
	change, err := explain.New(view.engine, evidences, known).Explain(ctx, q)
	if errors.Is(err, explain.ErrSplit) {
		return &usageError{err}
	}
	if err != nil {
		return err
	}
	if a.json {
		return a.printJSON(change)
	}
	a.printChange(change, f.limit)
	return nil
}

// bindDays binds the KPIs of days, and what the selects read, where a
// publication lacks them.
func (a *app) bindDays(ctx context.Context, view *published, selects ...string) error {
	for _, grain := range []string{"agent", "group", "shop"} {
		selects = append(selects, "select * from kpi_"+grain+"_day")
	}
	return a.bindMissing(ctx, view, selects...)
}

// periods reads the flags of periods. What they leave out follows from the
// shop's last published day.
func (f *explainFlags) periods(ctx context.Context, view *published, shop *config.Shop) (now, before explain.Period, err error) {
	last, err := view.dayOf(ctx, shop, "")
	if err != nil {
		return now, before, err
	}
	text, earlier := f.period, f.before
	switch {
	case strings.Contains(f.from, "..") || strings.Contains(f.to, ".."):
		if text = f.to; f.from != "" {
			earlier = f.from
		}
	case f.from != "" && f.to != "":
		text = f.from + ".." + f.to
	case f.from != "":
		text = f.from + ".." + last.Format(time.DateOnly)
	case f.to != "":
		return now, before, usagef("--to goes with --from")
	}
	if text == "" {
		text = "7d"
	}
	if now, err = readPeriod(text, last); err != nil {
		return now, before, err
	}
	if earlier == "" {
		return now, now.Earlier(), nil
	}
	if before, err = readPeriod(earlier, now.From.AddDate(0, 0, -1)); err != nil {
		return now, before, err
	}
	if !before.To.Before(now.From) && !now.To.Before(before.From) {
		return now, before, usagef("the periods %s and %s share days", before, now)
	}
	return now, before, nil
}

// readPeriod reads A..B, a day, a month, or a number of days to the last one.
func readPeriod(text string, last time.Time) (explain.Period, error) {
	bad := usagef("%s is no period: write 2026-03-09..2026-03-15, 2026-03-09, 2026-03 or 7d", text)
	if n, found := strings.CutSuffix(text, "d"); found {
		days, err := strconv.Atoi(n)
		if err != nil || days < 1 || days > 3660 {
			return explain.Period{}, bad
		}
		return explain.Period{From: last.AddDate(0, 0, 1-days), To: last}, nil
	}
	if month, err := time.Parse("2006-01", text); err == nil {
		return explain.Period{From: month, To: month.AddDate(0, 1, -1)}, nil
	}
	first, end, found := strings.Cut(text, "..")
	if !found {
		end = first
	}
	from, err := time.Parse(time.DateOnly, first)
	if err != nil {
		return explain.Period{}, bad
	}
	to, err := time.Parse(time.DateOnly, end)
	if err != nil {
		return explain.Period{}, bad
	}
	if to.Before(from) {
		return explain.Period{}, usagef("the period %s ends before it begins", text)
	}
	return explain.Period{From: from, To: to}, nil
}

// signed spells a difference for people.
func signed(f float64, unit string) string {
	text := amount(f, unit)
	if f >= 0 && text != "0" {
		text = "+" + text
	}
	return text
}

// amount spells a value for people: shares as percentages, money with two
// decimals.
func amount(f float64, unit string) string {
	switch unit {
	case "ratio":
		return fmt.Sprintf("%.2f %%", 100*f)
	case "yuan":
		return fmt.Sprintf("%.2f", f)
	default:
		return human(f)
	}
}

// amountOf is amount, of what may be undefined.
func amountOf(f *float64, unit string) string {
	if f == nil {
		return "–"
	}
	return amount(*f, unit)
}
