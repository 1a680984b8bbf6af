package transformtest

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"kefu/sql"
	"kefu/transform/catalogue"
	"kefu/transform/drivers"
	"kefu/transform/transformtest/harness"
)

// part is what a ratio is split into, in one pair of periods.
type part struct {
	by, platform, shop string
	days               int
	metric             string
	day                time.Time
}

// The drivers of ratios are those of the arithmetic: by agents, groups, topics
// and shops, with a rest where buyers belong to none or several of them.
func checkDriversOfRatios(t *testing.T, h *harness.Harness) {
	t.Helper()
	catalog, err := catalogue.Load(sql.FS, "metrics.yaml")
	if err != nil {
		t.Fatal(err)
	}
	metrics := []string{"inquiry_to_pay_rate", "reply_rate", "response_avg_s", "amount_per_buyer", "nps", "cost_per_case", "good_rate"}
	want := expectedSplits(t, h, metrics)
	rows, err := h.RowsWhere(t.Context(), "rate_drivers", "metric in ('"+strings.Join(metrics, "', '")+"')")
	if err != nil {
		t.Fatal(err)
	}
	found := map[part][]harness.Row{}
	for _, r := range rows {
		p := part{r["split_by"].(string), r["platform"].(string), r["shop_id"].(string), int(r["window_days"].(int64)), r["metric"].(string), r["dt"].(time.Time)}
		found[p] = append(found[p], r)
	}
	kinds := map[string]int{}
	for p, sides := range want {
		m, _ := catalog.Metric(p.metric)
		checkSplit(t, p, m, sides, found[p])
		if len(found[p]) > 1 {
			kinds[p.by]++
		}
		delete(found, p)
	}
	for p, rows := range found {
		t.Errorf("%+v has %d drivers, and wants none", p, len(rows))
	}
	for _, by := range []string{"agent", "group", "topic", "shop"} {
		if kinds[by] < 20 {
			t.Errorf("only %d changes were split by %s", kinds[by], by)
		}
	}
}

// splits are the two periods of all parts of a ratio, by their names; the whole
// stands under "=".
type splits map[part]map[string]drivers.Part

// expectedSplits gathers the parts from kpi_long, kpi_month and kpi_topic_day.
func expectedSplits(t *testing.T, h *harness.Harness, metrics []string) splits {
	t.Helper()
	type period struct {
		whole
		metric string
	}
	known := map[period]map[time.Time]drivers.Side{}
	add := func(p period, day time.Time, n, d any) {
		if known[p] == nil {
			known[p] = map[time.Time]drivers.Side{}
		}
		side := known[p][day]
		if x := quantity(n); !math.IsNaN(x) {
			side.Numerator += x
		}
		if x := quantity(d); !math.IsNaN(x) {
			side.Denominator += x
		}
		known[p][day] = side
	}
	eachPeriod(t, h, metrics, func(w whole, day time.Time, r harness.Row) {
		add(period{w, r["metric"].(string)}, day, r["numerator"], r["denominator"])
	})
	topics, err := h.Rows(t.Context(), "kpi_topic_day")
	if err != nil {
		t.Fatal(err)
	}
	for p, days := range known {
		if p.grain != "shop" || p.metric != "inquiry_to_pay_rate" {
			continue
		}
		for day := range days {
			for _, r := range topics {
				dt := r["dt"].(time.Time)
				if r["platform"] != p.platform || r["shop_id"] != p.shop || dt.After(day) || !dt.After(p.before(day)) {
					continue
				}
				topic := period{whole{p.platform, p.shop, "topic", r["topic"].(string), p.days}, p.metric}
				add(topic, day, float64(r["paid_buyers_final"].(int64)), float64(r["inquiry_buyers"].(int64)))
			}
		}
	}
	out := splits{}
	for p, days := range known {
		shop := known[period{whole{p.platform, p.shop, "shop", "", p.days}, p.metric}]
		for day := range shop {
			before := p.before(day)
			if _, ok := shop[before]; !ok {
				continue
			}
			_, here := days[day]
			_, there := days[before]
			if !here && !there {
				continue
			}
			sides := drivers.Part{Before: days[before], After: days[day]}
			all := drivers.Part{Before: shop[before], After: shop[day]}
			if p.grain == "shop" {
				out.put(part{"shop", p.platform, "", p.days, p.metric, day}, p.shop, sides)
				out.put(part{"shop", p.platform, "", p.days, p.metric, day}, "=", sides)
				continue
			}
			key := part{p.grain, p.platform, p.shop, p.days, p.metric, day}
			out.put(key, p.entity, sides)
			out[key]["="] = all
		}
	}
	return out
}

