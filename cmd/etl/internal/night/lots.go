package night

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"kefu/extract/ledger"
	"kefu/transform/compute"
	"kefu/transform/model"
	"kefu/transform/rule"
)

// The stage of the units that a backfill records, and the name of those that
// tell how a shop ended; the others are named after their chunk.
const (
	backfillStage = "backfill"
	shopUnitName  = "shop"
)

// lotShops is how many shops are computed and published together at most: many
// enough that small shops do not each pay for the statements, and few enough
// that an error, or a kill while they are published, does not take all along.
const lotShops = 10

// lot is a number of whole shops that are computed together, in chunks, and
// published in one step. What a lot is depends on the shops and their rows
// alone, so that a later call finds the same ones.
type lot struct {
	span
	shops       []compute.Shop
	done        map[compute.ShopKey]bool // computed anew before: only what changed since is due
	rows        int64
	fingerprint string
}

// span is a range of days, and from the models of which scope on they are
// computed anew.
type span struct {
	from, to time.Time
	scope    model.Scope // "" = all
}

// String returns such as "2025-01-01..2025-12-31", or "2025-01-01..2025-12-31 window".
func (s span) String() string {
	text := s.from.Format(time.DateOnly) + ".." + s.to.Format(time.DateOnly)
	if s.scope != "" {
		text += " " + string(s.scope)
	}
	return text
}

func parseSpan(text string) (span, error) {
	days, scope, _ := strings.Cut(text, " ")
	from, to, _ := strings.Cut(days, "..")
	a, errFrom := time.Parse(time.DateOnly, from)
	z, errTo := time.Parse(time.DateOnly, to)
	if err := errors.Join(errFrom, errTo); err != nil {
		return span{}, fmt.Errorf("read the range of a backfill: %w", err)
	}
	return span{a, z, model.Scope(scope)}, nil
}

func (l *lot) label() string {
	names := make([]string, len(l.shops))
	for i, s := range l.shops {
		names[i] = s.String()
	}
	return strings.Join(names, ",")
}

func (l *lot) holds(shop compute.ShopKey) bool {
	return slices.ContainsFunc(l.shops, func(s compute.Shop) bool { return s.ShopKey == shop })
}

func (l *lot) forced() []compute.Force {
	var out []compute.Force
	for _, s := range l.shops {
		if !l.done[s.ShopKey] {
			out = append(out, compute.Force{Shop: &s.ShopKey, From: l.from, To: l.to, Scope: l.scope})
		}
	}
	return out
}

// plan divides what is to be computed into lots.
func (b *backfill) plan(ctx context.Context) ([]*lot, error) {
	computer := compute.New(b.Engine, b.Lake, b.Graph)
	shops, err := b.shopsWithReach(ctx)
	if err != nil {
		return nil, err
	}
	b.now = computer.Now(compute.Input{Snapshots: b.current.ids, Shops: shops, Relations: b.relations()})
	rows, err := computer.CountRows(ctx, b.current.files)
	if err != nil {
		return nil, err
	}
	if b.calendar, err = computer.FindCalendar(ctx, compute.Input{Current: b.current.files, Snapshots: b.current.ids, TimesAt: b.timesAt(ctx)}); err != nil {
		return nil, err
	}
	ended, err := b.Ledger.LastUnits(ctx, backfillStage, shopUnitName)
	if err != nil {
		return nil, err
	}
	published, _, err := b.Ledger.Latest(ctx)
	if err != nil {
		return nil, err
	}
	spans, err := b.spans(ended)
	if err != nil {
		return nil, err
	}
	var lots []*lot
	for _, s := range spans {
		for _, l := range b.pack(s, rows) {
			if err := b.leaveOut(l, ended, known(published)); err != nil {
				return nil, err
			}
			if len(l.shops) > 0 {
				lots = append(lots, l)
				b.pace.expect(l)
			}
		}
	}
	return lots, nil
}

