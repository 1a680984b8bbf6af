package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// jd writes the exports of JD's seller centre: order lists, chat logs of ten
// days each and the workbooks of their sessions.
type jd struct {
	shop   *shop
	folder string
	orders []*listing
	log    *file
	part   int // of the log
	book   table
	month  string
}

const jdLogDays = 10

var jdOrderHeader = []string{
	"订单号", "商品ID", "商品名称", "订购数量", "支付方式", "下单时间", "京东价", "订单金额", "结算金额", "余额支付", "应付金额", "订单状态", "订单类型",
	"下单帐号", "客户姓名", "客户地址", "联系电话", "订单备注", "发票类型", "发票抬头", "发票内容", "商家备注", "商家备注等级（等级1-5为由高到低）", "运费金额",
	"付款确认时间", "增值税发票", "货号", "订单完成时间", "订单来源", "订单渠道",
}

var jdSessionHeader = []string{
	"咨询时间", "客服", "顾客", "cid", "咨询类型", "转接后客服", "技能组", "商品编号", "商品名称", "首次响应时间", "新平均响应时间(S)", "会话时长(M)",
	"客户消息数", "客服消息数", "满意度", "是否解决",
}

func openJD(s *shop, folder string) (*jd, error) {
	j := &jd{shop: s, folder: folder, part: -1}
	mid := firstDay + int64(s.days*2/3)*day
	open := func(l listing, encoding string, header ...string) error {
		path := filepath.Join(folder, "order-list-"+time.Unix(l.asOf, 0).UTC().Format("20060102150405")+".csv")
		var err error
		l.table, err = createCSV(path, encoding, header)
		j.orders = append(j.orders, &l)
		return err
	}
	err := errors.Join(
		open(listing{from: firstDay, to: mid, asOf: mid + 9*hour + 30*minute, old: true}, "utf-8-sig", jdOrderHeader...),
		open(listing{from: firstDay, to: s.end, asOf: s.exported}, "gbk", "订单导出", "示例数据"),
	)
	if err != nil {
		return nil, err
	}
	o := order{id: "290000000001", buyer: "ademo_pin00000", created: firstDay + 10*hour, items: []item{{product: s.products[0], quantity: 1}}}
	bad := j.cells(&o, o.items[0], j.orders[1])
	bad[3] = "两件"
	return j, errors.Join(j.orders[1].table.row(jdOrderHeader...), j.orders[1].table.row(bad...))
}

var jdStatus = map[string]string{
	"created": "等待付款", "paid": "等待出库", "shipped": "等待确认收货", "finished": "完成",
	"closed_unpaid": "(删除)等待付款", "closed_refunded": "(删除)等待出库",
}

// cells is an item of an order as the list of a time shows it; the order's own
// columns repeat. Lists made by a spreadsheet have an apostrophe before long
// numbers and a tab behind.
func (j *jd) cells(o *order, it item, l *listing) []string {
	status := o.status(l.asOf)
	if o.cod && status == "created" {
		status = "paid"
	}
	pay, channel, tab, quote := "在线支付", "PC端", "", ""
	if o.cod {
		pay = "货到付款"
	}
	if o.phone {
		channel = "APP"
	}
	if !l.old {
		tab, quote = "\t", "'"
	}
	amount := yuan(o.amount())
	buyer := o.buyer
	if !l.old && o.quantity()%3 == 0 {
		buyer = mask(buyer) // later exports hide some
	}
	return []string{
		quote + o.id, it.product.id + tab, it.product.title, strconv.Itoa(it.quantity), pay, clock(o.created), yuan(it.product.price), amount, amount, "0.00",
		amount, jdStatus[status], "一般订单", buyer, "示例", "示例省示例市****", "138****0000", "", "不开发票", "", "", "", "", yuan(o.postage),
		clock(before(o.paid, l.asOf)), "否", it.product.sku, clock(before(max(o.finished, o.closed), l.asOf)), "商城", channel,
	}
}

func (j *jd) order(o *order) error {
	for _, l := range j.orders {
		if !l.holds(o.created) {
			continue
		}
		for _, it := range o.items {
			if err := l.table.row(j.cells(o, it, l)...); err != nil {
				return err
			}
		}
	}
	return nil
}

