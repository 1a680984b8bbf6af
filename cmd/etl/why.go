package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"kefu/cmd/etl/internal/config"
	"kefu/cmd/etl/internal/terminal"
	"kefu/cmd/etl/internal/why"
	"kefu/sql"
	"kefu/transform/catalogue"
	"kefu/transform/evidence"
	"kefu/transform/rule/yamlnode"

	"github.com/spf13/cobra"
)

// entityFlags choose a shop, and an agent or a group of it.
type entityFlags struct {
	shop, platform, agent, group string
	grouped                      bool // --group was given, though it may be empty
}

func (f *entityFlags) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.shop, "shop", "", "`SHOP` or PLATFORM/SHOP (default: the only one)")
	flags.StringVar(&f.platform, "platform", "", "`PLATFORM` of the shop, where two have the same name")
	flags.StringVar(&f.agent, "agent", "", "of this agent: his `ACCOUNT`")
	flags.StringVar(&f.group, "group", "", "of this `GROUP` of agents (\"\" = those without one)")
	cmd.MarkFlagsMutuallyExclusive("agent", "group")
	_ = cmd.RegisterFlagCompletionFunc("agent", cobra.NoFileCompletions)
	_ = cmd.RegisterFlagCompletionFunc("group", cobra.NoFileCompletions)
}

// find returns the shop, and the grain and entity that the flags name.
func (f *entityFlags) find(cfg *config.Config) (shop *config.Shop, grain, entity string, err error) {
	name := f.shop
	switch {
	case name == "" && f.platform == "" && len(cfg.Shops) == 1:
		name = cfg.Shops[0].ID
	case name == "":
		return nil, "", "", usagef("--shop says of which shop")
	case f.platform != "" && !strings.Contains(name, "/"):
		name = f.platform + "/" + name
	}
	if shop, err = shopNamed(cfg, name); err != nil {
		return nil, "", "", err
	}
	switch {
	case f.agent != "":
		return shop, "agent", f.agent, nil
	case f.grouped:
		return shop, "group", f.group, nil
	default:
		return shop, "shop", "", nil
	}
}

// whyFlags choose the number that is accounted for, and how much is shown.
type whyFlags struct {
	entityFlags
	date      string
	window    int
	limit     int
	reception string
}

func (a *app) whyCommand() *cobra.Command {
	var f whyFlags
	cmd := &cobra.Command{
		Use:   "why METRIC",
		Short: "What stands behind a published number: rules, orders, receptions, turns",
		Long: `What stands behind a published number: its two sides, the rules in force with the
line that they come from, and the orders, receptions, turns, refunds and so on
behind them, each with the reason why it counts or not. The rows are added up
again and held against what is published.`,
		Example: `  etl why inquiry_to_pay_rate --shop flagship --date 2026-02-03
  etl why sales_amount --shop flagship --agent 小美 --date 2026-02-03 --limit 0
  etl why refund_rate --shop flagship --date 2026-02-14 --window 28
  etl why reply_rate --shop flagship --date 2026-02-03 --reception 0f3c…
  etl why order 1234567890123456789 --shop flagship`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: first(completeMetrics),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usagef("name a KPI: `etl catalog kpis` lists them")
			}
			f.grouped = cmd.Flags().Changed("group")
			return a.why(cmd.Context(), f, args[0])
		},
	}
	f.register(cmd)
	flags := cmd.Flags()
	flags.StringVar(&f.date, "date", "", "the `DAY`, or the last day of the window (default: the shop's last)")
	flags.IntVar(&f.window, "window", 0, "over this many `DAYS`: 7, 28, 30 or 180 (default: the day alone)")
	flags.IntVar(&f.limit, "limit", 20, "list at most this many `ROWS` of each kind; 0 = all")
	flags.StringVar(&f.reception, "reception", "", "the messages of this `BUYER`, as the tables have him, with their turns")
	_ = cmd.RegisterFlagCompletionFunc("reception", cobra.NoFileCompletions)
	cmd.AddCommand(a.whyOrderCommand())
	return cmd
}

// book reads the catalogue and the evidence.
func book() (*catalogue.Catalogue, *evidence.Book, error) {
	known, err := catalogue.Load(sql.FS, "metrics.yaml")
	if err != nil {
		return nil, nil, err
	}
	b, err := evidence.Load(sql.FS, known)
	return known, b, err
}

// metricNamed finds a KPI by its column or its Chinese label.
func metricNamed(known *catalogue.Catalogue, name string) (catalogue.Metric, error) {
	if m, ok := known.Metric(name); ok {
		return m, nil
	}
	var names []string
	for _, m := range known.Metrics() {
		if m.LabelZH == name {
			return m, nil
		}
		names = append(names, m.Name)
	}
	hint := yamlnode.Suggest(name, names)
	if hint == "" {
		hint = "`etl catalog kpis` lists them"
	}
	return catalogue.Metric{}, usagef("there is no KPI %s: %s", name, hint)
}

