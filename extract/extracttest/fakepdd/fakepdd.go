// Package fakepdd is the router of Pinduoduo for tests: it checks what the real
// one checks and sells what a shop's rows say.
package fakepdd

import (
	"crypto/md5" //nolint:gosec // the platform's own signature
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"kefu/extract/extracttest"
)

// Server is the router of one shop.
type Server struct {
	Shop     *extracttest.Shop
	Faults   *extracttest.Faults
	Meter    extracttest.Meter
	Now      func() time.Time
	ClientID string
	Secret   string
	// Grant is the session that is valid.
	Grant extracttest.Grant
}

// ServeHTTP answers every call.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		http.Error(w, "bad form", http.StatusBadRequest)
		return
	}
	fault, now := extracttest.None, s.Now()
	if !strings.HasPrefix(r.PostForm.Get("type"), "pdd.pop.auth") {
		fault = s.Faults.Next()
	}
	if fault == extracttest.ClockSkew {
		now = now.Add(25 * time.Minute)
	}
	extracttest.Serve(w, r, fault, now, func() []byte { return extracttest.JSON(s.answer(r.PostForm, fault, now)) })
}

func failure(code int, text string) map[string]any {
	return map[string]any{"error_response": map[string]any{"error_code": code, "error_msg": text, "sub_code": strconv.Itoa(code), "sub_msg": text, "request_id": "1"}}
}

func (s *Server) answer(form url.Values, fault extracttest.Fault, now time.Time) map[string]any {
	seconds, _ := strconv.ParseInt(form.Get("timestamp"), 10, 64)
	switch {
	case form.Get("client_id") != s.ClientID:
		return failure(10001, "client_id不正确")
	case time.Unix(seconds, 0).Sub(now).Abs() > 10*time.Minute:
		return failure(10003, "timestamp已过期")
	case form.Get("sign") != s.sign(form):
		return failure(10004, "签名错误")
	case strings.HasPrefix(form.Get("type"), "pdd.pop.auth.token."):
		return s.renew(form)
	case fault == extracttest.ExpiredToken:
		s.Grant.Expire()
		return failure(10019, "access_token已过期")
	case !s.Grant.Valid(form.Get("access_token")):
		return failure(10019, "access_token已过期")
	case fault == extracttest.Business:
		return failure(52101, "服务异常")
	case fault == extracttest.DailyQuota:
		return failure(70032, "当日调用次数已达上限")
	case fault == extracttest.Denied:
		return failure(10011, "接口无权限")
	case fault == extracttest.Ban || !s.Meter.Allow(time.Now()):
		return failure(70031, "调用过于频繁")
	}
	switch form.Get("type") {
	case "pdd.order.list.get":
		return s.orders(form, fault)
	case "pdd.order.number.list.increment.get":
		return s.changed(form, fault)
	case "pdd.refund.list.increment.get":
		return s.refunds(form, fault)
	}
	return failure(10002, "type不存在")
}

func (s *Server) renew(form url.Values) map[string]any {
	token, refresh, ok := s.Grant.Answer(form.Get("type"), "pdd.pop.auth.token.create", "pdd.pop.auth.token.refresh", form)
	if !ok {
		return failure(10035, "code或refresh_token无效")
	}
	root := strings.ReplaceAll(strings.TrimPrefix(form.Get("type"), "pdd."), ".", "_") + "_response"
	return map[string]any{root: map[string]any{
		"access_token": token, "refresh_token": refresh, "expires_in": 86400, "refresh_token_expires_in": 864000, "owner_id": "1", "owner_name": "店",
	}}
}

// sign is written by the platform's page, not by the connector's code.
func (s *Server) sign(form url.Values) string {
	pairs := []string{}
	for k, v := range form {
		if k != "sign" {
			pairs = append(pairs, k+v[0])
		}
	}
	slices.Sort(pairs)
	return fmt.Sprintf("%X", md5.Sum([]byte(s.Secret+strings.Join(pairs, "")+s.Secret))) //nolint:gosec // the platform's own signature
}

// window reads a span of seconds, both ends included, of at most so long.
func window(form url.Values, from, to string, longest time.Duration) (a, b time.Time, ok bool) {
	x, err := strconv.ParseInt(form.Get(from), 10, 64)
	y, err2 := strconv.ParseInt(form.Get(to), 10, 64)
	a, b = time.Unix(x, 0), time.Unix(y+1, 0)
	return a, b, err == nil && err2 == nil && b.After(a) && b.Sub(a) <= longest+time.Second
}

func paging(form url.Values) (no, size int, ok bool) {
	no, err := strconv.Atoi(form.Get("page"))
	size, err2 := strconv.Atoi(form.Get("page_size"))
	return no - 1, size, err == nil && err2 == nil && no >= 1 && size >= 1 && size <= 100
}

