package kuaishou

import (
	"cmp"
	"strconv"

	"kefu/extract/api"
)

var statuses = map[int64]string{10: "created", 30: "paid", 40: "shipped", 50: "shipped", 70: "finished"}

// readOrder reads an order, which has one item: the platform splits. totalFee
// is what the goods cost the buyer after discounts, in fen; expressFee is not
// in it.
func (c *Connector) readOrder(o *api.Node, rows *api.Rows) error {
	b, it := o.At("orderBaseInfo"), o.At("orderItemInfo")
	paidAt := api.Millis(b.At("payTime").Text())
	amount := api.Fen(b.At("totalFee").Text())
	status, known := statuses[b.At("status").Int()]
	switch {
	case b.At("status").Int() == 80 && paidAt != "":
		status = "closed_refunded"
	case b.At("status").Int() == 80:
		status = "closed_unpaid"
	case !known:
		status = "status " + b.At("status").Text() // rejected with its own number
	}
	ended := ""
	if status == "finished" || b.At("status").Int() == 80 {
		ended = api.Millis(b.Any("recvTime", "updateTime").Text())
		if ended == "" {
			ended = api.Millis(b.At("updateTime").Text())
		}
	}
	order := map[string]string{
		"order_id": b.At("oid").Text(), "created_at": api.Millis(b.At("createTime").Text()), "pay_type": "online", "paid_at": paidAt,
		"shipped_at": api.Millis(b.At("sendTime").Text()), "ended_at": ended, "status": status, "amount": amount,
		"quantity": strconv.FormatInt(it.At("num").Int(), 10), "updated_at": api.Millis(b.At("updateTime").Text()),
	}
	if c.buyers {
		order["buyer_id"] = b.At("buyerOpenId").Text()
	}
	if paidAt != "" {
		order["paid_amount"] = amount
	}
	if err := rows.Add("orders", o.Raw(), order); err != nil {
		return err
	}
	return rows.Add("order_items", it.Raw(), map[string]string{
		"order_id": order["order_id"], "item_id": cmp.Or(it.At("orderItemId").Text(), order["order_id"]), "product_id": it.At("itemId").Text(),
		"sku_id": it.At("skuId").Text(), "title": it.At("itemTitle").Text(), "quantity": it.At("num").Text(), "amount": amount,
		"updated_at": order["updated_at"],
	})
}

var kinds = map[int64]string{1: "return_refund", 10: "refund_only", 3: "exchange"}

// readRefund reads a refund. 20 is the platform at work; a version of the refund
// after that no longer tells. When it stepped in is not said: the
// request's time stands in.
func (c *Connector) readRefund(r *api.Node, rows *api.Rows) error {
	requested, updated := api.Millis(r.Any("createTime", "submitTime").Text()), api.Millis(r.At("updateTime").Text())
	state, completed, disputed, closedBy := "open", "", "", ""
	switch r.At("status").Int() {
	case 60:
		state, closedBy = "succeeded", "merchant"
	case 70:
		state, closedBy = "closed", "buyer"
	case 20:
		disputed = requested
	}
	if state != "open" {
		completed = cmp.Or(api.Millis(r.At("endTime").Text()), updated)
	}
	kind := cmp.Or(kinds[r.At("handlingWay").Int()], "other")
	return rows.Add("refunds", r.Raw(), map[string]string{
		"refund_id": r.At("refundId").Text(), "requested_at": requested, "order_id": r.At("oid").Text(), "item_id": r.At("oid").Text(), "type": kind,
		"status": state, "completed_at": completed, "amount": api.Fen(r.At("refundFee").Text()), "reason": r.At("refundReasonDesc").Text(),
		"disputed_at": disputed, "closed_by": closedBy, "updated_at": updated,
	})
}
