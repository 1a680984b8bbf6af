package extracttest

import (
	"sync"
	"time"
)

// Meter counts calls as a platform does: so many in any second.
type Meter struct {
	PerSecond int // 0 = without limit

	mu    sync.Mutex
	times []time.Time
}

// Allow counts a call and says whether it is within the rate.
func (m *Meter) Allow(now time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	for len(m.times) > 0 && now.Sub(m.times[0]) >= time.Second {
		m.times = m.times[1:]
	}
	if m.PerSecond > 0 && len(m.times) >= m.PerSecond {
		return false
	}
	m.times = append(m.times, now)
	return true
}
