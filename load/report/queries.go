package report

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

func (r *reader) publication(ctx context.Context, c *content) error {
	if !r.has("etl_publication", "table_name", "publication_id", "loaded_at") {
		return nil
	}
	return r.each(ctx, "select publication_id, loaded_at from etl_publication where table_name = 'etl_publication'", func(scan func(...any) error) error {
		var id string
		var at time.Time
		if err := scan(&id, &at); err != nil {
			return err
		}
		c.Publication = &publication{ID: id, LoadedAt: at.UTC()}
		return nil
	})
}

func (r *reader) metrics(ctx context.Context, c *content) error {
	if !r.has("dim_metric", "metric", "label_zh", "label_en", "formula", "direction") {
		return nil
	}
	return r.each(ctx, "select metric, label_zh, label_en, coalesce(formula, ''), direction from dim_metric", func(scan func(...any) error) error {
		var name string
		var m metric
		if err := scan(&name, &m.ZH, &m.EN, &m.Formula, &m.Direction); err != nil {
			return err
		}
		c.Metrics[name] = m
		return nil
	})
}

func (r *reader) shopDays(ctx context.Context, c *content) error {
	columns := append(append([]string(nil), bothSums...), shopSums...)
	return r.daily(ctx, "kpi_shop_day", "true", []string{"platform", "shop_id"}, columns, func(keys []string, dt string, values []*float64) {
		key := [2]string{keys[0], keys[1]}
		s, ok := r.shops[key]
		if !ok {
			s = &shop{
				Platform: keys[0], ID: keys[1], Name: keys[1], Timezone: "Asia/Shanghai",
				Days: newSeries(), Open: map[string]int64{}, Agents: []*agent{}, Losses: []lossCount{}, Latest: []loss{},
			}
			r.shops[key] = s
			c.Shops = append(c.Shops, s)
		}
		s.Days.add(dt, columns, values)
	})
}

func (r *reader) shopNames(ctx context.Context, _ *content) error {
	if !r.has("dim_shop", "platform", "shop_id") {
		return nil
	}
	query := fmt.Sprintf("select platform, shop_id, %s, %s, %s from dim_shop",
		r.text("dim_shop", "name"), r.text("dim_shop", "timezone"), r.text("dim_shop", "horizon_dt"))
	return r.each(ctx, query, func(scan func(...any) error) error {
		var platform, id, name, timezone, horizon string
		if err := scan(&platform, &id, &name, &timezone, &horizon); err != nil {
			return err
		}
		s, ok := r.shops[[2]string{platform, id}]
		if !ok {
			return nil
		}
		s.Horizon = horizon
		if name != "" {
			s.Name = name
		}
		if timezone != "" {
			s.Timezone = timezone
		}
		return nil
	})
}

func (r *reader) refunds(ctx context.Context, _ *content) error {
	if !r.has("kpi_shop_window", "platform", "shop_id", "dt", "window_days") {
		return nil
	}
	where := fmt.Sprintf("window_days = %d", refundWindow)
	return r.daily(ctx, "kpi_shop_window", where, []string{"platform", "shop_id"}, refundColumns, func(keys []string, dt string, values []*float64) {
		s, ok := r.shops[[2]string{keys[0], keys[1]}]
		// An as-of date after the shop's last day has no data of its own.
		if !ok || dt > s.Days.Dt[len(s.Days.Dt)-1] {
			return
		}
		if s.Refunds == nil {
			s.Refunds = newSeries()
		}
		s.Refunds.add(dt, refundColumns, values)
	})
}

func (r *reader) open(ctx context.Context, _ *content) error {
	if !r.has("inquiries", "platform", "shop_id", "dt", "grain", "status") {
		return nil
	}
	query := "select platform, shop_id, cast(dt as varchar), count(*) from inquiries where grain = 'shop' and status = 'open' group by platform, shop_id, dt"
	return r.each(ctx, query, func(scan func(...any) error) error {
		var platform, id, dt string
		var n int64
		if err := scan(&platform, &id, &dt, &n); err != nil {
			return err
		}
		if s, ok := r.shops[[2]string{platform, id}]; ok {
			s.Open[dt] = n
		}
		return nil
	})
}

func (r *reader) agentDays(ctx context.Context, _ *content) error {
	if !r.has("kpi_agent_day", "platform", "shop_id", "agent_id", "dt") {
		return nil
	}
	return r.daily(ctx, "kpi_agent_day", "true", []string{"platform", "shop_id", "agent_id"}, bothSums, func(keys []string, dt string, values []*float64) {
		s, ok := r.shops[[2]string{keys[0], keys[1]}]
		if !ok {
			return
		}
		key := [3]string{keys[0], keys[1], keys[2]}
		a, ok := r.agents[key]
		if !ok {
			a = &agent{ID: keys[2], Name: keys[2], Days: newSeries()}
			r.agents[key] = a
			s.Agents = append(s.Agents, a)
		}
		a.Days.add(dt, bothSums, values)
	})
}

// agentNames takes the latest name of each agent.
func (r *reader) agentNames(ctx context.Context, _ *content) error {
	if !r.has("dim_agent", "platform", "shop_id", "agent_id", "name") {
		return nil
	}
	order := ""
	if r.has("dim_agent", "valid_from") {
		order = " order by valid_from nulls first"
	}
	return r.each(ctx, "select platform, shop_id, agent_id, coalesce(name, '') from dim_agent"+order, func(scan func(...any) error) error {
		var platform, shop, id, name string
		if err := scan(&platform, &shop, &id, &name); err != nil {
			return err
		}
		if a, ok := r.agents[[3]string{platform, shop, id}]; ok && name != "" {
			a.Name = name
		}
		return nil
	})
}

func (r *reader) quality(ctx context.Context, c *content) error {
	if !r.has("etl_quality", "run_id", "kind", "name", "platform", "shop_id", "severity", "status", "rows", "checked_at") {
		return nil
	}
	// Both kinds as of their latest time: what waits in quarantine may stem from
	// older runs.
	query := `select kind, name, coalesce(platform, ''), coalesce(shop_id, ''), min(coalesce(severity, '')), cast(sum("rows") as bigint) from etl_quality as q
		where checked_at = (select max(l.checked_at) from etl_quality as l where l.kind = q.kind)
		and ((kind = 'quarantine' and "rows" > 0) or (kind = 'check' and status = 'failed'))
		group by kind, name, platform, shop_id order by kind, name, platform, shop_id`
	return r.each(ctx, query, func(scan func(...any) error) error {
		var kind, name, platform, shop, severity string
		var rows sql.NullInt64
		if err := scan(&kind, &name, &platform, &shop, &severity, &rows); err != nil {
			return err
		}
		if kind == "quarantine" {
			c.Rejected = append(c.Rejected, rejected{Dataset: name, Platform: platform, Shop: shop, Rows: rows.Int64})
		} else {
			c.Failed = append(c.Failed, failedCheck{Name: name, Platform: platform, Shop: shop, Severity: severity, Rows: rows.Int64})
		}
		return nil
	})
}
