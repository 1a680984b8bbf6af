package ledger

import "time"

// Lock says up to which business day a shop's published KPIs are locked, and
// who said so. A publication names the steps by which its locks came to be; the
// latest day of a shop is the one in force.
type Lock struct {
	Shop   string    `json:"shop"`  // platform/shop
	Until  string    `json:"until"` // the last locked day, such as 2026-01-31
	By     string    `json:"by,omitempty"`
	Reason string    `json:"reason,omitempty"`
	At     time.Time `json:"at"`
}

// Locked returns the last locked day of every shop that has one.
func (p Publication) Locked() map[string]string {
	out := map[string]string{}
	for _, l := range p.Locks {
		out[l.Shop] = max(out[l.Shop], l.Until)
	}
	return out
}
