package main

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"kefu/transform/transformtest/world"
)

// sizeLimit is the variable that tells a child the greatest size of a file that
// it may write: what meets it is told like a full disk, for root, too.
const sizeLimit = "KEFU_TEST_FILE_SIZE"

// limitSizes does so.
func limitSizes() error {
	text := os.Getenv(sizeLimit)
	if text == "" {
		return nil
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return err
	}
	return syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: n, Max: n})
}

// faults is an installation with one night published and the next one waiting:
// a day with many messages, which makes large files.
type faults struct {
	*installation
	before publishedTables
}

// fault is something that goes wrong in the second night, and what is seen of it.
type fault struct {
	name   string
	wrong  func(*testing.T, *faults) (mend func()) // what is wrong while the command runs
	limit  int64                                   // greatest size of a file
	signal syscall.Signal
	after  string   // the signal is sent when this stage is over
	once   string   // … or once there is such a file
	args   []string // default: run
	code   int
	says   []string // regular expressions
}

// Whatever goes wrong, the error says where and what to do, readers see the
// night before, and the nights that follow go on.
func TestFaultsOfANight(t *testing.T) {
	t.Parallel()
	f := newFaults(t)
	for _, c := range []fault{
		{name: "state locked", wrong: lockState, code: exitEnvironment, says: []string{"locked", `state database .*var/state\.db is locked by another program`}},
		{name: "disk full: state", limit: 8 << 10, code: exitEnvironment, says: []string{`state database .*var/state\.db cannot be written`, "free some space"}},
		{name: "disk full: landing", limit: 40 << 10, code: exitEnvironment, says: []string{`land chat_messages-big\.csv: write .*var/landing/.*file too large`, "free some space"}},
		{name: "Ctrl-C while reading", after: "find files", signal: syscall.SIGINT, code: exitInterrupted, says: []string{"interrupted; what was committed stays"}},
		{name: "SIGTERM while merging", after: "read", signal: syscall.SIGTERM, code: exitInterrupted, says: []string{"interrupted"}},
		{name: "disk full: lake", limit: 450 << 10, code: exitEnvironment, says: []string{`var/lake/[a-z_]+/data/.*[Ff]ile too large`, "free some space"}},
		{name: "disk full: spill", wrong: littleMemory, limit: 1 << 20, code: exitEnvironment, says: []string{`var/lake/\.spill/.*File too large`, "free some space"}},
		{name: "file of the lake damaged", wrong: damage("chat_messages", false), code: exitEnvironment, says: []string{`table chat_messages: data file .*\.parquet cannot be read`, "from a backup"}},
		{name: "file of the lake missing", wrong: damage("orders", true), code: exitEnvironment, says: []string{`table orders: data file .*\.parquet is missing`, "from a backup"}},
		{name: "published file missing", wrong: damage("int_turns", true), code: exitEnvironment, says: []string{`table int_turns: data file .*\.parquet is missing`}},
		{name: "clock moved backwards", wrong: clockBack, code: exitEnvironment, says: []string{"commit table .*last changed .*the clock of this machine is behind"}},
		{name: "SIGTERM while computing", after: "merge", signal: syscall.SIGTERM, code: exitInterrupted, says: []string{"interrupted"}},
		{name: "Ctrl-C while publishing", after: "compute", signal: syscall.SIGINT, code: exitInterrupted, says: []string{"interrupted"}},
		{name: "disk full: warehouse", limit: 1 << 20, code: exitEnvironment, says: []string{`warehouse local: .*var/warehouse\.duckdb\.load-.*[Ff]ile too large`, "free some space"}},
		{name: "Ctrl-C while loading", once: "var/warehouse.duckdb.load-*", signal: syscall.SIGINT, code: exitInterrupted, says: []string{"interrupted"}},
	} {
		t.Run(c.name, func(t *testing.T) { f.meet(t, c) })
	}
	undisturbed := f.moved()
	undisturbed.remove("var")
	undisturbed.night(exitDone)
	f.night(exitDone)
	f.before = undisturbed.tables()
	sameTables(t, "the night after all that", f.before, f.tables())
	if got, want := f.accounted(), undisturbed.accounted(); got != want {
		t.Errorf("%d lines are accounted for, want %d", got, want)
	}
	f.nothingHalfLeft()
	t.Run("disk full: report", func(t *testing.T) {
		f.meet(t, fault{args: []string{"report"}, limit: 100 << 10, code: exitEnvironment, says: []string{`write .*var/report/.*file too large`, "free some space"}})
		if _, err := os.Stat(f.path("var/report/report.html")); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("there is a report: %v", err)
		}
	})
	t.Run("disk full: chunks of a backfill", func(t *testing.T) {
		// Its state is young, and so smaller than a chunk's largest file.
		(&faults{installation: undisturbed, before: f.before}).backfilledOnceThereIsRoom(t)
	})
}

