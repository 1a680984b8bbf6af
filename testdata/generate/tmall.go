package main

import (
	"errors"
	"path/filepath"
	"strconv"
	"time"
)

// listing is an export of a stretch of days as the platform knew them at a time.
type listing struct {
	from, to int64 // of creation
	asOf     int64
	table    table
	old      bool // older headers
}

func (l *listing) holds(at int64) bool { return at >= l.from && at < l.to && at <= l.asOf }

// tmall writes the exports of Taobao's and Tmall's seller centre.
type tmall struct {
	shop    *shop
	orders  []*listing
	items   []*listing
	refunds []*listing
	chats   *wangwang
	rows    int
}

var tmallOrderHeader = []string{
	"订单编号", "买家会员名", "买家支付宝账号", "买家应付货款", "买家应付邮费", "买家支付积分", "总金额", "返点积分", "买家实际支付金额", "买家实际支付积分",
	"订单状态", "买家留言", "收货人姓名", "收货地址", "运送方式", "联系电话", "联系手机", "订单创建时间", "订单付款时间", "宝贝标题", "宝贝种类",
	"物流单号", "物流公司", "订单备注", "宝贝总数量", "店铺Id", "店铺名称", "订单关闭原因", "卖家服务费", "买家服务费", "发票抬头", "是否手机订单",
	"分阶段订单信息", "特权订金订单id", "定金排名", "修改后的sku", "修改后的收货地址", "异常信息", "天猫卡券抵扣", "集分宝抵扣", "是否是O2O交易",
	"退款金额", "预约门店", "确认收货时间", "打款商家金额",
}

var tmallItemHeader = []string{
	"子订单编号", "主订单编号", "标题", "价格", "购买数量", "外部系统编号", "商品属性", "套餐信息", "备注", "订单状态", "商家编码", "支付单号",
	"买家应付货款", "买家实际支付金额", "退款状态", "退款金额", "订单创建时间", "订单付款时间", "发货时间", "确认收货时间", "物流单号", "商品ID",
}

var tmallOldItemHeader = []string{
	"订单编号", "标题", "价格", "购买数量", "外部系统编号", "商品属性", "套餐信息", "备注", "订单状态", "商家编码",
}

var tmallRefundHeader = []string{
	"订单编号", "退款编号", "支付宝交易号", "订单付款时间", "商品编码", "退款完结时间", "买家会员名称", "买家实际支付金额", "宝贝标题", "退款总额",
	"退给买家金额", "退给平台金额", "售后类型", "退款申请时间", "超时时间", "退款状态", "货物状态", "客服介入状态", "买家退款原因", "责任方", "售中或售后",
	"商家备注", "部分退款/全部退款", "审核操作人", "退款操作人",
}

var tmallOldRefundHeader = []string{
	"订单编号", "退款编号", "支付宝交易号", "订单付款时间", "商家编码", "退款完结时间", "买家会员名称", "买家实际支付金额", "宝贝标题", "买家退款金额",
	"手工退款/系统退款", "是否需要退货", "退款的申请时间", "超时时间", "退款状态", "货物状态", "退货物流信息", "发货物流信息", "客服介入状态", "卖家真实姓名",
	"卖家退货地址", "卖家邮编", "卖家电话", "卖家手机", "退货物流单号", "退货物流公司", "买家退款原因", "买家退款说明", "买家退货时间", "责任方", "售中或售后",
	"商家备注", "完结时间", "部分退款/全部退款", "审核操作人", "举证超时", "是否零秒响应", "退款操作人",
}

