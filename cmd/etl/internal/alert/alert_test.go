package alert

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"
)

func date(text string) time.Time {
	t, _ := time.Parse(time.DateOnly, text)
	return t
}

var target = Target{Name: "chat", Type: "webhook", On: Events(), Language: "en", RejectedRows: 10, RejectedShare: 0.01, LateDays: 1, RestatedDays: 30}

func TestWhatIsWorthTelling(t *testing.T) {
	shop := Shop{Name: "one", CompleteDay: date("2026-02-01"), LastDay: date("2026-02-02"), Yesterday: date("2026-02-02")}
	with := func(change func(*Shop)) Report {
		s := shop
		change(&s)
		return Report{Status: "done", Shops: []Shop{s}}
	}
	lines := func(read, rejected int64) Report {
		return Report{Status: "done", Sources: []Source{{"s", read, rejected}}}
	}
	for name, c := range map[string]struct {
		report Report
		want   string
	}{
		"nothing":             {with(func(*Shop) {}), ""},
		"failed":              {Report{Status: "partial", Errors: []string{"a.csv:3: broken"}}, Failed},
		"failed, no reason":   {Report{Status: "failed"}, Failed},
		"nine of a thousand":  {lines(1000, 9), ""},
		"ten":                 {lines(100000, 10), Rejected},
		"one of a hundred":    {lines(100, 1), Rejected},
		"a day late":          {with(func(s *Shop) { s.CompleteDay = date("2026-02-01") }), ""},
		"two days late":       {with(func(s *Shop) { s.CompleteDay = date("2026-01-31") }), Late},
		"not complete yet":    {with(func(s *Shop) { s.CompleteDay = time.Time{} }), ""},
		"thirty days back":    {with(func(s *Shop) { s.ChangedFrom = date("2026-01-03") }), ""},
		"thirty-one back":     {with(func(s *Shop) { s.ChangedFrom = date("2026-01-02") }), Restated},
		"computed for once":   {with(func(s *Shop) { s.ChangedFrom, s.New = date("2025-01-02"), true }), ""},
		"interrupted by hand": {Report{Status: "interrupted", Errors: []string{"x"}}, ""},
	} {
		m, ok := Compose(target, c.report)
		if got := strings.Join(m.Events, " "); got != c.want || ok != (c.want != "") {
			t.Errorf("%s: told of %q, want %q", name, got, c.want)
		}
	}
	quiet := target
	quiet.On = []string{Late}
	if _, ok := Compose(quiet, Report{Status: "failed"}); ok {
		t.Error("a target is told of what it did not ask for")
	}
}

func TestLanguages(t *testing.T) {
	chinese := target
	chinese.Language = "zh"
	report := Report{Pipeline: "nightly", Run: "01R", Status: "partial", Sources: []Source{{"exports", 200, 12}}}
	zh, _ := Compose(chinese, report)
	en, _ := Compose(target, report)
	if !strings.Contains(zh.Title, "数据被拒收") || !slices.Contains(zh.Lines, "数据源 exports：读取 200 行，拒收 12 行，详见 etl quarantine list --source exports") {
		t.Errorf("%+v", zh)
	}
	if !strings.Contains(en.Title, "rows rejected") || !slices.Contains(en.Lines, "source exports: 12 of 200 lines rejected; etl quarantine list --source exports shows why") {
		t.Errorf("%+v", en)
	}
}

// The signatures were worked out by another implementation of HMAC from the
// platforms' descriptions.
func TestSignatures(t *testing.T) {
	got, err := signedDingTalk("https://oapi.example/robot/send?access_token=abc", "SEC000aa11", time.UnixMilli(1599360473123))
	want := "https://oapi.example/robot/send?access_token=abc&sign=vy95mjAdZsLbyLEqcol4iO5C9eHudLldCSzTSsfLBdU%3D&timestamp=1599360473123"
	if err != nil || got != want {
		t.Errorf("DingTalk: %s, %v", got, err)
	}
	if got := signFeishu("demo-secret", "1599360473"); got != "3/MaVZ8JLIy4TUG+7KSFJqvUkTKd+HWY8g+56DZWq8s=" {
		t.Errorf("Feishu: %s", got)
	}
}

