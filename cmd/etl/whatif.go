package main

import (
	"context"
	"slices"

	"kefu/cmd/etl/internal/config"
	"kefu/cmd/etl/internal/night"
	"kefu/cmd/etl/internal/whatif"
)

// lab answers what-ifs over the publication that is open.
func (a *app) lab(ctx context.Context, cfg *config.Config, view *published) (*whatif.Lab, error) {
	graph, err := openGraph(ctx, view.engine, a.modelFiles(), view.macros)
	if err != nil {
		return nil, err
	}
	shops := shopsOf(cfg)
	if slices.ContainsFunc(cfg.Sources, func(s config.Source) bool { return !s.CompleteUntil.IsZero() }) {
		sources, err := a.sourcesOf(cfg)
		if err != nil {
			return nil, err
		}
		if shops, err = night.ShopsWithReach(ctx, night.Setup{Ledger: view.state, Shops: shops, Configured: sources}); err != nil {
			return nil, err
		}
	}
	return whatif.New(whatif.Setup{Engine: view.engine, Lake: view.lake, Graph: graph, Rules: cfg.Rules, Shops: shops, Published: view.publication}), nil
}
