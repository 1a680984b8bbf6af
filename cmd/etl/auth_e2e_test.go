package main

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"kefu/extract/api"
	"kefu/extract/extracttest"
)

// merchant answers what `etl auth` asks for: he opens the page that it printed,
// consents, and pastes the address that the page led him to.
type merchant struct {
	said   *bytes.Buffer // what the program printed
	answer func(page *url.URL) string
	line   []byte
}

var pageLine = regexp.MustCompile(`(?m)^  (https?://\S+)$`)

// Read implements io.Reader.
func (m *merchant) Read(p []byte) (int, error) {
	if m.line == nil {
		found := pageLine.FindStringSubmatch(m.said.String())
		if found == nil {
			return 0, fs.ErrInvalid
		}
		page, err := url.Parse(found[1])
		if err != nil {
			return 0, err
		}
		m.line = []byte(m.answer(page) + "\n")
	}
	n := copy(p, m.line)
	m.line = m.line[n:]
	return n, nil
}

// asMerchant runs `etl auth` of a platform with somebody who answers.
func (i *installation) asMerchant(clock testClock, platform string, answer func(page *url.URL) string, args ...string) ended {
	i.t.Helper()
	var out, errs bytes.Buffer
	a := hasty(clock)
	a.in, a.out, a.err = &merchant{said: &out, answer: answer}, &out, &errs
	a.lookup = func(name string) (string, bool) { value, ok := i.env[name]; return value, ok }
	code := a.run(i.t.Context(), append([]string{"--config", i.path("pipelines.yaml"), "auth", platform}, args...))
	return ended{code, out.String(), errs.String()}
}

// back is the address that the page leads to.
func back(page *url.URL, changed map[string]string) string {
	q := url.Values{"code": {"good-code"}, "state": {page.Query().Get("state")}}
	for k, v := range changed {
		q.Set(k, v)
		if v == "" {
			q.Del(k)
		}
	}
	return "http://127.0.0.1/?" + q.Encode()
}

// A shop is authorised by its platform's page; from then on its runs go by the
// session and renew it.
func TestAShopIsAuthorised(t *testing.T) {
	t.Parallel()
	clock := testClock{extracttest.NewClock(extracttest.Start)}
	g := openGates(t, clock.Now, 3)
	i := g.install(t, ingestOnly)
	i.remove("var/sessions")
	for _, one := range g.list {
		t.Run(one.kind, func(t *testing.T) {
			i := *i
			i.t = t
			refusals(t, &i, clock, one)
			one.Grant.Consent("good-code")
			said := i.asMerchant(clock, one.kind, func(page *url.URL) string { return back(page, nil) })
			if said.code != exitDone || !strings.Contains(said.out, "is authorised") || strings.Contains(said.out+said.err, extracttest.Secret) {
				t.Fatalf("etl auth ended with %d\n%s%s", said.code, said.out, said.err)
			}
			session := i.sessionOf(one)
			if !one.Grant.Valid(session.Access) || session.Refresh == "" || !session.ExpiresAt.After(clock.Now()) {
				t.Fatal("the session that was kept is not the one that the platform gave")
			}
			// The code is used up.
			if again := i.asMerchant(clock, one.kind, func(*url.URL) string { return "good-code" }); again.code != exitFailed || i.sessionOf(one) != session {
				t.Errorf("a used code ended with %d\n%s%s", again.code, again.out, again.err)
			}
			// By flag, too, as scripts do.
			one.Grant.Consent("another-code")
			if said := i.etlWith(hasty(clock), "auth", one.kind, "--code", "another-code"); said.code != exitDone || i.sessionOf(one) == session {
				t.Errorf("etl auth --code ended with %d\n%s%s", said.code, said.out, said.err)
			}
		})
	}
	if said := i.etlWith(hasty(clock), "check", "--online"); said.code != exitDone {
		t.Fatalf("etl check --online ended with %d\n%s%s", said.code, said.out, said.err)
	}
	before := map[string]api.Session{}
	for _, one := range g.list {
		before[one.kind] = i.sessionOf(one)
		one.Grant.Expire()
	}
	e := i.etlWith(hasty(clock), "run", "--json", "--log-level", "debug")
	i.summary(e, exitDone)
	if strings.Contains(e.out+e.err, extracttest.Secret) {
		t.Errorf("a credential was said:\n%s", e.err)
	}
	for _, one := range g.list {
		if now := i.sessionOf(one); now == before[one.kind] || !one.Grant.Valid(now.Access) {
			t.Errorf("%s: the ended session was not renewed and kept", one.kind)
		}
	}
	// One that cannot be renewed says what to do.
	for _, one := range g.list {
		one.Grant.Set(plantedToken+"-other", plantedRefresh+"-other")
	}
	if said := i.etlWith(hasty(clock), "check", "--online"); said.code != exitEnvironment || strings.Count(said.err, "authorise the shop again") != len(g.list) || strings.Contains(said.out+said.err, extracttest.Secret) {
		t.Errorf("etl check --online ended with %d\n%s%s", said.code, said.out, said.err)
	}
	clock.Advance(time.Hour)
	s := i.summary(i.etlWith(hasty(clock), "run", "--json"), exitFailed)
	for _, one := range g.list {
		if text := strings.Join(s.Errors, "\n"); !strings.Contains(text, "authorise the shop again: etl auth "+one.kind) || strings.Contains(text, extracttest.Secret) {
			t.Errorf("%s: the run says\n%s", one.kind, text)
		}
	}
}

