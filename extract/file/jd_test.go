package file

import (
	"strings"
	"testing"
)

const jdOrders = "订单号,商品ID,商品名称,订购数量,支付方式,下单时间,京东价,订单金额,结算金额,余额支付,应付金额,订单状态,订单类型,下单帐号,客户姓名,付款确认时间,订单完成时间,订单渠道,仓库名称"

func TestJDOrders(t *testing.T) {
	b := mustRead(t, source(t, "jd"), bytesFile("jd.csv", gbk(t, crlf(jdOrders,
		"'30001\t,900,甲,2,在线支付,2026-01-02 10:00:00,10,30,28,0,28,完成,普通订单,jack123,**,2026-01-02 10:01:00,2026-01-05 10:00:00,app,",
		"'30001\t,901,乙,1,在线支付,2026-01-02 10:00:00,10,30,28,0,28,完成,普通订单,jack123,**,2026-01-02 10:01:00,2026-01-05 10:00:00,app,",
		"'30001\t,900,甲,1,在线支付,2026-01-02 10:00:00,0,30,28,0,28,完成,普通订单,jack123,**,2026-01-02 10:01:00,2026-01-05 10:00:00,app,",
		"30002,902,丙,1,货到付款,2026-01-02 11:00:00,10,10,10,0,10,等待出库,普通订单,j****23,**,,,,",
		"30003,902,丙,1,在线支付,2026-01-02 12:00:00,10,10,10,0,10,(删除)等待付款,普通订单,rose,**,,,,",
	))))
	b.expect("orders", "order_id created_at buyer_id pay_type paid_at ended_at status amount paid_amount tags",
		"30001 | 2026-01-02 10:00:00 | jack123 | online | 2026-01-02 10:01:00 | 2026-01-05 10:00:00 | finished | 30 | 28 | 普通订单|app",
		"30002 | 2026-01-02 11:00:00 | j****23 | cod |  |  | paid | 10 | 10 | 普通订单",
		"30003 | 2026-01-02 12:00:00 | rose | online |  |  | closed_unpaid | 10 |  | 普通订单")
	b.expect("order_items", "order_id item_id product_id quantity amount title",
		"30001 | 900 | 900 | 2 | 18.67 | 甲", "30001 | 901 | 901 | 1 | 9.33 | 乙", "30001 | 900#2 | 900 | 1 | 0.00 | 甲",
		"30002 | 902 | 902 | 1 | 10.00 | 丙", "30003 | 902 | 902 | 1 |  | 丙")
	if b.read["orders"] != 5 || b.merged["orders"] != 2 || b.read["order_items"] != 5 || len(b.warnings) != 0 {
		t.Errorf("read %v merged %v warnings %v", b.read, b.merged, b.warnings)
	}
}

func TestJDOrdersThatDisagree(t *testing.T) {
	b := mustRead(t, source(t, "jd"), textFile("jd.csv", crlf(jdOrders,
		"1,900,甲,2,在线支付,2026-01-02 10:00:00,10,30,28,0,28,完成,,jack,,2026-01-02 10:01:00,,,",
		"1,901,乙,2,在线支付,2026-01-02 10:00:00,10,31,28,0,28,完成,,jack,,2026-01-02 10:01:00,,,",
	)))
	if b.accepted["orders"] != 1 || b.rejected["orders"] != 1 || b.accepted["order_items"] != 2 || !strings.Contains(b.rejects[0].Reason, "disagree") {
		t.Errorf("accepted %v rejects %+v", b.accepted, b.rejects)
	}
}

const (
	begin = "/*****************以下为一通会话************************************/"
	agent = "示例京东店-客服01"
)

func jdLog() string {
	return "\ufeff" + strings.Join([]string{
		"导出说明",
		begin,
		"j****23 2026-01-02 11:22:33\t", "这款有货吗", "",
		agent + " 2026-01-02 11:22:50", "有货的", "第二行",
		"/*****************会话结束_时间:2026-01-02 11:40:00*****************/",
		"", "无主的一行",
		begin,
		"m****99 2026-01-02 12:00:00", "你好",
		"jimi_vender_1 2026-01-02 12:00:01", "我是机器人",
		begin,
		"m****99 2026-01-02 13:00:00", "留个言",
		"会话结束",
	}, "\n") + "\n"
}

