package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// FileStore keeps a session in a file that only its owner can read.
type FileStore struct{ Path string }

// ErrNoSession says that the shop has not been authorised yet.
var ErrNoSession = errors.New("the shop has not been authorised")

// Load reads the session. A file that others may read is refused.
func (f FileStore) Load(context.Context) (Session, error) {
	var s Session
	info, err := os.Stat(f.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return s, ErrNoSession
	}
	if err != nil {
		return s, fmt.Errorf("read session: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return s, fmt.Errorf("read session: %s can be read by others (chmod 600 %s)", f.Path, f.Path)
	}
	text, err := os.ReadFile(f.Path)
	if err != nil {
		return s, fmt.Errorf("read session: %w", err)
	}
	if json.Unmarshal(text, &s) != nil || s.Access == "" {
		return Session{}, fmt.Errorf("read session: %s holds none", f.Path)
	}
	return s, nil
}

// Save replaces the session: aside, synced, renamed.
func (f FileStore) Save(_ context.Context, s Session) error {
	text, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("save session: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(f.Path), 0o700); err != nil {
		return fmt.Errorf("save session: %w", err)
	}
	tmp, err := os.CreateTemp(filepath.Dir(f.Path), ".session-*")
	if err != nil {
		return fmt.Errorf("save session: %w", err)
	}
	defer os.Remove(tmp.Name()) //nolint:errcheck // gone after the rename
	_, err = tmp.Write(text)
	if err = errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
		return fmt.Errorf("save session: %w", err)
	}
	if err := os.Rename(tmp.Name(), f.Path); err != nil {
		return fmt.Errorf("save session: %w", err)
	}
	return nil
}
