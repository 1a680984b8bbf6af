package config

import (
	"fmt"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // shops' zones must be known on machines without the database

	"kefu/extract/dataset"
	"kefu/transform/rule/yamlnode"
)

// defaultZone is the time zone of shops and schedules that name none.
const defaultZone = "Asia/Shanghai"

// into stores a value that was read well.
func into[T any](dst *T, read func(*yamlnode.Node) (T, bool)) func(*yamlnode.Node) {
	return func(n *yamlnode.Node) {
		if v, ok := read(n); ok {
			*dst = v
		}
	}
}

func (l *loader) text(dst *string, what string) func(*yamlnode.Node) {
	return into(dst, func(n *yamlnode.Node) (string, bool) { return l.String(n, what) })
}

func (l *loader) id(dst *string, what string) func(*yamlnode.Node) {
	return into(dst, func(n *yamlnode.Node) (string, bool) { return l.ID(n, what) })
}

func (l *loader) word(dst *string, what string, words ...string) func(*yamlnode.Node) {
	return into(dst, func(n *yamlnode.Node) (string, bool) { return l.Enum(n, what, words...) })
}

func (l *loader) localPath(dst *string, what string) func(*yamlnode.Node) {
	return func(n *yamlnode.Node) {
		if s, ok := l.String(n, what); ok {
			*dst = l.cfg.path(s)
		}
	}
}

func optional(key string, read func(*yamlnode.Node)) yamlnode.Field {
	return yamlnode.Field{Key: key, Read: read}
}

func required(key string, read func(*yamlnode.Node)) yamlnode.Field {
	return yamlnode.Field{Key: key, Required: true, Read: read}
}

func (l *loader) state(n *yamlnode.Node) {
	s, ok := l.String(n, "state")
	if !ok {
		return
	}
	switch scheme, _, ok := strings.Cut(s, "://"); {
	case !ok:
		l.cfg.State = l.cfg.path(s)
	case scheme != "postgres" && scheme != "postgresql":
		l.Errorf(n.Pos, "name an SQLite file such as var/state.db, or postgres://user:password@host:5432/database", "state cannot be on a server of that kind")
	default:
		if server, ok := l.dsn("state")(n); ok {
			l.cfg.State, l.cfg.StateServer, l.cfg.StateSchema = "", server, server.Schema("kefu")
			l.cfg.StatePos = n.Pos
		}
	}
}

func (l *loader) lake(n *yamlnode.Node) {
	s, ok := l.String(n, "lake")
	if !ok {
		return
	}
	if strings.Contains(s, "://") {
		l.Errorf(n.Pos, "name a folder such as var/lake", "a lake in an object store is not available in this version")
		return
	}
	l.cfg.Lake = l.cfg.path(s)
}

func (l *loader) landing(n *yamlnode.Node) {
	l.Fields(n, "landing",
		optional("path", l.localPath(&l.cfg.Landing.Path, "landing.path")),
		optional("keep_days", into(&l.cfg.Landing.KeepDays, func(n *yamlnode.Node) (int, bool) {
			return l.Int(n, "landing.keep_days", 0, 36500)
		})),
		optional("key", l.secret(&l.cfg.Landing.Key, "landing.key", "var/landing.key")))
}

func (l *loader) engine(n *yamlnode.Node) {
	e := &l.cfg.Engine
	l.Fields(n, "engine",
		optional("type", func(n *yamlnode.Node) {
			l.available(n, &e.Type, "engine", []string{"duckdb", "trino"}, l.opts.Engines)
		}),
		optional("memory_limit", func(n *yamlnode.Node) {
			s, err := ParseSize(n.Value)
			if n.Kind != yamlnode.Text || err != nil || s < minMemory {
				l.Errorf(n.Pos, "write 512MB, 2GB or 1.5GiB; at least "+minMemory.String(), "engine.memory_limit cannot be %s", n.Describe())
				return
			}
			e.MemoryLimit = s
		}),
		optional("threads", into(&e.Threads, func(n *yamlnode.Node) (int, bool) {
			return l.Int(n, "engine.threads", 1, 1024)
		})))
}

// minMemory is what the embedded engine cannot do without.
const minMemory Size = 128e6

// available takes one of the kinds that the schema knows, if this program has it.
func (l *loader) available(n *yamlnode.Node, dst *string, what string, known, here []string) {
	kind, ok := l.Enum(n, what+" type", known...)
	if !ok {
		return
	}
	*dst = kind
	if !slices.Contains(here, kind) {
		l.Errorf(n.Pos, "available: "+strings.Join(here, ", "), "%s %ss are not available in this version", kind, what)
	}
}

func (l *loader) privacy(n *yamlnode.Node) {
	p := &l.cfg.Privacy
	l.Fields(n, "privacy",
		optional("buyer_id", l.word(&p.BuyerID, "privacy.buyer_id", "hash", "plain")),
		optional("text", l.word(&p.Text, "privacy.text", "drop", "keep")),
		optional("secret", l.secret(&p.Secret, "privacy.secret", "var/hash.key")))
}

// secret reads where a key is found.
func (l *loader) secret(s *SecretRef, what, example string) func(*yamlnode.Node) {
	hint := "write {file: " + example + "} or {env: NAME}"
	return func(n *yamlnode.Node) {
		s.Pos = n.Pos
		if n.Kind == yamlnode.Text {
			l.Errorf(n.Pos, hint, "%s names where the key is; the key itself does not belong into this file", what)
			return
		}
		ok := l.Fields(n, what,
			optional("file", l.localPath(&s.File, what+".file")),
			optional("env", l.text(&s.Env, what+".env")))
		if ok && (n.Get("file") == nil) == (n.Get("env") == nil) {
			l.Errorf(n.Pos, hint, "%s needs either file or env", what)
		}
	}
}

