package night

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"kefu/extract/lake"
	"kefu/extract/ledger"
	"kefu/transform/compute"
	"kefu/transform/rule"
)

// ErrOutdated says that the published numbers are not those of the present
// program and configuration, so that more than the rule in question would
// change them.
var ErrOutdated = errors.New("the published numbers are behind the configuration or the program")

// WhatIf computes the day KPIs of one shop that would differ from the published
// ones if the rules were those of Setup.Rules, of which one is another than at
// publication. It reads the snapshots of the publication, goes the way of a
// night, and writes nothing. Of the setup it takes Engine, Lake, Graph,
// Catalogue, Rules, Ledger, Shops and Configured.
func WhatIf(ctx context.Context, setup Setup, p ledger.Publication, shop compute.ShopKey, changed string) ([]compute.ValueChange, error) {
	n := &Night{Setup: setup}
	shops, err := n.shopsWithReach(ctx)
	if err != nil {
		return nil, err
	}
	in := compute.Input{
		Shops:   slices.DeleteFunc(slices.Clone(shops), func(s compute.Shop) bool { return s.ShopKey != shop }),
		Others:  slices.DeleteFunc(slices.Clone(shops), func(s compute.Shop) bool { return s.ShopKey == shop }),
		Current: map[string][]lake.File{}, Snapshots: map[string]int64{}, Marts: map[string][]lake.File{}, Known: known(p),
		Rules: n.Rules, Relations: n.relations(), Locks: locksOf(p), Values: true, DaysOnly: true,
		FilesAt: func(name string, snapshot int64) ([]lake.File, error) {
			files, _, err := n.Lake.Files(ctx, name, snapshot)
			return files, err
		},
		TimesAt: n.timesAt(ctx),
	}
	stored := append([]string{"rule_day"}, n.storedModels()...)
	for name, snapshot := range p.Tables {
		files, _, err := n.Lake.Files(ctx, name, snapshot)
		if err != nil {
			return nil, fmt.Errorf("read published table %s: %w", name, err)
		}
		if slices.Contains(stored, name) {
			in.Marts[name] = files
		} else {
			in.Current[name], in.Snapshots[name] = files, snapshot
		}
	}
	done, err := compute.New(n.Engine, n.Lake, n.Graph).Compute(ctx, in)
	if err != nil {
		return nil, err
	}
	result := done.Result()
	return result.Values, onlyRule(result.Reasons, changed)
}

// onlyRule fails where anything else than the rule made numbers due.
func onlyRule(reasons []compute.Reason, changed string) error {
	var columns []string
	for _, d := range rule.Definitions() {
		if d.Name != changed {
			continue
		}
		for _, c := range d.Columns() {
			columns = append(columns, c.Name)
		}
	}
	for _, r := range reasons {
		switch r.Kind {
		case "definitions":
		case "rule":
			for _, c := range r.Rules {
				if !slices.Contains(columns, c.Rule) {
					return fmt.Errorf("%w: the rule behind %s is another now", ErrOutdated, c.Rule)
				}
			}
		default:
			return fmt.Errorf("%w: %s", ErrOutdated, r.Detail)
		}
	}
	return nil
}
