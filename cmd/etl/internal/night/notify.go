package night

import (
	"context"
	"fmt"
	"time"
)

// Notify tells people how a run ended; cause is why it failed, nil where it did
// not. It returns what became of each message and never fails the run.
type Notify func(ctx context.Context, s *Summary, cause error) []AlertSummary

// AlertSummary says what became of a message.
type AlertSummary struct {
	Target string   `json:"target"`
	Events []string `json:"events"`
	Status string   `json:"status"` // sent, failed
	Error  string   `json:"error,omitempty"`
}

// ShopSummary says how far the published data of a shop reach.
type ShopSummary struct {
	Platform string `json:"platform"`
	Shop     string `json:"shop"`
	Complete string `json:"complete_until,omitempty"` // last day with both chats and orders
	LastDay  string `json:"last_day,omitempty"`       // last day with either
}

// reach notes how far the published data of the shops reach. What cannot be
// found out is left out: it is for messages only.
func (n *Night) reach(ctx context.Context) {
	if err := n.readReach(ctx); err != nil {
		n.Log.Warn("find how far the shops' data reach", "error", err)
	}
}

func (n *Night) readReach(ctx context.Context) error {
	const horizon = "int_shop_horizon"
	p, ok, err := n.Ledger.Latest(ctx)
	snapshot := p.Tables[horizon]
	if err != nil || !ok || snapshot == 0 {
		return err
	}
	spec, err := n.Lake.Describe(ctx, horizon)
	if err != nil {
		return err
	}
	files, _, err := n.Lake.Files(ctx, horizon, snapshot)
	if err != nil {
		return err
	}
	rows, err := n.Engine.Query(ctx, "select platform, shop_id, coalesce(cast(horizon_dt as varchar), ''), coalesce(cast(last_dt as varchar), '') from "+spec.Relation(files)+" order by 1, 2")
	if err != nil {
		return fmt.Errorf("read %s: %w", horizon, err)
	}
	defer rows.Close()
	for rows.Next() {
		var s ShopSummary
		if err := rows.Scan(&s.Platform, &s.Shop, &s.Complete, &s.LastDay); err != nil {
			return fmt.Errorf("read %s: %w", horizon, err)
		}
		n.summary.Shops = append(n.summary.Shops, s)
	}
	return rows.Err()
}

// StartedAt is when the run began; zero where it did not.
func (s *Summary) StartedAt() time.Time { return s.startedAt }
