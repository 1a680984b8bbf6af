package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kefu/extract/postgres"
	warehouse "kefu/load/duckdb"

	"github.com/jackc/pgx/v5"
)

// tally is what became of all kills.
type tally struct {
	mu            sync.Mutex
	kills         int
	during        map[string]int // command and stage
	seen          map[string]int // warehouse and state
	lost, doubled int            // rows, after the next call
	left          int            // files and tables, after maintenance
	hidden        int            // kills that left tables which only their owner sees
}

func newTally() *tally { return &tally{during: map[string]int{}, seen: map[string]int{}} }

func (y *tally) kill(command, stage string) {
	y.kills++
	y.during[fmt.Sprintf("%-14s %s", command, stage)]++
}

func seenBy(kind, state string) string { return fmt.Sprintf("%-14s %s", kind, state) }

func (y *tally) saw(kind, state string) {
	y.mu.Lock()
	defer y.mu.Unlock()
	y.seen[seenBy(kind, state)]++
}

// judge prints the table and fails the test for what must not be in it.
func (y *tally) judge(t *testing.T) {
	t.Helper()
	var b strings.Builder
	section := func(title string, counts map[string]int) {
		fmt.Fprintf(&b, "\n%s\n", title)
		names := make([]string, 0, len(counts))
		for name := range counts {
			names = append(names, name)
		}
		slices.Sort(names)
		for _, name := range names {
			fmt.Fprintf(&b, "  %6d  %s\n", counts[name], name)
		}
	}
	section("kills by command and stage", y.during)
	section("states that readers saw", y.seen)
	count := func(state string) (n int) {
		for _, kind := range []string{"file", "server"} {
			n += y.seen[seenBy(kind, state)]
		}
		return n
	}
	fmt.Fprintf(&b, "\n%d kills, of which %d left tables to the next load: %d rows lost, %d rows too many, %d files or tables left; of %d reads %d saw a half state and %d failed\n",
		y.kills, y.hidden, y.lost, y.doubled, y.left,
		count("nothing yet")+count("old")+count("new")+count("half")+count("broken"), count("half"), count("broken"))
	t.Log(b.String())
	for _, kind := range []string{"file", "server"} {
		for _, state := range []string{"old", "new"} {
			if y.seen[seenBy(kind, state)] == 0 {
				t.Errorf("no reader of the %s saw the %s state", kind, state)
			}
		}
	}
}

// watch reads both warehouses again and again until stop is called. What it
// sees must be the state before or the one after, whole, under one publication.
func (c *crash) watch(s *scene) (stop func()) {
	ctx, ended := c.t.Context(), make(chan struct{})
	var watching sync.WaitGroup
	watching.Go(func() {
		for tick := time.NewTicker(2 * time.Second); ; { // the cores are for the command
			c.look(ctx, s)
			select {
			case <-ended:
				tick.Stop()
				return
			case <-tick.C:
			}
		}
	})
	return func() {
		close(ended)
		watching.Wait()
		c.look(ctx, s)
	}
}

// readers read the warehouses of each kind.
func (c *crash) readers() map[string]func(context.Context) (publishedTables, error) {
	return map[string]func(context.Context) (publishedTables, error){"file": c.lookAtFile, "server": c.lookAtServer}
}

// now is what a warehouse shows.
func (c *crash) now(kind string) publishedTables {
	c.t.Helper()
	tables, err := c.readers()[kind](c.t.Context())
	if err != nil {
		c.t.Fatal(err)
	}
	return tables
}

func (c *crash) look(ctx context.Context, s *scene) {
	for kind, look := range c.readers() {
		seen, err := look(ctx)
		switch {
		case err != nil:
			c.tally.saw(kind, "broken")
			c.t.Errorf("a reader of the %s: %v", kind, err)
		case len(seen) == 0 && s.before == nil:
			c.tally.saw(kind, "nothing yet")
		case len(difference(s.before, seen)) == 0:
			c.tally.saw(kind, "old")
		case len(difference(s.after, seen)) == 0:
			c.tally.saw(kind, "new")
		default:
			c.tally.saw(kind, "half")
			c.t.Errorf("during %s, a reader of the %s sees neither the old nor the new state: %v", s.name, kind, difference(s.after, seen)[:1])
		}
	}
}