func jdBook(t testing.TB) []byte {
	return workbook(t,
		cells("咨询 时间,客服,顾客,cid,咨询类型,转接后客服,技能组,商品编号,商品名称,首次响应时间,平均响应时间(S),会话时长(M),客户消息数,客服消息数,满意度,是否解决"),
		cells("2026-01-02 11:22:33,"+agent+",jack123,c1,在线咨询,示例京东店-客服02,售前,900,甲,1,1,3,1,1,非常满意,是"),
		cells("2026-01-02 11:22:33,"+agent+",rose456,c2,在线咨询,,售前,901,甲,1,1,3,1,1,,"),
		cells("2026-01-02 13:01:30,"+agent+",mary99,c3,留言咨询,,售前,,,,,,,,不满意,否"),
		cells("2026-01-02 14:00:00,"+agent+",tom77,c4,在线咨询,示例京东店-客服02,售前,,,,,2.5,,,-,"),
	)
}

func TestDongdongAlone(t *testing.T) {
	b := mustRead(t, source(t, "jd"), textFile("chat.log", jdLog()))
	b.expect("chat_messages", "sent_at buyer_id agent_id sender kind text case_id",
		"2026-01-02 11:22:33 | j****23 | "+agent+" | buyer | text | 这款有货吗 | ",
		"2026-01-02 11:22:50 | j****23 | "+agent+" | agent | text | 有货的\n第二行 | ",
		"2026-01-02 12:00:00 | m****99 | jimi_vender_1 | buyer | text | 你好 | ",
		"2026-01-02 12:00:01 | m****99 | jimi_vender_1 | bot | text | 我是机器人 | ")
	if len(b.rejects) != 3 || b.rejects[0].Line != 1 || !strings.Contains(b.rejects[0].Reason, "no session") || b.rejects[1].Line != 11 ||
		!strings.Contains(b.rejects[2].Reason, "no agent") {
		t.Errorf("rejects %+v", b.rejects)
	}
	if b.read["chat_messages"] != 20 {
		t.Errorf("read %d lines of 20", b.read["chat_messages"])
	}
}

func TestDongdongJoinedWithItsWorkbook(t *testing.T) {
	log, book := textFile("chat.log", jdLog()), bytesFile("会话记录.xlsx", jdBook(t))
	b := mustRead(t, source(t, "jd"), log, book)
	b.expect("chat_messages", "sent_at buyer_id agent_id sender product_id is_leave_message case_id",
		"2026-01-02 11:22:33 | jack123 | "+agent+" | buyer | 900 |  | c1",
		"2026-01-02 11:22:50 | jack123 | "+agent+" | agent |  |  | c1",
		"2026-01-02 12:00:00 | m****99 | jimi_vender_1 | buyer |  |  | ",
		"2026-01-02 12:00:01 | m****99 | jimi_vender_1 | bot |  |  | ",
		"2026-01-02 13:00:00 | mary99 | "+agent+" | buyer |  | true | c3")
	if len(b.warnings) != 1 || !strings.Contains(b.warnings[0].Message, "1 sessions fit no row") {
		t.Errorf("warnings %+v", b.warnings)
	}

	b = mustRead(t, source(t, "jd"), book, log)
	b.expect("chat_messages", "message_id sent_at buyer_id agent_id to_agent_id sender kind case_id",
		"transfer:c1 | 2026-01-02 11:40:00 | jack123 | "+agent+" | 示例京东店-客服02 | system | transfer | c1",
		"transfer:c4 | 2026-01-02 14:02:30 | tom77 | "+agent+" | 示例京东店-客服02 | system | transfer | c4")
	b.expect("evaluations", "evaluation_id invited_at rated_at buyer_id agent_id served_by score",
		"c1 | 2026-01-02 11:22:33 | 2026-01-02 11:22:33 | jack123 | "+agent+" | human | 5",
		"c3 | 2026-01-02 13:01:30 | 2026-01-02 13:01:30 | mary99 | "+agent+" | human | 2")
	if b.skips["chat_messages/no_transfer"] != 2 || b.skips["evaluations/not_rated"] != 2 || len(b.warnings) != 0 {
		t.Errorf("skips %v warnings %v", b.skips, b.warnings)
	}
}

func TestDongdongUnmaskedWithoutWorkbook(t *testing.T) {
	b := mustRead(t, source(t, "jd"), textFile("chat.log", strings.Join([]string{
		begin, agent + " 2026-01-02 11:00:00", "跟进", "jack 2026-01-02 11:00:10", "好",
		begin, "rose 2026-01-02 12:00:00", "在", agent + " 2026-01-02 12:00:10", "在的",
	}, "\n")))
	b.expect("chat_messages", "buyer_id agent_id sender", "jack | "+agent+" | agent", "jack | "+agent+" | buyer", "rose | "+agent+" | buyer", "rose | "+agent+" | agent")
}

func TestNoChatLog(t *testing.T) {
	_, err := readFile(t, source(t, "jd"), textFile("readme.txt", "说明\n"))
	fileError(t, err, "no chat log")
}
