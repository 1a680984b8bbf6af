// Package doudian pulls a Doudian (抖店) shop from the platform's gateway:
// orders with items by creation once and by modification, after-sales with the
// platform's arbitration. The platform opens no chats; they come by export.
package doudian

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"kefu/extract"
	"kefu/extract/api"
)

// Endpoint is the gateway.
const Endpoint = "https://openapi-fxg.jinritemai.com"

// Settings are what a shop's connector needs.
type Settings struct {
	Endpoint   string // "" = Endpoint
	AppKey     string
	Secret     string
	SignMethod string // "" = hmac-sha256
	Shop       string
	// BuyerIDs takes the platform's open_id as the buyer's id. Only where the
	// chats that are imported name buyers by the same id; otherwise orders would
	// look as if nobody had asked before.
	BuyerIDs  bool
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
type Connector struct {
	client *api.Client
	buyers bool
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
	return &Connector{buyers: s.BuyerIDs, client: api.NewClient(w, api.Config{
		Platform: "doudian", App: "doudian/" + s.AppKey, Shop: s.Shop, PerApp: s.PerApp, PerShop: s.PerShop, Limits: s.Limits,
		Tokens: s.Tokens, Transport: s.Transport, Now: s.Now, WaitMin: s.WaitMin, WaitMax: s.WaitMax, Timeout: s.Timeout,
	})}
}

const day = 24 * time.Hour

// Streams lists what is asked for.
func (c *Connector) Streams() []api.Stream {
	orders := []string{"orders", "order_items"}
	return []api.Stream{
		{Name: "orders.created", Datasets: orders, Slice: day, Reach: 89 * day, First: true},
		{Name: "orders.modified", Datasets: orders, Slice: 2 * time.Hour, Reach: 89 * day, Lag: time.Minute, Overlap: 10 * time.Minute, After: "orders.created"},
		{Name: "refunds.modified", Datasets: []string{"refunds"}, Slice: 6 * time.Hour, Reach: 179 * day, Lag: time.Minute, Overlap: 10 * time.Minute},
	}
}

// Pull implements api.Connector.
func (c *Connector) Pull(ctx context.Context, stream string, w api.Window, emit func(api.Response) error) error {
	p := puller{Connector: c, emit: emit}
	from, to := w.From.Unix(), w.To.Unix()
	switch stream {
	case "orders.created":
		return p.backwards(ctx, "order.searchList", "shop_order_list", map[string]any{"create_time_start": from, "create_time_end": to - 1, "order_by": "create_time", "order_asc": true}, nothing)
	case "orders.modified":
		return p.backwards(ctx, "order.searchList", "shop_order_list", map[string]any{"update_time_start": from, "update_time_end": to - 1, "order_by": "update_time", "order_asc": true}, nothing)
	case "refunds.modified":
		return p.refunds(ctx, from, to)
	}
	return fmt.Errorf("no stream is called %s", stream)
}

func nothing(*api.Node) {}

// Check implements api.Connector.
func (c *Connector) Check(ctx context.Context) error {
	now := c.client.Now()
	params, err := encode(map[string]any{"create_time_start": now.Add(-time.Minute).Unix(), "create_time_end": now.Unix(), "page": 0, "size": 1})
	if err != nil {
		return err
	}
	_, err = c.client.Call(ctx, "order.searchList", params)
	return err
}

// Read implements api.Connector.
func (c *Connector) Read(ctx context.Context, stream string, responses []api.Response, sink extract.Sink) error {
	rows := api.NewRows(sink)
	details := detailsOf(responses)
	for _, r := range responses {
		if err := ctx.Err(); err != nil {
			return err
		}
		n := api.Parse(r.Body).At("data")
		if stream == "refunds.modified" {
			for _, item := range n.At("items").List() {
				rows.Next()
				if err := readRefund(item, details, rows); err != nil {
					return fmt.Errorf("read %s: %w", r.Call, err)
				}
			}
			continue
		}
		for _, o := range n.At("shop_order_list").List() {
			rows.Next()
			if err := c.readOrder(o, rows); err != nil {
				return fmt.Errorf("read %s: %w", r.Call, err)
			}
		}
	}
	return nil
}

const (
	pageSize = 100
	// depth is how many rows of one list the platform gives out; beyond it the
	// time is cut finer.
	depth = 10000
)

type puller struct {
	*Connector
	emit func(api.Response) error
}

// encode writes business parameters as the gateway signs them: keys sorted, no
// HTML escapes, whole numbers.
func encode(params map[string]any) (map[string]string, error) {
	var text bytes.Buffer
	out := json.NewEncoder(&text)
	out.SetEscapeHTML(false)
	if err := out.Encode(params); err != nil {
		return nil, fmt.Errorf("write parameters: %w", err)
	}
	return map[string]string{body: strings.TrimSpace(text.String())}, nil
}

func (p puller) ask(ctx context.Context, call string, params map[string]any) (*api.Node, error) {
	asked, err := encode(params)
	if err != nil {
		return nil, err
	}
	text, err := p.client.Call(ctx, call, asked)
	if err != nil {
		return nil, err
	}
	if err := p.emit(api.Response{Call: call, Params: asked, Body: text}); err != nil {
		return nil, err
	}
	return api.Parse(text).At("data"), nil
}

// backwards walks a list that rows leave while it is walked: the last page
// first, so that the rows behind a gap move to pages still to be read. The total
// is only a hint where to begin; pages count from 0.
func (p puller) backwards(ctx context.Context, call, list string, params map[string]any, each func(*api.Node)) error {
	page := func(no int) (rows, total int, err error) {
		params["page"], params["size"] = no, pageSize
		n, err := p.ask(ctx, call, params)
		if err != nil {
			return 0, 0, err
		}
		items := n.At(list).List()
		for _, item := range items {
			each(item)
		}
		return len(items), int(n.At("total").Int()), nil
	}
	rows, total, err := page(0)
	if err != nil || rows < pageSize && total <= pageSize {
		return err
	}
	if total > depth {
		return fmt.Errorf("%w: %d rows", api.ErrTooLarge, total)
	}
	no := max(0, (total-1)/pageSize)
	for ; ; no++ {
		if (no+1)*pageSize > depth {
			return fmt.Errorf("%w: more than %d rows", api.ErrTooLarge, depth)
		}
		if rows, _, err = page(no); err != nil {
			return err
		}
		if rows < pageSize {
			break
		}
	}
	for no--; no >= 0; no-- {
		if _, _, err := page(no); err != nil {
			return err
		}
	}
	return nil
}

// refunds walks the changed after-sales and asks for each that succeeded by
// itself: only there the platform says when and how much.
func (p puller) refunds(ctx context.Context, from, to int64) error {
	var ids []string
	seen := map[string]bool{}
	if err := p.backwards(ctx, "afterSale.List", "items", map[string]any{
		"update_start_time": from, "update_end_time": to, "order_by": []string{"update_time asc"},
	}, func(item *api.Node) {
		if id := item.At("aftersale_info", "aftersale_id").Text(); succeeded(item) && !seen[id] {
			seen[id] = true
			ids = append(ids, id)
		}
	}); err != nil {
		return err
	}
	for _, id := range ids {
		if _, err := p.ask(ctx, "afterSale.Detail", map[string]any{"after_sale_id": id}); err != nil {
			return err
		}
	}
	return nil
}
