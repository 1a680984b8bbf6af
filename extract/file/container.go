package file

import (
	"archive/zip"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strings"
	"unicode/utf8"

	"github.com/klauspost/compress/zstd"
	"golang.org/x/text/encoding/simplifiedchinese"

	"kefu/extract"
)

// Limits on what a compressed file may become, against files made to fill
// disks. Exports compress about ten to thirty times.
const (
	maxMembers = 10_000
	maxLeaf    = 32 << 30 // bytes of one innermost file
	ratioFrom  = 64 << 20 // bytes from which the ratio is looked at
	maxRatio   = 200
	maxWindow  = 128 << 20 // of zstd; what its longest mode asks for
)

// expand lists the innermost files of a file.
func expand(f found) ([]Input, error) {
	if strings.HasSuffix(strings.ToLower(f.name), ".zip") {
		return members(f)
	}
	return []Input{{Name: f.name, Size: f.size, ModTime: f.modTime, Sighting: f.seen, Plain: layerOf(f.name) == "", open: func() (io.ReadCloser, error) {
		file, err := os.Open(f.path)
		if err != nil {
			return nil, fmt.Errorf("open %s: %w", f.name, err)
		}
		return unzipped(f.name, file)
	}}}, nil
}

func members(f found) ([]Input, error) {
	z, err := zip.OpenReader(f.path)
	if err != nil {
		return nil, damaged(f.name, "the zip archive cannot be opened", err)
	}
	defer z.Close() //nolint:errcheck // only read
	if len(z.File) > maxMembers {
		return nil, &extract.FileError{File: f.name, Problem: fmt.Sprintf("the archive has more than %d members", maxMembers), Hint: "split it"}
	}
	var out []Input
	for i, m := range z.File {
		name := memberName(m)
		if m.FileInfo().IsDir() || passedOver(path.Base(name)) || strings.HasPrefix(name, "__MACOSX/") {
			continue
		}
		if unsafeName(name) {
			return nil, &extract.FileError{File: f.name, Problem: "a member's name points outside the archive", Hint: "do not trust this file; make the archive again"}
		}
		out = append(out, Input{
			Name: f.name + "!" + name, Size: int64(m.CompressedSize64), ModTime: f.modTime, Sighting: f.seen, //nolint:gosec // bounded by the archive
			open: func() (io.ReadCloser, error) { return openMember(f, i, name) },
		})
	}
	return out, nil
}

// memberName is a member's name; archives of Chinese Windows say it in GBK.
func memberName(m *zip.File) string {
	name := m.Name
	if !utf8.ValidString(name) {
		if s, err := simplifiedchinese.GB18030.NewDecoder().String(name); err == nil {
			name = s
		}
	}
	return strings.ReplaceAll(name, `\`, "/")
}

func unsafeName(name string) bool {
	if strings.HasPrefix(name, "/") || strings.ContainsRune(name, 0) || (len(name) > 1 && name[1] == ':') {
		return true
	}
	for _, part := range strings.Split(name, "/") {
		if part == ".." {
			return true
		}
	}
	return false
}

func openMember(f found, i int, name string) (io.ReadCloser, error) {
	full := f.name + "!" + name
	z, err := zip.OpenReader(f.path)
	if err != nil {
		return nil, damaged(full, "the zip archive cannot be opened", err)
	}
	if i >= len(z.File) || memberName(z.File[i]) != name {
		return nil, errors.Join(damaged(full, "the archive changed while it was read", nil), z.Close())
	}
	m := z.File[i]
	r, err := m.Open()
	if err != nil {
		return nil, errors.Join(damaged(full, "the archive's member cannot be opened", err), z.Close())
	}
	packed := int64(m.CompressedSize64) //nolint:gosec // bounded by the archive
	guard := &guarded{name: full, r: r, packed: func() int64 { return packed }, closers: []io.Closer{z, r}}
	return unzipped(full, guard)
}

// layers are the compressions that a file's name may show.
var layers = map[string]func(io.Reader) (io.ReadCloser, error){
	".gz": func(r io.Reader) (io.ReadCloser, error) { return gzip.NewReader(r) },
	".zst": func(r io.Reader) (io.ReadCloser, error) {
		d, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			return nil, err
		}
		return d.IOReadCloser(), nil
	},
}

// layerOf is the extension of the compression that a name shows, "" for none.
func layerOf(name string) string {
	ext := strings.ToLower(path.Ext(name))
	if layers[ext] == nil {
		return ""
	}
	return ext
}

// unzipped takes the compression off a file whose name shows one.
func unzipped(name string, r io.ReadCloser) (io.ReadCloser, error) {
	ext := layerOf(name)
	if ext == "" {
		return r, nil
	}
	count := &counter{r: r}
	plain, err := layers[ext](count)
	if err != nil {
		r.Close()
		if fe := (*extract.FileError)(nil); errors.As(err, &fe) {
			return nil, err
		}
		return nil, damaged(name, "the "+ext+" file is damaged or truncated", err)
	}
	return &guarded{name: name, r: plain, packed: func() int64 { return count.n }, closers: []io.Closer{r, plain}}, nil
}

type counter struct {
	r io.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// guarded reads decompressed bytes within the limits and tells damage.
type guarded struct {
	name    string
	r       io.Reader
	packed  func() int64
	n       int64
	closers []io.Closer
}

func (g *guarded) Read(p []byte) (int, error) {
	n, err := g.r.Read(p)
	g.n += int64(n)
	if g.n > maxLeaf || (g.n > ratioFrom && g.n/maxRatio > g.packed()) {
		return 0, &extract.FileError{
			File: g.name, Problem: "the compressed file unpacks to far more than an export would", Hint: "do not trust this file; unpack it by hand if it is right",
		}
	}
	if err == nil || errors.Is(err, io.EOF) {
		return n, err
	}
	if fe := (*extract.FileError)(nil); errors.As(err, &fe) {
		return n, err
	}
	return n, damaged(g.name, "the compressed file is damaged or truncated", err)
}

func (g *guarded) Close() error {
	var first error
	for i := len(g.closers) - 1; i >= 0; i-- {
		if err := g.closers[i].Close(); err != nil && first == nil {
			first = err
		}
	}
	return first
}
