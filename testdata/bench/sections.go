package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Targets of the measurements.
const (
	targetIngest = 1.0        // rows a second, as a multiple of the rival's
	targetPeak   = 1 << 30    // bytes resident while reading
	targetModels = 8.0        // seconds, as a multiple of one sort of the messages
	targetHelp   = 0.05       // seconds
	targetIdle   = 1.0        // seconds
	targetLoad   = 0.9        // rows a second, as a multiple of a bare COPY
	idleRuns     = 5          // short ones are run more often
	ingestOnly   = "ingest"   // pipelines of the configuration
	everything   = "all"      //
	ingestedDir  = "ingested" // var of the last ingest, which the models start from
)

// etlRun runs etl in a folder of the work folder.
func (b *bench) etlRun(ctx context.Context, dir, pipeline string) (usage, runSummary, error) {
	path := filepath.Join(b.work, dir)
	if err := os.MkdirAll(path, 0o755); err != nil {
		return usage{}, runSummary{}, err
	}
	key, err := os.ReadFile(filepath.Join(b.work, keyFile))
	if err != nil {
		return usage{}, runSummary{}, err
	}
	for name, text := range map[string][]byte{keyFile: key, "pipelines.yaml": []byte(b.configured(pipeline))} {
		if err := os.WriteFile(filepath.Join(path, name), text, 0o600); err != nil {
			return usage{}, runSummary{}, err
		}
	}
	u, out, err := child(ctx, path, b.etl, "--json", "run", "--pipeline", pipeline)
	if err != nil {
		return u, runSummary{}, err
	}
	var s runSummary
	if err := json.Unmarshal(out, &s); err != nil {
		return u, s, fmt.Errorf("read the summary of etl: %w", err)
	}
	return u, s, nil
}

// runSummary is what is read of `etl run --json`.
type runSummary struct {
	Ingest struct {
		Rows    int64   `json:"rows"`
		Seconds float64 `json:"seconds"`
	} `json:"ingest"`
	Models []struct {
		Name    string  `json:"name"`
		Rows    int64   `json:"rows"`
		Seconds float64 `json:"seconds"`
	} `json:"models"`
	Load []struct {
		Rows    int64   `json:"rows"`
		Seconds float64 `json:"seconds"`
	} `json:"load"`
}

// touch reads all files of a folder once, so that whoever reads them next finds
// them in the system's cache, be he the first or the second.
func touch(folder string) error {
	return filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		_, err = io.Copy(io.Discard, f)
		return errors.Join(err, f.Close())
	})
}

// measureIngest reads all files with etl and with the rival, in turns.
func measureIngest(ctx context.Context, b *bench) error {
	for range b.repeat {
		if err := errors.Join(b.putAside(ingestedDir), b.putAside(rivalDir), touch(b.data)); err != nil {
			return err
		}
		ours, summary, err := b.etlRun(ctx, ingestedDir, ingestOnly)
		if err != nil {
			return err
		}
		if err := touch(b.data); err != nil {
			return err
		}
		theirs, rows, err := b.rival(ctx, "load", b.data, filepath.Join(b.work, rivalDir))
		if err != nil {
			return err
		}
		if rows != summary.Ingest.Rows {
			return fmt.Errorf("etl read %d rows, the rival %d", summary.Ingest.Rows, rows)
		}
		b.result.Rows = rows
		r := &b.result
		r.add("ingest", "kefu", "wall", "s", ours.Seconds)
		r.add("ingest", "kefu", "user+sys", "s", ours.CPU)
		r.add("ingest", "kefu", "speed", "rows/s", float64(rows)/ours.Seconds)
		r.under("ingest", "kefu", "peak RSS", "MiB", float64(ours.Peak)/(1<<20), targetPeak>>20)
		r.add("ingest", "rival", "wall", "s", theirs.Seconds)
		r.add("ingest", "rival", "user+sys", "s", theirs.CPU)
		r.add("ingest", "rival", "speed", "rows/s", float64(rows)/theirs.Seconds)
		r.add("ingest", "rival", "peak RSS", "MiB", float64(theirs.Peak)/(1<<20))
		r.over("ingest", "kefu/rival", "speed", "×", theirs.Seconds/ours.Seconds, targetIngest)
		r.add("ingest", "kefu/rival", "user+sys", "×", ours.CPU/theirs.CPU)
	}
	return nil
}

