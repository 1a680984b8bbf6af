// Package landing owns the bytes as they were received: compressed, encrypted
// where there is a key, named by their content, never changed, readable by
// their owner only. Whatever was read once can be read again from here,
// without the original file.
package landing

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/klauspost/compress/zstd"
)

const (
	dirMode  = 0o700
	fileMode = 0o600

	suffixData = ".zst"
	suffixMeta = ".json"

	tempPattern = ".landing-*"
)

// ErrCorrupt says that landed bytes are not those that were received.
var ErrCorrupt = errors.New("landed bytes do not match their checksum")

// Store keeps landed bytes in a directory of the local file system.
type Store struct {
	root   string
	now    func() time.Time
	sealer Sealer // nil = bytes are kept as they are
	secret []byte // keys the ids of encrypted bytes
}

// Origin tells where bytes came from.
type Origin struct {
	Name    string    // file name or request, as shown to people
	Source  string    // name of the source in the configuration
	ModTime time.Time // of the original, zero where there is none
}

// Landed describes bytes in the store.
type Landed struct {
	ID       string    `json:"id"` // of the content: see Addresses
	Shop     string    `json:"shop"`
	Name     string    `json:"name"`
	Source   string    `json:"source,omitempty"`
	Bytes    int64     `json:"bytes"`
	ModTime  time.Time `json:"mod_time,omitzero"`
	LandedAt time.Time `json:"landed_at"`
	Path     string    `json:"-"` // of the stored file
}

// New returns the store under root. The directory appears with the first
// bytes that land.
func New(root string, options ...Option) *Store {
	s := &Store{root: root, now: time.Now}
	for _, o := range options {
		o(s)
	}
	return s
}

// Land writes all of r to the store, in one pass that hashes, compresses,
// encrypts and counts. It is written aside, synced and renamed: a reader never sees a part.
// Bytes that the shop has already landed are left as they are, with the name
// they first had.
func (s *Store) Land(ctx context.Context, shop string, from Origin, r io.Reader) (Landed, error) {
	h := sha256.New()
	return s.LandSummed(ctx, shop, from, io.TeeReader(r, h), func() (string, error) { return hex.EncodeToString(h.Sum(nil)), nil })
}

// LandSummed is Land for whoever knows the SHA-256 of the bytes, hex, or how to
// find it for less than hashing them again: sum is asked once all of r is
// written aside. Its error lets nothing land.
func (s *Store) LandSummed(ctx context.Context, shop string, from Origin, r io.Reader, sum func() (string, error)) (Landed, error) {
	dir := filepath.Join(s.root, shopDir(shop))
	if err := os.MkdirAll(dir, dirMode); err != nil {
		return Landed{}, fmt.Errorf("create landing directory: %w", err)
	}
	tmp, err := os.CreateTemp(dir, tempPattern)
	if err != nil {
		return Landed{}, fmt.Errorf("create landing file: %w", err)
	}
	defer os.Remove(tmp.Name()) //nolint:errcheck // gone after the rename
	defer tmp.Close()

	n, err := s.write(ctx, tmp, r)
	if err != nil {
		return Landed{}, fmt.Errorf("land %s: %w", from.Name, err)
	}
	content, err := sum()
	if err != nil {
		return Landed{}, fmt.Errorf("land %s: %w", from.Name, err)
	}
	addresses := s.Addresses(content)
	for _, id := range addresses {
		if old, err := s.Stat(shop, id); err == nil {
			return old, nil
		}
	}
	id := addresses[0]
	landed := Landed{
		ID: id, Shop: shop, Name: from.Name, Source: from.Source, Bytes: n,
		ModTime: from.ModTime.UTC(), LandedAt: s.now().UTC().Truncate(time.Second), Path: s.path(shop, id, suffixData),
	}
	if from.ModTime.IsZero() {
		landed.ModTime = time.Time{}
	}
	if err := s.publish(tmp, landed); err != nil {
		return Landed{}, fmt.Errorf("land %s: %w", from.Name, err)
	}
	return landed, nil
}

