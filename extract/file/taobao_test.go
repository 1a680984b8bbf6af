package file

import (
	"strings"
	"testing"
)

func crlf(lines ...string) string { return strings.Join(lines, "\r\n") + "\r\n" }

const oldOrders = "订单编号,买家会员名,买家应付货款,买家实际支付金额,订单状态,订单创建时间,订单付款时间 ,宝贝标题,宝贝总数量,是否手机订单,分阶段订单信息,特权订金订单id,确认收货时间"

func TestTaobaoOrdersOldCSV(t *testing.T) {
	b := mustRead(t, source(t, "taobao"), bytesFile("ExportOrderList202601021530.csv", gbk(t, crlf(oldOrders,
		`"=""1234567890123456789""","买家甲","100.00","90.00","交易成功","2026-01-01 10:00:00","2026-01-01 10:05:00","标题","2","手机订单","","","2026-01-02 08:00:00"`,
		`="1234567890123456790",买家乙,50.00,0.00,交易关闭,2026-01-01 11:00:00,,"多行`+"\n"+`标题",1,,,,`,
		`="1234567890123456791",买家丙,50.00,50.00,交易关闭,2026/1/1 11:00,2026/1/1 11:01,t,1,,"[阶段1: 定金 2026-01-01 11:00:30 已付]",77,`,
		`="1234567890123456792",买家丁,50.00,0.00,买家已付款，等待卖家发货,2026-01-01 12:00:00,2026-01-01 12:01:00,t,1,,,,`,
		`="1234567890123456793",买家丁,50.00,0.00,火星状态,2026-01-01 12:00:00,2026-01-01 12:01:00,t,1,,,,`,
		`汇总,,,,,,,,,,,,`,
	))))
	b.expect("orders", "order_id buyer_id pay_type deposit_paid_at paid_at ended_at status amount paid_amount quantity tags updated_at",
		"1234567890123456789 | 买家甲 | online |  | 2026-01-01 10:05:00 | 2026-01-02 08:00:00 | finished | 100.00 | 90.00 | 2 | 手机订单 | 2026-01-02 15:30:00",
		"1234567890123456790 | 买家乙 | online |  |  |  | closed_unpaid | 50.00 | 0.00 | 1 |  | 2026-01-02 15:30:00",
		"1234567890123456791 | 买家丙 | staged | 2026-01-01 11:00:30 | 2026-01-01 11:01:00 |  | closed_refunded | 50.00 | 50.00 | 1 | 特权订金|分阶段 | 2026-01-02 15:30:00",
		"1234567890123456792 | 买家丁 | online |  | 2026-01-01 12:01:00 |  | paid | 50.00 | 0.00 | 1 |  | 2026-01-02 15:30:00")
	if len(b.rejects) != 1 || b.rejects[0].Column != "订单状态" || b.rejects[0].Line != 7 || !strings.Contains(b.rejects[0].Reason, "火星状态") {
		t.Errorf("rejects %+v", b.rejects)
	}
	if b.skips["orders/summary"] != 1 || len(b.warnings) != 0 {
		t.Errorf("skips %v warnings %v", b.skips, b.warnings)
	}
}

