package fakejd

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"kefu/extract/extracttest"
)

const never = "0001-01-01 00:00:00"

func orNever(text string) string {
	if text == "" {
		return never
	}
	return text
}

func refusal(text string) map[string]any {
	return map[string]any{"apiResult": map[string]any{"success": false, "englishErrCode": "param", "chineseErrCode": text, "numberCode": 10100003}}
}

func (s *Server) orders(asked map[string]string, fault extracttest.Fault) map[string]any {
	column := "updated_at"
	if asked["dateType"] == "1" {
		column = "created_at"
	}
	a, b, ok := span(asked, "start_date", "end_date", 31*24*time.Hour)
	if !ok || asked["optional_fields"] == "" || asked["order_state"] == "" {
		return map[string]any{"searchorderinfo_result": refusal("时间跨度超过一个月")}
	}
	if fault == extracttest.Shift && asked["page"] != "1" {
		s.Shop.Touch(s.Now())
	}
	page, total, ok := paged(asked, "page", "page_size", 100, s.Shop.Within("orders", column, a, b), fault)
	if !ok {
		return map[string]any{"searchorderinfo_result": refusal("分页错误")}
	}
	list := make([]map[string]any, len(page))
	for i, r := range page {
		list[i] = s.order(r)
	}
	return map[string]any{"searchorderinfo_result": map[string]any{
		"apiResult": map[string]any{"success": true}, "orderTotal": strconv.Itoa(total), "orderInfoList": list,
	}}
}

func (s *Server) order(r extracttest.Row) map[string]any {
	items := []map[string]any{}
	for _, it := range s.Shop.Where("order_items", "order_id", r["order_id"]) {
		fen, n := it.Fen("amount"), it.Int("quantity")
		items = append(items, map[string]any{
			"skuId": it["sku_id"], "wareId": it["product_id"], "skuName": it["title"], "itemTotal": it["quantity"],
			"jdPrice": strconv.FormatFloat(float64(fen/n)/100, 'f', 2, 64),
		})
	}
	states := map[string]string{
		"created": "WAIT_SELLER_STOCK_OUT", "paid": "WAIT_SELLER_STOCK_OUT", "shipped": "WAIT_GOODS_RECEIVE_CONFIRM", "finished": "FINISHED_L",
		"closed_unpaid": "TRADE_CANCELED", "closed_refunded": "TRADE_CANCELED",
	}
	return map[string]any{
		"orderId": r["order_id"], "pin": r["buyer_id"], "orderState": states[r["status"]], "orderStartTime": r.Local("created_at"),
		"paymentConfirmTime": orNever(r.Local("paid_at")), "orderEndTime": orNever(r.Local("ended_at")), "modified": r.Local("updated_at"),
		"payType": "4-在线支付", "shouldPay": r["amount"], "actualPay": "0.00", "itemInfoList": items,
	}
}

// cancels says which refunds of the sample are cancellations before shipping.
func cancels(r extracttest.Row) bool { return r["type"] == "refund_only" }

func (s *Server) cancelled(asked map[string]string, fault extracttest.Fault) map[string]any {
	a, b, ok := span(asked, "applyTimeStart", "applyTimeEnd", 0)
	rows := slices.DeleteFunc(s.Shop.Within("refunds", "requested_at", a, b), func(r extracttest.Row) bool { return !cancels(r) })
	page, total, fits := paged(asked, "pageIndex", "pageSize", 50, rows, fault)
	if !ok || !fits {
		return map[string]any{"queryResult": map[string]any{"success": false, "errorCode": "1", "message": "参数错误"}}
	}
	states := map[string]int{"open": 0, "succeeded": 3, "closed": 2}
	list := make([]map[string]any, len(page))
	for i, r := range page {
		list[i] = map[string]any{
			"id": extracttest.Number(r["refund_id"]), "orderId": r["order_id"], "buyerId": r["buyer_id"], "applyTime": r.Local("requested_at"),
			"checkTime": r.Local("completed_at"), "applyRefundSum": r.Fen("amount"), "status": states[r["status"]], "reason": r["reason"],
		}
	}
	return map[string]any{"queryResult": map[string]any{"success": true, "totalCount": total, "result": list}}
}

func (s *Server) returned(asked map[string]string, fault extracttest.Fault) map[string]any {
	a, b, ok := span(asked, "applyTimeBegin", "applyTimeEnd", 7*24*time.Hour)
	rows := slices.DeleteFunc(s.Shop.Within("refunds", "requested_at", a, b), cancels)
	page, total, fits := paged(asked, "pageNumber", "pageSize", 50, rows, fault)
	if !ok || !fits {
		return map[string]any{"pageResult": map[string]any{"success": false, "code": "10001", "msg": "参数错误"}}
	}
	states := map[string]int{"open": 10, "succeeded": 13, "closed": 14}
	list := make([]map[string]any, len(page))
	for i, r := range page {
		list[i] = map[string]any{
			"afsRefundId": extracttest.Number(r["refund_id"]), "status": states[r["status"]], "refoundAmount": r["amount"], "completeTime": r.Local("completed_at"),
			"sameOrderServiceBill": map[string]any{
				"serviceId": extracttest.Number(r["refund_id"]), "orderId": extracttest.Number(r["order_id"]), "customerPin": r["buyer_id"],
				"afsApplyTime": r.Local("requested_at"), "applyReason": r["reason"],
			},
		}
	}
	return map[string]any{"pageResult": map[string]any{"success": true, "code": "00000", "totalCount": total, "data": list}}
}

