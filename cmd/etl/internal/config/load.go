package config

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"kefu/transform/rule"
	"kefu/transform/rule/yamlnode"
)

// Options say what this program can do; the zero value knows the embedded
// engine, all warehouses and the shipped presets.
type Options struct {
	Lookup     yamlnode.Lookup // default os.LookupEnv
	Engines    []string        // default duckdb
	Warehouses []string        // default duckdb, postgres
	Presets    []string        // names of the shipped presets
}

func (o *Options) setDefaults() {
	if o.Lookup == nil {
		o.Lookup = os.LookupEnv
	}
	if o.Engines == nil {
		o.Engines = []string{"duckdb"}
	}
	if o.Warehouses == nil {
		o.Warehouses = []string{"duckdb", "postgres"}
	}
	if o.Presets == nil {
		o.Presets = []string{"canonical", "taobao", "jd", "kuaishou", "doudian", "pdd"}
	}
}

// Load reads a pipelines.yaml and the files it includes. The error is an
// *Error with every problem; without one the config holds together. Whether
// the keys can be read is told by Secret and LandingKey.
func Load(file string, opts Options) (*Config, error) {
	opts.setDefaults()
	l := &loader{
		opts: opts,
		cfg:  &Config{File: file, Dir: filepath.Dir(file), Presets: map[string]PresetNode{}},
	}
	l.cfg.setDefaults()
	root := l.read(file)
	if root != nil {
		l.file(root)
		l.finish(root)
	}
	return l.result()
}

// loader collects problems while it reads; its steps go on after each.
type loader struct {
	yamlnode.Reader
	opts     Options
	cfg      *Config
	included []rule.Entry
	own      []rule.Entry
	texts    map[string][]byte // by file
	later    []func()          // references, checked when everything is read
	unset    []Problem         // variables
}

func (c *Config) setDefaults() {
	c.State, c.Lake, c.Landing.Path = c.path("var/state.db"), c.path("var/lake"), c.path("var/landing")
	c.Engine = Engine{Type: "duckdb", MemoryLimit: defaultMemory(availableMemory(system())), Threads: runtime.NumCPU()}
	c.Privacy = Privacy{BuyerID: "hash", Text: "drop"}
	c.Maintenance = Maintenance{KeepPublications: 3, KeepDays: 7, OrphanAge: 24 * time.Hour}
}

// path makes a path of the file relative to the file's folder.
func (c *Config) path(p string) string {
	if filepath.IsAbs(p) {
		return filepath.Clean(p)
	}
	return filepath.Join(c.Dir, p)
}

