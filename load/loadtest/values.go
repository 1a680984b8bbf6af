package loadtest

import (
	"math/big"
	"testing"
	"time"

	"kefu/load"
)

// valued is a row with a column of every type.
type valued struct {
	N       int64     `parquet:"n"`
	Text    *string   `parquet:"text,optional"`
	Flag    *bool     `parquet:"flag,optional"`
	Small   *int32    `parquet:"small,optional"`
	Large   *int64    `parquet:"large,optional"`
	Ratio   *float64  `parquet:"ratio,optional"`
	Money   *int64    `parquet:"money,decimal(2:18),optional"`
	Share   [16]byte  `parquet:"share,decimal(6:38)"`
	Day     *int32    `parquet:"day,date,optional"`
	Instant time.Time `parquet:"instant,timestamp(microsecond:local)"`
}

func values() load.Table {
	return load.Table{Name: "every_type", Key: []string{"n"}, Columns: []load.Column{
		{Name: "n", Type: "BIGINT"}, {Name: "text", Type: "VARCHAR"}, {Name: "flag", Type: "BOOLEAN"},
		{Name: "small", Type: "INTEGER"}, {Name: "large", Type: "BIGINT"}, {Name: "ratio", Type: "DOUBLE"},
		{Name: "money", Type: "DECIMAL(18,2)"}, {Name: "share", Type: "DECIMAL(38,6)"},
		{Name: "day", Type: "DATE"}, {Name: "instant", Type: "TIMESTAMP"},
	}}
}

func to[T any](v T) *T { return &v }

// decimal is a number as Parquet holds decimals of more than 18 digits.
func decimal(t *testing.T, digits string) (out [16]byte) {
	t.Helper()
	n, ok := new(big.Int).SetString(digits, 10)
	if !ok {
		t.Fatalf("%s is no number", digits)
	}
	if n.Sign() < 0 {
		n.Add(n, new(big.Int).Lsh(big.NewInt(1), 128))
	}
	n.FillBytes(out[:])
	return out
}

const (
	readNumbers = `select n, flag, small, large, ratio, cast(money as varchar), cast(share as varchar),
		cast(day as varchar), cast(instant as varchar) from every_type where n < 5 order by n`
	// A text stands between brackets; what it would do to a line is asked for.
	readTexts = `select n, '[' || replace(replace(replace(text, chr(9), '<tab>'), chr(10), '<lf>'), chr(13), '<cr>') || ']', length(text) from every_type where n < 5 order by n`
)

func testValues(t *testing.T, f *fixture) {
	at := func(s string) time.Time {
		parsed, err := time.Parse(time.RFC3339Nano, s)
		if err != nil {
			t.Fatal(err)
		}
		return parsed
	}
	rows := []valued{
		{1, to("您好 🙂 it's \"quoted\", 50%;"), to(true), to(int32(-2147483648)), to(int64(-9223372036854775808)), to(-2.5),
			to(int64(-1)), decimal(t, "1"), day("1969-12-31"), at("1999-12-31T23:59:59.999999Z")},
		{2, to(`\N\t\x`), to(false), to(int32(2147483647)), to(int64(9223372036854775807)), to(1e300),
			to(int64(999999999999999999)), decimal(t, "-12345678901234567890123456789012345678"), day("2099-12-31"), at("2026-02-28T16:00:00Z")},
		{3, to(""), to(false), to(int32(0)), to(int64(0)), to(0.1), to(int64(1_0000_00)), decimal(t, "10000000000"), day("2000-01-01"), at("1969-07-20T20:17:40.000001Z")},
		{4, to("a\tb\nc\rd"), to(true), to(int32(-1)), to(int64(-1)), to(0.0), to(int64(0)), decimal(t, "0"), day("2000-02-29"), at("2000-01-01T00:00:00Z")},
		{5, nil, nil, nil, nil, nil, nil, decimal(t, "-99990001"), nil, at("2038-01-19T03:14:08.5Z")},
	}
	f.load(t, load.Publication{ID: "p1", Tables: []load.Change{{Table: values(), Snapshot: 1, Files: write(t, f, rows...)}}})
	f.expect(t, readNumbers,
		`1 true -2147483648 -9223372036854775808 -2.5 -0.01 0.000001 1969-12-31 1999-12-31 23:59:59.999999
		2 false 2147483647 9223372036854775807 1e+300 9999999999999999.99 -12345678901234567890123456789012.345678 2099-12-31 2026-02-28 16:00:00
		3 false 0 0 0.1 10000.00 10000.000000 2000-01-01 1969-07-20 20:17:40.000001
		4 true -1 -1 0 0.00 0.000000 2000-02-29 2000-01-01 00:00:00`)
	f.expect(t, `select cast(share as varchar), cast(instant as varchar) from every_type where text is null and flag is null and small is null
		and large is null and ratio is null and money is null and day is null`, "-99.990001 2038-01-19 03:14:08.5")
	f.expect(t, readTexts,
		`1 [您好 🙂 it's "quoted", 50%;] 24
		2 [\N\t\x] 6
		3 [] 0
		4 [a<tab>b<lf>c<cr>d] 7`)
	f.expect(t, "select sum(money) > 9999999999999999, cast(max(share) as varchar) from every_type", "true 10000.000000")
}