func (s *Server) group() map[string]any {
	list := []map[string]any{}
	for _, r := range s.Shop.Rows("agents") {
		list = append(list, map[string]any{"waiter": r["agent_id"], "yn": 1, "level": 1})
	}
	return map[string]any{"popgroup": map[string]any{"shopName": "店", "waiterCount": len(list), "waiterList": list}}
}

// talks are the messages of a window; as in the platform's own sample the total
// beside them is 1.
func (s *Server) talks(asked map[string]string) ([]extracttest.Row, bool) {
	a, b, ok := span(asked, "startTime", "endTime", 7*24*time.Hour)
	return s.Shop.Within("chat_messages", "sent_at", a, b), ok
}

func (s *Server) sessions(asked map[string]string, fault extracttest.Fault) map[string]any {
	waiters := strings.Split(asked["waiter"], ",")
	rows, ok := s.talks(asked)
	if !ok {
		return map[string]any{"ChatSessionPage": map[string]any{"totalRecord": 0}}
	}
	list, seen := []map[string]any{}, map[string]bool{}
	for _, r := range rows {
		if seen[r["case_id"]] || !slices.Contains(waiters, r["agent_id"]) {
			continue
		}
		seen[r["case_id"]] = true
		list = append(list, map[string]any{
			"customer": r["buyer_id"], "waiter": r["agent_id"], "beginTime": r.Millis("sent_at"), "endTime": r.Millis("sent_at"), "sessionType": 1,
			"transfer": false, "sid": r["case_id"], "skuId": 0,
		})
	}
	page, _, _ := paged(asked, "page", "pageSize", 50, list, fault)
	return map[string]any{"ChatSessionPage": map[string]any{"totalRecord": 1, "chatSessionList": page}}
}

func (s *Server) chats(asked map[string]string, fault extracttest.Fault) map[string]any {
	rows, _ := s.talks(asked)
	list := []map[string]any{}
	for _, r := range rows {
		if r["buyer_id"] != asked["customer"] || asked["waiter"] != "" && r["agent_id"] != asked["waiter"] {
			continue
		}
		channel := 11
		if r["sender"] == "agent" {
			channel = 21
		}
		list = append(list, map[string]any{
			"customer": r["buyer_id"], "waiter": r["agent_id"], "content": r["text"], "sid": r["case_id"], "skuId": 0, "time": r.Millis("sent_at"),
			"channel": channel, "waiterSend": r["sender"] == "agent",
		})
	}
	page, _, _ := paged(asked, "page", "pageSize", 50, list, fault)
	return map[string]any{"ChatLogPage": map[string]any{"totalRecord": 1, "chatLogList": page}}
}

// of says whether the row is of an account that was asked for.
func of(asked map[string]string, r extracttest.Row) bool {
	return slices.Contains(strings.Split(asked["waiter"], ","), r["agent_id"])
}

func (s *Server) evaluations(asked map[string]string, fault extracttest.Fault) map[string]any {
	a, b, _ := span(asked, "startTime", "endTime", 7*24*time.Hour)
	list := []map[string]any{}
	for _, r := range s.Shop.Within("evaluations", "rated_at", a, b) {
		if !of(asked, r) {
			continue
		}
		list = append(list, map[string]any{"customer": r["buyer_id"], "waiter": r["agent_id"], "desc": "", "score": r.Int("score"), "evaTime": r.Millis("rated_at")})
	}
	page, _, _ := paged(asked, "page", "pageSize", 50, list, fault)
	return map[string]any{"Evaluation": page}
}

func (s *Server) logins(asked map[string]string, fault extracttest.Fault) map[string]any {
	a, b, _ := span(asked, "startTime", "endTime", 7*24*time.Hour)
	list := []map[string]any{}
	for _, r := range s.Shop.Within("agent_presence", "from_at", a, b) {
		if r["state"] == "online" && of(asked, r) {
			list = append(list, map[string]any{"waiter": r["agent_id"], "loginTime": r.Local("from_at"), "logoutTime": r.Local("to_at"), "ip": "10.0.0.1", "loginSid": "1"})
		}
	}
	page, _, _ := paged(asked, "page", "pageSize", 50, list, fault)
	return map[string]any{"PassLog": page}
}
