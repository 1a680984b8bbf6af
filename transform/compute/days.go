package compute

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"kefu/extract/sqltext"
	"kefu/transform/model"
)

// widestWindow is the longest rolling window: a changed day touches the as-of
// days of this many days.
const widestWindow = 180

// bindForDays lets models of the later scopes read every dataset in whole and
// the facts as they are to be.
func (r *run) bindForDays(ctx context.Context, scopes ...model.Scope) error {
	for _, s := range datasets() {
		if err := r.bind(ctx, "view", s.Name, "select * from lake_"+s.Name); err != nil {
			return err
		}
	}
	for _, scope := range scopes {
		for _, m := range r.graph.OfScope(scope) {
			if !m.Stored {
				continue
			}
			if err := r.bind(ctx, "view", m.Name, "select * from overlay_"+m.Name); err != nil {
				return err
			}
		}
	}
	return nil
}

// dayFinders name the days that a change touches without changing a fact.
var dayFinders = []string{
	// Presence counts on every day that it overlaps; without an end it lasts to
	// the agent's next row, at most the end of its day.
	`select distinct p.platform, p.shop_id, d.dt from changed_agent_presence p
	 join rule_day d on d.platform = p.platform and d.shop_id = p.shop_id
	  and d.day_end_at > p.from_at - interval 1 day and d.day_start_at < coalesce(p.to_at, p.from_at) + interval 2 day`,
	// Names, groups and costs of agents count on all their days.
	`select distinct x.platform, x.shop_id, x.event_date + n from lake_chat_messages x, (select unnest([-1, 0, 1]) as n)
	 where (x.platform, x.shop_id, x.agent_id) in (select (platform, shop_id, agent_id) from changed_agents)`,
	`select distinct x.platform, x.shop_id, x.event_date + n from lake_agent_presence x, (select unnest([-1, 0, 1, 2]) as n)
	 where (x.platform, x.shop_id, x.agent_id) in (select (platform, shop_id, agent_id) from changed_agents)`,
	// The last day moved: days in between appear or vanish; all do where there was none.
	`select n.platform, n.shop_id, d.dt from overlay_int_shop_horizon n
	 left join prev_int_shop_horizon o on o.platform = n.platform and o.shop_id = n.shop_id
	 join rule_day d on d.platform = n.platform and d.shop_id = n.shop_id
	 where o.last_dt is distinct from n.last_dt
	   and (o.last_dt is null or n.last_dt is null or d.dt > least(o.last_dt, n.last_dt))`,
	// The horizon moved: of cases a limit has passed or not yet, buyers served after sale had their time to come back.
	`select c.platform, c.shop_id, c.dt from overlay_int_cases c
	 join overlay_int_shop_horizon n on n.platform = c.platform and n.shop_id = c.shop_id
	 left join prev_int_shop_horizon o on o.platform = n.platform and o.shop_id = n.shop_id
	 where o.horizon_end_at is distinct from n.horizon_end_at
	   and (o.horizon_end_at is null or n.horizon_end_at is null
	     or c.sla_failed_at between least(o.horizon_end_at, n.horizon_end_at) and greatest(o.horizon_end_at, n.horizon_end_at))`,
	`select n.platform, n.shop_id, d.dt from overlay_int_shop_horizon n
	 left join prev_int_shop_horizon o on o.platform = n.platform and o.shop_id = n.shop_id
	 join rule_day d on d.platform = n.platform and d.shop_id = n.shop_id
	 where o.horizon_dt is distinct from n.horizon_dt
	   and (o.horizon_dt is null or n.horizon_dt is null
	     or d.dt + d.retention_days between least(o.horizon_dt, n.horizon_dt) and greatest(o.horizon_dt, n.horizon_dt))`,
	`select d.platform, d.shop_id, d.dt from rule_day d where (d.platform, d.shop_id) in (select (platform, shop_id) from full_shops)`,
}

// computeDayModels computes the days on which anything changed.
func (r *run) computeDayModels(ctx context.Context) error {
	if err := r.bindForDays(ctx, model.Shop, model.Buyer); err != nil {
		return err
	}
	for _, find := range dayFinders {
		if r.graph.Model("int_cases") == nil && strings.Contains(find, "overlay_int_cases") {
			continue // no model asked for reads them
		}
		if err := r.exec(ctx, "find changed days", "insert into found_days "+find); err != nil {
			return err
		}
	}
	if err := r.exec(ctx, "gather changed days", "create or replace temp table scope_days as select distinct platform, shop_id, dt from found_days"); err != nil {
		return err
	}
	return r.computeDays(ctx, StageDays, model.Day, "scope_days", 0)
}

