package rule

import "time"

// Day is a row of rule_day: a shop's business day, its bounds and all rules.
type Day struct {
	Platform, Shop string
	Date           time.Time // midnight UTC
	CutMinutes     int       // cut in force on the calendar date
	StartAt, EndAt time.Time // UTC, EndAt excluded
	Rules          *Values

	row []any
}

// Columns lists the columns of rule_day in the order of Day.Values.
func Columns() []Column {
	out := []Column{
		{"platform", "VARCHAR"}, {"shop_id", "VARCHAR"}, {"dt", "DATE"},
		{"cut_minutes", "INTEGER"}, {"day_start_at", "TIMESTAMP"}, {"day_end_at", "TIMESTAMP"},
	}
	for i := range definitions {
		for _, c := range definitions[i].columns {
			out = append(out, c.Column)
		}
	}
	return out
}

// Values returns the row aligned with Columns: string for VARCHAR and DECIMAL,
// int32, int64, bool, time.Time in UTC for DATE and TIMESTAMP, nil for NULL.
func (d *Day) Values() []any {
	out := make([]any, 0, 6+len(d.row))
	out = append(out, d.Platform, d.Shop, d.Date, int32(d.CutMinutes), d.StartAt, d.EndAt)
	return append(out, d.row...)
}

func ruleColumns(v *Values) []any {
	var out []any
	for i := range definitions {
		for _, c := range definitions[i].columns {
			out = append(out, c.value(v))
		}
	}
	return out
}

// Days returns a row for every shop and every date between two dates, both
// included, by platform, shop and date.
func (s *Set) Days(shops []Shop, from, to time.Time) []Day {
	first, last := dayNumber(from), dayNumber(to)
	if last < first {
		return nil
	}
	out := make([]Day, 0, len(shops)*(last-first+1))
	for _, shop := range sortedShops(shops) {
		t := s.timeline(shop.Platform, shop.ID)
		zone := shop.Zone
		if zone == nil {
			zone = s.Zone(shop.Platform, shop.ID)
		}
		start := t.startOf(first, zone)
		for day := first; day <= last; day++ {
			seg, end := t.at(day), t.startOf(day+1, zone)
			out = append(out, Day{
				Platform: shop.Platform, Shop: shop.ID, Date: dateOf(day),
				CutMinutes: int(seg.values.DayStartsAt), StartAt: start, EndAt: end,
				Rules: seg.values, row: seg.row,
			})
			start = end
		}
	}
	return out
}

// startOf is the instant at which a business day begins: its calendar date plus
// the cut in force on that date. So a day ends where the next begins, even when
// the cut changes between them.
func (t *timeline) startOf(day int, zone *time.Location) time.Time {
	y, m, d := dateOf(day).Date()
	return time.Date(y, m, d, 0, int(t.at(day).values.DayStartsAt), 0, 0, zone).UTC()
}
