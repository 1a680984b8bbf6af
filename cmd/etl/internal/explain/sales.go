package explain

import (
	"context"
	"fmt"

	"kefu/extract/sqltext"
	"kefu/transform/drivers"
)

// salesSums are what the drivers of sales are made of, in one period.
type salesSums struct {
	sales, inquiries, paid            float64 // paid: inquiry buyers who paid, whenever
	dealAmount, dealItems, dealBuyers float64 // orders due to the agents, paid in the period
	silentPaid, followedUp            float64
}

func (r *Reader) salesSums(ctx context.Context, q Question, p Period) (salesSums, error) {
	var s salesSums
	err := r.tables.Each(ctx, fmt.Sprintf(`select coalesce(cast(sum(sales_amount) as double), 0), coalesce(cast(sum(inquiry_buyers) as double), 0),
		coalesce(cast(sum(paid_buyers_final) as double), 0), coalesce(cast(sum(inquiry_deal_amount) as double), 0), coalesce(cast(sum(inquiry_deal_items) as double), 0),
		coalesce(cast(sum(inquiry_deal_buyers) as double), 0), coalesce(cast(sum(silent_own_pay_amount) as double), 0), coalesce(cast(sum(silent_follow_up_amount) as double), 0)
		from kpi_%s_day where platform = %s and shop_id = %s and dt between date '%s' and date '%s'%s`,
		q.Grain, sqltext.Literal(q.Platform), sqltext.Literal(q.Shop), p.From.Format(dateOnly), p.To.Format(dateOnly), entityFilter(q)), func(scan func(...any) error) error {
		return scan(&s.sales, &s.inquiries, &s.paid, &s.dealAmount, &s.dealItems, &s.dealBuyers, &s.silentPaid, &s.followedUp)
	})
	if err != nil {
		return s, fmt.Errorf("read sales: %w", err)
	}
	return s, nil
}

// salesFactors splits the change of sales. With the amount per buyer of the
// orders due to the agents,
//
//	sales = inquiries × conversion × amount per buyer
//	      + (buyers who paid in the period - inquiry buyers who paid) × amount per buyer
//	      + silent orders paid with them + silent orders followed up + the rest
//
// where the amount per buyer is items per buyer × price, and the rest is what
// the rule of credit gives to, or takes from, other agents than those of the
// order. The product is split by its factors, the terms have their difference.
func (r *Reader) salesFactors(ctx context.Context, q Question) ([]Factor, error) {
	before, err := r.salesSums(ctx, q, q.Before)
	if err != nil {
		return nil, err
	}
	now, err := r.salesSums(ctx, q, q.Now)
	if err != nil {
		return nil, err
	}
	return SalesFactors(before, now)
}

// SalesFactors is the arithmetic of salesFactors.
func SalesFactors(before, now salesSums) ([]Factor, error) {
	names := []string{"inquiry buyers", "conversion", "items per buyer", "amount per item"}
	x0, x1 := before.factors(), now.factors()
	if lacksItems(before) || lacksItems(now) {
		// Quantities are missing: the amount cannot be had from items.
		names = []string{"inquiry buyers", "conversion", "amount per buyer"}
		x0 = []float64{x0[0], x0[1], drivers.Quotient(before.dealAmount, before.dealBuyers)}
		x1 = []float64{x1[0], x1[1], drivers.Quotient(now.dealAmount, now.dealBuyers)}
	}
	effects, err := drivers.Product(x0, x1)
	if err != nil {
		return nil, err
	}
	filled0, filled1, err := drivers.Filled(x0, x1)
	if err != nil {
		return nil, err
	}
	var out []Factor
	for i, name := range names {
		out = append(out, Factor{Name: name, Before: defined(x0[i]), Now: defined(x1[i]), Effect: effects[i]})
	}
	product := func(x []float64) float64 {
		v := 1.0
		for _, f := range x {
			v *= f
		}
		return v
	}
	term := func(name string, b, n float64) {
		if clean(b) != 0 || clean(n) != 0 {
			out = append(out, Factor{Name: name, Before: &b, Now: &n, Effect: n - b, Term: true})
		}
	}
	term("paid in the period, asked outside of it", before.dealAmount-product(filled0), now.dealAmount-product(filled1))
	term("silent orders paid with the agents", before.silentPaid, now.silentPaid)
	term("silent orders followed up", before.followedUp, now.followedUp)
	term("credited to others than the order's agent", before.rest(), now.rest())
	return out, nil
}

func (s salesSums) factors() []float64 {
	return []float64{s.inquiries, drivers.Quotient(s.paid, s.inquiries), drivers.Quotient(s.dealItems, s.dealBuyers), drivers.Quotient(s.dealAmount, s.dealItems)}
}

// rest is what is left of sales beside the terms that have a name.
func (s salesSums) rest() float64 { return s.sales - s.dealAmount - s.silentPaid - s.followedUp }

func lacksItems(s salesSums) bool { return s.dealItems == 0 && s.dealBuyers > 0 }

func defined(x float64) *float64 {
	if x != x {
		return nil
	}
	return &x
}
