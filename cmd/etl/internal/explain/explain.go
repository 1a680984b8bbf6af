// Package explain owns what drove the change of a KPI from one period to
// another: which factors, which agents, topics or days, and whether a rate
// moved by more than chance.
package explain

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"kefu/cmd/etl/internal/why"
	"kefu/transform/catalogue"
	"kefu/transform/drivers"
	"kefu/transform/evidence"
)

// Period is a span of days, both included.
type Period struct {
	From time.Time
	To   time.Time
}

// MarshalText spells a period as 2026-03-09..2026-03-15.
func (p Period) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// String spells a period as 2026-03-09..2026-03-15.
func (p Period) String() string {
	return p.From.Format(time.DateOnly) + ".." + p.To.Format(time.DateOnly)
}

// Days is how many days the period has.
func (p Period) Days() int { return int(p.To.Sub(p.From).Hours()/24) + 1 }

// Earlier is the period of as many days right before.
func (p Period) Earlier() Period {
	return Period{p.From.AddDate(0, 0, -p.Days()), p.From.AddDate(0, 0, -1)}
}

// Question asks what drove a KPI of an entity.
type Question struct {
	Metric         catalogue.Metric
	Platform, Shop string
	Grain, Entity  string // as in why.Question
	Before, Now    Period
	By             string // agent, day, or a column of the rows behind the KPI; "" = what suits
}

// Change is the account of a change.
type Change struct {
	Metric   string   `json:"metric"`
	LabelZH  string   `json:"label_zh"`
	LabelEN  string   `json:"label_en"`
	Unit     string   `json:"unit"`
	Platform string   `json:"platform"`
	Shop     string   `json:"shop"`
	Grain    string   `json:"grain"`
	Entity   string   `json:"entity"`
	Before   Period   `json:"before"`
	Now      Period   `json:"now"`
	Value0   *float64 `json:"value_before"` // nil = 0/0
	Value1   *float64 `json:"value_now"`

	Factors []Factor `json:"factors,omitempty"` // of sums that are a product: they add up to the change
	Sides   *Sides   `json:"sides,omitempty"`   // of ratios
	By      string   `json:"by"`
	Parts   []Part   `json:"parts"` // they add up to the change
	Open    int64    `json:"open_inquiries,omitempty"`
}

// Factor is one driver of a sum: a factor of its product, or a term beside it.
type Factor struct {
	Name   string   `json:"name"`
	Before *float64 `json:"before"`
	Now    *float64 `json:"now"`
	Effect float64  `json:"effect"`
	Term   bool     `json:"term"` // stands beside the product
}

// Sides are the two sides of a ratio in both periods; where it is a share of
// cases, with what chance alone makes of it.
type Sides struct {
	Numerator   string        `json:"numerator"`
	Denominator string        `json:"denominator"`
	Before      drivers.Side  `json:"before"`
	Now         drivers.Side  `json:"now"`
	Share       *Significance `json:"share,omitempty"`
}

// Significance tells a share from chance, at 95 %.
type Significance struct {
	Before      drivers.Interval `json:"before"`
	Now         drivers.Interval `json:"now"`
	Difference  drivers.Interval `json:"difference"`
	WithinNoise bool             `json:"within_noise"`
}

// Part is an agent, a topic, a day: what it did to the whole.
type Part struct {
	Name   string   `json:"name"`
	Rest   bool     `json:"rest,omitempty"` // what is of no part, or of several
	Before *float64 `json:"before"`         // its own value
	Now    *float64 `json:"now"`
	// Of sums, Effect is the difference; of ratios the sum of both.
	Effect float64 `json:"effect"`
	Mix    float64 `json:"mix,omitempty"` // of ratios: it weighs more or less
	Own    float64 `json:"own,omitempty"` // of ratios: its own ratio changed
	Sides  *Sides  `json:"sides,omitempty"`
}

// ErrNoSum says that a KPI is neither a sum over days nor a ratio of such.
var ErrNoSum = errors.New("is no sum of days and no ratio of sums: there is nothing that adds up to its change")

// ErrSplit says that the rows behind a KPI cannot be divided so.
var ErrSplit = errors.New("cannot be split so")

// Reader explains changes from the tables of a publication.
type Reader struct {
	tables why.Tables
	book   *evidence.Book
	known  *catalogue.Catalogue
}

// New returns a reader.
func New(tables why.Tables, book *evidence.Book, known *catalogue.Catalogue) *Reader {
	return &Reader{tables, book, known}
}

// Adds tells whether a KPI of a period is the sum of its days.
func Adds(m catalogue.Metric) bool {
	e := m.Evidence
	if m.Numerator != "" || e == nil || !slices.Contains(m.Periods, "day") || m.Unit == "instant" {
		return false
	}
	if len(e.Of) > 0 {
		return !strings.Contains(e.Value, "/")
	}
	return e.Rows != "" && e.Value == "" && e.Once != "window"
}

// Explains tells whether the KPI is a sum, or a ratio of sums.
func (r *Reader) Explains(m catalogue.Metric) error {
	numerator, denominator := m.Sides()
	for _, name := range slices.Concat(numerator, denominator) {
		if side, ok := r.known.Metric(name); !ok || !Adds(side) {
			return fmt.Errorf("%s %w", m.Name, ErrNoSum)
		}
	}
	if m.Numerator == "" && !Adds(m) {
		return fmt.Errorf("%s %w", m.Name, ErrNoSum)
	}
	return nil
}

