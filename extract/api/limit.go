package api

import (
	"context"
	"fmt"
	"sync"

	"golang.org/x/time/rate"
)

// Limits hold the rates that a platform permits, shared by all shops of one
// process: one per application, one per application and shop.
type Limits struct {
	mu       sync.Mutex
	limiters map[string]*rate.Limiter
}

// NewLimits returns no limits yet; each appears with its first use.
func NewLimits() *Limits { return &Limits{limiters: map[string]*rate.Limiter{}} }

// Rate is a permitted number of calls per second; 0 = without limit. A burst
// is never asked for: platforms count by short spans, and evenly spaced calls
// reach the same rate.
type Rate struct {
	PerSecond float64
}

// Wait waits for its turn under the rates of the application and of the shop.
func (l *Limits) Wait(ctx context.Context, app, shop string, perApp, perShop Rate) error {
	for _, one := range []struct {
		key  string
		rate Rate
	}{{app, perApp}, {app + "\x00" + shop, perShop}} {
		if one.rate.PerSecond <= 0 {
			continue
		}
		if err := l.limiter(one.key, one.rate).Wait(ctx); err != nil {
			return fmt.Errorf("wait for the rate limit: %w", err)
		}
	}
	return nil
}

func (l *Limits) limiter(key string, r Rate) *rate.Limiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := l.limiters[key]
	if out == nil {
		out = rate.NewLimiter(rate.Limit(r.PerSecond), 1)
		l.limiters[key] = out
	}
	return out
}