// backfilledOnceThereIsRoom lets a backfill that changes numbers meet a full
// disk while it keeps a chunk; the same command then goes on from the one that
// it had finished.
func (f *faults) backfilledOnceThereIsRoom(t *testing.T) {
	f.rules = "- {platform: other, values: {slow_response: {seconds: 5}}}"
	f.configure()
	undisturbed, before := f.moved(), f.lastPublication()
	backfill := []string{"backfill", "--json", "--from", historyDay(0), "--to", historyDay(31)}
	f.meet(t, fault{args: backfill, limit: 300 << 10, code: exitEnvironment, says: []string{
		`shop other/s00: compute the facts of buyers: .*var/lake/\.backfill/[^/]+/facts-1-of-1\.partial/[a-z_]+\.parquet.*[Ff]ile too large`, "free some space"}})
	if after := f.lastPublication(); after.ID != before.ID {
		t.Errorf("publication %s became %s", before.ID, after.ID)
	}
	sum := f.summary(f.etl(backfill...), exitDone)
	if n := countChunks(sum); n["found"] != 1 || n["computed"] != 3 {
		t.Errorf("once there is room the chunks are %v; that of the shop as a whole was finished", n)
	}
	undisturbed.summary(undisturbed.etl(backfill...), exitDone)
	want := undisturbed.tables()
	if undisturbed.lastPublication().ID == before.ID {
		t.Error("the backfill changes nothing")
	}
	sameTables(t, "the backfill once there is room", want, f.tables())
	f.nothingHalfLeft()
}

func newFaults(t *testing.T) *faults {
	t.Helper()
	f := &faults{installation: newInstallation(t, "", exportSource{name: "s00", preset: "canonical", shop: world.Shop{Platform: "other", ID: "s00", Name: "s00", Timezone: "Asia/Shanghai"}})}
	f.deliver(history("s00", 0, 0, 12)...)
	f.night(exitDone)
	f.before = f.tables()
	const buyers = 7500 // each writes once and is answered once
	rows := make([]row, 2*buyers)
	for n := range rows {
		sender := []string{"buyer", "agent"}[n/buyers]
		rows[n] = row{"message_id": "x" + strconv.Itoa(n), "sent_at": fmt.Sprintf("%s %02d:%02d:%02d", historyDay(31), 8+n/1000, n/20%50, n%60),
			"buyer_id": fmt.Sprintf("y%d", n%buyers), "agent_id": "a1", "sender": sender, "kind": "text", "text": "在"}
	}
	f.deliver(delivery{source: "s00", name: "chat_messages-big.csv", text: sheet("chat_messages", rows...)},
		delivery{source: "s00", name: "orders-late.csv", text: sheet("orders", row{"order_id": "late", "buyer_id": "b1", "created_at": historyDay(31) + " 20:00:00", "status": "created"})})
	return f
}

// meet lets a command meet a fault, and looks at what is left.
func (f *faults) meet(t *testing.T, c fault) {
	mend := func() {}
	if c.wrong != nil {
		mend = c.wrong(t, f)
	}
	said := f.disturbed(t, c)
	mend()
	if said.code != c.code {
		t.Errorf("ended with %d, want %d", said.code, c.code)
	}
	for _, want := range c.says {
		if !regexp.MustCompile(want).MatchString(said.out + said.err) {
			t.Errorf("does not say %s", want)
		}
	}
	if strings.Contains(said.err, "panic") || strings.Contains(said.err, "goroutine ") {
		t.Error("fell over")
	}
	if t.Failed() {
		t.Logf("said\n%s%s", said.out, said.err)
	}
	sameTables(t, "what readers see", f.before, f.tables())
	f.accounted()
}

