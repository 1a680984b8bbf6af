// Package fakekuaishou is the gateway of Kuaishou for tests: it checks what the
// real one checks and sells what a shop's rows say, one item an order.
package fakekuaishou

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"kefu/extract/extracttest"
)

// Server is the gateway of one shop.
type Server struct {
	Shop       *extracttest.Shop
	Faults     *extracttest.Faults
	Meter      extracttest.Meter
	Now        func() time.Time
	AppKey     string
	AppSecret  string
	SignSecret string
	// Grant is the session that is valid.
	Grant extracttest.Grant
}

// ServeHTTP answers calls, /oauth2/access_token and /oauth2/refresh_token.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		http.Error(w, "bad form", http.StatusBadRequest)
		return
	}
	switch r.URL.Path {
	case "/oauth2/refresh_token":
		extracttest.Serve(w, r, extracttest.None, s.Now(), func() []byte { return extracttest.JSON(s.renew(r.PostForm)) })
		return
	case "/oauth2/access_token":
		extracttest.Serve(w, r, extracttest.None, s.Now(), func() []byte { return extracttest.JSON(s.renew(r.URL.Query())) })
		return
	}
	fault, now := s.Faults.Next(), s.Now()
	if fault == extracttest.ClockSkew {
		now = now.Add(25 * time.Minute)
	}
	extracttest.Serve(w, r, fault, now, func() []byte { return extracttest.JSON(s.answer(r, fault, now)) })
}

func failure(result int, code, text string) map[string]any {
	return map[string]any{"result": result, "code": code, "msg": "业务处理失败", "sub_code": code, "sub_msg": text, "error_msg": text, "requestId": "1"}
}

func (s *Server) renew(form url.Values) map[string]any {
	if form.Get("app_id") != s.AppKey || form.Get("app_secret") != s.AppSecret {
		return map[string]any{"result": 100200101, "error": "unauthorized_client", "error_msg": "app_secret is invalid"}
	}
	token, refresh, ok := s.Grant.Answer(form.Get("grant_type"), "code", "refresh_token", form)
	if !ok {
		return map[string]any{"result": 100200102, "error": "access_denied", "error_msg": "code or refreshToken is invalid"}
	}
	return map[string]any{"result": 1, "access_token": token, "refresh_token": refresh, "open_id": "o1", "expires_in": 172800, "refresh_token_expires_in": 15552000}
}

// request is the union of the calls' parameters.
type request struct {
	PageSize  int    `json:"pageSize"`
	QueryType int    `json:"queryType"`
	BeginTime int64  `json:"beginTime"`
	EndTime   int64  `json:"endTime"`
	Cursor    string `json:"cursor"`
	PCursor   string `json:"pcursor"`
}

func (s *Server) answer(r *http.Request, fault extracttest.Fault, now time.Time) map[string]any {
	q := r.URL.Query()
	millis, _ := strconv.ParseInt(q.Get("timestamp"), 10, 64)
	var asked request
	err := json.Unmarshal([]byte(q.Get("param")), &asked)
	switch {
	case err != nil || r.URL.Path != "/"+strings.ReplaceAll(q.Get("method"), ".", "/"):
		return failure(11, "11", "param无效")
	case q.Get("appkey") != s.AppKey:
		return failure(22, "22", "appkey无效")
	case time.UnixMilli(millis).Sub(now).Abs() > 10*time.Minute:
		return failure(28, "28", "timestamp无效")
	case q.Get("sign") != s.sign(q):
		return failure(28, "28", "签名错误")
	case fault == extracttest.ExpiredToken:
		s.Grant.Expire()
		return failure(24, "24", "access_token已过期")
	case !s.Grant.Valid(q.Get("access_token")):
		return failure(24, "24", "access_token已过期")
	case fault == extracttest.Business:
		return failure(2001, "500", "系统繁忙，请稍后重试")
	case fault == extracttest.DailyQuota:
		return failure(1016, "802006", "Exceed quota limit, KEY [appkey:ks]")
	case fault == extracttest.Denied:
		return failure(25, "25", "scope未授权")
	case fault == extracttest.Ban || !s.Meter.Allow(time.Now()):
		return failure(1016, "1016", "Exceed qps limit, KEY [apiId:1;appkey:ks], MAX_QPS [300.0]")
	}
	switch q.Get("method") {
	case "open.order.cursor.list":
		return s.orders(asked, fault)
	case "open.seller.order.refund.pcursor.list":
		return s.refunds(asked, fault)
	case "open.shop.info.get":
		return map[string]any{"result": 1, "data": map[string]any{"shopName": "店"}}
	}
	return failure(11, "11", "method不存在")
}

