package compute

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"kefu/extract/lake"
	"kefu/extract/sqltext"
	"kefu/transform/model"
)

// orderKey is the buyer_key of a row that names an order: the order's buyer,
// or the order itself where no buyer is known.
const orderKey = "coalesce(i.buyer_key, 'order:' || x.order_id)"

// refundKey is that of a refund: its order's, else its own buyer.
const refundKey = "coalesce(i.buyer_key, case when strpos(x.buyer_id, '*') = 0 then x.buyer_id end, 'order:' || x.order_id)"

// caseKey is that of a case: its own buyer, else its order's.
const caseKey = "case when strpos(x.buyer_id, '*') = 0 then x.buyer_id when x.order_id is not null then " + orderKey +
	" else 'case:' || x.case_id end"

// buyerKeys tells for each dataset how a row names the buyer whose facts it
// takes part in. The rows are x, the identities of orders i.
var buyerKeys = []struct {
	dataset string
	byOrder bool
	key     string
}{
	{"chat_messages", false, "x.buyer_id"},
	{"evaluations", false, "coalesce(x.buyer_id, 'evaluation:' || x.evaluation_id)"},
	{"buyer_flags", false, "x.buyer_id"},
	{"loss_reasons", false, "x.buyer_id"},
	{"orders", true, orderKey},
	{"order_items", true, orderKey},
	{"refunds", true, refundKey},
	{"order_ratings", true, orderKey},
	{"cases", true, caseKey},
	{"complaints", true, "case when x.order_id is null then 'complaint:' || x.complaint_id else " + orderKey + " end"},
}

// activity tells the dates on which the rows of a dataset make its buyer
// depend on the rules of a day.
var activity = map[string][]string{
	"chat_messages": {"event_date"},
	"orders":        {"event_date", "cast(x.paid_at as date)", "cast(x.shipped_at as date)"},
	"evaluations":   {"event_date"},
	"order_ratings": {"event_date"},
	"refunds":       {"event_date", "cast(x.completed_at as date)", "cast(x.disputed_at as date)"},
	"complaints":    {"event_date"},
	"cases":         {"event_date"},
}

// keyedRows selects platform, shop_id, buyer_key from a relation of a dataset.
func keyedRows(relation, identities, key string, byOrder bool) string {
	join := ""
	if byOrder {
		join = " left join " + identities + " i on i.platform = x.platform and i.shop_id = x.shop_id and i.order_id = x.order_id"
	}
	return fmt.Sprintf("select x.platform, x.shop_id, %s as buyer_key from %s x%s", key, relation, join)
}

// find selects buyers by the rows of a table; without one of those it finds none.
type find struct{ by, query string }

// findBuyers fills scope_buyers: all buyers of a shop that is computed as a
// whole, and else those whom a change names, before or after it.
func (r *run) findBuyers(ctx context.Context) error {
	reach := "create or replace temp table rule_reach as select distinct platform, shop_id, dt + n as dt from changed_rule_days, (select unnest([-1, 0, 1]) as n)"
	if err := r.exec(ctx, "find days within reach of changed rules", reach); err != nil {
		return err
	}
	for table, date := range map[string]string{"inquiries": "window_end_dt", "int_open_turns": "dt"} {
		if err := r.bindPublishedAs(ctx, table, []lake.Column{
			{Name: "platform", Type: "VARCHAR"}, {Name: "shop_id", Type: "VARCHAR"}, {Name: "buyer_key", Type: "VARCHAR"}, {Name: date, Type: "DATE"},
		}); err != nil {
			return err
		}
	}
	published, err := r.findPublished(ctx)
	if err != nil {
		return err
	}
	rows := map[string]int64{}
	for _, f := range slices.Concat(findByRows(r.whole), findByChange, published) {
		if _, known := rows[f.by]; !known {
			if rows[f.by], err = r.count(ctx, "select count(*) from "+f.by); err != nil {
				return fmt.Errorf("find changed buyers: %w", err)
			}
		}
		if rows[f.by] == 0 {
			continue
		}
		if err := r.exec(ctx, "find changed buyers", "insert into found_buyers select distinct * from ("+f.query+")"); err != nil {
			return err
		}
	}
	return r.exec(ctx, "gather changed buyers",
		`create or replace temp table scope_buyers as
		 select distinct f.platform, f.shop_id, f.buyer_key from found_buyers f where f.buyer_key is not null
		   and (f.platform, f.shop_id) in (select (platform, shop_id) from shops)`)
}

// findByRows finds the buyers of the rows of every dataset: of shops that are
// computed as a whole, of changed rows, and of rows on days of changed rules.
func findByRows(whole []ShopKey) []find {
	var finds []find
	for _, k := range buyerKeys {
		all := keyedRows("lake_"+k.dataset, "int_orders__identified", k.key, k.byOrder)
		finds = append(finds, find{"full_shops", all + " where " + ofAny("x", whole)})
		for _, identities := range []string{"int_orders__identified", "prev_int_orders__identified"} {
			finds = append(finds, find{"changed_" + k.dataset, keyedRows("changed_"+k.dataset, identities, k.key, k.byOrder)})
			if !k.byOrder {
				break
			}
		}
		for _, date := range activity[k.dataset] {
			finds = append(finds, find{"rule_reach",
				all + fmt.Sprintf(" where exists (select 1 from rule_reach d where d.platform = x.platform and d.shop_id = x.shop_id and d.dt = %s)", qualify(date))})
		}
	}
	return finds
}

