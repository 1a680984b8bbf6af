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
	plantedToken  = extracttest.Secret + "-token"
	plantedSecret = extracttest.Secret + "-application"
)

func newPlatformTest(t *testing.T, days int) *platformTest {
	t.Helper()
	p := &platformTest{
		shop: extracttest.Sample(extracttest.Start, days, extracttest.Seed), faults: &extracttest.Faults{},
		clock: testClock{extracttest.NewClock(extracttest.Start)}, calls: &atomic.Int64{},
	}
	fake := &faketaobao.Server{Shop: p.shop, Faults: p.faults, Now: p.clock.Now, AppKey: "12345678", Secret: plantedSecret, Nick: extracttest.Agents[0]}
	fake.Grant.Set(plantedToken, extracttest.Secret+"-refresh")
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
	const days = 12
	p := newPlatformTest(t, days)
	p.faults.Play(extracttest.Business, 7)
	p.summary(p.etlWith(p.app(), "run", "--json"), exitDone)
	p.faults.Play(extracttest.None, 0)
	p.clock.Advance(time.Hour) // what changed in the last minutes comes an hour later
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

// A run that is stopped in the middle of a pull goes on where it was, and asks
// for nothing that has landed.
func TestAPullGoesOnWhereItWasStopped(t *testing.T) {
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

// No credential is in any file that a night makes, nor in what it says.
func TestCredentialsAreKeptNowhere(t *testing.T) {
	p := newPlatformTest(t, 3)
	p.faults.Play(extracttest.ExpiredToken, 9)
	e := p.etlWith(p.app(), "run", "--log-level", "debug")
	if strings.Contains(e.out+e.err, extracttest.Secret) {
		t.Errorf("a credential was said:\n%s%s", e.out, e.err)
	}
	err := filepath.WalkDir(p.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if bytes.Contains(data, []byte(extracttest.Secret)) {
			t.Errorf("a credential is in %s", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Three nights on a clock that is slept on, one of them missed.
func TestServeMakesUpAMissedNight(t *testing.T) {
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
