package night

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"kefu/extract"
	"kefu/transform/normalise"
)

// logged is a sink that spells its calls, and fails at one of them. Of lines it
// only counts those that were read, and notes rows that come before theirs.
type logged struct {
	calls []string
	fails string
	lines int
	rows  int
}

var errFull = errors.New("no room")

func (l *logged) call(format string, args ...any) error {
	l.calls = append(l.calls, fmt.Sprintf(format, args...))
	if l.calls[len(l.calls)-1] == l.fails {
		return errFull
	}
	return nil
}

func (l *logged) row(format string, args ...any) error {
	if l.rows++; l.rows > l.lines {
		format += " before its line"
	}
	return l.call(format, args...)
}

func (l *logged) Read(_ string, lines int) { l.lines += lines }
func (l *logged) Accept(r extract.Record) error {
	return l.row("accept %s %d %q %s/%s %q", r.Dataset, r.Line, r.Values, r.Platform, r.Shop, r.Raw)
}
func (l *logged) Type(*extract.Records) (normalise.Typed, error) { return normalise.Typed{}, nil }
func (l *logged) Take(r *extract.Records, _ normalise.Typed) error {
	for row := range r.Len() {
		if err := l.Accept(r.At(row)); err != nil {
			return err
		}
	}
	return nil
}
func (l *logged) Merge(set string, line int)      { _ = l.row("merge %s %d", set, line) }
func (l *logged) Skip(set, filter string, at int) { _ = l.row("skip %s %s %d", set, filter, at) }
func (l *logged) Reject(r extract.Reject) error   { return l.row("reject %+v, raw %t", r, r.Raw != nil) }
func (l *logged) Warn(w extract.Warning)          { _ = l.call("warn %+v", w) }
func (l *logged) has(call string) (at int, ok bool) {
	at = slices.Index(l.calls, call)
	return at, at >= 0
}

// tell makes calls of every kind, with slices that are written over at once.
func tell(to extract.Sink, rows int) error {
	values, raw := make([]string, 2), make([]byte, 0, 64)
	for i := range rows {
		raw = fmt.Appendf(raw[:0], "line %d", i)
		to.Read("orders", 1)
		var err error
		switch i / 3 % 5 {
		case 0:
			to.Skip("orders", "blank", i)
		case 1:
			err = to.Reject(extract.Reject{Dataset: "orders", Line: i, Column: "Zeit", Reason: "not a time", Hint: "write one", Raw: raw})
		case 2:
			to.Merge("orders", i)
			to.Warn(extract.Warning{Dataset: "orders", Line: i, Column: "x", Message: "odd"})
		default:
			values[0], values[1] = fmt.Sprint("id", i), ""
			err = to.Accept(extract.Record{Dataset: "orders", Line: i, Values: values, Platform: "jd", Shop: "s", Raw: raw})
		}
		if err != nil {
			return fmt.Errorf("read a.csv: %w", err)
		}
		values[0] = "written over"
		copy(raw, "wwwwwwwwwwwwwwwwwwww")
	}
	return nil
}

func TestARelayMakesTheCallsInTheirOrder(t *testing.T) {
	for _, rows := range []int{0, 1, 7, 5_000} {
		want, got := &logged{}, &logged{}
		if err := tell(want, rows); err != nil {
			t.Fatal(err)
		}
		r := newRelay(got)
		if err := r.end(tell(r, rows)); err != nil || got.lines != want.lines || !slices.Equal(got.calls, want.calls) {
			t.Errorf("%d rows: %v, %d calls of %d are as without a relay", rows, err, len(got.calls), len(want.calls))
		}
	}
}

func TestARelayEndsWithTheFirstError(t *testing.T) {
	reading := errors.New("the file is cut off")
	for name, c := range map[string]struct {
		rows int    // until the reader ends
		read error  // which ends it
		last string // call that fails
		want error
	}{
		"the reader's":                      {rows: 3_000, read: reading, want: reading},
		"the sink's, while rows are read":   {rows: 1_000_000, last: `reject {Dataset:orders Line:5013 Column:Zeit Reason:not a time Hint:write one Raw:[108 105 110 101 32 53 48 49 51]}, raw true`, want: errFull},
		"the sink's, in the last rows":      {rows: 105, last: `accept orders 104 ["id104" ""] jd/s "line 104"`, want: errFull},
		"the sink's, of rows that were cut": {rows: 105, read: reading, last: `accept orders 103 ["id103" ""] jd/s "line 103"`, want: errFull},
	} {
		to := &logged{fails: c.last}
		r := newRelay(to)
		err := tell(r, c.rows)
		if err == nil {
			err = c.read
		}
		if err = r.end(err); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
		if at, ok := to.has(c.last); c.last != "" && (!ok || at != len(to.calls)-1) {
			t.Errorf("%s: calls follow the one that failed", name)
		}
	}
}