// mask hides a pin: its first character and its last two show.
func mask(pin string) string {
	r := []rune(pin)
	return string(r[0]) + "****" + string(r[len(r)-2:])
}

func (j *jd) conversation(c *conversation) error {
	if err := j.openLog(dayOf(c.start)); err != nil {
		return err
	}
	if err := j.openBook(c.start); err != nil {
		return err
	}
	messages := slices.DeleteFunc(slices.Clone(c.messages), func(m message) bool { return m.text == "" })
	var b strings.Builder
	b.WriteString("/" + strings.Repeat("*", 17) + "以下为一通会话" + strings.Repeat("*", 36) + "/\n")
	buyers := 0
	for _, m := range messages {
		from := m.from
		if m.sender == "buyer" {
			buyers++
			from = mask(from)
		}
		fmt.Fprintf(&b, "%s %s\n%s\n", from, clock(m.at), m.text)
	}
	if c.end%7 != 0 { // the end is not always marked
		fmt.Fprintf(&b, "/%s会话结束_时间:%s%s/\n", strings.Repeat("*", 17), clock(c.end), strings.Repeat("*", 17))
	}
	if _, err := j.log.Write([]byte(b.String())); err != nil {
		return err
	}
	return j.book.row(j.session(c, buyers, len(messages)-buyers)...)
}

// session is a conversation's row in the workbook.
func (j *jd) session(c *conversation, buyers, others int) []string {
	kind, to, product, title, stars := "在线咨询", "", "", "", ""
	if c.leave {
		kind = "留言"
	}
	if c.transfer != nil {
		to = c.transfer.id
	}
	if c.product != nil {
		product, title = c.product.id, c.product.title
	}
	if c.rating != nil {
		stars = starsOf(c.rating.score)
	}
	first := ""
	for _, m := range c.messages {
		if m.sender == "agent" && !m.auto {
			first = strconv.FormatInt(m.at-c.start, 10)
			break
		}
	}
	return []string{
		clock(c.start), c.agent.id, c.buyer, c.id, kind, to, c.agent.group, product, title, first, first,
		fmt.Sprintf("%.1f", float64(c.end-c.start)/60), strconv.Itoa(buyers), strconv.Itoa(others), stars, "是",
	}
}

func starsOf(score int) string { return stars[score] }

// openLog starts the log of a day's stretch; the older ones are in an archive.
func (j *jd) openLog(d int) error {
	part := d / jdLogDays
	if part == j.part {
		return nil
	}
	if err := j.closeLog(); err != nil {
		return err
	}
	j.part = part
	name := "dongdong-" + time.Unix(firstDay+int64(part*jdLogDays)*day, 0).UTC().Format("20060102") + ".log"
	var err error
	if part == 0 {
		z, err := createArchive(filepath.Join(j.folder, strings.TrimSuffix(name, ".log")+".zip"))
		if err != nil {
			return err
		}
		member, err := z.member(name, "utf-8-sig")
		if err != nil {
			return err
		}
		member.closers = append([]func() error{z.close}, member.closers...)
		j.log = member
		return nil
	}
	if part == 1 {
		name += ".gz"
	}
	if j.log, err = create(filepath.Join(j.folder, name), "utf-8"); err != nil {
		return err
	}
	if part == 2 {
		_, err = j.log.Write([]byte("这一行不属于任何会话\n")) // for the quarantine
	}
	return err
}

// openBook starts the workbook of a month.
func (j *jd) openBook(at int64) error {
	month := time.Unix(at, 0).UTC().Format("200601")
	if month == j.month {
		return nil
	}
	if err := closeAll(j.books()...); err != nil {
		return err
	}
	j.month = month
	var err error
	j.book, err = createXLSX(filepath.Join(j.folder, "sessions-"+month+".xlsx"), jdSessionHeader)
	return err
}

func (j *jd) books() []table {
	if j.book == nil {
		return nil
	}
	return []table{j.book}
}

func (j *jd) closeLog() error {
	if j.log == nil {
		return nil
	}
	return j.log.close()
}

func (j *jd) endOfDay(int) error { return nil }

func (j *jd) close() error {
	tables := j.books()
	for _, l := range j.orders {
		tables = append(tables, l.table)
	}
	return errors.Join(closeAll(tables...), j.closeLog())
}