func testInlineValues(t *testing.T, f *fixture) {
	table := load.Table{Name: "every_type", Columns: []load.Column{
		{Name: "n", Type: "BIGINT"}, {Name: "text", Type: "VARCHAR"}, {Name: "flag", Type: "BOOLEAN"},
		{Name: "small", Type: "INTEGER"}, {Name: "ratio", Type: "DOUBLE"}, {Name: "day", Type: "DATE"}, {Name: "instant", Type: "TIMESTAMP"},
	}}
	f.load(t, load.Publication{ID: "p1", Inline: []load.Inline{{Table: table, Rows: [][]any{
		{1, "it's 100% \\N", true, -7, 0.25, "2026-02-28", time.Date(2026, 2, 28, 16, 0, 0, 1000, time.UTC)},
		{int64(2), nil, nil, nil, nil, nil, nil},
	}}}})
	f.expect(t, "select n, text, flag, small, ratio, cast(day as varchar), cast(instant as varchar) from every_type where n = 1",
		`1 it's 100% \N true -7 0.25 2026-02-28 2026-02-28 16:00:00.000001`)
	f.expect(t, `select n from every_type where text is null and flag is null and small is null and ratio is null and day is null and instant is null`, "2")
}

// testLateNull loads rows without a date into a table that had none: the date
// is a part of its key.
func testLateNull(t *testing.T, f *fixture) {
	publication, m := f.first(t)
	publication.Tables[0].Files = append(append([]string(nil), m.jan...), m.feb...)
	f.load(t, publication)
	publication.ID = "p2"
	publication.Tables[0] = load.Change{
		Table: agentDays(), Snapshot: 12, Base: 11, Files: m.all(), Changed: []load.Partition{{Value: "", Files: m.none}},
	}
	f.load(t, publication)
	f.expect(t, allDays, firstDays)
	publication.ID = "p3"
	publication.Tables[0] = load.Change{
		Table: agentDays(), Snapshot: 13, Base: 12, Files: append(append([]string(nil), m.feb...), m.none...), Removed: []string{"2026-01"},
	}
	f.load(t, publication)
	f.expect(t, allDays, "a1 2026-02-01 5\na1 NULL 6")
}

// testTextOrder: what a reader sorts by text comes in the same order
// everywhere.
func testTextOrder(t *testing.T, f *fixture) {
	publication, _ := f.first(t)
	publication.Tables = publication.Tables[1:]
	publication.Tables[0].Files = write(t, f, row("b", "", 1), row("B", "", 2), row("a", "", 3), row("_", "", 4), row("客", "", 5), row("ab", "", 6))
	f.load(t, publication)
	f.expect(t, "select agent_id from dim_agent order by agent_id", "B\n_\na\nab\nb\n客")
	f.expect(t, "select min(agent_id), max(agent_id) from dim_agent", "B 客")
}
