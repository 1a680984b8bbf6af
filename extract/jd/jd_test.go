package jd

import (
	"context"
	"net/http/httptest"
	"testing"
	"time"

	"kefu/extract/api"
	"kefu/extract/extracttest"
	"kefu/extract/extracttest/fakejd"
)

// memory keeps a session as long as the test lasts.
type memory struct{ session api.Session }

func (m *memory) Load(context.Context) (api.Session, error)   { return m.session, nil }
func (m *memory) Save(_ context.Context, s api.Session) error { m.session = s; return nil }

func start(t *testing.T, shop *extracttest.Shop, faults *extracttest.Faults, clock *extracttest.Clock) api.Connector {
	t.Helper()
	const secret, token, refresh = extracttest.Secret + "-app", extracttest.Secret + "-token", extracttest.Secret + "-refresh"
	fake := &fakejd.Server{Shop: shop, Faults: faults, Now: clock.Now, AppKey: "jdkey", Secret: secret}
	fake.Grant.Set(token, refresh)
	server := httptest.NewServer(fake)
	t.Cleanup(server.Close)
	auth := Auth{AppKey: "jdkey", Secret: secret, OAuth: server.URL + "/oauth2", Now: clock.Now}
	return New(Settings{
		Endpoint: server.URL + "/routerjson", AppKey: "jdkey", Secret: secret, Shop: "shop", Chat: true, Now: clock.Now,
		Tokens:  api.NewTokens(&memory{api.Session{Access: token, Refresh: refresh}}, auth.Renew, clock.Now),
		WaitMin: time.Millisecond, WaitMax: 5 * time.Millisecond, Timeout: time.Second,
	})
}

func TestConnector(t *testing.T) {
	extracttest.Conform(t, extracttest.Case{
		New: start, Days: 30,
		Known: func(dataset string, r extracttest.Row) bool {
			switch dataset {
			case "evaluations":
				return r["rated_at"] != "" // the list has ratings, no invitations
			case "agent_presence":
				return r["state"] == "online"
			}
			return true
		},
		Columns: map[string][]string{
			"orders":         {"order_id", "created_at", "buyer_id", "pay_type", "paid_at", "ended_at", "status", "amount", "paid_amount", "quantity", "updated_at"},
			"order_items":    {"order_id", "product_id", "sku_id", "title", "quantity", "amount", "updated_at"},
			"refunds":        {"requested_at", "order_id", "buyer_id", "type", "status", "completed_at", "amount", "reason"},
			"evaluations":    {"rated_at", "buyer_id", "agent_id", "served_by", "score"},
			"agent_presence": {"agent_id", "from_at", "to_at", "state"},
			"agents":         {"agent_id"},
			"chat_messages":  {"sent_at", "buyer_id", "agent_id", "sender", "kind", "text"},
		},
	})
}

// The platform's own example of a signature.
func TestSignIsThePlatformsOwn(t *testing.T) {
	got := Sign("yourappSecret", map[string]string{
		"360buy_param_json": `{"end_date":null,"optional_fields":null,"order_state":"WAIT_SELLER_STOCK_OUT","page":"1","page_size":"200","start_date":null}`,
		"access_token":      "yourtoken", "app_key": "yourappkey", "method": "jingdong.pop.order.search", "timestamp": "2021-05-07 09:20:39.683+0800", "v": "2.0",
	})
	if got != "D70825340F4084360B9362B60DFD7930" {
		t.Fatalf("sign = %s", got)
	}
}

func TestJudgeReadsTheInnerMarks(t *testing.T) {
	w := wire{now: time.Now}
	const root = `{"jingdong_pop_order_search_responce":` //nolint:misspell // the platform's own spelling
	for body, class := range map[string]api.Class{
		root + `{"code":"0","searchorderinfo_result":{"apiResult":{"success":true}}}}`:                 api.OK,
		`{"jingdong_pop_order_search_response":{"code":"0"}}`:                                          api.OK,
		root + `{"searchorderinfo_result":{"apiResult":{"success":false,"chineseErrCode":"系统繁忙"}}}}`:   api.Retry,
		root + `{"searchorderinfo_result":{"apiResult":{"success":"false","chineseErrCode":"参数错误"}}}}`: api.Fatal,
		`{"error_response":{"zh_desc":"令牌过期","code":"19"}}`:                                            api.Token,
		`{"error_response":{"code":"2","zh_desc":"超限"}}`:                                               api.Quota,
		`{"error_response":{"code":"12","zh_desc":"签名错误"}}`:                                            api.Fatal,
	} {
		if v := w.Judge("jingdong.pop.order.search", 200, nil, []byte(body)); v.Class != class {
			t.Errorf("%s: class %d, want %d", body, v.Class, class)
		}
	}
}
