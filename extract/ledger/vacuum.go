package ledger

import (
	"context"
	"fmt"
)

// Vacuum gives back the room that deleted rows left, and returns the size in
// bytes before and after: a file is written anew without it, a server keeps it
// for rows to come. Others may read meanwhile.
func (l *Ledger) Vacuum(ctx context.Context) (before, after int64, err error) {
	if before, err = l.Size(ctx); err != nil {
		return 0, 0, err
	}
	if err := l.compact(ctx); err != nil {
		return before, before, fmt.Errorf("compact state: %w", err)
	}
	after, err = l.Size(ctx)
	return before, after, err
}

// Size returns the size in bytes, the catalog's tables included, logs left out.
func (l *Ledger) Size(ctx context.Context) (int64, error) {
	bytes, err := l.measure(ctx)
	if err != nil {
		return 0, fmt.Errorf("measure state: %w", err)
	}
	return bytes, nil
}
