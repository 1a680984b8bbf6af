package doudian

import (
	"context"
	"net/http/httptest"
	"testing"
	"time"

	"kefu/extract/api"
	"kefu/extract/extracttest"
	"kefu/extract/extracttest/fakedoudian"
)

// memory keeps a session as long as the test lasts.
type memory struct{ session api.Session }

func (m *memory) Load(context.Context) (api.Session, error)   { return m.session, nil }
func (m *memory) Save(_ context.Context, s api.Session) error { m.session = s; return nil }

func start(t *testing.T, shop *extracttest.Shop, faults *extracttest.Faults, clock *extracttest.Clock) api.Connector {
	t.Helper()
	const secret, token, refresh = extracttest.Secret + "-app", extracttest.Secret + "-token", extracttest.Secret + "-refresh"
	fake := &fakedoudian.Server{Shop: shop, Faults: faults, Now: clock.Now, AppKey: "k1", Secret: secret}
	fake.Grant.Set(token, refresh)
	server := httptest.NewServer(fake)
	t.Cleanup(server.Close)
	auth := Auth{AppKey: "k1", Secret: secret, Endpoint: server.URL, Now: clock.Now}
	return New(Settings{
		Endpoint: server.URL, AppKey: "k1", Secret: secret, Shop: "shop", BuyerIDs: true, Now: clock.Now,
		Tokens:  api.NewTokens(&memory{api.Session{Access: token, Refresh: refresh}}, auth.Renew, clock.Now),
		WaitMin: time.Millisecond, WaitMax: 5 * time.Millisecond, Timeout: time.Second,
	})
}

func TestConnector(t *testing.T) {
	extracttest.Conform(t, extracttest.Case{
		New: start, Days: 30,
		Columns: map[string][]string{
			"orders":      {"order_id", "created_at", "buyer_id", "pay_type", "paid_at", "shipped_at", "ended_at", "status", "amount", "paid_amount", "quantity", "updated_at"},
			"order_items": {"order_id", "item_id", "product_id", "sku_id", "title", "quantity", "amount", "updated_at"},
			"refunds":     {"refund_id", "requested_at", "order_id", "item_id", "type", "status", "completed_at", "reason", "disputed_at", "closed_by", "updated_at"},
		},
	})
}

// The list says what was asked for, the detail what was paid back.
func TestARefundIsWhatWasPaidBack(t *testing.T) {
	got := extracttest.NewCollected()
	list := `{"code":10000,"data":{"items":[{"aftersale_info":{"aftersale_id":"9","aftersale_type":1,"aftersale_status":12,"apply_time":1767225600,"update_time":1767312000,"refund_amount":5000},"order_info":{"shop_order_id":"1"}}]}}`
	detail := `{"code":10000,"data":{"process_info":{"after_sale_info":{"real_refund_amount":4200,"refund_time":1767300000}}}}`
	if err := New(Settings{}).Read(t.Context(), "refunds.modified", []api.Response{
		{Call: "afterSale.List", Body: []byte(list)},
		{Call: "afterSale.Detail", Params: map[string]string{"param_json": `{"after_sale_id":"9"}`}, Body: []byte(detail)},
	}, got); err != nil {
		t.Fatal(err)
	}
	row := got.Rows("refunds")["9"]
	if row["amount"] != "42.00" || row["completed_at"] != "2026-01-01T20:40:00Z" {
		t.Fatalf("refund %v", row)
	}
}
