package explain

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"kefu/extract/sqltext"
	"kefu/transform/catalogue"
	"kefu/transform/compute"
	"kefu/transform/drivers"
)

// Trial is what another value of a rule would make of a period.
type Trial struct {
	Rule     string `json:"rule"`
	Value    string `json:"value"`
	Instead  string `json:"instead_of"`
	Origin   string `json:"origin"` // of the value in force
	Platform string `json:"platform"`
	Shop     string `json:"shop"`
	Period   Period `json:"period"`
	Changes  []Gain `json:"changes"`
}

// Gain is a KPI of an entity over the period, as it is and as it would be.
type Gain struct {
	Grain   string   `json:"grain"`
	Entity  string   `json:"entity"`
	Metric  string   `json:"metric"`
	LabelZH string   `json:"label_zh"`
	Unit    string   `json:"unit"`
	Now     *float64 `json:"published"`
	Then    *float64 `json:"then"`
}

// entityKey names an entity of the shop.
type entityKey struct{ grain, entity string }

// Gains adds changes of days up to what they change of the period, for KPIs
// that are sums of days or ratios of such, of one grain; in the order of the
// catalogue, then of the difference.
func (r *Reader) Gains(ctx context.Context, q Question, values []compute.ValueChange) ([]Gain, error) {
	differences := map[entityKey]map[string]float64{}
	for _, v := range values {
		if v.Date < q.Now.From.Format(dateOnly) || v.Date > q.Now.To.Format(dateOnly) || v.Grain != q.Grain {
			continue
		}
		if m, ok := r.known.Metric(v.Metric); !ok || !Adds(m) {
			continue
		}
		key := entityKey{v.Grain, v.Entity}
		if differences[key] == nil {
			differences[key] = map[string]float64{}
		}
		differences[key][v.Metric] += zero(v.After) - zero(v.Before)
	}
	var out []Gain
	for key, changed := range differences {
		sums, err := r.published(ctx, q, key)
		if err != nil {
			return nil, err
		}
		for _, m := range r.known.Metrics() {
			if gain, ok := gainOf(m, key, sums, changed); ok {
				out = append(out, gain)
			}
		}
	}
	place := map[string]int{}
	for i, m := range r.known.Metrics() {
		place[m.Name] = i
	}
	slices.SortFunc(out, func(x, y Gain) int {
		return cmp.Or(cmp.Compare(place[x.Metric], place[y.Metric]), cmp.Compare(zero(y.Then)-zero(y.Now), zero(x.Then)-zero(x.Now)), cmp.Compare(x.Entity, y.Entity))
	})
	return out, nil
}

func zero(f *float64) float64 {
	if f == nil {
		return 0
	}
	return *f
}

// gainOf gives the two values of a KPI where they differ.
func gainOf(m catalogue.Metric, key entityKey, sums, changed map[string]float64) (Gain, bool) {
	g := Gain{Grain: key.grain, Entity: key.entity, Metric: m.Name, LabelZH: m.LabelZH, Unit: m.Unit}
	if !slices.Contains(m.Grains, key.grain) {
		return g, false
	}
	if m.Numerator == "" {
		if !Adds(m) || clean(changed[m.Name]) == 0 {
			return g, false
		}
		now, then := sums[m.Name], sums[m.Name]+changed[m.Name]
		g.Now, g.Then = &now, &then
		return g, true
	}
	var now, then drivers.Side
	numerator, denominator := m.Sides()
	for _, name := range numerator {
		now.Numerator += sums[name]
		then.Numerator += sums[name] + changed[name]
	}
	for _, name := range denominator {
		now.Denominator += sums[name]
		then.Denominator += sums[name] + changed[name]
	}
	g.Now, g.Then = value(now), value(then)
	return g, now != then && (g.Now == nil) == (g.Then == nil) && abs(zero(g.Now)-zero(g.Then)) > 1e-12 || (g.Now == nil) != (g.Then == nil)
}

// published sums the days of the period of all KPIs that add up.
func (r *Reader) published(ctx context.Context, q Question, key entityKey) (map[string]float64, error) {
	var names, columns []string
	for _, m := range r.known.Metrics() {
		if Adds(m) && slices.Contains(m.Grains, key.grain) {
			names = append(names, m.Name)
			columns = append(columns, "coalesce(cast(sum("+m.Name+") as double), 0)")
		}
	}
	of := Question{Platform: q.Platform, Shop: q.Shop, Grain: key.grain, Entity: key.entity}
	out := map[string]float64{}
	return out, r.tables.Each(ctx, fmt.Sprintf("select %s from kpi_%s_day where platform = %s and shop_id = %s and dt between date '%s' and date '%s'%s",
		strings.Join(columns, ", "), key.grain, sqltext.Literal(q.Platform), sqltext.Literal(q.Shop), q.Now.From.Format(dateOnly), q.Now.To.Format(dateOnly), entityFilter(of)), func(scan func(...any) error) error {
		cells, into := make([]float64, len(names)), make([]any, len(names))
		for i := range cells {
			into[i] = &cells[i]
		}
		err := scan(into...)
		for i, name := range names {
			out[name] = cells[i]
		}
		return err
	})
}