// ingested makes sure that there is a lake to compute from and the rival's
// files to sort.
func (b *bench) ingested(ctx context.Context) error {
	if _, err := os.Stat(filepath.Join(b.work, ingestedDir)); errors.Is(err, os.ErrNotExist) {
		if _, _, err := b.etlRun(ctx, ingestedDir, ingestOnly); err != nil {
			return err
		}
	}
	if _, err := os.Stat(filepath.Join(b.work, rivalDir)); errors.Is(err, os.ErrNotExist) {
		_, _, err := b.rival(ctx, "load", b.data, filepath.Join(b.work, rivalDir))
		return err
	}
	return nil
}

const computedDir = "computed"

// What the rival makes.
const (
	rivalDir  = "rival"
	sortedDir = "sorted"
)

// copied makes a copy of an ingested or a computed lake, in the place of an earlier one.
func (b *bench) copied(from, to string) error {
	if err := errors.Join(b.putAside(to), clone(filepath.Join(b.work, from), filepath.Join(b.work, to))); err != nil {
		return fmt.Errorf("copy the lake: %w", err)
	}
	return nil
}

// measureModels computes everything from a lake that was never computed from,
// and sorts the messages with the rival, in turns.
func measureModels(ctx context.Context, b *bench) error {
	if err := b.ingested(ctx); err != nil {
		return err
	}
	for range b.repeat {
		if err := errors.Join(b.putAside(sortedDir), b.copied(ingestedDir, computedDir)); err != nil {
			return err
		}
		ours, summary, err := b.etlRun(ctx, computedDir, everything)
		if err != nil {
			return err
		}
		theirs, _, err := b.rival(ctx, "sort", filepath.Join(b.work, rivalDir), filepath.Join(b.work, sortedDir))
		if err != nil {
			return err
		}
		r := &b.result
		r.add("models", "kefu", "wall", "s", ours.Seconds)
		r.add("models", "kefu", "user+sys", "s", ours.CPU)
		r.add("models", "kefu", "peak RSS", "MiB", float64(ours.Peak)/(1<<20))
		r.add("models", "rival", "sort", "s", theirs.Seconds)
		r.add("models", "rival", "user+sys", "s", theirs.CPU)
		r.under("models", "kefu/rival", "wall", "×", ours.Seconds/theirs.Seconds, targetModels)
		r.add("models", "kefu/rival", "user+sys", "×", ours.CPU/theirs.CPU)
		for _, m := range summary.Models {
			r.model(m.Name, m.Rows, m.Seconds)
		}
	}
	return nil
}

// measureStart runs what does nothing.
func measureStart(ctx context.Context, b *bench) error {
	for range b.repeat * idleRuns {
		u, _, err := child(ctx, b.work, b.etl, "--help")
		if err != nil {
			return err
		}
		b.result.under("start", "kefu", "etl --help", "s", u.Seconds, targetHelp)
		b.result.add("start", "kefu", "user+sys", "s", u.CPU)
	}
	return nil
}

// measureIdle runs a night with nothing to do.
func measureIdle(ctx context.Context, b *bench) error {
	if err := b.computed(ctx); err != nil {
		return err
	}
	for range b.repeat * idleRuns {
		u, _, err := b.etlRun(ctx, computedDir, everything)
		if err != nil {
			return err
		}
		b.result.under("idle", "kefu", "nothing to do", "s", u.Seconds, targetIdle)
		b.result.add("idle", "kefu", "user+sys", "s", u.CPU)
	}
	return nil
}

// computed makes sure that there are models.
func (b *bench) computed(ctx context.Context) error {
	if _, err := os.Stat(filepath.Join(b.work, computedDir)); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if err := b.ingested(ctx); err != nil {
		return err
	}
	if err := b.copied(ingestedDir, computedDir); err != nil {
		return err
	}
	_, _, err := b.etlRun(ctx, computedDir, everything)
	return err
}