func (l *loader) shops(n *yamlnode.Node) {
	seen := names{}
	l.List(n, "shops", func(n *yamlnode.Node) {
		s := Shop{Pos: n.Pos, Timezone: defaultZone}
		zoneAt := n
		ok := l.Fields(n, "a shop",
			required("platform", l.word(&s.Platform, "platform", dataset.Platforms()...)),
			required("shop", l.id(&s.ID, "shop")),
			optional("name", l.text(&s.Name, "name")),
			optional("timezone", func(n *yamlnode.Node) { zoneAt = n; l.text(&s.Timezone, "timezone")(n) }))
		if !ok || s.Platform == "" || s.ID == "" {
			return
		}
		if s.Name == "" {
			s.Name = s.ID
		}
		if strings.ContainsAny(s.ID, "|/\\") || strings.TrimSpace(s.ID) != s.ID {
			l.Errorf(orAt(n, "shop"), "", "a shop's id cannot contain |, / or \\, nor begin or end with a space: %q", s.ID)
		}
		s.Zone = l.zone(&yamlnode.Node{Pos: zoneAt.Pos, Kind: yamlnode.Text, Value: s.Timezone, Raw: s.Timezone}, "timezone")
		l.unique(seen, n.Pos, "shop", s.Platform+"/"+s.ID)
		l.cfg.Shops = append(l.cfg.Shops, s)
	})
	if n.Kind == yamlnode.List && len(n.Items) == 0 {
		l.Errorf(n.Pos, "declare one such as {platform: tmall, shop: flagship}", "there is no shop")
	}
}

// zone loads an IANA time zone.
func (l *loader) zone(n *yamlnode.Node, what string) *time.Location {
	z, err := time.LoadLocation(n.Value)
	if err != nil || n.Value == "" || n.Value == "Local" {
		l.Errorf(n.Pos, "use a name such as Asia/Shanghai", "%s %q is not known", what, n.Value)
		return time.UTC
	}
	return z
}

func (l *loader) sources(n *yamlnode.Node) {
	seen := names{}
	l.List(n, "sources", func(n *yamlnode.Node) {
		s := Source{Pos: n.Pos, Preset: "canonical"}
		if kind := n.Get("type"); kind != nil && apiTypes[kind.Value] != nil {
			if l.api(n, &s) {
				l.addSource(n, seen, s)
			}
			return
		}
		ok := l.Fields(n, "a source",
			required("name", l.text(&s.Name, "name")),
			required("type", l.word(&s.Type, "type", sourceTypes()...)),
			required("platform", l.word(&s.Platform, "platform", dataset.Platforms()...)),
			required("shop", l.id(&s.Shop, "shop")),
			required("path", l.localPath(&s.Path, "path")),
			optional("preset", l.text(&s.Preset, "preset")),
			optional("replace", into(&s.Replace, func(n *yamlnode.Node) (bool, bool) { return l.Bool(n, "replace") })),
			optional("complete_until", into(&s.CompleteUntil, func(n *yamlnode.Node) (time.Time, bool) {
				return l.Date(n, "complete_until")
			})))
		if ok {
			l.addSource(n, seen, s)
		}
	})
}

func (l *loader) addSource(n *yamlnode.Node, seen names, s Source) {
	if s.Name != "" {
		l.unique(seen, orAt(n, "name"), "source", s.Name)
	}
	l.cfg.Sources = append(l.cfg.Sources, s)
	l.later = append(l.later, func() { l.checkSource(n, s) })
}

func (l *loader) checkSource(n *yamlnode.Node, s Source) {
	if s.Platform != "" && s.Shop != "" && l.cfg.Shop(s.Platform, s.Shop) == nil {
		l.Errorf(orAt(n, "shop"), "add it under shops:", "shop %s/%s is not declared", s.Platform, s.Shop)
	}
	if s.API != nil {
		return
	}
	if _, own := l.cfg.Presets[s.Preset]; own || slices.Contains(l.opts.Presets, s.Preset) {
		return
	}
	known := slices.Clone(l.opts.Presets)
	for name := range l.cfg.Presets {
		known = append(known, name)
	}
	slices.Sort(known)
	l.Errorf(orAt(n, "preset"), yamlnode.Suggest(s.Preset, known), "there is no preset %q", s.Preset)
}

func (l *loader) sourceNames() []string {
	out := make([]string, len(l.cfg.Sources))
	for i, s := range l.cfg.Sources {
		out[i] = s.Name
	}
	return out
}

func (l *loader) warehouseNames() []string {
	out := make([]string, len(l.cfg.Warehouses))
	for i, w := range l.cfg.Warehouses {
		out[i] = w.Name
	}
	return out
}

// reference notes that a name in a list must be one of the known ones.
func (l *loader) reference(n *yamlnode.Node, what string, known func() []string) {
	l.later = append(l.later, func() {
		if !slices.Contains(known(), n.Value) {
			l.Errorf(n.Pos, yamlnode.Suggest(n.Value, known()), "there is no %s %s", what, fmt.Sprintf("%q", n.Raw))
		}
	})
}
