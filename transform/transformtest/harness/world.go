package harness

import (
	"context"
	"fmt"
	"time"

	"kefu/transform/compute"
	"kefu/transform/rule"
	"kefu/transform/rule/yamlnode"
	"kefu/transform/transformtest/reference"
	"kefu/transform/transformtest/world"
)

// Rules compiles the rules of a pack.
func Rules(p world.Pack) (*rule.Set, error) {
	root, problems := yamlnode.Parse("world.yaml", []byte(p.Rules()))
	if len(problems) > 0 {
		return nil, fmt.Errorf("read rules of worlds: %v", problems[0])
	}
	entries, problems := rule.Entries(root)
	if len(problems) > 0 {
		return nil, fmt.Errorf("read rules of worlds: %v", problems[0])
	}
	var shops []rule.Shop
	for _, s := range Shops(p) {
		zone, err := time.LoadLocation(s.Timezone)
		if err != nil {
			return nil, fmt.Errorf("read zone of a world: %w", err)
		}
		shops = append(shops, rule.Shop{Platform: s.Platform, ID: s.Shop, Zone: zone})
	}
	set, problems := rule.Parse(entries, shops)
	for _, problem := range problems {
		if problem.Class == yamlnode.Invalid {
			return nil, fmt.Errorf("read rules of worlds: %v", problem)
		}
	}
	return set, nil
}

// Shops lists the shops of a pack.
func Shops(p world.Pack) []compute.Shop {
	out := make([]compute.Shop, len(p))
	for i, w := range p {
		out[i] = compute.Shop{ShopKey: compute.ShopKey{Platform: w.Shop.Platform, Shop: w.Shop.ID}, Name: w.Shop.Name, Timezone: w.Shop.Timezone,
			ChatsUntil: until(w.ChatsUntil), OrdersUntil: until(w.OrdersUntil)}
	}
	return out
}

func until(d world.Date) time.Time {
	if d == 0 {
		return time.Time{}
	}
	return d.Time()
}

// ForPack starts a harness with the shops and rules of a pack.
func ForPack(ctx context.Context, dir string, p world.Pack) (*Harness, error) {
	set, err := Rules(p)
	if err != nil {
		return nil, err
	}
	return New(ctx, dir, Shops(p), set)
}

// Results returns the published rows of the tables that the reference computes.
func (h *Harness) Results(ctx context.Context) (reference.Result, error) {
	out := reference.Result{}
	for table := range reference.Keys {
		rows, err := h.Rows(ctx, table)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", table, err)
		}
		out[table] = append(out[table], rows...)
	}
	return out, nil
}
