package main

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"kefu/cmd/etl/internal/config"
	"kefu/cmd/etl/internal/whatif"
	"kefu/transform/compute"
	"kefu/transform/transformtest/world"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"
)

// smallShop is an installation after both nights of
// testdata/reconcile/shop.txtar, and a moment between them.
func smallShop(t *testing.T) (*installation, time.Time) {
	t.Helper()
	archive, err := txtar.ParseFile("testdata/reconcile/shop.txtar")
	if err != nil {
		t.Fatal(err)
	}
	shop := world.Shop{Platform: "tmall", ID: "demo", Name: "示例店", Timezone: "Asia/Shanghai"}
	i := newInstallation(t, "", exportSource{name: "demo", preset: "canonical", shop: shop})
	second := map[string]string{"chats2.csv": "chat_messages-2.csv", "flags2.csv": "buyer_flags.csv", "orders2.csv": "orders-2.csv"}
	first := map[string]string{"chats1.csv": "chat_messages.csv", "orders1.csv": "orders.csv", "agents.csv": "agents.csv", "evaluations.csv": "evaluations.csv"}
	var between time.Time
	for _, files := range []map[string]string{first, second} {
		between = time.Now()
		for _, f := range archive.Files {
			if name := files[f.Name]; name != "" {
				i.deliver(delivery{source: "demo", name: name, text: string(f.Data)})
			}
		}
		i.night(exitDone)
	}
	return i, between
}