// write stores r in w and returns its length.
func (s *Store) write(ctx context.Context, w io.Writer, r io.Reader) (n int64, err error) {
	sealed, err := s.seal(w)
	if err != nil {
		return 0, err
	}
	if n, err = compress(ctx, sealed, r); err != nil {
		return 0, err
	}
	if err := sealed.Close(); err != nil {
		return 0, fmt.Errorf("end encryption: %w", err)
	}
	return n, nil
}

// publish names the data first and the sidecar last: bytes count as landed
// once their sidecar exists.
func (s *Store) publish(tmp *os.File, l Landed) error {
	if err := s.mark(); err != nil {
		return err
	}
	if err := tmp.Chmod(fileMode); err != nil {
		return fmt.Errorf("protect bytes: %w", err)
	}
	if err := fsync(tmp); err != nil {
		return fmt.Errorf("sync bytes: %w", err)
	}
	folder := filepath.Dir(l.Path)
	_, known := os.Stat(folder)
	if err := os.MkdirAll(folder, dirMode); err != nil {
		return fmt.Errorf("create landing directory: %w", err)
	}
	if err := os.Rename(tmp.Name(), l.Path); err != nil {
		return fmt.Errorf("name bytes: %w", err)
	}
	meta, err := json.MarshalIndent(l, "", "  ")
	if err != nil {
		return fmt.Errorf("describe bytes: %w", err)
	}
	if err := writeAside(s.path(l.Shop, l.ID, suffixMeta), meta); err != nil || known == nil {
		return err
	}
	return errors.Join(syncFolder(filepath.Dir(folder)), syncFolder(s.root))
}

// fsync lets what was written to a file survive a power cut.
var fsync = (*os.File).Sync

func syncFolder(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("open landing directory: %w", err)
	}
	defer dir.Close()
	if err := fsync(dir); err != nil {
		return fmt.Errorf("sync landing directory: %w", err)
	}
	return nil
}

func writeAside(path string, data []byte) error {
	tmp, err := os.CreateTemp(filepath.Dir(path), tempPattern)
	if err != nil {
		return fmt.Errorf("create sidecar: %w", err)
	}
	defer os.Remove(tmp.Name()) //nolint:errcheck // gone after the rename
	defer tmp.Close()
	if _, err := tmp.Write(data); err != nil {
		return fmt.Errorf("write sidecar: %w", err)
	}
	if err := fsync(tmp); err != nil {
		return fmt.Errorf("sync sidecar: %w", err)
	}
	if err := os.Rename(tmp.Name(), path); err != nil {
		return fmt.Errorf("name sidecar: %w", err)
	}
	return syncFolder(filepath.Dir(path))
}

// Stat describes the shop's bytes of that id. Bytes that never landed are
// fs.ErrNotExist.
func (s *Store) Stat(shop, id string) (Landed, error) {
	if !validID(id) {
		return Landed{}, fmt.Errorf("find landed %q: not an id: %w", id, fs.ErrNotExist)
	}
	return describe(s.path(shop, id, suffixMeta))
}

// describe reads a sidecar.
func describe(sidecar string) (Landed, error) {
	base := strings.TrimSuffix(sidecar, suffixMeta)
	id := filepath.Base(base)
	data, err := os.ReadFile(sidecar)
	if err != nil {
		return Landed{}, fmt.Errorf("find landed %s: %w", id, err)
	}
	l := Landed{}
	if err := json.Unmarshal(data, &l); err != nil {
		return Landed{}, fmt.Errorf("read sidecar of %s: %w", id, err)
	}
	l.Path = base + suffixData
	if _, err := os.Stat(l.Path); err != nil {
		return Landed{}, fmt.Errorf("find landed %s: %w", id, err)
	}
	return l, nil
}

