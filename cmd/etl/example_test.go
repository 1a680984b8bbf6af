package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kefu/cmd/etl/internal/config"
	"kefu/extract"
	"kefu/extract/file"
	"kefu/extract/preset"
	"kefu/transform/normalise"
	"kefu/transform/rule"

	"github.com/apache/arrow-go/v18/arrow"
)

// lost fails the test for every row that does not come through.
type lost struct {
	t    *testing.T
	norm *normalise.Normaliser
	rows int
}

func (l *lost) Read(_ string, n int)           { l.rows += n }
func (l *lost) Accept(r extract.Record) error  { return l.norm.Accept(r) }
func (l *lost) Merge(dataset string, line int) { l.t.Errorf("%s:%d is merged", dataset, line) }
func (l *lost) Skip(dataset, filter string, line int) {
	l.t.Errorf("%s:%d is skipped by %s", dataset, line, filter)
}
func (l *lost) Warn(w extract.Warning) { l.t.Errorf("warning: %+v", w) }
func (l *lost) Reject(r extract.Reject) error {
	l.t.Errorf("%s:%d is rejected: %s %s", r.Dataset, r.Line, r.Column, r.Reason)
	return nil
}

// Batch and Reject make lost the output of normalisation, too.
func (l *lost) Batch(string, arrow.RecordBatch) error { return nil }

func TestEveryRowOfTheExampleIsAccepted(t *testing.T) {
	dir := t.TempDir()
	if err := layOut(dir, &initialised{}); err != nil {
		t.Fatal(err)
	}
	cfg, err := config.Load(filepath.Join(dir, "pipelines.yaml"), config.Options{})
	if err != nil {
		t.Fatal(err)
	}
	p, err := preset.Shipped(cfg.Sources[0].Preset)
	if err != nil {
		t.Fatal(err)
	}
	source, err := file.New(file.Config{Name: "example", Platform: "other", Shop: "example", Path: cfg.Sources[0].Path, Preset: p})
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	listing, err := source.List(ctx)
	if err != nil || len(listing.Warnings)+len(listing.Broken) > 0 {
		t.Fatalf("list: %v %+v", err, listing)
	}
	var files []file.File
	for _, in := range listing.Inputs {
		files = append(files, file.File{Name: in.Name, Open: in.Open})
	}
	reading := source.Reading(files)
	for _, f := range files {
		sink := &lost{t: t}
		sink.norm, err = normalise.New(normalise.Options{Platform: "other", Shop: "example", Location: cfg.Shops[0].Zone,
			SourceFile: f.Name, Privacy: normalise.Privacy{Secret: []byte("0123456789abcdef")}}, sink)
		if err != nil {
			t.Fatal(err)
		}
		if err := reading.Read(ctx, f, sink); err != nil {
			t.Fatal(err)
		}
		if _, err := sink.norm.Finish(); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(filepath.Join(cfg.Sources[0].Path, f.Name))
		if err != nil {
			t.Fatal(err)
		}
		if want := strings.Count(string(text), "\n") - 1; sink.rows != want {
			t.Errorf("%s: %d rows read, want %d", f.Name, sink.rows, want)
		}
	}
}

// What the commented lines of the example show must be right, too.
func TestTheExamplesCommentsAreValid(t *testing.T) {
	text, err := example.ReadFile("example/pipelines.yaml")
	if err != nil {
		t.Fatal(err)
	}
	s := string(text)
	for _, hidden := range []string{"# presets:\n", "#   retail:\n", "#     files:", "#     dataset:", "#     columns:", "#     constants:"} {
		s = strings.Replace(s, hidden, strings.TrimPrefix(hidden, "# "), 1)
	}
	s = strings.Replace(s, "  # - {from:", "  - {from:", 1)
	s = strings.Replace(s, "  # threads", "  threads", 1)
	s = strings.Replace(s, "alerts: []\n#  -", "alerts:\n  -", 1)
	s = strings.Replace(s, "# include:", "include:", 1)
	file := filepath.Join(t.TempDir(), "pipelines.yaml")
	if err := os.WriteFile(file, []byte(s), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, err := config.Load(file, config.Options{Lookup: func(string) (string, bool) { return "https://example.com/hook", true }})
	if err != nil {
		t.Fatal(err)
	}
	if problems := inspectPresets(context.Background(), cfg); len(problems) > 0 || len(cfg.Presets) != 1 || len(cfg.Alerts) != 1 || cfg.Engine.Threads != 2 {
		t.Errorf("%d presets %v, alerts %v", len(cfg.Presets), problems, cfg.Alerts)
	}
	if got := len(cfg.Rules.Table([]rule.Shop{{Platform: "other", ID: "example"}})); got <= len(rule.Names()) {
		t.Errorf("the dated rule is not in force: %d intervals", got)
	}
}
