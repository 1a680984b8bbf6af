package night

import (
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"math/rand/v2"

	"github.com/zeebo/xxh3"

	"kefu/extract/file"
)

// original is a file that lands, or has just landed, where it came from: reading
// it there is cheaper than decompressing, and decrypting, what landed.
type original struct {
	received
	hash   func() hash.Hash      // that the bytes are compared by
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
	return &verified{ReadCloser: r, sum: o.hash(), of: o}, nil
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

// watchedInput looks at a file while it lands: whether its bytes are UTF-8, which
// costs, and what they are.
type watchedInput struct {
	received
	text  bool // asks for the former
	seen  *file.Watched
	print hash.Hash
}

// Open implements received.
func (w *watchedInput) Open() (io.ReadCloser, error) {
	r, err := w.received.Open()
	if err != nil {
		return nil, err
	}
	var from io.Reader = r
	w.seen = file.Watch(r)
	if w.text {
		from = w.seen
	}
	w.print = newPrint()
	return struct {
		io.Reader
		io.Closer
	}{io.TeeReader(from, w.print), r}, nil
}

// sum is a number of what was read.
func (w *watchedInput) sum() string { return hex.EncodeToString(w.print.Sum(nil)) }

// print tells bytes from others that this process reads: 128 bits that nobody can
// foresee, at a tenth of the cost of a checksum that others can verify.
type print struct{ xxh3.Hasher }

// seed makes prints differ from process to process.
var seed = rand.Uint64()

func newPrint() hash.Hash { return &print{*xxh3.NewSeed(seed)} }

// Size implements hash.Hash.
func (*print) Size() int { return 16 }

// Sum implements hash.Hash.
func (p *print) Sum(b []byte) []byte {
	sum := p.Sum128().Bytes()
	return append(b, sum[:]...)
}