// refusals are answers that authorise nobody and leave no session.
func refusals(t *testing.T, i *installation, clock testClock, one *gate) {
	t.Helper()
	one.Grant.Consent("good-code")
	for name, c := range map[string]struct {
		answer func(page *url.URL) string
		code   int
		says   string
	}{
		"another request's state": {func(page *url.URL) string { return back(page, map[string]string{"state": "forged"}) }, exitUsage, "answers another request"},
		"the merchant refuses": {func(page *url.URL) string {
			return back(page, map[string]string{"code": "", "error": "access_denied", "error_description": "授权被拒绝"})
		}, exitFailed, "gives no code: 授权被拒绝"},
		"no code":    {func(page *url.URL) string { return back(page, map[string]string{"code": ""}) }, exitUsage, "holds no code"},
		"wrong code": {func(page *url.URL) string { return back(page, map[string]string{"code": "bad-code"}) }, exitFailed, "authorise source " + one.kind},
		"nothing":    {func(*url.URL) string { return "" }, exitUsage, "no code was given"},
	} {
		said := i.asMerchant(clock, one.kind, c.answer)
		if said.code != c.code || !strings.Contains(said.err, c.says) || strings.Contains(said.out+said.err, extracttest.Secret) {
			t.Errorf("%s: ended with %d\n%s%s", name, said.code, said.out, said.err)
		}
	}
	if _, err := os.Stat(i.path("var/sessions/" + one.kind + ".json")); err == nil {
		t.Error("a session was kept although there is none")
	}
	said := i.etlWith(hasty(clock), "auth", one.kind, "--source", "nobody")
	if said.code != exitUsage {
		t.Errorf("an unknown source ended with %d\n%s", said.code, said.err)
	}
}

// sessionOf reads a kept session, which only its owner may read.
func (i *installation) sessionOf(one *gate) api.Session {
	i.t.Helper()
	path := i.path("var/sessions/" + one.kind + ".json")
	info, err := os.Stat(path)
	if err != nil {
		i.t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		i.t.Errorf("%s has mode %v", path, info.Mode())
	}
	var s api.Session
	if err := json.Unmarshal([]byte(i.read("var/sessions/"+one.kind+".json")), &s); err != nil {
		i.t.Fatal(err)
	}
	left, err := filepath.Glob(i.path("var/sessions/.session-*"))
	if err != nil || len(left) > 0 {
		i.t.Errorf("unfinished files are left: %v, %v", left, err)
	}
	return s
}
