package reference

import (
	"math/big"
	"slices"
)

// writeDays writes the day rows up to the shop's last day with data.
func (c *calc) writeDays() {
	for k, t := range c.days {
		if k.dt > c.lastDt {
			continue
		}
		r := c.kpiRow(k.entity, k.dt)
		values := sumOf(t)
		fillKPIs(r, k.entity, values, t.turns, true)
		r["earliest_online_at"], r["latest_online_at"] = nil, nil
		if !t.first.IsZero() {
			r["earliest_online_at"], r["latest_online_at"] = t.first, t.last
		}
		fillConcurrency(r, t.open)
		c.fillCare(r, k.entity, k.dt, 1, values)
		c.add(tableOf(k.entity, "day"), r)
	}
}

// sums holds the exact values of summed columns; a column without one is 0.
type sums map[string]*big.Rat

func (s sums) get(name string) *big.Rat {
	if v := s[name]; v != nil {
		return v
	}
	return new(big.Rat)
}

func (s sums) add(name string, v *big.Rat) {
	if s[name] == nil {
		s[name] = new(big.Rat)
	}
	s[name].Add(s[name], v)
}

// sumOf returns what the days add up to.
func sumOf(days ...*tally) sums {
	s := sums{}
	for _, t := range days {
		for name, n := range t.counts {
			s.add(name, whole(n))
		}
		for name, buyers := range t.buyers {
			s.add(name, whole(int64(len(buyers))))
		}
		for name, v := range t.amounts {
			s.add(name, v)
		}
	}
	return s
}

// fillKPIs writes sums, rates and quantiles into a row.
func fillKPIs(r Row, entity string, values sums, turns []int64, quantiles bool) {
	for _, name := range countsOf(entity) {
		r[name] = values.get(name).Num().Int64()
	}
	for _, name := range amountsOf(entity) {
		r[name] = values.get(name)
	}
	for _, name := range hoursColumnsOf(entity) {
		r[name], _ = values.get(name).Float64()
	}
	r["net_sales_amount"] = new(big.Rat).Sub(values.get("sales_amount"), values.get("refunded_amount"))
	for _, rate := range ratesOf(entity) {
		r[rate.name] = ratio(values.get(rate.numerator), values.get(rate.denominator))
	}
	r["reply_rate"] = ratio(values.get("replied_buyers"), new(big.Rat).Add(values.get("replied_buyers"), values.get("unreplied_buyers")))
	judged := new(big.Rat).Add(values.get("good"), values.get("neutral"))
	r["good_rate"] = ratio(values.get("good"), judged.Add(judged, values.get("bad")))
	r["response_p50_s"], r["response_p90_s"] = nil, nil
	if quantiles && len(turns) > 0 {
		r["response_p50_s"], r["response_p90_s"] = quantile(turns, 50), quantile(turns, 90)
	}
}

// ratio is nil where the denominator is 0.
func ratio(n, d *big.Rat) any {
	if d.Sign() == 0 {
		return nil
	}
	f, _ := new(big.Rat).Quo(n, d).Float64()
	return f
}

// quantile returns the ⌈percent·n/100⌉-th smallest.
func quantile(list []int64, percent int) int64 {
	sorted := slices.Sorted(slices.Values(list))
	return sorted[(percent*len(sorted)+99)/100-1]
}