func (s splits) put(key part, name string, sides drivers.Part) {
	if s[key] == nil {
		s[key] = map[string]drivers.Part{}
	}
	p := s[key][name]
	p.Before.Numerator += sides.Before.Numerator
	p.Before.Denominator += sides.Before.Denominator
	p.After.Numerator += sides.After.Numerator
	p.After.Denominator += sides.After.Denominator
	s[key][name] = p
}

// checkSplit compares the rows of one whole with their definition.
func checkSplit(t *testing.T, key part, m catalogue.Metric, sides map[string]drivers.Part, rows []harness.Row) {
	t.Helper()
	all := sides["="]
	rest := all
	var names []string
	var list []drivers.Part
	for name, p := range sides {
		if name == "=" {
			continue
		}
		rest.Before.Numerator -= p.Before.Numerator
		rest.Before.Denominator -= p.Before.Denominator
		rest.After.Numerator -= p.After.Numerator
		rest.After.Denominator -= p.After.Denominator
		if p != (drivers.Part{}) {
			names, list = append(names, name), append(list, p)
		}
	}
	for _, x := range []*float64{&rest.Before.Numerator, &rest.Before.Denominator, &rest.After.Numerator, &rest.After.Denominator} {
		if math.Abs(*x) < 5e-7 {
			*x = 0
		}
	}
	if rest != (drivers.Part{}) {
		names, list = append(names, "rest"), append(list, rest)
	}
	effects, ok := drivers.Split(list)
	if all.Before.Denominator == 0 || all.After.Denominator == 0 {
		ok = false
	}
	if !ok {
		if len(rows) > 0 {
			t.Errorf("%+v has %d drivers though it is 0/0 in a period", key, len(rows))
		}
		return
	}
	if len(rows) != len(list) {
		t.Errorf("%+v has %d drivers, want %v", key, len(rows), names)
		return
	}
	total := 0.0
	for _, r := range rows {
		name := r["part"].(string)
		if r["is_rest"].(bool) {
			name = "rest"
		}
		i := slices.Index(names, name)
		if i < 0 {
			t.Errorf("%+v has the part %q, want %v", key, name, names)
			return
		}
		scale := math.Abs(quantity(r["whole_value"])) + math.Abs(quantity(r["whole_base_value"]))
		if !alike(quantity(r["mix_effect"]), effects[i].Mix, scale) || !alike(quantity(r["own_effect"]), effects[i].Own, scale) {
			t.Errorf("%+v: %s has mix %v and own %v, want %+v of %+v", key, name, r["mix_effect"], r["own_effect"], effects[i], list[i])
		}
		checkInterval(t, key, m, list[i], r)
		total += quantity(r["effect"])
	}
	change := drivers.Quotient(all.After.Numerator, all.After.Denominator) - drivers.Quotient(all.Before.Numerator, all.Before.Denominator)
	if !alike(total, change, change) {
		t.Errorf("%+v: the effects add up to %v, want %v", key, total, change)
	}
}

// checkInterval looks at what chance makes of a part's own ratio.
func checkInterval(t *testing.T, key part, m catalogue.Metric, p drivers.Part, r harness.Row) {
	t.Helper()
	isShare := m.Unit == "ratio"
	for _, s := range []drivers.Side{p.Before, p.After} {
		isShare = isShare && s.Denominator > 0 && s.Numerator >= 0 && s.Numerator <= s.Denominator
	}
	if !isShare {
		if r["difference_low"] != nil || r["is_within_noise"] != nil {
			t.Errorf("%+v: an interval of what is no share: %v", key, r)
		}
		return
	}
	d := drivers.Difference(p.Before, p.After)
	if !alike(quantity(r["difference_low"]), d.Low, 1) || !alike(quantity(r["difference_high"]), d.High, 1) || r["is_within_noise"] != d.Holds(0) {
		t.Errorf("%+v: the interval is %v to %v, want %+v", key, r["difference_low"], r["difference_high"], d)
	}
}
