// Package kuaishou pulls a Kuaishou shop (快手小店) from the platform's gateway:
// orders by creation once and by change, refunds with the platform's handling.
// The platform opens no chats; they come by export.
package kuaishou

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"kefu/extract"
	"kefu/extract/api"
)

// Endpoint is the gateway.
const Endpoint = "https://openapi.kwaixiaodian.com"

// Settings are what a shop's connector needs.
type Settings struct {
	Endpoint   string // "" = Endpoint
	AppKey     string
	SignSecret string
	SignMethod string // "" = HMAC_SHA256
	Shop       string
	// BuyerIDs takes the platform's buyerOpenId as the buyer's id. Only where the
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
		s.SignMethod = "HMAC_SHA256"
	}
	if s.Now == nil {
		s.Now = time.Now
	}
	w := wire{endpoint: s.Endpoint, appKey: s.AppKey, signSecret: s.SignSecret, method: s.SignMethod, now: s.Now}
	return &Connector{buyers: s.BuyerIDs, client: api.NewClient(w, api.Config{
		Platform: "kuaishou", App: "kuaishou/" + s.AppKey, Shop: s.Shop, PerApp: s.PerApp, PerShop: s.PerShop, Limits: s.Limits,
		Tokens: s.Tokens, Transport: s.Transport, Now: s.Now, WaitMin: s.WaitMin, WaitMax: s.WaitMax, Timeout: s.Timeout,
	})}
}

const day = 24 * time.Hour

// Streams lists what is asked for.
func (c *Connector) Streams() []api.Stream {
	orders := []string{"orders", "order_items"}
	return []api.Stream{
		{Name: "orders.created", Datasets: orders, MaxSpan: 7 * day, Slice: day, Reach: 89 * day, First: true},
		{Name: "orders.modified", Datasets: orders, MaxSpan: 7 * day, Slice: 2 * time.Hour, Reach: 89 * day, Lag: time.Minute, Overlap: 10 * time.Minute, After: "orders.created"},
		{Name: "refunds.modified", Datasets: []string{"refunds"}, MaxSpan: day, Slice: day, Reach: 89 * day, Lag: time.Minute, Overlap: 10 * time.Minute},
	}
}

// Pull implements api.Connector.
func (c *Connector) Pull(ctx context.Context, stream string, w api.Window, emit func(api.Response) error) error {
	from, to := w.From.UnixMilli(), w.To.UnixMilli()-1
	orders := func(by int) error {
		return c.walk(ctx, "open.order.cursor.list", "cursor", map[string]any{
			"orderViewStatus": 1, "pageSize": 50, "sort": 1, "queryType": by, "beginTime": from, "endTime": to, "cpsType": 0,
		}, emit)
	}
	switch stream {
	case "orders.created":
		return orders(1)
	case "orders.modified":
		return orders(2)
	case "refunds.modified":
		return c.walk(ctx, "open.seller.order.refund.pcursor.list", "pcursor", map[string]any{
			"type": 9, "pageSize": 100, "currentPage": 1, "sort": 1, "queryType": 2, "beginTime": from, "endTime": to,
		}, emit)
	}
	return fmt.Errorf("no stream is called %s", stream)
}

// Check implements api.Connector.
func (c *Connector) Check(ctx context.Context) error {
	_, err := c.client.Call(ctx, "open.shop.info.get", map[string]string{param: "{}"})
	return err
}

// noMore ends a walk.
const noMore = "nomore"

// walk follows cursors from page to page until the platform says that there is
// no more. A cursor that comes back is no way forward: then the window is cut.
func (c *Connector) walk(ctx context.Context, call, cursorKey string, params map[string]any, emit func(api.Response) error) error {
	cursor, seen := "", map[string]bool{}
	for {
		params[cursorKey] = cursor
		text, err := json.Marshal(params)
		if err != nil {
			return fmt.Errorf("write parameters: %w", err)
		}
		asked := map[string]string{param: string(text)}
		body, err := c.client.Call(ctx, call, asked)
		if err != nil {
			return err
		}
		if err := emit(api.Response{Call: call, Params: asked, Body: body}); err != nil {
			return err
		}
		next := api.Parse(body).At("data", cursorKey).Text()
		if next == noMore || next == "" {
			return nil
		}
		if seen[next] {
			return fmt.Errorf("%w: %w", api.ErrTooLarge, errors.New("the platform's cursor goes in a circle"))
		}
		seen[next], cursor = true, next
	}
}

// Read implements api.Connector.
func (c *Connector) Read(ctx context.Context, stream string, responses []api.Response, sink extract.Sink) error {
	rows := api.NewRows(sink)
	for _, r := range responses {
		if err := ctx.Err(); err != nil {
			return err
		}
		data, read := api.Parse(r.Body).At("data"), c.readOrder
		list := data.At("orderList")
		if stream == "refunds.modified" {
			list, read = data.Any("refundOrderInfoList", "dataList"), c.readRefund
		}
		for _, row := range list.List() {
			rows.Next()
			if err := read(row, rows); err != nil {
				return fmt.Errorf("read %s: %w", r.Call, err)
			}
		}
	}
	return nil
}
