package night

import (
	"context"
	"fmt"
	"time"
)

// forget drops what was received and rejected longer ago than is to be kept,
// of every shop that ever was: both hold personal data. What was read from it
// stays. Left-overs of killed runs go, whatever is to be kept.
func (n *Night) forget(ctx context.Context) error {
	if err := n.Landing.Sweep(n.run.StartedAt); err != nil {
		return fmt.Errorf("tidy landing: %w", err)
	}
	if n.KeepDays <= 0 {
		return nil
	}
	before := n.run.StartedAt.AddDate(0, 0, -n.KeepDays)
	if err := n.forgetLanded(before); err != nil {
		return err
	}
	if _, err := n.Ledger.PurgeQuarantine(ctx, before); err != nil {
		return fmt.Errorf("drop old rejected rows: %w", err)
	}
	return nil
}

func (n *Night) forgetLanded(before time.Time) error {
	landed, err := n.Landing.List("")
	if err != nil {
		return fmt.Errorf("drop old received bytes: %w", err)
	}
	for _, l := range landed {
		if !l.LandedAt.Before(before) {
			continue
		}
		if err := n.Landing.Delete(l.Shop, l.ID); err != nil {
			return fmt.Errorf("drop old received bytes: %w", err)
		}
	}
	return nil
}
