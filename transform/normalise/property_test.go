package normalise_test

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"kefu/extract"
	"kefu/extract/dataset"
	"kefu/transform/normalise"
)

// value draws good, bad and odd values for a column.
func value(t *rapid.T, c dataset.Column) string {
	return rapid.OneOf(
		rapid.SampledFrom([]string{
			"", "null", "1", "-1", "5", "12.30", "true", "2026-01-02", "2026-01-02 10:00:00", "2026-02-30", "2026/1/2 9:00",
			`="12"`, "'12", "\t12\t", "1.2E+18", "cntaobao买家", "j****23", `["a","b"]`, "a|b", "derive:\x1fa", "\x00", "\xff", "在吗",
		}),
		rapid.String(),
		rapid.Custom(func(t *rapid.T) string {
			if c.Enum == nil {
				return "买家" + rapid.StringMatching("[0-9]{1,3}").Draw(t, "id")
			}
			return rapid.SampledFrom(c.Enum).Draw(t, "enum")
		}),
	).Draw(t, c.Name)
}

func TestEveryRecordIsOneRowOrOneReject(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		opts := options()
		opts.BatchRows = rapid.IntRange(1, 4).Draw(t, "batch")
		opts.Privacy.Plain = rapid.Bool().Draw(t, "plain")
		out := &recorder{}
		n, err := normalise.New(opts, out)
		if err != nil {
			t.Fatal(err)
		}
		read := map[string]int{}
		for range rapid.IntRange(1, 12).Draw(t, "records") {
			schema := rapid.SampledFrom(dataset.All()).Draw(t, "dataset")
			rec := extract.Record{Dataset: schema.Name, Line: 1, Values: make([]string, len(schema.Columns))}
			for i, c := range schema.Columns {
				rec.Values[i] = value(t, c)
			}
			read[schema.Name]++
			if err := n.Accept(rec); err != nil {
				t.Fatal(err)
			}
		}
		res, err := n.Finish()
		if err != nil {
			t.Fatal(err)
		}
		rejected := map[string]int{}
		for _, r := range out.rejects {
			rejected[r.Dataset]++
		}
		for name, lines := range read {
			if got := len(out.rows[name]) + rejected[name]; got != lines {
				t.Fatalf("%s: %d records, %d rows and rejects", name, lines, got)
			}
			if c := res.Datasets[name]; c.Accepted != len(out.rows[name]) || c.Rejected != rejected[name] {
				t.Fatalf("%s: counts %+v", name, c)
			}
			for _, row := range out.rows[name] {
				for col, v := range row {
					if !utf8.ValidString(v) || strings.Contains(v, "\x00") {
						t.Fatalf("%s.%s holds %q", name, col, v)
					}
				}
			}
		}
	})
}

// How rows are handed on together changes nothing, nor that they are typed beside
// the taking of others.
func TestRecordsTogetherAreAsOneByOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		schema := rapid.SampledFrom(dataset.All()).Draw(t, "dataset")
		var kinds []extract.Record
		for range rapid.IntRange(1, 20).Draw(t, "kinds") {
			rec := extract.Record{Dataset: schema.Name, Values: with(schema.Name).Values}
			for i, c := range schema.Columns {
				if rapid.IntRange(0, 9).Draw(t, "spoil") == 0 {
					rec.Values[i] = value(t, c)
				}
			}
			rec.Shop = rapid.SampledFrom([]string{"", "", "another", "no \x00 shop"}).Draw(t, "shop")
			kinds = append(kinds, rec)
		}
		rows := rapid.OneOf(rapid.IntRange(1, 20), rapid.SampledFrom([]int{7, 8, 9, 63, 64, 65, 511, 512, 513, 1025})).Draw(t, "records")
		alike := rapid.SampledFrom([]int{1, 2, 100, 2000}).Draw(t, "alike")
		recs := make([]extract.Record, rows)
		for i := range recs {
			recs[i] = kinds[i%len(kinds)]
			recs[i].Line, recs[i].Raw, recs[i].Shop = i, []byte(strconv.Itoa(i)), kinds[i/alike%len(kinds)].Shop
		}
		opts := options()
		opts.BatchRows = rapid.SampledFrom([]int{1, 3, 24, 600}).Draw(t, "batch")
		single := normalised(t, opts, func(n *normalise.Normaliser) error {
			for _, rec := range recs {
				if err := n.Accept(rec); err != nil {
					return err
				}
			}
			return nil
		})
		var parcels []*extract.Records
		for from := 0; from < len(recs); {
			to := rapid.IntRange(from+1, len(recs)).Draw(t, "to")
			if other := slices.IndexFunc(recs[from:to], func(r extract.Record) bool { return r.Shop != recs[from].Shop }); other > 0 {
				to = from + other
			}
			parcels = append(parcels, joined(recs[from:to]))
			from = to
		}
		opts.Stock = &normalise.Stock{}
		together := normalised(t, opts, func(n *normalise.Normaliser) error { return takeBeside(n, parcels) })
		if where := single.differs(together); where != "" {
			t.Fatal(where)
		}
	})
}

