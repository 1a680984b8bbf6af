package api

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

// Request is a platform's request for one call, ready to be sent.
type Request struct {
	Method string // GET or POST
	URL    string
	Header http.Header
	Body   []byte
}

// Wire is a platform's wire contract.
type Wire interface {
	// Request builds and signs the call with the token, as of now. It is built
	// anew for each try.
	Request(call string, params map[string]string, token string, now time.Time) (Request, error)
	// Judge says what an answer means; status 200 may hold an error.
	Judge(call string, status int, header http.Header, body []byte) Verdict
}

// Config is how a client works.
type Config struct {
	Platform string
	App      string // key of the application: whose rate it is
	Shop     string
	PerApp   Rate
	PerShop  Rate
	Limits   *Limits
	Tokens   *Tokens
	// Personal names the parameters whose values are people or their accounts:
	// a platform that repeats them in an error is not quoted.
	Personal []string
	// Tries is the number of tries of one call, 0 = 6. WaitMin and WaitMax
	// bound the back-off between them, 0 = 0.5 s and 30 s.
	Tries            int
	WaitMin, WaitMax time.Duration
	// Timeout bounds one try, 0 = 30 s.
	Timeout time.Duration
	// MaxBody bounds an answer in bytes, 0 = 64 MiB.
	MaxBody int64
	// Transport carries the requests, nil = the default one.
	Transport http.RoundTripper
	// Now is the present, nil = time.Now.
	Now func() time.Time
}

// Client calls one platform for one shop. Safe for use by many at once.
type Client struct {
	Config
	wire Wire
	http *http.Client

	mu   sync.Mutex
	skew time.Duration // of the platform's clock against ours
}

// NewClient returns a client for the wire.
func NewClient(wire Wire, c Config) *Client {
	if c.Tries == 0 {
		c.Tries = 6
	}
	if c.WaitMin == 0 {
		c.WaitMin = 500 * time.Millisecond
	}
	if c.WaitMax == 0 {
		c.WaitMax = 30 * time.Second
	}
	if c.Timeout == 0 {
		c.Timeout = 30 * time.Second
	}
	if c.MaxBody == 0 {
		c.MaxBody = 64 << 20
	}
	if c.Limits == nil {
		c.Limits = NewLimits()
	}
	if c.Tokens == nil {
		c.Tokens = Fixed("")
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Transport == nil {
		c.Transport = http.DefaultTransport
	}
	return &Client{Config: c, wire: wire, http: &http.Client{Transport: c.Transport, Timeout: c.Timeout}}
}

// Call makes one call and returns the body of its success. It waits for the
// rate limits, tries again what may succeed, renews an ended session once and
// corrects for a wrong clock once.
func (c *Client) Call(ctx context.Context, call string, params map[string]string) ([]byte, error) {
	token, err := c.Tokens.Token(ctx)
	if err != nil {
		return nil, fmt.Errorf("call %s: read the session: %w", call, err)
	}
	renewed, corrected := false, false
	for {
		t := &trying{Client: c, call: call, params: params, token: token}
		body, err := t.do(ctx)
		if err != nil {
			return nil, err
		}
		switch v := t.verdict; {
		case v.Class == OK:
			return body, nil
		case v.Class == Token && !renewed:
			renewed = true
			if token, err = c.Tokens.Renewed(ctx, token); err != nil {
				return nil, &TokenError{Platform: c.Platform, Err: errors.Join(t.failure(), err)}
			}
		case v.Class == Token:
			return nil, &TokenError{Platform: c.Platform, Err: t.failure()}
		case v.Class == Clock && !corrected && c.correct(t.date):
			corrected = true
		case v.Class == Quota:
			return nil, &LimitError{Until: c.Now().Add(v.After), Err: t.failure()}
		case v.Class == Large:
			return nil, fmt.Errorf("%w: %w", ErrTooLarge, t.failure())
		default:
			return nil, t.failure()
		}
	}
}

// now is the platform's present, as far as we know.
func (c *Client) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.Now().Add(c.skew)
}

