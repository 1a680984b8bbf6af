package file

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

	"kefu/extract"
)

// found is a file of the file system.
type found struct {
	path    string
	name    string // relative to the source's path
	size    int64
	modTime time.Time
	seen    string // its sighting
}

// settled is how long ago a file must have changed last for its times to tell
// it from what it may be later: longer than the steps in which file systems
// count time, and than written pages of a mapped file stay in memory.
const settled = time.Minute

func seen(path, name string, info fs.FileInfo) found {
	return found{path, name, info.Size(), info.ModTime(), sighting(info, time.Now())}
}

// find lists the files under a folder, the file itself, or what a glob names,
// in the order of their names.
func find(ctx context.Context, root string) ([]found, error) {
	info, err := os.Stat(root)
	var out []found
	switch {
	case err == nil && info.IsDir():
		out, err = walk(ctx, root, root)
	case err == nil:
		out = []found{seen(root, filepath.Base(root), info)}
	case errors.Is(err, fs.ErrNotExist) && strings.ContainsAny(root, "*?["):
		out, err = glob(ctx, root)
	}
	if err != nil {
		return nil, err
	}
	slices.SortFunc(out, func(a, b found) int { return strings.Compare(a.name, b.name) })
	return slices.CompactFunc(out, func(a, b found) bool { return a.path == b.path }), nil
}

func walk(ctx context.Context, root, dir string) ([]found, error) {
	var out []found
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if path != dir && passedOver(d.Name()) {
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if d.IsDir() {
			return nil
		}
		info, err := os.Stat(path) // follows links to files
		if errors.Is(err, fs.ErrNotExist) || (err == nil && !info.Mode().IsRegular()) {
			return nil
		}
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		out = append(out, seen(path, filepath.ToSlash(name), info))
		return nil
	})
	return out, err
}

func glob(ctx context.Context, pattern string) ([]found, error) {
	paths, err := filepath.Glob(pattern)
	if err != nil {
		return nil, fmt.Errorf("match %s: %w", pattern, err)
	}
	// Names are relative to the last folder that the pattern spells out.
	base := pattern
	for strings.ContainsAny(base, "*?[") {
		base = filepath.Dir(base)
	}
	var out []found
	for _, p := range paths {
		below := strings.TrimPrefix(strings.TrimPrefix(p, base), string(filepath.Separator))
		if slices.ContainsFunc(strings.Split(below, string(filepath.Separator)), passedOver) {
			continue
		}
		files, err := walk(ctx, base, p)
		if err != nil {
			return nil, err
		}
		out = append(out, files...)
	}
	return out, nil
}

// passedOver tells hidden files and what editors, browsers and spreadsheets
// leave beside the files they work on.
func passedOver(name string) bool {
	lower := strings.ToLower(name)
	if strings.HasPrefix(name, ".") || strings.HasPrefix(name, "~") || strings.HasSuffix(name, "~") || lower == "__macosx" ||
		lower == "thumbs.db" || lower == "desktop.ini" {
		return true
	}
	return slices.ContainsFunc([]string{".tmp", ".part", ".partial", ".crdownload", ".download", ".swp", ".bak"}, func(suffix string) bool {
		return strings.HasSuffix(lower, suffix)
	})
}

func damaged(name, problem string, err error) *extract.FileError {
	return &extract.FileError{File: name, Problem: problem, Hint: "download or copy the file again", Err: err}
}
