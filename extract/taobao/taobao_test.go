package taobao

import (
	"context"
	"net/http/httptest"
	"testing"
	"time"

	"kefu/extract/api"
	"kefu/extract/extracttest"
	"kefu/extract/extracttest/faketaobao"
)

// memory keeps a session as long as the test lasts.
type memory struct{ session api.Session }

func (m *memory) Load(context.Context) (api.Session, error)   { return m.session, nil }
func (m *memory) Save(_ context.Context, s api.Session) error { m.session = s; return nil }

func start(chat string) func(*testing.T, *extracttest.Shop, *extracttest.Faults, *extracttest.Clock) api.Connector {
	return func(t *testing.T, shop *extracttest.Shop, faults *extracttest.Faults, clock *extracttest.Clock) api.Connector {
		t.Helper()
		const secret, token, refresh = extracttest.Secret + "-app", extracttest.Secret + "-token", extracttest.Secret + "-refresh"
		fake := &faketaobao.Server{Shop: shop, Faults: faults, Now: clock.Now, AppKey: "12345678", Secret: secret, Nick: extracttest.Agents[0]}
		fake.Grant.Set(token, refresh)
		server := httptest.NewServer(fake)
		t.Cleanup(server.Close)
		auth := Auth{AppKey: "12345678", Secret: secret, Token: server.URL + "/token", Now: clock.Now}
		return New(Settings{
			Endpoint: server.URL + "/router/rest", AppKey: "12345678", Secret: secret, Nick: extracttest.Agents[0], Chat: chat, Now: clock.Now,
			Tokens:  api.NewTokens(&memory{api.Session{Access: token, Refresh: refresh}}, auth.Renew, clock.Now),
			WaitMin: time.Millisecond, WaitMax: 5 * time.Millisecond, Timeout: time.Second,
		})
	}
}

func TestConnector(t *testing.T) {
	extracttest.Conform(t, extracttest.Case{
		New: start("eservice"), Days: 30,
		Columns: map[string][]string{
			"orders":         {"order_id", "created_at", "buyer_id", "pay_type", "paid_at", "shipped_at", "ended_at", "status", "amount", "paid_amount", "quantity", "updated_at"},
			"order_items":    {"order_id", "item_id", "product_id", "sku_id", "title", "quantity", "amount", "updated_at"},
			"refunds":        {"refund_id", "requested_at", "order_id", "item_id", "buyer_id", "type", "status", "completed_at", "amount", "reason", "disputed_at", "closed_by", "updated_at"},
			"evaluations":    {"invited_at", "rated_at", "buyer_id", "agent_id", "served_by", "source", "score", "updated_at"},
			"agent_presence": {"agent_id", "from_at", "to_at", "state"},
			"agents":         {"agent_id", "name"},
			"chat_messages":  {"sent_at", "buyer_id", "agent_id", "sender", "kind", "text"},
		},
	})
}
