package faketaobao

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"kefu/extract/api"
	"kefu/extract/extracttest"
)

func (s *Server) call(call string, form url.Values, fault extracttest.Fault) map[string]any {
	switch call {
	case "taobao.trades.sold.get":
		return s.trades(form, fault, "created_at", "start_created", "end_created", 100, 0)
	case "taobao.trades.sold.history.get":
		return s.trades(form, fault, "created_at", "start_created", "end_created", 50, 0)
	case "taobao.trades.sold.increment.get":
		return s.trades(form, fault, "updated_at", "start_modified", "end_modified", 100, 24*time.Hour)
	case "taobao.refunds.receive.get":
		return s.refundList(form, fault)
	case "taobao.refund.get":
		return s.refund(form)
	case "taobao.sellercenter.subusers.page":
		return s.subusers(form)
	case "taobao.qianniu.kefueval.get":
		return s.evaluations(form)
	case "taobao.qianniu.cloudkefu.onlinestatuslog.get":
		return s.presence(form)
	case "taobao.wangwang.eservice.chatpeers.get":
		return s.peers(form)
	case "taobao.wangwang.eservice.chatlog.get":
		return s.chatlog(form)
	case "taobao.wangwang.abstract.logquery":
		return s.abstract(form)
	}
	return map[string]any{"error_response": map[string]any{"code": 22, "msg": "Invalid Method"}}
}

// listed is a list of rows, latest first, one page of it.
func listed[T any](form url.Values, fault extracttest.Fault, all []T, most int) ([]T, map[string]any) {
	no, err := strconv.Atoi(form.Get("page_no"))
	if err != nil {
		no = 1
	}
	size, err := strconv.Atoi(form.Get("page_size"))
	if err != nil {
		size = 40
	}
	if size < 1 || size > most || no < 1 {
		return nil, refused("isv.invalid-parameter:page_size", "page_size超出限制")
	}
	page, total := extracttest.Page(all, no-1, size, fault)
	out := map[string]any{"total_results": total}
	if form.Get("use_has_next") == "true" {
		out = map[string]any{"has_next": no*size < len(all)}
	}
	return page, out
}

func (s *Server) span(form url.Values, from, to string) (a, b time.Time, ok bool) {
	a, err := time.ParseInLocation(time.DateTime, form.Get(from), api.Beijing)
	b, err2 := time.ParseInLocation(time.DateTime, form.Get(to), api.Beijing)
	return a, b.Add(time.Second), err == nil && err2 == nil && b.After(a)
}

func (s *Server) trades(form url.Values, fault extracttest.Fault, column, from, to string, most int, longest time.Duration) map[string]any {
	if form.Get("fields") == "" {
		return refused("isv.missing-parameter:fields", "缺少必选参数")
	}
	a, b, ok := s.span(form, from, to)
	if form.Get(from) == "" && form.Get(to) == "" && longest == 0 {
		a, b, ok = s.Now().AddDate(0, -3, 0), s.Now(), true
	}
	if !ok || longest > 0 && b.Sub(a) > longest+time.Second {
		return refused("isv.invalid-parameter:"+from, "时间跨度不能超过一天")
	}
	if fault == extracttest.Shift && form.Get("page_no") != "1" {
		s.Shop.Touch(s.Now())
	}
	rows := s.Shop.Within("orders", column, a, b)
	slices.Reverse(rows)
	page, out := listed(form, fault, rows, most)
	if out["error_response"] != nil {
		return out
	}
	list := make([]map[string]any, len(page))
	for i, r := range page {
		list[i] = s.trade(r)
	}
	if len(list) > 0 {
		out["trades"] = map[string]any{"trade": list}
	}
	return out
}

var statuses = map[string]string{
	"created": "WAIT_BUYER_PAY", "paid": "WAIT_SELLER_SEND_GOODS", "shipped": "WAIT_BUYER_CONFIRM_GOODS", "finished": "TRADE_FINISHED",
	"closed_refunded": "TRADE_CLOSED", "closed_unpaid": "TRADE_CLOSED_BY_TAOBAO",
}

