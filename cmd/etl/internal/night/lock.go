package night

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"kefu/extract/lake"
	"kefu/extract/ledger"
	"kefu/transform/compute"
)

// ErrNotPublished says that no night has published anything yet.
var ErrNotPublished = errors.New("nothing is published yet")

// LockError is a lock that cannot be set: a shop does not reach that day, or the
// day is locked already.
type LockError struct{ Problem, Hint string }

// Error tells what is wrong.
func (e *LockError) Error() string { return e.Problem }

// LockOptions say which days are locked, or are no longer.
type LockOptions struct {
	Until  time.Time         // lock up to this business day …
	From   time.Time         // … or open this one and those after it; both zero = open all
	Unlock bool              // open days instead
	Shops  []compute.ShopKey // none = every shop that publishes anything
	By     string
	Reason string
}

// LockSummary says how the lock of a shop changed.
type LockSummary struct {
	Shop   string `json:"shop"`
	Was    string `json:"was,omitempty"`   // last locked day before
	Until  string `json:"until,omitempty"` // and now
	By     string `json:"by,omitempty"`
	Reason string `json:"reason,omitempty"`
}

// Relock locks days, or opens them, publishes what that changes and loads it.
// Until the publication nothing is changed, so it may be killed anywhere.
func Relock(ctx context.Context, setup Setup, options LockOptions) (*Summary, error) {
	n := begin(setup)
	release, err := n.take(ctx)
	if err != nil {
		return n.summary, err
	}
	defer release()
	before, ok, err := n.Ledger.Latest(ctx)
	if err == nil && !ok {
		err = ErrNotPublished
	}
	if err != nil {
		return n.summary, err
	}
	locks, err := n.relocked(ctx, before, options)
	if err != nil {
		return n.summary, err
	}
	command := "lock"
	if options.Unlock {
		command = "unlock"
	}
	return n.summary, n.as(ctx, command, func(ctx context.Context) error {
		if err := n.relock(ctx, before, locks); err != nil {
			return err
		}
		return n.load(ctx)
	})
}

func (n *Night) relock(ctx context.Context, before ledger.Publication, locks []ledger.Lock) error {
	next := before
	next.Run, next.Locks, next.Tables = n.run.ID, locks, maps.Clone(before.Tables)
	marts, err := n.marts(ctx, before)
	if err != nil {
		return err
	}
	n.Events.Stage("lock", 0)
	result, err := compute.New(n.Engine, n.Lake, n.Graph).Relock(ctx, compute.Relocking{
		Now: locksOf(before), Then: locksOf(next), Marts: marts,
		Columns: func(ctx context.Context, table string) ([]lake.Column, error) {
			spec, err := n.Lake.Describe(ctx, table)
			return spec.Columns, err
		},
	})
	if err != nil {
		return err
	}
	if err := n.commit(ctx, result, next.Tables); err != nil {
		return err
	}
	published, err := n.Ledger.Publish(ctx, next, n.lease)
	if err != nil {
		return err
	}
	n.summary.Publication = published.ID
	return n.copy(ctx, published)
}

// locksOf are the locks of a publication as the computation takes them.
func locksOf(p ledger.Publication) compute.Locks {
	out := compute.Locks{}
	for shop, until := range p.Locked() {
		if day, err := time.Parse(time.DateOnly, until); err == nil { // written by us
			out[shopKey(shop)] = day
		}
	}
	return out
}

// relocked are the locks of a publication as they are to be; the summary tells
// what changes.
func (n *Night) relocked(ctx context.Context, p ledger.Publication, o LockOptions) ([]ledger.Lock, error) {
	shops, err := n.shopsToLock(ctx, p, o)
	if err != nil {
		return nil, err
	}
	was, locks := p.Locked(), slices.Clone(p.Locks)
	for _, shop := range shops {
		if o.Unlock {
			locks = opened(locks, shop, o.From)
		} else {
			locks = append(locks, ledger.Lock{Shop: shop, Until: o.Until.Format(time.DateOnly), By: o.By, Reason: o.Reason, At: time.Now().UTC().Truncate(time.Second)})
		}
	}
	now := ledger.Publication{Locks: locks}.Locked()
	for _, shop := range shops {
		n.summary.Locks = append(n.summary.Locks, LockSummary{Shop: shop, Was: was[shop], Until: now[shop], By: o.By, Reason: o.Reason})
	}
	return locks, nil
}

// opened are the locks without those of a shop's days from one on; a zero day
// opens all.
func opened(locks []ledger.Lock, shop string, from time.Time) []ledger.Lock {
	var out []ledger.Lock
	last := from.AddDate(0, 0, -1).Format(time.DateOnly)
	cut := false
	for _, l := range locks {
		switch {
		case l.Shop != shop || l.Until < from.Format(time.DateOnly):
			out = append(out, l)
		case !from.IsZero() && !cut:
			l.Until, cut = last, true
			out = append(out, l)
		}
	}
	return out
}

// shopsToLock are the shops whose locks change, in the order of their names.
func (n *Night) shopsToLock(ctx context.Context, p ledger.Publication, o LockOptions) ([]string, error) {
	reach, err := n.lastDays(ctx, p)
	if err != nil {
		return nil, err
	}
	was, until := p.Locked(), o.Until.Format(time.DateOnly)
	wanted := slices.Sorted(maps.Keys(reach))
	if o.Unlock {
		wanted = slices.Sorted(maps.Keys(was))
	}
	if len(o.Shops) > 0 {
		wanted = nil
		for _, s := range o.Shops {
			wanted = append(wanted, s.String())
		}
	}
	var out, short []string
	for _, shop := range wanted {
		switch {
		case o.Unlock && was[shop] != "" && (o.From.IsZero() || was[shop] >= o.From.Format(time.DateOnly)):
			out = append(out, shop)
		case o.Unlock || was[shop] >= until:
		case reach[shop] < until:
			short = append(short, fmt.Sprintf("%s reaches %s", shop, cmp.Or(reach[shop], "no day yet")))
		default:
			out = append(out, shop)
		}
	}
	switch {
	case len(short) > 0:
		return nil, &LockError{Problem: fmt.Sprintf("not all shops publish days up to %s: %s", until, strings.Join(short, ", ")), Hint: "lock the others by --shop, or an earlier day"}
	case len(out) == 0 && o.Unlock:
		return nil, &LockError{Problem: "none of these days is locked", Hint: "`etl lock list` shows what is locked"}
	case len(out) == 0:
		return nil, &LockError{Problem: "these days are locked already", Hint: "`etl lock list` shows what is locked; `etl unlock --from DAY` opens days"}
	}
	return out, nil
}

// lastDays are the last published days of the shops, by platform/shop.
func (n *Night) lastDays(ctx context.Context, p ledger.Publication) (map[string]string, error) {
	reach, err := n.reachOf(ctx, p)
	out := map[string]string{}
	for _, s := range reach {
		if s.LastDay != "" {
			out[s.Platform+"/"+s.Shop] = s.LastDay
		}
	}
	return out, err
}