// findByChange finds the buyers of whom a change tells that is not of a row of theirs.
var findByChange = []find{
	{"diff_int_orders__identified", "select platform, shop_id, buyer_key from diff_int_orders__identified"},
	{"diff_int_orders__identified", "select platform, shop_id, 'order:' || order_id from diff_int_orders__identified"},
	// A refund of an order that nobody knew was its own buyer's.
	{"diff_int_orders__identified", `select x.platform, x.shop_id, x.buyer_id from lake_refunds x
		 where (x.platform, x.shop_id, x.order_id) in (select (platform, shop_id, order_id) from diff_int_orders__identified)`},
	{"diff_int_own_accounts", "select platform, shop_id, buyer_id from diff_int_own_accounts"},
	// Groups of agents to whom cases were given.
	{"changed_agents", keyedRows("lake_cases", "int_orders__identified", caseKey, true) +
		" where (x.platform, x.shop_id, x.agent_id) in (select (platform, shop_id, agent_id) from changed_agents)"},
	// A turn may be open on days without a message.
	{"rule_reach", `select x.platform, x.shop_id, x.buyer_key from prev_int_open_turns x
		 where exists (select 1 from rule_reach d where d.platform = x.platform and d.shop_id = x.shop_id and d.dt = x.dt)`},
	// Items without an amount share their order's by price.
	{"changed_products", keyedRows("lake_order_items", "int_orders__identified", orderKey, true) +
		" where x.amount is null and (x.platform, x.shop_id, x.product_id) in (select (platform, shop_id, product_id) from changed_products)"},
	// Roles, robots, groups: whoever talked to an agent whose row changed (nobody else's order is credited to him), or rated him.
	{"changed_agents", `select x.platform, x.shop_id, x.buyer_id from lake_chat_messages x
		 where (x.platform, x.shop_id, x.agent_id) in (select (platform, shop_id, agent_id) from changed_agents)`},
	{"changed_agents", `select x.platform, x.shop_id, coalesce(x.buyer_id, 'evaluation:' || x.evaluation_id) from lake_evaluations x
		 where (x.platform, x.shop_id, x.agent_id) in (select (platform, shop_id, agent_id) from changed_agents)`},
	// Offline time is taken from response times where the rule says so.
	{"changed_agent_presence", `select x.platform, x.shop_id, x.buyer_id from lake_chat_messages x
		 join (select distinct platform, shop_id, agent_id, event_date, coalesce(cast(to_at as date), event_date) as to_date from changed_agent_presence) p
		   on p.platform = x.platform and p.shop_id = x.shop_id and p.agent_id = x.agent_id
		  and x.event_date between p.event_date - 40 and p.to_date + 40
		 where (x.platform, x.shop_id) in (select (platform, shop_id) from rule_day where subtract_offline)`},
	// Inquiries whose window ends between the old and the new horizon open or
	// close; any may where there was no horizon.
	{"prev_int_shop_horizon", `select q.platform, q.shop_id, q.buyer_key from prev_inquiries q
		 join prev_int_shop_horizon o on o.platform = q.platform and o.shop_id = q.shop_id
		 join int_shop_horizon n on n.platform = q.platform and n.shop_id = q.shop_id
		 where o.horizon_dt is distinct from n.horizon_dt
		   and (o.horizon_dt is null or n.horizon_dt is null
		     or q.window_end_dt between least(o.horizon_dt, n.horizon_dt) and greatest(o.horizon_dt, n.horizon_dt))`},
}

// findPublished finds the buyers whose published facts stand on forced days,
// also where nothing in the lake speaks of them there any more.
func (r *run) findPublished(ctx context.Context) ([]find, error) {
	if len(r.in.Forced) == 0 {
		return nil, nil
	}
	var finds []find
	for _, m := range r.graph.OfScope(model.Buyer) {
		if !m.Stored || m.Name == "inquiries" || len(m.Days) == 0 {
			continue // inquiries are bound already, and of receptions
		}
		columns := []lake.Column{{Name: "platform", Type: "VARCHAR"}, {Name: "shop_id", Type: "VARCHAR"}, {Name: "buyer_key", Type: "VARCHAR"}}
		for _, d := range m.Days {
			columns = append(columns, lake.Column{Name: d, Type: "DATE"})
			finds = append(finds, find{"forced_days",
				fmt.Sprintf("select platform, shop_id, buyer_key from prev_%s where (platform, shop_id, %s) in (select (platform, shop_id, dt) from forced_days)", m.Name, sqltext.Ident(d))})
		}
		if err := r.bindPublishedAs(ctx, m.Name, columns); err != nil {
			return nil, err
		}
	}
	return finds, nil
}

// qualify makes a bare column of the rows x explicit.
func qualify(date string) string {
	if strings.Contains(date, "x.") {
		return date
	}
	return "x." + date
}
