package preset

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// timeLayout is one form that a time may have in a file.
type timeLayout struct {
	layout string // of Go; "" where the time is a count
	unit   int64  // microseconds that the count counts
	zoned  bool   // the text tells an instant, whatever the clock of the shop
}

// Counts of time since 1970, as `times` and `unit` name them.
var epochs = map[string]int64{
	"epoch_s": 1_000_000, "epoch_ms": 1_000, "epoch_us": 1,
	"seconds": 1_000_000, "milliseconds": 1_000, "microseconds": 1,
}

func newTimeLayout(text string) timeLayout {
	if unit, ok := epochs[text]; ok {
		return timeLayout{unit: unit, zoned: true}
	}
	l := goLayout(text)
	return timeLayout{layout: l, zoned: strings.Contains(l, "Z07") || strings.Contains(l, "-07")}
}

func (l timeLayout) parse(s string) (time.Time, bool) {
	if l.layout != "" {
		t, err := time.Parse(l.layout, s)
		return t, err == nil
	}
	count, ok := parseDecimal(s)
	if ok {
		count, ok = count.times(decimal{l.unit, 0})
	}
	if !ok {
		return time.Time{}, false
	}
	return time.UnixMicro(count.round(0).n).UTC(), true
}

// goLayout turns a form such as M/d/yyyy H:mm into a layout of Go's; a layout
// of Go's stays as it is. A form has two y at least, which no layout has.
func goLayout(text string) string {
	if !strings.Contains(text, "yy") {
		return text
	}
	layout, err := formLayout(text)
	if err != nil {
		return text
	}
	return layout
}

var formParts = map[string]string{
	"yyyy": "2006", "yy": "06", "M": "1", "MM": "01", "MMM": "Jan", "MMMM": "January", "d": "2", "dd": "02",
	"H": "15", "HH": "15", "h": "3", "hh": "03", "m": "4", "mm": "04", "s": "5", "ss": "05", "a": "PM",
	"E": "Mon", "EEE": "Mon", "EEEE": "Monday", "X": "Z07", "XX": "Z0700", "XXX": "Z07:00", "Z": "-0700",
	"S": "0", "SSS": "000", "SSSSSS": "000000",
}

func formLayout(form string) (string, error) {
	var out strings.Builder
	for rest := form; rest != ""; {
		c := rest[0]
		switch {
		case c == '\'':
			text, after, ok := strings.Cut(rest[1:], "'")
			if !ok {
				return "", errors.New("a quoted text is not closed")
			}
			out.WriteString(text)
			rest = after
		case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z':
			n := len(rest) - len(strings.TrimLeft(rest, rest[:1]))
			part, ok := formParts[rest[:n]]
			switch {
			case ok:
				out.WriteString(part)
			case rest[:n] == "T":
				out.WriteString("T")
			default:
				return "", fmt.Errorf("%q is no part of a time: use yyyy, M, MM, d, dd, H, HH, mm, ss, SSS, a, XXX", rest[:n])
			}
			rest = rest[n:]
		case c >= '0' && c <= '9':
			return "", errors.New("digits stand in it")
		default:
			out.WriteByte(c)
			rest = rest[1:]
		}
	}
	return out.String(), nil
}

// checkLayout tells what is wrong with a form of times.
func checkLayout(text string) error {
	if _, ok := epochs[text]; ok {
		return nil
	}
	layout := text
	if strings.Contains(text, "yy") {
		var err error
		if layout, err = formLayout(text); err != nil {
			return err
		}
	}
	// A layout must tell two days apart, or it is none.
	first := time.Date(2026, 11, 27, 13, 45, 56, 0, time.UTC)
	shown := first.Format(layout)
	again, err := time.Parse(layout, shown)
	if err != nil || again.Year() != first.Year() || again.YearDay() != first.YearDay() {
		return errors.New("it names no year, month and day: write it as yyyy-MM-dd HH:mm:ss, M/d/yyyy H:mm and the like")
	}
	return nil
}

// zoneOf is the location of that name, nil for "" and unknown ones.
func zoneOf(name string) *time.Location {
	if name == "" {
		return nil
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		return nil
	}
	return loc
}

// inZone reads the wall clock of t as that of loc. Of a time that the clock
// shows twice it takes the earlier; ok is false for one that it leaves out.
func inZone(t time.Time, loc *time.Location) (at time.Time, ok bool) {
	wall := t.Unix()
	for _, near := range []time.Duration{-24 * time.Hour, 24 * time.Hour} {
		_, offset := t.Add(near).In(loc).Zone()
		try := time.Unix(wall-int64(offset), int64(t.Nanosecond())).In(loc)
		if _, have := try.Zone(); have == offset && (!ok || try.Before(at)) {
			at, ok = try, true
		}
	}
	return at.UTC(), ok
}

// instant puts the file's zone to a canonical time that has none.
func (c *bound) instant(s, column string) (string, *Fault) {
	for _, layout := range []string{"2006-01-02 15:04:05.999999999", "2006-01-02T15:04:05.999999999", time.DateOnly} {
		t, err := time.Parse(layout, s)
		if err != nil {
			continue
		}
		at, ok := inZone(t, c.zone)
		if !ok {
			return "", &Fault{Column: column, Reason: "time that the clock of " + c.zone.String() + " left out", Hint: "correct the time, or the preset's timezone"}
		}
		return at.Format(instantText), nil
	}
	return s, nil
}
