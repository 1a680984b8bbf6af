package main

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	warehouse "kefu/load/duckdb"
	"kefu/transform/transformtest/world"

	_ "modernc.org/sqlite" // reads the state as an attacker would
)

// planted must be found nowhere but in landing: a buyer's nick, what he wrote,
// and the key of the installation, each as a rejected row has it, too.
var planted = []string{"秘密买家某某", "我的电话是", "13800001234", e2eSecret}

// Buyers' ids, their texts and the secret stay out of everything that a night
// leaves or prints.
func TestNothingPersonalIsLeftBehind(t *testing.T) {
	t.Parallel()
	shop := world.Shop{Platform: "other", ID: "one", Name: "one", Timezone: "Asia/Shanghai"}
	i := newInstallation(t, "", exportSource{name: "one", preset: "canonical", shop: shop}, exportSource{name: "two", preset: "canonical", shop: shop})
	nick, text := planted[0], planted[1]+planted[2]
	chats := talk("m", nick, "a1", 2, "10:00")
	chats[0]["text"] = text
	wrong := row{"message_id": "w", "sent_at": "2026-02-30 10:00:00", "buyer_id": nick, "agent_id": "a1", "sender": text, "kind": "text", "text": text}
	changed := row{"message_id": "m-1", "sent_at": at(2, "10:00:00"), "buyer_id": nick, "agent_id": "a1", "sender": "agent", "kind": "text", "text": text}
	flag := row{"buyer_id": nick, "flag": "malicious", "valid_from": storyDay(4)}
	i.deliver(
		delivery{source: "one", name: "chat_messages.csv", text: sheet("chat_messages", append(chats, wrong, changed)...)},
		delivery{source: "one", name: "orders.csv", text: sheet("orders", row{"order_id": "o1", "buyer_id": nick, "created_at": at(2, "11:00:00"), "status": nick},
			row{"order_id": "o2", "buyer_id": nick, "created_at": at(2, "11:00:00"), "status": "created", "amount": text})},
		delivery{source: "one", name: "buyer_flags.csv", text: sheet("buyer_flags", flag)},
		delivery{source: "two", name: "orders.csv", text: "order_id,created_at,status," + nick + "\n1,2026-04-22 10:00:00,created," + text + "\n2,2026-04-22 10:00:00,created,\xff\xff" + nick + "\n"},
		delivery{source: "two", name: "orders-2.csv", text: goodOrders + nick + "," + text + ",created,\n"},
	)
	said := i.etl("run", "--log-level", "debug")
	i.silent(t, "etl run", said)
	for _, args := range [][]string{{"run", "--json"}, {"plan"}, {"status"}, {"status", "--json"}, {"runs"}, {"quarantine", "list"}, {"quarantine", "list", "--json"},
		{"query", "select * from order_attribution"}, {"query", "select * from chat_messages", "--json"}, {"report", "--out", i.path("var/report")}} {
		i.silent(t, "etl "+strings.Join(args, " "), i.etl(args...))
	}
	if rows := i.quarantine(); len(rows) != 5 {
		t.Errorf("in quarantine are %d rows, want the five planted ones: %v", len(rows), rows)
	}
	if said := i.etl("query", "select count(*) as n from chat_messages", "--json"); !strings.Contains(said.out, `"n": 2`) {
		t.Errorf("the planted chats are not in the lake: %s%s", said.out, said.err)
	}
	i.searchFiles(t)
}

func (i *installation) silent(t *testing.T, what string, said ended) {
	t.Helper()
	for _, secret := range planted {
		if strings.Contains(said.out, secret) || strings.Contains(said.err, secret) {
			t.Errorf("%s tells %q: %s", what, secret, lineWith(said.out+said.err, secret))
		}
	}
}

// searchFiles looks into every file but those landed: its bytes, and what is
// compressed in Parquet, the warehouse and the state.
func (i *installation) searchFiles(t *testing.T) {
	t.Helper()
	kinds := map[string]int{}
	err := filepath.WalkDir(i.path("var"), func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if d.Name() == "landing" {
				return fs.SkipDir
			}
			return nil
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		kinds[filepath.Ext(path)]++
		content := [][]byte{[]byte(path), data}
		if strings.HasPrefix(d.Name(), "state.db") {
			content = content[:1] // the rows in quarantine stand there as received, for the owner only
			if info, err := d.Info(); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("%s has mode %v: %v", d.Name(), info.Mode(), err)
			}
		}
		inside, err := i.inside(t.Context(), path)
		if err != nil {
			return fmt.Errorf("look into %s: %w", path, err)
		}
		for _, text := range inside {
			content = append(content, []byte(text))
		}
		for _, secret := range planted {
			if slices.ContainsFunc(content, func(b []byte) bool { return bytes.Contains(b, []byte(secret)) }) {
				t.Errorf("%s holds %q", path, secret)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if kinds[".parquet"] == 0 || kinds[".duckdb"] == 0 || kinds[".db"] == 0 || kinds[".html"] == 0 {
		t.Errorf("searched files: %v", kinds)
	}
}

// inside returns what is stored in a file in an encoded form, as text.
func (i *installation) inside(ctx context.Context, path string) ([]string, error) {
	switch filepath.Ext(path) {
	case ".parquet":
		db, err := warehouse.OpenReader(ctx, i.path("var/warehouse.duckdb")) // any engine reads Parquet
		if err != nil {
			return nil, err
		}
		defer db.Close()
		return texts(ctx, db, "select cast(x as varchar) from read_parquet(?) x", path)
	case ".duckdb":
		db, err := warehouse.OpenReader(ctx, path)
		if err != nil {
			return nil, err
		}
		defer db.Close()
		return allTables(ctx, db, "select table_name from duckdb_tables() where database_name = 'warehouse'", "select cast(x as varchar) from %q x")
	case ".db":
		db, err := sql.Open("sqlite", path)
		if err != nil {
			return nil, err
		}
		defer db.Close()
		columns, err := texts(ctx, db, "select m.name || '|' || c.name from sqlite_master m, pragma_table_info(m.name) c where m.type = 'table' and not (m.name = 'quarantine' and c.name = 'raw')")
		if err != nil {
			return nil, err
		}
		var out []string
		for _, pair := range columns {
			table, column, _ := strings.Cut(pair, "|")
			values, err := texts(ctx, db, fmt.Sprintf("select coalesce(cast(%q as text), '') from %q", column, table))
			if err != nil {
				return nil, err
			}
			out = append(out, values...)
		}
		return out, nil
	}
	return nil, nil
}

func allTables(ctx context.Context, db *sql.DB, list, read string) ([]string, error) {
	names, err := texts(ctx, db, list)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, name := range names {
		rows, err := texts(ctx, db, fmt.Sprintf(read, name))
		if err != nil {
			return nil, err
		}
		out = append(out, rows...)
	}
	return out, nil
}