func (c *crash) lookAtFile(ctx context.Context) (publishedTables, error) {
	path := c.path("var/warehouse.duckdb")
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return publishedTables{}, nil
	}
	db, err := warehouse.OpenReader(ctx, path)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	return readWhole(ctx, db)
}

// reportReader is who reads on the server: not the owner of the tables, who
// sees those that are being filled, too.
const reportReader = "report_reader"

// letRead lets the reader read all tables that will be made in the database.
func (c *crash) letRead() {
	c.t.Helper()
	config, err := pgx.ParseConfig(c.dsn)
	if err != nil {
		c.t.Fatal(err)
	}
	as := "create role " + reportReader + " login password '" + c.server.Password() + "'"
	asAdministrator(c.t, c.dsn, "do $$ begin "+as+"; exception when duplicate_object then null; end $$")
	inDatabase(c.t, config, "alter default privileges grant usage on schemas to "+reportReader,
		"alter default privileges grant select on tables to "+reportReader)
}

// unfinished are the tables on the server that wait for their names.
func (c *crash) unfinished() []string {
	c.t.Helper()
	server, err := postgres.Parse(c.dsn)
	if err != nil {
		c.t.Fatal(err)
	}
	db := server.Pool("kpi", postgres.Session{})
	defer db.Close()
	tables, err := texts(c.t.Context(), db, `select tablename::text from pg_tables where schemaname = 'kpi' and tablename like '%\_new'`)
	if err != nil {
		c.t.Fatal(err)
	}
	return tables
}

// lookAtServer reads everything in one transaction that begins with the lock by
// which readers of several tables see one publication.
func (c *crash) lookAtServer(ctx context.Context) (publishedTables, error) {
	dsn, err := url.Parse(c.dsn)
	if err != nil {
		return nil, err
	}
	dsn.User = url.UserPassword(reportReader, c.server.Password())
	server, err := postgres.Parse(dsn.String())
	if err != nil {
		return nil, err
	}
	db := server.Pool("kpi", postgres.Session{})
	defer db.Close()
	loaded, err := texts(ctx, db, "select 'yes' where to_regclass('kpi.etl_publication') is not null")
	if err != nil || len(loaded) == 0 {
		return publishedTables{}, err
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return nil, err
	}
	defer func() { _ = tx.Rollback() }() // it only reads
	for _, s := range []string{"set transaction isolation level repeatable read, read only", "lock table etl_publication in access share mode"} {
		if _, err := tx.ExecContext(ctx, s); err != nil {
			return nil, err
		}
	}
	return readWhole(ctx, tx)
}

// readWhole reads every table, and checks that they belong together.
func readWhole(ctx context.Context, db queryer) (publishedTables, error) {
	tables, err := tellAlike(ctx, db, "BASE TABLE")
	if err != nil || len(tables) == 0 {
		return tables, err
	}
	// Views show what the tables hold; that they are there is enough.
	views := "select table_name from information_schema.tables where table_schema = current_schema() and table_type = 'VIEW' order by 1"
	if tables["views"], err = texts(ctx, db, views); err != nil {
		return nil, err
	}
	return tables, consistent(ctx, db)
}

