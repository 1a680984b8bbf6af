package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"path/filepath"
	"slices"

	"golang.org/x/sync/errgroup"

	"kefu/cmd/etl/internal/config"
	"kefu/cmd/etl/internal/night"
	"kefu/cmd/etl/internal/pull"
	"kefu/extract/api"
	"kefu/extract/file"
	"kefu/extract/landing"
	"kefu/extract/ledger"
	"kefu/extract/preset"
	"kefu/extract/seal"
	"kefu/sql"
	"kefu/transform/catalogue"
	"kefu/transform/compute"
	"kefu/transform/duckdb"
	"kefu/transform/model"
	"kefu/transform/normalise"
	"kefu/transform/rule/yamlnode"
)

// closers are closed in reverse order.
type closers []func() error

func (c *closers) add(f func() error) { *c = append(*c, f) }

func (c *closers) close(log *slog.Logger) {
	for _, f := range slices.Backward(*c) {
		if err := f(); err != nil {
			log.Warn("close", "error", err)
		}
	}
}

// openLanding opens the received bytes, and makes sure that the key at hand
// reads all of them.
func openLanding(cfg *config.Config, key *seal.Key, secret []byte) (*landing.Store, error) {
	store := landing.New(cfg.Landing.Path, landing.Protected(key, secret))
	err := store.Check()
	var foreign *landing.ForeignError
	if !errors.As(err, &foreign) {
		return store, err
	}
	at := cfg.Landing.Key.Pos
	if at.File == "" {
		at.File = cfg.File
	}
	return nil, &config.Error{Problems: []config.Problem{{Pos: at, Class: yamlnode.Environment, Message: foreign.Error(),
		Hint: "add that key as a line below the new one; if it is lost, delete " + foreign.Marker + ": the numbers stay, those bytes cannot be read anew"}}}
}

// keepsMemory is the least limit, in bytes, under which the engine keeps half of
// its memory between statements: to be given it by the system anew takes a tenth
// of the time of all models. Peaks lie some 200 MB higher with it, whatever the
// limit is, which is too much of a small one.
const keepsMemory = 2e9

// openEngine starts the engine; it reaches the lake and its spill folder only.
func openEngine(ctx context.Context, cfg *config.Config) (*duckdb.Engine, string, error) {
	macros, err := sql.FS.ReadFile("macros/duckdb.sql")
	if err != nil {
		return nil, "", fmt.Errorf("read macros: %w", err)
	}
	root, err := filepath.Abs(cfg.Lake)
	if err != nil {
		return nil, "", fmt.Errorf("find the lake: %w", err)
	}
	options := duckdb.Options{
		Threads: cfg.Engine.Threads, TempDir: filepath.Join(root, ".spill"), Directories: []string{root}, Macros: string(macros),
	}
	if limit := int64(cfg.Engine.MemoryLimit); limit > 0 {
		options.MemoryLimit = fmt.Sprintf("%dMiB", limit>>20)
		if limit >= keepsMemory {
			options.KeptMemory = fmt.Sprintf("%dMiB", limit/2>>20)
		}
	}
	engine, err := duckdb.Open(ctx, options)
	return engine, string(macros), err
}

// openGraph reads the models in their order.
func openGraph(ctx context.Context, engine *duckdb.Engine, files fs.FS, macros string) (*model.Graph, error) {
	models, err := model.Parse(files)
	if err != nil {
		return nil, err
	}
	var inputs []string
	for _, r := range night.Relations() {
		inputs = append(inputs, r.Name)
	}
	return model.Build(models, compute.Inputs(inputs...), macros, func(q string) ([]string, error) { return engine.References(ctx, q) })
}

// modelFiles are the models of this program unless a test brings others.
func (a *app) modelFiles() fs.FS {
	if a.models != nil {
		return a.models
	}
	return sql.FS
}

