package file

import (
	"bytes"
	"math"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/compress"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
)

// parquetOf writes rows, as JSON objects, in row groups of that many rows.
func parquetOf(t testing.TB, group int64, fields []arrow.Field, rows string) []byte {
	t.Helper()
	schema := arrow.NewSchema(fields, nil)
	batch, _, err := array.RecordFromJSON(memory.DefaultAllocator, schema, strings.NewReader(rows))
	if err != nil {
		t.Fatal(err)
	}
	defer batch.Release()
	var out bytes.Buffer
	w, err := pqarrow.NewFileWriter(schema, &out, parquet.NewWriterProperties(parquet.WithCompression(compress.Codecs.Zstd)), pqarrow.NewArrowWriterProperties(pqarrow.WithStoreSchema()))
	if err != nil {
		t.Fatal(err)
	}
	for from := int64(0); from < batch.NumRows(); from += group {
		part := batch.NewSlice(from, min(from+group, batch.NumRows()))
		if err := w.Write(part); err != nil {
			t.Fatal(err)
		}
		part.Release()
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func field(name string, t arrow.DataType) arrow.Field {
	return arrow.Field{Name: name, Type: t, Nullable: true}
}

func typedOrders(t testing.TB) []byte {
	return parquetOf(t, 2, []arrow.Field{
		field("order_id", arrow.PrimitiveTypes.Int64),
		field("created_at", &arrow.TimestampType{Unit: arrow.Microsecond}),
		field("paid_at", &arrow.TimestampType{Unit: arrow.Nanosecond, TimeZone: "UTC"}),
		field("shipped_at", &arrow.TimestampType{Unit: arrow.Millisecond}),
		field("ended_at", arrow.FixedWidthTypes.Date32),
		field("status", &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.String}),
		field("amount", &arrow.Decimal128Type{Precision: 18, Scale: 2}),
		field("paid_amount", arrow.PrimitiveTypes.Float64),
		field("quantity", arrow.PrimitiveTypes.Uint32),
		field("tags", arrow.ListOf(arrow.BinaryTypes.String)),
		field("buyer_id", arrow.BinaryTypes.String),
		field("address", arrow.StructOf(field("city", arrow.BinaryTypes.String))),
		field("Extra", arrow.FixedWidthTypes.Boolean),
	}, `[
		{"order_id": 1234567890123456789, "created_at": "2026-01-02 03:04:05.123456", "paid_at": "2026-01-02T03:04:05.123456789Z", "shipped_at": "2026-01-03 00:00:00.5",
		 "ended_at": "2026-01-04", "status": "finished", "amount": "12345678901234.50", "paid_amount": 0.30000000000000004, "quantity": 4294967295, "tags": ["a", "b|c"],
		 "buyer_id": "买家甲", "address": {"city": "x"}, "Extra": true},
		{"order_id": 2, "created_at": "2026-01-02 03:04:05", "status": "paid", "amount": "-0.05", "paid_amount": 1e14, "tags": []},
		{"order_id": null, "created_at": null},
		{"order_id": 4, "created_at": "2026-12-31 23:59:59", "status": "paid", "paid_amount": 12.5, "tags": ["z", null]}
	]`)
}

func TestParquetKeepsWhatIsTyped(t *testing.T) {
	for _, name := range []string{"orders.parquet", "orders-2026.PARQUET"} {
		b := mustRead(t, source(t, "canonical"), bytesFile(name, typedOrders(t)))
		b.expect("orders", "order_id created_at paid_at shipped_at ended_at status amount paid_amount quantity tags buyer_id",
			`1234567890123456789 | 2026-01-02 03:04:05.123456 | 2026-01-02T03:04:05.123456789Z | 2026-01-03 00:00:00.5 | 2026-01-04 | finished | 12345678901234.50 | 0.3 | 4294967295 | ["a","b|c"] | 买家甲`,
			`2 | 2026-01-02 03:04:05 |  |  |  | paid | -0.05 | 100000000000000 |  | [] | `,
			`4 | 2026-12-31 23:59:59 |  |  |  | paid |  | 12.5 |  | ["z",null] | `)
		if b.skips["orders/blank"] != 1 || b.read["orders"] != 4 || b.records[2].Line != 4 {
			t.Errorf("skips %v read %v", b.skips, b.read)
		}
		var warned []string
		for _, w := range b.warnings {
			warned = append(warned, w.Column+w.Message)
		}
		if len(warned) != 2 || !strings.HasPrefix(warned[0], "Extra") || !strings.Contains(warned[1], `"address" is nested`) {
			t.Errorf("warnings %q", warned)
		}
	}
}

func TestParquetOfIdsThatWereNumbers(t *testing.T) {
	data := parquetOf(t, 10, []arrow.Field{
		field("order_id", arrow.PrimitiveTypes.Float64), field("created_at", arrow.BinaryTypes.LargeString), field("status", arrow.BinaryTypes.Binary),
	}, `[{"order_id": 123456789012345, "created_at": "2026-01-01", "status": "cGFpZA=="}, {"order_id": 1234567890123456789, "created_at": "2026-01-01", "status": "cGFpZA=="},
		{"order_id": 3, "created_at": "2026-01-01", "status": "//8="}]`)
	b := mustRead(t, source(t, "canonical"), bytesFile("orders.parquet", data))
	b.expect("orders", "order_id status", "123456789012345 | paid")
	if len(b.rejects) != 2 || b.rejects[0].Line != 2 || b.rejects[0].Column != "order_id" || b.rejects[1].Column != "status" || !strings.Contains(b.rejects[1].Reason, "UTF-8") {
		t.Errorf("rejects %+v", b.rejects)
	}
}

func TestParquetOfManyRows(t *testing.T) {
	const n = 3*parquetBatch + 5
	var rows strings.Builder
	rows.WriteString("[")
	for i := range n {
		if i > 0 {
			rows.WriteString(",")
		}
		rows.WriteString(`{"order_id":"` + strings.Repeat("7", 1+i%9) + `","created_at":"2026-01-01","status":"paid"}`)
	}
	rows.WriteString("]")
	fields := []arrow.Field{field("order_id", arrow.BinaryTypes.String), field("created_at", arrow.BinaryTypes.String), field("status", arrow.BinaryTypes.String)}
	for _, group := range []int64{1000, parquetBatch, n} {
		b := mustRead(t, source(t, "canonical"), bytesFile("orders.parquet", parquetOf(t, group, fields, rows.String())))
		if b.accepted["orders"] != n || b.records[n-1].Line != n || b.records[n-1].Values[0] != strings.Repeat("7", 1+(n-1)%9) {
			t.Errorf("row groups of %d: accepted %v", group, b.accepted)
		}
	}
}

func TestBadParquet(t *testing.T) {
	whole := typedOrders(t)
	for name, c := range map[string]struct {
		data []byte
		want []string
	}{
		"empty":       {nil, []string{"empty"}},
		"text":        {[]byte("order_id,created_at,status\n"), []string{"no Parquet file"}},
		"encrypted":   {append([]byte("PARE"), whole[4:]...), []string{"encrypted"}},
		"cut":         {whole[:len(whole)-1], []string{"damaged or truncated"}},
		"half":        {whole[:len(whole)/2], []string{"damaged or truncated"}},
		"only magic":  {[]byte("PAR1PAR1"), []string{"damaged or truncated"}},
		"page broken": {append(append(bytes.Clone(whole[:4]), bytes.Repeat([]byte{0xff}, 60)...), whole[64:]...), []string{"damaged or truncated"}},
	} {
		_, err := readFile(t, source(t, "canonical"), bytesFile("orders.parquet", c.data))
		t.Log(name)
		fileError(t, err, append(c.want, "orders.parquet")...)
	}
	_, err := readFile(t, source(t, "canonical"), bytesFile("orders.parquet", parquetOf(t, 9, []arrow.Field{field("order_id", arrow.PrimitiveTypes.Int64)}, `[{"order_id": 1}]`)))
	fileError(t, err, "created_at", "columns seen: order_id")
}

func TestFloatsAreSpeltInPlainDigits(t *testing.T) {
	for v, want := range map[float64]string{17850: "17850", 1e-7: "0.0000001", -2.675: "-2.675", 1.1 * 3: "3.3", math.Inf(1): "+Inf"} {
		if got, _, _ := floatText(v, 64); got != want {
			t.Errorf("%v = %q, want %q", v, got, want)
		}
	}
	if got, _, _ := floatText(math.NaN(), 64); got != "" {
		t.Errorf("NaN = %q", got)
	}
	if got, _, _ := floatText(float64(float32(12.3)), 32); got != "12.3" {
		t.Errorf("12.3 of 32 bits = %q", got)
	}
}
