package night

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"kefu/extract/lake"
	"kefu/extract/ledger"
	"kefu/transform/compute"
)

// shelfFolder is where, in the lake's folder, chunks of backfills wait for
// their lot to be published. Nothing else reads it.
const shelfFolder = ".backfill"

// shelf keeps the chunks of one lot: their files in a folder named after the
// lot's fingerprint, and in the ledger which of them are finished. It
// implements compute.Shelf.
type shelf struct {
	*backfill
	lot   *lot
	begun time.Time // of the chunk under way
}

func (s *shelf) unit(c compute.Chunk, status ledger.Status) ledger.Unit {
	return ledger.Unit{Run: s.run.ID, Stage: backfillStage, Name: c.String(), Shop: s.lot.label(), Range: s.lot.String(), Status: status,
		Inputs: s.lot.fingerprint + " " + c.Scope}
}

func (s *shelf) folder(c compute.Chunk) string {
	return filepath.Join(s.root, s.lot.fingerprint, strings.ReplaceAll(c.String(), " ", "-"))
}

// Find implements compute.Shelf.
func (s *shelf) Find(ctx context.Context, c compute.Chunk) (map[string]string, error) {
	want := s.unit(c, ledger.Done)
	have, err := s.Ledger.LastUnit(ctx, want.Stage, want.Name, want.Shop, want.Range)
	if errors.Is(err, ledger.ErrNotFound) {
		return nil, nil
	}
	if err != nil || have.Status != want.Status || have.Inputs != want.Inputs {
		return nil, err
	}
	files, err := partsIn(s.folder(c))
	if err != nil || len(files) == 0 {
		return nil, err
	}
	s.note(c, ChunkSummary{Status: "found", Rows: have.Rows})
	return files, nil
}

// partsIn lists the files of a chunk by model.
func partsIn(folder string) (map[string]string, error) {
	entries, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("find finished chunk: %w", err)
	}
	out := map[string]string{}
	for _, e := range entries {
		if name, ok := strings.CutSuffix(e.Name(), ".parquet"); ok {
			out[name] = filepath.Join(folder, e.Name())
		}
	}
	return out, nil
}

// Begin implements compute.Shelf.
func (s *shelf) Begin(ctx context.Context, c compute.Chunk) (string, error) {
	s.begun = time.Now()
	part := s.folder(c) + ".partial"
	if err := errors.Join(os.RemoveAll(part), os.RemoveAll(s.folder(c)), os.MkdirAll(part, 0o700)); err != nil {
		return "", fmt.Errorf("make folder of chunk: %w", err)
	}
	return part, s.Ledger.RecordUnit(ctx, s.unit(c, ledger.Running))
}

// Keep implements compute.Shelf.
func (s *shelf) Keep(ctx context.Context, c compute.Chunk, rows int64) (map[string]string, error) {
	part := s.folder(c) + ".partial"
	files, err := partsIn(part)
	if err != nil {
		return nil, err
	}
	for _, path := range files {
		if err := lake.Seal(path); err != nil {
			return nil, err
		}
	}
	if err := os.Rename(part, s.folder(c)); err != nil {
		return nil, fmt.Errorf("keep chunk: %w", err)
	}
	if err := lake.SyncFolder(filepath.Dir(part)); err != nil {
		return nil, err
	}
	u := s.unit(c, ledger.Done)
	u.Rows, u.Seconds = rows, time.Since(s.begun).Seconds()
	if err := s.Ledger.RecordUnit(ctx, u); err != nil {
		return nil, err
	}
	s.note(c, ChunkSummary{Status: "computed", Rows: rows, Seconds: u.Seconds})
	return partsIn(s.folder(c))
}

// note tells that a chunk is there.
func (s *shelf) note(c compute.Chunk, done ChunkSummary) {
	s.mu.Lock()
	defer s.mu.Unlock()
	done.Shops, done.Chunk = s.lot.label(), c
	s.summary.Backfill.Chunks = append(s.summary.Backfill.Chunks, done)
	s.options.Progress(s.pace.chunk(s.lot, done))
}

// tidy removes what chunks of other lots left: backfills that nobody went on
// with, or whose data, rules or models changed since.
func (b *backfill) tidy(lots []*lot) error {
	entries, err := os.ReadDir(b.root)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("tidy folder of chunks: %w", err)
	}
	for _, e := range entries {
		if slices.ContainsFunc(lots, func(l *lot) bool { return l.fingerprint == e.Name() }) {
			continue
		}
		if err := os.RemoveAll(filepath.Join(b.root, e.Name())); err != nil {
			return fmt.Errorf("tidy folder of chunks: %w", err)
		}
	}
	return nil
}

// clear removes the chunks of a published lot, and the folder after the last.
func (b *backfill) clear(l *lot) error {
	if err := os.RemoveAll(filepath.Join(b.root, l.fingerprint)); err != nil {
		return fmt.Errorf("remove chunks: %w", err)
	}
	_ = os.Remove(b.root) // it stays while other lots have chunks in it
	return nil
}
