package night

import (
	"context"
	"fmt"
	"time"
)

// forget drops what was received and rejected longer ago than is to be kept:
// both hold personal data. What was read from it stays.
func (n *Night) forget(ctx context.Context) error {
	if n.KeepDays <= 0 {
		return nil
	}
	before := n.run.StartedAt.AddDate(0, 0, -n.KeepDays)
	for _, s := range n.Shops {
		if err := n.forgetLanded(s.String(), before); err != nil {
			return err
		}
	}
	if _, err := n.Ledger.PurgeQuarantine(ctx, before); err != nil {
		return fmt.Errorf("drop old rejected rows: %w", err)
	}
	return nil
}

func (n *Night) forgetLanded(shop string, before time.Time) error {
	landed, err := n.Landing.List(shop)
	if err != nil {
		return fmt.Errorf("drop old received bytes: %w", err)
	}
	for _, l := range landed {
		if !l.LandedAt.Before(before) {
			continue
		}
		if err := n.Landing.Delete(shop, l.ID); err != nil {
			return fmt.Errorf("drop old received bytes: %w", err)
		}
	}
	return nil
}