// openNight opens everything that a night of the pipeline works with.
func (a *app) openNight(ctx context.Context, cfg *config.Config, pipeline *config.Pipeline) (night.Setup, *closers, error) {
	open := &closers{}
	var beside errgroup.Group // reading the catalogue takes as long as opening all else
	var known *catalogue.Catalogue
	beside.Go(func() (err error) {
		known, err = catalogue.Load(sql.FS, "metrics.yaml")
		return err
	})
	setup := night.Setup{Pipeline: pipeline.Name, Rules: cfg.Rules, KeepDays: cfg.Landing.KeepDays, Compute: len(pipeline.Models) > 0, Log: a.log}
	err := func() error {
		secret, err := cfg.Secret(a.lookup)
		if err != nil {
			return err
		}
		setup.Privacy = normalise.Privacy{Secret: secret, Plain: !cfg.Privacy.HashBuyers(), KeepText: cfg.Privacy.KeepText()}
		key, err := cfg.LandingKey(a.lookup)
		if err != nil {
			return err
		}
		if setup.Landing, err = openLanding(cfg, key, secret); err != nil {
			return err
		}
		if setup.Ledger, err = openLedger(ctx, cfg, true, ledger.Protected(key)); err != nil {
			return err
		}
		open.add(setup.Ledger.Close)
		if setup.Lake, err = openLake(ctx, cfg); err != nil {
			return err
		}
		open.add(setup.Lake.Close)
		engine, macros, err := openEngine(ctx, cfg)
		if err != nil {
			return err
		}
		open.add(engine.Close)
		setup.Engine = engine
		setup.Session = func(ctx context.Context) (compute.Engine, func() error, error) {
			session, err := engine.Session(ctx)
			if err != nil {
				return nil, nil, err
			}
			return session, session.Close, nil
		}
		if setup.Compute || len(pipeline.Warehouses) > 0 { // reading alone asks for no model
			if setup.Graph, err = openGraph(ctx, engine, a.modelFiles(), macros); err != nil {
				return err
			}
		}
		if err := beside.Wait(); err != nil {
			return err
		}
		setup.Catalogue = known
		if problems := payPlanProblems(cfg, known); len(problems) > 0 {
			return &config.Error{Problems: problems}
		}
		setup.Shops = shopsOf(cfg)
		if setup.Configured, err = a.sourcesOf(cfg); err != nil {
			return err
		}
		setup.Sources = slices.DeleteFunc(slices.Clone(setup.Configured), func(s night.Source) bool { return !slices.Contains(pipeline.Sources, s.Name) })
		setup.Warehouses = warehousesOf(cfg, pipeline.Warehouses)
		return nil
	}()
	if err != nil {
		open.close(a.log)
		return night.Setup{}, nil, err
	}
	return setup, open, nil
}

func shopsOf(cfg *config.Config) []compute.Shop {
	out := make([]compute.Shop, len(cfg.Shops))
	for i, s := range cfg.Shops {
		out[i] = compute.Shop{ShopKey: compute.ShopKey{Platform: s.Platform, Shop: s.ID}, Name: s.Name, Timezone: s.Timezone}
	}
	return out
}

// sourcesOf makes the sources ready. Those that pull from platforms share the
// limits of their applications; no call is made yet.
func (a *app) sourcesOf(cfg *config.Config) ([]night.Source, error) {
	out := make([]night.Source, len(cfg.Sources))
	limits := api.NewLimits()
	for i, s := range cfg.Sources {
		if s.API != nil {
			platform, err := a.platformOf(cfg, &s, limits)
			if err != nil {
				return nil, err
			}
			out[i] = night.Source{Name: s.Name, Shop: compute.ShopKey{Platform: s.Platform, Shop: s.Shop}, Platform: platform, Preset: pull.Version, CompleteUntil: s.CompleteUntil}
			continue
		}
		p, fingerprint, err := presetOf(cfg, &s)
		if err != nil {
			return nil, err
		}
		files, err := file.New(file.Config{Name: s.Name, Platform: s.Platform, Shop: s.Shop, Path: s.Path, Preset: p})
		if err != nil {
			return nil, err
		}
		out[i] = night.Source{Name: s.Name, Shop: compute.ShopKey{Platform: s.Platform, Shop: s.Shop}, Files: files, Preset: fingerprint, Replace: s.Replace, CompleteUntil: s.CompleteUntil}
	}
	return out, nil
}

// presetNamed returns the user's preset of that name, else the shipped one.
// Without a configuration there are only those that ship.
func presetNamed(cfg *config.Config, name string) (*preset.Preset, error) {
	if cfg != nil {
		if own, ok := cfg.Presets[name]; ok {
			return preset.Parse(own.File, own.Data)
		}
	}
	return preset.Shipped(name)
}

// presetOf returns a source's preset and what identifies its content.
func presetOf(cfg *config.Config, s *config.Source) (*preset.Preset, string, error) {
	p, err := presetNamed(cfg, s.Preset)
	if err != nil {
		return nil, "", fmt.Errorf("source %s: %w", s.Name, err)
	}
	text, err := json.Marshal(p)
	if err != nil {
		return nil, "", fmt.Errorf("source %s: identify preset: %w", s.Name, err)
	}
	sum := sha256.Sum256(text)
	return p, s.Preset + "-" + hex.EncodeToString(sum[:6]), nil
}