func TestTaobaoOrdersNewXLSX(t *testing.T) {
	b := mustRead(t, source(t, "taobao"), bytesFile("订单.xlsx", workbook(t,
		cells("订单导出"),
		cells("订单编号,订单创建时间,订单付款时间,发货时间,确认收货时间,订单状态,买家实付金额,退款金额,确认收货打款金额,总金额,支付详情,店铺名称,新列"),
		[]any{"1234567890123456789", 46023.5, "2026-01-01 12:05:00", "", "", "卖家已发货，等待买家确认", 12.3, "0", "", "1,000.00", "", "店", "x"},
		[]any{1234567890123456789.0, "2026-01-01 12:00:00", "", "", "", "等待买家付款", 0.0, "", "", 1, "", "店", ""},
	)))
	b.expect("orders", "order_id created_at paid_at status amount paid_amount",
		"1234567890123456789 | 2026-01-01 12:00:00 | 2026-01-01 12:05:00 | shipped | 1000.00 | 12.3")
	if b.skips["orders/banner"] != 1 {
		t.Errorf("skips %v", b.skips)
	}
	if len(b.rejects) != 1 || b.rejects[0].Line != 4 || b.rejects[0].Column != "订单编号" || !strings.Contains(b.rejects[0].Reason, "15 digits") ||
		!strings.HasPrefix(string(b.rejects[0].Raw), `["1`) {
		t.Errorf("rejects %+v", b.rejects)
	}
	if len(b.warnings) != 1 || b.warnings[0].Column != "新列" || b.warnings[0].Line != 2 {
		t.Errorf("warnings %+v", b.warnings)
	}
}

func TestTaobaoItems(t *testing.T) {
	b := mustRead(t, source(t, "taobao"), bytesFile("ExportOrderDetailList202601021530.csv", gbk(t, crlf(
		"订单编号,标题,价格,购买数量,外部系统编号,商品属性,套餐信息,备注,订单状态,商家编码",
		`="11",甲,10.00,2,P1,颜色：红,,'null,交易成功,S1`,
		`="12",乙,10.00,1,P2,,,,交易成功,S2`,
		`="11",丙,5.00,1,P3,,,,交易成功,S3`,
	))))
	b.expect("order_items", "order_id item_id product_id sku_id title quantity amount updated_at",
		"11 | 11 | P1 | S1 | 甲 | 2 |  | 2026-01-02 15:30:00", "12 | 12 | P2 | S2 | 乙 | 1 |  | 2026-01-02 15:30:00",
		"11 | 11#2 | P3 | S3 | 丙 | 1 |  | 2026-01-02 15:30:00")
	if len(b.warnings) != 0 {
		t.Errorf("warnings %+v", b.warnings)
	}

	b = mustRead(t, source(t, "taobao"), textFile("明细.csv", crlf(
		"子订单编号,主订单编号,商品标题,商品价格,购买数量,外部系统编号,商品属性,套餐信息,联系方式备注,订单状态,商家编码,支付单号,买家应付货款,买家实付金额,退款状态,退款金额,订单创建时间,订单付款时间,发货时间,确认收货时间,快递单号,商品ID",
		"101,11,甲,10.00,2,,,,,交易成功,S1,,20.00,18.00元,没有申请退款,无退款申请,2026-01-01 10:00:00,,,,,9001",
	)))
	b.expect("order_items", "order_id item_id product_id quantity amount", "11 | 101 | 9001 | 2 | 18.00")
}