// Explain gives the account of a change.
func (r *Reader) Explain(ctx context.Context, q Question) (*Change, error) {
	if err := r.Explains(q.Metric); err != nil {
		return nil, err
	}
	m := q.Metric
	c := &Change{Metric: m.Name, LabelZH: m.LabelZH, LabelEN: m.LabelEN, Unit: m.Unit, Platform: q.Platform, Shop: q.Shop, Grain: q.Grain, Entity: q.Entity, Before: q.Before, Now: q.Now}
	var err error
	if c.By, err = r.by(q); err != nil {
		return nil, err
	}
	if c.Open, err = r.open(ctx, q); err != nil {
		return nil, err
	}
	parts, err := r.partsOf(ctx, q, c.By)
	if err != nil {
		return nil, err
	}
	whole, err := r.whole(ctx, q)
	if err != nil {
		return nil, err
	}
	if m.Numerator != "" {
		c.ratio(m, whole, parts)
		return c, nil
	}
	c.sum(whole, parts)
	if m.Name == "sales_amount" {
		c.Factors, err = r.salesFactors(ctx, q)
	}
	return c, err
}

// ratio splits the change of a ratio into what its parts did.
func (c *Change) ratio(m catalogue.Metric, whole drivers.Part, parts []named) {
	c.Value0, c.Value1 = value(whole.Before), value(whole.After)
	c.Sides = sides(m, whole)
	list := make([]drivers.Part, len(parts))
	rest := whole
	for i, p := range parts {
		list[i] = p.Part
		rest = less(rest, p.Part)
	}
	if rest != (drivers.Part{}) {
		parts, list = append(parts, named{name: "", rest: true, Part: rest}), append(list, rest)
	}
	effects, ok := drivers.Split(list)
	for i, p := range parts {
		part := Part{Name: p.name, Rest: p.rest, Before: value(p.Before), Now: value(p.After), Sides: sides(m, p.Part)}
		if ok {
			part.Mix, part.Own = effects[i].Mix, effects[i].Own
			part.Effect = part.Mix + part.Own
		}
		c.Parts = append(c.Parts, part)
	}
	c.sortParts()
}

// sum lists what the parts of a sum did.
func (c *Change) sum(whole drivers.Part, parts []named) {
	v0, v1 := whole.Before.Numerator, whole.After.Numerator
	c.Value0, c.Value1 = &v0, &v1
	rest := whole
	for _, p := range parts {
		rest = less(rest, p.Part)
	}
	if rest != (drivers.Part{}) {
		parts = append(parts, named{rest: true, Part: rest})
	}
	for _, p := range parts {
		b, a := p.Before.Numerator, p.After.Numerator
		c.Parts = append(c.Parts, Part{Name: p.name, Rest: p.rest, Before: &b, Now: &a, Effect: a - b})
	}
	c.sortParts()
}

// sortParts puts what did most first, but days in their order.
func (c *Change) sortParts() {
	if c.By == "day" {
		return
	}
	slices.SortStableFunc(c.Parts, func(x, y Part) int {
		switch a, b := abs(x.Effect), abs(y.Effect); {
		case a > b:
			return -1
		case a < b:
			return 1
		default:
			return strings.Compare(x.Name, y.Name)
		}
	})
}

func abs(x float64) float64 { return max(x, -x) }

func less(p, q drivers.Part) drivers.Part {
	return drivers.Part{
		Before: drivers.Side{Numerator: clean(p.Before.Numerator - q.Before.Numerator), Denominator: clean(p.Before.Denominator - q.Before.Denominator)},
		After:  drivers.Side{Numerator: clean(p.After.Numerator - q.After.Numerator), Denominator: clean(p.After.Denominator - q.After.Denominator)},
	}
}

// clean drops what adding fractions up leaves behind: amounts have six decimals.
func clean(x float64) float64 {
	if abs(x) < 5e-7 {
		return 0
	}
	return x
}

func value(s drivers.Side) *float64 {
	if s.Denominator == 0 {
		return nil
	}
	v := s.Numerator / s.Denominator
	return &v
}

// sides gives both sides of a ratio, with intervals where it is a share.
func sides(m catalogue.Metric, p drivers.Part) *Sides {
	s := &Sides{Numerator: m.Numerator, Denominator: m.Denominator, Before: p.Before, Now: p.After}
	if m.Unit == "ratio" && isShare(p.Before) && isShare(p.After) {
		s.Share = &Significance{
			Before: drivers.Wilson(p.Before.Numerator, p.Before.Denominator), Now: drivers.Wilson(p.After.Numerator, p.After.Denominator),
			Difference: drivers.Difference(p.Before, p.After),
		}
		s.Share.WithinNoise = s.Share.Difference.Holds(0)
	}
	return s
}

// isShare tells a share of cases: whole ones or parts of them, at most all.
func isShare(s drivers.Side) bool {
	return s.Denominator > 0 && s.Numerator >= 0 && s.Numerator <= s.Denominator
}
