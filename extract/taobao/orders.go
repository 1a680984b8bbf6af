package taobao

import (
	"strconv"

	"kefu/extract/api"
)

const (
	tradeFields = "tid,type,status,buyer_nick,buyer_open_uid,created,pay_time,consign_time,end_time,modified,payment,total_fee," +
		"post_fee,num,seller_flag,step_trade_status,step_paid_fee,orders.oid,orders.num_iid,orders.sku_id,orders.title," +
		"orders.num,orders.price,orders.total_fee,orders.payment,orders.divide_order_fee,orders.status,orders.refund_status"
	tradeTypes = "guarantee_trade,auto_delivery,ec,cod,step,fixed,tmall_i18n,nopaid"
)

// statuses maps the gateway's trade states.
var statuses = map[string]string{
	"TRADE_NO_CREATE_PAY": "created", "WAIT_BUYER_PAY": "created", "PAY_PENDING": "created", "WAIT_PRE_AUTH_CONFIRM": "created",
	"WAIT_SELLER_SEND_GOODS": "paid", "SELLER_CONSIGNED_PART": "paid", "PAID_FORBID_CONSIGN": "paid",
	"WAIT_BUYER_CONFIRM_GOODS": "shipped", "TRADE_BUYER_SIGNED": "shipped",
	"TRADE_FINISHED": "finished", "TRADE_CLOSED": "closed_refunded", "TRADE_CLOSED_BY_TAOBAO": "closed_unpaid",
}

func readTrades(n *api.Node, rows *api.Rows) error {
	for _, t := range rowsOf(n) {
		rows.Next()
		if err := readTrade(t, rows); err != nil {
			return err
		}
	}
	return nil
}

func readTrade(t *api.Node, rows *api.Rows) error {
	items := t.At("orders", "order").List()
	if items == nil {
		items = t.At("orders").List()
	}
	quantity := int64(0)
	for _, i := range items {
		quantity += i.At("num").Int()
	}
	if quantity == 0 {
		quantity = t.At("num").Int()
	}
	status, known := statuses[t.At("status").Text()]
	if !known {
		status = t.At("status").Text() // rejected with its own word
	}
	order := map[string]string{
		"order_id": t.At("tid").Text(), "created_at": api.Local(t.At("created").Text()), "buyer_id": t.At("buyer_nick").Text(),
		"pay_type": "online", "paid_at": api.Local(t.At("pay_time").Text()), "shipped_at": api.Local(t.At("consign_time").Text()),
		"ended_at": api.Local(t.At("end_time").Text()), "status": status, "amount": t.At("payment").Text(),
		"quantity": strconv.FormatInt(quantity, 10), "updated_at": api.Local(t.At("modified").Text()),
	}
	if flag := t.At("seller_flag").Int(); flag > 0 {
		order["tags"] = "flag:" + strconv.FormatInt(flag, 10)
	}
	switch step := t.At("step_trade_status").Text(); {
	case t.At("type").Text() == "cod":
		order["pay_type"] = "cod"
	case t.At("type").Text() == "step" || step != "":
		order["pay_type"] = "staged"
		if step != "" && step != "FRONT_PAID_FINAL_PAID" {
			// Only the deposit is paid: pay_time is its time.
			order["deposit_paid_at"], order["paid_at"] = order["paid_at"], ""
		}
	}
	if order["paid_at"] != "" || order["pay_type"] == "cod" {
		order["paid_amount"] = order["amount"]
	}
	if err := rows.Add("orders", t.Raw(), order); err != nil {
		return err
	}
	for _, i := range items {
		if err := readItem(t, i, rows); err != nil {
			return err
		}
	}
	return nil
}

func readItem(t, i *api.Node, rows *api.Rows) error {
	return rows.Add("order_items", i.Raw(), map[string]string{
		"order_id": t.At("tid").Text(), "item_id": i.At("oid").Text(), "product_id": i.At("num_iid").Text(), "sku_id": i.At("sku_id").Text(),
		"title": i.At("title").Text(), "quantity": i.At("num").Text(), "amount": i.Any("divide_order_fee", "payment", "total_fee").Text(),
		"updated_at": api.Local(t.At("modified").Text()),
	})
}
