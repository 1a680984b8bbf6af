package preset

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// survey maps a table the way a file is read: rows are seen once before.
func survey(t *testing.T, yaml string, info FileInfo, table ...string) *collected {
	t.Helper()
	p, err := Parse("test.yaml", []byte(yaml))
	if err != nil {
		t.Fatal(err)
	}
	m, _ := p.Plans()[0].Bind(strings.Split(table[0], "|"), info)
	out := &collected{}
	pass := func(each func(*Row)) {
		for i, line := range table[1:] {
			each(&Row{Line: i + 2, Cells: strings.Split(line, "|"), Raw: []byte(line)})
		}
	}
	if !m.Surveys() {
		t.Fatal("the preset needs no pass of its own")
	}
	pass(m.Survey)
	m.Settle()
	pass(func(row *Row) {
		if err := m.Row(row, out); err != nil {
			t.Fatal(err)
		}
	})
	return out
}

func (c *collected) expect(t *testing.T, column string, want ...string) {
	t.Helper()
	var got []string
	for i := range c.records {
		got = append(got, c.value(i, column))
	}
	if strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("%s = %q, want %q", column, got, want)
	}
}

const invoices = `
dataset: orders
group_by: [order_id]
timezone: Europe/London
skip:
  - {name: cancelled, when: {No: "C*"}}
columns:
  order_id: No
  created_at: {from: When, times: M/d/yyyy H:mm, take: min}
  paid_at: {from: When, times: M/d/yyyy H:mm, take: max}
  buyer_id: {from: Who, pattern: '^(\d+)(?:\.0)?$', take: first}
  quantity: {from: Units, take: sum}
  paid_amount: {multiply: [[Quantity, Units], Price], take: sum}
  amount: {from: Price, take: last}
constants: {status: finished}
`

func TestLinesAddUpToOrders(t *testing.T) {
	got := survey(t, invoices, FileInfo{}, "No|When|Who|Units|Price",
		"1|7/1/2010 8:26||6|2.55", "2|12/1/2010 23:59|8|1|0.01", "1|7/1/2010 8:25|17850.0|2|7.65", "C3|7/1/2010 8:25|7|1|1",
		"1|7/1/2010 8:27|17850|1|x", "1|7/1/2010 8:28|17850|1,000|0.005", "2|12/1/2010 23:58||x|1")
	got.expect(t, "order_id", "1", "2")
	got.expect(t, "created_at", "2010-07-01T07:25:00Z", "2010-12-01T23:59:00Z")
	got.expect(t, "paid_at", "2010-07-01T07:28:00Z", "2010-12-01T23:59:00Z")
	got.expect(t, "buyer_id", "17850", "8")
	got.expect(t, "quantity", "1008", "1")
	got.expect(t, "paid_amount", "35.60", "0.01")
	got.expect(t, "amount", "0.005", "0.01")
	if got.read != 7 || got.merged != 2 || strings.Join(got.skips, " ") != "cancelled" || len(got.rejects) != 2 {
		t.Fatalf("read %d merged %d skips %v rejects %+v", got.read, got.merged, got.skips, got.rejects)
	}
	for i, want := range []string{"Price", "Units"} {
		if r := got.rejects[i]; r.Column != want || !strings.HasPrefix(r.Reason, "not a number") || r.Hint == "" {
			t.Errorf("reject %+v, want one of column %s", r, want)
		}
	}
}

