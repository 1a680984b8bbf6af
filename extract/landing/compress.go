package landing

import (
	"context"
	"fmt"
	"io"
	"sync"

	libzstd "github.com/DataDog/zstd"
)

// chunk is how much is read and compressed at a time. Each becomes a frame of
// its own: that is quicker than one frame of all, in which every byte is copied
// once more, and costs a few bytes in a thousand.
const chunk = 2 << 20

// presser compresses one stream. The C library takes half the time of one in Go,
// and compressing is most of what landing costs.
type presser struct {
	zstd    libzstd.Ctx
	in, out []byte
}

// pressers are those that are not at work: there may be thousands of small files.
var pressers = sync.Pool{New: func() any {
	return &presser{zstd: libzstd.NewCtx(), in: make([]byte, chunk), out: make([]byte, libzstd.CompressBound(chunk))}
}}

// compress writes r to w as frames of zstd, at least one, and returns the length of r.
func compress(ctx context.Context, w io.Writer, r io.Reader) (n int64, err error) {
	p, _ := pressers.Get().(*presser)
	defer pressers.Put(p)
	for {
		k, end := fill(ctx, r, p.in)
		if end != nil && end != io.EOF { //nolint:errorlint // what only wraps it ends too early
			return n, end
		}
		if k > 0 || n == 0 {
			frame, err := p.zstd.CompressLevel(p.out, p.in[:k], libzstd.BestSpeed)
			if err != nil {
				return n, fmt.Errorf("compress: %w", err)
			}
			if _, err := w.Write(frame); err != nil {
				return n, err
			}
		}
		if n += int64(k); end != nil {
			return n, nil
		}
	}
}

// fill reads until there is no more room, or no more to read, which is io.EOF.
func fill(ctx context.Context, r io.Reader, room []byte) (n int, err error) {
	for n < len(room) && err == nil {
		if err := ctx.Err(); err != nil {
			return n, err
		}
		var k int
		k, err = r.Read(room[n:])
		n += k
	}
	return n, err
}
