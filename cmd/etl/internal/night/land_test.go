package night

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"kefu/extract/file"
	"kefu/extract/lake"
	"kefu/extract/landing"
	"kefu/extract/ledger"
	"kefu/extract/preset"
	"kefu/transform/compute"
	"kefu/transform/duckdb"
	"kefu/transform/normalise"
	"kefu/transform/rule"
)

// hooks are called while a file lands: when it begins, and when all of its bytes
// are written. They stand where the encryption of landing does.
type hooks struct {
	begin func() error
	end   func()
}

func (h *hooks) Seal(w io.Writer) (io.WriteCloser, error) {
	if h.begin != nil {
		if err := h.begin(); err != nil {
			return nil, err
		}
	}
	return ending{w, h}, nil
}
func (*hooks) Open(r io.Reader) (io.Reader, error) { return r, nil }
func (*hooks) Recipient() string                   { return "" }
func (*hooks) Opens(string) bool                   { return true }

type ending struct {
	io.Writer
	hooks *hooks
}

func (e ending) Close() error {
	if e.hooks.end != nil {
		e.hooks.end()
	}
	return nil
}

// reader is an installation that reads the products of one shop.
type reader struct {
	t      *testing.T
	folder string // of the files
	hooks  hooks
	setup  Setup
}

func newReader(t *testing.T) *reader {
	t.Helper()
	r := &reader{t: t, folder: t.TempDir()}
	root := t.TempDir()
	state, err := ledger.Open(t.Context(), filepath.Join(root, "state.db"))
	r.must(err)
	tables, err := lake.Open(t.Context(), lake.Options{Catalog: filepath.Join(root, "state.db"), Root: filepath.Join(root, "lake")})
	r.must(err)
	engine, err := duckdb.Open(t.Context(), duckdb.Options{MemoryLimit: "200MB", Directories: []string{root}})
	r.must(err)
	t.Cleanup(func() {
		if err := errors.Join(engine.Close(), tables.Close(), state.Close()); err != nil {
			t.Error(err)
		}
	})
	canonical, err := preset.Shipped("canonical")
	r.must(err)
	files, err := file.New(file.Config{Name: "files", Platform: "tmall", Shop: "a", Path: r.folder, Preset: canonical})
	r.must(err)
	rules, problems := rule.Parse(nil, nil)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	shop := compute.ShopKey{Platform: "tmall", Shop: "a"}
	sources := []Source{{Name: "files", Shop: shop, Files: files}}
	r.setup = Setup{
		Ledger: state, Lake: tables, Landing: landing.New(filepath.Join(root, "landing"), landing.Protected(&r.hooks, []byte("secret"))),
		Engine: engine, Rules: rules, Privacy: normalise.Privacy{Secret: []byte("secret")}, Events: silent{}, Log: slog.New(slog.DiscardHandler),
		Shops: []compute.Shop{{ShopKey: shop, Timezone: "Asia/Shanghai"}}, Configured: sources, Sources: sources,
	}
	return r
}

func (r *reader) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

// sheet is a file of these products.
func sheet(ids ...string) string {
	var b strings.Builder
	b.WriteString("product_id,title,category,price,updated_at\n")
	for _, id := range ids {
		b.WriteString(id + ",示例商品" + id + ",服饰,12.30,2026-01-02 03:04:05\n")
	}
	return b.String()
}

func (r *reader) path(name string) string { return filepath.Join(r.folder, name) }

// deliver writes into the file that stands there; replace renames another over it.
func (r *reader) deliver(name, text string) {
	r.t.Helper()
	r.must(os.WriteFile(r.path(name), []byte(text), 0o600))
}

func (r *reader) replace(name, text string) {
	r.t.Helper()
	r.deliver("."+name, text)
	r.must(os.Rename(r.path("."+name), r.path(name)))
}

// products lists the ids of the products in the lake.
func (r *reader) products() []string {
	r.t.Helper()
	files, _, err := r.setup.Lake.Files(r.t.Context(), "products", 0)
	if errors.Is(err, lake.ErrNoTable) {
		return nil
	}
	r.must(err)
	var ids []string
	for _, f := range files {
		rows, err := r.setup.Engine.Query(r.t.Context(), "select product_id from read_parquet('"+f.Path+"')")
		r.must(err)
		for rows.Next() {
			var id string
			r.must(rows.Scan(&id))
			ids = append(ids, id)
		}
		r.must(errors.Join(rows.Err(), rows.Close()))
	}
	slices.Sort(ids)
	return ids
}

// loaded lists the names of the files that count as loaded, all others are an error.
func (r *reader) loaded() []string {
	r.t.Helper()
	files, err := r.setup.Ledger.Files(r.t.Context(), "files")
	r.must(err)
	var names []string
	for _, f := range files {
		landed, err := r.setup.Landing.Stat("tmall/a", f.LandedID)
		if err != nil || f.Status != ledger.Loaded || landed.Bytes != f.Bytes || f.Bytes == 0 {
			r.t.Errorf("the state has %s as %s with %d bytes, landing has %d of them: %v", f.Name, f.Status, f.Bytes, landed.Bytes, err)
		}
		names = append(names, f.Name)
	}
	slices.Sort(names)
	return names
}

func many(prefix string, n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = prefix + fmt.Sprintf("%06d", i)
	}
	return out
}

// Files change while they land, which is while they are read. What counts is
// what landed, and nothing of a mixture.
func TestFilesThatChangeWhileTheyLandAndAreRead(t *testing.T) {
	changeWhileLanding(t, 20_000)
}

