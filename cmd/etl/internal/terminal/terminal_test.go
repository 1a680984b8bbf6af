package terminal_test

import (
	"bytes"
	"strings"
	"sync"
	"testing"
	"time"

	"kefu/cmd/etl/internal/terminal"
)

func TestTablesLineUpWithChineseText(t *testing.T) {
	var b bytes.Buffer
	tb := terminal.With(&b, terminal.Options{}).Table(terminal.Left("shop"), terminal.Right("rows"), terminal.Left("state"))
	tb.Row("示例旗舰店", terminal.Count(1234567), "ok")
	tb.Row("flagship", "0")
	tb.Flush()
	want := "" +
		"shop             rows  state\n" +
		"示例旗舰店  1,234,567  ok\n" +
		"flagship            0\n"
	if b.String() != want {
		t.Errorf("got\n%swant\n%s", b.String(), want)
	}
}

func TestPaintedCellsTakeTheirWidthOnly(t *testing.T) {
	var b bytes.Buffer
	term := terminal.With(&b, terminal.Options{Color: true})
	tb := term.Table(terminal.Left("a"), terminal.Left("b"))
	tb.Row(term.Paint(terminal.Failed, "失败"), "x")
	tb.Row("long", "y")
	tb.Flush()
	lines := strings.Split(b.String(), "\n")
	if lines[1] != "\x1b[31m失败\x1b[0m  x" || lines[2] != "long  y" {
		t.Errorf("lines %q", lines)
	}
}

func TestCellsAreCutToTheirColumn(t *testing.T) {
	for _, c := range []struct {
		unicode bool
		want    string
	}{{true, "客服销…"}, {false, "客服..."}} {
		var b bytes.Buffer
		tb := terminal.With(&b, terminal.Options{Unicode: c.unicode}).Table(terminal.Column{Title: "x", Max: 7})
		tb.Row("客服销售额合计")
		tb.Flush()
		if got := strings.Split(b.String(), "\n")[1]; got != c.want {
			t.Errorf("unicode %v: %q, want %q", c.unicode, got, c.want)
		}
	}
}

func TestNothingIsColouredWhereNobodyWatches(t *testing.T) {
	var b bytes.Buffer
	term := terminal.New(&b, func(name string) string {
		return map[string]string{"LANG": "zh_CN.UTF-8", "TERM": "xterm"}[name]
	})
	if term.Interactive() || term.Paint(terminal.Failed, "x") != "x" || term.Mark(terminal.OK) != "✓" {
		t.Errorf("interactive %v, %q, %q", term.Interactive(), term.Paint(terminal.Failed, "x"), term.Mark(terminal.OK))
	}
	ascii := terminal.New(&b, func(string) string { return "" })
	if got := ascii.Mark(terminal.OK) + ascii.Mark(terminal.Failed); got != "+x" {
		t.Errorf("marks without a UTF-8 locale: %q", got)
	}
}

func TestColoursMeanSomething(t *testing.T) {
	term := terminal.With(nil, terminal.Options{Color: true})
	for status, want := range map[terminal.Status]string{
		terminal.OK: "\x1b[32mx\x1b[0m", terminal.Warning: "\x1b[33mx\x1b[0m", terminal.Failed: "\x1b[31mx\x1b[0m",
	} {
		if got := term.Paint(status, "x"); got != want {
			t.Errorf("%s: %q", status, got)
		}
	}
}

func TestPlainLinesOfSteps(t *testing.T) {
	var b bytes.Buffer
	steps := terminal.With(&b, terminal.Options{}).Steps()
	one := steps.Start("orders", 10)
	one.Add(10)
	one.Done(terminal.OK, terminal.Rows(12345))
	one.Done(terminal.Failed, "again")
	steps.Line("a remark")
	steps.Start("never ends", 0)
	steps.Close()
	lines := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
	if len(lines) != 2 || !strings.HasPrefix(lines[0], "+ orders: 12,345 rows  ") || !strings.HasSuffix(lines[0], " ms") || lines[1] != "a remark" {
		t.Errorf("lines %q", lines)
	}
}

func TestBarsEndInTheSameLines(t *testing.T) {
	var mu sync.Mutex
	var b bytes.Buffer
	w := writerFunc(func(p []byte) (int, error) {
		mu.Lock()
		defer mu.Unlock()
		return b.Write(p)
	})
	steps := terminal.With(w, terminal.Options{Interactive: true, Width: 80}).Steps()
	var wg sync.WaitGroup
	for _, name := range []string{"聊天记录", "orders"} {
		wg.Go(func() {
			st := steps.Start(name, 3)
			for range 3 {
				st.Add(1)
			}
			st.Done(terminal.OK, "3 rows")
		})
	}
	wg.Wait()
	steps.Start("left over", 0)
	steps.Close()
	for _, want := range []string{"+ 聊天记录: 3 rows", "+ orders: 3 rows"} {
		if strings.Count(b.String(), want) != 1 {
			t.Errorf("want %q once in %q", want, b.String())
		}
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func TestNumbers(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", -1234567: "-1,234,567", -100: "-100"} {
		if got := terminal.Count(n); got != want {
			t.Errorf("Count(%d) = %s", n, got)
		}
	}
	for d, want := range map[time.Duration]string{
		340 * time.Millisecond: "340 ms", 1234 * time.Millisecond: "1.2 s", 999900 * time.Microsecond: "1.0 s",
		184 * time.Second: "3 min 04 s", 59990 * time.Millisecond: "1 min 00 s", 125 * time.Minute: "2 h 05 min", 0: "0 ms",
	} {
		if got := terminal.Duration(d); got != want {
			t.Errorf("Duration(%s) = %s, want %s", d, got, want)
		}
	}
	for n, want := range map[int64]string{0: "0 B", 999: "999 B", 1000: "1.0 kB", 1234567: "1.2 MB", 999999: "1.0 MB"} {
		if got := terminal.Size(n); got != want {
			t.Errorf("Size(%d) = %s, want %s", n, got, want)
		}
	}
}

func TestCleanHidesControlCharacters(t *testing.T) {
	if got := terminal.Clean("a\x1b[31mb\nc\u202ed客"); got != "a [31mb c d客" {
		t.Errorf("%q", got)
	}
}
