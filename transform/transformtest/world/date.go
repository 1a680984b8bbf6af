package world

import "time"

// Date is a calendar or business date as days since 1970-01-01. The zero value
// means missing.
type Date int32

// DateOf returns the calendar date of t on the wall clock of t's location.
func DateOf(t time.Time) Date {
	y, m, d := t.Date()
	return Date(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

// ParseDate reads a date such as 2026-01-05.
func ParseDate(s string) (Date, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return 0, err
	}
	return DateOf(t), nil
}

// Time returns midnight UTC of the date.
func (d Date) Time() time.Time { return time.Unix(int64(d)*86400, 0).UTC() }

// String spells the date as 2026-01-05; a missing date is empty.
func (d Date) String() string {
	if d == 0 {
		return ""
	}
	return d.Time().Format(time.DateOnly)
}

// Month returns the first day of the date's month.
func (d Date) Month() Date {
	t := d.Time()
	return DateOf(time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC))
}

// At returns the instant at which the wall clock of loc shows that many minutes
// after midnight of the date.
func (d Date) At(loc *time.Location, minutes int) time.Time {
	t := d.Time()
	return time.Date(t.Year(), t.Month(), t.Day(), 0, minutes, 0, 0, loc).UTC()
}
