package file

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"kefu/extract"
	"kefu/extract/preset"
)

// nothing is a sink that only counts.
type nothing struct{ accepted int }

func (n *nothing) Read(string, int)              {}
func (n *nothing) Accept(extract.Record) error   { n.accepted++; return nil }
func (n *nothing) Merge(string, int)             {}
func (n *nothing) Skip(string, string, int)      {}
func (n *nothing) Reject(r extract.Reject) error { return fmt.Errorf("line %d: %s", r.Line, r.Reason) }
func (n *nothing) Warn(extract.Warning)          {}

func benchmark(b *testing.B, presetName, name, head, row string) {
	const rows = 200_000
	f := textFile(name, head+strings.Repeat(row, rows))
	p, err := preset.Shipped(presetName)
	if err != nil {
		b.Fatal(err)
	}
	s, err := New(Config{Name: "bench", Path: b.TempDir(), Preset: p})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		var sink nothing
		if err := s.Reading(nil).Read(context.Background(), f, &sink); err != nil || sink.accepted == 0 {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

func BenchmarkCanonicalChat(b *testing.B) {
	benchmark(b, "canonical", "chat_messages.csv", "message_id,sent_at,buyer_id,agent_id,sender,is_auto,kind,product_id,order_id,text\n",
		"m000001,2026-01-02 03:04:05,buyer-12345,示例旗舰店:小美,buyer,false,text,,,这款有货吗什么时候发货呀\n")
}

func BenchmarkCanonicalQuoted(b *testing.B) {
	benchmark(b, "canonical", "chat_messages.csv", "message_id,sent_at,buyer_id,agent_id,sender,is_auto,kind,product_id,order_id,text\n",
		`"m000001","2026-01-02 03:04:05","buyer-12345","示例旗舰店:小美","buyer","false","text","","","这款有货吗,什么时候发货呀"`+"\n")
}

func BenchmarkCanonicalJSONL(b *testing.B) {
	benchmark(b, "canonical", "chat_messages.jsonl", "",
		`{"message_id":"m000001","sent_at":"2026-01-02 03:04:05","buyer_id":"buyer-12345","agent_id":"示例旗舰店:小美","sender":"buyer","text":"这款有货吗"}`+"\n")
}

func BenchmarkTaobaoOrders(b *testing.B) {
	benchmark(b, "taobao", "ExportOrderList202601021530.csv", oldOrders+"\n",
		`"=""1234567890123456789""","买家甲","100.00","90.00","交易成功","2026-01-01 10:00:00","2026-01-01 10:05:00","标题","2","手机订单","","","2026-01-02 08:00:00"`+"\n")
}