// Open returns the bytes as received. Bytes that the key does not open are
// the sealer's error. Reading to the end verifies them: bytes that changed end
// in ErrCorrupt instead of io.EOF.
func (s *Store) Open(shop, id string) (io.ReadCloser, error) {
	if !validID(id) {
		return nil, fmt.Errorf("open landed %q: not an id: %w", id, fs.ErrNotExist)
	}
	f, err := os.Open(s.path(shop, id, suffixData))
	if err != nil {
		return nil, fmt.Errorf("open landed %s: %w", id, err)
	}
	plain, err := s.unseal(f)
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("open landed %s: %w", id, err)
	}
	dec, err := zstd.NewReader(plain, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true))
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("open landed %s: %w", id, err)
	}
	return &verifier{store: s, id: id, file: f, dec: dec, sum: sha256.New()}, nil
}

// Delete forgets the shop's bytes of that id; forgetting twice is no error.
func (s *Store) Delete(shop, id string) error {
	if !validID(id) {
		return nil
	}
	for _, suffix := range []string{suffixMeta, suffixData} {
		if err := os.Remove(s.path(shop, id, suffix)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("delete landed %s: %w", id, err)
		}
	}
	return nil
}

// Sweep takes away what landings that were killed left half-written before
// the given time: files without their name, and bytes without their sidecar.
func (s *Store) Sweep(before time.Time) error {
	for _, pattern := range []string{"*/" + tempPattern, "*/??/" + tempPattern, "*/??/*" + suffixData} {
		left, err := filepath.Glob(filepath.Join(s.root, pattern))
		if err != nil {
			return fmt.Errorf("find half-written files: %w", err)
		}
		for _, path := range left {
			if id, isData := strings.CutSuffix(path, suffixData); isData {
				if _, err := os.Stat(id + suffixMeta); !errors.Is(err, fs.ErrNotExist) {
					continue
				}
			}
			info, err := os.Stat(path)
			if err != nil || !info.ModTime().Before(before) {
				continue // gone, or still being written
			}
			if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("take away half-written file: %w", err)
			}
		}
	}
	return nil
}

// List describes everything that the shop has landed, by id; "" = every shop,
// one after the other.
func (s *Store) List(shop string) ([]Landed, error) {
	dir := "*"
	if shop != "" {
		dir = shopDir(shop)
	}
	paths, err := filepath.Glob(filepath.Join(s.root, dir, "??", "*"+suffixMeta))
	if err != nil {
		return nil, fmt.Errorf("list landed bytes: %w", err)
	}
	var out []Landed
	for _, p := range paths {
		l, err := describe(p)
		if errors.Is(err, fs.ErrNotExist) {
			continue // deleted meanwhile
		}
		if err != nil {
			return nil, err
		}
		out = append(out, l)
	}
	return out, nil
}

func (s *Store) path(shop, id, suffix string) string {
	return filepath.Join(s.root, shopDir(shop), id[:2], id+suffix)
}

var (
	unsafe  = regexp.MustCompile(`[^\p{L}\p{N}_.-]+`)
	hexOnly = regexp.MustCompile(`^[0-9a-f]{64}$`)
)

func validID(id string) bool { return hexOnly.MatchString(id) }

// shopDir makes one path element of a shop's key; keys that lose characters
// by that are told apart by a piece of their hash.
func shopDir(shop string) string {
	safe := strings.TrimLeft(unsafe.ReplaceAllString(shop, "_"), ".")
	if safe == shop && safe != "" {
		return safe
	}
	sum := sha256.Sum256([]byte(shop))
	return safe + "~" + hex.EncodeToString(sum[:4])
}

type verifier struct {
	store *Store
	id    string
	file  *os.File
	dec   *zstd.Decoder
	sum   hash.Hash
}

func (v *verifier) Read(p []byte) (int, error) {
	n, err := v.dec.Read(p)
	v.sum.Write(p[:n])
	switch {
	case err == nil:
		return n, nil
	case errors.Is(err, io.EOF):
		if !slices.Contains(v.store.Addresses(hex.EncodeToString(v.sum.Sum(nil))), v.id) {
			return n, fmt.Errorf("read landed %s: %w", v.id, ErrCorrupt)
		}
		return n, io.EOF
	default:
		return n, fmt.Errorf("read landed %s: %w: %w", v.id, ErrCorrupt, err)
	}
}

func (v *verifier) Close() error {
	v.dec.Close()
	return v.file.Close()
}