// computeDays computes the models of a scope over the shop days of a table, in
// chunks of days. Each reads so many days before it, too.
func (r *run) computeDays(ctx context.Context, stage string, scope model.Scope, table string, before int) error {
	spans, err := r.spans(ctx, table, before)
	if err != nil {
		return err
	}
	digest, err := r.digest(ctx, table, "platform, shop_id, dt")
	if err != nil {
		return err
	}
	models := r.graph.OfScope(scope)
	for i, s := range spans {
		from, to := s.from.Format(time.DateOnly), s.to.Format(time.DateOnly)
		// Days after a shop's last one have no rows; they stay in scope so that rows that stood there go.
		days := fmt.Sprintf(`select s.platform, s.shop_id, s.dt from %s s
			join overlay_int_shop_horizon h on h.platform = s.platform and h.shop_id = s.shop_id
			where s.dt <= h.last_dt and s.dt between date '%s' and date '%s'`, table, from, to)
		c := Chunk{Stage: stage, Part: i + 1, Parts: len(spans), From: from, To: to, Scope: digest}
		if s == (span{}) {
			c.From, c.To = "", ""
		}
		err := r.computeChunk(ctx, c, models,
			func(ctx context.Context) error { return r.bind(ctx, "table", "days", days) })
		if err != nil {
			return err
		}
	}
	return r.settleChunks(ctx, models)
}

// computeWindowModels computes the as-of days whose windows hold a changed day.
func (r *run) computeWindowModels(ctx context.Context) error {
	if err := r.bindForDays(ctx, model.Shop, model.Buyer, model.Day); err != nil {
		return err
	}
	// Of every day, the last changed day before it tells whether its windows hold one.
	err := r.exec(ctx, "gather as-of days", fmt.Sprintf(`create or replace temp table scope_window_days as
		select platform, shop_id, dt from (
			select r.platform, r.shop_id, r.dt, max(s.dt) over (partition by r.platform, r.shop_id order by r.dt) as changed_dt
			from rule_day r
			left join scope_days s on s.platform = r.platform and s.shop_id = r.shop_id and s.dt = r.dt)
		where dt - changed_dt < %d
		union
		select platform, shop_id, dt from found_window_days`, widestWindow))
	if err != nil {
		return err
	}
	return r.computeDays(ctx, StageWindows, model.Window, "scope_window_days", widestWindow-1)
}

// computeFullModels computes the small tables, which have no scope.
func (r *run) computeFullModels(ctx context.Context) error {
	if err := r.bindForDays(ctx, model.Shop, model.Buyer, model.Day, model.Window); err != nil {
		return err
	}
	for _, m := range r.graph.OfScope(model.Full) {
		if err := r.compute(ctx, m, m.Name); err != nil {
			return err
		}
		if !m.Stored {
			continue
		}
		if err := r.settleFull(ctx, m); err != nil {
			return err
		}
	}
	return nil
}

// settleFull settles a small table; of other shops' rows it says nothing.
func (r *run) settleFull(ctx context.Context, m *model.Model) error {
	mine := "select * from " + sqltext.Ident(m.Name)
	if len(r.in.Others) > 0 && slices.Contains(m.Grain, "shop_id") {
		mine += " n where " + r.ofShops("n")
	}
	if err := r.bind(ctx, "view", "new_"+m.Name, mine); err != nil {
		return err
	}
	return r.settle(ctx, m)
}

// ofShops is the condition for rows to be of the shops of this computation.
// Shops are named one by one, too: files know the least and greatest in them.
func (r *run) ofShops(alias string) string {
	keys, ids := make([]ShopKey, len(r.in.Shops)), make([]string, len(r.in.Shops))
	for i, s := range r.in.Shops {
		keys[i], ids[i] = s.ShopKey, sqltext.Literal(s.Shop)
	}
	return fmt.Sprintf("%s.shop_id in (%s) and %s", alias, strings.Join(ids, ", "), ofAny(alias, keys))
}

// fewShops are compared one by one: that takes a fraction of looking pairs up.
const fewShops = 10

// ofAny is shopFilter for many rows, whose shops are known.
func ofAny(alias string, shops []ShopKey) string {
	if len(shops) == 0 || len(shops) > fewShops {
		return shopFilter(alias, shops)
	}
	parts := make([]string, len(shops))
	for i, s := range shops {
		parts[i] = fmt.Sprintf("%[1]s.platform = %[2]s and %[1]s.shop_id = %[3]s", alias, sqltext.Literal(s.Platform), sqltext.Literal(s.Shop))
	}
	return "(" + strings.Join(parts, " or ") + ")"
}

func shopFilter(alias string, shops []ShopKey) string {
	if len(shops) == 0 {
		return "false"
	}
	parts := make([]string, len(shops))
	for i, s := range shops {
		parts[i] = "(" + sqltext.Literal(s.Platform) + ", " + sqltext.Literal(s.Shop) + ")"
	}
	return fmt.Sprintf("(%[1]s.platform, %[1]s.shop_id) in (%[2]s)", alias, strings.Join(parts, ", "))
}
