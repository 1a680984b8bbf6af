package report

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	_ "github.com/duckdb/duckdb-go/v2"
	"golang.org/x/net/html"

	"kefu/transform/catalogue"
)

func memory(t *testing.T) *sql.DB {
	t.Helper()
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { db.Close() })
	return db
}

func execute(t *testing.T, db *sql.DB, statements string) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), statements); err != nil {
		t.Fatal(err)
	}
}

// warehouse is that of testdata/warehouse.sql with the shipped KPI catalogue.
func warehouse(t *testing.T) *sql.DB {
	t.Helper()
	db := memory(t)
	text, err := os.ReadFile("testdata/warehouse.sql")
	if err != nil {
		t.Fatal(err)
	}
	execute(t, db, string(text))
	metrics, err := catalogue.Load(os.DirFS("../../sql"), "metrics.yaml")
	if err != nil {
		t.Fatal(err)
	}
	columns := make([]string, len(catalogue.Columns()))
	for i, column := range catalogue.Columns() {
		columns[i] = column.Name + " " + column.Type
	}
	execute(t, db, "create table dim_metric ("+strings.Join(columns, ", ")+")")
	for _, row := range metrics.Rows() {
		marks := strings.TrimSuffix(strings.Repeat("?, ", len(row)), ", ")
		if _, err := db.ExecContext(t.Context(), "insert into dim_metric values ("+marks+")", row...); err != nil {
			t.Fatal(err)
		}
	}
	return db
}