func (s *Server) trade(r extracttest.Row) map[string]any {
	items := s.Shop.Where("order_items", "order_id", r["order_id"])
	list := make([]map[string]any, len(items))
	for i, it := range items {
		list[i] = extracttest.Present(map[string]any{
			"oid": extracttest.Number(it["item_id"]), "num_iid": extracttest.Number(it["product_id"]), "sku_id": it["sku_id"], "title": it["title"],
			"num": it.Int("quantity"), "payment": it["amount"], "divide_order_fee": it["amount"],
		})
	}
	kind := "fixed"
	switch r["pay_type"] {
	case "cod":
		kind = "cod"
	case "staged":
		kind = "step"
	}
	t := map[string]any{
		"tid": extracttest.Number(r["order_id"]), "type": kind, "status": statuses[r["status"]], "buyer_nick": r["buyer_id"], "created": r.Local("created_at"),
		"pay_time": r.Local("paid_at"), "consign_time": r.Local("shipped_at"), "end_time": r.Local("ended_at"), "modified": r.Local("updated_at"),
		"payment": r["amount"], "orders": map[string]any{"order": list},
	}
	if kind == "step" {
		t["step_trade_status"] = "FRONT_PAID_FINAL_NOPAID"
		if r["paid_at"] != "" {
			t["step_trade_status"] = "FRONT_PAID_FINAL_PAID"
		} else {
			t["pay_time"] = r.Local("deposit_paid_at")
		}
	}
	if flag, ok := strings.CutPrefix(r["tags"], "flag:"); ok {
		t["seller_flag"] = extracttest.Number(flag)
	}
	return extracttest.Present(t)
}

func (s *Server) refundList(form url.Values, fault extracttest.Fault) map[string]any {
	a, b, ok := s.span(form, "start_modified", "end_modified")
	if !ok {
		return refused("isv.invalid-parameter:start_modified", "时间错误")
	}
	rows := s.Shop.Within("refunds", "updated_at", a, b)
	slices.Reverse(rows)
	page, out := listed(form, fault, rows, 100)
	list := make([]map[string]any, len(page))
	for i, r := range page {
		list[i] = map[string]any{"refund_id": r["refund_id"], "modified": r.Local("updated_at")}
	}
	if len(list) > 0 {
		out["refunds"] = map[string]any{"refund": list}
	}
	return out
}

func (s *Server) refund(form url.Values) map[string]any {
	rows := s.Shop.Where("refunds", "refund_id", form.Get("refund_id"))
	if len(rows) == 0 {
		return refused("isv.refund-not-exist", "退款不存在")
	}
	r := rows[0]
	kinds := map[string]string{"refund_only": "REFUND", "return_refund": "REFUND_AND_RETURN", "exchange": "TMALL_EXCHANGE", "other": "OTHERS"}
	states := map[string]string{"open": "WAIT_SELLER_AGREE", "succeeded": "SUCCESS", "closed": "CLOSED"}
	cs := 1
	if r["disputed_at"] != "" {
		cs = 3
		if r["status"] != "open" && r["closed_by"] == "platform" {
			cs = 6
		}
	}
	return map[string]any{"refund": extracttest.Present(map[string]any{
		"refund_id": r["refund_id"], "tid": extracttest.Number(r["order_id"]), "oid": extracttest.Number(r["item_id"]), "buyer_nick": r["buyer_id"],
		"status": states[r["status"]], "created": r.Local("requested_at"), "modified": r.Local("updated_at"), "end_time": r.Local("completed_at"),
		"refund_fee": r["amount"], "reason": r["reason"], "dispute_type": kinds[r["type"]], "has_good_return": r["type"] == "return_refund", "cs_status": cs,
	})}
}
