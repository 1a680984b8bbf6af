package night

import (
	"context"
	"encoding/hex"
	"errors"
	"hash"
	"io"

	"kefu/extract"
	"kefu/extract/file"
	"kefu/extract/landing"
)

// received is a file that is to land.
type received interface {
	// Look reads all of its bytes, hands them on and tells what they are.
	Look(ctx context.Context, text bool, also io.Writer) (file.Seen, error)
	Open() (io.ReadCloser, error)
}

// looked is what all bytes of a file are.
type looked struct {
	file.Seen
	print string // tells them from others
}

// look reads all bytes of a file. It calls once it has the first of them.
func look(ctx context.Context, f received, text bool, call func()) (looked, error) {
	p := &firstPrint{Hash: newPrint(), call: call}
	seen, err := f.Look(ctx, text, p)
	return looked{seen, hex.EncodeToString(p.Sum(nil))}, err
}

// firstPrint calls when it is written to for the first time.
type firstPrint struct {
	hash.Hash
	call func()
}

// Write implements io.Writer.
func (p *firstPrint) Write(b []byte) (int, error) {
	if p.call != nil {
		p.call()
		p.call = nil
	}
	return p.Hash.Write(b)
}

// looking is a look at a file that others wait for.
type looking struct {
	done chan struct{}
	seen looked
	err  error
}

func newLooking() *looking { return &looking{done: make(chan struct{})} }

// end tells what was seen, or why nothing is to land.
func (l *looking) end(seen looked, err error) {
	l.seen, l.err = seen, err
	close(l.done)
}

func (l *looking) wait() (looked, error) {
	<-l.done
	return l.seen, l.err
}

// receive lands a file that is looked at, too, and is asked for what was seen
// once all of it is read. Bytes that are neither those nor the file's bytes
// afterwards were mixed of two versions: the file was being written, and nothing
// of it is kept.
func receive(ctx context.Context, store *landing.Store, shop string, from landing.Origin, f *watchedInput, saw func() (looked, error)) (landing.Landed, error) {
	body, err := f.Open()
	if err != nil {
		return landing.Landed{}, err
	}
	var changed error
	landed, err := store.LandSummed(ctx, shop, from, body, func() (string, error) {
		seen, err := saw()
		if err != nil || seen.print == f.sum() {
			return seen.Sum, err
		}
		again, err := look(ctx, f, false, nil)
		if err == nil && again.print == f.sum() {
			return again.Sum, nil // replaced by another, which was read whole
		}
		changed = &extract.FileError{
			File: from.Name, Problem: "the file changed while it was read", Hint: "the next run reads it; write files aside and rename them into place", Err: err,
		}
		return "", changed
	})
	if err = errors.Join(err, body.Close()); changed != nil {
		err = changed
	}
	if err != nil {
		return landing.Landed{}, err
	}
	return landed, nil
}
