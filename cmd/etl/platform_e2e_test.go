package main

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"kefu/extract/extracttest"
	"kefu/extract/extracttest/faketaobao"
	"kefu/transform/transformtest/world"

	"github.com/klauspost/compress/zstd"
)

// testClock is a present that stands still where nobody sleeps on it.
type testClock struct{ *extracttest.Clock }

func (c testClock) Sleep(ctx context.Context, d time.Duration) error {
	c.Advance(d)
	return ctx.Err()
}

// platformTest is an installation that pulls one shop from a fake gateway.
type platformTest struct {
	*installation
	shop   *extracttest.Shop
	faults *extracttest.Faults
	clock  testClock
	calls  *atomic.Int64
	after  func(call int64) // looks at every call
}

const (
	plantedToken   = extracttest.Secret + "-token"
	plantedRefresh = extracttest.Secret + "-refresh"
	plantedSecret  = extracttest.Secret + "-application"
)

func newPlatformTest(t *testing.T, days int) *platformTest {
	t.Helper()
	p := &platformTest{
		shop: extracttest.Sample(extracttest.Start, days, extracttest.Seed), faults: &extracttest.Faults{},
		clock: testClock{extracttest.NewClock(extracttest.Start)}, calls: &atomic.Int64{},
	}
	fake := &faketaobao.Server{Shop: p.shop, Faults: p.faults, Now: p.clock.Now, AppKey: "12345678", Secret: plantedSecret, Nick: extracttest.Agents[0]}
	fake.Grant.Set(plantedToken, plantedRefresh)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if call := p.calls.Add(1); p.after != nil {
			p.after(call)
		}
		fake.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	p.installation = &installation{t: t, dir: t.TempDir(), env: map[string]string{"APP": plantedSecret, "TOKEN": plantedToken}}
	p.write("hash.key", []byte(e2eSecret+"\n"))
	p.write("pipelines.yaml", []byte(fmt.Sprintf(`version: 1
engine: {memory_limit: 512MB, threads: 2}
privacy: {secret: {file: hash.key}}
shops:
  - {platform: tmall, shop: flagship, name: 示例店}
sources:
  - {name: tmall, type: taobao, platform: tmall, shop: flagship, app_key: "12345678", secret: {env: APP}, session: {env: TOKEN},
     nick: 示例店, chat: eservice, since: %s, rate: {app: 10000}, endpoint: "%s/router/rest"}
warehouses:
  - {name: local, type: duckdb, path: var/warehouse.duckdb}
pipelines:
  - {name: nightly, schedule: "30 2 * * *", load: [local]}
`, extracttest.Start.AddDate(0, 0, -days-1).Format(time.DateOnly), server.URL)))
	return p
}

func (p *platformTest) app() *app { return &app{clock: p.clock} }

// The same shop by its API and by files: the same numbers.
func TestAPlatformGivesTheNumbersOfItsExports(t *testing.T) {
	t.Parallel()
	const days = 12
	p := newPlatformTest(t, days)
	p.faults.Play(extracttest.Business, 7)
	p.summary(p.etlWith(p.app(), "run", "--json"), exitDone)
	p.faults.Play(extracttest.None, 0)
	p.clock.Advance(time.Hour) // what changed in the last minutes comes an hour later
	p.planned()
	p.summary(p.etlWith(p.app(), "run", "--json"), exitDone)

	files := newInstallation(t, "", exportSource{name: "exports", preset: "canonical", shop: world.Shop{Platform: "tmall", ID: "flagship", Name: "示例店", Timezone: "Asia/Shanghai"}})
	for _, name := range []string{"orders", "order_items", "refunds", "evaluations", "agent_presence", "agents", "chat_messages"} {
		var csv bytes.Buffer
		if err := p.shop.WriteCSV(&csv, name); err != nil {
			t.Fatal(err)
		}
		files.deliver(delivery{source: "exports", name: name + ".csv", text: csv.String()})
	}
	files.night(exitDone)
	want, got := files.tables(), p.tables()
	mustHaveRows(t, want, "kpi_agent_day", "kpi_shop_day", "order_attribution", "inquiries")
	delete(want, "slow_responses") // it names messages, which have other ids
	delete(got, "slow_responses")
	sameTables(t, "pulled", want, got)
}

// planned holds a plan to tell what is due without asking the platform.
func (p *platformTest) planned() {
	p.t.Helper()
	asked := p.calls.Load()
	plan := p.summary(p.etlWith(p.app(), "plan", "--json"), exitDone)
	if n := p.calls.Load(); n != asked || len(plan.Sources[0].Due) == 0 {
		p.t.Errorf("a plan made %d calls and tells %+v as due", n-asked, plan.Sources[0].Due)
	}
	for _, d := range plan.Sources[0].Due {
		if !d.From.Before(d.To) || d.To.After(p.clock.Now()) || d.Windows == 0 {
			p.t.Errorf("%s is due from %s to %s at %s", d.Stream, d.From, d.To, p.clock.Now())
		}
	}
}

