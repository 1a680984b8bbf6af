package normalise

import (
	"time"
)

// zone converts between wall clock and UTC. The offset of an hour is kept, for
// looking it up in a time.Location costs more than all the rest of a row's time.
type zone struct {
	loc   *time.Location
	hours [1024]offsetOfHour
	walls [1024]offsetOfHour       // hours of the wall clock
	date  [len(time.DateOnly)]byte // that was read last
	days  int64                    // the same since 1970
}

type offsetOfHour struct {
	hour   int64
	set    bool
	offset int64
}

func newZone(loc *time.Location) *zone {
	z := &zone{loc: loc, days: firstDay}
	copy(z.date[:], "2000-01-01")
	return z
}

// offset gives the seconds east of UTC at a Unix time.
func (z *zone) offset(sec int64) int64 {
	hour := floorDiv(sec, 3600)
	e := &z.hours[uint64(hour)%uint64(len(z.hours))]
	if e.set && e.hour == hour {
		return e.offset
	}
	first, last := z.lookup(hour*3600), z.lookup(hour*3600+3599)
	if first != last {
		return z.lookup(sec)
	}
	*e = offsetOfHour{hour, true, first}
	return first
}

func (z *zone) lookup(sec int64) int64 {
	_, off := time.Unix(sec, 0).In(z.loc).Zone()
	return int64(off)
}

// utc converts wall-clock seconds (as if they were UTC) to Unix seconds. Of a
// time that the clock shows twice it takes the earlier; ok is false for one
// that the clock leaves out.
func (z *zone) utc(wall int64) (sec int64, ok bool) {
	hour := floorDiv(wall, 3600)
	if e := &z.walls[uint64(hour)%uint64(len(z.walls))]; e.set && e.hour == hour {
		return wall - e.offset, true
	}
	before, after := z.offset(wall-86400), z.offset(wall+86400)
	if before == after && z.offset(wall-before) == before {
		z.keep(hour, before)
		return wall - before, true
	}
	for _, off := range [2]int64{max(before, after), min(before, after)} {
		if z.offset(wall-off) == off {
			return wall - off, true
		}
	}
	return 0, false
}

// keep notes the offset of an hour of the wall clock, where it is that of the whole
// hour, and no other a day earlier or later.
func (z *zone) keep(hour, offset int64) {
	for _, sec := range [...]int64{hour*3600 - offset, hour*3600 - 86400, hour*3600 + 86400} {
		if z.lookup(sec) != offset || z.lookup(sec+3599) != offset {
			return
		}
	}
	z.walls[uint64(hour)%uint64(len(z.walls))] = offsetOfHour{hour, true, offset}
}

// day gives the local calendar date of an instant in days since 1970.
func (z *zone) day(micros int64) int64 {
	sec := floorDiv(micros, 1_000_000)
	return floorDiv(sec+z.offset(sec), 86400)
}

// dates gives the local calendar dates of so many instants.
func (z *zone) dates(out, micros []int64) {
	for i := range out {
		out[i] = z.day(micros[i])
	}
}

// The plausible calendar days, both included.
var (
	firstDay = daysOf(2000, 1, 1)
	lastDay  = daysOf(2099, 12, 31)
)

const (
	timeHint = "use 2006-01-02 15:04:05, 2006/01/02 15:04:05 or RFC 3339"
	dateHint = "use 2006-01-02"
)

// parseInstant reads a time; without an offset it is the zone's wall clock.
// why is empty for a good one.
func (z *zone) parseInstant(s string) (micros int64, why string) {
	if micros, ok := z.parsePlain(s); ok {
		return micros, ""
	}
	return z.parseAny(s)
}

// parseAny is parseInstant the long way.
func (z *zone) parseAny(s string) (micros int64, why string) {
	w, why := parseWall(s)
	if why != "" {
		return 0, why
	}
	wall := w.day*86400 + w.sec
	var sec int64
	if w.zoned {
		sec = wall - w.offset
	} else {
		var ok bool
		if sec, ok = z.utc(wall); !ok {
			return 0, "time that the shop's clock left out"
		}
	}
	micros = sec*1_000_000 + w.micro
	if d := z.day(micros); d < firstDay || d > lastDay {
		return 0, "implausible year"
	}
	return micros, ""
}

// parsePlain reads 2006-01-02 15:04:05, as nearly all times are written; many of
// one date follow each other. Whatever else it meets is not ok.
func (z *zone) parsePlain(s string) (micros int64, ok bool) {
	if len(s) != len(time.DateTime) || s[10] != ' ' || s[13] != ':' || s[16] != ':' {
		return 0, false
	}
	if date := s[:len(z.date)]; date != string(z.date[:]) {
		day, why := parseDate(date)
		if why != "" {
			return 0, false
		}
		z.days = day
		copy(z.date[:], date)
	}
	hour, minute, second := twoDigits(s[11], s[12]), twoDigits(s[14], s[15]), twoDigits(s[17], s[18])
	if hour > 23 || minute > 59 || second > 59 {
		return 0, false
	}
	sec, ok := z.utc(z.days*86400 + hour*3600 + minute*60 + second)
	return sec * 1_000_000, ok
}

