// Package terminal owns what people see: colours that mean something, tables
// that line up with Chinese text, and bars that turn into plain lines where
// nobody watches. It knows nothing of the work.
package terminal

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/mattn/go-runewidth"
	"golang.org/x/term"
)

// Status says how something ended. Its colour and mark follow from it.
type Status int

// The statuses that are told apart.
const (
	OK Status = iota
	Warning
	Failed
	Skipped // not done, and rightly so
)

// String returns the status as a word.
func (s Status) String() string {
	return [...]string{"ok", "warning", "failed", "skipped"}[s]
}

// Options say what an output can show.
type Options struct {
	Interactive bool // bars that move
	Color       bool
	Unicode     bool // marks and bars beyond ASCII
	Width       int  // columns; 0 = unlimited
}

// Terminal is an output for people.
type Terminal struct {
	w    io.Writer
	opts Options
}

// New finds out what w can show: nothing moves or is coloured unless w is a
// terminal, nothing is coloured with NO_COLOR, and marks are ASCII unless the
// locale is UTF-8.
func New(w io.Writer, getenv func(string) string) *Terminal {
	var o Options
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if v := getenv(name); v != "" {
			v = strings.ToLower(v)
			o.Unicode = strings.Contains(v, "utf-8") || strings.Contains(v, "utf8")
			break
		}
	}
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) && getenv("TERM") != "dumb" {
		o.Interactive = true
		o.Color = getenv("NO_COLOR") == ""
		if width, _, err := term.GetSize(int(f.Fd())); err == nil {
			o.Width = width
		}
	}
	// Who wants no colour wants no bars either: both are control sequences.
	o.Interactive = o.Interactive && o.Color
	return With(w, o)
}

// With returns an output of which it is known what it can show.
func With(w io.Writer, o Options) *Terminal { return &Terminal{w: w, opts: o} }

// Interactive tells whether somebody watches.
func (t *Terminal) Interactive() bool { return t.opts.Interactive }

// Printf writes to the output.
func (t *Terminal) Printf(format string, args ...any) {
	_, _ = fmt.Fprintf(t.w, format, args...)
}

// Paint colours a text by status: green, yellow, red, grey.
func (t *Terminal) Paint(s Status, text string) string {
	return t.escape([...]string{"32", "33", "31", "90"}[s], text)
}

// Bold emphasises a text.
func (t *Terminal) Bold(text string) string { return t.escape("1", text) }

// Faint steps a text back.
func (t *Terminal) Faint(text string) string { return t.escape("90", text) }

func (t *Terminal) escape(code, text string) string {
	if !t.opts.Color || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

// Mark is the coloured sign of a status, one column wide.
func (t *Terminal) Mark(s Status) string {
	marks := [...]string{"+", "!", "x", "-"}
	if t.opts.Unicode {
		marks = [...]string{"✓", "!", "✗", "–"}
	}
	return t.Paint(s, marks[s])
}

// widths counts East Asian ambiguous characters as narrow, as terminals do.
var widths = &runewidth.Condition{StrictEmojiNeutral: true}

// Width is how many columns a text takes, colours left out.
func Width(text string) int { return widths.StringWidth(plain(text)) }

// plain removes the colour sequences that Paint adds.
func plain(text string) string {
	for {
		start := strings.Index(text, "\x1b[")
		if start < 0 {
			return text
		}
		end := strings.IndexByte(text[start:], 'm')
		if end < 0 {
			return text
		}
		text = text[:start] + text[start+end+1:]
	}
}

// Clean makes a text from outside harmless to show on one line: control
// characters become spaces.
func Clean(text string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x20 || (r >= 0x7f && r < 0xa0) || r == '\u2028' || r == '\u2029' || (r >= 0x202a && r <= 0x202e) || (r >= 0x2066 && r <= 0x2069) {
			return ' '
		}
		return r
	}, text)
}

// Count writes a number with thousands separators.
func Count(n int64) string {
	s := strconv.FormatInt(n, 10)
	start := 0
	if n < 0 {
		start = 1
	}
	for i := len(s) - 3; i > start; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// Rows writes a number of rows.
func Rows(n int64) string {
	if n == 1 {
		return "1 row"
	}
	return Count(n) + " rows"
}

// Duration writes a time as people say it: 340 ms, 1.2 s, 3 min 04 s, 2 h 05 min.
func Duration(d time.Duration) string {
	switch {
	case d < 999500*time.Microsecond:
		return fmt.Sprintf("%d ms", d.Round(time.Millisecond).Milliseconds())
	case d < 59950*time.Millisecond:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < time.Hour-500*time.Millisecond:
		s := int(d.Round(time.Second).Seconds())
		return fmt.Sprintf("%d min %02d s", s/60, s%60)
	default:
		m := int(d.Round(time.Minute).Minutes())
		return fmt.Sprintf("%d h %02d min", m/60, m%60)
	}
}

// Size writes a number of bytes: 940 B, 1.2 MB.
func Size(n int64) string {
	units := []string{"kB", "MB", "GB", "TB"}
	if n < 1000 {
		return fmt.Sprintf("%d B", n)
	}
	v, i := float64(n)/1000, 0
	for v >= 999.95 && i < len(units)-1 {
		v /= 1000
		i++
	}
	return fmt.Sprintf("%.1f %s", v, units[i])
}