func (a *app) why(ctx context.Context, f whyFlags, metric string) error {
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
	q := why.Question{Metric: m, Platform: shop.Platform, Shop: shop.ID, Grain: grain, Entity: entity, Window: f.window, Limit: f.limit}
	if err := fits(known, q); err != nil {
		return err
	}
	view, err := openLatest(ctx, cfg, nil)
	if err != nil {
		return err
	}
	defer view.close()
	if q.Date, err = view.dayOf(ctx, shop, f.date); err != nil {
		return err
	}
	if err := view.knows(ctx, shop, grain, entity); err != nil {
		return err
	}
	statements, err := why.Statements(evidences, m.Name)
	if err != nil {
		return err
	}
	if err := a.bindMissing(ctx, view, append(statements, "select * from "+q.KPITable(), "select * from dim_rule")...); err != nil {
		return err
	}
	answer, err := why.New(view.engine, evidences, known).Answer(ctx, q)
	if err != nil {
		return err
	}
	var messages why.Table
	if f.reception != "" {
		if messages, err = a.messagesOf(ctx, cfg, view, shop, q, f.reception); err != nil {
			return err
		}
		if len(messages.Cells) == 0 {
			return usagef("no message of buyer %s is known on these days; the lists have buyers as the tables do", f.reception)
		}
	}
	if a.json {
		return a.printJSON(answerOutput(answer, messages))
	}
	a.printAnswer(answer, shop)
	if f.reception != "" {
		out := a.terminal()
		out.Printf("\n%s\n", out.Bold("messages of "+terminal.Clean(f.reception)))
		a.printRowsOf(out, messages, shop.Zone)
	}
	return nil
}

// fits tells whether there is such a number at all.
func fits(known *catalogue.Catalogue, q why.Question) error {
	m := q.Metric
	period := "day"
	if q.Window > 0 {
		period = "window"
	}
	windows := []int{7, 28, 30, 180}
	parts, err := known.Parts(m.Name)
	if err != nil {
		return err
	}
	for _, p := range parts {
		if p.Evidence != nil && len(p.Evidence.Windows) > 0 {
			windows = p.Evidence.Windows
		}
	}
	switch {
	case !slices.Contains(m.Grains, q.Grain):
		return usagef("%s is a KPI of %s, not of a single %s", m.Name, strings.Join(m.Grains, " and "), q.Grain)
	case q.Window != 0 && !slices.Contains(windows, q.Window):
		return usagef("--window %d: %s has windows of %s days", q.Window, m.Name, joinInts(windows))
	case period == "day" && !slices.Contains(m.Periods, period):
		return usagef("%s is a KPI of windows: add --window %d", m.Name, windows[len(windows)-1])
	case !slices.Contains(m.Periods, period):
		return usagef("%s is a KPI of single days: leave --window out", m.Name)
	}
	return nil
}

func joinInts(list []int) string {
	return strings.Trim(strings.Join(strings.Fields(fmt.Sprint(list)), ", "), "[]")
}

// knows fails for an agent, or a group, of whom nothing was ever published.
func (v *published) knows(ctx context.Context, shop *config.Shop, grain, entity string) error {
	column := map[string]string{"agent": "agent_id", "group": "agent_group"}[grain]
	if column == "" {
		return nil
	}
	var names []string
	if table := "kpi_" + grain + "_day"; v.bound[table] {
		err := v.engine.Each(ctx, fmt.Sprintf("select distinct %s from %s where platform = ? and shop_id = ? order by 1", column, table),
			func(scan func(...any) error) error {
				names = append(names, "")
				return scan(&names[len(names)-1])
			}, shop.Platform, shop.ID)
		if err != nil {
			return err
		}
	}
	if slices.Contains(names, entity) {
		return nil
	}
	hint := yamlnode.Suggest(entity, names)
	if hint != "" {
		hint = ": " + hint
	}
	return usagef("--%s %s: nothing is published of such%s", grain, entity, hint)
}

// dayOf reads the day that --date names; empty is the shop's last one.
func (v *published) dayOf(ctx context.Context, shop *config.Shop, text string) (time.Time, error) {
	if text != "" {
		return parseDay("--date", text)
	}
	var last *time.Time
	var err error
	if v.bound["kpi_shop_day"] {
		err = v.engine.Each(ctx, "select max(dt) from kpi_shop_day where platform = ? and shop_id = ?",
			func(scan func(...any) error) error { return scan(&last) }, shop.Platform, shop.ID)
	}
	if err == nil && last == nil {
		err = usagef("nothing is published of shop %s/%s: name a day", shop.Platform, shop.ID)
	}
	if err != nil {
		return time.Time{}, err
	}
	return last.UTC(), nil
}
