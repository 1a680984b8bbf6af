package compute

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"kefu/extract/dataset"
	"kefu/extract/lake"
	"kefu/extract/sqltext"
)

// calendarMargin is how far the calendar reaches beyond the data on both
// sides: business cuts and time zones move an instant by a day at most.
const calendarMargin = 3

// Calendar is the first and the last date that any instant of the lake falls
// on, of whatever shop; zero where there is none.
type Calendar struct{ From, To time.Time }

// add makes the calendar reach over the dates of two instants.
func (c *Calendar) add(from, to time.Time) {
	from, to = from.UTC().Truncate(24*time.Hour), to.UTC().Truncate(24*time.Hour)
	if *c == (Calendar{}) {
		*c = Calendar{from, to}
		return
	}
	if from.Before(c.From) {
		c.From = from
	}
	if to.After(c.To) {
		c.To = to
	}
}

// FindCalendar finds the calendar of the input's datasets: by what is known of
// their files, and of files of which it is not known by their rows.
func (c *Computer) FindCalendar(ctx context.Context, in Input) (Calendar, error) {
	var calendar Calendar
	var unknown []string
	for _, s := range datasets() {
		known := map[string]map[string]lake.TimeRange{}
		if snapshot := in.Snapshots[s.Name]; in.TimesAt != nil && snapshot > 0 {
			var err error
			if known, err = in.TimesAt(s.Name, snapshot); err != nil {
				return Calendar{}, fmt.Errorf("find the calendar of %s: %w", s.Name, err)
			}
		}
		for _, col := range s.Stored() {
			if col.Type != dataset.Instant && col.Name != "event_date" || isBookkeeping(col.Name) {
				continue
			}
			files := slices.Clone(in.Current[s.Name])
			files = slices.DeleteFunc(files, func(f lake.File) bool {
				times, ok := known[f.Path][col.Name]
				if ok && times != (lake.TimeRange{}) {
					calendar.add(times.From, times.To)
				}
				return ok
			})
			if len(files) > 0 {
				unknown = append(unknown, fmt.Sprintf("select min(cast(%[1]s as date)) as a, max(cast(%[1]s as date)) as b from %[2]s",
					sqltext.Ident(col.Name), scan([]lake.Column{{Name: col.Name, Type: col.Type.SQL()}}, files)))
			}
		}
	}
	if len(unknown) == 0 {
		return calendar, nil
	}
	rows, err := c.engine.Query(ctx, "select min(a), max(b) from ("+strings.Join(unknown, " union all ")+")")
	if err != nil {
		return Calendar{}, fmt.Errorf("find the calendar: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var from, to *time.Time
		if err := rows.Scan(&from, &to); err != nil {
			return Calendar{}, fmt.Errorf("find the calendar: %w", err)
		}
		if from != nil && to != nil {
			calendar.add(*from, *to)
		}
	}
	return calendar, rows.Err()
}