// list answers a page of rows.
func list(form url.Values, fault extracttest.Fault, rows []extracttest.Row, root, key string, one func(extracttest.Row) map[string]any) map[string]any {
	no, size, ok := paging(form)
	if !ok {
		return failure(20001, "page参数错误")
	}
	page, total := extracttest.Page(rows, no, size, fault)
	items := make([]map[string]any, len(page))
	for i, r := range page {
		items[i] = one(r)
	}
	out := map[string]any{key: items, "request_id": "1"}
	if form.Get("use_has_next") == "true" {
		out["has_next"] = (no+1)*size < len(rows)
	} else {
		out["total_count"] = total
	}
	return map[string]any{root: out}
}

// paid are the orders that the platform lists: those that were concluded.
func paid(rows []extracttest.Row) []extracttest.Row {
	return slices.DeleteFunc(rows, func(r extracttest.Row) bool { return r["paid_at"] == "" })
}

func (s *Server) orders(form url.Values, fault extracttest.Fault) map[string]any {
	a, b, ok := window(form, "start_confirm_at", "end_confirm_at", 24*time.Hour)
	if !ok || form.Get("order_status") == "" || form.Get("refund_status") == "" {
		return failure(20002, "时间跨度不能超过24小时")
	}
	return list(form, fault, paid(s.Shop.Within("orders", "paid_at", a, b)), "order_list_get_response", "order_list", s.order)
}

func (s *Server) changed(form url.Values, fault extracttest.Fault) map[string]any {
	a, b, ok := window(form, "start_updated_at", "end_updated_at", 30*time.Minute)
	if !ok {
		return failure(20002, "时间跨度不能超过30分钟")
	}
	if fault == extracttest.Shift && form.Get("page") != "1" {
		s.Shop.Touch(s.Now())
	}
	rows := paid(s.Shop.Within("orders", "updated_at", a, b))
	slices.Reverse(rows)
	return list(form, fault, rows, "order_sn_increment_get_response", "order_sn_list", s.order)
}

func (s *Server) refunds(form url.Values, fault extracttest.Fault) map[string]any {
	a, b, ok := window(form, "start_updated_at", "end_updated_at", 30*time.Minute)
	if !ok {
		return failure(20002, "时间跨度不能超过30分钟")
	}
	rows := s.Shop.Within("refunds", "updated_at", a, b)
	slices.Reverse(rows)
	return list(form, fault, rows, "refund_increment_get_response", "refund_list", s.refund)
}

func yuan(text string) any {
	if text == "" {
		return 0
	}
	f, _ := strconv.ParseFloat(text, 64)
	return f
}

func (s *Server) order(r extracttest.Row) map[string]any {
	items := []map[string]any{}
	for _, it := range s.Shop.Where("order_items", "order_id", r["order_id"]) {
		fen, n := it.Fen("amount"), it.Int("quantity")
		items = append(items, map[string]any{
			"goods_id": extracttest.Number(it["product_id"]), "sku_id": extracttest.Number(it["sku_id"]), "goods_name": it["title"],
			"goods_count": n, "goods_price": float64(fen/n) / 100,
		})
	}
	states := map[string]int{"paid": 1, "shipped": 2, "finished": 3, "closed_refunded": 1}
	refund := 1
	if r["status"] == "closed_refunded" {
		refund = 4
	}
	return extracttest.Present(map[string]any{
		"order_sn": r["order_id"], "created_time": r.Local("created_at"), "pay_time": r.Local("paid_at"), "confirm_time": r.Local("paid_at"),
		"confirm_status": 1, "order_status": states[r["status"]], "refund_status": refund, "pay_amount": yuan(r["paid_amount"]),
		"shipping_time": r.Local("shipped_at"), "receive_time": r.Local("ended_at"), "updated_at": r.Local("updated_at"), "item_list": items,
	})
}

func (s *Server) refund(r extracttest.Row) map[string]any {
	kinds := map[string]int{"refund_only": 2, "return_refund": 3, "exchange": 4, "other": 5}
	state, dispute := 2, 0
	if r["disputed_at"] != "" {
		state, dispute = 8, 1
	}
	switch r["status"] {
	case "succeeded":
		state = 10
	case "closed":
		state = 11
	}
	items := s.Shop.Where("order_items", "item_id", r["item_id"])
	sku := ""
	if len(items) > 0 {
		sku = items[0]["sku_id"]
	}
	return extracttest.Present(map[string]any{
		"id": extracttest.Number(r["refund_id"]), "order_sn": r["order_id"], "sku_id": sku, "after_sales_type": kinds[r["type"]],
		"after_sales_status": state, "dispute_refund_status": dispute, "refund_amount": r["amount"], "after_sale_reason": r["reason"],
		"created_time": r.Local("requested_at"), "updated_time": r.Local("updated_at"),
	})
}