func TestTaobaoRefunds(t *testing.T) {
	b := mustRead(t, source(t, "taobao"), bytesFile("退款.xlsx", workbook(t,
		cells("订单编号,退款编号,支付宝交易号,订单付款时间,商家编码,退款完结时间,买家会员名称,买家实际支付金额,宝贝标题,买家退款金额,手工退款/系统退款,是否需要退货,退款的申请时间,超时时间,退款状态,货物状态,客服介入状态,买家退款原因,责任方,退款操作人"),
		cells("11,21,,,,2026-01-05 10:00:00,买家甲,90.00,t,90.00,手工退款,需要退货,2026-01-02 10:00:00,,退款成功,,未介入,不喜欢,,示例店:小美"),
		cells("12,22,,,,,买家乙,90.00,t,10.00,,不需要退货,2026-01-02 11:00:00,,买家已经申请退款，等待卖家同意,,客服已介入,质量,,"),
		cells("13,23,,,,2026-01-05 11:00:00,买家丙,9.00,t,9.00,系统退款,不需要退货,2026-01-02 12:00:00,,退款关闭,,,,,"),
	)))
	b.expect("refunds", "refund_id order_id buyer_id type status requested_at completed_at amount reason disputed_at closed_by",
		"21 | 11 | 买家甲 | return_refund | succeeded | 2026-01-02 10:00:00 | 2026-01-05 10:00:00 | 90.00 | 不喜欢 |  | merchant",
		"22 | 12 | 买家乙 | refund_only | open | 2026-01-02 11:00:00 |  | 10.00 | 质量 | 2026-01-02 11:00:00 | ",
		"23 | 13 | 买家丙 | refund_only | closed | 2026-01-02 12:00:00 | 2026-01-05 11:00:00 | 9.00 |  |  | system")

	b = mustRead(t, source(t, "taobao"), bytesFile("售后.xlsx", workbook(t,
		cells("退款编号,订单编号,退款申请时间,退款总额,退给买家金额,退给平台金额,售后类型,退款状态"),
		cells("21,11,2026-01-02 10:00:00,10.00,9.00,1.00,仅退款,退款成功"),
		cells("22,11,2026-01-02 10:00:00,10.00,,,换货,换货成功"),
	)))
	b.expect("refunds", "refund_id type status amount", "21 | refund_only | succeeded | 9.00", "22 | exchange | succeeded | 10.00")
}

const (
	rule   = "================================================================"
	single = "                               单聊                             "
	group  = "                               群聊                             "
	dashes = "----------------------------"
)

func TestWangwangByContact(t *testing.T) {
	b := mustRead(t, source(t, "taobao"), bytesFile("小美.txt", gbk(t, crlf(
		"示例旗舰店:小美", "", rule, single, rule, "", "",
		dashes+"cntaobao买家甲"+dashes,
		"买家甲(2026-01-02 11:22:33):  在吗",
		"买家甲(2026-01-02 11:22:33):  在吗",
		"示例旗舰店:小美(2026-01-02 11:22:40):  您好",
		"第二行文字", "", "第四行", "",
		"买家甲(2026-01-02 11:23:00):   换个人",
		"示例旗舰店:小王(2026-01-02 11:24:00):  我来",
		"买家甲(2026-01-02 11:25:00):  谢谢(笑)",
		"", dashes+"买家乙"+dashes,
		"走失的一行",
		"买家乙(2026-01-02 12:00:00):  有货吗",
		rule, group, rule,
		dashes+"同事群"+dashes,
		"示例旗舰店:小王(2026-01-02 11:24:00):  开会",
	))))
	const d, id = "derive:\x1fwangwang\x1f", "\x1f"
	b.expect("chat_messages", "message_id sent_at buyer_id agent_id sender kind text",
		d+"买家甲"+id+"买家甲"+id+"2026-01-02 11:22:33"+id+"在吗"+id+"1 | 2026-01-02 11:22:33 | 买家甲 | 示例旗舰店:小美 | buyer | text | 在吗",
		d+"买家甲"+id+"买家甲"+id+"2026-01-02 11:22:33"+id+"在吗"+id+"2 | 2026-01-02 11:22:33 | 买家甲 | 示例旗舰店:小美 | buyer | text | 在吗",
		d+"买家甲"+id+"示例旗舰店:小美"+id+"2026-01-02 11:22:40"+id+"您好\n第二行文字\n\n第四行"+id+"1 | 2026-01-02 11:22:40 | 买家甲 | 示例旗舰店:小美 | agent | text | 您好\n第二行文字\n\n第四行",
		d+"买家甲"+id+"买家甲"+id+"2026-01-02 11:23:00"+id+" 换个人"+id+"1 | 2026-01-02 11:23:00 | 买家甲 | 示例旗舰店:小王 | buyer | text |  换个人",
		d+"买家甲"+id+"示例旗舰店:小王"+id+"2026-01-02 11:24:00"+id+"我来"+id+"1 | 2026-01-02 11:24:00 | 买家甲 | 示例旗舰店:小王 | agent | text | 我来",
		d+"买家甲"+id+"买家甲"+id+"2026-01-02 11:25:00"+id+"谢谢(笑)"+id+"1 | 2026-01-02 11:25:00 | 买家甲 | 示例旗舰店:小王 | buyer | text | 谢谢(笑)",
		d+"买家乙"+id+"买家乙"+id+"2026-01-02 12:00:00"+id+"有货吗"+id+"1 | 2026-01-02 12:00:00 | 买家乙 | 示例旗舰店:小美 | buyer | text | 有货吗",
	)
	if b.merged["chat_messages"] != 3 || b.skips["chat_messages/group_chat"] != 4 || b.skips["chat_messages/layout"] != 12 {
		t.Errorf("merged %v, skips %v", b.merged, b.skips)
	}
	if len(b.rejects) != 1 || b.rejects[0].Line != 21 || !strings.Contains(b.rejects[0].Reason, "no message") {
		t.Errorf("rejects %+v", b.rejects)
	}
	if b.read["chat_messages"] != 27 {
		t.Errorf("read %d lines of 27", b.read["chat_messages"])
	}
}