// However lines are spread over orders, nothing of their money is lost.
func TestSumsLoseNothing(t *testing.T) {
	yaml := "dataset: orders\ngroup_by: [order_id]\ncolumns: {order_id: o, created_at: {value: '2026-01-01'}, status: {value: paid}, amount: {from: a, take: sum}}\n"
	rapid.Check(t, func(r *rapid.T) {
		table, all := []string{"o|a"}, decimal{}
		for range rapid.IntRange(1, 30).Draw(r, "lines") {
			d := decimal{rapid.Int64Range(-1e9, 1e9).Draw(r, "n"), rapid.IntRange(0, 4).Draw(r, "scale")}
			all, _ = all.plus(d)
			table = append(table, rapid.StringMatching("[a-c]").Draw(r, "order")+"|"+d.text())
		}
		got, sum := survey(t, yaml, FileInfo{}, table...), decimal{}
		for i := range got.records {
			d, ok := parseDecimal(got.value(i, "amount"))
			if sum, _ = sum.plus(d); !ok {
				r.Fatalf("amount %q", got.value(i, "amount"))
			}
		}
		if sum.compare(all) != 0 || len(got.records)+got.merged != len(table)-1 {
			r.Fatalf("%v: sum %s, want %s; %d records, %d merged", table, sum.text(), all.text(), len(got.records), got.merged)
		}
	})
}

func TestRowsThatDisagreeAddNothing(t *testing.T) {
	yaml := "dataset: orders\ngroup_by: [order_id]\ncolumns: {order_id: o, created_at: c, status: {value: paid}, amount: {from: a, take: sum}}\n"
	got := survey(t, yaml, FileInfo{}, "o|c|a", "1|2026-01-01|5", "1|2026-01-02|7", "1|2026-01-01|2")
	got.expect(t, "amount", "7")
	if len(got.rejects) != 1 || got.rejects[0].Line != 3 || !strings.Contains(got.rejects[0].Hint, "what to take") || got.merged != 1 {
		t.Errorf("rejects %+v merged %d", got.rejects, got.merged)
	}
	got = survey(t, yaml, FileInfo{}, "o|c|a", "1|2026-01-01|9000000000000000000", "1|2026-01-01|9000000000000000000")
	if len(got.records) != 0 || len(got.rejects) != 1 || !strings.Contains(got.rejects[0].Reason, "out of range") {
		t.Errorf("records %+v rejects %+v", got.records, got.rejects)
	}
}

func TestIdsOfSeveralColumns(t *testing.T) {
	got := mapRows(t, `
dataset: order_items
columns:
  order_id: No
  item_id: {concat: [[SKU, Code], Price], separator: /, number: {within: [order_id]}}
  product_id: {concat: [No, SKU], number: {within: [order_id], count: rows}}
  sku_id: {concat: ["@file", "@line", SKU]}
  quantity: {value: "1"}
`, FileInfo{Name: "2010-12-01"}, "No|SKU|Price", "1|a|2.5", "1|a|2.5", "1|a|3", "2|a|2.5", "1||2.5", "2|='7|")
	got.expect(t, "item_id", "a/2.5", "a/2.5#2", "a/3", "a/2.5", "/2.5", "='7/")
	got.expect(t, "product_id", "1-a#1", "1-a#2", "1-a#3", "2-a#1", "1-#4", "2-='7#2")
	got.expect(t, "sku_id", "2010-12-01-2-a", "2010-12-01-3-a", "2010-12-01-4-a", "2010-12-01-5-a", "2010-12-01-6-", "2010-12-01-7-='7")
}

func TestShopsAndPlatformsOfCells(t *testing.T) {
	got := mapRows(t, `
dataset: agent_presence
columns:
  platform: {from: "@file", pattern: '^([a-z]+)-'}
  shop_id: {from: Shop, map: {/^店铺(一|1)/: first, "二*": second}}
  agent_id: Who
  from_at: {concat: [Day, Time], separator: " ", times: yyyyMMdd HH:mm}
  to_at: {concat: [Day, Time], separator: " ", times: yyyyMMdd HH:mm, plus: {from: Length, unit: minutes}}
  state: {value: online}
`, FileInfo{Name: "jd-2026"}, "Shop|Who|Day|Time|Length",
		"店铺1|a|20260102|09:00|90", "二店|a|20260102|23:30|1小时30分", "三店|a|20260102|09:00|00:00:01", "三店|a|20260102|09:00|", "三店|a|20260102|09:00|long")
	got.expect(t, "from_at", "2026-01-02 09:00:00", "2026-01-02 23:30:00", "2026-01-02 09:00:00", "2026-01-02 09:00:00")
	got.expect(t, "to_at", "2026-01-02 10:30:00", "2026-01-03 01:00:00", "2026-01-02 09:00:01", "")
	var shops []string
	for _, r := range got.records {
		shops = append(shops, r.Platform+"/"+r.Shop)
	}
	if strings.Join(shops, " ") != "jd/first jd/second jd/三店 jd/三店" {
		t.Errorf("shops %v", shops)
	}
	if len(got.rejects) != 1 || got.rejects[0].Column != "Length" {
		t.Errorf("rejects %+v", got.rejects)
	}
}

