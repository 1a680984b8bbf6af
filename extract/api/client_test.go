package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// wire is a platform that answers 200 to everything and writes its errors into
// the body: "retry", "ban 7", "quota", "token", "clock", "large", "wrong".
type wire struct{}

func (wire) Request(call string, params map[string]string, token string, now time.Time) (Request, error) {
	return Request{
		Method: http.MethodPost, Body: []byte(params["body"]),
		URL: fmt.Sprintf("http://platform.example/%s?token=%s&at=%d", call, token, now.Unix()),
	}, nil
}

func (wire) Judge(_ string, status int, _ http.Header, body []byte) Verdict {
	text := string(body)
	switch {
	case status >= 500:
		return Verdict{Class: Retry, Code: http.StatusText(status)}
	case text == "retry":
		return Verdict{Class: Retry, Code: "isp.busy"}
	case strings.HasPrefix(text, "ban "):
		var n int
		fmt.Sscan(text[4:], &n) //nolint:errcheck // written by the test
		return Verdict{Class: Retry, After: time.Duration(n+1) * time.Second}
	case text == "quota":
		return Verdict{Class: Quota, After: time.Hour, Code: "7"}
	case text == "token":
		return Verdict{Class: Token, Code: "27"}
	case text == "clock":
		return Verdict{Class: Clock, Code: "31"}
	case text == "large":
		return Verdict{Class: Large, Code: "isp.runtime-max-limit"}
	case text == "wrong":
		return Verdict{Class: Fatal, Code: "41", Message: "Invalid Arguments"}
	}
	return Verdict{}
}

// platform answers without a network, so that time can be the test's own.
type platform func(r *http.Request) (string, error)

func (p platform) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		defer r.Body.Close()
	}
	text, err := p(r)
	if err != nil {
		return nil, err
	}
	status := 200
	if text == "500" {
		status = 500
	}
	body := io.Reader(strings.NewReader(text))
	if text == "cut" {
		body = io.MultiReader(strings.NewReader(`{"tra`), broken{})
	}
	return &http.Response{
		StatusCode: status, Body: io.NopCloser(body), Request: r,
		Header: http.Header{"Date": {time.Now().Add(20 * time.Minute).UTC().Format(http.TimeFormat)}},
	}, nil
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// answers gives them in order, the last one for ever.
func answers(list ...string) (platform, *atomic.Int64) {
	var n atomic.Int64
	return func(*http.Request) (string, error) {
		i := int(n.Add(1)) - 1
		return list[min(i, len(list)-1)], nil
	}, &n
}

func TestACallIsTriedAgainWhileItMaySucceed(t *testing.T) {
	for _, fault := range []string{"500", "retry", "cut"} {
		t.Run(fault, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, n := answers(fault, fault, "fine")
				body, err := NewClient(wire{}, Config{Transport: p}).Call(t.Context(), "orders", nil)
				if err != nil || string(body) != "fine" || n.Load() != 3 {
					t.Fatalf("got %q, %v after %d calls", body, err, n.Load())
				}
			})
		})
	}
}

func TestABanIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, _ := answers("ban 7", "fine")
		start := time.Now()
		if _, err := NewClient(wire{}, Config{Transport: p}).Call(t.Context(), "orders", nil); err != nil {
			t.Fatal(err)
		}
		if waited := time.Since(start); waited != 8*time.Second {
			t.Fatalf("waited %v for a ban of 7 s", waited)
		}
	})
}

func TestWhatCannotSucceedIsAskedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, n := answers("wrong")
		_, err := NewClient(wire{}, Config{Transport: p}).Call(t.Context(), "orders", nil)
		var call *CallError
		if !errors.As(err, &call) || call.Code != "41" || n.Load() != 1 {
			t.Fatalf("got %v after %d calls", err, n.Load())
		}
	})
}

func TestAQuotaSaysUntilWhen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, n := answers("quota")
		_, err := NewClient(wire{}, Config{Transport: p}).Call(t.Context(), "orders", nil)
		var limit *LimitError
		if !errors.As(err, &limit) || !limit.Until.Equal(time.Now().Add(time.Hour)) || n.Load() != 1 {
			t.Fatalf("got %v after %d calls", err, n.Load())
		}
	})
}

// memory is a session's store.
type memory struct {
	session Session // zero = one without an end
	saved   []Session
}

func (m *memory) Load(context.Context) (Session, error) {
	if m.session.Access != "" {
		return m.session, nil
	}
	return Session{Access: "old", Refresh: "r1"}, nil
}
func (m *memory) Save(_ context.Context, s Session) error { m.saved = append(m.saved, s); return nil }

func TestAnEndedSessionIsRenewedOnceForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, renewals := &memory{}, 0
		tokens := NewTokens(store, func(context.Context, Session) (Session, error) {
			renewals++
			return Session{Access: "new", Refresh: "r2"}, nil
		}, nil)
		p := platform(func(r *http.Request) (string, error) {
			if r.URL.Query().Get("token") == "old" {
				return "token", nil
			}
			return "fine", nil
		})
		c := NewClient(wire{}, Config{Transport: p, Tokens: tokens})
		var all sync.WaitGroup
		for range 10 {
			all.Go(func() {
				if body, err := c.Call(t.Context(), "orders", nil); err != nil || string(body) != "fine" {
					t.Errorf("got %q, %v", body, err)
				}
			})
		}
		all.Wait()
		if renewals != 1 || len(store.saved) != 1 || store.saved[0].Refresh != "r2" {
			t.Fatalf("%d renewals, saved %d", renewals, len(store.saved))
		}
	})
}

func TestASessionThatStaysEndedIsAClearError(t *testing.T) {
	for name, tokens := range map[string]*Tokens{
		"renewed in vain":   NewTokens(&memory{}, func(context.Context, Session) (Session, error) { return Session{Access: "x"}, nil }, nil),
		"cannot be":         Fixed("secret-token"),
		"renewal is denied": NewTokens(&memory{}, func(context.Context, Session) (Session, error) { return Session{}, errors.New("denied") }, nil),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, n := answers("token")
				_, err := NewClient(wire{}, Config{Platform: "taobao", Transport: p, Tokens: tokens}).Call(t.Context(), "orders", nil)
				var ended *TokenError
				if !errors.As(err, &ended) || n.Load() > 2 {
					t.Fatalf("got %v after %d calls", err, n.Load())
				}
				if !strings.Contains(err.Error(), "etl auth taobao") || strings.Contains(err.Error(), "secret-token") {
					t.Fatalf("the error reads %q", err)
				}
			})
		})
	}
}

func TestAWrongClockIsCorrectedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := platform(func(r *http.Request) (string, error) {
			if r.URL.Query().Get("at") == fmt.Sprint(time.Now().Add(20*time.Minute).Unix()) {
				return "fine", nil
			}
			return "clock", nil
		})
		if _, err := NewClient(wire{}, Config{Transport: p}).Call(t.Context(), "orders", nil); err != nil {
			t.Fatal(err)
		}
	})
}

func TestAnAddressIsInNoError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := platform(func(*http.Request) (string, error) { return "", fmt.Errorf("connection refused") })
		c := NewClient(wire{}, Config{Transport: p, Tokens: Fixed("secret-token"), Tries: 2})
		_, err := c.Call(t.Context(), "orders", nil)
		if err == nil || strings.Contains(err.Error(), "secret-token") || !strings.Contains(err.Error(), "connection refused") {
			t.Fatalf("the error reads %v", err)
		}
	})
}

func TestAWindowTooLargeIsSplit(t *testing.T) {
	s := Stream{Name: "orders", Slice: 24 * time.Hour}
	day := Window{From: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), To: time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)}
	c := &listing{most: 5 * time.Hour}
	got, err := Collect(t.Context(), c, s, day)
	if err != nil {
		t.Fatal(err)
	}
	at := day.From
	for _, r := range got {
		from, _ := time.Parse(time.RFC3339, r.Params["from"])
		to, _ := time.Parse(time.RFC3339, r.Params["to"])
		if !from.Equal(at) || to.Sub(from) > 5*time.Hour {
			t.Fatalf("asked for %v to %v, expected from %v", from, to, at)
		}
		at = to
	}
	if !at.Equal(day.To) {
		t.Fatalf("asked until %v only", at)
	}
}

func TestAWindowThatCannotBeSplitFurtherIsAnError(t *testing.T) {
	s := Stream{Name: "orders", Slice: time.Hour}
	w := Window{From: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), To: time.Date(2026, 1, 1, 1, 0, 0, 0, time.UTC)}
	if _, err := Collect(t.Context(), &listing{}, s, w); !errors.Is(err, ErrTooLarge) {
		t.Fatalf("got %v", err)
	}
}

