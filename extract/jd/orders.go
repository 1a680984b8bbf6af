package jd

import (
	"cmp"
	"strconv"
	"strings"

	"kefu/extract/api"
)

func ordersOf(n *api.Node) []*api.Node {
	return n.At("searchorderinfo_result", "orderInfoList").List()
}

func cancelledOf(n *api.Node) []*api.Node { return n.At("queryResult", "result").List() }

func returnedOf(n *api.Node) []*api.Node { return n.At("pageResult", "data").List() }

// readOrder reads an order. shouldPay is what it costs the buyer; actualPay is
// what was truly paid, filled late: until then shouldPay stands in. The items
// share it by price and number.
func readOrder(o *api.Node, rows *api.Rows) error {
	items := o.At("itemInfoList").List()
	quantity := int64(0)
	weights := make([]int64, len(items))
	for i, it := range items {
		n := it.At("itemTotal").Int()
		price, _ := api.FenOf(it.At("jdPrice").Text())
		quantity, weights[i] = quantity+n, price*n
	}
	payable := cmp.Or(o.At("shouldPay").Text(), o.At("orderSellerPrice").Text())
	paid, _ := api.FenOf(payable)
	if actual, ok := api.FenOf(o.At("actualPay").Text()); ok && actual > 0 {
		paid = actual
	}
	kind, _, _ := strings.Cut(o.At("payType").Text(), "-")
	cod := strings.TrimSpace(kind) == "1"
	paidAt := api.Local(o.At("paymentConfirmTime").Text())
	order := map[string]string{
		"order_id": o.At("orderId").Text(), "created_at": api.Local(o.At("orderStartTime").Text()), "buyer_id": o.At("pin").Text(),
		"pay_type": "online", "paid_at": paidAt, "ended_at": api.Local(o.At("orderEndTime").Text()), "status": status(o, paidAt != "", cod),
		"amount": api.Yuan(payable), "quantity": strconv.FormatInt(quantity, 10), "updated_at": api.Local(o.At("modified").Text()),
	}
	if cod {
		order["pay_type"] = "cod"
	}
	if paidAt != "" || cod {
		order["paid_amount"] = fen(paid)
	}
	if err := rows.Add("orders", o.Raw(), order); err != nil {
		return err
	}
	for i, amount := range api.Prorate(paid, weights) {
		it := items[i]
		if err := rows.Add("order_items", it.Raw(), map[string]string{
			"order_id": order["order_id"], "item_id": it.At("skuId").Text(), "product_id": cmp.Or(it.At("wareId").Text(), it.At("skuId").Text()),
			"sku_id": it.At("skuId").Text(), "title": it.At("skuName").Text(), "quantity": it.At("itemTotal").Text(), "amount": fen(amount),
			"updated_at": order["updated_at"],
		}); err != nil {
			return err
		}
	}
	return nil
}

func fen(i int64) string { return api.Fen(strconv.FormatInt(i, 10)) }

// status reads the order's state. One that is paid on delivery waits for its
// goods like a paid one; cancelled without a payment it was never paid.
func status(o *api.Node, paid, cod bool) string {
	switch state := o.At("orderState").Text(); state {
	case "WAIT_SELLER_STOCK_OUT", "WAIT_SELLER_DELIVERY", "PAUSE", "POP_ORDER_PAUSE", "LOCKED":
		if paid || cod {
			return "paid"
		}
		return "created"
	case "WAIT_GOODS_RECEIVE_CONFIRM":
		return "shipped"
	case "FINISHED_L":
		return "finished"
	case "TRADE_CANCELED":
		if paid {
			return "closed_refunded"
		}
		return "closed_unpaid"
	default:
		return state // rejected with its own word
	}
}

// cancelStates are those in which a cancelled order's money went back; 2 and 4
// are refusals.
func cancelState(code string) string {
	switch code {
	case "3", "6", "9", "16":
		return "succeeded"
	case "2", "4", "7", "11":
		return "closed"
	}
	return "open"
}

// readCancelled reads a refund that was asked for before shipping: one of the
// whole order, in fen.
func readCancelled(r *api.Node, rows *api.Rows) error {
	if inner := r.At("refundApplyVo"); !inner.Missing() {
		r = inner
	}
	requested, checked := api.Local(r.At("applyTime").Text()), api.Local(r.At("checkTime").Text())
	state, completed, closedBy := cancelState(r.At("status").Text()), "", ""
	if state != "open" {
		completed, closedBy = cmp.Or(checked, requested), "merchant"
	}
	return rows.Add("refunds", r.Raw(), map[string]string{
		"refund_id": "apply-" + r.At("id").Text(), "requested_at": requested, "order_id": r.At("orderId").Text(), "buyer_id": r.At("buyerId").Text(),
		"type": "refund_only", "status": state, "completed_at": completed, "amount": api.Fen(r.At("applyRefundSum").Text()), "reason": r.At("reason").Text(),
		"closed_by": closedBy, "updated_at": cmp.Or(checked, requested),
	})
}

// readReturned reads a service bill with its refund: 13 is success, 14 failure.
func readReturned(r *api.Node, rows *api.Rows) error {
	bill := r.At("sameOrderServiceBill")
	requested, completed := api.Local(bill.At("afsApplyTime").Text()), api.Local(r.At("completeTime").Text())
	approved := api.Local(bill.At("approveDate").Text())
	state, closedBy := "open", ""
	switch r.At("status").Int() {
	case 13:
		state, closedBy = "succeeded", "merchant"
	case 14:
		state = "closed"
	}
	if state == "open" {
		completed = ""
	} else {
		completed = cmp.Or(completed, approved, requested)
	}
	return rows.Add("refunds", r.Raw(), map[string]string{
		"refund_id": "service-" + bill.At("serviceId").Text(), "requested_at": requested, "order_id": bill.At("orderId").Text(),
		"item_id": bill.At("wareId").Text(), "buyer_id": bill.At("customerPin").Text(), "type": "return_refund", "status": state, "completed_at": completed,
		"amount": r.At("refoundAmount").Text(), "reason": cmp.Or(bill.At("applyReason").Text(), bill.At("questionDesc").Text()), "closed_by": closedBy,
		"updated_at": cmp.Or(completed, approved, requested),
	})
}