// TestReconcile compares reports with one small shop: those of
// testdata/reconcile, of which each has one thing wrong, clean ones of every
// layout, and what cannot be read.
func TestReconcile(t *testing.T) {
	i, between := smallShop(t)
	t.Run("what would be", func(t *testing.T) { whatWouldBe(t, i) })
	cases, err := filepath.Glob("testdata/reconcile/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range cases {
		if base := filepath.Base(name); base != "shop.txtar" {
			t.Run(strings.TrimSuffix(base, ".txtar"), func(t *testing.T) { reconcileCase(t, i, between, name) })
		}
	}
	// What was there is known from the files, too, once older publications are gone.
	state := i.ledger()
	all, err := state.Publications(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := state.DropPublications(t.Context(), []string{all[1].ID}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"late_data", "restated_by_flag"} {
		t.Run(name+" by files", func(t *testing.T) { reconcileCase(t, i, between, "testdata/reconcile/"+name+".txtar") })
	}
}

// reconcileCase runs `etl reconcile` on each report of an archive. What is
// wanted stands in the file want, after each report or once for all: lines of
// differences as "reason agent day KPI ours theirs: a part of the proof", how
// many numbers are compared and differ, the exit code, and with "err" a part of
// what is said where the report cannot be read. Reports named .gbk.csv are
// encoded so, those named .xlsx become workbooks.
func reconcileCase(t *testing.T, i *installation, between time.Time, name string) {
	archive, err := txtar.ParseFile(name)
	if err != nil {
		t.Fatal(err)
	}
	args, report := []string{}, ""
	for _, f := range archive.Files {
		switch f.Name {
		case "args":
			text := strings.ReplaceAll(strings.TrimSpace(string(f.Data)), "between", between.Format(time.RFC3339Nano))
			args = args[:0]
			for _, flag := range strings.Split(text, "--")[1:] {
				name, value, ok := strings.Cut(strings.TrimSpace(flag), " ")
				if args = append(args, "--"+name); ok {
					args = append(args, value)
				}
			}
		case "want":
			wantReconciled(t, i, report, args, strings.Split(strings.TrimSpace(string(f.Data)), "\n"))
		default:
			report = "reports/" + f.Name
			i.write(report, reportBytes(t, f))
		}
	}
}

// reportBytes is a report in the form that its name says.
func reportBytes(t *testing.T, f txtar.File) []byte {
	t.Helper()
	switch {
	case strings.HasSuffix(f.Name, ".gbk.csv"):
		out, err := simplifiedchinese.GB18030.NewEncoder().Bytes(f.Data)
		if err != nil {
			t.Fatal(err)
		}
		return out
	case !strings.HasSuffix(f.Name, ".xlsx"):
		return f.Data
	}
	table := csv.NewReader(bytes.NewReader(f.Data))
	table.FieldsPerRecord = -1
	rows, err := table.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	book := excelize.NewFile()
	for y, row := range rows {
		for x, text := range row {
			at, err := excelize.CoordinatesToCellName(x+1, y+1)
			if err != nil {
				t.Fatal(err)
			}
			var cell any = text
			if number, err := strconv.ParseFloat(text, 64); err == nil {
				cell = number
			}
			if err := book.SetCellValue("Sheet1", at, cell); err != nil {
				t.Fatal(err)
			}
		}
	}
	var out bytes.Buffer
	if err := book.Write(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func wantReconciled(t *testing.T, i *installation, report string, args, want []string) {
	t.Helper()
	got := i.etl(append([]string{"reconcile", i.path(report), "--json", "--shop", "demo"}, args...)...)
	var out reconcileOutput
	code, differ := exitDone, 0
	if strings.HasPrefix(want[0], "code ") {
		code, _ = strconv.Atoi(strings.TrimPrefix(want[0], "code "))
		want = want[1:]
	}
	if got.code != code {
		t.Fatalf("%s: exit code %d, want %d\n%s%s", report, got.code, code, got.out, got.err)
	}
	if said, ok := strings.CutPrefix(want[0], "err "); ok {
		for _, said := range append([]string{said}, want[1:]...) {
			if !strings.Contains(got.err, said) {
				t.Errorf("%s: it does not say %q but\n%s", report, said, got.err)
			}
		}
		return
	}
	if err := json.Unmarshal([]byte(got.out), &out); err != nil {
		t.Fatalf("%s: no JSON: %v\n%s", report, err, got.out)
	}
	compared := 0
	for _, m := range out.Metrics {
		compared += m.Compared
		for _, n := range m.Different {
			differ += n
		}
	}
	if text := fmt.Sprintf("compared %d, differ %d", compared, differ); text != want[0] {
		t.Errorf("%s: %s, want %s", report, text, want[0])
	}
	var lines []string
	for _, d := range out.Cells {
		lines = append(lines, fmt.Sprintf("%s %s %s %s %s %s: %s", d.Reason, d.Agent, strings.TrimPrefix(d.To, "2026-"), d.Metric, d.Ours, cmp.Or(d.Theirs, "–"), d.Proof))
	}
	slices.Sort(lines)
	rest := slices.Sorted(slices.Values(want[1:]))
	for n, line := range lines {
		if n >= len(rest) {
			t.Errorf("%s: not wanted: %s", report, line)
			continue
		}
		head, proof, _ := strings.Cut(rest[n], ": ")
		if !strings.HasPrefix(line, strings.TrimSuffix(head, ":")+":") || !strings.Contains(line, proof) {
			t.Errorf("%s: %s\nwant %s", report, line, rest[n])
		}
	}
	if len(lines) < len(rest) {
		t.Errorf("%s: missing: %q", report, rest[len(lines):])
	}
}

// whatWouldBe asks for numbers of the small shop under other rules, another
// clock and older rows; those wanted follow from its data by hand.
func whatWouldBe(t *testing.T, i *installation) {
	a := &app{lookup: func(string) (string, bool) { return "", false }}
	cfg, err := config.Load(i.path("pipelines.yaml"), a.options())
	if err != nil {
		t.Fatal(err)
	}
	state := i.ledger()
	all, err := state.Publications(t.Context(), 0)
	if err != nil || len(all) != 2 {
		t.Fatalf("%d publications, %v", len(all), err)
	}
	view, err := openPublished(t.Context(), cfg, all[0], nil)
	if err != nil {
		t.Fatal(err)
	}
	defer view.close()
	lab, err := a.lab(t.Context(), cfg, view)
	if err != nil {
		t.Fatal(err)
	}
	on := func(d int) time.Time { return time.Date(2026, 3, d, 0, 0, 0, 0, time.UTC) }
	const sales = "select dt, entity, sales_amount from {int_day_sales} where grain = 'agent'"
	const received = "select dt, entity, received_buyers from {int_day_service} where grain = 'agent' and received_buyers > 0"
	const whole = "select dt, agent_id, received_buyers from {kpi_agent_day} where received_buyers > 0"
	for _, c := range []struct {
		name, rules string
		question    whatif.Question
		query       string
		want        []string
	}{
		{"nothing else", "", whatif.Question{From: on(2), To: on(2)}, sales, []string{"02 小林 60.00", "02 小美 300.00"}},
		{"who was asked last before payment", "credit: pay_agent", whatif.Question{From: on(2), To: on(2)}, sales, []string{"02 小林 260.00", "02 小美 100.00"}},
		{"days that start at one", `day_starts_at: "01:00"`, whatif.Question{From: on(2), To: on(3)}, received, []string{"02 小林 3", "02 小美 2", "03 小美 1"}},
		{"an hour to the west", "", whatif.Question{From: on(2), To: on(3), Timezone: "Asia/Bangkok"}, received, []string{"02 小林 3", "02 小美 2", "03 小美 1"}},
		{"no flag counts", "exclude_flags: []", whatif.Question{From: on(3), To: on(3)}, whole, []string{"03 小林 2", "03 小美 1"}},
		{"without the flag of the second night", "", whatif.Question{From: on(3), To: on(3), Snapshots: map[string]int64{"buyer_flags": 0}}, received,
			[]string{"03 小林 2", "03 小美 1"}},
		{"the messages of the first night", "", whatif.Question{From: on(5), To: on(5), Snapshots: map[string]int64{"chat_messages": all[1].Tables["chat_messages"]}}, received,
			[]string{"05 小林 1", "05 小美 2"}},
		{"without the messages of an evening", "", whatif.Question{From: on(5), To: on(5),
			Edits: map[string]string{"chat_messages": "select * from {rows} where sent_at < timestamp '2026-03-05 11:00:00'"}}, received,
			[]string{"05 小林 2", "05 小美 1"}},
	} {
		q := c.question
		q.Shop = compute.ShopKey{Platform: "tmall", Shop: "demo"}
		model, _, _ := strings.Cut(c.query[strings.Index(c.query, "{")+1:], "}")
		q.Models = []string{model}
		if name, value, ok := strings.Cut(c.rules, ": "); ok {
			q.Rules = map[string]string{name: value}
		}
		if got := answers(t, lab, q, c.query); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// answers are the rows of the days asked for, as "day agent number".
func answers(t *testing.T, lab *whatif.Lab, q whatif.Question, query string) []string {
	t.Helper()
	answer, err := lab.Ask(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Close() //nolint:errcheck // its rows are read
	rows, err := answer.Rows(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var dt time.Time
		var agent string
		var number any
		if err := rows.Scan(&dt, &agent, &number); err != nil {
			t.Fatal(err)
		}
		if !dt.Before(q.From) && !dt.After(q.To) {
			out = append(out, fmt.Sprintf("%s %s %s", dt.Format("02"), strings.TrimPrefix(agent, "示例店:"), human(number)))
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	slices.Sort(out)
	return out
}
