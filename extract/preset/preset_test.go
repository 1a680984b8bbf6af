package preset

import (
	"strings"
	"testing"

	"kefu/extract"
	"kefu/extract/dataset"
)

// collected is a sink that shows what came as short texts.
type collected struct {
	records  []extract.Record
	rejects  []extract.Reject
	skips    []string
	merged   int
	read     int
	warnings []extract.Warning
}

func (c *collected) Read(_ string, n int) { c.read += n }
func (c *collected) Accept(r extract.Record) error {
	r.Values = append([]string(nil), r.Values...)
	c.records = append(c.records, r)
	return nil
}
func (c *collected) Merge(string, int)             { c.merged++ }
func (c *collected) Skip(_, filter string, _ int)  { c.skips = append(c.skips, filter) }
func (c *collected) Reject(r extract.Reject) error { c.rejects = append(c.rejects, r); return nil }
func (c *collected) Warn(w extract.Warning)        { c.warnings = append(c.warnings, w) }
func (c *collected) value(i int, column string) string {
	_, at := dataset.ByName(c.records[i].Dataset).Column(column)
	return c.records[i].Values[at]
}

// mapRows reads a table written as lines of |-separated cells, header first.
func mapRows(t *testing.T, yaml string, info FileInfo, table ...string) *collected {
	t.Helper()
	p, err := Parse("test.yaml", []byte(yaml))
	if err != nil {
		t.Fatal(err)
	}
	m, _ := p.Plans()[0].Bind(strings.Split(table[0], "|"), info)
	out := &collected{}
	for i, line := range table[1:] {
		if err := m.Row(&Row{Line: i + 2, Cells: strings.Split(line, "|"), Raw: []byte(line)}, out); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

func TestPresetOfAUser(t *testing.T) {
	got := mapRows(t, `
files: "*.csv"
format: csv
encoding: utf-8
dataset: orders
columns:
  order_id: InvoiceNo
  buyer_id: [CustomerID, Customer]
  created_at: {from: InvoiceDate, times: ["1/2/2006 15:04"]}
  amount: {from: Pence, unit: fen}
  status: {from: State, map: {"done*": finished, new: created}, else: created}
constants: {pay_type: online, platform: other}
where: {Country: [UK, "D*"]}
skip:
  - {name: cancelled, when: {order_id: "C*"}}
`, FileInfo{AsOf: "2026-01-01 00:00:00"},
		"InvoiceNo|Customer|InvoiceDate|Pence|State|Country",
		"1|7|12/1/2010 8:26|123456|done and dusted|UK", "C2|7|12/1/2010 8:26|1|new|UK", "3|7|12/1/2010 8:26|5|odd|DE", "4|7|x|1|new|FR")
	if len(got.records) != 2 || strings.Join(got.skips, " ") != "cancelled where" || got.read != 4 {
		t.Fatalf("records %+v skips %v", got.records, got.skips)
	}
	for column, want := range map[string]string{
		"order_id": "1", "buyer_id": "7", "created_at": "2010-12-01 08:26:00", "amount": "1234.56", "status": "finished", "pay_type": "online",
		"updated_at": "2026-01-01 00:00:00",
	} {
		if v := got.value(0, column); v != want {
			t.Errorf("%s = %q, want %q", column, v, want)
		}
	}
	if got.records[0].Platform != "other" || got.value(1, "status") != "created" || got.value(1, "amount") != "0.05" {
		t.Errorf("second %+v", got.records[1])
	}
}

func TestRowsOfOneOrder(t *testing.T) {
	got := mapRows(t, `
fill_down: [单号, 时间, 状态]
datasets:
  - dataset: orders
    group_by: [order_id]
    columns: {order_id: 单号, created_at: 时间, status: 状态}
  - dataset: order_items
    columns: {order_id: 单号, item_id: {from: 货, number: {within: [order_id]}}}
`, FileInfo{}, "单号|时间|状态|货", "1|2026-01-01|paid|a", "|||a", "2|2026-01-02|paid|a", "1|2026-01-01|finished|b")
	var all []string
	for _, r := range got.records {
		all = append(all, r.Dataset+" "+r.Values[0]+" "+r.Values[1])
	}
	want := "orders 1 2026-01-01, order_items 1 a, order_items 1 a#2, orders 2 2026-01-02, order_items 2 a, order_items 1 b"
	if strings.Join(all, ", ") != want || got.merged != 1 || len(got.rejects) != 1 || !strings.Contains(got.rejects[0].Reason, "disagree") {
		t.Errorf("records %v merged %d rejects %+v", all, got.merged, got.rejects)
	}
}

func TestUnknownValues(t *testing.T) {
	yaml := `
dataset: chat_messages
columns:
  sent_at: t
  buyer_id: b
  agent_id: a
  sender: {from: s, map: {客户: buyer}}
  kind: {from: k, map: {图: image}}
`
	got := mapRows(t, yaml, FileInfo{}, "t|b|a|s|k", "1|2|3|客户|贴纸", "1|2|3|外星人|图")
	if len(got.records) != 1 || got.value(0, "kind") != "贴纸" {
		t.Errorf("records %+v", got.records)
	}
	if len(got.rejects) != 1 || got.rejects[0].Column != "s" || !strings.Contains(got.rejects[0].Reason, "外星人") || got.rejects[0].Line != 3 {
		t.Errorf("rejects %+v", got.rejects)
	}
}

func TestTimesAndMoney(t *testing.T) {
	yaml := "dataset: orders\ncolumns: {order_id: i, created_at: c, status: {value: paid}, paid_at: {from: p, times: [epoch_s]}, shipped_at: {from: s, times: [epoch_ms]}, amount: m, quantity: q}\n"
	for _, c := range []struct{ column, in, want string }{
		{"created_at", "2026-01-02 03:04:05", "2026-01-02 03:04:05"},
		{"created_at", "2026-01-02T03:04:05+08:00", "2026-01-02T03:04:05+08:00"},
		{"created_at", "2026/1/2 3:04", "2026-01-02 03:04:00"},
		{"created_at", "2026/1/2 3:04:05", "2026-01-02 03:04:05"},
		{"created_at", "20260102", "2026-01-02"},
		{"created_at", "20260102030405", "2026-01-02 03:04:05"},
		{"created_at", "soon", "soon"},
		{"created_at", "null", ""},
		{"paid_at", "1767294245", "2026-01-01T19:04:05Z"},
		{"shipped_at", "1767294245250", "2026-01-01T19:04:05.25Z"},
		{"amount", "1,234.50", "1234.50"},
		{"amount", "￥12元", "12"},
		{"amount", "-3.20", "-3.20"},
		{"amount", "无", "无"},
		{"quantity", "1,000", "1000"},
		{"quantity", "2.0", "2"},
		{"quantity", "2.5", "2.5"},
	} {
		names := map[string]string{"created_at": "c", "paid_at": "p", "shipped_at": "s", "amount": "m", "quantity": "q"}
		got := mapRows(t, yaml, FileInfo{}, "i|"+names[c.column], "1|"+c.in)
		if v := got.value(0, c.column); v != c.want {
			t.Errorf("%s of %q = %q, want %q", c.column, c.in, v, c.want)
		}
	}
}

func TestSerialDates(t *testing.T) {
	for _, c := range []struct {
		in   string
		mac  bool
		want string
	}{
		{"46024.1278356481", false, "2026-01-02 03:04:05"},
		{"46024", false, "2026-01-02 00:00:00"},
		{"44562.1278356481", true, "2026-01-02 03:04:05"},
	} {
		got, ok := Clock(c.in, Numeric, c.mac)
		if s := got.Format("2006-01-02 15:04:05"); !ok || s != c.want {
			t.Errorf("%s = %s, want %s", c.in, s, c.want)
		}
	}
	if _, ok := Clock("46024", Text, false); ok {
		t.Error("a text of digits was read as a serial date")
	}
}

func TestFenIsExact(t *testing.T) {
	for in, want := range map[string]string{
		"0": "0.00", "5": "0.05", "123": "1.23", "-5": "-0.05", "12345678901234567": "123456789012345.67", "120.0": "1.20", "12.5": "0.125", "x": "x", "": "",
	} {
		if got := shiftTwo(in); got != want {
			t.Errorf("%q = %q, want %q", in, got, want)
		}
	}
}

func TestUnwrap(t *testing.T) {
	for in, want := range map[string]string{
		`="123"`: "123", "'138": "138", "\t6917": "6917", "12\t": "12", " a b ": "a b", "\ufeffa": "a", "x='1": "x='1", "": "", "'": "'", "买家 ": "买家", `="'1"`: "1",
	} {
		if got := unwrap(in); got != want {
			t.Errorf("%q = %q, want %q", in, got, want)
		}
	}
}

func TestBadPresets(t *testing.T) {
	for name, c := range map[string]struct {
		yaml string
		want []string
	}{
		"typo":             {"dataset: orders\ncolunms: {}\n", []string{"test.yaml:2:1:", "colunms"}},
		"typo in a column": {"dataset: orders\ncolumns:\n  order_id: {form: x}\n", []string{"test.yaml:3:14:", "form"}},
		"wrong type":       {"dataset: [orders]\n", []string{"test.yaml:1:"}},
		"two documents":    {"dataset: orders\n---\ndataset: refunds\n", []string{"2 YAML documents"}},
		"no dataset":       {"files: x\n", []string{"test.yaml:", `"" is not a dataset`}},
		"internal dataset": {"dataset: buyers\n", []string{"test.yaml:1:10:", "not a dataset"}},
		"all at once": {"dataset: orders\nencoding: latin1\nformat: ods\ncolumns:\n  order_id: a\n  colour: b\n  status: {from: c, map: {x: y}}\n", []string{
			"test.yaml:2:11: encoding", "test.yaml:3:9: format", `test.yaml:6:11: columns.colour: dataset orders has no column "colour"`,
			"test.yaml:7:", `"y" is not one of created`, `required column "created_at"`,
		}},
		"bad pattern":   {"dataset: products\ncolumns:\n  product_id: {from: a, pattern: 'a('}\n", []string{"test.yaml:3:", "missing closing"}},
		"bad condition": {"dataset: products\nskip:\n  - {name: x, when: {a: /(/}}\n", []string{"test.yaml:3:", "missing closing"}},
		"both forms":    {"dataset: orders\nlayouts: [{dataset: orders}]\n", []string{"exclude each other"}},
	} {
		_, err := Parse("test.yaml", []byte(c.yaml))
		if err == nil {
			t.Errorf("%s: no error", name)
			continue
		}
		for _, part := range c.want {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%s: error %q does not say %q", name, err, part)
			}
		}
	}
}

func TestFileNames(t *testing.T) {
	p, err := Shipped("canonical")
	if err != nil {
		t.Fatal(err)
	}
	for base, want := range map[string]string{
		"orders.csv": "orders", "Orders.CSV": "orders", "orders-2026-01.jsonl": "orders", "order_items-1.csv": "order_items", "orders.parquet": "orders",
		"orders2.csv": "", "agent_events.tsv": "agent_events", "agents-x.csv": "agents",
	} {
		got := ""
		for _, plan := range p.Plans() {
			if plan.Format(base) != "" {
				got += strings.Join(plan.Datasets(), " ")
			}
		}
		if got != want {
			t.Errorf("%s is of %q, want %q", base, got, want)
		}
	}
}

func TestLargestRemainder(t *testing.T) {
	for _, c := range []struct {
		total         int64
		weights, want []int64
	}{
		{100, []int64{1, 1, 1}, []int64{34, 33, 33}},
		{2800, []int64{2000, 1000, 0}, []int64{1867, 933, 0}},
		{1, []int64{1, 2}, []int64{0, 1}},
		{0, []int64{5}, []int64{0}},
		{5, []int64{0, 0}, nil},
	} {
		got := largestRemainder(c.total, c.weights)
		if len(got) != len(c.want) {
			t.Errorf("%d by %v = %v", c.total, c.weights, got)
			continue
		}
		for i := range got {
			if got[i] != c.want[i] {
				t.Errorf("%d by %v = %v, want %v", c.total, c.weights, got, c.want)
			}
		}
	}
}