// read parses a file into a tree; nil when there is none.
func (l *loader) read(file string) *yamlnode.Node {
	data, err := os.ReadFile(file)
	if err != nil {
		hint := ""
		if errors.Is(err, fs.ErrNotExist) {
			hint = "`etl init` writes one; --config names another"
		}
		l.Errorf(yamlnode.Pos{File: file}, hint, "%s", reason(err))
		return nil
	}
	if l.texts == nil {
		l.texts = map[string][]byte{}
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	l.texts[file] = data
	root, problems := yamlnode.Parse(file, data)
	l.Problems = append(l.Problems, problems...)
	if root == nil {
		return nil
	}
	for _, pair := range root.Pairs {
		if pair.Key != "presets" { // whose expressions may well contain ${
			l.unset = append(l.unset, yamlnode.Expand(pair.Value, l.opts.Lookup)...)
		}
	}
	return root
}

// reason is an error of the file system without the path, which the position names.
func reason(err error) string {
	var at *fs.PathError
	if errors.As(err, &at) {
		return fmt.Sprintf("cannot be read: %s", at.Err)
	}
	return err.Error()
}

func (l *loader) result() (*Config, error) {
	fatal := l.unset
	for _, p := range l.Problems {
		// What a value would be without its variable is of no interest.
		if slices.ContainsFunc(l.unset, func(u Problem) bool { return u.Pos == p.Pos }) {
			continue
		}
		if p.Class == yamlnode.Warning {
			l.cfg.Warnings = append(l.cfg.Warnings, p)
		} else {
			fatal = append(fatal, p)
		}
	}
	yamlnode.Sort(l.cfg.Warnings)
	if len(fatal) > 0 {
		yamlnode.Sort(fatal)
		return nil, &Error{Problems: slices.Compact(fatal)}
	}
	return l.cfg, nil
}

// file reads the top level.
func (l *loader) file(root *yamlnode.Node) {
	if root.Kind == yamlnode.Null {
		l.Errorf(root.Pos, "`etl init` writes a commented one", "the file is empty")
		return
	}
	l.Fields(root, "the configuration",
		required("version", func(n *yamlnode.Node) { l.Int(n, "version", 1, 1) }),
		optional("state", l.state),
		optional("lake", l.lake),
		optional("landing", l.landing),
		optional("engine", l.engine),
		optional("privacy", l.privacy),
		optional("include", l.include),
		required("shops", l.shops),
		optional("sources", l.sources),
		optional("presets", l.presets),
		optional("rules", func(n *yamlnode.Node) { l.own = append(l.own, l.rules(n)...) }),
		optional("warehouses", l.warehouses),
		optional("pipelines", l.pipelines),
		optional("alerts", l.alerts),
		optional("maintenance", l.maintenance),
	)
}

// finish checks what refers to something else.
func (l *loader) finish(root *yamlnode.Node) {
	if l.cfg.Privacy.Secret == (SecretRef{}) && root.Kind == yamlnode.Mapping {
		if at := root.Get("privacy"); at == nil || at.Get("secret") == nil {
			l.Errorf(root.Pos, "add privacy: {secret: {file: var/hash.key}}; `etl init` makes the file", "privacy.secret, the key of buyers' ids, is not given")
		}
	}
	for _, check := range l.later {
		check()
	}
	if len(l.cfg.Pipelines) == 0 {
		p := Pipeline{Pos: root.Pos, Name: "default", Timezone: defaultZone, Models: []string{"*"}}
		p.Zone = l.zone(&yamlnode.Node{Pos: root.Pos, Kind: yamlnode.Text, Value: defaultZone}, "timezone")
		p.Sources, p.Warehouses = l.sourceNames(), l.warehouseNames()
		l.cfg.Pipelines = []Pipeline{p}
	}
	// The main file's entries stand after those of the included ones.
	set, problems := rule.Parse(append(l.included, l.own...), l.cfg.RuleShops())
	l.cfg.Rules = set
	l.Problems = append(l.Problems, problems...)
}

func (l *loader) rules(n *yamlnode.Node) []rule.Entry {
	entries, problems := rule.Entries(n)
	l.Problems = append(l.Problems, problems...)
	for i := range entries {
		entries[i].File = l.relative(entries[i].Pos.File)
	}
	return entries
}

// relative names a file as seen from the folder of the configuration, so that
// tables say the same wherever that folder is.
func (l *loader) relative(file string) string {
	name, err := filepath.Rel(l.cfg.Dir, file)
	if err != nil {
		return file
	}
	return filepath.ToSlash(name)
}

// include reads the files of rules and presets.
func (l *loader) include(n *yamlnode.Node) {
	l.List(n, "include", func(n *yamlnode.Node) {
		pattern, ok := l.String(n, "an item of include")
		if !ok {
			return
		}
		files, err := filepath.Glob(l.cfg.path(pattern))
		if err != nil {
			l.Errorf(n.Pos, "", "include %q is no pattern of file names", n.Raw)
			return
		}
		if len(files) == 0 {
			if strings.ContainsAny(pattern, "*?[") {
				l.Warnf(n.Pos, "", "include %q fits no file", n.Raw)
			} else {
				l.Errorf(n.Pos, "", "include %q does not exist", n.Raw)
			}
		}
		for _, file := range files {
			if _, again := l.texts[file]; !again {
				l.includeFile(file)
			}
		}
	})
}

func (l *loader) includeFile(file string) {
	root := l.read(file)
	if root == nil || root.Kind == yamlnode.Null {
		return
	}
	if root.Kind == yamlnode.List {
		l.Errorf(root.Pos, "put `rules:` before the list", "an included file must be a mapping, not a list")
		return
	}
	l.Fields(root, "an included file",
		yamlnode.Field{Key: "rules", Read: func(n *yamlnode.Node) { l.included = append(l.included, l.rules(n)...) }},
		yamlnode.Field{Key: "presets", Read: l.presets})
}

// names keeps track of names that must not repeat.
type names map[string]yamlnode.Pos

func (l *loader) unique(seen names, at yamlnode.Pos, what, name string) {
	if first, ok := seen[name]; ok {
		l.Errorf(at, "", "%s %s stands twice, first at %s", what, name, first)
		return
	}
	seen[name] = at
}

// orAt is the position of a key's value, or of the whole when it is missing.
func orAt(n *yamlnode.Node, key string) yamlnode.Pos {
	return cmp.Or(n.Get(key), n).Pos
}