func TestWangwangLinesOfNoContact(t *testing.T) {
	b := mustRead(t, source(t, "taobao"), textFile("a.txt", crlf("店", rule, single, rule, "买家甲(2026-01-02 11:22:33):  在吗", "孤行", dashes+"买家甲"+dashes)))
	if len(b.rejects) != 2 || !strings.Contains(b.rejects[0].Reason, "belongs to no contact") || b.rejects[0].Line != 5 ||
		!strings.Contains(b.rejects[1].Reason, "belongs to no contact") {
		t.Errorf("rejects %+v", b.rejects)
	}
	_, err := readFile(t, source(t, "taobao"), textFile("readme.txt", "说明\n没有聊天\n"))
	fileError(t, err, "no chat text")
}

func TestWangwangUndecodableBytes(t *testing.T) {
	data := gbk(t, crlf("示例旗舰店", rule, single, rule, dashes+"买家甲"+dashes, "买家甲(2026-01-02 11:22:33):  在吗X", "Y店(2026-01-02 11:22:34):  好"))
	data = []byte(strings.NewReplacer("X", "\xff", "Y", "\xff").Replace(string(data)))
	b := mustRead(t, source(t, "taobao"), bytesFile("a.txt", data))
	b.expect("chat_messages", "text", "在吗\ufffd")
	if len(b.rejects) != 1 || b.rejects[0].Line != 7 || !strings.Contains(b.rejects[0].Reason, "cannot be decoded") {
		t.Errorf("rejects %+v", b.rejects)
	}
}

func TestWangwangChronological(t *testing.T) {
	b := mustRead(t, source(t, "taobao"), textFile("a.txt", crlf(
		"消息记录", "导出", "消息类型: 即时消息", "2026-01-02",
		"2026-01-02 11:22:33 买家甲: 在吗", "第二行",
		"2026-01-02 11:22:40 示例旗舰店:小美: 您好: 请说",
		"2026-01-02 11:22:50 买家甲: 好", "",
		"2026-01-03", "2026-01-03 09:00:00 示例旗舰店: 自言自语",
	)))
	b.expect("chat_messages", "sent_at buyer_id agent_id sender text",
		"2026-01-02 11:22:33 | 买家甲 | 示例旗舰店:小美 | buyer | 在吗\n第二行",
		"2026-01-02 11:22:40 | 买家甲 | 示例旗舰店:小美 | agent | 您好: 请说",
		"2026-01-02 11:22:50 | 买家甲 | 示例旗舰店:小美 | buyer | 好")
	if len(b.rejects) != 1 || !strings.Contains(b.rejects[0].Reason, "no buyer") || b.skips["chat_messages/layout"] != 6 || b.merged["chat_messages"] != 1 {
		t.Errorf("rejects %+v skips %v", b.rejects, b.skips)
	}
}
