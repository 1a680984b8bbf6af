package preset

import (
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"pgregory.net/rapid"
)

func propose(t *testing.T, file string, rows ...string) Guess {
	t.Helper()
	table := Table{File: file, Ext: "csv", Format: CSV, Encoding: UTF8}
	var all [][]string
	for _, r := range rows {
		all = append(all, strings.Split(r, "|"))
	}
	if err := table.Behead(all, 500); err != nil {
		t.Fatal(err)
	}
	g, err := Propose(table)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// own is the preset that a guess proposes.
func own(t *testing.T, g Guess) map[string]any {
	t.Helper()
	var doc struct {
		Presets map[string]map[string]any `yaml:"presets"`
	}
	if err := yaml.Unmarshal([]byte(g.YAML), &doc); err != nil {
		t.Fatalf("%v\n%s", err, g.YAML)
	}
	p := doc.Presets[g.Name]
	if p == nil {
		t.Fatalf("no preset %s in\n%s", g.Name, g.YAML)
	}
	return p
}

func expectGuess(t *testing.T, g Guess, parts ...string) {
	t.Helper()
	own(t, g)
	for _, part := range parts {
		if !strings.Contains(g.YAML, part) {
			t.Errorf("the guess does not say %q:\n%s", part, g.YAML)
		}
	}
}

func TestGuessOfLines(t *testing.T) {
	g := propose(t, "sales-2010-12-01", "InvoiceNo|StockCode|Description|Quantity|InvoiceDate|UnitPrice|CustomerID|Country",
		"536365|85123A|LANTERN|6|12/1/2010 8:26|2.55|17850.0|UK", "536365|71053|HOLDER|6|12/1/2010 8:26|3.39|17850.0|UK",
		"536366|71053|HOLDER|1|12/13/2010 8:26|3.39||UK", "C536379|D|Discount|-1|12/1/2010 9:41|27.50|14527.0|UK")
	expectGuess(t, g, "files: 'sales-*.csv'", "order_id: InvoiceNo", "created_at: {from: InvoiceDate, times: 'M/d/yyyy H:mm', take: min}",
		`buyer_id: {from: CustomerID, pattern: '^(\d+)(?:\.0)?$'}`, "paid_amount: {multiply: [Quantity, UnitPrice], take: sum}",
		"item_id: {from: StockCode, number: {within: [order_id]}}", "1 of 4 begin with C", "1 of 4 are negative", "ignore: [Country]")
	if g.Name != "sales" || !slices.Equal(g.Datasets, []string{"orders", "order_items"}) || len(g.Doubts) < 4 {
		t.Errorf("guess %+v", g)
	}
}

func TestGuessOfChats(t *testing.T) {
	g := propose(t, "log", "session|role|author|tweet_id|at|content", "s1|client|u1|100|2020-04-01T17:31:32.000Z|hello there", "s1|agent|a1|101|2020-04-01T18:31:32.000Z|hi",
		"s2|supervisor|a1|102|2020-04-01T18:31:32.000Z|x")
	expectGuess(t, g, "dataset: chat_messages", "message_id: tweet_id", "sent_at: at", "sender: {from: role, map: {client: buyer}}", "not mapped yet, so rejected: supervisor", "text: content", "case_id: session")
}

func TestGuessKnowsThePlatformsWords(t *testing.T) {
	g := propose(t, "导出20260101", "说明||", "订单编号|订单创建时间|订单状态|买家会员名|买家实际支付金额|备注甲", "1|2026-01-02 03:04:05|交易成功|甲|12.50|x", "2|2026-01-02 03:04:05|卖家已发货，等待买家确认|乙|1.50|y")
	expectGuess(t, g, "files: '导出*.csv'", "status: {from: 订单状态, map: {交易成功: finished, '卖家已发货，等待买家确认': shipped}}", "paid_amount: 买家实际支付金额", "ignore: [备注甲]", "Preset taobao (order list) reads this file as it is")
	g = propose(t, "refund", "退款编号|申请时间|订单号|退款金额|退款原因", "7|1767294245|1|500|质量")
	expectGuess(t, g, "dataset: refunds", "unit: seconds", "add unit: fen", "reason: 退款原因")
}

func TestGuessSaysWhatItDoesNotFind(t *testing.T) {
	g := propose(t, "a", "colour|taste", "red|sweet", "blue|sour")
	if len(g.Doubts) == 0 {
		t.Errorf("no doubts about\n%s", g.YAML)
	}
	g = propose(t, "a", "order id|date", "1|05/06/2026", "2|07/08/2026")
	expectGuess(t, g, "say which is the day and which the month", "status: {value: finished}  # DOUBT")
}

// Whatever stands in a file, the guess is a preset that can be pasted.
func TestGuessesAreValid(t *testing.T) {
	names := []string{"InvoiceNo", "订单号", "订单状态", "Quantity", "UnitPrice", "StockCode", "at", "role", "author", "退款编号", "score", "agent_id", "state", "from_at", "price", "title", "shop",
		"it's: a #name", "true", "- x", "{a}", "a\"b", "*", "@file", "", "0", "\x01\u2028", "买家,甲", "null", "x*"}
	cells := []string{"", "1", "-2.5", "12/1/2010 8:26", "2026-01-02 03:04:05", "1767294245", "C12", "17850.0", "paid", "client", "交易成功", "'", "\"", ": #", "null", "\x00", "0.1", "1e9", "交易关闭*", "\ufeffa"}
	rapid.Check(t, func(r *rapid.T) {
		table := Table{File: rapid.StringMatching(`[a-z0-9\[\]'#: 甲]{0,12}`).Draw(r, "file"), Ext: "csv", Format: CSV, Encoding: GB18030}
		table.Header = rapid.SliceOfN(rapid.SampledFrom(names), 1, 10).Draw(r, "header")
		table.Rows = rapid.SliceOfN(rapid.SliceOfN(rapid.SampledFrom(cells), 0, 10), 0, 8).Draw(r, "rows")
		g, err := Propose(table)
		if err != nil {
			r.Fatal(err)
		}
		var doc map[string]any
		if err := yaml.Unmarshal([]byte(g.YAML), &doc); err != nil {
			r.Fatalf("%v\n%s", err, g.YAML)
		}
	})
}