func TestUnitsAndFactors(t *testing.T) {
	for _, c := range []struct{ column, in, want string }{
		{"{from: v, unit: fen}", "1230", "12.30"},
		{"{from: v, unit: wan}", "1.25", "12500.00"},
		{"{from: v, factor: -1}", "-3.50", "3.50"},
		{"{from: v, factor: '0.5', round: 2}", "0.05", "0.03"},
		{"{from: v, factor: -0.5, round: 2}", "0.05", "-0.03"},
		{"{from: v, round: 0}", "2.5", "3"},
		{"{from: v, factor: 2}", "1,000元", "2000"},
		{"{from: v, factor: 2}", "much", "much"},
		{"{multiply: [v, w]}", "0.125", "0.375"},
		{"{multiply: [v, w], round: 2}", "0.125", "0.38"},
		{"{multiply: [v, w], factor: -1}", "-2", "6"},
	} {
		got := mapRows(t, "dataset: orders\ncolumns: {order_id: o, created_at: o, status: {value: paid}, amount: "+c.column+"}\n", FileInfo{}, "o|v|w", "1|"+c.in+"|3")
		if v := got.value(0, "amount"); v != c.want {
			t.Errorf("%s of %s = %q, want %q", c.column, c.in, v, c.want)
		}
	}
}

func TestFormsOfTimes(t *testing.T) {
	for _, c := range []struct{ column, in, want string }{
		{"times: M/d/yyyy H:mm", "12/1/2010 8:26", "2010-12-01 08:26:00"},
		{"times: dd.MM.yy HH:mm:ss", "01.02.26 03:04:05", "2026-02-01 03:04:05"},
		{"times: MM/dd/yyyy hh:mm a", "02/01/2026 03:04 PM", "2026-02-01 15:04:00"},
		{"times: ['yyyyMMdd''T''HHmmss']", "20260102T030405", "2026-01-02 03:04:05"},
		{"times: yyyy-MM-dd HH:mm:ss.SSS XXX", "2026-01-02 03:04:05.678 +08:00", "2026-01-01T19:04:05.678Z"},
		{"times: ['M/d/yyyy H:mm', yyyy年M月d日]", "2026年1月2日", "2026-01-02 00:00:00"},
		{"times: M/d/yyyy H:mm", "13/1/2010 8:26", "13/1/2010 8:26"},
		{"unit: seconds", "1767294245.5", "2026-01-01T19:04:05.5Z"},
		{"unit: milliseconds", "1767294245250", "2026-01-01T19:04:05.25Z"},
		{"timezone: Europe/London", "2010-07-01 12:00:00", "2010-07-01T11:00:00Z"},
		{"timezone: Europe/London", "2010-12-01", "2010-12-01T00:00:00Z"},
		{"timezone: Europe/London", "2010-10-31 01:30:00", "2010-10-31T00:30:00Z"}, // twice: the earlier
		{"timezone: Europe/London", "2010-07-01T12:00:00+08:00", "2010-07-01T12:00:00+08:00"},
		{"timezone: Asia/Shanghai, times: M/d/yyyy H:mm", "12/1/2010 8:26", "2010-12-01T00:26:00Z"},
	} {
		got := mapRows(t, "dataset: orders\ncolumns: {order_id: o, created_at: {from: v, "+c.column+"}, status: {value: paid}}\n", FileInfo{}, "o|v", "1|"+c.in)
		if v := got.value(0, "created_at"); v != c.want {
			t.Errorf("%s of %s = %q, want %q", c.column, c.in, v, c.want)
		}
	}
	got := mapRows(t, "dataset: orders\ntimezone: Europe/London\ncolumns: {order_id: o, created_at: v, status: {value: paid}}\n", FileInfo{}, "o|v", "1|2010-03-28 01:30:00")
	if len(got.rejects) != 1 || !strings.Contains(got.rejects[0].Reason, "left out") {
		t.Errorf("a time that London's clock left out: %+v, rejects %+v", got.records, got.rejects)
	}
}

