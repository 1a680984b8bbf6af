package normalise_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"

	"kefu/extract"
	"kefu/transform/normalise"
)

type discard struct{}

func (discard) Batch(string, arrow.RecordBatch) error { return nil }
func (discard) Reject(r extract.Reject) error         { return fmt.Errorf("%s: %s", r.Column, r.Reason) }

const (
	fileRows = 1 << 18 // messages of a big file
	together = 512     // rows that are handed on at once
)

// BenchmarkChat measures rows of an export without message ids: some thousand
// buyers, Chinese texts, topics and auto replies in force.
func BenchmarkChat(b *testing.B) {
	texts := []string{"在吗", "这件衬衫还有货吗，想要蓝色的", "您好，欢迎光临示例旗舰店，请问有什么可以帮您", "什么时候发货呀", "亲，付款后 48 小时内发出的哦", "好的谢谢"}
	start := time.Date(2026, 1, 2, 9, 0, 0, 0, time.UTC)
	recs := make([]extract.Record, 1<<16)
	for i := range recs {
		sender := "buyer"
		if i%2 == 1 {
			sender = "agent"
		}
		recs[i] = record("chat_messages", "sent_at="+start.Add(time.Duration(i)*3*time.Second).Format("2006-01-02 15:04:05"),
			fmt.Sprintf("buyer_id=买家%05d", i/8%4000), fmt.Sprintf("agent_id=示例旗舰店:客服%02d", i/8%12), "sender="+sender, "text="+texts[i%len(texts)])
		recs[i].Line = i
	}
	parcels := make([]*extract.Records, len(recs)/together)
	for i := range parcels {
		parcels[i] = joined(recs[i*together:][:together])
	}
	opts := options()
	opts.TextRules = rules{words{auto: "您好，欢迎", topics: []topic{{"price", "价格"}, {"size", "尺码"}, {"stock", "库存"}, {"delivery", "发货"}}}}
	for _, keep := range []bool{false, true} {
		b.Run(fmt.Sprintf("text=%v", keep), func(b *testing.B) {
			opts.Privacy.KeepText = keep
			b.ReportAllocs()
			for done := 0; done < b.N; done += fileRows {
				n, err := normalise.New(opts, discard{})
				if err != nil {
					b.Fatal(err)
				}
				for i := 0; i < min(fileRows, b.N-done); i += together {
					if err := n.AcceptAll(parcels[i/together%len(parcels)]); err != nil {
						b.Fatal(err)
					}
				}
				if _, err := n.Finish(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

// BenchmarkOrders measures orders of an export.
func BenchmarkOrders(b *testing.B) {
	rec := record("orders", "order_id=1234567890123456789", "created_at=2026-01-02 11:22:33", "buyer_id=买家甲", "paid_at=2026-01-02 11:25:00",
		"shipped_at=2026-01-03 09:00:00", "status=shipped", "amount=128.00", "paid_amount=120.50", "quantity=2", "tags=红旗|预售")
	n, err := normalise.New(options(), discard{})
	if err != nil {
		b.Fatal(err)
	}
	parcel := joined(slices.Repeat([]extract.Record{rec}, together))
	b.ReportAllocs()
	for i := 0; i < b.N; i += together {
		if err := n.AcceptAll(parcel); err != nil {
			b.Fatal(err)
		}
	}
	if _, err := n.Finish(); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

// BenchmarkAlternatingShops measures orders of a file whose rows name two shops in
// turns, so that none go together; as many are typed before the first of them is
// taken as are handed on at once.
func BenchmarkAlternatingShops(b *testing.B) {
	rec := record("orders", "order_id=1234567890123456789", "created_at=2026-01-02 11:22:33", "buyer_id=买家甲", "status=paid", "amount=128.00")
	other := rec
	other.Shop = "another"
	n, err := normalise.New(options(), discard{})
	if err != nil {
		b.Fatal(err)
	}
	shops := []*extract.Records{joined([]extract.Record{rec}), joined([]extract.Record{other})}
	typed := make([]normalise.Typed, together)
	b.ReportAllocs()
	for i := 0; i < b.N; i += together {
		for k := range typed {
			if typed[k], err = n.Type(shops[k%2]); err != nil {
				b.Fatal(err)
			}
		}
		for _, rows := range typed {
			if err := n.Take(rows); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
