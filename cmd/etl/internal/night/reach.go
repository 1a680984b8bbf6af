package night

import (
	"context"
	"slices"
	"time"

	"kefu/transform/compute"
)

// shopsWithReach are the shops with what their sources state of how far
// messages and orders are complete. A source speaks for the datasets that it
// has delivered, and for those that no source of the shop has delivered yet.
func (n *Night) shopsWithReach(ctx context.Context) ([]compute.Shop, error) {
	delivered := map[string]map[string]bool{} // source → dataset
	for _, s := range n.Configured {
		var err error
		if delivered[s.Name], err = n.deliveredBy(ctx, s); err != nil {
			return nil, err
		}
	}
	shops := slices.Clone(n.Shops)
	for i := range shops {
		shops[i].ChatsUntil = n.completeUntil(shops[i].ShopKey, "chat_messages", delivered)
		shops[i].OrdersUntil = n.completeUntil(shops[i].ShopKey, "orders", delivered)
	}
	return shops, nil
}

func (n *Night) completeUntil(shop compute.ShopKey, dataset string, delivered map[string]map[string]bool) time.Time {
	var until time.Time
	nobody := !slices.ContainsFunc(n.Configured, func(s Source) bool { return s.Shop == shop && delivered[s.Name][dataset] })
	for _, s := range n.Configured {
		speaks := s.Shop == shop && slices.Contains(s.datasets(), dataset) && (nobody || delivered[s.Name][dataset])
		if speaks && s.CompleteUntil.After(until) {
			until = s.CompleteUntil
		}
	}
	return until
}

// deliveredBy names the datasets of which the source has given any row, this
// run included.
func (n *Night) deliveredBy(ctx context.Context, s Source) (map[string]bool, error) {
	out := map[string]bool{}
	files, err := n.Ledger.Files(ctx, s.Name)
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		for name, c := range f.Counts {
			out[name] = out[name] || c.Read > 0
		}
	}
	for _, a := range n.arrived {
		if a.source.Name != s.Name || a.err != nil || a.part != nil {
			continue
		}
		for name, c := range a.counts {
			out[name] = out[name] || c.Read > 0
		}
	}
	return out, nil
}
