package main

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"kefu/extract"
	source "kefu/extract/file"
	"kefu/extract/preset"
	"kefu/transform/normalise"
)

// reader counts what a source and its normalisation make of the exports.
type reader struct {
	*normalise.Normaliser
	rows     map[string]int
	keys     map[string]map[string]int64 // message id → digest of its content
	clashes  []string
	rejects  []string
	warnings []string
}

func (r *reader) Read(string, int)         {}
func (r *reader) Merge(string, int)        {}
func (r *reader) Skip(string, string, int) {}
func (r *reader) Warn(w extract.Warning)   { r.warnings = append(r.warnings, w.Column+": "+w.Message) }
func (r *reader) note(rej extract.Reject) {
	r.rejects = append(r.rejects, rej.Dataset+"."+rej.Column+": "+rej.Reason)
}
func (r *reader) Reject(rej extract.Reject) error { r.note(rej); return nil }

func (r *reader) Batch(name string, rows arrow.RecordBatch) error {
	r.rows[name] += int(rows.NumRows())
	if name != "chat_messages" {
		return nil
	}
	column := func(col string) arrow.Array { return rows.Column(rows.Schema().FieldIndices(col)[0]) }
	ids, digests := column("message_id").(*array.String), column("digest").(*array.Int64)
	for i := range int(rows.NumRows()) {
		if before, ok := r.keys[name][ids.Value(i)]; ok && before != digests.Value(i) {
			r.clashes = append(r.clashes, ids.Value(i))
		}
		r.keys[name][strings.Clone(ids.Value(i))] = digests.Value(i)
	}
	return nil
}

// readAll reads a folder of exports with a shipped preset.
func readAll(t *testing.T, folder, platform, presetName string) *reader {
	t.Helper()
	p, err := preset.Shipped(presetName)
	if err != nil {
		t.Fatal(err)
	}
	src, err := source.New(source.Config{Name: folder, Platform: platform, Shop: "shop", Path: folder, Preset: p})
	if err != nil {
		t.Fatal(err)
	}
	list, err := src.List(t.Context())
	if err != nil || len(list.Broken) > 0 || len(list.Warnings) > 0 || len(list.Inputs) == 0 {
		t.Fatalf("list %s: %v, %v, %v", folder, err, list.Broken, list.Warnings)
	}
	var files []source.File
	for _, in := range list.Inputs {
		files = append(files, source.File{Name: in.Name, Open: in.Open})
	}
	r := &reader{rows: map[string]int{}, keys: map[string]map[string]int64{"chat_messages": {}}}
	reading := src.Reading(files)
	for _, f := range files {
		n, err := normalise.New(normalise.Options{
			Platform: platform, Shop: "shop", Location: time.FixedZone("Asia/Shanghai", 8*hour), SourceFile: f.Name,
			Privacy: normalise.Privacy{Secret: []byte("a secret of the tests")},
		}, r)
		if err != nil {
			t.Fatal(err)
		}
		r.Normaliser = n
		if err := reading.Read(t.Context(), f, r); err != nil {
			t.Errorf("read %s: %v", f.Name, err)
		}
		if _, err := n.Finish(); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

// The exports are read as the shipped presets read any: every dataset is there,
// messages that repeat across files agree, and what is rejected is what was made
// to be.
func TestExportsAreRead(t *testing.T) {
	for _, c := range []struct {
		folder, platform, preset string
		datasets, rejects        []string
	}{
		{"tmall", "tmall", "taobao", []string{"buyers", "chat_messages", "order_items", "orders", "refunds"}, []string{
			"chat_messages", "orders.amount", "orders.created_at", "orders.paid_at", "orders.订单编号",
		}},
		{"jd", "jd", "jd", []string{"buyers", "chat_messages", "evaluations", "order_items", "orders"}, []string{"chat_messages", "order_items.quantity"}},
		{"tmall-more", "tmall", "canonical", []string{"agent_presence", "agents", "buyer_flags", "complaints", "evaluations", "order_ratings", "products"}, []string{
			"agent_presence.to_at", "evaluations.invited_at", "order_ratings.item_score",
		}},
		{"jd-more", "jd", "canonical", []string{"agent_presence", "agents", "buyer_flags", "complaints", "order_ratings", "products", "refunds"}, []string{
			"agent_presence.to_at", "order_ratings.item_score",
		}},
	} {
		t.Run(c.folder, func(t *testing.T) {
			r := readAll(t, filepath.Join("../exports", c.folder), c.platform, c.preset)
			if got := slices.Sorted(maps.Keys(r.rows)); !slices.Equal(got, c.datasets) {
				t.Errorf("got datasets %v, want %v", got, c.datasets)
			}
			if len(r.clashes) > 0 {
				t.Errorf("%d messages repeat with other content", len(r.clashes))
			}
			if len(r.warnings) > 0 {
				t.Errorf("got warnings %v", r.warnings)
			}
			slices.Sort(r.rejects)
			if len(r.rejects) != len(c.rejects) {
				t.Fatalf("got %d rejects %v, want %v", len(r.rejects), r.rejects, c.rejects)
			}
			for i, want := range c.rejects {
				if !strings.HasPrefix(r.rejects[i], want) {
					t.Errorf("got reject %q, want one of %s", r.rejects[i], want)
				}
			}
		})
	}
}
