package pdd

import (
	"strconv"

	"kefu/extract/api"
)

// readOrder reads an order. What the buyer paid is pay_amount. The order names
// no buyer and its items carry no amounts of their own: what was paid is shared
// out by price and number.
func readOrder(o *api.Node, rows *api.Rows) error {
	items := o.At("item_list").List()
	quantity := int64(0)
	weights := make([]int64, len(items))
	for i, it := range items {
		n := it.At("goods_count").Int()
		price, _ := api.FenOf(it.At("goods_price").Text())
		quantity, weights[i] = quantity+n, price*n
	}
	paid, _ := api.FenOf(o.At("pay_amount").Text())
	order := map[string]string{
		"order_id": o.At("order_sn").Text(), "created_at": api.Local(o.Any("created_time", "confirm_time").Text()), "pay_type": "online",
		"paid_at": api.Local(o.Any("pay_time", "confirm_time").Text()), "shipped_at": api.Local(o.At("shipping_time").Text()),
		"ended_at": api.Local(o.At("receive_time").Text()), "status": status(o), "amount": api.Yuan(o.At("pay_amount").Text()),
		"paid_amount": api.Yuan(o.At("pay_amount").Text()), "quantity": strconv.FormatInt(quantity, 10), "updated_at": api.Local(o.At("updated_at").Text()),
	}
	if tag := o.At("remark_tag").Int(); tag > 0 {
		order["tags"] = "flag:" + strconv.FormatInt(tag, 10)
	}
	if err := rows.Add("orders", o.Raw(), order); err != nil {
		return err
	}
	for i, amount := range api.Prorate(paid, weights) {
		it := items[i]
		if err := rows.Add("order_items", it.Raw(), map[string]string{
			"order_id": order["order_id"], "item_id": order["order_id"] + "-" + it.Any("sku_id", "goods_id").Text(), "product_id": it.At("goods_id").Text(),
			"sku_id": it.At("sku_id").Text(), "title": it.At("goods_name").Text(), "quantity": it.At("goods_count").Text(),
			"amount": api.Fen(strconv.FormatInt(amount, 10)), "updated_at": order["updated_at"],
		}); err != nil {
			return err
		}
	}
	return nil
}

func status(o *api.Node) string {
	if o.At("refund_status").Int() == 4 || o.At("confirm_status").Int() == 2 {
		return "closed_refunded"
	}
	switch o.At("order_status").Int() {
	case 1:
		return "paid"
	case 2:
		return "shipped"
	case 3:
		return "finished"
	}
	return "order_status " + o.At("order_status").Text() // rejected with its own number
}

var kinds = map[int64]string{2: "refund_only", 3: "return_refund", 4: "exchange"}

// readRefund reads a refund. 8 is the platform at work, 5 and 9 its decisions,
// and dispute_refund_status stays once it has stepped in; when is not said: the
// request's time stands in.
func readRefund(r *api.Node, rows *api.Rows) error {
	state := "open"
	closedBy, disputed := "", ""
	code := r.At("after_sales_status").Int()
	switch code {
	case 10, 16, 31:
		state, closedBy = "succeeded", "merchant"
	case 9:
		state, closedBy = "closed", "platform"
	case 11:
		state, closedBy = "closed", "buyer"
	case 12, 13:
		state, closedBy = "closed", "system"
	case 17:
		state = "closed"
	}
	requested, updated := api.Local(r.At("created_time").Text()), api.Local(r.At("updated_time").Text())
	if code == 5 || code == 8 || code == 9 || r.At("dispute_refund_status").Int() == 1 {
		disputed = requested
	}
	completed := ""
	if state != "open" {
		completed = updated
	}
	kind := kinds[r.At("after_sales_type").Int()]
	if kind == "" {
		kind = "other"
	}
	order := r.At("order_sn").Text()
	item := ""
	if sku := r.Any("sku_id", "goods_id").Text(); sku != "" {
		item = order + "-" + sku
	}
	return rows.Add("refunds", r.Raw(), map[string]string{
		"refund_id": r.At("id").Text(), "requested_at": requested, "order_id": order, "item_id": item, "type": kind, "status": state,
		"completed_at": completed, "amount": api.Yuan(r.At("refund_amount").Text()), "reason": r.At("after_sale_reason").Text(),
		"disputed_at": disputed, "closed_by": closedBy, "updated_at": updated,
	})
}
