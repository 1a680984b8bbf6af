package doudian

import (
	"strconv"

	"kefu/extract/api"
)

var statuses = map[int64]string{1: "created", 105: "paid", 2: "paid", 101: "paid", 3: "shipped", 5: "finished"}

// readOrder reads an order. What the buyer really paid is pay_amount without
// what the platform gave (promotion_pay_amount); amounts are fen.
func (c *Connector) readOrder(o *api.Node, rows *api.Rows) error {
	items := o.At("sku_order_list").List()
	quantity := int64(0)
	weights := make([]int64, len(items))
	for i, it := range items {
		quantity += it.At("item_num").Int()
		weights[i] = it.Any("pay_amount", "sum_amount", "origin_amount").Int()
	}
	paidAt := api.Seconds(o.At("pay_time").Text())
	payable := o.At("pay_amount").Int() - o.At("promotion_pay_amount").Int()
	order := map[string]string{
		"order_id": o.At("order_id").Text(), "created_at": api.Seconds(o.At("create_time").Text()), "pay_type": "online", "paid_at": paidAt,
		"shipped_at": api.Seconds(o.At("ship_time").Text()), "ended_at": api.Seconds(o.At("finish_time").Text()), "status": status(o, paidAt),
		"amount": fen(payable), "quantity": strconv.FormatInt(quantity, 10), "updated_at": api.Seconds(o.At("update_time").Text()),
	}
	if c.buyers {
		order["buyer_id"] = o.At("open_id").Text()
	}
	if paidAt != "" {
		order["paid_amount"] = fen(payable)
	}
	if err := rows.Add("orders", o.Raw(), order); err != nil {
		return err
	}
	for i, amount := range api.Prorate(payable, weights) {
		it := items[i]
		if err := rows.Add("order_items", it.Raw(), map[string]string{
			"order_id": order["order_id"], "item_id": it.At("order_id").Text(), "product_id": it.At("product_id").Text(), "sku_id": it.At("sku_id").Text(),
			"title": it.At("product_name").Text(), "quantity": it.At("item_num").Text(), "amount": fen(amount), "updated_at": order["updated_at"],
		}); err != nil {
			return err
		}
	}
	return nil
}

func fen(i int64) string { return api.Fen(strconv.FormatInt(i, 10)) }

// status reads the order's state: 4 is closed before or after payment, 21, 22
// and 39 of main_status are ended by a refund.
func status(o *api.Node, paidAt string) string {
	main := o.At("main_status").Int()
	code := o.At("order_status").Int()
	switch {
	case main == 21 || main == 22 || main == 39 || code == 4 && paidAt != "":
		return "closed_refunded"
	case code == 4:
		return "closed_unpaid"
	}
	if s, ok := statuses[code]; ok {
		return s
	}
	return "order_status " + o.At("order_status").Text() // rejected with its own number
}

// succeeded says whether money went back.
func succeeded(item *api.Node) bool {
	return item.At("aftersale_info", "aftersale_status").Int() == 12 || item.At("aftersale_info", "refund_status").Int() == 3
}

// detailsOf finds the answers of afterSale.Detail by the id that they are of.
func detailsOf(responses []api.Response) map[string]*api.Node {
	out := map[string]*api.Node{}
	for _, r := range responses {
		if r.Call == "afterSale.Detail" {
			id := api.Parse([]byte(r.Params[body])).At("after_sale_id").Text()
			out[id] = api.Parse(r.Body).At("data", "process_info", "after_sale_info")
		}
	}
	return out
}

var kinds = map[int64]string{0: "return_refund", 1: "refund_only", 2: "refund_only", 3: "exchange"}

// readRefund reads an after-sale. An arbitration that is or was under way is
// the platform stepping in; when is not said, the application's time stands in.
func readRefund(item *api.Node, details map[string]*api.Node, rows *api.Rows) error {
	a, o := item.At("aftersale_info"), item.At("order_info")
	id := a.At("aftersale_id").Text()
	requested, updated := api.Seconds(a.Any("apply_time", "create_time").Text()), api.Seconds(a.At("update_time").Text())
	state, completed, closedBy, disputed := "open", "", "", ""
	amount := a.At("refund_amount").Int()
	switch a.At("aftersale_status").Int() {
	case 12:
		state, completed, closedBy = "succeeded", updated, "merchant"
	case 13, 14, 27, 28, 29:
		state, completed, closedBy = "closed", updated, "buyer"
	}
	if d := details[id]; d != nil && state == "succeeded" {
		if at := api.Seconds(d.At("refund_time").Text()); at != "" {
			completed = at
		}
		if real := d.At("real_refund_amount"); !real.Missing() {
			amount = real.Int()
		}
	}
	if arbitration := a.At("arbitrate_status").Int(); arbitration != 0 {
		disputed = requested
		if state != "open" && (arbitration == 2 || arbitration == 3) {
			closedBy = "platform"
		}
	}
	kind, known := kinds[a.At("aftersale_type").Int()]
	if !known || a.At("aftersale_type").Missing() {
		kind = "other"
	}
	order := o.At("shop_order_id").Text()
	line := ""
	for _, related := range o.At("related_order_info").List() {
		line = related.At("sku_order_id").Text()
		break
	}
	return rows.Add("refunds", item.Raw(), map[string]string{
		"refund_id": id, "requested_at": requested, "order_id": order, "item_id": line, "type": kind, "status": state, "completed_at": completed,
		"amount": fen(amount), "reason": item.At("text_part", "reason_text").Text(), "disputed_at": disputed, "closed_by": closedBy, "updated_at": updated,
	})
}