func TestRowsAreKeptByColumnsThatMustBeThere(t *testing.T) {
	p, err := Parse("test.yaml", []byte("dataset: orders\nwhere: {Country: UK}\ncolumns: {order_id: o, created_at: {concat: [d, t]}, status: {value: paid}}\n"))
	if err != nil {
		t.Fatal(err)
	}
	lacks, _ := p.Plans()[0].Fit([]string{"o", "d", "land"})
	if len(lacks) != 2 || lacks[0].Aliases[0] != "t" || lacks[1].Aliases[0] != "Country" {
		t.Errorf("lacks %+v", lacks)
	}
}

func TestOrdersAreWhatTheirFurthestPartIs(t *testing.T) {
	got := survey(t, `
dataset: orders
group_by: [order_id]
as_of: {pattern: '^(\d{10})_', layout: epoch_s}
columns:
  order_id: o
  created_at: {value: '2026-01-01'}
  status: {from: s, prefer: [finished, paid, closed_refunded]}
`, FileInfo{}, "o|s", "1|closed_refunded", "1|paid", "1|finished", "2|closed_refunded", "2|paid", "3|created")
	got.expect(t, "status", "finished", "paid", "created")
	p, err := Parse("x.yaml", []byte("dataset: orders\nas_of: {pattern: '^(\\d{10})_', layout: epoch_s}\n"))
	if err != nil {
		t.Fatal(err)
	}
	if at := p.Plans()[0].AsOfName("1767294245_x.csv"); at != "2026-01-01T19:04:05Z" {
		t.Errorf("as of %q", at)
	}
}

// A message names its author only; whose conversation it is stands in others.
func TestRowsShareAValue(t *testing.T) {
	got := survey(t, `
dataset: chat_messages
columns:
  message_id: id
  sent_at: at
  agent_id: {value: a}
  buyer_id: {cases: [{when: {role: client}, from: who}], share: [case_id]}
  product_id: {from: item, share: [case_id], take: last}
  sender: {from: role, map: {client: buyer}}
  case_id: talk
`, FileInfo{}, "id|at|role|who|talk|item", "1|t|agent|rep|x|", "2|t|client|ann|x|p", "3|t|client|bob|x|q", "4|t|agent|rep|y|", "5|t|client|cy||", "6|t|agent|rep||", "7|t|client|dan|y|",
		"8|t|odd|eve|x|r")
	got.expect(t, "buyer_id", "ann", "ann", "ann", "dan", "cy", "", "dan")
	got.expect(t, "product_id", "q", "q", "q", "", "", "", "")
	if len(got.rejects) != 1 || got.rejects[0].Line != 9 {
		t.Errorf("rejects %+v", got.rejects)
	}
}

