package night

import (
	"context"
	"fmt"
	"time"

	"kefu/extract/ledger"
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
	p, _, err := n.Ledger.Latest(ctx)
	if err != nil {
		return err
	}
	n.summary.Shops, err = n.reachOf(ctx, p)
	return err
}

// reachOf tells how far the shops of a publication reach.
func (n *Night) reachOf(ctx context.Context, p ledger.Publication) ([]ShopSummary, error) {
	const horizon = "int_shop_horizon"
	snapshot := p.Tables[horizon]
	if snapshot == 0 {
		return nil, nil
	}
	spec, err := n.Lake.Describe(ctx, horizon)
	if err != nil {
		return nil, err
	}
	files, _, err := n.Lake.Files(ctx, horizon, snapshot)
	if err != nil {
		return nil, err
	}
	rows, err := n.Engine.Query(ctx, "select platform, shop_id, coalesce(cast(horizon_dt as varchar), ''), coalesce(cast(last_dt as varchar), '') from "+spec.Relation(files)+" order by 1, 2")
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", horizon, err)
	}
	defer rows.Close()
	var out []ShopSummary
	for rows.Next() {
		var s ShopSummary
		if err := rows.Scan(&s.Platform, &s.Shop, &s.Complete, &s.LastDay); err != nil {
			return nil, fmt.Errorf("read %s: %w", horizon, err)
		}
		out = append(out, s)
	}
	return out, rows.Err()
}

// StartedAt is when the run began; zero where it did not.
func (s *Summary) StartedAt() time.Time { return s.startedAt }
