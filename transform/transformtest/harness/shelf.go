package harness

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"kefu/transform/compute"
)

// ErrStopped is how a computation ends that a Shelf stops.
var ErrStopped = errors.New("stopped")

// Shelf keeps chunks in a folder and counts them. It implements compute.Shelf.
type Shelf struct {
	Dir      string
	Stop     int             // chunks that may begin; 0 = any number
	Computed []compute.Chunk // in the order in which they began
	Found    int             // chunks that were there already
}

// NewShelf returns an empty shelf where the engine may write.
func (h *Harness) NewShelf() *Shelf {
	h.serial++
	return &Shelf{Dir: filepath.Join(h.dir, fmt.Sprintf("shelf-%d", h.serial))}
}

func (s *Shelf) folder(c compute.Chunk) string {
	return filepath.Join(s.Dir, strings.ReplaceAll(c.String(), " ", "-"))
}

// Find implements compute.Shelf.
func (s *Shelf) Find(_ context.Context, c compute.Chunk) (map[string]string, error) {
	files, err := s.files(c)
	if err == nil && files != nil {
		s.Found++
	}
	return files, err
}

func (s *Shelf) files(c compute.Chunk) (map[string]string, error) {
	paths, err := filepath.Glob(filepath.Join(s.folder(c), "*.parquet"))
	if err != nil || len(paths) == 0 {
		return nil, err
	}
	out := map[string]string{}
	for _, p := range paths {
		out[strings.TrimSuffix(filepath.Base(p), ".parquet")] = p
	}
	return out, nil
}

// Begin implements compute.Shelf.
func (s *Shelf) Begin(_ context.Context, c compute.Chunk) (string, error) {
	if s.Stop > 0 && len(s.Computed) == s.Stop {
		return "", ErrStopped
	}
	s.Computed = append(s.Computed, c)
	folder := s.folder(c) + ".partial"
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return "", fmt.Errorf("make folder of chunk: %w", err)
	}
	return folder, nil
}

// Keep implements compute.Shelf.
func (s *Shelf) Keep(_ context.Context, c compute.Chunk, _ int64) (map[string]string, error) {
	if err := os.Rename(s.folder(c)+".partial", s.folder(c)); err != nil {
		return nil, fmt.Errorf("keep chunk: %w", err)
	}
	return s.files(c)
}
