// Package taobao pulls a Taobao or Tmall shop from the platform's open gateway
// (TOP): orders with their items, refunds, service ratings, presence,
// sub-accounts, and chats where the shop still has a legacy grant for them.
package taobao

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"kefu/extract"
	"kefu/extract/api"
)

// Endpoint is the gateway.
const Endpoint = "https://eco.taobao.com/router/rest"

// Settings are what a shop's connector needs.
type Settings struct {
	Endpoint   string // "" = Endpoint
	AppKey     string
	Secret     string
	SignMethod string // "" = hmac-sha256
	// Nick is the shop's main account: its sub-accounts are asked for.
	Nick string
	// Chat is the legacy grant that the shop has for its chats: "" (none: chats
	// come by export), "eservice" or "abstract".
	Chat      string
	PerApp    api.Rate
	PerShop   api.Rate
	Limits    *api.Limits
	Tokens    *api.Tokens
	Transport http.RoundTripper
	Now       func() time.Time
	// WaitMin and WaitMax bound the back-off, 0 = the client's own.
	WaitMin, WaitMax time.Duration
	Timeout          time.Duration
}

// Connector implements api.Connector.
type Connector struct {
	client *api.Client
	Settings
	agents []string // sub-accounts, once asked for
}

var _ api.Connector = (*Connector)(nil)

// New returns the connector of a shop.
func New(s Settings) *Connector {
	if s.Endpoint == "" {
		s.Endpoint = Endpoint
	}
	if s.SignMethod == "" {
		s.SignMethod = "hmac-sha256"
	}
	if s.Now == nil {
		s.Now = time.Now
	}
	w := wire{endpoint: s.Endpoint, appKey: s.AppKey, secret: s.Secret, method: s.SignMethod, now: s.Now}
	return &Connector{Settings: s, client: api.NewClient(w, api.Config{
		Platform: "taobao", App: "taobao/" + s.AppKey, Shop: s.Nick, PerApp: s.PerApp, PerShop: s.PerShop, Limits: s.Limits,
		Tokens: s.Tokens, Transport: s.Transport, Now: s.Now, WaitMin: s.WaitMin, WaitMax: s.WaitMax, Timeout: s.Timeout,
		Personal: []string{"nick", "chat_id", "from_id", "to_id", "query_ids", "account_ids"},
	})}
}

const day = 24 * time.Hour

// Streams lists what is asked for. Orders of the last three months come by
// creation once, then by modification; older ones from the history.
func (c *Connector) Streams() []api.Stream {
	orders := []string{"orders", "order_items"}
	out := []api.Stream{
		{Name: "agents", Datasets: []string{"agents"}, Snapshot: true},
		{Name: "orders.history", Datasets: orders, Slice: 7 * day, Reach: 730 * day, Lag: 88 * day, First: true},
		{Name: "orders.created", Datasets: orders, Slice: day, Reach: 90 * day, First: true},
		{Name: "orders.modified", Datasets: orders, MaxSpan: day, Slice: 30 * time.Minute, Reach: 89 * day, Lag: time.Minute, Overlap: 10 * time.Minute, After: "orders.created"},
		{Name: "refunds.modified", Datasets: []string{"refunds"}, Slice: 6 * time.Hour, Reach: 89 * day, Lag: time.Minute, Overlap: 10 * time.Minute},
		// An answer that is too large comes as a time-out: windows are cut down to a
		// minute. A card of yesterday may be answered today: the same days are asked
		// again until nobody answers any more.
		{Name: "evaluations", Datasets: []string{"evaluations"}, MaxSpan: 7 * day, Slice: day, Grain: time.Minute, Reach: 89 * day, Overlap: 3 * day},
		{Name: "presence", Datasets: []string{"agent_presence"}, Slice: day, Grain: day, Reach: 29 * day, Overlap: day},
	}
	if c.Chat != "" {
		out = append(out, api.Stream{Name: "chats." + c.Chat, Datasets: []string{"chat_messages"}, MaxSpan: 7 * day, Slice: day, Grain: day, Reach: 29 * day, Overlap: day})
	}
	return out
}

