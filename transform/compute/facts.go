package compute

import (
	"context"
	"fmt"
	"slices"
	"time"

	"kefu/transform/model"
)

// computeShopModels computes, for every shop with anything to do, what is
// known of the shop as a whole: whose order an order is, how far its data go.
func (r *run) computeShopModels(ctx context.Context) error {
	inShops := " where (x.platform, x.shop_id) in (select (platform, shop_id) from scope_shops)"
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
	if r.lakeRows() > r.in.ChunkRows {
		n, err := r.count(ctx, `select
			(select count(*) from lake_chat_messages x where (x.platform, x.shop_id, x.buyer_id) in (select (platform, shop_id, buyer_key) from scope_buyers))
			+ (select count(*) from overlay_int_orders__identified x where (x.platform, x.shop_id, x.buyer_key) in (select (platform, shop_id, buyer_key) from scope_buyers))`)
		if err != nil {
			return fmt.Errorf("count rows in scope: %w", err)
		}
		rows = n
	}
	scope, err := r.digest(ctx, "scope_buyers", "platform, shop_id, buyer_key")
	if err != nil {
		return err
	}
	chunks := int(rows/r.in.ChunkRows) + 1
	for i := range chunks {
		err := r.computeChunk(ctx, Chunk{Stage: StageFacts, Part: i + 1, Parts: chunks, Scope: scope}, models, func(ctx context.Context) error {
			return r.bindBuyers(ctx, fmt.Sprintf("select * from scope_buyers where hash(buyer_key) %% %d = %d", chunks, i))
		})
		if err != nil {
			return err
		}
	}
	return r.settleChunks(ctx, models)
}

// bindBuyers restricts every dataset that names buyers to the chunk.
func (r *run) bindBuyers(ctx context.Context, chunk string) error {
	if err := r.exec(ctx, "choose buyers", "create or replace temp table chunk_buyers as "+chunk); err != nil {
		return err
	}
	if err := r.bind(ctx, "table", "all_identities", "select platform, shop_id, order_id, buyer_key from overlay_int_orders__identified"); err != nil {
		return err
	}
	inChunk := func(key string) string {
		return fmt.Sprintf(" where exists (select 1 from chunk_buyers b where b.platform = x.platform and b.shop_id = x.shop_id and b.buyer_key = %s)", key)
	}
	for _, s := range datasets() {
		query := "select x.* from lake_" + s.Name + " x"
		for _, k := range buyerKeys {
			if k.dataset != s.Name {
				continue
			}
			if k.byOrder {
				query += " left join all_identities i on i.platform = x.platform and i.shop_id = x.shop_id and i.order_id = x.order_id"
			}
			query += inChunk(k.key)
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
			query += inChunk("x.buyer_key")
		}
		if err := r.bind(ctx, "view", m.Name, query); err != nil {
			return err
		}
	}
	return nil
}