// correct learns the platform's clock from the Date of an answer.
func (c *Client) correct(date string) bool {
	at, err := http.ParseTime(date)
	if err != nil {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.skew = at.Sub(c.Now())
	return true
}

const goesOn = "what was pulled stays, the next run goes on from there"

// trying is one call under way.
type trying struct {
	*Client
	call    string
	params  map[string]string
	token   string
	tries   int
	verdict Verdict
	body    []byte
	date    string
	built   Request
}

func (t *trying) failure() *CallError {
	e := &CallError{Call: t.call, Code: t.verdict.Code, Message: t.unnamed(t.verdict.Message), Tries: t.tries}
	if t.verdict.Class == Clock {
		e.Hint = "check the clock of this machine"
	}
	if t.verdict.Class == Retry {
		e.Hint = goesOn
	}
	return e
}

// unnamed takes the session and people out of what a platform says.
func (t *trying) unnamed(text string) string {
	if t.token != "" {
		text = strings.ReplaceAll(text, t.token, "…")
	}
	for _, name := range t.Personal {
		for id := range strings.SplitSeq(t.params[name], ",") {
			if id = strings.TrimPrefix(id, "cntaobao"); id != "" {
				text = strings.ReplaceAll(text, id, "…")
			}
		}
	}
	return text
}

// do sends the request until it is answered with something final.
func (t *trying) do(ctx context.Context) ([]byte, error) {
	retrying := &retryablehttp.Client{
		HTTPClient: t.http, RetryMax: t.Tries - 1, RetryWaitMin: t.WaitMin, RetryWaitMax: t.WaitMax,
		CheckRetry: t.check, Backoff: t.backoff, PrepareRetry: t.prepare,
		ErrorHandler: retryablehttp.PassthroughErrorHandler,
	}
	if err := t.build(); err != nil {
		return nil, err
	}
	measured := false
	body := retryablehttp.ReaderFunc(func() (io.Reader, error) {
		// The first reading measures the body, the others send it. The turn is
		// waited for here and not in the transport, whose clock would run.
		if measured {
			if err := t.Limits.Wait(ctx, t.App, t.Shop, t.PerApp, t.PerShop); err != nil {
				return nil, err
			}
		}
		measured = true
		return bytes.NewReader(t.built.Body), nil
	})
	req, err := retryablehttp.NewRequestWithContext(ctx, t.built.Method, t.built.URL, body)
	if err != nil {
		return nil, fmt.Errorf("call %s: build request: %w", t.call, bare(err))
	}
	if t.built.Header != nil {
		req.Header = t.built.Header.Clone()
	}
	resp, err := retrying.Do(req)
	if resp != nil {
		resp.Body.Close()
	}
	if ctx.Err() != nil {
		return nil, fmt.Errorf("call %s: %w", t.call, ctx.Err())
	}
	if err != nil {
		return nil, &CallError{Call: t.call, Tries: t.tries, Err: bare(err), Hint: goesOn}
	}
	return t.body, nil
}

func (t *trying) build() error {
	var err error
	t.built, err = t.wire.Request(t.call, t.params, t.token, t.now())
	if err != nil {
		return fmt.Errorf("call %s: build request: %w", t.call, err)
	}
	return nil
}

// prepare signs the request anew, for its time has passed.
func (t *trying) prepare(req *http.Request) error {
	if err := t.build(); err != nil {
		return err
	}
	u, err := url.Parse(t.built.URL)
	if err != nil {
		return fmt.Errorf("call %s: build request: %w", t.call, bare(err))
	}
	req.URL = u
	req.ContentLength = int64(len(t.built.Body))
	if t.built.Header != nil {
		req.Header = t.built.Header.Clone()
	}
	return nil
}

// check reads and judges an answer.
func (t *trying) check(ctx context.Context, resp *http.Response, err error) (bool, error) {
	t.tries++
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	if err != nil {
		return true, nil //nolint:nilerr // a connection that fails is tried again
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, t.MaxBody+1))
	if err != nil {
		t.verdict = Verdict{Class: Retry, Message: "the answer was cut off"}
		return true, nil //nolint:nilerr // tried again
	}
	if int64(len(body)) > t.MaxBody {
		t.verdict = Verdict{Class: Large, Message: fmt.Sprintf("the answer is longer than %d bytes", t.MaxBody)}
		return false, nil
	}
	t.body, t.date = body, resp.Header.Get("Date")
	t.verdict = t.wire.Judge(t.call, resp.StatusCode, resp.Header, body)
	return t.verdict.Class == Retry, nil
}

// backoff waits as long as the platform says, else longer each time, never in
// step with others.
func (t *trying) backoff(lowest, highest time.Duration, attempt int, resp *http.Response) time.Duration {
	if t.verdict.Class == Retry && t.verdict.After > 0 {
		return t.verdict.After
	}
	wait := retryablehttp.DefaultBackoff(lowest, highest, attempt, resp)
	return wait/2 + rand.N(wait/2+1) //nolint:gosec // spreads calls, guards nothing
}

// bare leaves out the address of a failed request, which holds credentials.
func bare(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}
