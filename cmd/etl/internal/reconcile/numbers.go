package reconcile

import (
	"context"
	"database/sql"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"

	"kefu/cmd/etl/internal/whatif"
	"kefu/extract/sqltext"
	"kefu/transform/catalogue"
	"kefu/transform/compute"
	"kefu/transform/duckdb"
)

// entityDay is whose numbers they are: an agent's, or the shop's with "".
type entityDay struct{ entity, day string }

// numbers are the KPIs of a shop's entities by day, exactly.
type numbers map[entityDay]map[string]*big.Rat

// scope is what numbers are wanted of.
type scope struct {
	shop     compute.ShopKey
	grain    string
	from, to time.Time
}

func (s scope) where() string {
	return fmt.Sprintf("platform = %s and shop_id = %s and dt between date '%s' and date '%s'", sqltext.Literal(s.shop.Platform), sqltext.Literal(s.shop.Shop),
		s.from.Format(time.DateOnly), s.to.Format(time.DateOnly))
}

// parts are the KPIs that one is made of over several days: the two sides of a
// rate, else itself.
func parts(all *catalogue.Catalogue, metric string) []string {
	m, _ := all.Metric(metric)
	if m.Numerator == "" {
		return []string{metric}
	}
	return append(strings.Split(m.Numerator, " + "), strings.Split(m.Denominator, " + ")...)
}

