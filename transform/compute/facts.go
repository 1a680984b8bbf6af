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
	for _, m := range r.graph.OfScope(model.Shop) {
		if err := r.compute(ctx, m, m.Name); err != nil {
			return err
		}
		if !m.Stored {
			continue
		}
		if err := r.settle(ctx, m, m.Name); err != nil {
			return err
		}
	}
	return nil
}

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
	models := r.graph.OfScope(model.Buyer)
	messages, err := r.count(ctx, `select count(*) from lake_chat_messages x where exists (select 1 from scope_buyers b
		where b.platform = x.platform and b.shop_id = x.shop_id and b.buyer_key = x.buyer_id)`)
	if err != nil {
		return fmt.Errorf("count messages in scope: %w", err)
	}
	chunks := int(messages/r.in.ChunkRows) + 1
	for i := range chunks {
		if err := r.bindBuyers(ctx, fmt.Sprintf("select * from scope_buyers where hash(buyer_key) %% %d = %d", chunks, i)); err != nil {
			return err
		}
		for _, m := range models {
			if err := r.compute(ctx, m, m.Name); err != nil {
				return err
			}
			if err := r.keep(ctx, m, i == 0); err != nil {
				return err
			}
		}
		// Later chunks must not find what this one left.
		for _, m := range slices.Backward(models) {
			if err := r.unbind(ctx, m.Name); err != nil {
				return err
			}
		}
	}
	for _, m := range models {
		if !m.Stored {
			continue
		}
		if err := r.settle(ctx, m, "new_"+m.Name); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) keep(ctx context.Context, m *model.Model, first bool) error {
	if !m.Stored {
		return nil
	}
	if first {
		return r.bind(ctx, "table", "new_"+m.Name, "select * from "+quoteName(m.Name))
	}
	return r.exec(ctx, "gather "+m.Name, fmt.Sprintf("insert into new_%s select * from %s", m.Name, quoteName(m.Name)))
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