// openTmall opens the exports of three days: the first and the second are of
// half a period each, the last is of all that may have changed since.
func openTmall(s *shop, folder string) (*tmall, error) {
	t := &tmall{shop: s, chats: newWangwang(s, folder)}
	third := int64(s.days/3) * day
	first, second := firstDay+third, firstDay+2*third
	open := func(to *[]*listing, l listing, prefix, ext string, header []string) error {
		path := filepath.Join(folder, prefix+time.Unix(l.asOf, 0).UTC().Format("200601021504")+ext)
		var err error
		if ext == ".xlsx" {
			l.table, err = createXLSX(path, header)
		} else {
			l.table, err = createCSV(path, "gbk", header)
		}
		*to = append(*to, &l)
		return err
	}
	old := firstDay + third/2
	err := errors.Join(
		open(&t.orders, listing{from: firstDay, to: first, asOf: first + 9*hour + 30*minute}, "ExportOrderList", ".csv.gz", tmallOrderHeader),
		open(&t.orders, listing{from: first, to: second, asOf: second + 9*hour + 30*minute}, "ExportOrderList", ".csv.gz", tmallOrderHeader),
		open(&t.orders, listing{from: firstDay, to: s.end, asOf: s.exported}, "ExportOrderList", ".csv", tmallOrderHeader),
		open(&t.items, listing{from: firstDay, to: old, asOf: old + 9*hour + 31*minute, old: true}, "ExportOrderDetailList", ".csv", tmallOldItemHeader),
		open(&t.items, listing{from: old, to: s.end, asOf: s.exported}, "ExportOrderDetailList", ".csv", tmallItemHeader),
		open(&t.refunds, listing{from: firstDay, to: first, asOf: s.exported, old: true}, "refunds-old", ".xlsx", tmallOldRefundHeader),
		open(&t.refunds, listing{from: first, to: s.end, asOf: s.exported}, "refunds-", ".xlsx", nil),
	)
	if err != nil {
		return nil, err
	}
	banner := t.refunds[1].table // two rows above the header
	return t, errors.Join(banner.row("退款管理导出", "", "共一个工作表"), banner.row(tmallRefundHeader...), t.badOrders())
}

// badOrders are for the quarantine: an amount that is none, a date that does not
// exist, an order paid before it was created, an id that a spreadsheet spoiled.
func (t *tmall) badOrders() error {
	o := order{id: "3300000000000000001", buyer: "示例买家0000", created: firstDay + 10*hour, items: []item{{product: t.shop.products[0], quantity: 1}}}
	to := t.orders[2]
	cells := func(change func(c []string)) error {
		c := t.orderCells(&o, to.asOf)
		change(c)
		return to.table.row(c...)
	}
	return errors.Join(
		cells(func(c []string) { c[3], c[6] = "待定", "待定" }),
		cells(func(c []string) { c[0], c[17] = `="3300000000000000002"`, "2026-02-30 10:00:00" }),
		cells(func(c []string) {
			c[0], c[18], c[10] = `="3300000000000000003"`, clock(o.created-hour), "买家已付款，等待卖家发货"
		}),
		cells(func(c []string) { c[0] = "3.3E+18" }),
	)
}

func (t *tmall) conversation(c *conversation) error { return t.chats.conversation(c) }

func (t *tmall) endOfDay(d int) error { return t.chats.endOfDay(d) }

func (t *tmall) order(o *order) error {
	var errs []error
	for _, l := range t.orders {
		if l.holds(o.created) {
			errs = append(errs, l.table.row(t.orderCells(o, l.asOf)...))
		}
	}
	for _, l := range t.items {
		if l.holds(o.created) {
			errs = append(errs, t.itemRows(o, l))
		}
	}
	if r := o.refund; r != nil {
		for _, l := range t.refunds {
			if l.holds(r.requested) {
				errs = append(errs, l.table.row(refundCells(o, l)...))
			}
		}
	}
	return errors.Join(errs...)
}

var tmallStatus = map[string]string{
	"created": "等待买家付款", "paid": "买家已付款，等待卖家发货", "shipped": "卖家已发货，等待买家确认", "finished": "交易成功",
	"closed_unpaid": "交易关闭", "closed_refunded": "交易关闭",
}