// spans are the ranges to compute: the one asked for, or those that failed.
func (b *backfill) spans(ended []ledger.Unit) ([]span, error) {
	if !b.options.From.IsZero() {
		return []span{{b.options.From, b.options.To, b.scope}}, nil
	}
	var out []span
	for _, u := range ended {
		if u.Status != ledger.Failed {
			continue
		}
		s, err := parseSpan(u.Range)
		if err != nil {
			return nil, err
		}
		if mine := b.options.Model == "" || s.scope == b.scope; mine && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	if len(out) == 0 {
		return nil, ErrNothingFailed
	}
	return out, nil
}

// pack puts the shops, in the order of the configuration, into lots that make
// one chunk of each stage, but for a shop that is larger.
func (b *backfill) pack(days span, rows map[compute.ShopKey]int64) []*lot {
	var out []*lot
	for _, s := range b.Shops {
		if b.options.Shop != nil && *b.options.Shop != s.ShopKey {
			continue
		}
		n := rows[s.ShopKey]
		if len(out) > 0 {
			last := out[len(out)-1]
			if len(last.shops) < lotShops && last.rows+n <= b.options.ChunkRows {
				last.shops, last.rows = append(last.shops, s), last.rows+n
				continue
			}
		}
		out = append(out, &lot{span: days, shops: []compute.Shop{s}, done: map[compute.ShopKey]bool{}, rows: n})
	}
	return out
}

// leaveOut leaves out of a lot the shops that are done, or did not fail, and
// tells the lot from others.
func (b *backfill) leaveOut(l *lot, ended []ledger.Unit, published map[compute.ShopKey]compute.Known) error {
	var keep []compute.Shop
	for _, s := range l.shops {
		inputs, err := b.shopInputs(s)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(ended, func(u ledger.Unit) bool { return u.Shop == s.String() && u.Range == l.String() })
		failed := i >= 0 && ended[i].Status == ledger.Failed
		done := i >= 0 && ended[i].Status == ledger.Done && ended[i].Inputs == inputs
		switch {
		case b.options.Failed && !failed:
		case done && published[s.ShopKey].Equal(b.now[s.ShopKey]):
			b.summary.Backfill.Shops = append(b.summary.Backfill.Shops, ShopOutcome{Shop: s.String(), Range: l.String(), Status: "known"})
		default:
			l.done[s.ShopKey] = done
			keep = append(keep, s)
		}
	}
	l.shops = keep
	var err error
	l.fingerprint, err = b.identify(l)
	return err
}

// shopInputs identifies the rules and models that a shop is computed by. The
// data do not count: what changed in them since is found by comparing rows.
func (b *backfill) shopInputs(shops ...compute.Shop) (string, error) {
	wanted := make([]rule.Shop, len(shops))
	for i, s := range shops {
		wanted[i] = rule.Shop{Platform: s.Platform, ID: s.Shop}
	}
	rules := b.Rules.Table(wanted)
	values := make([][]any, len(rules))
	for i, r := range rules {
		values[i] = []any{r.Platform, r.Shop, r.Origin.Rule, r.From, r.To, r.Origin.Value}
	}
	var models []string
	for _, s := range shops {
		now := b.now[s.ShopKey]
		models = append(models, now.Facts, now.Days, now.Window)
	}
	return digest(values, models)
}

// identify tells a lot from one of other shops, days, data, rules or models.
func (b *backfill) identify(l *lot) (string, error) {
	inputs, err := b.shopInputs(l.shops...)
	if err != nil {
		return "", err
	}
	var told []string
	for _, s := range l.shops {
		told = append(told, s.Timezone, b.now[s.ShopKey].Reach)
	}
	return digest(1, l.label(), l.String(), told, inputs, b.current.ids, b.options.ChunkRows)
}

func digest(parts ...any) (string, error) {
	text, err := json.Marshal(parts)
	if err != nil {
		return "", fmt.Errorf("identify a chunk: %w", err)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8]), nil
}

func (b *backfill) shopUnit(l *lot, s compute.Shop, status ledger.Status, cause error) ledger.Unit {
	u := ledger.Unit{Run: b.run.ID, Stage: backfillStage, Name: shopUnitName, Shop: s.String(), Range: l.String(), Status: status}
	u.Inputs, _ = b.shopInputs(s) // it was made for the plan before
	if cause != nil {
		u.Error = cause.Error()
	}
	return u
}
