package extracttest

import (
	"net/http"
	"sync"
	"time"
)

// Fault is one way in which a platform misbehaves.
type Fault string

// The faults. Those of the transport are played by Serve, the others by the
// platform's own fake.
const (
	None         Fault = ""
	ServerError  Fault = "status 500"
	TooMany      Fault = "status 429"
	TimeOut      Fault = "no answer"
	Cut          Fault = "cut JSON"
	HTML         Fault = "HTML instead of JSON"
	Slow         Fault = "slow body"
	Business     Fault = "business error with status 200"
	Ban          Fault = "rate limit with status 200"
	Shift        Fault = "rows change while being walked"
	Repeat       Fault = "repeated rows"
	LyingTotal   Fault = "total that lies"
	EmptyLast    Fault = "empty last page"
	ExpiredToken Fault = "expired token"
	ClockSkew    Fault = "clock skew"
	DailyQuota   Fault = "daily quota used up"
	Denied       Fault = "permission denied"
)

// Passing are the faults that a connector lives through by itself.
func Passing() []Fault {
	return []Fault{ServerError, TooMany, TimeOut, Cut, HTML, Slow, Business, Ban, Shift, Repeat, LyingTotal, EmptyLast, ExpiredToken, ClockSkew}
}

// Final are the faults that end a run with a clear error.
func Final() []Fault { return []Fault{DailyQuota, Denied} }

// lasting are the faults that a platform has all the time, not now and then.
func (f Fault) lasting() bool {
	switch f {
	case Shift, Repeat, LyingTotal, EmptyLast, ClockSkew, DailyQuota, Denied:
		return true
	default:
		return false
	}
}

// Faults decides which call meets which fault. Safe for use by many at once.
type Faults struct {
	mu    sync.Mutex
	fault Fault
	every int
	calls int
	met   int
}

// Play lets every nth call meet the fault (lasting ones: every call); None
// ends it.
func (f *Faults) Play(fault Fault, every int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fault, f.every, f.calls, f.met = fault, every, 0, 0
}

// Met is how many calls met the fault.
func (f *Faults) Met() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.met
}

// Next is the fault of the next call.
func (f *Faults) Next() Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls++
	if f.fault == None || !f.fault.lasting() && f.calls%max(f.every, 1) != 0 {
		return None
	}
	f.met++
	return f.fault
}

// Serve answers a call, or plays a fault of the transport.
func Serve(w http.ResponseWriter, r *http.Request, fault Fault, now time.Time, answer func() []byte) {
	w.Header().Set("Date", now.UTC().Format(http.TimeFormat))
	w.Header().Set("Content-Type", "application/json;charset=utf-8")
	switch fault {
	case ServerError:
		http.Error(w, "internal error", http.StatusInternalServerError)
	case TooMany:
		http.Error(w, "too many requests", http.StatusTooManyRequests)
	case TimeOut:
		select {
		case <-r.Context().Done():
		case <-time.After(10 * time.Second):
		}
	case HTML:
		w.Header().Set("Content-Type", "text/html")
		write(w, []byte("<html><body>系统繁忙</body></html>"))
	case Cut:
		body := answer()
		write(w, body[:len(body)/2])
	case Slow:
		body := answer()
		for len(body) > 0 {
			n := min(len(body), 1+len(body)/3)
			write(w, body[:n])
			body = body[n:]
			if flusher, ok := w.(http.Flusher); ok {
				flusher.Flush()
			}
			time.Sleep(2 * time.Millisecond)
		}
	default:
		write(w, answer())
	}
}

// write sends a body; a client that is gone is no concern of the server's.
func write(w http.ResponseWriter, body []byte) { _, _ = w.Write(body) }
