// Package pdd pulls a Pinduoduo shop from the platform's router: orders from
// their conclusion (成交) on, with items, and refunds. The platform names no
// buyer and lists no unpaid orders; chats come by export.
package pdd

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"kefu/extract"
	"kefu/extract/api"
)

// Endpoint is the router.
const Endpoint = "https://gw-api.pinduoduo.com/api/router"

// Settings are what a shop's connector needs.
type Settings struct {
	Endpoint  string // "" = Endpoint
	ClientID  string
	Secret    string
	Shop      string
	PerApp    api.Rate
	PerShop   api.Rate
	Limits    *api.Limits
	Tokens    *api.Tokens
	Transport http.RoundTripper
	Now       func() time.Time
	// WaitMin and WaitMax bound the back-off, Timeout one try; 0 = the client's own.
	WaitMin, WaitMax, Timeout time.Duration
}

// Connector implements api.Connector.
type Connector struct{ client *api.Client }

var _ api.Connector = (*Connector)(nil)

// New returns the connector of a shop.
func New(s Settings) *Connector {
	if s.Endpoint == "" {
		s.Endpoint = Endpoint
	}
	if s.Now == nil {
		s.Now = time.Now
	}
	w := wire{endpoint: s.Endpoint, clientID: s.ClientID, secret: s.Secret, now: s.Now}
	return &Connector{client: api.NewClient(w, api.Config{
		Platform: "pdd", App: "pdd/" + s.ClientID, Shop: s.Shop, PerApp: s.PerApp, PerShop: s.PerShop, Limits: s.Limits,
		Tokens: s.Tokens, Transport: s.Transport, Now: s.Now, WaitMin: s.WaitMin, WaitMax: s.WaitMax, Timeout: s.Timeout,
	})}
}

const (
	day = 24 * time.Hour
	// lag keeps windows behind the platform's present, where its increments are
	// not complete yet.
	lag = 3 * time.Minute
)

// Streams lists what is asked for.
func (c *Connector) Streams() []api.Stream {
	orders := []string{"orders", "order_items"}
	return []api.Stream{
		{Name: "orders.confirmed", Datasets: orders, MaxSpan: day, Slice: day, Reach: 89 * day, Lag: lag, First: true},
		{Name: "orders.modified", Datasets: orders, MaxSpan: 30 * time.Minute, Slice: 30 * time.Minute, Reach: 89 * day, Lag: lag, Overlap: 10 * time.Minute, After: "orders.confirmed"},
		{Name: "refunds.modified", Datasets: []string{"refunds"}, MaxSpan: 30 * time.Minute, Slice: 30 * time.Minute, Reach: 89 * day, Lag: lag, Overlap: 10 * time.Minute},
	}
}

// Pull implements api.Connector.
func (c *Connector) Pull(ctx context.Context, stream string, w api.Window, emit func(api.Response) error) error {
	p := puller{Connector: c, emit: emit}
	from, to := strconv.FormatInt(w.From.Unix(), 10), strconv.FormatInt(w.To.Unix()-1, 10)
	switch stream {
	case "orders.confirmed":
		return p.forwards(ctx, "pdd.order.list.get", map[string]string{
			"order_status": "5", "refund_status": "5", "start_confirm_at": from, "end_confirm_at": to,
		})
	case "orders.modified":
		return p.backwards(ctx, "pdd.order.number.list.increment.get", map[string]string{
			"is_lucky_flag": "0", "order_status": "5", "refund_status": "5", "start_updated_at": from, "end_updated_at": to,
		})
	case "refunds.modified":
		return p.backwards(ctx, "pdd.refund.list.increment.get", map[string]string{
			"after_sales_status": "1", "after_sales_type": "1", "start_updated_at": from, "end_updated_at": to,
		})
	}
	return fmt.Errorf("no stream is called %s", stream)
}

// Check implements api.Connector.
func (c *Connector) Check(ctx context.Context) error {
	now := c.client.Now().Add(-lag)
	_, err := c.client.Call(ctx, "pdd.order.list.get", map[string]string{
		"order_status": "5", "refund_status": "5", "page": "1", "page_size": "1", "use_has_next": "true",
		"start_confirm_at": strconv.FormatInt(now.Add(-time.Minute).Unix(), 10), "end_confirm_at": strconv.FormatInt(now.Unix(), 10),
	})
	return err
}

// Read implements api.Connector.
func (c *Connector) Read(ctx context.Context, stream string, responses []api.Response, sink extract.Sink) error {
	rows := api.NewRows(sink)
	for _, r := range responses {
		if err := ctx.Err(); err != nil {
			return err
		}
		for _, row := range listOf(api.Parse(r.Body)) {
			rows.Next()
			read := readOrder
			if stream == "refunds.modified" {
				read = readRefund
			}
			if err := read(row, rows); err != nil {
				return fmt.Errorf("read %s: %w", r.Call, err)
			}
		}
	}
	return nil
}

const pageSize = 100

type puller struct {
	*Connector
	emit func(api.Response) error
}

func (p puller) page(ctx context.Context, call string, no int, params map[string]string) (rows, total int, err error) {
	asked := map[string]string{"page": strconv.Itoa(no), "page_size": strconv.Itoa(pageSize)}
	for k, v := range params {
		asked[k] = v
	}
	body, err := p.client.Call(ctx, call, asked)
	if err != nil {
		return 0, 0, err
	}
	root := api.Parse(body)
	if err := p.emit(api.Response{Call: call, Params: asked, Body: body}); err != nil {
		return 0, 0, err
	}
	return len(listOf(root)), int(answer(root).At("total_count").Int()), nil
}

// forwards walks a list whose rows stay where they are, until a page is short.
func (p puller) forwards(ctx context.Context, call string, params map[string]string) error {
	for no := 1; ; no++ {
		rows, _, err := p.page(ctx, call, no, params)
		if err != nil || rows < pageSize {
			return err
		}
	}
}

// backwards walks a list that rows leave while it is walked: the last page
// first, so that the rows behind a gap move to pages still to be read. The total
// is only a hint where to begin.
func (p puller) backwards(ctx context.Context, call string, params map[string]string) error {
	rows, total, err := p.page(ctx, call, 1, params)
	if err != nil || rows < pageSize && total <= pageSize {
		return err
	}
	no := max(1, (total+pageSize-1)/pageSize)
	for ; ; no++ {
		if rows, _, err = p.page(ctx, call, no, params); err != nil {
			return err
		}
		if rows < pageSize {
			break
		}
	}
	for no--; no >= 1; no-- {
		if _, _, err := p.page(ctx, call, no, params); err != nil {
			return err
		}
	}
	return nil
}

// answer is the body under whatever root the call has.
func answer(root *api.Node) *api.Node {
	for _, k := range root.Keys() {
		if k != "request_id" {
			return root.At(k)
		}
	}
	return root
}

func listOf(root *api.Node) []*api.Node {
	return answer(root).Any("order_list", "order_sn_list", "refund_list").List()
}
