package kuaishou

import (
	"context"
	"net/http/httptest"
	"testing"
	"time"

	"kefu/extract/api"
	"kefu/extract/extracttest"
	"kefu/extract/extracttest/fakekuaishou"
)

// memory keeps a session as long as the test lasts.
type memory struct{ session api.Session }

func (m *memory) Load(context.Context) (api.Session, error)   { return m.session, nil }
func (m *memory) Save(_ context.Context, s api.Session) error { m.session = s; return nil }

func start(t *testing.T, shop *extracttest.Shop, faults *extracttest.Faults, clock *extracttest.Clock) api.Connector {
	t.Helper()
	const secret, token, refresh = extracttest.Secret + "-app", extracttest.Secret + "-token", extracttest.Secret + "-refresh"
	fake := &fakekuaishou.Server{Shop: shop, Faults: faults, Now: clock.Now, AppKey: "ks", AppSecret: secret, SignSecret: secret + "-sign"}
	fake.Grant.Set(token, refresh)
	server := httptest.NewServer(fake)
	t.Cleanup(server.Close)
	auth := Auth{AppID: "ks", AppSecret: secret, Endpoint: server.URL, Now: clock.Now}
	return New(Settings{
		Endpoint: server.URL, AppKey: "ks", SignSecret: secret + "-sign", Shop: "shop", BuyerIDs: true, Now: clock.Now,
		Tokens:  api.NewTokens(&memory{api.Session{Access: token, Refresh: refresh}}, auth.Renew, clock.Now),
		WaitMin: time.Millisecond, WaitMax: 5 * time.Millisecond, Timeout: time.Second,
	})
}

func TestConnector(t *testing.T) {
	// The platform splits orders: the first item of the sample's is the order's.
	first := map[string]string{}
	for _, r := range extracttest.Sample(extracttest.Start, 30, extracttest.Seed).Rows("order_items") {
		if first[r["order_id"]] == "" {
			first[r["order_id"]] = r["item_id"]
		}
	}
	extracttest.Conform(t, extracttest.Case{
		New: start, Days: 30,
		Known: func(dataset string, r extracttest.Row) bool {
			return dataset != "order_items" || first[r["order_id"]] == r["item_id"]
		},
		Columns: map[string][]string{
			"orders":      {"order_id", "created_at", "buyer_id", "pay_type", "paid_at", "shipped_at", "status", "updated_at"},
			"order_items": {"order_id", "item_id", "product_id", "sku_id", "title", "quantity", "amount", "updated_at"},
			"refunds":     {"refund_id", "requested_at", "order_id", "type", "status", "completed_at", "amount", "reason", "updated_at"},
		},
		Skips: map[extracttest.Fault]string{extracttest.LyingTotal: "the walk goes by cursors, there is no total"},
	})
}

func TestMoneyAndHandlingOfARefund(t *testing.T) {
	got := extracttest.NewCollected()
	body := `{"result":1,"data":{"orderList":[{"orderBaseInfo":{"oid":2230500012345678,"status":30,"createTime":1767225600000,"payTime":1767225660000,"totalFee":1999,"updateTime":1767225660000},"orderItemInfo":{"itemId":1,"num":2}}]}}`
	refund := `{"result":1,"data":{"refundOrderInfoList":[{"refundId":7,"oid":2230500012345678,"status":20,"refundFee":5,"handlingWay":10,"createTime":1767225600000,"updateTime":1767225600000}]}}`
	c := New(Settings{})
	if err := c.Read(t.Context(), "orders.modified", []api.Response{{Body: []byte(body)}}, got); err != nil {
		t.Fatal(err)
	}
	if err := c.Read(t.Context(), "refunds.modified", []api.Response{{Body: []byte(refund)}}, got); err != nil {
		t.Fatal(err)
	}
	order, back := got.Rows("orders")["2230500012345678"], got.Rows("refunds")["7"]
	if order["paid_amount"] != "19.99" || order["quantity"] != "2" || order["buyer_id"] != "" {
		t.Fatalf("order %v", order)
	}
	if back["amount"] != "0.05" || back["disputed_at"] != "2026-01-01T00:00:00Z" {
		t.Fatalf("refund %v", back)
	}
}
