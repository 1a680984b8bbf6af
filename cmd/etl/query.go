package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"kefu/cmd/etl/internal/terminal"
	"kefu/transform/duckdb"

	"github.com/spf13/cobra"
)

func (a *app) queryCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "query SQL",
		Short: "Read-only SQL over the published datasets and KPI tables",
		Long: `Read-only SQL over the published datasets and KPI tables. Tables named stg_ and
int_ are steps between them.`,
		Example: `  etl query "select dt, inquiry_buyers, inquiry_to_pay_rate from kpi_shop_day order by dt"
  etl query "show tables"
  etl query "describe kpi_agent_day"`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usagef("the SQL is one argument: etl query \"select … from kpi_shop_day\"")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return a.query(cmd.Context(), args[0]) },
	}
}

func (a *app) query(ctx context.Context, text string) error {
	cfg, err := a.load()
	if err != nil {
		return err
	}
	view, err := openLatest(ctx, cfg, nil)
	if err != nil {
		return err
	}
	defer view.close()
	if err := view.addViews(ctx, a.modelFiles()); err != nil {
		return err
	}
	if err := readOnly(ctx, view.engine, text); err != nil {
		return a.refuse(ctx, err)
	}
	rows, err := view.engine.Query(ctx, text)
	if err != nil {
		return a.refuse(ctx, err)
	}
	defer rows.Close()
	return a.printRows(rows)
}

// readOnly refuses whatever the parser does not take for a select: the engine
// itself could write files beside the tables of the lake.
func readOnly(ctx context.Context, engine *duckdb.Engine, text string) error {
	_, err := engine.References(ctx, text)
	if err != nil && strings.Contains(err.Error(), "Only SELECT statements") {
		return errors.New("only select, show, describe and summarize are allowed")
	}
	return err
}

// refuse tells what is wrong with the SQL; the help of the commands is no help
// with it.
func (a *app) refuse(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return err
	}
	out := a.messages()
	out.Printf("%s %s\n       `etl query \"show tables\"` lists the tables\n", out.Paint(terminal.Failed, "error:"), err)
	return &reported{exitUsage}
}

func (a *app) printRows(rows *sql.Rows) error {
	types, err := rows.ColumnTypes()
	if err != nil {
		return fmt.Errorf("read result: %w", err)
	}
	out := a.terminal()
	names, columns := make([]string, len(types)), make([]terminal.Column, len(types))
	for i, t := range types {
		names[i] = t.Name()
		columns[i] = terminal.Column{Title: t.Name(), Right: numeric(t.DatabaseTypeName()), Max: 60}
	}
	table := out.Table(columns...)
	list := []map[string]any{}
	for rows.Next() {
		cells := make([]any, len(names))
		for i := range cells {
			cells[i] = new(any)
		}
		if err := rows.Scan(cells...); err != nil {
			return fmt.Errorf("read result: %w", err)
		}
		texts, object := make([]string, len(names)), map[string]any{}
		for i, n := range names {
			value := *cells[i].(*any)
			object[n] = machine(value)
			texts[i] = human(value)
		}
		table.Row(texts...)
		list = append(list, object)
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read result: %w", err)
	}
	if a.json {
		return a.printJSON(list)
	}
	table.Flush()
	out.Printf("%s\n", terminal.Rows(int64(len(list))))
	return nil
}

// numeric tells whether a column of that type stands to the right.
func numeric(kind string) bool {
	return strings.HasSuffix(kind, "INT") || strings.HasSuffix(kind, "INTEGER") || kind == "DOUBLE" || kind == "FLOAT" || strings.HasPrefix(kind, "DECIMAL")
}

// human is how a person reads a value.
func human(v any) string {
	switch t := v.(type) {
	case nil:
		return "–"
	case time.Time:
		if t.Equal(t.Truncate(24 * time.Hour)) {
			return t.Format(time.DateOnly)
		}
		return strings.TrimSuffix(t.Format("2006-01-02 15:04:05.000000"), ".000000")
	case float64:
		if t != 0 && math.Abs(t) < 0.0001 {
			return strconv.FormatFloat(t, 'g', 3, 64)
		}
		return places(strconv.FormatFloat(t, 'f', 4, 64), 0)
	case duckdb.Decimal:
		return places(t.String(), 2)
	default:
		return terminal.Clean(fmt.Sprint(v))
	}
}

// places cuts zeros off the end of a number, or adds some, down to so many
// places after the point.
func places(number string, least int) string {
	whole, fraction, found := strings.Cut(number, ".")
	fraction = strings.TrimRight(fraction, "0")
	fraction += strings.Repeat("0", max(0, least-len(fraction)))
	if fraction == "" || !found && least == 0 {
		return whole
	}
	return whole + "." + fraction
}

// machine is how JSON spells a value: decimals stay exact, what is no number is
// null.
func machine(v any) any {
	switch t := v.(type) {
	case float64:
		if math.IsNaN(t) || math.IsInf(t, 0) {
			return nil
		}
		return t
	case duckdb.Decimal:
		return t.String()
	case time.Time:
		if t.Equal(t.Truncate(24 * time.Hour)) {
			return t.Format(time.DateOnly)
		}
		return t.Format(time.RFC3339Nano)
	default:
		return v
	}
}
