package night

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"

	"kefu/extract/file"
)

// original is a file that lands, or has just landed, where it came from: reading
// it there is cheaper than decompressing, and decrypting, what landed.
type original struct {
	received
	landed func(sum string) bool // tells whether these bytes are those that landed
	same   bool                  // what was opened last has been read to its end, and is
}

// Open implements received.
func (o *original) Open() (io.ReadCloser, error) {
	o.same = false
	r, err := o.received.Open()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errStale, err) // it is gone, or can no longer be read
	}
	return &verified{ReadCloser: r, sum: sha256.New(), of: o}, nil
}

// errStale ends the reading of a file that is no longer what landed.
var errStale = errors.New("the file is not what landed")

// verified reads an original.
type verified struct {
	io.ReadCloser
	sum hash.Hash
	of  *original
}

// Read implements io.Reader.
func (v *verified) Read(p []byte) (int, error) {
	n, err := v.ReadCloser.Read(p)
	v.sum.Write(p[:n])
	if errors.Is(err, io.EOF) {
		if v.of.same = v.of.landed(hex.EncodeToString(v.sum.Sum(nil))); !v.of.same {
			return n, errStale
		}
	}
	return n, err
}

// watchedInput notes, while a file lands, whether its bytes are UTF-8.
type watchedInput struct {
	received
	seen *file.Watched
}

// Open implements received.
func (w *watchedInput) Open() (io.ReadCloser, error) {
	r, err := w.received.Open()
	if err != nil {
		return nil, err
	}
	w.seen = file.Watch(r)
	return struct {
		io.Reader
		io.Closer
	}{w.seen, r}, nil
}
