package main

import (
	"crypto/rand"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"kefu/cmd/etl/internal/config"
	"kefu/cmd/etl/internal/terminal"
	"kefu/extract/seal"

	"github.com/spf13/cobra"
)

// example is what `etl init` lays out: a commented configuration and an export
// that runs with it.
//
//go:embed all:example
var example embed.FS

func (a *app) initCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "init [DIR]",
		Short: "Write a commented pipelines.yaml, its keys, and an example export to run on",
		Long: `Write a commented pipelines.yaml, the keys that it names, which only you can read,
and an example export to run on. What is there already stays as it is: where
there is a pipelines.yaml, only the keys that it names are made, if they are
missing.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			dir := "."
			if len(args) == 1 {
				dir = args[0]
			}
			return a.init(dir)
		},
	}
}

// initialised is the result of `etl init --json`.
type initialised struct {
	Status  string   `json:"status"`
	Written []string `json:"written"`
	Kept    []string `json:"kept"`
}

func (a *app) init(dir string) error {
	result := &initialised{Status: "ok", Written: []string{}, Kept: []string{}}
	file := filepath.Join(dir, "pipelines.yaml")
	_, err := os.Stat(file)
	switch {
	case err == nil:
		result.Kept = append(result.Kept, file)
	case errors.Is(err, fs.ErrNotExist):
		if err := layOut(dir, result); err != nil {
			return err
		}
	default:
		return fmt.Errorf("look for %s: %w", file, err)
	}
	a.configFile = file
	cfg, err := a.load()
	if err != nil {
		return err
	}
	if err := makeKeys(cfg, result); err != nil {
		return err
	}
	return a.printInit(dir, result)
}

// makeKeys makes the keys whose files the configuration names.
func makeKeys(cfg *config.Config, result *initialised) error {
	if file := cfg.Privacy.Secret.File; file != "" {
		key := make([]byte, 32)
		_, _ = rand.Read(key) // never fails
		if err := writeNew(file, []byte(hex.EncodeToString(key)+"\n"), 0o600, result); err != nil {
			return err
		}
	}
	if file := cfg.Landing.Key.File; file != "" {
		key, err := seal.Generate(time.Now())
		if err != nil {
			return err
		}
		return writeNew(file, []byte(key), 0o600, result)
	}
	return nil
}

// layOut copies the example; files that are there stay.
func layOut(dir string, result *initialised) error {
	root, err := fs.Sub(example, "example")
	if err != nil {
		return fmt.Errorf("open example: %w", err)
	}
	return fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(root, name)
		if err != nil {
			return fmt.Errorf("read example: %w", err)
		}
		return writeNew(filepath.Join(dir, filepath.FromSlash(name)), data, 0o644, result)
	})
}

// writeNew writes a file that does not exist yet, or keeps the one that does.
func writeNew(file string, data []byte, mode os.FileMode, result *initialised) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return fmt.Errorf("make folder: %w", err)
	}
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if errors.Is(err, fs.ErrExist) {
		result.Kept = append(result.Kept, file)
		return nil
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", file, err)
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		_ = os.Remove(file)
		return fmt.Errorf("write %s: %w", file, err)
	}
	result.Written = append(result.Written, file)
	return nil
}

func (a *app) printInit(dir string, result *initialised) error {
	if a.json {
		return a.printJSON(result)
	}
	out := a.terminal()
	for _, f := range result.Written {
		out.Printf("%s %s\n", out.Mark(terminal.OK), f)
	}
	for _, f := range result.Kept {
		out.Printf("%s %s %s\n", out.Mark(terminal.Skipped), f, out.Faint("(kept)"))
	}
	next := "etl run"
	if filepath.Clean(dir) != "." {
		next += " --config " + filepath.Join(dir, "pipelines.yaml")
	}
	out.Printf("\nNext: %s\n", out.Bold(next))
	return nil
}