func TestASessionIsRenewedBeforeItEnds(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		left    time.Duration
		refused bool
		want    string
	}{
		"long good":       {31 * time.Hour, false, "old"},
		"about to end":    {29 * time.Hour, false, "new"},
		"it is refused":   {29 * time.Hour, true, "old"},
		"it has ended":    {-time.Hour, false, "new"},
		"ended, no other": {-time.Hour, true, "old"},
	} {
		t.Run(name, func(t *testing.T) {
			store, renewals := &memory{session: Session{Access: "old", Refresh: "r1", ExpiresAt: now.Add(c.left)}}, 0
			tokens := NewTokens(store, func(context.Context, Session) (Session, error) {
				renewals++
				if c.refused {
					return Session{}, errors.New("too early")
				}
				return Session{Access: "new", Refresh: "r2", ExpiresAt: now.Add(100 * time.Hour)}, nil
			}, func() time.Time { return now }).RenewEarly(30 * time.Hour)
			for range 3 {
				if token, err := tokens.Token(t.Context()); err != nil || token != c.want {
					t.Fatalf("token %q, %v; want %q", token, err, c.want)
				}
			}
			if renewals > 1 || c.want == "new" && len(store.saved) != 1 {
				t.Errorf("%d renewals, %d saved", renewals, len(store.saved))
			}
		})
	}
}

// A platform may repeat what it was asked in what it answers.
func TestNobodyIsNamedInAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, _ := answers("wrong")
		c := NewClient(echoing{}, Config{Transport: p, Tokens: Fixed("secret-token"), Personal: []string{"to_id", "query_ids"}})
		_, err := c.Call(t.Context(), "chat", map[string]string{"to_id": "cntaobao买家甲", "query_ids": "cntaobao店:美,cntaobao店:强", "page_no": "3"})
		if err == nil || strings.Contains(err.Error(), "secret-token") || strings.Contains(err.Error(), "买家甲") || strings.Contains(err.Error(), "店:强") {
			t.Fatalf("the error reads %v", err)
		}
		if !strings.Contains(err.Error(), "page 3") {
			t.Errorf("the error reads %v", err)
		}
	})
}

// echoing is a wire whose errors quote the request.
type echoing struct{ wire }

func (echoing) Judge(string, int, http.Header, []byte) Verdict {
	return Verdict{Class: Fatal, Code: "41", Message: "session secret-token may not see 买家甲 of 店:强 on page 3"}
}

// listing refuses windows longer than most.
type listing struct {
	Connector
	most time.Duration
}

func (l *listing) Pull(_ context.Context, _ string, w Window, emit func(Response) error) error {
	if w.Span() > l.most {
		return fmt.Errorf("%w: 1500 rows", ErrTooLarge)
	}
	return emit(Response{Params: map[string]string{"from": w.From.Format(time.RFC3339), "to": w.To.Format(time.RFC3339)}})
}

// How much of a permitted rate several shops reach on the real clock.
func BenchmarkPermittedRate(b *testing.B) {
	const perSecond = 50 // as platforms permit
	for _, shops := range []int{1, 8, 32} {
		b.Run(fmt.Sprintf("shops=%d", shops), func(b *testing.B) {
			p := platform(func(*http.Request) (string, error) {
				time.Sleep(5 * time.Millisecond) // an answer takes its time
				return "fine", nil
			})
			limits, left := NewLimits(), atomic.Int64{}
			left.Store(int64(b.N))
			b.ResetTimer()
			var all sync.WaitGroup
			for shop := range shops {
				c := NewClient(wire{}, Config{Transport: p, App: "app", Shop: fmt.Sprint(shop), PerApp: Rate{perSecond}, Limits: limits})
				all.Go(func() {
					for left.Add(-1) >= 0 {
						if _, err := c.Call(b.Context(), "orders", nil); err != nil {
							b.Error(err)
						}
					}
				})
			}
			all.Wait()
			b.ReportMetric(100*float64(b.N)/b.Elapsed().Seconds()/perSecond, "%permitted")
		})
	}
}

func TestSeveralShopsReachThePermittedRate(t *testing.T) {
	for _, shops := range []int{1, 8, 32} {
		t.Run(fmt.Sprint(shops), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const perSecond, calls = 50, 1000
				p, n := answers("fine")
				limits, start := NewLimits(), time.Now()
				var all sync.WaitGroup
				for shop := range shops {
					c := NewClient(wire{}, Config{Transport: p, App: "app", Shop: fmt.Sprint(shop), PerApp: Rate{perSecond}, Limits: limits})
					all.Go(func() {
						for range calls / shops {
							if _, err := c.Call(t.Context(), "orders", nil); err != nil {
								t.Error(err)
							}
						}
					})
				}
				all.Wait()
				rate := float64(n.Load()) / time.Since(start).Seconds()
				t.Logf("%d shops: %.2f of %d permitted calls a second: %.2f %%", shops, rate, perSecond, 100*rate/perSecond)
				if rate < 0.95*perSecond || rate > 1.01*perSecond {
					t.Fatalf("%.1f calls per second of %d permitted", rate, perSecond)
				}
			})
		})
	}
}
