package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	_ "github.com/duckdb/duckdb-go/v2" // the rival is the library that etl uses

	"kefu/extract/sqltext"
)

// rivalVerb makes this program the rival: a process of its own, so that both
// are measured alike.
const rivalVerb = "rival"

// rivalMemory is the rival's memory_limit.
const rivalMemory = "1GB"

// rivalTables are the files that the rival reads, with the time that gives the
// day and what rows of a day are sorted by.
var rivalTables = []struct{ name, time, order string }{
	{"chat_messages", "sent_at", "buyer_id, sent_at, message_id"},
	{"orders", "created_at", "order_id"},
	{"order_items", "", "order_id, item_id"},
	{"refunds", "requested_at", "refund_id"},
	{"complaints", "created_at", "complaint_id"},
	{"evaluations", "invited_at", "evaluation_id"},
	{"order_ratings", "rated_at", "order_id, item_id"},
	{"agent_presence", "from_at", "agent_id, from_at"},
	{"agents", "", "agent_id"},
	{"products", "", "product_id"},
	{"buyer_flags", "", "buyer_id"},
}

// rivalMain does one of the rival's tasks: `load THREADS FROM TO` reads CSV
// files into sorted Parquet, `sort THREADS FROM TO` sorts the messages that
// load has written.
func rivalMain(args []string) int {
	rows, err := rivalTask(context.Background(), args)
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(map[string]int64{"rows": rows})
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "rival:", err)
		return 1
	}
	return 0
}

func rivalTask(ctx context.Context, args []string) (int64, error) {
	if len(args) != 4 {
		return 0, errors.New("a task needs threads and two folders")
	}
	threads, err := strconv.Atoi(args[1])
	if err != nil {
		return 0, fmt.Errorf("read threads: %w", err)
	}
	from, to := args[2], args[3]
	if err := os.MkdirAll(to, 0o755); err != nil {
		return 0, err
	}
	db, err := sql.Open("duckdb", "")
	if err != nil {
		return 0, err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	_, err = db.ExecContext(ctx, fmt.Sprintf("set threads = %d; set memory_limit = '%s'; set preserve_insertion_order = false; set temp_directory = %s",
		threads, rivalMemory, sqltext.Literal(filepath.Join(to, ".spill"))))
	if err != nil {
		return 0, err
	}
	if args[0] == "sort" {
		return count(ctx, db, fmt.Sprintf("copy (select * from read_parquet(%s) order by buyer_id, sent_at, message_id) to %s (format parquet, compression zstd)",
			sqltext.Literal(filepath.Join(from, "chat_messages", "*", "*.parquet")), sqltext.Literal(filepath.Join(to, "sorted.parquet"))))
	}
	total := int64(0)
	for _, t := range rivalTables {
		n, err := count(ctx, db, loadStatement(t.time, t.order, filepath.Join(from, t.name+".csv"), filepath.Join(to, t.name)))
		if err != nil {
			return 0, fmt.Errorf("%s: %w", t.name, err)
		}
		total += n
	}
	return total, nil
}

func loadStatement(time, order, from, to string) string {
	read := "read_csv(" + sqltext.Literal(from) + ", header = true)"
	if time == "" {
		return fmt.Sprintf("copy (select * from %s order by %s) to %s (format parquet, compression zstd)", read, order, sqltext.Literal(to+".parquet"))
	}
	return fmt.Sprintf("copy (select *, cast(%s as date) as event_date from %s order by event_date, %s) to %s (format parquet, compression zstd, partition_by (event_date))",
		time, read, order, sqltext.Literal(to))
}

func count(ctx context.Context, db *sql.DB, statement string) (n int64, err error) {
	err = db.QueryRowContext(ctx, statement).Scan(&n)
	return n, err
}

// rival runs a task as a child and returns the rows that it wrote.
func (b *bench) rival(ctx context.Context, task, from, to string) (usage, int64, error) {
	u, out, err := child(ctx, b.work, b.self, rivalVerb, task, strconv.Itoa(b.threads), from, to)
	if err != nil {
		return u, 0, err
	}
	var said struct{ Rows int64 }
	if err := json.Unmarshal(out, &said); err != nil {
		return u, 0, fmt.Errorf("read what the rival says: %w", err)
	}
	return u, said.Rows, nil
}