func TestForms(t *testing.T) {
	for _, c := range []struct{ kind, secret, want string }{
		{"dingtalk", "", `{"markdown":{"text":"#### T\n\n- a\n- b","title":"T"},"msgtype":"markdown"}`},
		{"wecom", "", `{"markdown":{"content":"**T**\n\u003e a\n\u003e b"},"msgtype":"markdown"}`},
		{"feishu", "demo-secret", `{"content":{"post":{"en_us":{"content":[[{"tag":"text","text":"a"}],[{"tag":"text","text":"b"}]],"title":"T"}}},"msg_type":"post","sign":"3/MaVZ8JLIy4TUG+7KSFJqvUkTKd+HWY8g+56DZWq8s=","timestamp":"1599360473"}`},
		{"webhook", "", `{"at":"2020-09-06T02:47:53Z","events":["failed"],"lines":["a","b"],"pipeline":"p","run_id":"01R","status":"failed","title":"T"}`},
	} {
		to, at := target, time.Unix(1599360473, 0)
		to.Type, to.Secret = c.kind, c.secret
		got, err := json.Marshal(body(to, Report{Pipeline: "p", Run: "01R", Status: "failed", At: at}, Message{Events: []string{Failed}, Title: "T", Lines: []string{"a", "b"}}, at))
		if err != nil || string(got) != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.kind, got, c.want)
		}
	}
	if got := limit(strings.Repeat("测", 2000), wecomLimit); len(got) > wecomLimit || !strings.HasSuffix(got, "测…") {
		t.Errorf("a long text has %d bytes and ends in %q", len(got), got[len(got)-6:])
	}
}

func TestSending(t *testing.T) {
	answer, status := `{"errcode":0}`, http.StatusOK
	var signature, stamp, received string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body) // a short body
		signature, stamp, received = r.Header.Get("X-Kefu-Signature"), r.Header.Get("X-Kefu-Timestamp"), string(text)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, answer) // the client reads it or not
	}))
	defer server.Close()
	sender := NewSender()
	sender.client.RetryWaitMin, sender.client.RetryWaitMax = time.Millisecond, time.Millisecond
	sender.now = func() time.Time { return time.Unix(1599360473, 0) }
	send := func(kind string) error {
		to := target
		to.Type, to.URL, to.Secret = kind, server.URL+"/hook/token-4711", "demo-secret"
		return sender.Send(t.Context(), to, Report{}, Message{Title: "T", Lines: []string{"a"}})
	}
	if err := send("webhook"); err != nil || stamp != "1599360473" || !strings.HasPrefix(signature, "sha256=") || !strings.Contains(received, `"title":"T"`) {
		t.Errorf("webhook: %v, %q %q %q", err, signature, stamp, received)
	}
	for _, c := range []struct {
		kind, answer string
		status       int
		want         string
	}{
		{"dingtalk", `{"errcode":0,"errmsg":"ok"}`, 200, ""},
		{"dingtalk", `{"errcode":310000,"errmsg":"sign not match"}`, 200, "sign not match (310000)"},
		{"feishu", `{"code":0,"msg":"success"}`, 200, ""},
		{"feishu", `{"code":19021,"msg":"sign match fail"}`, 200, "sign match fail (19021)"},
		{"wecom", `<html>`, 200, "no JSON"},
		{"webhook", ``, 503, "503"},
		{"webhook", ``, 404, "404"},
	} {
		answer, status = c.answer, c.status
		err := send(c.kind)
		if (err == nil) != (c.want == "") || err != nil && (!strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "4711")) {
			t.Errorf("%s answering %d %s: %v", c.kind, c.status, c.answer, err)
		}
	}
	server.Close()
	if err := send("webhook"); err == nil || strings.Contains(err.Error(), "4711") {
		t.Errorf("nobody there: %v", err)
	}
}
