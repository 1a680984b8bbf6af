package pdd

import (
	"context"
	"net/http/httptest"
	"testing"
	"time"

	"kefu/extract/api"
	"kefu/extract/extracttest"
	"kefu/extract/extracttest/fakepdd"
)

// memory keeps a session as long as the test lasts.
type memory struct{ session api.Session }

func (m *memory) Load(context.Context) (api.Session, error)   { return m.session, nil }
func (m *memory) Save(_ context.Context, s api.Session) error { m.session = s; return nil }

func start(t *testing.T, shop *extracttest.Shop, faults *extracttest.Faults, clock *extracttest.Clock) api.Connector {
	t.Helper()
	const secret, token, refresh = extracttest.Secret + "-app", extracttest.Secret + "-token", extracttest.Secret + "-refresh"
	fake := &fakepdd.Server{Shop: shop, Faults: faults, Now: clock.Now, ClientID: "c1", Secret: secret}
	fake.Grant.Set(token, refresh)
	server := httptest.NewServer(fake)
	t.Cleanup(server.Close)
	auth := Auth{ClientID: "c1", Secret: secret, Endpoint: server.URL, Now: clock.Now}
	return New(Settings{
		Endpoint: server.URL, ClientID: "c1", Secret: secret, Shop: "shop", Now: clock.Now,
		Tokens:  api.NewTokens(&memory{api.Session{Access: token, Refresh: refresh}}, auth.Renew, clock.Now),
		WaitMin: time.Millisecond, WaitMax: 5 * time.Millisecond, Timeout: time.Second,
	})
}

func TestConnector(t *testing.T) {
	const days = 6              // the platform takes half an hour at a time
	listed := map[string]bool{} // orders that were concluded: the platform lists no others
	for _, r := range extracttest.Sample(extracttest.Start, days, extracttest.Seed).Rows("orders") {
		listed[r["order_id"]] = r["paid_at"] != ""
	}
	extracttest.Conform(t, extracttest.Case{
		New: start, Days: days,
		Known: func(_ string, r extracttest.Row) bool { return listed[r["order_id"]] },
		Columns: map[string][]string{
			"orders":      {"order_id", "created_at", "pay_type", "paid_at", "shipped_at", "ended_at", "status", "paid_amount", "quantity", "updated_at"},
			"order_items": {"order_id", "product_id", "sku_id", "title", "quantity", "amount", "updated_at"},
			"refunds":     {"refund_id", "requested_at", "order_id", "type", "status", "completed_at", "amount", "reason", "disputed_at", "updated_at"},
		},
	})
}