// takeBeside types rows in one goroutine and takes them in another.
func takeBeside(n *normalise.Normaliser, parcels []*extract.Records) error {
	on, failed := make(chan normalise.Typed, len(parcels)), make(chan error, 1)
	go func() {
		defer close(on)
		for _, recs := range parcels {
			typed, err := n.Type(recs)
			if err != nil {
				failed <- err
				return
			}
			on <- typed
		}
		failed <- nil
	}()
	for typed := range on {
		if err := n.Take(typed); err != nil {
			return err
		}
	}
	return <-failed
}

// outcome is all that becomes of records.
type outcome struct {
	rows    map[string][]kept
	rejects []extract.Reject
	result  normalise.Result
}

// differs tells the first difference from another outcome, "" = none.
func (o outcome) differs(other outcome) string {
	for name := range o.rows {
		for i, row := range o.rows[name] {
			if i >= len(other.rows[name]) || !reflect.DeepEqual(row, other.rows[name][i]) {
				return fmt.Sprintf("%s: row %d is %+v, together %+v", name, i, row, other.rows[name][min(i, len(other.rows[name])):min(i+1, len(other.rows[name]))])
			}
		}
	}
	for i, reject := range o.rejects {
		if i >= len(other.rejects) || !reflect.DeepEqual(reject, other.rejects[i]) {
			return fmt.Sprintf("reject %d is %+v", i, reject)
		}
	}
	if !reflect.DeepEqual(o, other) {
		return fmt.Sprintf("%+v, together %+v", o.result, other.result)
	}
	return ""
}

func joined(recs []extract.Record) *extract.Records {
	out := &extract.Records{Dataset: recs[0].Dataset, Platform: recs[0].Platform, Shop: recs[0].Shop}
	for _, rec := range recs {
		out.Lines, out.Values = append(out.Lines, rec.Line), append(out.Values, rec.Values...)
		out.Starts, out.Raw = append(out.Starts, len(out.Raw)), append(out.Raw, rec.Raw...)
	}
	return out
}

func normalised(t *rapid.T, opts normalise.Options, feed func(*normalise.Normaliser) error) outcome {
	out := &recorder{}
	n, err := normalise.New(opts, out)
	if err == nil {
		err = feed(n)
	}
	if err != nil {
		t.Fatal(err)
	}
	res, err := n.Finish()
	if err != nil {
		t.Fatal(err)
	}
	return outcome{out.rows, out.rejects, res}
}

func TestBatchesFillUp(t *testing.T) {
	opts := options()
	opts.BatchRows = 2
	out, _ := run(t, opts, with("orders"), with("orders"), with("orders"), with("products"))
	if out.batches["orders"] != 2 || out.batches["products"] != 1 || len(out.rows["orders"]) != 3 {
		t.Errorf("got batches %v", out.batches)
	}
}

func TestNewNeedsItsOptions(t *testing.T) {
	for name, spoil := range map[string]func(*normalise.Options){
		"platform": func(o *normalise.Options) { o.Platform = "ebay" },
		"shop":     func(o *normalise.Options) { o.Shop = "" },
		"zone":     func(o *normalise.Options) { o.Location = nil },
		"secret":   func(o *normalise.Options) { o.Privacy.Secret = nil },
	} {
		opts := options()
		spoil(&opts)
		if _, err := normalise.New(opts, &recorder{}); err == nil {
			t.Errorf("a normaliser without %s is made", name)
		}
	}
}

func TestRecordsThatFitNoSchemaAreErrors(t *testing.T) {
	n, err := normalise.New(options(), &recorder{})
	if err != nil {
		t.Fatal(err)
	}
	for _, rec := range []extract.Record{{Dataset: "invoices"}, {Dataset: "buyers", Values: make([]string, 2)}, {Dataset: "orders", Values: []string{"1"}}} {
		if err := n.Accept(rec); err == nil {
			t.Errorf("%+v is accepted", rec)
		}
	}
}

// Wall clocks that jump: New York left 02:30 out on 2026-03-08 and shows 01:30
// twice on 2026-11-01.
func TestClocksThatJump(t *testing.T) {
	loc, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	opts := options()
	opts.Location = loc
	for wall, want := range map[string]string{
		"2026-03-08 01:30:00": "2026-03-08 06:30:00", "2026-03-08 03:30:00": "2026-03-08 07:30:00",
		"2026-11-01 01:30:00": "2026-11-01 05:30:00", "2026-11-01 02:30:00": "2026-11-01 07:30:00",
	} {
		if got := accepted(t, opts, with("orders", "created_at="+wall))[0]["created_at"]; got != want {
			t.Errorf("%s is %s, want %s", wall, got, want)
		}
	}
	if out, _ := run(t, opts, with("orders", "created_at=2026-03-08 02:30:00")); len(out.rejects) != 1 {
		t.Error("a time that the clock left out is accepted")
	}
}