// disturbed runs the command in a process of its own and sends the signal.
func (f *faults) disturbed(t *testing.T, c fault) ended {
	args := c.args
	if args == nil {
		args = []string{"run"}
	}
	cmd := f.child(args...)
	if c.limit > 0 {
		cmd.Env = append(cmd.Env, fmt.Sprintf("%s=%d", sizeLimit, c.limit))
	}
	if c.signal == 0 {
		return finish(cmd)
	}
	var out, errs bytes.Buffer
	cmd.Stdout = &out
	lines, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	send := sync.OnceFunc(func() { _ = cmd.Process.Signal(c.signal) }) // the exit code tells whether it met it
	over := make(chan struct{})
	var watching sync.WaitGroup
	if c.once != "" {
		watching.Go(func() { awaitFile(f.path(c.once), over, send) })
	}
	for scan := bufio.NewScanner(lines); scan.Scan(); {
		errs.WriteString(scan.Text() + "\n")
		if name, done := stageOf(scan.Text()); done && c.after != "" && strings.HasPrefix(name, c.after) {
			send()
		}
	}
	close(over)
	watching.Wait()
	var exit *exec.ExitError
	if err := cmd.Wait(); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return ended{cmd.ProcessState.ExitCode(), out.String(), errs.String()}
}

// awaitFile calls found once a file of that pattern is there.
func awaitFile(pattern string, ended <-chan struct{}, found func()) {
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for {
		if files, err := filepath.Glob(pattern); err == nil && len(files) > 0 {
			found()
			return
		}
		select {
		case <-ended:
			return
		case <-tick.C:
		}
	}
}

// lockState holds the state's write lock, as another program might.
func lockState(t *testing.T, f *faults) func() {
	db, err := sql.Open("sqlite", f.path("var/state.db"))
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	conn, err := db.Conn(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.ExecContext(ctx, "begin immediate"); err != nil {
		t.Fatal(err)
	}
	return func() {
		if _, err := conn.ExecContext(ctx, "rollback"); err != nil {
			t.Error(err)
		}
		if err := errors.Join(conn.Close(), db.Close()); err != nil {
			t.Error(err)
		}
	}
}

// littleMemory makes the engine spill.
func littleMemory(t *testing.T, f *faults) func() {
	config, err := os.ReadFile(f.path("pipelines.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	f.write("pipelines.yaml", bytes.ReplaceAll(config, []byte("512MB"), []byte("128MB")))
	return func() { f.write("pipelines.yaml", config) }
}

// damage spoils the middle of the first data file of a table, or takes it away.
func damage(table string, missing bool) func(*testing.T, *faults) func() {
	return func(t *testing.T, f *faults) func() {
		held := f.publishedFile(table)
		whole, err := os.ReadFile(held)
		if err != nil {
			t.Fatal(err)
		}
		if missing {
			err = os.Remove(held)
		} else {
			spoilt := bytes.Clone(whole)
			copy(spoilt[len(spoilt)/4:len(spoilt)/2], bytes.Repeat([]byte{0xff}, len(spoilt)))
			err = os.WriteFile(held, spoilt, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		return func() {
			if err := os.WriteFile(held, whole, 0o600); err != nil {
				t.Error(err)
			}
		}
	}
}

// publishedFile is the first data file of a table as published.
func (i *installation) publishedFile(table string) string {
	i.t.Helper()
	ctx := i.t.Context()
	l, _ := i.open()
	files, _, err := l.Files(ctx, table, i.lastPublication().Tables[table])
	if err != nil || len(files) == 0 {
		i.t.Fatalf("files of %s: %d %v", table, len(files), err)
	}
	return files[0].Path
}

var metadataTimes = regexp.MustCompile(`("(?:timestamp-ms|last-updated-ms)":\s*)(\d+)`)

// clockBack makes everything in the lake a day younger, which is as if the
// clock had gone back by a day since.
func clockBack(t *testing.T, f *faults) func() {
	saved := map[string][]byte{}
	err := filepath.WalkDir(f.path("var/lake"), func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".metadata.json") {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		saved[path] = data
		return os.WriteFile(path, metadataTimes.ReplaceAllFunc(data, func(m []byte) []byte {
			parts := metadataTimes.FindSubmatch(m)
			ms, err := strconv.ParseInt(string(parts[2]), 10, 64)
			if err != nil {
				t.Error(err)
			}
			return fmt.Appendf(nil, "%s%d", parts[1], ms+86_400_000)
		}), 0o600)
	})
	if err != nil || len(saved) == 0 {
		t.Fatalf("%d metadata files: %v", len(saved), err)
	}
	return func() {
		for path, data := range saved {
			if err := os.WriteFile(path, data, 0o600); err != nil {
				t.Error(err)
			}
		}
	}
}
