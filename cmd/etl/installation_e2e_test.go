package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"kefu/cmd/etl/internal/night"
	"kefu/extract/ledger"
	warehouse "kefu/load/duckdb"
	"kefu/transform/transformtest/world"
)

// installation is a folder in which someone runs etl: a configuration, a secret,
// a folder of exports per source, and all that the nights make.
type installation struct {
	t        *testing.T
	dir      string
	sources  []exportSource
	rules    string // entries under rules:
	privacy  string // further keys under privacy:
	extra    string // further lines of pipelines.yaml
	landing  string // keys under landing:
	servers  string // further entries under warehouses:
	stateDSN string // where the state is on a server; "" = var/state.db
	env      map[string]string
}

// exportSource is a source of type files, read from exports/<name>.
type exportSource struct {
	name, preset string
	shop         world.Shop
	more         string // further keys, such as "replace: true"
}

// e2eSecret keys the buyers' ids of every installation.
const e2eSecret = "5f0c2a9be1d47386a1b2c3d4e5f60718"

// newInstallation makes one with the given sources and rules in an own folder.
func newInstallation(t *testing.T, rules string, sources ...exportSource) *installation {
	t.Helper()
	i := &installation{t: t, dir: t.TempDir(), sources: sources, rules: rules}
	i.write("hash.key", []byte(e2eSecret+"\n"))
	i.configure()
	return i
}

// configure writes pipelines.yaml.
func (i *installation) configure() {
	i.t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, "version: 1\nengine: {memory_limit: 512MB, threads: 2}\nprivacy: {secret: {file: hash.key}%s}\nlanding: {%s}\nshops:\n", i.privacy, i.landing)
	var seen []world.Shop
	for _, s := range i.sources {
		if !slices.Contains(seen, s.shop) {
			seen = append(seen, s.shop)
			fmt.Fprintf(&b, "  - {platform: %s, shop: %s, name: %s, timezone: %s}\n", s.shop.Platform, s.shop.ID, s.shop.Name, s.shop.Timezone)
		}
	}
	b.WriteString("sources:\n")
	for _, s := range i.sources {
		fmt.Fprintf(&b, "  - {name: %s, type: files, platform: %s, shop: %s, path: exports/%s, preset: %s, %s}\n", s.name, s.shop.Platform, s.shop.ID, s.name, s.preset, s.more)
		if err := os.MkdirAll(filepath.Join(i.dir, "exports", s.name), 0o700); err != nil {
			i.t.Fatal(err)
		}
	}
	fmt.Fprintf(&b, "warehouses: [{name: local, type: duckdb, path: var/warehouse.duckdb}%s]\n", i.servers)
	if i.rules != "" {
		b.WriteString("rules:\n" + indented(i.rules))
	}
	b.WriteString(i.extra)
	if i.stateDSN != "" { // last: the tables name lines of the rules
		b.WriteString("state: ${KEFU_STATE}\n")
	}
	i.write("pipelines.yaml", []byte(b.String()))
}

func indented(text string) string {
	return "  " + strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n  ") + "\n"
}

func (i *installation) path(name string) string {
	return filepath.Join(i.dir, filepath.FromSlash(name))
}

func (i *installation) write(name string, data []byte) {
	i.t.Helper()
	if err := os.MkdirAll(filepath.Dir(i.path(name)), 0o700); err != nil {
		i.t.Fatal(err)
	}
	if err := os.WriteFile(i.path(name), data, 0o600); err != nil {
		i.t.Fatal(err)
	}
}

func (i *installation) read(name string) string {
	i.t.Helper()
	data, err := os.ReadFile(i.path(name))
	if err != nil {
		i.t.Fatal(err)
	}
	return string(data)
}

func (i *installation) remove(name string) {
	i.t.Helper()
	if err := os.RemoveAll(i.path(name)); err != nil {
		i.t.Fatal(err)
	}
}

// deliver puts files into the folders of their sources.
func (i *installation) deliver(files ...delivery) {
	i.t.Helper()
	for _, f := range files {
		i.write("exports/"+f.source+"/"+f.name, []byte(f.text))
	}
}

// ended is how a command ended and what it said.
type ended struct {
	code     int
	out, err string
}

// etl runs a command line in this process.
func (i *installation) etl(args ...string) ended {
	i.t.Helper()
	return i.etlWith(&app{}, args...)
}

// etlWith runs a command line by a program with changed parts.
func (i *installation) etlWith(a *app, args ...string) ended {
	i.t.Helper()
	var out, errs bytes.Buffer
	a.in, a.out, a.err = strings.NewReader(""), &out, &errs
	a.lookup = i.lookup
	code := a.run(i.t.Context(), append([]string{"--config", i.path("pipelines.yaml")}, args...))
	return ended{code, out.String(), errs.String()}
}

