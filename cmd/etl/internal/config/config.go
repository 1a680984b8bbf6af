// Package config owns pipelines.yaml: its form, its defaults and every problem
// it can have, each with file, line and column. It opens no connections.
package config

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"kefu/extract/postgres"
	"kefu/transform/rule"
	"kefu/transform/rule/yamlnode"
)

// Problem is one thing wrong with the configuration.
type Problem = yamlnode.Problem

// Config is a pipelines.yaml that holds together. Paths are relative to the
// working directory or absolute.
type Config struct {
	File string // as given
	Dir  string // folder of the file, which its paths are relative to

	State       string           // SQLite file, default var/state.db; "" = on the server
	StateServer *postgres.Server // nil = in the file
	StateSchema string           // on the server: the DSN's search_path, default kefu
	StatePos    yamlnode.Pos     // of the DSN

	Lake        string // folder of the Iceberg tables, default var/lake
	Landing     Landing
	Engine      Engine
	Privacy     Privacy
	Shops       []Shop
	Sources     []Source
	Presets     map[string]PresetNode // the user's own, by name
	Rules       *rule.Set
	Warehouses  []Warehouse
	Pipelines   []Pipeline // never empty
	Alerts      []Alert
	Maintenance Maintenance

	Warnings []Problem
}

// Landing is where received bytes are kept.
type Landing struct {
	Path     string // default var/landing
	KeepDays int    // 0 (default) = for ever
	// Key encrypts what is received from now on; the zero value = not encrypted.
	Key SecretRef
}

// Maintenance says what `etl lake maintain` keeps.
type Maintenance struct {
	KeepPublications int           // at least so many of the latest, default 3
	KeepDays         int           // and all of so many days, default 7
	OrphanAge        time.Duration // files that belong to nothing go when they are older, default 24h
}

// Engine runs the models.
type Engine struct {
	Type        string // duckdb
	MemoryLimit Size   // default: a quarter of the memory there is, at least 2GB
	Threads     int    // default: as many as the machine has
}

// Privacy says what is stored of buyers and their words.
type Privacy struct {
	BuyerID string // hash (default), plain
	Text    string // drop (default), keep
	Secret  SecretRef
}

// KeepText tells whether message texts are stored.
func (p Privacy) KeepText() bool { return p.Text == "keep" }

// HashBuyers tells whether buyers' ids are stored as keyed hashes.
func (p Privacy) HashBuyers() bool { return p.BuyerID == "hash" }

// Shop is a shop whose days are computed.
type Shop struct {
	Pos      yamlnode.Pos
	Platform string
	ID       string
	Name     string // default: the id
	Timezone string // default Asia/Shanghai
	Zone     *time.Location
}

// Source is where a shop's rows come from.
type Source struct {
	Pos      yamlnode.Pos
	Name     string
	Type     string // files, or a platform that is pulled from
	Platform string
	Shop     string
	Path     string // folder, file or glob
	Preset   string // default canonical
	API      *API   // of a platform that is pulled from
	// Replace: a new version of a file also deletes what it no longer holds.
	Replace bool
	// CompleteUntil is the last day up to which the source is known to be
	// complete; zero = as far as its rows go.
	CompleteUntil time.Time
}

// PresetNode is a preset of the user's own, still as YAML.
type PresetNode struct {
	Name string
	File string
	Pos  yamlnode.Pos
	// Data is the preset alone, at the lines and columns that it has in File,
	// so that problems found in it carry the right position.
	Data []byte
}

// Warehouse is where published tables are loaded.
type Warehouse struct {
	Pos    yamlnode.Pos
	Name   string
	Type   string           // duckdb, postgres
	Path   string           // duckdb
	Server *postgres.Server // postgres
	Schema string           // postgres, default kpi
}

// Pipeline is one night's work.
type Pipeline struct {
	Pos        yamlnode.Pos
	Name       string
	Schedule   string // cron; "" = only by hand
	Timezone   string // of the schedule, default Asia/Shanghai
	Zone       *time.Location
	Sources    []string // names; never empty unless there are no sources
	Models     []string // globs, default all; empty = ingest only
	Warehouses []string // names; empty = load nothing
}

// Alert is a webhook that is told how a run ended.
type Alert struct {
	Pos       yamlnode.Pos
	Name      string   // default: the type, with its place in the list where it repeats
	Type      string   // one of alert.Types
	URL       string   // secret
	Secret    string   // signing key, where the platform has one
	On        []string // of alert.Events, default failed and late
	Language  string   // zh (default), en
	Pipelines []string // default all

	RejectedRows  int     // so many rejected lines of a source are worth telling, default 10 …
	RejectedShare float64 // … or this share of the lines read, default 0.01
	LateDays      int     // days that a shop may lag behind yesterday, default 1
	RestatedDays  int     // days before a shop's last one from which a change is worth telling, default 30
}

// Source returns the source of that name, or nil.
func (c *Config) Source(name string) *Source {
	for i := range c.Sources {
		if c.Sources[i].Name == name {
			return &c.Sources[i]
		}
	}
	return nil
}

// Shop returns the shop, or nil.
func (c *Config) Shop(platform, id string) *Shop {
	for i := range c.Shops {
		if c.Shops[i].Platform == platform && c.Shops[i].ID == id {
			return &c.Shops[i]
		}
	}
	return nil
}

// Warehouse returns the warehouse of that name, or nil.
func (c *Config) Warehouse(name string) *Warehouse {
	for i := range c.Warehouses {
		if c.Warehouses[i].Name == name {
			return &c.Warehouses[i]
		}
	}
	return nil
}

// Pipeline returns the pipeline of that name, or the first for "".
func (c *Config) Pipeline(name string) (*Pipeline, error) {
	known := make([]string, len(c.Pipelines))
	for i := range c.Pipelines {
		if name == "" || c.Pipelines[i].Name == name {
			return &c.Pipelines[i], nil
		}
		known[i] = c.Pipelines[i].Name
	}
	return nil, fmt.Errorf("there is no pipeline %q (known: %s)", name, strings.Join(known, ", "))
}

// RuleShops returns the shops as the rules know them.
func (c *Config) RuleShops() []rule.Shop {
	out := make([]rule.Shop, len(c.Shops))
	for i, s := range c.Shops {
		out[i] = rule.Shop{Platform: s.Platform, ID: s.ID, Zone: s.Zone}
	}
	return out
}

// Error lists every problem of a configuration.
type Error struct {
	Problems []Problem
}

// Error puts each problem on a line of its own.
func (e *Error) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// Environment tells whether the file itself is fine and only something that it
// names is missing.
func (e *Error) Environment() bool {
	for _, p := range e.Problems {
		if p.Class != yamlnode.Environment {
			return false
		}
	}
	return true
}

// Exists tells whether there is anything at the source's path.
func (s *Source) Exists() bool {
	if _, err := os.Stat(s.Path); err == nil {
		return true
	}
	matches, err := filepath.Glob(s.Path)
	return err == nil && len(matches) > 0
}