// Large ones land while they are looked at, too.
func TestLargeFilesThatChangeWhileTheyLandAndAreRead(t *testing.T) {
	const rows = 80_000
	if size := len(sheet(many("a", rows)...)); size < atOnce {
		t.Fatalf("%d bytes are few", size)
	}
	changeWhileLanding(t, rows)
}

func changeWhileLanding(t *testing.T, rows int) {
	t.Helper()
	old, other, third := many("a", rows), many("b", rows), many("c", rows*3/4)
	for name, c := range map[string]struct {
		begin, end func(r *reader)
		products   []string // in the lake after the run
		failed     int
		known      int
	}{
		"as it was":                        {products: old},
		"replaced by a rename":             {begin: func(r *reader) { r.replace("products-1.csv", sheet(other...)) }, products: old},
		"gone":                             {begin: func(r *reader) { r.must(os.Remove(r.path("products-1.csv"))) }, products: old},
		"written over before it is read":   {begin: func(r *reader) { r.deliver("products-1.csv", sheet(other...)) }, products: other},
		"written over before and after":    {begin: func(r *reader) { r.deliver("products-1.csv", sheet(other...)) }, end: func(r *reader) { r.deliver("products-1.csv", sheet(third...)) }, failed: 1},
		"cut off, and no file of the kind": {begin: func(r *reader) { r.deliver("products-1.csv", "no header\n") }, failed: 1},
		"written over by a copy of the other": {
			begin: func(r *reader) { r.deliver("products-1.csv", sheet("z1")) }, known: 1,
		},
	} {
		r := newReader(t)
		r.deliver("products-1.csv", sheet(old...))
		r.deliver("products-2.csv", sheet("z1"))
		once := false // the file that lands first is products-1.csv
		r.hooks.begin = func() error {
			if !once && c.begin != nil {
				c.begin(r)
			}
			return nil
		}
		r.hooks.end = func() {
			if !once && c.end != nil {
				c.end(r)
			}
			once = true
		}
		sum, err := Run(t.Context(), r.setup, Options{})
		if c.failed == 0 && err != nil || c.failed > 0 && !errors.Is(err, ErrUnits) {
			t.Errorf("%s: %v", name, err)
		}
		if s := sum.Sources[0]; s.Failed != c.failed || s.Known != c.known || s.Files != 2-c.failed-c.known || s.Accepted != int64(len(c.products)+1) {
			t.Errorf("%s: %+v", name, s)
		}
		if got, want := r.products(), append(slices.Clone(c.products), "z1"); !slices.Equal(got, want) {
			t.Errorf("%s: the lake holds %d products, want %d", name, len(got), len(want))
		}
		if name == "cut off, and no file of the kind" {
			continue // it landed, and counts as a file that cannot be read
		}
		if got := r.loaded(); len(got) != 2-c.failed-c.known {
			t.Errorf("%s: loaded are %v", name, got)
		}
		// The next run reads what was refused.
		r.hooks = hooks{}
		if c.failed > 0 {
			if _, err := Run(t.Context(), r.setup, Options{}); err != nil {
				t.Errorf("%s: the next run: %v", name, err)
			}
			if got := r.loaded(); len(got) != 2 || len(r.products()) != len(third)+1 {
				t.Errorf("%s: the next run has loaded %v", name, got)
			}
		}
	}
}

// Where landing fails, or the run is stopped, nothing of the file counts, though
// it may have been read; the next run loads it.
func TestNothingCountsBeforeItHasLanded(t *testing.T) {
	full := errors.New("no space left")
	for name, c := range map[string]struct {
		begin func(cancel func()) error
		want  error
	}{
		"the disk is full": {func(func()) error { return full }, full},
		"stopped":          {func(cancel func()) error { cancel(); return nil }, context.Canceled},
	} {
		r := newReader(t)
		products := many("a", 5_000)
		r.deliver("products-1.csv", sheet(products...))
		ctx, cancel := context.WithCancel(t.Context())
		r.hooks.begin = func() error { return c.begin(cancel) }
		if _, err := Run(ctx, r.setup, Options{}); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
		cancel()
		if kept, err := r.setup.Landing.List(""); err != nil || len(kept) > 0 || len(r.products()) > 0 || len(r.loaded()) > 0 {
			t.Errorf("%s: landed %v, %v", name, kept, err)
		}
		if left, err := filepath.Glob(filepath.Join(r.setup.Lake.Root(), "*", "data", "*", "*.parquet")); err != nil || len(left) > 0 {
			t.Errorf("%s: files are left: %v, %v", name, left, err)
		}
		r.hooks = hooks{}
		if _, err := Run(t.Context(), r.setup, Options{}); err != nil || !slices.Equal(r.products(), products) {
			t.Errorf("%s: the next run: %v", name, err)
		}
	}
}

// A plan leaves nothing behind of what landed while it was read.
func TestAPlanTakesBackWhatLanded(t *testing.T) {
	r := newReader(t)
	r.deliver("products-1.csv", sheet("a1", "a2"))
	r.deliver("products-2.csv", sheet("z1"))
	n := begin(r.setup)
	n.options.Dry = true
	if _, err := n.ingest(t.Context()); err != nil || n.summary.Sources[0].Accepted != 3 {
		t.Errorf("%+v, %v", n.summary.Sources, err)
	}
	n.discard()
	if kept, err := r.setup.Landing.List(""); err != nil || len(kept) > 0 {
		t.Errorf("landed %v, %v", kept, err)
	}
}
