package main

import (
	"bufio"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"kefu/extract/postgres/postgrestest"
)

// tablesAreLarge lets a command of the test binary load a server as if its
// tables were large.
const tablesAreLarge = "KEFU_TEST_LARGE_TABLES"

// killCount is how many commands are killed; KEFU_KILLS asks for another
// number, KEFU_SEED for other moments.
const killCount = 50

func number(t *testing.T, name string, value int) int {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return value
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

// crash is an installation whose commands are killed, with a warehouse of each
// kind.
type crash struct {
	*installation
	server *postgrestest.Server
	dsn    string // database of the round
	scenes []*scene
	tally  *tally
	read   int64 // lines of all files
}

// scene is a command that has something to do, from a state to another.
type scene struct {
	name          string
	args          []string
	rules         string
	saved         string // folder with var/ as the command finds it; "" = there is nothing
	template      string // database with what the server shows then
	before, after publishedTables
	quarantined   []string
	stages        []stage // of the command undisturbed
}

// stage is a part of a command, as its lines on stderr tell.
type stage struct {
	name string
	took time.Duration
}

// A command that is killed at any moment, and another one after it, leaves to
// readers the old state or the new one, and the next call ends where an
// undisturbed one would have.
func TestKilledCommandsAreFinishedByTheNext(t *testing.T) {
	t.Parallel()
	c := newCrash(t)
	seed, want := number(t, "KEFU_SEED", 1), number(t, "KEFU_KILLS", killCount)
	random := rand.New(rand.NewPCG(uint64(seed), 9))
	t.Logf("KEFU_SEED=%d KEFU_KILLS=%d", seed, want)
	decks := map[string][]int{}
	for round := 0; c.tally.kills < want && round < 2*want && timeLeft(t); round++ {
		s := c.scenes[round%len(c.scenes)]
		c.env[tablesAreLarge] = []string{"yes", ""}[round%2] // the scenes are odd: each comes to both
		t.Run(fmt.Sprintf("%s %d", s.name, round), func(t *testing.T) { c.with(t).round(random, s, decks, want) })
	}
	if c.tally.kills < want {
		t.Errorf("only %d of %d kills met a command under way", c.tally.kills, want)
	}
	c.tally.judge(t)
}

// timeLeft tells whether there is time for a round and the account before the
// test's deadline: an account of fewer kills is worth more than none.
func timeLeft(t *testing.T) bool {
	t.Helper()
	end, limited := t.Deadline()
	return !limited || time.Until(end) > 3*time.Minute
}

// with is the same for a part of the test.
func (c *crash) with(t *testing.T) *crash {
	part := *c
	part.installation = &installation{}
	*part.installation = *c.installation
	part.t = t
	return &part
}

// round kills a scene's command a few times, and lets it end at last.
func (c *crash) round(random *rand.Rand, s *scene, decks map[string][]int, want int) {
	c.restore(s)
	stop := c.watch(s)
	const inARow = 8 // kills before a command may end
	for range min(2+random.IntN(inARow-1), want-c.tally.kills) {
		if len(decks[s.name]) == 0 {
			decks[s.name] = s.deal(random)
		}
		during, met := c.kill(random, s, decks[s.name][0])
		decks[s.name] = decks[s.name][1:]
		if !met {
			break // it had nothing left to do
		}
		c.t.Logf("killed during %s", during)
		c.tally.kill(s.name, during)
		if len(c.unfinished()) > 0 {
			c.tally.hidden++
		}
	}
	c.finish(s)
	stop()
	c.compare(s)
	c.nothingLeft()
}

// deal returns the stages in a random order, those that commit something more
// often than those that only read.
func (s *scene) deal(random *rand.Rand) []int {
	var deck []int
	for i, stage := range s.stages {
		times := 3
		if strings.HasPrefix(stage.name, "find files") || strings.HasPrefix(stage.name, "read ") {
			times = 1
		}
		deck = append(deck, slices.Repeat([]int{i}, times)...)
	}
	random.Shuffle(len(deck), func(a, b int) { deck[a], deck[b] = deck[b], deck[a] })
	return deck
}

// newCrash does everything once undisturbed and keeps the states between.
func newCrash(t *testing.T) *crash {
	t.Helper()
	const days = 12
	c := &crash{installation: newInstallation(t, "", historyShops(2)...), server: postgrestest.Shared(t), tally: newTally()}
	c.dsn = c.server.Database(t)
	c.extra = keepOne
	c.withServer(c.dsn, "")
	c.letRead()
	for n, s := range c.sources {
		c.deliver(history(s.name, n, 0, days)...)
	}
	c.night(exitDone)
	first := c.keep("first")
	for n, s := range c.sources {
		c.deliver(history(s.name, n, days, days+3)...)
	}
	c.deliver(delivery{source: "s00", name: "chat_messages-wrong.csv", text: sheet("chat_messages",
		row{"message_id": "wrong", "sent_at": "2025-02-30 10:00:00", "buyer_id": "b1", "agent_id": "a1", "sender": "buyer", "kind": "text"},
		row{"message_id": "0-0-1", "sent_at": historyDay(5) + " 19:10:00", "buyer_id": "b1", "agent_id": "a1", "sender": "buyer", "kind": "text"})})

	run := c.undisturbed(&scene{name: "run", args: []string{"run"}, saved: first.folder, template: first.database, before: first.tables})
	second := c.keep("second")
	c.read = c.accounted()
	fresh := &scene{name: "first run", args: []string{"run"}, after: run.after, quarantined: run.quarantined, stages: run.stages}
	behind := c.behind(first, second)
	rules := "- {platform: other, values: {credit: pay_agent, slow_response: {seconds: 15}, inquiry_validity_days: 4}}"
	backfill := c.undisturbed(&scene{name: "backfill", args: []string{"backfill", "--from", historyDay(0), "--to", historyDay(days), "--chunk-rows", "60", "--parallel", "2"},
		rules: rules, saved: second.folder, template: second.database, before: second.tables})
	c.useRules("")
	c.bringBack(second)
	c.split("chat_messages", "orders", "order_attribution", "kpi_shop_day")
	split := c.keep("split")
	maintain := c.undisturbed(&scene{name: "lake maintain", args: []string{"lake", "maintain"}, saved: split.folder, template: split.database, before: split.tables})
	c.scenes = []*scene{run, backfill, behind, fresh, maintain}
	if len(run.quarantined) != 2 || len(difference(run.before, run.after)) == 0 || len(difference(backfill.before, backfill.after)) == 0 {
		t.Fatalf("the nights are not what this test needs: in quarantine are %v", run.quarantined)
	}
	return c
}

// kept is a state that rounds begin with.
type kept struct {
	folder, database string
	tables           publishedTables
}

// keep copies what the command left.
func (c *crash) keep(name string) kept {
	c.t.Helper()
	k := kept{folder: c.t.TempDir(), database: "kept_" + name, tables: c.now("file")}
	if err := os.CopyFS(k.folder, os.DirFS(c.path("var"))); err != nil {
		c.t.Fatal(err)
	}
	copyDatabase(c.t, c.dsn, k.database)
	return k
}

// behind is a lake of the second night with warehouses of the first: all that
// there is to do is to load.
func (c *crash) behind(first, second kept) *scene {
	c.t.Helper()
	folder := c.t.TempDir()
	if err := os.CopyFS(folder, os.DirFS(second.folder)); err != nil {
		c.t.Fatal(err)
	}
	data, err := os.ReadFile(first.folder + "/warehouse.duckdb")
	if err != nil {
		c.t.Fatal(err)
	}
	if err := os.WriteFile(folder+"/warehouse.duckdb", data, 0o600); err != nil {
		c.t.Fatal(err)
	}
	c.bringBack(kept{folder: folder, database: first.database})
	return c.undisturbed(&scene{name: "load", args: []string{"run"}, saved: folder, template: first.database, before: first.tables})
}

// undisturbed runs the scene's command to its end, on what is there, and notes
// its stages and what it leaves.
func (c *crash) undisturbed(s *scene) *scene {
	c.t.Helper()
	c.useRules(s.rules)
	c.measure(s)
	s.after, s.quarantined = c.now("file"), c.quarantine()
	sameTables(c.t, s.name+" undisturbed, on the server", s.after, c.now("server"))
	return s
}

// measure runs the scene's command to its end and notes its stages.
func (c *crash) measure(s *scene) {
	c.t.Helper()
	cmd := c.child(s.args...)
	lines, err := cmd.StderrPipe()
	if err != nil {
		c.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		c.t.Fatal(err)
	}
	last, scan := time.Now(), bufio.NewScanner(lines)
	for scan.Scan() {
		if name, ok := stageOf(scan.Text()); ok {
			s.stages = append(s.stages, stage{name, time.Since(last)})
			last = time.Now()
		}
	}
	if err := cmd.Wait(); err != nil || len(s.stages) == 0 {
		c.t.Fatalf("%s undisturbed: %v, %d stages", s.name, err, len(s.stages))
	}
}

// stageOf reads a line that tells the end of a stage: "✓ compute  14.3 s", or
// of a chunk: "✓ a/b: facts 1 of 2  1.3 s  20 %".
func stageOf(line string) (string, bool) {
	rest, ok := strings.CutPrefix(line, "✓ ")
	if !ok {
		rest, ok = strings.CutPrefix(line, "+ ")
	}
	if !ok {
		return "", false
	}
	if _, chunk, ok := strings.Cut(rest, ": "); ok {
		rest = "chunk of " + strings.Fields(chunk)[0] + " 0 s"
	}
	words := strings.Fields(rest)
	return strings.Join(words[:max(1, len(words)-2)], " "), true
}

// restore brings back what the scene's command finds.
func (c *crash) restore(s *scene) {
	c.t.Helper()
	c.useRules(s.rules)
	c.bringBack(kept{folder: s.saved, database: s.template})
}

func (c *crash) bringBack(k kept) {
	c.t.Helper()
	c.remove("var")
	if k.folder != "" {
		if err := os.CopyFS(c.path("var"), os.DirFS(k.folder)); err != nil {
			c.t.Fatal(err)
		}
	}
	if c.dsn == "" {
		return
	}
	makeDatabase(c.t, c.dsn, k.database)
	if k.database == "" {
		c.letRead()
	}
}

func (c *crash) useRules(rules string) {
	c.rules = rules
	c.configure()
}

// kill starts the scene's command and kills it at a random moment of the n-th
// stage. It returns the stage that it was in, and whether it was under way.
func (c *crash) kill(random *rand.Rand, s *scene, n int) (string, bool) {
	c.t.Helper()
	delay := time.Duration(random.Int64N(int64(s.stages[n].took) + 1))
	cmd := c.child(s.args...)
	lines, err := cmd.StderrPipe()
	if err != nil {
		c.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		c.t.Fatal(err)
	}
	shoot := func() { time.AfterFunc(delay, func() { _ = cmd.Process.Kill() }) } // it may have ended
	ended, scan := 0, bufio.NewScanner(lines)
	if n == 0 {
		shoot()
	}
	for scan.Scan() {
		if _, ok := stageOf(scan.Text()); ok {
			if ended++; ended == n {
				shoot()
			}
		}
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); err != nil && !errors.As(err, &exit) {
		c.t.Fatal(err)
	}
	return s.stages[min(ended, len(s.stages)-1)].name, cmd.ProcessState.ExitCode() == -1
}

// finish lets the command, and a night and maintenance after it, come to their end.
func (c *crash) finish(s *scene) {
	c.t.Helper()
	for _, args := range [][]string{s.args, {"run"}, {"lake", "maintain"}} {
		if said := c.etl(args...); said.code != exitDone {
			c.t.Errorf("after kills, %v ended with %d\n%s%s", args, said.code, said.out, said.err)
		}
	}
}

// compare tells what is missing, or there twice, against an undisturbed end.
func (c *crash) compare(s *scene) {
	c.t.Helper()
	for kind := range c.readers() {
		got := c.now(kind)
		for _, name := range keysOf(s.after, got) {
			c.tally.lost += len(subtractRows(s.after[name], got[name]))
			c.tally.doubled += len(subtractRows(got[name], s.after[name]))
		}
		for _, line := range difference(s.after, got) {
			c.t.Errorf("in the %s: %s", kind, line)
		}
	}
	if got := c.accounted(); got != c.read {
		c.t.Errorf("%d lines are accounted for, want %d", got, c.read)
	}
	if got := c.quarantine(); !slices.Equal(got, s.quarantined) {
		c.t.Errorf("in quarantine are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(s.quarantined, "\n"))
	}
	c.noRunIsLeftOpen()
}

// noRunIsLeftOpen fails the test when a killed run still counts as running.
func (c *crash) noRunIsLeftOpen() {
	c.t.Helper()
	runs, err := c.ledger().Runs(c.t.Context(), 0)
	if err != nil {
		c.t.Fatal(err)
	}
	for _, r := range runs {
		if r.Status == "running" {
			c.t.Errorf("run %s is still said to be running", r.ID)
		}
	}
}