// lookup finds a variable of the environment that commands see.
func (i *installation) lookup(name string) (string, bool) {
	value, ok := i.env[name]
	return value, ok
}

// child prepares a command line in a process of its own: the test binary is etl
// where it is called so.
func (i *installation) child(args ...string) *exec.Cmd {
	i.t.Helper()
	self, err := os.Executable()
	if err != nil {
		i.t.Fatal(err)
	}
	cmd := exec.CommandContext(i.t.Context(), self)
	cmd.Args = append([]string{"etl", "--config", i.path("pipelines.yaml")}, args...)
	cmd.Dir, cmd.Env = i.dir, append(os.Environ(), "NO_COLOR=1")
	for name, value := range i.env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	return cmd
}

// finish runs a prepared command to its end.
func finish(cmd *exec.Cmd) ended {
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		return ended{-1, "", err.Error()}
	}
	return ended{cmd.ProcessState.ExitCode(), out.String(), errs.String()}
}

// night runs `etl run`, which must end with the code, and returns its summary.
func (i *installation) night(code int, args ...string) *night.Summary {
	i.t.Helper()
	return i.summary(i.etl(append([]string{"run", "--json"}, args...)...), code)
}

func (i *installation) summary(e ended, code int) *night.Summary {
	i.t.Helper()
	if e.code != code {
		i.t.Fatalf("etl run ended with %d, want %d\n%s%s", e.code, code, e.out, e.err)
	}
	var s night.Summary
	if err := json.Unmarshal([]byte(e.out), &s); err != nil {
		i.t.Fatalf("the summary is no JSON: %v\n%s", err, e.out)
	}
	return &s
}

// ledger opens the state.
func (i *installation) ledger() *ledger.Ledger {
	i.t.Helper()
	var l *ledger.Ledger
	var err error
	if i.stateDSN != "" {
		l, err = ledger.OpenServer(i.t.Context(), parsed(i.t, i.stateDSN), "kefu")
	} else {
		l, err = ledger.Open(i.t.Context(), i.path("var/state.db"))
	}
	if err != nil {
		i.t.Fatal(err)
	}
	i.t.Cleanup(func() { _ = l.Close() }) // read only
	return l
}

// accounted fails the test unless every line of every file loaded so far is
// accounted for, and returns how many were read.
func (i *installation) accounted() int64 {
	i.t.Helper()
	state, read := i.ledger(), int64(0)
	for _, s := range i.sources {
		files, err := state.Files(i.t.Context(), s.name)
		if err != nil {
			i.t.Fatal(err)
		}
		for _, f := range files {
			for name, c := range f.Counts {
				read += c.Read
				if lost := c.Lost(); lost != 0 {
					i.t.Errorf("%s/%s: %d of %d lines of %s are lost: %+v", s.name, f.Name, lost, c.Read, name, c)
				}
			}
		}
	}
	return read
}

// quarantine lists the rows that wait, without what differs between runs.
func (i *installation) quarantine() []string {
	i.t.Helper()
	rows, err := i.ledger().Quarantined(i.t.Context(), ledger.QuarantineFilter{})
	if err != nil {
		i.t.Fatal(err)
	}
	out := []string{}
	for _, r := range rows {
		out = append(out, fmt.Sprintf("%s %s:%d %s %s: %s (%s) %s", r.Source, r.File, r.Line, r.Dataset, r.Column, r.Reason, r.Hint, r.Status))
	}
	slices.Sort(out)
	return out
}

// publishedTables is the content of a warehouse: table → rows as text, sorted.
type publishedTables map[string][]string

// tables reads all published tables; those about runs are left out.
func (i *installation) tables() publishedTables {
	i.t.Helper()
	tables, err := readTables(i.t.Context(), i.path("var/warehouse.duckdb"))
	if err != nil {
		i.t.Fatal(err)
	}
	return tables
}

func readTables(ctx context.Context, path string) (publishedTables, error) {
	db, err := warehouse.OpenReader(ctx, path)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	names, err := texts(ctx, db, "select table_name from duckdb_tables() where database_name = 'warehouse' and not starts_with(table_name, 'etl_')")
	if err != nil {
		return nil, err
	}
	out := publishedTables{}
	for _, name := range names {
		if out[name], err = texts(ctx, db, fmt.Sprintf("select cast(x as varchar) from %q x order by 1", name)); err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
	}
	return out, nil
}
