package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
)

// realData is the folder of real data sets, beside the checkout or where
// KEFU_REAL says. Without them nothing is proven, so their absence is a failure.
func realData(t *testing.T, set string) string {
	t.Helper()
	root := os.Getenv("KEFU_REAL")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared", "real")
	}
	root, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(root, set)); err != nil {
		t.Fatalf("the real data are not at %s: put shared/real beside the checkout, or set KEFU_REAL to the folder that holds %s (%v)", root, set, err)
	}
	return root
}

// worked is a folder of docs/examples at work.
type worked struct {
	t         *testing.T
	dir, page string
	root      string // of the real data
}

func newWorked(t *testing.T, name string) *worked {
	t.Helper()
	e := &worked{t: t, dir: t.TempDir(), root: realData(t, name)}
	from := filepath.Join("..", "..", "docs", "examples", name)
	config, err := os.ReadFile(filepath.Join(from, "pipelines.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	config = append(config, "engine: {memory_limit: 512MB, threads: 2}\n"...)
	if err := os.WriteFile(filepath.Join(e.dir, "pipelines.yaml"), config, 0o600); err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join(from, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	e.page = string(page)
	return e
}

// etl runs a command line that must succeed.
func (e *worked) etl(args ...string) string {
	e.t.Helper()
	var out, errs bytes.Buffer
	a := &app{in: strings.NewReader(""), out: &out, err: &errs, lookup: func(name string) (string, bool) {
		v, ok := map[string]string{"KEFU_REAL": e.root, "KEFU_KEY": e2eSecret}[name]
		return v, ok
	}}
	if code := a.run(e.t.Context(), append([]string{"--config", filepath.Join(e.dir, "pipelines.yaml")}, args...)); code != exitDone {
		e.t.Fatalf("etl %s ended with %d\n%s%s", strings.Join(args, " "), code, out.String(), errs.String())
	}
	return out.String()
}

// run does a night in which every line is accounted for and none rejected.
func (e *worked) run(lines int) {
	e.t.Helper()
	var sum struct {
		Sources []struct{ Read, Accepted, Merged, Duplicates, Skipped, Rejected int }
	}
	if err := json.Unmarshal([]byte(e.etl("run", "--json")), &sum); err != nil || len(sum.Sources) != 1 {
		e.t.Fatalf("%v %+v", err, sum)
	}
	s := sum.Sources[0]
	if s.Read != lines || s.Rejected != 0 || s.Accepted+s.Merged+s.Duplicates+s.Skipped != lines {
		e.t.Errorf("of %d lines: %+v", lines, s)
	}
}

// accounts are what becomes of the lines, by dataset and way.
func (e *worked) accounts(path, preset string) map[string]map[string]int {
	e.t.Helper()
	var trial struct {
		Files []struct {
			Datasets []struct {
				Dataset                          string
				Read, Accepted, Merged, Rejected int
				Skipped                          map[string]int
			}
		}
	}
	if err := json.Unmarshal([]byte(e.etl("preset", "test", path, "--preset", preset, "--rows", "0", "--json")), &trial); err != nil {
		e.t.Fatal(err)
	}
	out := map[string]map[string]int{}
	for _, f := range trial.Files {
		for _, d := range f.Datasets {
			if out[d.Dataset] == nil {
				out[d.Dataset] = map[string]int{}
			}
			sum := out[d.Dataset]
			for way, n := range map[string]int{"read": d.Read, "accepted": d.Accepted, "merged": d.Merged, "rejected": d.Rejected} {
				sum[way] += n
			}
			for filter, n := range d.Skipped {
				sum[filter] += n
			}
		}
	}
	return out
}

// sameAccounts compares accounts; ways that are not named must be 0.
func (e *worked) sameAccounts(got, want map[string]map[string]int) {
	e.t.Helper()
	for name, ways := range got {
		for way, n := range ways {
			if want[name][way] != n {
				e.t.Errorf("%s: %d lines %s, want %d", name, n, way, want[name][way])
			}
		}
	}
	if len(got) != len(want) {
		e.t.Errorf("datasets %v", got)
	}
}

var shownQuery = regexp.MustCompile("(?s)```\n\\$ etl query \"([^\n]*)\"\n(.*?)```")

// answers runs the queries of the page: each must answer what stands there.
// They come back as one line each.
func (e *worked) answers() []string {
	e.t.Helper()
	var out []string
	for _, m := range shownQuery.FindAllStringSubmatch(e.page, -1) {
		got := strings.Join(strings.Fields(e.etl("query", m[1])), " ")
		if want := strings.Join(strings.Fields(m[2]), " "); got != want {
			e.t.Errorf("%s\n got %s\nwant %s", m[1], got, want)
		}
		out = append(out, got)
	}
	return out
}

// figures must stand in the description of the real data, which was counted
// by other means.
func (e *worked) figures(texts ...string) {
	e.t.Helper()
	said, err := os.ReadFile(filepath.Join(e.root, "README.md"))
	if err != nil {
		e.t.Fatal(err)
	}
	for _, text := range texts {
		if !strings.Contains(string(said), text) {
			e.t.Errorf("the description of the data does not say %q", text)
		}
	}
}

func TestRealRetail(t *testing.T) {
	t.Parallel()
	e := newWorked(t, "retail")
	e.figures("95,054 lines", "4,461 invoices of which 754 cancellations", "1,610 customers", "33,643 lines without a customer", "867 repeated lines", "1,642,617.43", "−216,034.06")
	const lines, invoices, cancellations, nobody, repeated = 95_054, 4_461, 754, 33_643, 867

	raw := retailLines(t, filepath.Join(e.root, "retail"))
	if raw.lines != lines || raw.nobody != nobody || raw.repeatedSales+raw.repeatedCancelled != repeated {
		t.Fatalf("the files hold %+v", raw)
	}
	e.run(4 * lines)
	e.sameAccounts(e.accounts(filepath.Join(e.root, "retail"), "invoice_lines"), map[string]map[string]int{
		"orders": {"read": lines, "accepted": invoices - cancellations - raw.adjusted, "merged": lines - raw.cancelled - raw.adjusted - (invoices - cancellations - raw.adjusted),
			"cancellation": raw.cancelled, "stock_adjustment": raw.adjusted},
		"order_items": {"read": lines, "accepted": lines - raw.cancelled - raw.adjusted, "cancellation": raw.cancelled, "stock_adjustment": raw.adjusted},
		"refunds":     {"read": lines, "accepted": cancellations, "merged": raw.cancelled - cancellations, "sale": lines - raw.cancelled},
		"products":    {"read": lines, "accepted": raw.dailyProducts, "merged": lines - raw.cancelled - raw.adjusted - raw.dailyProducts, "no_sale": raw.cancelled + raw.adjusted},
	})
	got := e.answers()
	for i, want := range []string{
		"1642617.43 216034.06", "3502 754 93060", "1610", "853 33372", "60 1858651.49",
	} {
		if i >= len(got) || !strings.Contains(got[i], " "+want+" ") {
			t.Errorf("the answers %q do not hold %s", got, want)
		}
	}
	if raw.repeatedSales != 853 || raw.nobody-raw.nobodyElsewhere != 33_372 {
		t.Errorf("the files hold %+v", raw)
	}
}

// retailCount is counted from the files without any of the program's code.
type retailCount struct {
	lines, nobody, nobodyElsewhere   int
	cancelled, adjusted              int
	repeatedSales, repeatedCancelled int
	dailyProducts                    int // products sold, summed over files
}

func retailLines(t *testing.T, dir string) retailCount {
	t.Helper()
	var out retailCount
	paths, err := filepath.Glob(filepath.Join(dir, "*.csv.gz"))
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, path := range paths {
		products := map[string]bool{}
		for _, row := range csvRowsOf(t, path) {
			cancelled, adjusted := strings.HasPrefix(row[0], "C"), !strings.HasPrefix(row[0], "C") && strings.HasPrefix(row[3], "-")
			key := strings.Join(row, "\x00")
			out.lines++
			if row[6] == "" {
				out.nobody++
				if cancelled || adjusted {
					out.nobodyElsewhere++
				}
			}
			switch {
			case cancelled:
				out.cancelled++
			case adjusted:
				out.adjusted++
			default:
				products[row[1]] = true
			}
			switch {
			case !seen[key]:
			case cancelled:
				out.repeatedCancelled++
			default:
				out.repeatedSales++
			}
			seen[key] = true
		}
		out.dailyProducts += len(products)
	}
	return out
}

func csvRowsOf(t *testing.T, path string) [][]string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var plain io.Reader
	if plain, err = gzip.NewReader(f); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(plain).ReadAll()
	if err != nil || len(rows) == 0 {
		t.Fatalf("%s: %v", path, err)
	}
	return rows[1:]
}

func TestRealSupport(t *testing.T) {
	t.Parallel()
	e := newWorked(t, "support")
	e.figures("2,350 messages (2,343 distinct tweet ids: 7 stand in two sessions), 1,025 sessions, 25 companies", "median 7,481.521 s, within 24 h in 846")
	const messages, sessions = 2_350, 1_025
	e.run(2 * messages)
	e.sameAccounts(e.accounts(filepath.Join(e.root, "support"), "tweets"), map[string]map[string]int{
		"chat_messages": {"read": messages, "accepted": messages},
		"cases":         {"read": messages, "accepted": sessions, "merged": messages - sessions},
	})
	got := e.answers()
	for i, want := range []string{"2343 25", "1025 7481.521 846"} {
		if i >= len(got) || !strings.Contains(got[i], " "+want+" ") {
			t.Errorf("the answers %q do not hold %s", got, want)
		}
	}
}