func TestBadColumns(t *testing.T) {
	for column, want := range map[string]string{
		"order_id: {from: a, concat: [b, c]}":              "exclude each other",
		"order_id: {concat: [b]}":                          "two columns",
		"order_id: {from: b, separator: x}":                "goes with concat",
		"order_id: {from: b, take: first}":                 "needs group_by",
		"buyer_id: {from: b, share: [colour]}":             "no column",
		"buyer_id: {from: b, share: [buyer_id]}":           "neither be shared",
		"buyer_id: {from: b, share: [tags]}":               "must be mapped",
		"amount: {from: b, take: total}":                   "not one of first, last, min, max, sum",
		"amount: {multiply: [b]}":                          "two columns",
		"status: {multiply: [b, c]}":                       "is for numbers, and status",
		"amount: {from: b, factor: two}":                   `"two" is no number`,
		"amount: {from: b, round: 12}":                     "not between",
		"amount: {from: b, unit: dollars}":                 "yuan, fen",
		"amount: {from: b, times: [yyyy-MM-dd]}":           "is for times",
		"paid_at: {from: b, unit: fen}":                    "seconds, milliseconds",
		"paid_at: {from: b, times: ['HH:mm']}":             "no form of a time",
		"paid_at: {from: b, times: [yyyy-MM-QQ]}":          "no part of a time",
		"paid_at: {from: b, timezone: Europe/Lundon}":      "no time zone",
		"paid_at: {from: b, plus: {unit: seconds}}":        "which column is added",
		"paid_at: {from: b, plus: {from: c, unit: year}}":  "not one of milliseconds",
		"buyer_id: {from: b, map: {/(/: c}}":               "missing closing",
		"buyer_id: {from: b, verbatim: true, map: {a: b}}": "kept as it stands",
		"buyer_id: {from: b, number: {count: all}}":        "repeats, rows",
	} {
		_, err := Parse("test.yaml", []byte("dataset: orders\ncolumns:\n  "+column+"\n"))
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "test.yaml:3:") {
			t.Errorf("%s: %v, want %q", column, err, want)
		}
	}
	for layout, want := range map[string]string{
		"timezone: Moon": "no time zone", "as_of: {pattern: '(x)', layout: HH}": "no form of a time",
		"group_by: [order_id]\ncolumns: {order_id: {from: a, take: max}, status: {from: b, take: sum}}": "grouped by order_id",
	} {
		_, err := Parse("test.yaml", []byte("dataset: orders\n"+layout+"\n"))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", layout, err, want)
		}
	}
}

func TestDecimals(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		a := decimal{rapid.Int64Range(-1e8, 1e8).Draw(r, "a"), rapid.IntRange(0, 4).Draw(r, "sa")}
		b := decimal{rapid.Int64Range(-1e8, 1e8).Draw(r, "b"), rapid.IntRange(0, 4).Draw(r, "sb")}
		back, ok := parseDecimal(a.text())
		if !ok || back.compare(a) != 0 {
			r.Fatalf("%+v spelt %q is read as %+v", a, a.text(), back)
		}
		p, ok := a.times(b)
		q, ok2 := b.times(a)
		if !ok || !ok2 || p.compare(q) != 0 || (p.n < 0) != (a.n != 0 && b.n != 0 && (a.n < 0) != (b.n < 0)) {
			r.Fatalf("%+v × %+v = %+v, %+v", a, b, p, q)
		}
		s, ok := a.plus(b)
		if back, ok2 := s.plus(decimal{-b.n, b.scale}); !ok || !ok2 || back.compare(a) != 0 {
			r.Fatalf("%+v + %+v = %+v", a, b, s)
		}
	})
	for _, s := range []string{"", "-", ".", "1e3", "1.2.3", "--1", "1-", "92233720368547758080", "0.1234567891"} {
		if d, ok := parseDecimal(s); ok {
			t.Errorf("%q is read as %+v", s, d)
		}
	}
	if _, ok := (decimal{1 << 62, 0}).times(decimal{4, 0}); ok {
		t.Error("a product out of range was taken")
	}
	if _, ok := (decimal{1<<63 - 1, 0}).plus(decimal{1, 0}); ok {
		t.Error("a sum out of range was taken")
	}
}
