package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"kefu/cmd/etl/internal/config"
	"kefu/cmd/etl/internal/pull"
	"kefu/extract/api"
	"kefu/transform/rule/yamlnode"
)

// accessOf resolves the secrets of a source that pulls from its platform.
// Sources of one program share the limits.
func (a *app) accessOf(cfg *config.Config, s *config.Source, limits *api.Limits) (pull.Access, error) {
	p := s.API
	access := pull.Access{
		Type: s.Type, Shop: s.Shop, Endpoint: p.Endpoint, OAuth: p.OAuth, AppKey: p.AppKey, SignMethod: p.SignMethod, Nick: p.Nick, Chat: p.Chat,
		BuyerIDs: p.BuyerIDs, PerApp: p.PerApp, PerShop: p.PerShop, SessionFile: p.SessionFile, Limits: limits, Now: a.now(),
		WaitMin: a.patience.waitMin, WaitMax: a.patience.waitMax, Timeout: a.patience.timeout,
	}
	var err error
	if access.Secret, err = cfg.PlatformSecret(p.Secret, s.Name, "the application's secret", a.lookup); err != nil {
		return access, err
	}
	if access.SignSecret, err = cfg.PlatformSecret(p.SignSecret, s.Name, "the application's sign secret", a.lookup); err != nil {
		return access, err
	}
	access.Fixed, err = cfg.PlatformSecret(p.Session, s.Name, "the session", a.lookup)
	return access, err
}

// platformOf is a shop's API as a source.
func (a *app) platformOf(cfg *config.Config, s *config.Source, limits *api.Limits) (*pull.Source, error) {
	access, err := a.accessOf(cfg, s, limits)
	if err != nil {
		return nil, err
	}
	connector, err := pull.Connect(access)
	if err != nil {
		return nil, err
	}
	return pull.New(connector, s.API.Since, a.now()), nil
}

// inspectPlatforms reads the secrets of the sources that pull, and asks the
// platforms whether they work where that is wanted.
func (a *app) inspectPlatforms(ctx context.Context, cfg *config.Config) []config.Problem {
	var out []config.Problem
	for i := range cfg.Sources {
		s := &cfg.Sources[i]
		if s.API == nil {
			continue
		}
		platform, err := a.platformOf(cfg, s, nil)
		var missing *config.Error
		if errors.As(err, &missing) {
			out = append(out, missing.Problems...)
			continue
		}
		if err == nil && a.online {
			err = platform.Check(ctx)
		}
		if err != nil {
			out = append(out, config.Problem{Pos: s.Pos, Class: yamlnode.Environment, Message: fmt.Sprintf("source %s: %s", s.Name, err)})
		}
	}
	return out
}

// now is the program's present; a test may bring its own.
func (a *app) now() func() time.Time {
	if a.clock != nil {
		return a.clock.Now
	}
	return time.Now
}