// twoDigits reads a number of two digits; it is over 99 where they are none.
func twoDigits(a, b byte) int64 {
	a, b = a-'0', b-'0'
	if a > 9 || b > 9 {
		return 100
	}
	return int64(a)*10 + int64(b)
}

// parseDate reads a date in days since 1970; a time of day is allowed at midnight.
func parseDate(s string) (day int64, why string) {
	w, why := parseWall(s)
	switch {
	case why == notATime:
		return 0, "not a date"
	case why != "":
		return 0, why
	case w.zoned || w.sec != 0 || w.micro != 0:
		return 0, "a time where a date belongs"
	case w.day < firstDay || w.day > lastDay:
		return 0, "implausible year"
	}
	return w.day, ""
}

// wallTime is a time as written.
type wallTime struct {
	day        int64 // since 1970
	sec, micro int64 // of the day
	zoned      bool
	offset     int64 // seconds east, when zoned
}

const (
	notATime     = "not a time"
	noSuchDate   = "date that does not exist"
	noSuchClock  = "time of day that does not exist"
	secondsInDay = 86400
)

// parseWall reads the accepted forms of times and dates.
func parseWall(s string) (w wallTime, why string) {
	p := scanner{s: s}
	year, ok := p.number(4, 4)
	sep := p.next()
	if !ok || (sep != '-' && sep != '/') {
		return w, notATime
	}
	month, ok1 := p.number(1, 2)
	ok2 := p.eat(sep)
	day, ok3 := p.number(1, 2)
	if !ok1 || !ok2 || !ok3 {
		return w, notATime
	}
	if month < 1 || month > 12 || day < 1 || day > daysIn(year, month) {
		return w, noSuchDate
	}
	w.day = daysOf(year, month, day)
	if p.end() {
		return w, ""
	}
	if c := p.next(); c != ' ' && c != 'T' && c != 't' {
		return w, notATime
	}
	if why := p.clock(&w); why != "" {
		return w, why
	}
	if !p.end() {
		if !p.zoneOffset(&w) {
			return w, notATime
		}
	}
	return w, ""
}

// scanner walks over the bytes of a time.
type scanner struct {
	s string
	i int
}

func (p *scanner) end() bool { return p.i == len(p.s) }

func (p *scanner) next() byte {
	if p.end() {
		return 0
	}
	p.i++
	return p.s[p.i-1]
}

func (p *scanner) eat(c byte) bool {
	if p.i < len(p.s) && p.s[p.i] == c {
		p.i++
		return true
	}
	return false
}

// number reads at least lo and at most hi digits.
func (p *scanner) number(lo, hi int) (int, bool) {
	n, start := 0, p.i
	for p.i < len(p.s) && p.i-start < hi && isDigit(p.s[p.i]) {
		n = n*10 + int(p.s[p.i]-'0')
		p.i++
	}
	return n, p.i-start >= lo
}

// clock reads hour:minute[:second[.fraction]].
func (p *scanner) clock(w *wallTime) (why string) {
	hour, ok1 := p.number(1, 2)
	colon := p.eat(':')
	minute, ok2 := p.number(2, 2)
	if !ok1 || !colon || !ok2 {
		return notATime
	}
	second := 0
	if p.eat(':') {
		var ok bool
		if second, ok = p.number(2, 2); !ok {
			return notATime
		}
		if p.eat('.') {
			if w.micro, ok = p.fraction(); !ok {
				return notATime
			}
		}
	}
	if hour > 23 || minute > 59 || second > 59 {
		return noSuchClock
	}
	w.sec = int64(hour*3600 + minute*60 + second)
	return ""
}

// fraction reads 1 to 9 digits as microseconds; what is finer is cut off.
func (p *scanner) fraction() (int64, bool) {
	var n int64
	start := p.i
	for p.i < len(p.s) && isDigit(p.s[p.i]) {
		if p.i-start < 6 {
			n = n*10 + int64(p.s[p.i]-'0')
		}
		p.i++
	}
	digits := p.i - start
	for i := digits; i < 6; i++ {
		n *= 10
	}
	return n, digits >= 1 && digits <= 9
}

// zoneOffset reads Z or ±hh:mm, to the end.
func (p *scanner) zoneOffset(w *wallTime) bool {
	w.zoned = true
	c := p.next()
	if c == 'Z' || c == 'z' {
		return p.end()
	}
	if c != '+' && c != '-' {
		return false
	}
	hour, ok1 := p.number(2, 2)
	colon := p.eat(':')
	minute, ok2 := p.number(2, 2)
	if !ok1 || !colon || !ok2 || !p.end() || hour > 23 || minute > 59 {
		return false
	}
	w.offset = int64(hour*3600 + minute*60)
	if c == '-' {
		w.offset = -w.offset
	}
	return true
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func daysIn(year, month int) int {
	switch month {
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	default:
		return 31
	}
}

// daysOf counts the days since 1970-01-01 of a civil date.
func daysOf(year, month, day int) int64 {
	if month <= 2 {
		year--
	}
	era := floorDiv(int64(year), 400)
	yoe := int64(year) - era*400
	doy := int64((153*((month+9)%12)+2)/5 + day - 1)
	doe := yoe*365 + yoe/4 - yoe/100 + doy
	return era*146097 + doe - 719468
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
