package ledger

import (
	"context"
	"fmt"
)

// Vacuum writes the database anew without the room that deleted rows left, and
// returns its size in bytes before and after. Others may read meanwhile.
func (l *Ledger) Vacuum(ctx context.Context) (before, after int64, err error) {
	if before, err = l.Size(ctx); err != nil {
		return 0, 0, err
	}
	for _, statement := range []string{"vacuum", "pragma wal_checkpoint(truncate)"} {
		if _, err := l.db.ExecContext(ctx, statement); err != nil {
			return before, before, fmt.Errorf("compact state: %w", err)
		}
	}
	after, err = l.Size(ctx)
	return before, after, err
}

// Size returns the database's size in bytes, the write-ahead log left out.
func (l *Ledger) Size(ctx context.Context) (int64, error) {
	var bytes int64
	err := l.db.QueryRowContext(ctx, "select page_count * page_size from pragma_page_count, pragma_page_size").Scan(&bytes)
	if err != nil {
		return 0, fmt.Errorf("measure state: %w", err)
	}
	return bytes, nil
}
