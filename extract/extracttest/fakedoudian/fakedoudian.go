// Package fakedoudian is the gateway of Doudian for tests: it checks what the
// real one checks and sells what a shop's rows say.
package fakedoudian

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"kefu/extract/extracttest"
)

// Server is the gateway of one shop.
type Server struct {
	Shop   *extracttest.Shop
	Faults *extracttest.Faults
	Meter  extracttest.Meter
	Now    func() time.Time
	AppKey string
	Secret string
	// Grant is the session that is valid.
	Grant extracttest.Grant
}

// request is the union of the calls' parameters.
type request struct {
	CreateFrom   int64  `json:"create_time_start"`
	CreateTo     int64  `json:"create_time_end"`
	UpdateFrom   int64  `json:"update_time_start"`
	UpdateTo     int64  `json:"update_time_end"`
	ChangedFrom  int64  `json:"update_start_time"`
	ChangedTo    int64  `json:"update_end_time"`
	OrderBy      any    `json:"order_by"`
	Asc          bool   `json:"order_asc"`
	Page         int    `json:"page"`
	Size         int    `json:"size"`
	ID           string `json:"after_sale_id"`
	RefreshToken string `json:"refresh_token"`
	GrantType    string `json:"grant_type"`
	Code         string `json:"code"`
}

// ServeHTTP answers every call.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	text, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	fault, now := extracttest.None, s.Now()
	call := r.URL.Query().Get("method")
	if !strings.HasPrefix(call, "token.") {
		fault = s.Faults.Next()
	}
	if fault == extracttest.ClockSkew {
		now = now.Add(25 * time.Minute)
	}
	extracttest.Serve(w, r, fault, now, func() []byte { return extracttest.JSON(s.answer(r, string(text), fault, now)) })
}

func failure(code int, sub, text string) map[string]any {
	return map[string]any{"code": code, "msg": text, "sub_code": sub, "sub_msg": text, "log_id": "1"}
}

func success(data map[string]any) map[string]any {
	return map[string]any{"code": 10000, "msg": "success", "sub_code": "", "sub_msg": "", "log_id": "1", "data": data}
}

func (s *Server) answer(r *http.Request, text string, fault extracttest.Fault, now time.Time) map[string]any {
	q := r.URL.Query()
	call := q.Get("method")
	seconds, _ := strconv.ParseInt(q.Get("timestamp"), 10, 64)
	mac := hmac.New(sha256.New, []byte(s.Secret))
	fmt.Fprintf(mac, "%sapp_key%smethod%sparam_json%stimestamp%sv%s%s", s.Secret, q.Get("app_key"), call, text, q.Get("timestamp"), q.Get("v"), s.Secret)
	var asked request
	err := json.Unmarshal([]byte(text), &asked)
	switch {
	case err != nil || r.URL.Path != "/"+strings.ReplaceAll(call, ".", "/"):
		return failure(40003, "isv.parameter-invalid", "参数错误")
	case q.Get("app_key") != s.AppKey:
		return failure(30001, "isv.app-key-invalid", "app_key不合法")
	case time.Unix(seconds, 0).Sub(now).Abs() > 10*time.Minute:
		return failure(30005, "isv.timestamp-expired", "timestamp过期")
	case q.Get("sign") != fmt.Sprintf("%x", mac.Sum(nil)):
		return failure(30006, "isv.signature-invalid", "签名校验失败")
	case call == "token.refresh" || call == "token.create":
		return s.renew(call, asked)
	case fault == extracttest.ExpiredToken:
		s.Grant.Expire()
		return failure(30002, "isv.access-token-expired", "access_token已过期")
	case !s.Grant.Valid(q.Get("access_token")):
		return failure(30002, "isv.access-token-expired", "access_token已过期")
	case fault == extracttest.Business:
		return failure(20000, "isp.service-error", "系统繁忙")
	case fault == extracttest.DailyQuota:
		return failure(70000, "isv.app-quota-exceeded", "当日调用量已用完")
	case fault == extracttest.Denied:
		return failure(30007, "isv.app-permissions-insufficient", "应用无权限")
	case fault == extracttest.Ban || !s.Meter.Allow(time.Now()):
		return failure(80000, "isp.rate-limit", "请求过于频繁")
	case asked.Size > 100 || asked.Page*asked.Size >= 10000:
		return failure(50002, "isv.parameter-invalid", "分页超出限制")
	}
	switch call {
	case "order.searchList":
		return s.orders(asked, fault)
	case "afterSale.List":
		return s.refunds(asked, fault)
	case "afterSale.Detail":
		return s.detail(asked)
	}
	return failure(30008, "isv.method-invalid", "方法不存在")
}

