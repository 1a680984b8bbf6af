package main

import (
	"context"
	"fmt"

	"kefu/cmd/etl/internal/config"
	"kefu/cmd/etl/internal/terminal"
	"kefu/cmd/etl/internal/why"
	"kefu/sql"
	"kefu/transform/compute"
	"kefu/transform/duckdb"

	"github.com/spf13/cobra"
)

func (a *app) whyOrderCommand() *cobra.Command {
	var f entityFlags
	cmd := &cobra.Command{
		Use:   "order ORDER_ID",
		Short: "What became of an order: valid or not, whose it is, and who is credited",
		Long: `What became of an order and why: valid or not, how its buyer was found, the agents
who were in contact with the buyer and what each is to the order, the credit
under each judgement, refunds.`,
		Example:           `  etl why order 1234567890123456789 --shop flagship`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(cmd *cobra.Command, args []string) error { return a.whyOrder(cmd.Context(), f, args[0]) },
	}
	cmd.Flags().StringVar(&f.shop, "shop", "", "`SHOP` or PLATFORM/SHOP (default: the only one)")
	cmd.Flags().StringVar(&f.platform, "platform", "", "`PLATFORM` of the shop, where two have the same name")
	return cmd
}

// trace computes steps of one buyer in a session of their own.
func (a *app) trace(ctx context.Context, cfg *config.Config, view *published, shop *config.Shop, buyer string, models []string) (*duckdb.Engine, error) {
	macros, err := sql.FS.ReadFile("macros/duckdb.sql")
	if err != nil {
		return nil, fmt.Errorf("read macros: %w", err)
	}
	session, err := view.engine.Session(ctx)
	if err != nil {
		return nil, err
	}
	graph, err := openGraph(ctx, session, a.modelFiles(), string(macros))
	if err == nil {
		c := compute.New(session, nil, graph)
		selects := make([]string, 0, 20)
		for _, name := range c.TraceTables() {
			selects = append(selects, "select * from "+name)
		}
		if err = a.bindMissing(ctx, view, selects...); err == nil {
			err = c.Trace(ctx, publishedSchema, shopsOf(cfg), compute.ShopKey{Platform: shop.Platform, Shop: shop.ID}, buyer, models...)
		}
	}
	if err != nil {
		_ = session.Close() // the first error is the one to tell
		return nil, fmt.Errorf("follow the buyer's rows: %w", err)
	}
	return session, nil
}

func (a *app) whyOrder(ctx context.Context, f entityFlags, order string) error {
	cfg, err := a.load()
	if err != nil {
		return err
	}
	shop, _, _, err := f.find(cfg)
	if err != nil {
		return err
	}
	known, evidences, err := book()
	if err != nil {
		return err
	}
	view, err := openLatest(ctx, cfg, nil)
	if err != nil {
		return err
	}
	defer view.close()
	if err := a.bindMissing(ctx, view, "select 1 from int_orders__identified, order_attribution, order_credits, refunds, rule_day, dim_rule"); err != nil {
		return err
	}
	buyer, err := why.Buyer(ctx, view.engine, shop.Platform, shop.ID, order)
	if err != nil {
		return err
	}
	if buyer == "" {
		return usagef("shop %s/%s has no order %s that is published", shop.Platform, shop.ID, order)
	}
	session, err := a.trace(ctx, cfg, view, shop, buyer, why.OrderModels())
	if err != nil {
		return err
	}
	defer func() { _ = session.Close() }() // it only read
	answer, err := why.New(session, evidences, known).Order(ctx, shop.Platform, shop.ID, order)
	if err != nil {
		return err
	}
	if a.json {
		return a.printJSON(struct {
			*why.OrderAnswer
			Order   map[string]any   `json:"order"`
			Agents  []map[string]any `json:"agents"`
			Credits []map[string]any `json:"credits"`
			Refunds []map[string]any `json:"refunds"`
		}{answer, objects(answer.Facts)[0], objects(answer.Agents), objects(answer.Credits), objects(answer.Refunds)})
	}
	a.printOrder(answer, shop)
	return nil
}

func (a *app) printOrder(answer *why.OrderAnswer, shop *config.Shop) {
	out := a.terminal()
	out.Printf("order %s, %s/%s\n%s\n\n", out.Bold(terminal.Clean(answer.OrderID)), answer.Platform, answer.Shop, answer.Outcome)
	table := out.Table(terminal.Left("order"), terminal.Left(""))
	for i, c := range answer.Facts.Columns {
		if answer.Facts.Cells[0][i] != nil && c.Name != "outcome" && c.Name != "order_id" {
			table.Row(c.Name, fmt.Sprint(spelled(c, answer.Facts.Cells[0][i], shop.Zone)))
		}
	}
	table.Flush()
	for _, part := range []struct {
		title string
		why.Table
	}{{"agents in contact with the buyer", answer.Agents}, {"credit by judgement", answer.Credits}, {"refunds", answer.Refunds}} {
		if len(part.Cells) > 0 {
			out.Printf("\n%s\n", out.Bold(part.title))
			a.printRowsOf(out, part.Table, shop.Zone)
		}
	}
	a.printRules(out, answer.Rules)
}

// messagesOf lists a reception's messages.
func (a *app) messagesOf(ctx context.Context, cfg *config.Config, view *published, shop *config.Shop, q why.Question, buyer string) (why.Table, error) {
	session, err := a.trace(ctx, cfg, view, shop, buyer, why.ReceptionModels())
	if err != nil {
		return why.Table{}, err
	}
	defer func() { _ = session.Close() }() // it only read
	return why.Reception(ctx, session, q, buyer, cfg.Privacy.KeepText())
}