// partsOf are the parts of several KPIs, each once.
func partsOf(all *catalogue.Catalogue, metrics []string) []string {
	var out []string
	for _, m := range metrics {
		out = append(out, parts(all, m)...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// value is a KPI of an entity over days; nil where there is none, such as 0/0.
// known is false for KPIs that days do not add up to.
func (n numbers) value(all *catalogue.Catalogue, metric, entity string, from, to time.Time) (v *big.Rat, known bool) {
	m, _ := all.Metric(metric)
	switch {
	case m.Numerator != "":
		numerator, denominator := n.sum(strings.Split(m.Numerator, " + "), entity, from, to), n.sum(strings.Split(m.Denominator, " + "), entity, from, to)
		if denominator.Sign() == 0 {
			return nil, true
		}
		return numerator.Quo(numerator, denominator), true
	case from.Equal(to):
		v = n[entityDay{entity, from.Format(time.DateOnly)}][metric]
		if v == nil && adds(m) {
			v = new(big.Rat)
		}
		return v, true
	case adds(m):
		return n.sum([]string{metric}, entity, from, to), true
	case metric == "concurrency_max":
		most := new(big.Rat)
		n.each(metric, entity, from, to, func(x *big.Rat) {
			if x.Cmp(most) > 0 {
				most = x
			}
		})
		return most, true
	default:
		return nil, false
	}
}

// adds tells whether days of a KPI sum up to that of several days.
func adds(m catalogue.Metric) bool {
	switch m.Unit {
	case "count", "items", "yuan", "hours", "characters":
		return m.Name != "concurrency_max" && m.Numerator == ""
	default:
		return strings.HasSuffix(m.Name, "_sum") || strings.HasSuffix(m.Name, "_sum_s")
	}
}

func (n numbers) sum(metrics []string, entity string, from, to time.Time) *big.Rat {
	total := new(big.Rat)
	for _, m := range metrics {
		n.each(m, entity, from, to, func(x *big.Rat) { total.Add(total, x) })
	}
	return total
}

func (n numbers) each(metric, entity string, from, to time.Time, do func(*big.Rat)) {
	for d := from; !d.After(to); d = d.AddDate(0, 0, 1) {
		if x := n[entityDay{entity, d.Format(time.DateOnly)}][metric]; x != nil {
			do(x)
		}
	}
}

// sections are the steps of a day's KPIs that are computed by themselves, so
// that a what-if computes no more than it must. Columns stand under the KPI's
// name beside platform, shop_id, grain, entity and dt.
var sections = []struct {
	model   string
	metrics []string
}{
	{"int_day_service", []string{"receptions", "received_buyers", "replied_buyers", "unreplied_buyers", "handed_over_receptions", "slow_buyers", "long_receptions",
		"buyer_messages", "agent_messages", "agent_chars", "first_response_turns", "first_response_sum_s", "response_turns", "response_sum_s", "quick_turns",
		"consulted_buyers", "reply_within_units", "reply_within_ok", "response_p50_s", "response_p90_s"}},
	{"int_day_conversion", []string{"inquiry_buyers", "ordered_buyers_same_day", "ordered_buyers_final", "paid_buyers_next_day", "paid_buyers_final",
		"ordered_unpaid_buyers", "other_agent_buyers", "lost_buyers", "shipped_buyers_final", "shipped_amount", "order_buyers", "order_paid_buyers_same_day", "order_paid_buyers"}},
	{"int_day_sales", []string{"sales_amount", "sales_amount_by_order", "sales_amount_by_order_then_pay", "sales_amount_by_pay", "sales_buyers_by_order",
		"sales_buyers_by_order_then_pay", "sales_buyers_by_pay", "own_paid_amount", "own_order_others_pay_amount", "others_order_own_pay_amount", "silent_own_pay_amount",
		"silent_follow_up_amount", "assisted_orders", "sales_orders", "sales_buyers", "sales_items", "inquiry_deal_amount", "inquiry_deal_items", "inquiry_deal_buyers"}},
	{"int_day_aftersales", []string{"deals", "refunds", "disputes", "refunds_completed", "self_completed", "refunded_amount", "complaints"}},
	{"int_day_ratings", []string{"invited", "rated", "good", "neutral", "bad", "score_sum", "csat_good", "csat_rated"}},
}

// modelsOf are the models that give the KPIs of a grain, with the KPIs of each.
func modelsOf(grain string, metrics []string) map[string][]string {
	out := map[string][]string{}
	whole := "kpi_" + grain + "_day"
	for _, m := range metrics {
		model := whole
		for _, s := range sections {
			if slices.Contains(s.metrics, m) {
				model = s.model
			}
		}
		out[model] = append(out[model], m)
	}
	if len(out[whole]) > 0 {
		return map[string][]string{whole: metrics} // it computes the others, too
	}
	return out
}

// selectOf selects entity, day and KPIs from a model's rows.
func selectOf(s scope, model, relation string, metrics []string) string {
	entity, grain := "entity", " and grain = "+sqltext.Literal(s.grain)
	switch model {
	case "kpi_agent_day":
		entity, grain = "agent_id", ""
	case "kpi_shop_day":
		entity, grain = "''", ""
	}
	return fmt.Sprintf("select %s, dt, %s from %s where %s%s", entity, strings.Join(metrics, ", "), relation, s.where(), grain)
}

// take adds the rows of a select to the numbers.
func (n numbers) take(rows *sql.Rows, metrics []string) error {
	defer rows.Close()
	for rows.Next() {
		var entity string
		var day time.Time
		cells := make([]any, len(metrics)+2)
		cells[0], cells[1] = &entity, &day
		for i := range metrics {
			cells[i+2] = new(any)
		}
		if err := rows.Scan(cells...); err != nil {
			return fmt.Errorf("read KPIs: %w", err)
		}
		at := entityDay{entity, day.Format(time.DateOnly)}
		if n[at] == nil {
			n[at] = map[string]*big.Rat{}
		}
		for i, m := range metrics {
			if x := exact(*cells[i+2].(*any)); x != nil {
				n[at][m] = x
			}
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read KPIs: %w", err)
	}
	return nil
}

// exact is a value of the engine; nil for NULL and what is no number.
func exact(v any) *big.Rat {
	switch x := v.(type) {
	case int64:
		return new(big.Rat).SetInt64(x)
	case int32:
		return new(big.Rat).SetInt64(int64(x))
	case *big.Int:
		return new(big.Rat).SetInt(x)
	case float64:
		return new(big.Rat).SetFloat64(x)
	case duckdb.Decimal:
		scale := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(x.Scale)), nil)
		return new(big.Rat).SetFrac(x.Value, scale)
	default:
		return nil
	}
}

// ask computes the KPIs as they would be.
func ask(ctx context.Context, lab *whatif.Lab, s scope, q whatif.Question, metrics []string) (numbers, error) {
	models := modelsOf(s.grain, metrics)
	q.Shop, q.From, q.To = s.shop, s.from, s.to
	for model := range models {
		q.Models = append(q.Models, model)
	}
	slices.Sort(q.Models)
	answer, err := lab.Ask(ctx, q)
	if err != nil {
		return nil, err
	}
	defer answer.Close() //nolint:errcheck // its rows are read
	out := numbers{}
	for model, names := range models {
		rows, err := answer.Rows(ctx, selectOf(s, model, "{"+model+"}", names))
		if err != nil {
			return nil, err
		}
		if err := out.take(rows, names); err != nil {
			return nil, err
		}
	}
	return out, nil
}
