package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"kefu/extract/api"
	"kefu/extract/dataset"
	"kefu/extract/extracttest"
	"kefu/extract/extracttest/gateway"
	"kefu/extract/lake"

	_ "github.com/duckdb/duckdb-go/v2" // reads the lake
)

// gates are the fake gateways of all platforms, each with a shop.
type gates struct {
	list  []*gate
	now   func() time.Time
	days  int
	calls atomic.Int64
	// after, where it is set, looks at every call before it is answered: which of
	// the platform's it is, and which of all.
	after atomic.Pointer[func(of *gate, its, all int64)]
}

// gate is one platform.
type gate struct {
	*gateway.Gateway
	platform string // of the shop
	kind     string // type of the source
	shop     *extracttest.Shop
	faults   *extracttest.Faults
	address  string
	calls    atomic.Int64
}

// openGates opens the platforms with the sample of so many days.
func openGates(t *testing.T, now func() time.Time, days int) *gates {
	t.Helper()
	g := &gates{now: now, days: days}
	for _, kind := range gateway.Platforms() {
		one := &gate{platform: kind, kind: kind, shop: extracttest.Sample(now(), days, extracttest.Seed), faults: &extracttest.Faults{}}
		if kind == "taobao" {
			one.platform = "tmall"
		}
		var err error
		if one.Gateway, err = gateway.New(kind, gateway.Options{Shop: one.shop, Faults: one.faults, Now: now, AppKey: "app-" + kind, Secret: plantedSecret}); err != nil {
			t.Fatal(err)
		}
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			its, all := one.calls.Add(1), g.calls.Add(1)
			if after := g.after.Load(); after != nil {
				(*after)(one, its, all)
			}
			one.ServeHTTP(w, r)
		}))
		t.Cleanup(server.Close)
		one.address = server.URL
		g.list = append(g.list, one)
	}
	return g
}

// play lets every platform misbehave.
func (g *gates) play(f extracttest.Fault, every int) {
	for _, one := range g.list {
		one.faults.Play(f, every)
	}
}

// install makes an installation that pulls from all of them. Its only pipeline
// takes the keys.
func (g *gates) install(t *testing.T, pipeline string) *installation {
	t.Helper()
	i := &installation{t: t, dir: t.TempDir(), env: map[string]string{"APP": plantedSecret}}
	var b strings.Builder
	b.WriteString("version: 1\nengine: {memory_limit: 512MB, threads: 2}\nprivacy: {secret: {file: hash.key}}\nshops:\n")
	for _, one := range g.list {
		fmt.Fprintf(&b, "  - {platform: %s, shop: %s-shop, name: %s}\n", one.platform, one.kind, one.kind)
	}
	b.WriteString("sources:\n")
	for _, one := range g.list {
		fmt.Fprintf(&b, "  - {name: %s, type: %s, platform: %s, shop: %s-shop, app_key: app-%s, secret: {env: APP}, since: %s, rate: {app: 10000}, %sendpoint: %q, oauth: %q}\n",
			one.kind, one.kind, one.platform, one.kind, one.kind, g.now().In(api.Beijing).AddDate(0, 0, -g.days-1).Format(time.DateOnly), one.Keys, one.address+one.Endpoint, one.address+one.OAuth)
		i.session(one, plantedToken, plantedRefresh)
		one.Grant.Set(plantedToken, plantedRefresh)
		i.sources = append(i.sources, exportSource{name: one.kind})
	}
	fmt.Fprintf(&b, "warehouses:\n  - {name: local, type: duckdb, path: var/warehouse.duckdb}\npipelines:\n  - {name: nightly, schedule: \"30 2 * * *\"%s}\n", pipeline)
	i.write("hash.key", []byte(e2eSecret+"\n"))
	i.write("pipelines.yaml", []byte(b.String()))
	return i
}

// ingestOnly is a pipeline that computes nothing.
const ingestOnly = ", models: [], load: []"

// session writes the session of a source as `etl auth` would have.
func (i *installation) session(of *gate, token, refresh string) {
	i.t.Helper()
	text, err := json.Marshal(api.Session{Access: token, Refresh: refresh})
	if err != nil {
		i.t.Fatal(err)
	}
	i.write("var/sessions/"+of.kind+".json", text)
}

// hasty is the program for platforms that are near.
func hasty(clock testClock) *app {
	return &app{clock: clock, patience: patience{waitMin: time.Millisecond, waitMax: 5 * time.Millisecond, timeout: 2 * time.Second}}
}

// lakeRows reads the datasets of the lake as they are now: all columns but those
// that say which response a row came with.
func (i *installation) lakeRows() publishedTables {
	i.t.Helper()
	queries := map[string]string{}
	for _, s := range dataset.All() {
		queries[s.Name] = "select cast(x as varchar) from (select * exclude (source_file, source_line) from %s) x order by 1"
	}
	return i.fromLake(queries)
}

// fromLake asks one query of each dataset named; %s is its rows.
func (i *installation) fromLake(queries map[string]string) publishedTables {
	i.t.Helper()
	out, err := readLake(i.t.Context(), lake.Options{Catalog: i.path("var/state.db"), Root: i.path("var/lake")}, queries)
	if err != nil {
		i.t.Fatal(err)
	}
	return out
}

func readLake(ctx context.Context, options lake.Options, queries map[string]string) (publishedTables, error) {
	l, err := lake.Open(ctx, options)
	if err != nil {
		return nil, err
	}
	defer func() { _ = l.Close() }() // read only
	db, err := sql.Open("duckdb", "")
	if err != nil {
		return nil, err
	}
	defer db.Close()
	out := publishedTables{}
	for name, query := range queries {
		spec, err := l.Describe(ctx, name)
		if err != nil {
			return nil, err
		}
		files, _, err := l.Files(ctx, name, 0)
		if err != nil {
			return nil, err
		}
		if out[name], err = texts(ctx, db, fmt.Sprintf(query, spec.Relation(files))); err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
	}
	return out, nil
}

// pulledDatasets are those that the gates fill.
var pulledDatasets = []string{"orders", "order_items", "refunds", "evaluations", "agent_presence", "agents", "chat_messages"}
