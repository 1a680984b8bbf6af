package report

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
)

// The figures that the report adds up over days; rates are made of them.
var (
	bothSums = []string{
		"received_buyers", "inquiry_buyers", "ordered_buyers_final", "paid_buyers_next_day", "paid_buyers_final", "lost_buyers",
		"sales_amount", "sales_buyers", "first_response_sum_s", "first_response_turns", "response_sum_s", "response_turns",
		"replied_buyers", "unreplied_buyers", "reply_within_ok", "reply_within_units", "good", "neutral", "bad", "refunds", "deals",
	}
	shopSums = []string{"valid_paid_amount", "unlinked_amount", "uncredited_amount"}
	// The platforms judge after-sales by 28 days.
	refundColumns = []string{"refund_rate", "dispute_rate", "self_completed_rate", "refund_duration_avg_h", "refunds", "disputes", "refunds_completed", "deals"}
)

const refundWindow = 28

// reader runs the queries; what a warehouse has not (yet) is left out.
type reader struct {
	warehouse Querier
	days      int
	columns   map[string][]string // table → columns
	shops     map[[2]string]*shop
	agents    map[[3]string]*agent
}

func (r *reader) has(table string, columns ...string) bool {
	present, ok := r.columns[table]
	for _, column := range columns {
		ok = ok && slices.Contains(present, column)
	}
	return ok
}

func (r *reader) schema(ctx context.Context) error {
	r.columns = map[string][]string{}
	return r.each(ctx, "select table_name, column_name from information_schema.columns where table_schema = current_schema()", func(scan func(...any) error) error {
		var table, column string
		if err := scan(&table, &column); err != nil {
			return err
		}
		r.columns[table] = append(r.columns[table], column)
		return nil
	})
}

// each runs a query and calls row for each of its rows.
func (r *reader) each(ctx context.Context, query string, row func(scan func(...any) error) error) error {
	rows, err := r.warehouse.QueryContext(ctx, query)
	if err != nil {
		return fmt.Errorf("query %s: %w", firstWords(query), err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := row(rows.Scan); err != nil {
			return fmt.Errorf("read result of %s: %w", firstWords(query), err)
		}
	}
	return rows.Err()
}

func firstWords(query string) string {
	_, from, _ := strings.Cut(query, " from ")
	name, _, _ := strings.Cut(strings.TrimSpace(from), " ")
	return name
}

// numbers is a select list of columns as DOUBLE; those that the table lacks are
// NULL.
func (r *reader) numbers(table string, columns []string) string {
	list := make([]string, len(columns))
	for i, column := range columns {
		list[i] = "cast(null as double precision)"
		if r.has(table, column) {
			list[i] = "cast(" + column + " as double precision)"
		}
	}
	return strings.Join(list, ", ")
}

// text is an expression for a column, ” where the table lacks it.
func (r *reader) text(table, column string) string {
	if !r.has(table, column) {
		return "''"
	}
	return "coalesce(cast(" + column + " as varchar), '')"
}

// lossFlag is 1 where the condition on a column of lost_inquiries holds, else 0.
func (r *reader) lossFlag(column, condition string) string {
	if !r.has("lost_inquiries", column) {
		return "0"
	}
	return "case when " + column + " " + condition + " then 1 else 0 end"
}

// recent restricts a table's dt to the days of the report, per shop.
func (r *reader) recent(alias string) string {
	return fmt.Sprintf(`exists (select 1 from (select platform, shop_id, max(dt) as dt from kpi_shop_day group by platform, shop_id) as l
		where l.platform = %[1]s.platform and l.shop_id = %[1]s.shop_id and %[1]s.dt > l.dt - %[2]d)`, alias, r.days)
}

// daily reads one number per column and day, with the keys in front.
func (r *reader) daily(ctx context.Context, table, where string, keys, columns []string, row func(keys []string, dt string, values []*float64)) error {
	query := fmt.Sprintf("select %s, cast(dt as varchar), %s from %s as t where %s and %s order by %[1]s, dt",
		strings.Join(keys, ", "), r.numbers(table, columns), table, where, r.recent("t"))
	return r.each(ctx, query, func(scan func(...any) error) error {
		names, dt := make([]string, len(keys)), ""
		numbers := make([]sql.NullFloat64, len(columns))
		targets := make([]any, 0, len(keys)+1+len(columns))
		for i := range names {
			targets = append(targets, &names[i])
		}
		targets = append(targets, &dt)
		for i := range numbers {
			targets = append(targets, &numbers[i])
		}
		if err := scan(targets...); err != nil {
			return err
		}
		values := make([]*float64, len(numbers))
		for i, number := range numbers {
			if number.Valid {
				values[i] = &number.Float64
			}
		}
		row(names, dt, values)
		return nil
	})
}
