package postgres

import (
	"cmp"
	"context"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/parquet-go/parquet-go"

	"kefu/extract/postgres/postgrestest"
	"kefu/load"
)

// kpi is a row such as those of the KPI tables: keys, counts, amounts, rates.
type kpi struct {
	Platform string   `parquet:"platform,dict,zstd"`
	Shop     string   `parquet:"shop_id,dict,zstd"`
	Agent    string   `parquet:"agent_id,dict,zstd"`
	Dt       int32    `parquet:"dt,date,zstd"`
	C01      int64    `parquet:"c01,zstd"`
	C02      int64    `parquet:"c02,zstd"`
	C03      int64    `parquet:"c03,zstd"`
	C04      int64    `parquet:"c04,zstd"`
	C05      int64    `parquet:"c05,zstd"`
	C06      int64    `parquet:"c06,zstd"`
	C07      int64    `parquet:"c07,zstd"`
	C08      int64    `parquet:"c08,zstd"`
	A01      int64    `parquet:"a01,decimal(6:18),zstd"`
	A02      int64    `parquet:"a02,decimal(6:18),zstd"`
	A03      int64    `parquet:"a03,decimal(6:18),zstd"`
	R01      float64  `parquet:"r01,zstd"`
	R02      float64  `parquet:"r02,zstd"`
	R03      *float64 `parquet:"r03,optional,zstd"`
	R04      *float64 `parquet:"r04,optional,zstd"`
}

func kpis(n int) []kpi {
	rows := make([]kpi, n)
	for i := range rows {
		k := int64(i)
		rate := float64(i%97) / 97
		rows[i] = kpi{"tmall", "flagship", fmt.Sprintf("flagship:客服%03d", i%400), int32(18000 + i/400), k % 90, k % 80, k % 70, k % 60, k % 50, k % 40, k % 30, k,
			k * 1_230_000, k % 1000 * 456_000, 0, rate, 1 - rate, nil, &rate}
		if i%3 == 0 {
			rows[i].R03 = &rate
		}
	}
	return rows
}

func kpiTable(name string) load.Table {
	table := load.Table{Name: name, Key: []string{"platform", "shop_id", "agent_id", "dt"}, PartitionColumn: "dt"}
	for field := range reflect.TypeFor[kpi]().Fields() {
		column, _, _ := strings.Cut(field.Tag.Get("parquet"), ",")
		kind := map[byte]string{'c': "BIGINT", 'a': "DECIMAL(18,6)", 'r': "DOUBLE"}[column[0]]
		switch {
		case column == "dt":
			kind = "DATE"
		case field.Type.Kind() == reflect.String:
			kind = "VARCHAR"
		}
		table.Columns = append(table.Columns, load.Column{Name: column, Type: kind})
	}
	return table
}

// BenchmarkLoad compares a load, from Parquet to a table with its key, with a
// bare COPY of the same rows from memory into a table without one. Every round
// does both; run it with -benchtime 3x.
func BenchmarkLoad(b *testing.B) {
	const n = 500_000
	server := postgrestest.Start(b, "fsync = on", "full_page_writes = on", "max_wal_size = 4GB")
	dsn := server.Database(b)
	rows := kpis(n)
	// The lake's files are sorted by the key.
	slices.SortFunc(rows, func(a, b kpi) int { return cmp.Or(cmp.Compare(a.Dt, b.Dt), cmp.Compare(a.Agent, b.Agent)) })
	path := filepath.Join(b.TempDir(), "kpi.parquet")
	if err := parquet.WriteFile(path, rows, parquet.MaxRowsPerRowGroup(122_880)); err != nil {
		b.Fatal(err)
	}
	conn := connection(b, dsn)
	execute(b, conn, "create schema bare; set search_path = bare")
	w := New(parse(b, dsn), schema)
	ratios := 0.0
	b.ResetTimer()
	for round := range b.N {
		bare := bareCopy(b, conn, rows)
		result := mustLoad(b, w, load.Publication{ID: fmt.Sprint("p", round), Tables: []load.Change{
			{Table: kpiTable("kpi_agent_day"), Snapshot: int64(round + 1), Files: []string{path}},
		}})
		ratio := bare.Seconds() / result.Duration.Seconds()
		ratios += ratio
		fmt.Fprintf(os.Stderr, "round %d: bare COPY %.2f s (%.0f rows/s), load %.2f s (%.0f rows/s), ratio %.2f\n", round+1,
			bare.Seconds(), n/bare.Seconds(), result.Duration.Seconds(), n/result.Duration.Seconds(), ratio)
	}
	b.ReportMetric(ratios/float64(b.N), "load/copy")
}

func bareCopy(b *testing.B, conn *pgx.Conn, rows []kpi) time.Duration {
	b.Helper()
	table := kpiTable("kpi_agent_day")
	var names, columns []string
	for _, column := range table.Columns {
		names = append(names, column.Name)
		columns = append(columns, columnDefinition(column))
	}
	execute(b, conn, "drop table if exists kpi_agent_day")
	begin := time.Now()
	ctx := context.WithoutCancel(b.Context())
	err := pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "create table kpi_agent_day ("+strings.Join(columns, ", ")+")"); err != nil {
			return err
		}
		_, err := tx.CopyFrom(ctx, pgx.Identifier{"kpi_agent_day"}, names, pgx.CopyFromSlice(len(rows), func(i int) ([]any, error) {
			r := rows[i]
			amount := func(n int64) pgtype.Numeric { return pgtype.Numeric{Int: big.NewInt(n), Exp: -6, Valid: true} }
			return []any{r.Platform, r.Shop, r.Agent, time.Unix(int64(r.Dt)*86400, 0).UTC(), r.C01, r.C02, r.C03, r.C04, r.C05, r.C06, r.C07, r.C08,
				amount(r.A01), amount(r.A02), amount(r.A03), r.R01, r.R02, r.R03, r.R04}, nil
		}))
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return time.Since(begin)
}
