package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	warehouse "kefu/load/duckdb"
)

// killCount is how many runs are killed; KEFU_KILLS asks for another number,
// KEFU_SEED for other moments.
const killCount = 6

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

// crash is an installation with one night done and the next one waiting.
type crash struct {
	*installation
	saved         string // var/ before the second night
	before, after publishedTables
	quarantined   []string
	read          int64
	stages        []stage  // of the second night undisturbed
	fresh         bool     // this round begins with nothing
	command       []string // that is killed; default run
}

// stage is a part of a run, as its lines on stderr tell.
type stage struct {
	name string
	took time.Duration
}

// A run that is killed at any moment leaves the old state or the new one to
// readers, and the next run ends where an undisturbed one would have.
func TestAKilledRunIsFinishedByTheNext(t *testing.T) {
	t.Parallel()
	c := newCrash(t)
	random := rand.New(rand.NewPCG(uint64(number(t, "KEFU_SEED", 1)), 9))
	moments, deck := map[string]int{}, []int{}
	want, kills := number(t, "KEFU_KILLS", killCount), 0
	reads := [2]int{}
	for round := 0; kills < want && round < 2*want; round++ {
		c.restore(round%4 == 3)
		stop := c.watch(&reads)
		// Every third time the run after the kill is killed, too.
		for range 1 + (round+1)%3/2 {
			if len(deck) == 0 {
				deck = c.deal(random)
			}
			during, ok := c.kill(random, deck[0])
			if deck = deck[1:]; ok {
				kills++
				moments[during]++
			}
		}
		c.night(0)
		stop()
		what := fmt.Sprintf("round %d", round)
		sameTables(t, what, c.after, c.tables())
		if got := c.accounted(); got != c.read {
			t.Errorf("%s: %d lines are accounted for, want %d", what, got, c.read)
		}
		if got := c.quarantine(); !slices.Equal(got, c.quarantined) {
			t.Errorf("%s: in quarantine are\n%s\nwant\n%s", what, strings.Join(got, "\n"), strings.Join(c.quarantined, "\n"))
		}
		c.noRunIsLeftOpen()
	}
	if kills < want {
		t.Errorf("only %d of %d kills met a run under way", kills, want)
	}
	if reads[0] == 0 || reads[1] == 0 {
		t.Errorf("readers saw the old state %d times and the new one %d times: neither may be missing", reads[0], reads[1])
	}
	t.Logf("%d runs killed during %v; readers saw the old state %d times, the new one %d times", kills, moments, reads[0], reads[1])
}

func newCrash(t *testing.T) *crash {
	t.Helper()
	s := newStory(t)
	c := &crash{installation: s.install(t, false), saved: t.TempDir()}
	half := slices.IndexFunc(s.files, func(f delivery) bool { return f.day > storyDay(3) })
	c.deliver(s.files[:half]...)
	c.night(0)
	c.before = c.tables()
	if err := os.CopyFS(c.saved, os.DirFS(c.path("var"))); err != nil {
		t.Fatal(err)
	}
	c.deliver(s.files[half:]...)
	wrong := talk("wrong", "late1", "a1", 5, "19:00")
	wrong[1]["sent_at"] = "2026-02-30 10:00:00"
	wrong = append(wrong, row{"message_id": "late-pay-1", "sent_at": at(5, "19:10:00"), "buyer_id": "late1", "agent_id": "a1", "sender": "buyer", "kind": "text"})
	c.deliver(delivery{source: s.shops[0].ID, name: "chat_messages-wrong.csv", text: sheet("chat_messages", wrong...)})

	c.measure()
	c.after, c.quarantined, c.read = c.tables(), c.quarantine(), c.accounted()
	if len(c.quarantined) != 2 || len(difference(c.before, c.after)) == 0 || len(c.stages) < 5 {
		t.Fatalf("the second night is not what this test needs: %d stages, in quarantine %v", len(c.stages), c.quarantined)
	}
	return c
}

// measure lets the command run undisturbed and notes its stages.
func (c *crash) measure() {
	c.t.Helper()
	cmd := c.child(c.args()...)
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
			c.stages = append(c.stages, stage{name, time.Since(last)})
			last = time.Now()
		}
	}
	if err := cmd.Wait(); err != nil {
		c.t.Fatalf("the undisturbed run: %v", err)
	}
}

