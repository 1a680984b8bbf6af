package night

import "kefu/extract/ledger"

// readAgain adds known files that must be read anew from landing: those whose
// texts fall under other rules now, those with rejected rows whose preset
// changed, and those that a new companion may complete.
func (n *Night) readAgain(s Source, arrivals []*arrival, known map[string]ledger.File, replaced []ledger.File) []*arrival {
	companion, other := false, false // a companion is new, or gives way to another
	for _, a := range arrivals {
		companion = companion || s.joined(a.name)
	}
	for _, f := range replaced {
		other = other || s.joined(f.Name)
	}
	for _, f := range known {
		if f.Status != ledger.Loaded {
			continue
		}
		rejected, open := unsettled(f)
		_, talks := f.Counts["chat_messages"]
		refresh := talks && f.TextRules != n.textFingerprint(s)
		again := rejected > 0 && f.Preset != s.Preset || s.joined(f.Name) && (other || rejected+open > 0 && companion)
		if !refresh && !again {
			continue
		}
		landed, err := n.Landing.Stat(s.Shop.String(), f.LandedID)
		if err != nil {
			n.Log.Warn("a file cannot be read anew, for its bytes are no longer kept", "source", s.Name, "file", f.Name)
			continue
		}
		a := n.arrival(s, f.Name, landed)
		a.refresh, a.again = refresh, again
		arrivals = append(arrivals, a)
	}
	return arrivals
}

// unsettled counts the rejected rows of a file, and those that others may
// complete.
func unsettled(f ledger.File) (rejected, open int64) {
	for _, c := range f.Counts {
		rejected += c.Rejected
		open += c.Open
	}
	return rejected, open
}
