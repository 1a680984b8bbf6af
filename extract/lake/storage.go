package lake

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"

	icebergio "github.com/apache/iceberg-go/io"
)

// Catalog properties that tell the storage of a lake that was moved.
const (
	propMovedFrom = "kefu.moved-from"
	propMovedTo   = "kefu.moved-to"
)

// storage is the file system that Iceberg works on: local files which are on
// disk before the catalog can name them, at the place where the lake is now.
type storage struct {
	from string // the root's location in metadata; "" = as it stands
	to   string // the root's directory
}

var (
	_ icebergio.ReadFileIO  = storage{}
	_ icebergio.WriteFileIO = storage{}
	_ icebergio.ListableIO  = storage{}
	_ icebergio.StatIO      = storage{}
)

// registerStorage makes Iceberg use storage for file locations in place of its
// own, which does not sync.
var registerStorage = sync.OnceFunc(func() {
	icebergio.Unregister("file")
	icebergio.Register("file", func(_ context.Context, _ *url.URL, props map[string]string) (icebergio.IO, error) {
		return storage{from: props[propMovedFrom], to: props[propMovedTo]}, nil
	})
})

// path returns the path of a location.
func (s storage) path(location string) (string, error) {
	raw := location
	moved := false
	if s.from != "" && (location == s.from || strings.HasPrefix(location, s.from+"/")) {
		raw, moved = location[len(s.from):], true
	}
	u, err := url.Parse(raw)
	if err != nil {
		return "", fmt.Errorf("read location %s: %w", location, err)
	}
	if moved {
		return filepath.Join(s.to, filepath.FromSlash(u.Path)), nil
	}
	if u.Scheme != "" && u.Scheme != "file" {
		return "", fmt.Errorf("location %s is not a local file", location)
	}
	return filepath.FromSlash(u.Path), nil
}

// Open opens a file for reading.
func (s storage) Open(name string) (icebergio.File, error) {
	p, err := s.path(name)
	if err != nil {
		return nil, err
	}
	return os.Open(p)
}

// ReadFile reads a whole file.
func (s storage) ReadFile(name string) ([]byte, error) {
	p, err := s.path(name)
	if err != nil {
		return nil, err
	}
	return os.ReadFile(p)
}

// Stat describes a file.
func (s storage) Stat(name string) (fs.FileInfo, error) {
	p, err := s.path(name)
	if err != nil {
		return nil, err
	}
	return os.Stat(p)
}

// Remove removes a file. One that is gone already is no error: whatever deletes
// files of snapshots may have been killed and come by again.
func (s storage) Remove(name string) error {
	p, err := s.path(name)
	if err != nil {
		return err
	}
	if err := os.Remove(p); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// Create creates a file that is on disk once it is closed.
func (s storage) Create(name string) (icebergio.FileWriter, error) {
	p, err := s.path(name)
	if err != nil {
		return nil, err
	}
	dir := filepath.Dir(p)
	_, known := os.Stat(dir)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("create directory: %w", err)
	}
	f, err := os.Create(p)
	if err != nil {
		return nil, err
	}
	return syncedFile{f, known != nil}, nil
}

// WriteFile writes a whole file to disk.
func (s storage) WriteFile(name string, content []byte) error {
	f, err := s.Create(name)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	return errors.Join(err, f.Close())
}

// WalkDir walks a tree and names its files as metadata do.
func (s storage) WalkDir(root string, fn fs.WalkDirFunc) error {
	p, err := s.path(root)
	if err != nil {
		return err
	}
	return filepath.WalkDir(p, func(path string, d fs.DirEntry, err error) error {
		rel, relErr := filepath.Rel(p, path)
		if relErr != nil {
			return relErr
		}
		if rel == "." {
			return fn(root, d, err)
		}
		return fn(strings.TrimSuffix(root, "/")+(&url.URL{Path: "/" + filepath.ToSlash(rel)}).String(), d, err)
	})
}

type syncedFile struct {
	*os.File
	newFolder bool // that of a table's metadata, and with it the table's
}

// Close syncs the file and its directory entry, and those of new folders.
func (f syncedFile) Close() error {
	err := fsync(f.File)
	if err := errors.Join(err, f.File.Close()); err != nil {
		return err
	}
	dir := filepath.Dir(f.Name())
	if err := syncDir(dir); err != nil || !f.newFolder {
		return err
	}
	return errors.Join(syncDir(filepath.Dir(dir)), syncDir(filepath.Dir(filepath.Dir(dir))))
}

// fsync lets what was written to a file survive a power cut.
var fsync = (*os.File).Sync

// Seal makes written files and their directory entries survive a power cut, with
// those of the folders of their partition and of the table's data. Whoever writes
// data files seals them before they are committed.
func Seal(paths ...string) error {
	dirs := map[string]bool{}
	for _, path := range paths {
		f, err := os.OpenFile(path, os.O_RDWR, 0)
		if err != nil {
			return fmt.Errorf("seal data file: %w", err)
		}
		if err := errors.Join(fsync(f), f.Close()); err != nil {
			return fmt.Errorf("seal data file: %w", err)
		}
		for range 3 {
			path = filepath.Dir(path)
			dirs[path] = true
		}
	}
	for dir := range dirs {
		if err := syncDir(dir); err != nil {
			return err
		}
	}
	return nil
}

// Seal makes written files of the lake durable.
func (*Lake) Seal(paths ...string) error { return Seal(paths...) }

// SyncFolder makes what was renamed or removed in a folder survive a power cut.
func SyncFolder(path string) error { return syncDir(path) }

func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("sync directory: %w", err)
	}
	err = fsync(d)
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.ENOTSUP) {
		err = nil // file systems without synced directories
	}
	if err := errors.Join(err, d.Close()); err != nil {
		return fmt.Errorf("sync directory: %w", err)
	}
	return nil
}