// sign is written by the platform's page, not by the connector's code.
func (s *Server) sign(q url.Values) string {
	keys := make([]string, 0, len(q))
	for k := range q {
		if k != "sign" {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	text := ""
	for _, k := range keys {
		text += k + "=" + q.Get(k) + "&"
	}
	mac := hmac.New(sha256.New, []byte(s.SignSecret))
	mac.Write([]byte(text + "signSecret=" + s.SignSecret))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// page cuts a page behind the cursor, which names the last row that was given:
// rows that leave the list move nothing.
func page(rows []extracttest.Row, column, key, cursor string, size int, fault extracttest.Fault) (out []extracttest.Row, next string) {
	place := func(r extracttest.Row) string { return strconv.FormatInt(r.Millis(column), 10) + "-" + r[key] }
	from := 0
	if cursor != "" {
		from, _ = slices.BinarySearchFunc(rows, cursor, func(r extracttest.Row, c string) int { return strings.Compare(place(r), c) })
		if from < len(rows) && place(rows[from]) == cursor {
			from++
		}
	}
	to := min(from+size, len(rows))
	out = slices.Clone(rows[from:to])
	if fault == extracttest.Repeat && from > 0 && len(out) > 0 {
		out = append([]extracttest.Row{rows[from-1]}, out...)
	}
	switch {
	case to < len(rows):
		return out, place(rows[to-1])
	case fault == extracttest.EmptyLast && from < to:
		return out, place(rows[to-1])
	}
	return out, "nomore"
}

func (s *Server) orders(asked request, fault extracttest.Fault) map[string]any {
	span := time.Duration(asked.EndTime-asked.BeginTime) * time.Millisecond
	column := map[int]string{1: "created_at", 2: "updated_at"}[asked.QueryType]
	if span <= 0 || span > 7*24*time.Hour || asked.PageSize > 50 || column == "" {
		return failure(2001, "807000", "endTime无效")
	}
	if fault == extracttest.Shift && asked.Cursor != "" {
		s.Shop.Touch(s.Now())
	}
	rows := s.Shop.Within("orders", column, time.UnixMilli(asked.BeginTime), time.UnixMilli(asked.EndTime+1))
	rows, next := page(rows, column, "order_id", asked.Cursor, asked.PageSize, fault)
	list := make([]map[string]any, len(rows))
	for i, r := range rows {
		list[i] = s.order(r)
	}
	return map[string]any{"result": 1, "code": "1", "error_msg": "SUCCESS", "data": map[string]any{"cursor": next, "orderList": list, "pageSize": asked.PageSize}}
}

var statuses = map[string]int{"created": 10, "paid": 30, "shipped": 40, "finished": 70, "closed_unpaid": 80, "closed_refunded": 80}

func (s *Server) order(r extracttest.Row) map[string]any {
	it := s.Shop.Where("order_items", "order_id", r["order_id"])[0]
	return map[string]any{
		"orderBaseInfo": map[string]any{
			"oid": extracttest.Number(r["order_id"]), "status": statuses[r["status"]], "createTime": r.Millis("created_at"), "payTime": r.Millis("paid_at"),
			"sendTime": r.Millis("shipped_at"), "recvTime": r.Millis("ended_at"), "updateTime": r.Millis("updated_at"), "totalFee": it.Fen("amount"),
			"expressFee": 0, "buyerOpenId": r["buyer_id"],
		},
		"orderItemInfo": map[string]any{
			"itemId": extracttest.Number(it["product_id"]), "skuId": extracttest.Number(it["sku_id"]), "itemTitle": it["title"], "num": it.Int("quantity"),
			"orderItemId": extracttest.Number(it["item_id"]),
		},
	}
}

func (s *Server) refunds(asked request, fault extracttest.Fault) map[string]any {
	span := time.Duration(asked.EndTime-asked.BeginTime) * time.Millisecond
	if span <= 0 || span > 24*time.Hour || asked.PageSize > 100 {
		return failure(2001, "300004", "时间范围超出限制")
	}
	rows := s.Shop.Within("refunds", "updated_at", time.UnixMilli(asked.BeginTime), time.UnixMilli(asked.EndTime+1))
	rows, next := page(rows, "updated_at", "refund_id", asked.PCursor, asked.PageSize, fault)
	list := make([]map[string]any, len(rows))
	for i, r := range rows {
		list[i] = refund(r)
	}
	return map[string]any{"result": 1, "data": map[string]any{"pcursor": next, "refundOrderInfoList": list}}
}

func refund(r extracttest.Row) map[string]any {
	ways := map[string]int{"return_refund": 1, "refund_only": 10, "exchange": 3}
	states := map[string]int{"open": 10, "succeeded": 60, "closed": 70}
	state := states[r["status"]]
	if r["disputed_at"] != "" && r["status"] == "open" {
		state = 20
	}
	return map[string]any{
		"refundId": extracttest.Number(r["refund_id"]), "oid": extracttest.Number(r["order_id"]), "status": state, "refundFee": r.Fen("amount"),
		"handlingWay": ways[r["type"]], "refundReasonDesc": r["reason"], "createTime": r.Millis("requested_at"), "updateTime": r.Millis("updated_at"),
		"endTime": r.Millis("completed_at"),
	}
}