// orderCells is an order as the list of a time shows it.
func (t *tmall) orderCells(o *order, asOf int64) []string {
	t.rows++
	status := o.status(asOf)
	paid := "0.00"
	if before(o.paid, asOf) != 0 {
		paid = yuan(o.amount())
	}
	reason, refunded, stages, phone := "订单未关闭", "0.00", "", ""
	switch status {
	case "closed_unpaid":
		reason = "买家未付款"
	case "closed_refunded":
		reason, refunded = "退款", yuan(o.refund.amount)
	}
	if o.staged {
		stages = "阶段1：买家已付款 " + clock(before(o.deposit, asOf)) + "；阶段2：待付款"
		if before(o.paid, asOf) != 0 {
			stages = "阶段1：买家已付款 " + clock(o.deposit) + "；阶段2：买家已付款 " + clock(o.paid)
		}
	}
	if o.phone {
		phone = "手机订单"
	}
	tracking := ""
	if before(o.shipped, asOf) != 0 {
		tracking = "SF" + o.id[len(o.id)-10:]
	}
	return []string{
		`="` + o.id + `"`, o.buyer, "demo@example.com", yuan(o.goods), yuan(o.postage), "0", yuan(o.amount()), "0", paid, "0",
		tmallStatus[status], "", "示例收货人", "示例省示例市示例区1号", "快递", "", "'13800000000", clock(o.created), clock(before(o.paid, asOf)),
		o.items[0].product.title, strconv.Itoa(len(o.items)), tracking, "示例快递", "'null", strconv.Itoa(o.quantity()), "100000001", t.shop.title, reason,
		"0", "0元", "", phone, stages, "", "", "", "", "", "", "", "", refunded, "", clock(before(o.finished, asOf)), yuan(o.amount()) + "元",
	}
}

func (t *tmall) itemRows(o *order, l *listing) error {
	status := tmallStatus[o.status(l.asOf)]
	for i, it := range o.items {
		p := it.product
		price, n := yuan(p.price), strconv.Itoa(it.quantity)
		row := []string{`="` + o.id + `"`, p.title, price, n, p.id, "颜色分类：默认", "", "", status, p.sku}
		if !l.old {
			refund, amount := "没有申请退款", "无退款申请"
			if r := o.refund; r != nil && i == 0 && before(r.requested, l.asOf) != 0 {
				refund, amount = "退款中", yuan(r.amount)
			}
			paid := "0.00"
			if before(o.paid, l.asOf) != 0 {
				paid = yuan(it.paid)
			}
			row = []string{
				`="` + it.id + `"`, `="` + o.id + `"`, p.title, price, n, p.sku, "颜色分类：默认", "", "", status, p.sku, "", yuan(it.paid), paid,
				refund, amount, clock(o.created), clock(before(o.paid, l.asOf)), clock(before(o.shipped, l.asOf)), clock(before(o.finished, l.asOf)), "", p.id,
			}
		}
		if err := l.table.row(row...); err != nil {
			return err
		}
	}
	return nil
}

// refundCells is a refund as the list of a time shows it.
func refundCells(o *order, l *listing) []string {
	r := o.refund
	status, completed, operator, manual := "买家已经申请退款，等待卖家同意", "", "", ""
	if before(r.completed, l.asOf) != 0 {
		completed = clock(r.completed)
		status = map[string]string{"succeeded": "退款成功", "closed": "退款关闭"}[r.status]
		switch r.by {
		case "platform":
			operator, manual = "小二", "手工退款"
		case "system":
			operator, manual = "系统", "系统退款"
		case "buyer":
			operator = "买家"
		default:
			operator, manual = r.agent.id, "手工退款"
		}
	}
	stepped := "未介入"
	if r.disputed {
		stepped = "客服已介入"
	}
	back, kind := "不需要退货", "仅退款"
	if r.kind == "return_refund" {
		back, kind = "需要退货", "退货退款"
	}
	part := "部分退款"
	if len(o.items) == 1 {
		part = "全部退款"
	}
	amount, p := yuan(r.amount), o.items[0].product
	if l.old {
		return []string{
			o.id, r.id, "2026" + r.id, clock(o.paid), p.sku, completed, o.buyer, yuan(o.amount()), p.title, amount, manual, back,
			clock(r.requested), "", status, "买家已收到货", "", "", stepped, "示例卖家", "示例省示例市", "000000", "", "", "", "", r.reason, "", "", "", "售中",
			"", completed, part, operator, "", "否", operator,
		}
	}
	return []string{
		o.id, r.id, "2026" + r.id, clock(o.paid), p.sku, completed, o.buyer, yuan(o.amount()), p.title, amount, amount, "0.00", kind,
		clock(r.requested), "", status, "买家已收到货", stepped, r.reason, "", "售中", "", part, operator, operator,
	}
}

func (t *tmall) close() error {
	var tables []table
	for _, list := range [][]*listing{t.orders, t.items, t.refunds} {
		for _, l := range list {
			tables = append(tables, l.table)
		}
	}
	return errors.Join(closeAll(tables...), t.chats.close())
}
