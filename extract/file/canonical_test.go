package file

import (
	"context"
	"strings"
	"testing"
)

func TestCanonicalCSV(t *testing.T) {
	b := mustRead(t, source(t, "canonical"), textFile("orders-2026.csv", "\ufeff"+strings.Join([]string{
		"platform,shop_id,order_id,created_at,status,amount,colour",
		`tmall,one,"=""1234567890123456789""",2026-01-02 03:04:05,paid,"1,234.50",red`,
		",," + "\t6917" + `,2026/1/2 3:04,finished,12元,`,
		"",
	}, "\r\n")))
	b.expect("orders", "order_id created_at status amount",
		"1234567890123456789 | 2026-01-02 03:04:05 | paid | 1234.50", "6917 | 2026-01-02 03:04:00 | finished | 12")
	if b.records[0].Platform != "tmall" || b.records[0].Shop != "one" || b.records[1].Shop != "" {
		t.Errorf("overrides: %+v", b.records)
	}
	if len(b.warnings) != 1 || b.warnings[0].Column != "colour" {
		t.Errorf("warnings %+v", b.warnings)
	}
	if b.records[1].Line != 3 || !strings.HasSuffix(string(b.records[1].Raw), "12元,\r\n") {
		t.Errorf("line %d raw %q", b.records[1].Line, b.records[1].Raw)
	}
}

func TestCanonicalTextsStayAsTheyAre(t *testing.T) {
	b := mustRead(t, source(t, "canonical"), textFile("chat_messages.csv",
		"message_id,sent_at,buyer_id,agent_id,sender,text\n"+
			"m1,2026-01-02 03:04:05, b ,a,buyer,\"  '第一行\n第二行\"\"引\"\" \"\n"+
			"m2,2026-01-02 03:04:06,b,a,agent,null\n"))
	b.expect("chat_messages", "message_id buyer_id text", "m1 | b |   '第一行\n第二行\"引\" ", "m2 | b | null")
	if b.records[1].Line != 4 {
		t.Errorf("second record at line %d", b.records[1].Line)
	}
}

func TestCanonicalJSONL(t *testing.T) {
	b := mustRead(t, source(t, "canonical"), textFile("orders.jsonl",
		`{"order_id": 1234567890123456789, "created_at":"2026-01-02 03:04:05","status":"paid","tags":["a","b"],"amount":12.30,"buyer_id":null,"x":{"y":1}}`+"\n\n"+
			`{"order_id":"a\"\u4e70","created_at":"t","status":"paid"}`+"\n"+"not json\n"))
	b.expect("orders", "order_id created_at status tags amount buyer_id",
		`1234567890123456789 | 2026-01-02 03:04:05 | paid | ["a","b"] | 12.30 | `, `a"买 | t | paid |  |  | `)
	if len(b.rejects) != 1 || b.rejects[0].Line != 4 || b.skips["orders/blank"] != 1 {
		t.Errorf("rejects %+v, skips %v", b.rejects, b.skips)
	}
	if len(b.warnings) != 1 || b.warnings[0].Column != "x" {
		t.Errorf("warnings %+v", b.warnings)
	}
	_, err := readFile(t, source(t, "canonical"), textFile("orders.jsonl", `{"order_id":"1","status":"paid"}`+"\n"))
	fileError(t, err, "created_at")
}

func TestRawLines(t *testing.T) {
	f := textFile("orders.csv", "order_id,created_at,status\n1,a,b\n\"2\n2\",a,b\n3,a,b\n")
	got := map[int]string{}
	err := source(t, "canonical").Reading([]File{f}).RawLines(context.Background(), f, map[int]bool{3: true, 5: true}, func(line int, raw []byte) error {
		got[line] = string(raw)
		return nil
	})
	if err != nil || got[3] != "\"2\n2\",a,b\n" || got[5] != "3,a,b\n" || len(got) != 2 {
		t.Errorf("got %v, %v", got, err)
	}
}
