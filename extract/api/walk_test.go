package api

import (
	"bytes"
	"encoding/json"
	"slices"
	"testing"
	"time"
)

// at reads a time that the test wrote; a misprint is year one and fails it.
func at(text string) time.Time {
	out, _ := time.Parse(time.RFC3339, text)
	return out
}

func TestDueIsGaplessFromTheMarkToThePresent(t *testing.T) {
	s := Stream{Name: "orders.modified", MaxSpan: 24 * time.Hour, Slice: 30 * time.Minute, Reach: 90 * 24 * time.Hour, Lag: 3 * time.Minute, Overlap: 10 * time.Minute}
	mark := Mark{Since: at("2026-01-01T00:00:00Z"), Until: at("2026-01-10T00:00:00Z")}
	p := Marks{s.Name: mark}.Due(s, time.Time{}, at("2026-01-10T01:00:30Z"))
	from, to := at("2026-01-09T23:50:00Z"), at("2026-01-10T00:57:30Z")
	for _, w := range p.Windows {
		if !w.From.Equal(from) || w.Span() > s.Slice || w.Span() <= 0 {
			t.Fatalf("window %v, expected one from %v", w, from)
		}
		from = w.To
	}
	if !from.Equal(to) || len(p.Windows) != 3 {
		t.Fatalf("%d windows until %v, want 3 until %v", len(p.Windows), from, to)
	}
	if p.Unreachable.Span() != 0 {
		t.Fatalf("unreachable %v", p.Unreachable)
	}
}

func TestDueSaysWhatThePlatformDoesNotReach(t *testing.T) {
	s := Stream{Name: "orders.modified", Slice: 24 * time.Hour, Reach: 10 * 24 * time.Hour}
	now := at("2026-03-01T00:00:00Z")
	p := Marks{}.Due(s, at("2026-01-01T00:00:00Z"), now)
	want := Window{From: at("2026-01-01T00:00:00Z"), To: at("2026-02-19T00:00:01Z")}
	if p.Unreachable != want || !p.Windows[0].From.Equal(want.To) {
		t.Fatalf("unreachable %v, first window %v", p.Unreachable, p.Windows[0])
	}
	// A first pull without a wish reaches as far back as it can and lacks nothing.
	p = Marks{}.Due(s, time.Time{}, now)
	if p.Unreachable.Span() != 0 || len(p.Windows) != 10 {
		t.Fatalf("unreachable %v, %d windows", p.Unreachable, len(p.Windows))
	}
	// A downtime longer than the reach loses days, and says so.
	p = Marks{s.Name: {Until: at("2026-02-01T00:00:00Z")}}.Due(s, time.Time{}, now)
	if !p.Unreachable.From.Equal(at("2026-02-01T00:00:00Z")) {
		t.Fatalf("unreachable %v", p.Unreachable)
	}
}

func TestDueOfAStreamThatIsWalkedOnce(t *testing.T) {
	past := Stream{Name: "orders.created", Slice: 30 * 24 * time.Hour, First: true}
	next := Stream{Name: "orders.modified", Slice: 24 * time.Hour, Overlap: time.Hour, After: past.Name}
	now, marks := at("2026-03-01T00:00:00Z"), Marks{}
	if p := marks.Due(next, time.Time{}, now); len(p.Windows) != 0 {
		t.Fatalf("walked before its past: %v", p.Windows)
	}
	p := marks.Due(past, at("2025-03-01T00:00:00Z"), now)
	if len(p.Windows) != 13 {
		t.Fatalf("%d windows", len(p.Windows))
	}
	for _, w := range p.Windows[:5] {
		marks.Move(past, p, w)
	}
	// Interrupted, it goes on a month later, to where it was going.
	later := now.AddDate(0, 1, 0)
	p = marks.Due(past, time.Time{}, later)
	if len(p.Windows) != 8 || !p.Windows[7].To.Equal(now) {
		t.Fatalf("goes on with %v", p.Windows)
	}
	// What changed since its beginning is the other stream's.
	if q := marks.Due(next, time.Time{}, later); !q.Windows[0].From.Equal(now.Add(-time.Hour)) {
		t.Fatalf("the other begins at %v", q.Windows[0].From)
	}
	for _, w := range p.Windows {
		marks.Move(past, p, w)
	}
	if p := marks.Due(past, time.Time{}, later); len(p.Windows) != 0 {
		t.Fatalf("walked again: %v", p.Windows)
	}
}