// A run that is stopped in the middle of a pull goes on where it was, and asks
// for nothing that has landed.
func TestAPullGoesOnWhereItWasStopped(t *testing.T) {
	t.Parallel()
	const days = 4
	whole := newPlatformTest(t, days)
	whole.summary(whole.etlWith(whole.app(), "run", "--json"), exitDone)
	undisturbed := whole.calls.Load()

	p := newPlatformTest(t, days)
	stops := 0
	for done := false; !done; {
		ctx, cancel := context.WithCancel(t.Context())
		until := p.calls.Load() + 10 + undisturbed/8
		p.after = func(call int64) {
			if call >= until {
				cancel()
			}
		}
		a := p.app()
		var out, errs bytes.Buffer
		a.in, a.out, a.err = strings.NewReader(""), &out, &errs
		a.lookup = func(name string) (string, bool) { value, ok := p.env[name]; return value, ok }
		code := a.run(ctx, []string{"--config", p.path("pipelines.yaml"), "run"})
		done = code == exitDone
		if !done && code != exitInterrupted {
			t.Fatalf("ended with %d\n%s%s", code, out.String(), errs.String())
		}
		stops++
		cancel()
		if stops > 50 {
			t.Fatal("the pull makes no progress")
		}
	}
	if stops < 5 {
		t.Errorf("stopped %d times only", stops-1)
	}
	sameTables(t, "stopped", whole.tables(), p.tables())
	if again := p.calls.Load() - undisturbed; again > undisturbed {
		t.Errorf("%d calls beyond the %d of an undisturbed pull", again, undisturbed)
	}
}

// A used up quota ends the pull of the shop, keeps what came before, and is
// made up the next day.
func TestAUsedUpQuotaIsMadeUp(t *testing.T) {
	t.Parallel()
	p := newPlatformTest(t, 4)
	p.after = func(call int64) {
		if call == 20 {
			p.faults.Play(extracttest.DailyQuota, 1)
		}
	}
	s := p.summary(p.etlWith(p.app(), "run", "--json"), exitFailed)
	if s.Status != "partial" || !strings.Contains(strings.Join(s.Errors, "\n"), "quota is used up until 2026-03-21 00:00 +0800") {
		t.Fatalf("status %s, errors %v", s.Status, s.Errors)
	}
	p.after = nil
	p.faults.Play(extracttest.None, 0)
	p.clock.Advance(24 * time.Hour)
	p.summary(p.etlWith(p.app(), "run", "--json"), exitDone)
	whole := newPlatformTest(t, 4)
	whole.clock.Advance(24 * time.Hour)
	whole.summary(whole.etlWith(whole.app(), "run", "--json"), exitDone)
	sameTables(t, "made up", whole.tables(), p.tables())
}

// The first pull says how far back it went, or what of the wish is out of reach.
func TestTheFirstPullSaysHowFarBackItGoes(t *testing.T) {
	t.Parallel()
	clock := testClock{extracttest.NewClock(extracttest.Start)}
	g := openGates(t, clock.Now, 3)
	for name, c := range map[string]struct {
		since string
		says  []string
	}{
		"as far as it goes": {"", []string{"the first pull went back as far as the platform answers: orders.created from 2025-12-21, refunds.modified from 2025-12-21"}},
		"further": {"since: 2025-06-01, ", []string{
			"the platform no longer answers for orders.created from 2025-06-01 to 2025-12-21; import an export of that time",
			"the platform no longer answers for refunds.modified from 2025-06-01 to 2025-12-21; import an export of that time",
		}},
		"less far": {"since: 2026-03-10, ", nil},
	} {
		t.Run(name, func(t *testing.T) {
			i := g.install(t, ", sources: [kuaishou]"+ingestOnly)
			i.write("pipelines.yaml", []byte(strings.ReplaceAll(i.read("pipelines.yaml"), "since: 2026-03-16, ", c.since)))
			e := i.etlWith(hasty(clock), "run")
			if e.code != exitDone {
				t.Fatalf("ended with %d\n%s%s", e.code, e.out, e.err)
			}
			for _, text := range c.says {
				if !strings.Contains(e.out, text) {
					t.Errorf("the run does not say %q:\n%s", text, e.out)
				}
			}
			if c.says == nil && (strings.Contains(e.out, "as far as the platform answers") || strings.Contains(e.out, "no longer answers")) {
				t.Errorf("the run says\n%s", e.out)
			}
			// It is said once.
			clock.Advance(time.Hour)
			if e := i.etlWith(hasty(clock), "run"); e.code != exitDone || strings.Contains(e.out, "platform") {
				t.Errorf("the second run says\n%s%s", e.out, e.err)
			}
		})
	}
}

