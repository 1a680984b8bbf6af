package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
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
		Example: `  etl query "select dt, inquiry_buyers, inquiry_to_pay_rate from kpi_shop_day order by dt"
  etl query "show tables"`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return a.query(cmd.Context(), args[0]) },
	}
}

func (a *app) query(ctx context.Context, text string) error {
	cfg, err := a.load()
	if err != nil {
		return err
	}
	state, err := openLedger(ctx, cfg, false)
	if err != nil {
		return err
	}
	defer state.Close()
	p, ok, err := state.Latest(ctx)
	if err != nil {
		return err
	}
	if !ok {
		return &environmentError{errors.New("nothing is published yet"), "`etl run` does the first night"}
	}
	view, err := openPublished(ctx, cfg, p, nil)
	if err != nil {
		return err
	}
	defer view.close()
	rows, err := view.engine.Query(ctx, text)
	if err != nil {
		return usagef("%w", err)
	}
	defer rows.Close()
	return a.printRows(rows)
}

func (a *app) printRows(rows *sql.Rows) error {
	names, err := rows.Columns()
	if err != nil {
		return fmt.Errorf("read result: %w", err)
	}
	out := a.terminal()
	columns := make([]terminal.Column, len(names))
	for i, n := range names {
		columns[i] = terminal.Column{Title: n, Max: 60}
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
		return fmt.Sprintf("%.4g", t)
	case duckdb.Decimal:
		return t.String()
	default:
		return terminal.Clean(fmt.Sprint(v))
	}
}

// machine is how JSON spells a value: decimals stay exact.
func machine(v any) any {
	switch t := v.(type) {
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
