package normalise_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"kefu/extract"
	"kefu/extract/dataset"
	"kefu/transform/normalise"
)

// shanghai has had no other offset in the years that are plausible.
var shanghai = time.FixedZone("Asia/Shanghai", 8*3600)

// kept is one row as column → text; missing values are absent.
type kept map[string]string

// recorder keeps everything that comes out.
type recorder struct {
	rows    map[string][]kept
	batches map[string]int
	rejects []extract.Reject
}

func (r *recorder) Batch(name string, rows arrow.RecordBatch) error {
	if r.rows == nil {
		r.rows, r.batches = map[string][]kept{}, map[string]int{}
	}
	r.batches[name]++
	if want := normalise.Arrow(dataset.ByName(name)); !rows.Schema().Equal(want) {
		return fmt.Errorf("schema of %s is %v", name, rows.Schema())
	}
	for i := range int(rows.NumRows()) {
		row := kept{}
		for c, f := range rows.Schema().Fields() {
			if v, ok := textOf(rows.Column(c), i); ok {
				row[f.Name] = strings.Clone(v) // its memory goes back to the stock
			} else if !f.Nullable {
				return fmt.Errorf("%s.%s is null", name, f.Name)
			}
		}
		r.rows[name] = append(r.rows[name], row)
	}
	return nil
}

func textOf(col arrow.Array, i int) (string, bool) {
	if col.IsNull(i) {
		return "", false
	}
	switch a := col.(type) {
	case *array.Timestamp:
		return time.UnixMicro(int64(a.Value(i))).UTC().Format("2006-01-02 15:04:05.999999"), true
	case *array.Date32:
		return a.Value(i).ToTime().Format("2006-01-02"), true
	case *array.Decimal128:
		return a.Value(i).ToString(2), true
	default:
		return col.ValueStr(i), true
	}
}

func (r *recorder) Reject(rej extract.Reject) error {
	rej.Raw = append([]byte(nil), rej.Raw...)
	r.rejects = append(r.rejects, rej)
	return nil
}

func options() normalise.Options {
	return normalise.Options{
		Platform: "tmall", Shop: "flagship", Location: shanghai, SourceFile: "file-1",
		Privacy: normalise.Privacy{Secret: []byte("a secret of the tests"), KeepText: true},
	}
}

// record builds a record from "column=value" words.
func record(name string, set ...string) extract.Record {
	schema := dataset.ByName(name)
	rec := extract.Record{Dataset: name, Line: 7, Values: make([]string, len(schema.Columns)), Raw: []byte("raw")}
	for _, s := range set {
		col, value, _ := strings.Cut(s, "=")
		_, i := schema.Column(col)
		rec.Values[i] = value
	}
	return rec
}

func run(t *testing.T, opts normalise.Options, recs ...extract.Record) (*recorder, normalise.Result) {
	t.Helper()
	out := &recorder{}
	n, err := normalise.New(opts, out)
	if err != nil {
		t.Fatal(err)
	}
	for _, rec := range recs {
		if err := n.Accept(rec); err != nil {
			t.Fatal(err)
		}
	}
	res, err := n.Finish()
	if err != nil {
		t.Fatal(err)
	}
	return out, res
}

// accepted runs records that must all be accepted and returns the rows of the first's dataset.
func accepted(t *testing.T, opts normalise.Options, recs ...extract.Record) []kept {
	t.Helper()
	out, _ := run(t, opts, recs...)
	for _, r := range out.rejects {
		t.Fatalf("rejected: %+v", r)
	}
	return out.rows[recs[0].Dataset]
}

// bases are records that are accepted as they stand.
var bases = map[string][]string{
	"chat_messages":  {"message_id=m1", "sent_at=2026-01-02 11:22:33", "buyer_id=买家甲", "agent_id=店:小美", "sender=buyer", "text=在吗"},
	"orders":         {"order_id=1", "created_at=2026-01-02 11:22:33", "status=created"},
	"order_items":    {"order_id=1", "item_id=2"},
	"refunds":        {"refund_id=9", "requested_at=2026-01-02 11:22:33", "order_id=1"},
	"complaints":     {"complaint_id=9", "created_at=2026-01-02 11:22:33"},
	"evaluations":    {"evaluation_id=9", "invited_at=2026-01-02 11:22:33"},
	"order_ratings":  {"order_id=1", "item_id=2", "rated_at=2026-01-02 11:22:33"},
	"agent_presence": {"agent_id=店:小美", "from_at=2026-01-02 09:00:00", "state=online"},
	"agents":         {"agent_id=店:小美"},
	"products":       {"product_id=9"},
	"buyer_flags":    {"buyer_id=买家甲", "flag=advertiser"},
	"cases":          {"case_id=9", "opened_at=2026-01-02 11:22:33"},
	"loss_reasons":   {"agent_id=店:小美", "buyer_id=买家甲", "dt=2026-01-02"},
	"agent_events":   {"event_id=9", "at=2026-01-02 11:22:33", "agent_id=店:小美", "kind=training"},
	"adjustments":    {"adjustment_id=9", "agent_id=店:小美", "dt=2026-01-02", "value=1", "author=主管", "reason=申诉成立", "decided_at=2026-02-01 10:00:00"},
}

func with(name string, set ...string) extract.Record {
	return record(name, append(append([]string{}, bases[name]...), set...)...)
}