// consistent checks what must add up within one publication: the sales of a
// shop's days and the credits that they are made of, and what is credited and
// what is not.
func consistent(ctx context.Context, db queryer) error {
	publications, err := texts(ctx, db, "select distinct publication_id from etl_publication")
	if err != nil {
		return err
	}
	if len(publications) != 1 {
		return fmt.Errorf("the warehouse shows %d publications", len(publications))
	}
	differing, err := texts(ctx, db, `
		with days as (select platform, shop_id, sum(sales_amount) as amount, max(dt) as last_dt from kpi_shop_day group by platform, shop_id),
		credits as (
			select c.platform, c.shop_id, sum(c.share * o.paid_amount) as amount
			from order_credits c join order_attribution o using (platform, shop_id, order_id) join days d using (platform, shop_id)
			where c.rule = 'in_force' and c.agent_id is not null and o.paid_dt <= d.last_dt group by c.platform, c.shop_id)
		select concat_ws(' ', d.shop_id, d.amount, c.amount) from days d left join credits c using (platform, shop_id)
		where coalesce(c.amount, 0) <> d.amount`)
	if err != nil {
		return err
	}
	if len(differing) > 0 {
		return fmt.Errorf("sales and credits differ: %v", differing)
	}
	if differing, err = texts(ctx, db, `select concat_ws(' ', shop_id, dt, sales_amount, uncredited_amount, valid_paid_amount) from kpi_shop_day
		where sales_amount + uncredited_amount <> valid_paid_amount`); err != nil {
		return err
	}
	if len(differing) > 0 {
		return fmt.Errorf("credited and uncredited are not what is valid: %v", differing)
	}
	return nil
}

// nothingLeft fails the test, once maintenance has been, where a killed command
// left anything: a file half written, or one that no table knows.
func (c *crash) nothingLeft() {
	c.t.Helper()
	left := c.nothingHalfLeft()
	for _, table := range c.unfinished() {
		c.t.Errorf("%s is left on the server", table)
		left++
	}
	l, _ := c.open()
	names, err := l.Tables(c.t.Context())
	if err != nil {
		c.t.Fatal(err)
	}
	known := map[string]bool{}
	for _, name := range names {
		snapshots, err := l.Snapshots(c.t.Context(), name)
		if err != nil {
			c.t.Fatal(err)
		}
		for _, s := range snapshots {
			files, _, err := l.Files(c.t.Context(), name, s.ID)
			if err != nil {
				c.t.Fatal(err)
			}
			for _, f := range files {
				known[f.Path] = true
			}
		}
	}
	for _, path := range c.files() {
		if strings.HasSuffix(path, ".parquet") && !known[path] {
			c.t.Errorf("no table knows %s", path)
			left++
		}
	}
	c.tally.left += left
}

// nothingHalfLeft fails the test where a file that was being written is left,
// and returns how many are.
func (i *installation) nothingHalfLeft() int {
	i.t.Helper()
	left := 0
	err := filepath.WalkDir(i.path("var"), func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		for _, mark := range []string{".partial", ".load-", ".landing-", "duckdb_temp", ".backfill"} {
			if strings.Contains(d.Name(), mark) {
				i.t.Errorf("%s is left", path)
				left++
			}
		}
		return nil
	})
	if err != nil {
		i.t.Fatal(err)
	}
	return left
}

// copyDatabase keeps what a database holds as a template of that name.
func copyDatabase(t *testing.T, dsn, name string) {
	t.Helper()
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		t.Fatal(err)
	}
	asAdministrator(t, dsn,
		"select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = '"+config.Database+"'", // of commands that have ended
		"drop database if exists "+postgres.Ident(name),
		fmt.Sprintf("create database %s template %s", postgres.Ident(name), postgres.Ident(config.Database)))
}

// makeDatabase makes the database of a DSN anew, from a template if one is given.
func makeDatabase(t *testing.T, dsn, template string) {
	t.Helper()
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		t.Fatal(err)
	}
	name, from := postgres.Ident(config.Database), ""
	if template != "" {
		from = " template " + postgres.Ident(template)
	}
	asAdministrator(t, dsn, "drop database if exists "+name+" with (force)", "create database "+name+from)
}

// asAdministrator runs statements beside the database of a DSN.
func asAdministrator(t *testing.T, dsn string, statements ...string) {
	t.Helper()
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		t.Fatal(err)
	}
	config.Database = "postgres"
	inDatabase(t, config, statements...)
}

func inDatabase(t *testing.T, config *pgx.ConnConfig, statements ...string) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(ctx) }() // its statements have answered
	for _, s := range statements {
		if _, err := conn.Exec(ctx, s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}