func TestDueOfDates(t *testing.T) {
	s := Stream{Name: "presence", Slice: 24 * time.Hour, Grain: 24 * time.Hour, Reach: 30 * 24 * time.Hour}
	p := Marks{s.Name: {Until: at("2026-03-01T00:00:00+08:00")}}.Due(s, time.Time{}, at("2026-03-03T02:30:00+08:00"))
	want := []Window{{at("2026-03-01T00:00:00+08:00"), at("2026-03-02T00:00:00+08:00")}, {at("2026-03-02T00:00:00+08:00"), at("2026-03-03T00:00:00+08:00")}}
	if !slices.EqualFunc(p.Windows, want, func(a, b Window) bool { return a.From.Equal(b.From) && a.To.Equal(b.To) }) {
		t.Fatalf("windows %v, want the platform's days", p.Windows)
	}
}

func TestABundleKeepsWhatWasReceived(t *testing.T) {
	in := []Response{
		{Call: "trades", Params: map[string]string{"page_no": "2"}, Body: json.RawMessage("{\"tid\": 1234567890123456789,\n \"nick\": \"买家\"}")},
		{Call: "trades", Body: json.RawMessage(`[]`)},
	}
	var buf bytes.Buffer
	if err := WriteBundle(&buf, "w", in); err != nil {
		t.Fatal(err)
	}
	out, err := ReadBundle(&buf)
	if err != nil || len(out) != 2 || out[0].Params["page_no"] != "2" {
		t.Fatalf("read %v, %v", out, err)
	}
	if n := Parse(out[0].Body); n.At("tid").Text() != "1234567890123456789" || n.At("nick").Text() != "买家" {
		t.Fatalf("body %s", out[0].Body)
	}
	w := Window{From: at("2026-01-01T00:00:00Z"), To: at("2026-01-01T00:30:00Z")}
	stream, got, err := ParseBundleName(BundleName("orders.modified", w))
	if err != nil || stream != "orders.modified" || got != w {
		t.Fatalf("%s %v %v", stream, got, err)
	}
}

func TestNodesAreLenient(t *testing.T) {
	n := Parse([]byte(`{"id":1234567890123456789,"s":" 12.30 ","one":{"a":1},"many":[{"a":1},{"a":2}],"none":null,"in":"[{\"a\":3}]","t":true,"n":"7"}`))
	if n.At("id").Text() != "1234567890123456789" || n.At("s").Text() != "12.30" || n.At("n").Int() != 7 || !n.At("t").Bool() {
		t.Fatal("scalars")
	}
	if len(n.At("one").List()) != 1 || len(n.At("many").List()) != 2 || n.At("none").List() != nil || n.At("a", "b", "c").List() != nil {
		t.Fatal("lists")
	}
	if l := n.At("in").List(); len(l) != 1 || l[0].At("a").Int() != 3 {
		t.Fatal("JSON inside of a string")
	}
	if n.Any("x", "none", "s").Text() != "12.30" {
		t.Fatal("any")
	}
	if Parse([]byte("<html>")).Valid() {
		t.Fatal("HTML is no JSON")
	}
}

func TestUnits(t *testing.T) {
	for in, want := range map[string]string{"1": "0.01", "1230": "12.30", "-5": "-0.05", "": "", "x": ""} {
		if got := Fen(in); got != want {
			t.Errorf("Fen(%q) = %q, want %q", in, got, want)
		}
	}
	if got := Millis("1767225600123"); got != "2026-01-01T00:00:00.123Z" {
		t.Errorf("Millis = %s", got)
	}
	if Millis("0") != "" || Seconds("") != "" {
		t.Error("not yet is no time")
	}
	if got := Local("2026-01-01 08:00:00"); got != "2026-01-01T08:00:00+08:00" {
		t.Errorf("Local = %s", got)
	}
	if Local("0001-01-01 00:00:00") != "" {
		t.Error("year one is not yet")
	}
}