func (s *Server) renew(call string, asked request) map[string]any {
	token, refresh, ok := s.Grant.Answer(call+" "+asked.GrantType, "token.create authorization_code", "token.refresh refresh_token",
		url.Values{"code": {asked.Code}, "refresh_token": {asked.RefreshToken}})
	if !ok {
		return failure(30003, "isv.grant-invalid", "code或refresh_token不合法")
	}
	return success(map[string]any{"access_token": token, "refresh_token": refresh, "expires_in": 604800, "shop_id": 1, "shop_name": "店"})
}

func (s *Server) orders(asked request, fault extracttest.Fault) map[string]any {
	column, from, to := "created_at", asked.CreateFrom, asked.CreateTo
	if asked.UpdateTo > 0 {
		column, from, to = "updated_at", asked.UpdateFrom, asked.UpdateTo
	}
	if to < from || to == 0 {
		return failure(50002, "isv.parameter-invalid", "时间必填")
	}
	if fault == extracttest.Shift && asked.Page > 0 {
		s.Shop.Touch(s.Now())
	}
	page, total := extracttest.Page(s.Shop.Within("orders", column, time.Unix(from, 0), time.Unix(to+1, 0)), asked.Page, asked.Size, fault)
	list := make([]map[string]any, len(page))
	for i, r := range page {
		list[i] = s.order(r)
	}
	return success(map[string]any{"shop_order_list": list, "total": total, "page": asked.Page, "size": asked.Size})
}

var statuses = map[string]int{"created": 1, "paid": 2, "shipped": 3, "finished": 5, "closed_unpaid": 4, "closed_refunded": 4}

func (s *Server) order(r extracttest.Row) map[string]any {
	const promotion = 300 // fen that the platform gives to every payment
	items := []map[string]any{}
	for _, it := range s.Shop.Where("order_items", "order_id", r["order_id"]) {
		items = append(items, map[string]any{
			"order_id": it["item_id"], "parent_order_id": r["order_id"], "product_id": extracttest.Number(it["product_id"]), "sku_id": extracttest.Number(it["sku_id"]),
			"product_name": it["title"], "item_num": it.Int("quantity"), "pay_amount": it.Fen("amount"),
		})
	}
	return map[string]any{
		"order_id": r["order_id"], "order_status": statuses[r["status"]], "main_status": statuses[r["status"]], "create_time": r.Seconds("created_at"),
		"pay_time": r.Seconds("paid_at"), "ship_time": r.Seconds("shipped_at"), "finish_time": r.Seconds("ended_at"), "update_time": r.Seconds("updated_at"),
		"pay_amount": r.Fen("amount") + promotion, "promotion_pay_amount": promotion, "open_id": r["buyer_id"], "sku_order_list": items,
	}
}

func (s *Server) refunds(asked request, fault extracttest.Fault) map[string]any {
	rows := s.Shop.Within("refunds", "updated_at", time.Unix(asked.ChangedFrom, 0), time.Unix(asked.ChangedTo, 0))
	page, total := extracttest.Page(rows, asked.Page, asked.Size, fault)
	list := make([]map[string]any, len(page))
	for i, r := range page {
		list[i] = refund(r)
	}
	return success(map[string]any{"items": list, "has_more": (asked.Page+1)*asked.Size < len(rows), "total": total, "page": asked.Page, "size": asked.Size})
}

func refund(r extracttest.Row) map[string]any {
	kinds := map[string]int{"return_refund": 0, "refund_only": 1, "exchange": 3, "other": 7}
	states := map[string]int{"open": 6, "succeeded": 12, "closed": 28}
	money := map[string]int{"open": 1, "succeeded": 3, "closed": 4}
	arbitration := 0
	if r["disputed_at"] != "" {
		arbitration = 1
		if r["closed_by"] == "platform" {
			arbitration = 2
		}
	}
	return map[string]any{
		"aftersale_info": map[string]any{
			"aftersale_id": r["refund_id"], "aftersale_type": kinds[r["type"]], "aftersale_status": states[r["status"]], "refund_status": money[r["status"]],
			"apply_time": r.Seconds("requested_at"), "update_time": r.Seconds("updated_at"), "refund_amount": r.Fen("amount") + 1, "arbitrate_status": arbitration,
		},
		"order_info": map[string]any{"shop_order_id": r["order_id"], "related_order_info": []map[string]any{{"sku_order_id": r["item_id"]}}},
		"text_part":  map[string]any{"reason_text": r["reason"]},
	}
}

func (s *Server) detail(asked request) map[string]any {
	rows := s.Shop.Where("refunds", "refund_id", asked.ID)
	if len(rows) == 0 {
		return failure(50002, "isv.business-failed", "售后单不存在")
	}
	return success(map[string]any{"process_info": map[string]any{"after_sale_info": map[string]any{
		"after_sale_id": asked.ID, "real_refund_amount": rows[0].Fen("amount"), "refund_time": rows[0].Seconds("completed_at"),
	}}})
}