func write(t *testing.T, db Querier, options Options) string {
	t.Helper()
	options.Now = time.Date(2026, 4, 1, 1, 0, 0, 0, time.UTC)
	var out bytes.Buffer
	if err := Write(context.Background(), &out, db, options); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// numbers is what the report carries.
func numbers(t *testing.T, page string) content {
	t.Helper()
	_, rest, ok := strings.Cut(page, `<script type="application/json" id="data">`)
	text, _, ended := strings.Cut(rest, "</script>")
	if !ok || !ended {
		t.Fatal("the report carries no numbers")
	}
	var c content
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestTheReportIsOneFileThatLoadsNothing(t *testing.T) {
	page := write(t, warehouse(t), Options{})
	if path := os.Getenv("KEFU_KEEP_REPORT"); path != "" {
		if err := os.WriteFile(path, []byte(page), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	policy := false
	for node := range root.Descendants() {
		if node.Type != html.ElementNode {
			continue
		}
		if slices.Contains([]string{"link", "img", "iframe", "object", "embed", "base", "source", "video", "audio"}, node.Data) {
			t.Errorf("the report has a <%s>", node.Data)
		}
		for _, attribute := range node.Attr {
			if slices.Contains([]string{"src", "srcset", "action", "data", "poster"}, attribute.Key) || attribute.Key == "href" && !strings.HasPrefix(attribute.Val, "#") {
				t.Errorf("<%s %s=%q> loads or leads out", node.Data, attribute.Key, attribute.Val)
			}
			policy = policy || strings.Contains(attribute.Val, "default-src 'none'")
		}
		if node.Data == "style" && regexp.MustCompile(`@import|url\(`).MatchString(node.FirstChild.Data) {
			t.Error("the style sheet loads something")
		}
	}
	if !policy {
		t.Error("no policy forbids the browser to load anything")
	}
	for _, name := range []string{"Apache ECharts\nCopyright", "Apache License", "d3"} {
		if !strings.Contains(page, name) {
			t.Errorf("the licence of the charts is not there: %q", name)
		}
	}
}

func TestTheReportCanBeReadByEverybody(t *testing.T) {
	page := write(t, warehouse(t), Options{})
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	ids, named, words := map[string]bool{}, []string{}, map[string]bool{}
	var levels strings.Builder
	for node := range root.Descendants() {
		if node.Type != html.ElementNode {
			continue
		}
		a := map[string]string{}
		for _, attribute := range node.Attr {
			a[attribute.Key] = attribute.Val
		}
		if a["id"] != "" && ids[a["id"]] {
			t.Errorf("the id %s stands twice", a["id"])
		}
		ids[a["id"]] = true
		named = append(named, a["for"], a["aria-labelledby"])
		words[a["data-word"]] = true
		switch node.Data {
		case "html":
			if a["lang"] != "zh-CN" {
				t.Errorf("language %q", a["lang"])
			}
		case "h1", "h2", "h3":
			levels.WriteString(node.Data[1:])
		case "section":
			if a["aria-labelledby"] == "" {
				t.Error("a section has no name")
			}
		}
		if strings.Contains(a["class"], "scroll") && a["tabindex"] != "0" {
			t.Error("a table cannot be scrolled by keyboard")
		}
	}
	for _, id := range named {
		if id != "" && !ids[id] {
			t.Errorf("%s is named, but not there", id)
		}
	}
	if got := levels.String(); got != "1222323332" {
		t.Errorf("levels of headings %s", got)
	}
	texts, err := assets.ReadFile("assets/words.js")
	if err != nil {
		t.Fatal(err)
	}
	for key := range words {
		if n := len(regexp.MustCompile(`\b`+key+`: `).FindAll(texts, -1)); key != "" && n != 2 {
			t.Errorf("word %s stands in %d of 2 languages", key, n)
		}
	}
}

func TestNumbersEqualTheWarehouse(t *testing.T) {
	db := warehouse(t)
	c := numbers(t, write(t, db, Options{}))
	if len(c.Shops) != 2 {
		t.Fatalf("%d shops", len(c.Shops))
	}
	for _, s := range c.Shops {
		for _, column := range append(append([]string{}, bothSums...), shopSums...) {
			same(t, db, s.Days, column, fmt.Sprintf("from kpi_shop_day where platform = '%s' and shop_id = '%s'", s.Platform, s.ID))
		}
		for _, a := range s.Agents {
			for _, column := range bothSums {
				same(t, db, a.Days, column, fmt.Sprintf("from kpi_agent_day where platform = '%s' and shop_id = '%s' and agent_id = '%s'", s.Platform, s.ID, a.ID))
			}
		}
		for _, column := range refundColumns {
			same(t, db, s.Refunds, column, fmt.Sprintf("from kpi_shop_window where window_days = 28 and dt <= '2026-03-31' and platform = '%s' and shop_id = '%s'", s.Platform, s.ID))
		}
		var lost int64
		for _, n := range s.Losses {
			lost += n.Rows
		}
		var want int64
		if err := db.QueryRowContext(t.Context(), "select count(*) from lost_inquiries where platform = ? and shop_id = ?", s.Platform, s.ID).Scan(&want); err != nil {
			t.Fatal(err)
		}
		if lost != want {
			t.Errorf("%s: %d losses, want %d", s.ID, lost, want)
		}
	}
}

// same compares a column of a series with the table, day by day.
func same(t *testing.T, db *sql.DB, s *series, column, from string) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), fmt.Sprintf("select cast(dt as varchar), cast(%s as double) %s order by dt", column, from))
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	i := 0
	for ; rows.Next(); i++ {
		var dt string
		var want sql.NullFloat64
		if err := rows.Scan(&dt, &want); err != nil {
			t.Fatal(err)
		}
		if i >= len(s.Dt) {
			break
		}
		got := s.Columns[column][i]
		if s.Dt[i] != dt || (got != nil) != want.Valid || got != nil && math.Abs(*got-want.Float64) > 1e-9 {
			t.Errorf("%s on %s differs (%s)", column, dt, from)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	if i != len(s.Dt) || i == 0 {
		t.Errorf("%s: %d days, want %d (%s)", column, len(s.Dt), i, from)
	}
}

func TestHeadAndQuality(t *testing.T) {
	c := numbers(t, write(t, warehouse(t), Options{}))
	if c.Publication == nil || c.Publication.ID != "20260401-0230-7f3a" || !c.Publication.LoadedAt.Equal(time.Date(2026, 3, 31, 18, 41, 0, 0, time.UTC)) {
		t.Errorf("publication %+v", c.Publication)
	}
	shop := c.Shops[slices.IndexFunc(c.Shops, func(s *shop) bool { return s.ID == "flagship" })]
	if shop.Name != "示例旗舰店" || shop.Horizon != "2026-03-28" || shop.Timezone != "Asia/Shanghai" {
		t.Errorf("shop %s %s %s", shop.Name, shop.Horizon, shop.Timezone)
	}
	if len(shop.Open) != 3 || shop.Open["2026-03-29"] != 5 {
		t.Errorf("open days %v", shop.Open)
	}
	if len(c.Rejected) != 2 || c.Rejected[0].Rows != 17 {
		t.Errorf("what waits in quarantine: %+v", c.Rejected)
	}
	if len(c.Failed) != 1 || c.Failed[0].Name != "unlinked_orders_below_5_percent" {
		t.Errorf("failed checks: %+v", c.Failed)
	}
	if c.Metrics["reply_rate"].ZH != "旺旺回复率" {
		t.Errorf("reply_rate: %+v", c.Metrics["reply_rate"])
	}
}

func TestBuyersStayUnknown(t *testing.T) {
	db := warehouse(t)
	page := write(t, db, Options{})
	rows, err := db.QueryContext(t.Context(), "select distinct buyer_id from lost_inquiries")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(page, id) {
			t.Errorf("the report holds the buyer id %s", id)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]string{
		"0123456789abcdef0123456789abcdef": "01234567…", "买家张三丰": "买***", "j****23": "j***", "": "", "a": "a***",
	} {
		if got := shortBuyer(id); got != want {
			t.Errorf("%q is shown as %q, want %q", id, got, want)
		}
	}
}

func TestNamesAreNoMarkup(t *testing.T) {
	db := warehouse(t)
	execute(t, db, "update dim_agent set name = '</script><script>alert(1)</script>' where agent_id = 'pop-1'")
	page := write(t, db, Options{Title: "<b>报告</b>"})
	if strings.Contains(page, "alert(1)</script>") || strings.Contains(page, "<b>报告") {
		t.Error("a name became markup")
	}
	if c := numbers(t, page); !strings.Contains(fmt.Sprint(c.Shops[0].Agents[0].Name, c.Shops[1].Agents[0].Name), "</script><script>alert(1)</script>") {
		t.Error("a name changed")
	}
}

func TestTheReportLooksBackAsFarAsAsked(t *testing.T) {
	for _, s := range numbers(t, write(t, warehouse(t), Options{Days: 10})).Shops {
		if got := s.Days.Dt; len(got) != 10 || got[0] != "2026-03-22" {
			t.Errorf("%s: days %v", s.ID, got)
		}
		for _, n := range s.Losses {
			if n.Dt < "2026-03-22" {
				t.Errorf("a loss of %s", n.Dt)
			}
		}
	}
}

func TestAYoungWarehouseGivesAReport(t *testing.T) {
	db := memory(t)
	execute(t, db, "create table kpi_shop_day (platform varchar, shop_id varchar, dt date, received_buyers bigint)")
	if c := numbers(t, write(t, db, Options{Language: "en"})); len(c.Shops) != 0 || c.Language != "en" {
		t.Errorf("content %+v", c)
	}
	execute(t, db, "insert into kpi_shop_day values ('other', 's', '2026-01-05', 3)")
	s := numbers(t, write(t, db, Options{})).Shops[0]
	if *s.Days.Columns["received_buyers"][0] != 3 || s.Days.Columns["good"][0] != nil {
		t.Errorf("days %+v", s.Days)
	}
}

func TestAReportIsReplacedWhole(t *testing.T) {
	db, folder := warehouse(t), t.TempDir()+"/reports"
	path, err := Save(t.Context(), folder, db, Options{})
	if err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(path)
	if err != nil || !strings.HasSuffix(strings.TrimSpace(string(before)), "</html>") {
		t.Fatalf("%s: %v", path, err)
	}
	execute(t, db, "drop table kpi_shop_day")
	if _, err := Save(t.Context(), folder, db, Options{}); err == nil {
		t.Error("a report of nothing was saved")
	}
	if after, err := os.ReadFile(path); err != nil || !bytes.Equal(before, after) {
		t.Errorf("the old report changed (%v)", err)
	}
	if entries, err := os.ReadDir(folder); err != nil || len(entries) != 1 {
		t.Errorf("the folder holds %v (%v)", entries, err)
	}
}

func TestTheShopWithMostBuyersStandsFirst(t *testing.T) {
	if c := numbers(t, write(t, warehouse(t), Options{})); c.Shops[0].ID != "flagship" {
		t.Errorf("first is %s", c.Shops[0].ID)
	}
}

func TestWhatIsMissingIsNamed(t *testing.T) {
	db := memory(t)
	if err := Write(t.Context(), &bytes.Buffer{}, db, Options{}); err == nil || !strings.Contains(err.Error(), "kpi_shop_day") {
		t.Errorf("an empty warehouse: %v", err)
	}
	if err := Write(t.Context(), &bytes.Buffer{}, warehouse(t), Options{Language: "fr"}); err == nil || !strings.Contains(err.Error(), `"fr"`) {
		t.Errorf("an unknown language: %v", err)
	}
}
