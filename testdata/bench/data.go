package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// generator is the package that makes the data, as seen from the checkout.
const generator = "testdata/generate"

// bench is one measurement under way.
type bench struct {
	options
	data   string // folder of the canonical CSV files
	work   string // folder of the runs
	self   string // this program, which is the rival too
	more   string // of the configuration
	left   int    // folders that were put aside
	result result
}

func newBench(ctx context.Context, o options) (*bench, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	b := &bench{options: o, self: self, work: filepath.Join(o.cache, "work"), result: newResult(o)}
	if err := os.RemoveAll(b.work); err != nil {
		return nil, fmt.Errorf("clean up: %w", err)
	}
	if b.data, err = generated(ctx, o); err != nil {
		return nil, fmt.Errorf("generate data: %w", err)
	}
	return b, b.configure()
}

// generated returns the folder of the data and makes them where they are
// missing or the generator has changed.
func generated(ctx context.Context, o options) (string, error) {
	key, err := fingerprint(generator)
	if err != nil {
		return "", err
	}
	dir := filepath.Join(o.cache, fmt.Sprintf("data-%d-%s", o.buyers, key))
	shop := filepath.Join(dir, "tmall")
	if _, err := os.Stat(dir); err == nil {
		return shop, nil
	}
	aside := dir + ".part"
	if err := os.RemoveAll(aside); err != nil {
		return "", err
	}
	fmt.Fprintf(os.Stderr, "generating messages of %d buyers in %s\n", o.buyers, dir)
	_, _, err = child(ctx, ".", "go", "run", "./"+generator, "-out", aside, "-shops", "tmall", "-buyers", fmt.Sprint(o.buyers), "-format", "canonical")
	if err != nil {
		return "", err
	}
	return shop, os.Rename(aside, dir)
}

// fingerprint changes when a Go file of the folder does.
func fingerprint(dir string) (string, error) {
	h := sha256.New()
	found, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err == nil && len(found) == 0 {
		err = errors.New(dir + " is not here: run this from the top of the checkout")
	}
	if err != nil {
		return "", err
	}
	for _, path := range found {
		text, err := os.ReadFile(path)
		if err != nil {
			return "", err
		}
		if !strings.HasSuffix(path, "_test.go") {
			h.Write(text)
		}
	}
	return hex.EncodeToString(h.Sum(nil))[:8], nil
}

const configuration = `version: 1
state: var/state.db
lake: var/lake
landing: {path: var/landing}
engine: {type: duckdb, threads: %d%s}
privacy: {buyer_id: hash, text: drop, secret: {file: hash.key}}
shops:
  - {platform: tmall, shop: bench, name: bench, timezone: Asia/Shanghai}
sources:
  - {name: files, type: files, platform: tmall, shop: bench, path: %q, preset: canonical}
rules:
  - values: {auto_reply_patterns: ["您好，欢迎光临*", "您好，现在是休息时间*", "亲，请核对一下收货地址*"]}
pipelines:
  - {name: ingest, models: []}
  - {name: all}
`

// warehouse is added to the configuration when loading is measured.
const warehouse = `warehouses:
  - {name: server, type: postgres, dsn: "${` + serverVariable + `}", schema: ` + loadedSchema + `}
`

// configure makes the key that etl runs with, and notes what its configuration
// has beside what is always there.
func (b *bench) configure(more ...string) error {
	if err := os.MkdirAll(b.work, 0o755); err != nil {
		return fmt.Errorf("make work folder: %w", err)
	}
	b.more = strings.Join(more, "")
	if err := os.WriteFile(filepath.Join(b.work, keyFile), []byte("a key for measurements, long enough to be one\n"), 0o600); err != nil {
		return fmt.Errorf("configure etl: %w", err)
	}
	return nil
}

// keyFile is the privacy secret of the runs.
const keyFile = "hash.key"

// configured is the configuration that a pipeline runs with: reading files has
// a memory limit of its own.
func (b *bench) configured(pipeline string) string {
	limit := b.compute
	if pipeline == ingestOnly {
		limit = b.memory
	}
	if limit != "" {
		limit = ", memory_limit: " + limit
	}
	return fmt.Sprintf(configuration, b.threads, limit, b.data) + b.more
}

// putAside moves what an earlier round left in a folder of the work folder out
// of the way; removeLeft removes it in the end. Who runs soon after files were
// removed pays for them: the file system passes over all places that have just
// become free.
func (b *bench) putAside(dir string) error {
	b.left++
	err := os.Rename(filepath.Join(b.work, dir), filepath.Join(b.work, fmt.Sprintf("%s%d", leftMark, b.left)))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

const leftMark = "left-"

func (b *bench) removeLeft() error {
	left, err := filepath.Glob(filepath.Join(b.work, leftMark+"*"))
	for _, dir := range left {
		err = errors.Join(err, os.RemoveAll(dir))
	}
	return err
}

// clone makes a second var folder of the same content: data and metadata files
// never change and are linked, the state is copied.
func clone(from, to string) error {
	return filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		target := filepath.Join(to, rel)
		switch {
		case d.IsDir():
			return os.MkdirAll(target, 0o755)
		case strings.HasPrefix(d.Name(), "state.db"):
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			return os.WriteFile(target, text, 0o600)
		default:
			return os.Link(path, target)
		}
	})
}