func (c *crash) args() []string {
	if len(c.command) == 0 {
		return []string{"run"}
	}
	return c.command
}

// stageOf reads a line that tells the end of a stage: "✓ compute  14.3 s".
func stageOf(line string) (string, bool) {
	rest, ok := strings.CutPrefix(line, "✓ ")
	if !ok {
		return "", false
	}
	words := strings.Fields(rest)
	return strings.Join(words[:max(1, len(words)-2)], " "), true
}

// restore brings back the state before the second night, or before the first.
func (c *crash) restore(fresh bool) {
	c.t.Helper()
	c.fresh = fresh
	if err := os.RemoveAll(c.path("var")); err != nil {
		c.t.Fatal(err)
	}
	if fresh {
		return
	}
	if err := os.CopyFS(c.path("var"), os.DirFS(c.saved)); err != nil {
		c.t.Fatal(err)
	}
}

// deal returns the stages in a random order, those that commit something first.
func (c *crash) deal(random *rand.Rand) []int {
	const committing = 4 // merge, compute, publish, load
	reading := len(c.stages) - committing
	deck := random.Perm(committing)
	for i := range deck {
		deck[i] += reading
	}
	return append(deck, random.Perm(reading)...)
}

// kill starts a run and kills it at a random moment of the n-th stage. It
// returns the stage, and whether the run was still under way.
func (c *crash) kill(random *rand.Rand, n int) (string, bool) {
	c.t.Helper()
	delay := time.Duration(random.Int64N(int64(c.stages[n].took) + 1))
	cmd := c.child(c.args()...)
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
	return c.stages[min(ended, len(c.stages)-1)].name, cmd.ProcessState.ExitCode() == -1
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

// watch reads the warehouse again and again until stop is called. What it sees
// must be the state before or the one after, whole, under one publication.
func (c *crash) watch(reads *[2]int) (stop func()) {
	ctx, ended := c.t.Context(), make(chan struct{})
	var watching sync.WaitGroup
	watching.Go(func() {
		for tick := time.NewTicker(500 * time.Millisecond); ; { // the cores are for the run
			c.look(ctx, reads)
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
		c.look(ctx, reads)
	}
}

func (c *crash) look(ctx context.Context, reads *[2]int) {
	path := c.path("var/warehouse.duckdb")
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) && c.fresh {
		return
	}
	if err := consistent(ctx, path); err != nil {
		c.t.Errorf("a reader: %v", err)
	}
	seen, err := readTables(ctx, path)
	switch {
	case err != nil:
		c.t.Errorf("a reader: %v", err)
	case !c.fresh && len(difference(c.before, seen)) == 0:
		reads[0]++
	case len(difference(c.after, seen)) == 0:
		reads[1]++
	default:
		c.t.Error("a reader sees neither the old nor the new state")
	}
}

// consistent checks what must add up within one publication: the sales of a
// shop's days and the credits that they are made of.
func consistent(ctx context.Context, path string) error {
	db, err := warehouse.OpenReader(ctx, path)
	if err != nil {
		return err
	}
	defer db.Close()
	publications, err := texts(ctx, db, "select distinct publication_id from etl_publication")
	if err != nil {
		return err
	}
	if len(publications) != 1 {
		return fmt.Errorf("the warehouse shows %d publications", len(publications))
	}
	differing, err := texts(ctx, db, `
		with days as (select platform, shop_id, sum(sales_amount) as amount, max(dt) as last_dt from kpi_shop_day group by all),
		credits as (
			select c.platform, c.shop_id, sum(c.share * o.paid_amount) as amount
			from order_credits c join order_attribution o using (platform, shop_id, order_id) join days d using (platform, shop_id)
			where c.rule = 'in_force' and c.agent_id is not null and o.paid_dt <= d.last_dt group by all)
		select concat_ws(' ', d.shop_id, d.amount, c.amount) from days d left join credits c using (platform, shop_id)
		where coalesce(c.amount, 0) <> d.amount`)
	if err != nil {
		return err
	}
	if len(differing) > 0 {
		return fmt.Errorf("sales and credits differ: %v", differing)
	}
	return nil
}