// Pull implements api.Connector.
func (c *Connector) Pull(ctx context.Context, stream string, w api.Window, emit func(api.Response) error) error {
	p := &puller{Connector: c, emit: emit}
	switch stream {
	case "agents":
		return p.subusers(ctx)
	case "orders.created":
		return p.pages(ctx, "taobao.trades.sold.get", 100, map[string]string{
			"fields": tradeFields, "type": tradeTypes, "start_created": clock(w.From), "end_created": clock(last(w)),
		})
	case "orders.history":
		return p.pages(ctx, "taobao.trades.sold.history.get", 50, map[string]string{
			"fields": tradeFields, "type": tradeTypes, "start_created": clock(w.From), "end_created": clock(last(w)),
		})
	case "orders.modified":
		return p.pages(ctx, "taobao.trades.sold.increment.get", 100, map[string]string{
			"fields": tradeFields, "type": tradeTypes, "start_modified": clock(w.From), "end_modified": clock(last(w)),
		})
	case "refunds.modified":
		return p.refunds(ctx, w)
	case "evaluations":
		return p.evaluations(ctx, w)
	case "presence":
		return p.presence(ctx, w)
	case "chats.eservice", "chats.abstract":
		return p.chats(ctx, stream, w)
	}
	return fmt.Errorf("no stream is called %s", stream)
}

// Read implements api.Connector.
func (c *Connector) Read(ctx context.Context, stream string, responses []api.Response, sink extract.Sink) error {
	rows := api.NewRows(sink)
	if stream == "presence" {
		return readPresence(responses, rows)
	}
	for _, r := range responses {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := readOne(stream, r, rows); err != nil {
			return fmt.Errorf("read %s: %w", r.Call, err)
		}
	}
	return nil
}

func readOne(stream string, r api.Response, rows *api.Rows) error {
	n := answer(api.Parse(r.Body), r.Call)
	switch stream {
	case "agents":
		return readAgents(n, rows)
	case "orders.created", "orders.history", "orders.modified":
		return readTrades(n, rows)
	case "refunds.modified":
		return readRefund(r.Call, n, rows)
	case "evaluations":
		return readEvaluations(n, rows)
	default:
		return readChats(r, n, rows)
	}
}

// Check implements api.Connector.
func (c *Connector) Check(ctx context.Context) error {
	_, err := c.client.Call(ctx, "taobao.trades.sold.get", map[string]string{"fields": "tid", "page_size": "1", "use_has_next": "true"})
	return err
}

// puller pulls one window.
type puller struct {
	*Connector
	emit func(api.Response) error
}

// ask makes one call and hands its answer on.
func (p *puller) ask(ctx context.Context, call string, params map[string]string) (*api.Node, error) {
	body, err := p.client.Call(ctx, call, params)
	if err != nil {
		return nil, err
	}
	said := map[string]string{}
	for k, v := range params {
		if k != "fields" {
			said[k] = v
		}
	}
	if err := p.emit(api.Response{Call: call, Params: said, Body: body}); err != nil {
		return nil, err
	}
	return answer(api.Parse(body), call), nil
}

// pages walks a list whose latest rows come first. The last page is read first
// and the first one last: a row that leaves the window while it is walked moves
// the rows behind it towards pages that are still to be read. The total is only
// a hint where to begin.
func (p *puller) pages(ctx context.Context, call string, size int, params map[string]string) error {
	page := func(no int) (int, *api.Node, error) {
		asked := map[string]string{"page_no": strconv.Itoa(no), "page_size": strconv.Itoa(size)}
		for k, v := range params {
			asked[k] = v
		}
		n, err := p.ask(ctx, call, asked)
		if err != nil {
			return 0, nil, err
		}
		return len(rowsOf(n)), n, nil
	}
	rows, n, err := page(1)
	if err != nil {
		return err
	}
	from := (int(n.At("total_results").Int()) + size - 1) / size
	if from <= 1 && rows < size {
		return nil
	}
	for from = max(from, 1); ; from++ {
		if rows, _, err = page(from); err != nil {
			return err
		}
		if rows < size {
			break
		}
	}
	for no := from - 1; no >= 1; no-- {
		if _, _, err := page(no); err != nil {
			return err
		}
	}
	return nil
}

// rowsOf is the list of an answer, whatever it is called.
func rowsOf(n *api.Node) []*api.Node {
	for _, path := range [][]string{{"trades", "trade"}, {"refunds", "refund"}, {"trades"}, {"refunds"}} {
		if list := n.At(path...); !list.Missing() && list.At("trade").Missing() && list.At("refund").Missing() {
			return list.List()
		}
	}
	return nil
}

// clock writes a time as the gateway reads it.
func clock(t time.Time) string { return t.In(api.Beijing).Format(time.DateTime) }

// last is the last second of a window, for the gateway's ends are included.
func last(w api.Window) time.Time { return w.To.Add(-time.Second) }

// bareNick leaves out the prefix of chat ids.
func bareNick(nick string) string { return strings.TrimPrefix(nick, "cntaobao") }
