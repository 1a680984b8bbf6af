package compute

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"kefu/transform/model"
)

// computeShopModels computes, for every shop with anything to do, what is
// known of the shop as a whole: whose order an order is, how far its data go.
func (r *run) computeShopModels(ctx context.Context) error {
	inShops := " where " + ofAny("x", r.scope)
	for _, s := range datasets() {
		if err := r.bind(ctx, "view", s.Name, "select x.* from lake_"+s.Name+" x"+inShops); err != nil {
			return err
		}
	}
	models := r.graph.OfScope(model.Shop)
	scope, err := r.digest(ctx, "scope_shops", "platform, shop_id")
	if err != nil {
		return err
	}
	if err := r.computeChunk(ctx, Chunk{Stage: StageShops, Part: 1, Parts: 1, Scope: scope}, models, bound); err != nil {
		return err
	}
	if err := r.settleChunks(ctx, models); err != nil {
		return err
	}
	for _, m := range models {
		if !m.Stored {
			continue
		}
		if err := r.bind(ctx, "view", m.Name, "select * from new_"+m.Name); err != nil {
			return err
		}
	}
	return nil
}

// bound is the scope of a chunk for which everything is bound already.
func bound(context.Context) error { return nil }

// compute materialises a model under a name.
func (r *run) compute(ctx context.Context, m *model.Model, name string) error {
	if r.in.Progress != nil {
		r.in.Progress(m.Name, 0, 1)
	}
	kind := "table"
	if m.View {
		kind = "view"
	}
	start := time.Now()
	if err := r.bind(ctx, kind, name, m.SQL); err != nil {
		return fmt.Errorf("%s: %w", m.Path, err)
	}
	r.spent(m.Name, time.Since(start))
	return nil
}

func (r *run) spent(name string, d time.Duration) {
	i := slices.IndexFunc(r.out.Models, func(m ModelResult) bool { return m.Name == name })
	if i < 0 {
		r.out.Models = append(r.out.Models, ModelResult{Name: name})
		i = len(r.out.Models) - 1
	}
	r.out.Models[i].Seconds += d.Seconds()
}

// computeBuyerModels computes the facts of all buyers in scope, in chunks of
// buyers so that memory is bounded by the settings.
func (r *run) computeBuyerModels(ctx context.Context) error {
	models, rows := r.graph.OfScope(model.Buyer), int64(0)
	c := buyerChunk{parts: 1, chosen: "scope_buyers"}
	everyone, err := r.inScopeAsAWhole(ctx)
	if err != nil {
		return err
	}
	if everyone {
		c = buyerChunk{parts: 1, everyoneOf: ofAny("x", r.whole)}
	}
	if r.lakeRows() > r.in.ChunkRows {
		rows, err = r.count(ctx, fmt.Sprintf("select (select count(*) from (%s)) + (select count(*) from (%s))",
			c.rows("lake_chat_messages", "x.buyer_id", false), c.rows("overlay_int_orders__identified", "x.buyer_key", false)))
		if err != nil {
			return fmt.Errorf("count rows in scope: %w", err)
		}
	}
	scope, err := r.digest(ctx, "scope_buyers", "platform, shop_id, buyer_key")
	if err != nil {
		return err
	}
	c.parts = int(rows/r.in.ChunkRows) + 1
	for c.part = range c.parts {
		err := r.computeChunk(ctx, Chunk{Stage: StageFacts, Part: c.part + 1, Parts: c.parts, Scope: scope}, models, func(ctx context.Context) error {
			if everyone {
				return r.bindBuyers(ctx, c)
			}
			if err := r.exec(ctx, "choose buyers", "create or replace temp table chunk_buyers as select * from scope_buyers where "+c.holds("buyer_key")); err != nil {
				return err
			}
			return r.bindBuyers(ctx, buyerChunk{parts: c.parts, chosen: "chunk_buyers"})
		})
		if err != nil {
			return err
		}
	}
	return r.settleChunks(ctx, models)
}

// inScopeAsAWhole tells whether all buyers in scope are of shops that are
// computed as a whole: then everyone of these shops is in scope.
func (r *run) inScopeAsAWhole(ctx context.Context) (bool, error) {
	others, err := r.count(ctx, `select count(*) from (select distinct platform, shop_id from scope_buyers) b
		where not exists (select 1 from full_shops s where s.platform = b.platform and s.shop_id = b.shop_id)`)
	if err != nil {
		return false, fmt.Errorf("count shops computed in part: %w", err)
	}
	return others == 0, nil
}

// buyerChunk is a part of the buyers in scope: by the hash of their keys.
type buyerChunk struct {
	part, parts int    // part from 0
	chosen      string // relation of the chunk's buyers; "" = everyone of some shops
	everyoneOf  string // the condition for a row x to be of these
}

// holds is the condition for the buyer of a row to be of the chunk.
func (c buyerChunk) holds(key string) string {
	if c.parts == 1 {
		return "true"
	}
	return fmt.Sprintf("hash(%s) %% %d = %d", key, c.parts, c.part)
}

// rows selects the chunk's rows of a relation, by the buyer that they name.
// Nobody is looked up where everyone is in scope: keys are texts, and many.
func (c buyerChunk) rows(relation, key string, byOrder bool) string {
	query := "select x.* from " + relation + " x"
	if c.chosen == "" && c.parts == 1 {
		key, byOrder = strings.ReplaceAll(key, "i.buyer_key", "cast(null as varchar)"), false // whose it is does not matter
	}
	if byOrder {
		query += " left join all_identities i on i.platform = x.platform and i.shop_id = x.shop_id and i.order_id = x.order_id"
	}
	if c.chosen != "" {
		return query + fmt.Sprintf(" where exists (select 1 from %s b where b.platform = x.platform and b.shop_id = x.shop_id and b.buyer_key = %s)", c.chosen, key)
	}
	return query + fmt.Sprintf(" where %s and (%s) is not null and %s", c.everyoneOf, key, c.holds(key))
}

// bindBuyers restricts every dataset that names buyers to the chunk.
func (r *run) bindBuyers(ctx context.Context, c buyerChunk) error {
	if err := r.bind(ctx, "table", "all_identities", "select platform, shop_id, order_id, buyer_key from overlay_int_orders__identified"); err != nil {
		return err
	}
	for _, s := range datasets() {
		query := "select x.* from lake_" + s.Name + " x"
		for _, k := range buyerKeys {
			if k.dataset == s.Name {
				query = c.rows("lake_"+s.Name, k.key, k.byOrder)
			}
		}
		if err := r.bind(ctx, "view", s.Name, query); err != nil {
			return err
		}
	}
	for _, m := range r.graph.OfScope(model.Shop) {
		if !m.Stored {
			continue
		}
		query := "select x.* from overlay_" + m.Name + " x"
		if m.Name == "int_orders__identified" {
			query = c.rows("overlay_"+m.Name, "x.buyer_key", false)
		}
		if err := r.bind(ctx, "view", m.Name, query); err != nil {
			return err
		}
	}
	return nil
}