// No credential is in any file that a night makes, nor in what it says; no buyer
// in what it says, in the name of a file, or in the record of a run.
func TestCredentialsAreKeptNowhere(t *testing.T) {
	t.Parallel()
	const buyer = "PLANTED-BUYER"
	clock := testClock{extracttest.NewClock(extracttest.Start)}
	g := openGates(t, clock.Now, 3)
	for _, one := range g.list {
		for _, name := range []string{"orders", "refunds", "evaluations", "chat_messages"} {
			one.shop.Change(name, func(r extracttest.Row) bool { r["buyer_id"] = buyer + r["buyer_id"]; return true })
		}
		odd := one.shop.Where("orders", "status", "paid")[0]["order_id"] // it goes to quarantine
		one.shop.Change("orders", func(r extracttest.Row) bool {
			if r["order_id"] == odd {
				r["paid_at"] = r.At("created_at").Add(-time.Hour).Format(time.RFC3339)
			}
			return false
		})
	}
	i := g.install(t, ingestOnly)
	var said strings.Builder
	for _, night := range []struct {
		fault       extracttest.Fault
		every, code int
	}{{extracttest.ExpiredToken, 9, exitDone}, {extracttest.Denied, 1, exitFailed}, {extracttest.DailyQuota, 1, exitFailed}} {
		g.play(night.fault, night.every)
		clock.Advance(time.Hour)
		e := i.etlWith(hasty(clock), "run", "--log-level", "debug")
		if e.code != night.code {
			t.Fatalf("%s: ended with %d\n%s%s", night.fault, e.code, e.out, e.err)
		}
		said.WriteString(e.out + e.err)
	}
	if rows := i.quarantine(); len(rows) < len(g.list)-1 { // the platforms name no time that was left out
		t.Errorf("in quarantine are %v", rows)
	}
	for _, look := range [][]string{{"status", "--json"}, {"runs"}, {"runs", "--json"}, {"quarantine", "list"}, {"check", "--online"}} {
		e := i.etlWith(hasty(clock), look...)
		said.WriteString(e.out + e.err)
	}
	for _, planted := range []string{extracttest.Secret, buyer} {
		if text := said.String(); strings.Contains(text, planted) {
			at := strings.Index(text, planted)
			t.Errorf("%s was said: %s", planted, text[max(0, at-200):at+40])
		}
	}
	runs, err := i.ledger().Runs(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range runs {
		if text := string(r.Summary) + r.Error; strings.Contains(text, extracttest.Secret) || strings.Contains(text, buyer) {
			t.Errorf("the record of run %s names what it must not", r.ID)
		}
	}
	searched := i.search(t, extracttest.Secret, buyer)
	if searched < 50 {
		t.Errorf("only %d files were searched", searched)
	}
}

// search looks for a credential in every file, unpacked where it is packed, and
// for a name in the names of files. Sessions and what the test wrote hold
// credentials by design.
func (i *installation) search(t *testing.T, credential, name string) (files int) {
	t.Helper()
	unpack, err := zstd.NewReader(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer unpack.Close()
	err = filepath.WalkDir(i.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if d.Name() == "sessions" {
				return fs.SkipDir
			}
			return nil
		}
		files++
		data, err := os.ReadFile(path)
		if plain, failed := unpack.DecodeAll(data, nil); failed == nil {
			data = plain
		}
		if bytes.Contains(data, []byte(credential)) {
			t.Errorf("a credential is in %s", path)
		}
		if strings.Contains(path, credential) || strings.Contains(path, name) {
			t.Errorf("%s says too much", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// Three nights on a clock that is slept on, one of them missed.
func TestServeMakesUpAMissedNight(t *testing.T) {
	t.Parallel()
	serve := func(p *platformTest, nights int) {
		t.Helper()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		a := p.app()
		var out, errs bytes.Buffer
		a.in, a.out, a.err = strings.NewReader(""), &out, &errs
		a.lookup = func(name string) (string, bool) { value, ok := p.env[name]; return value, ok }
		end := p.clock.Now().AddDate(0, 0, nights)
		a.clock = endingClock{p.clock, end, cancel}
		if code := a.run(ctx, []string{"--config", p.path("pipelines.yaml"), "serve"}); code != exitDone && code != exitInterrupted {
			t.Fatalf("serve ended with %d\n%s%s", code, out.String(), errs.String())
		}
	}
	p := newPlatformTest(t, 4)
	serve(p, 1)
	p.clock.Advance(26 * time.Hour) // nobody serves: a night is missed
	serve(p, 1)
	whole := newPlatformTest(t, 4)
	serve(whole, 3)
	whole.clock.Advance(p.clock.Now().Sub(whole.clock.Now()))
	for _, one := range []*platformTest{p, whole} {
		one.summary(one.etlWith(one.app(), "run", "--json"), exitDone)
	}
	mustHaveRows(t, whole.tables(), "kpi_shop_day")
	sameTables(t, "served", whole.tables(), p.tables())
}

// endingClock ends the context at its end.
type endingClock struct {
	testClock
	end    time.Time
	cancel context.CancelFunc
}

func (c endingClock) Sleep(ctx context.Context, d time.Duration) error {
	err := c.testClock.Sleep(ctx, d)
	if !c.Now().Before(c.end) {
		c.cancel()
	}
	return errOf(ctx, err)
}

func errOf(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}
