package night

import (
	"context"
	"errors"
	"io"
	"slices"
	"time"

	"kefu/extract"
	"kefu/extract/landing"
)

// received is a file that is to land.
type received interface {
	// Sum gives the SHA-256 of its bytes, hex.
	Sum(context.Context) (string, int64, error)
	Open() (io.ReadCloser, error)
}

// receive lands a file whose bytes had that checksum a moment ago. Bytes that
// are neither those nor the file's bytes afterwards were mixed of two versions:
// the file was being written, and nothing of it is kept.
func receive(ctx context.Context, store *landing.Store, shop string, from landing.Origin, f received, sum string) (landing.Landed, error) {
	start := time.Now().Truncate(time.Second)
	body, err := f.Open()
	if err != nil {
		return landing.Landed{}, err
	}
	landed, err := store.Land(ctx, shop, from, body)
	if err = errors.Join(err, body.Close()); err != nil {
		return landing.Landed{}, err
	}
	if slices.Contains(store.Addresses(sum), landed.ID) {
		return landed, nil
	}
	again, _, err := f.Sum(ctx)
	if err == nil && slices.Contains(store.Addresses(again), landed.ID) {
		return landed, nil // replaced by another, which was read whole
	}
	changed := &extract.FileError{
		File: from.Name, Problem: "the file changed while it was read", Hint: "the next run reads it; write files aside and rename them into place", Err: err,
	}
	// What had landed before stays, whatever happened to the file.
	if !landed.LandedAt.Before(start) {
		return landing.Landed{}, errors.Join(changed, store.Delete(shop, landed.ID))
	}
	return landing.Landed{}, changed
}
