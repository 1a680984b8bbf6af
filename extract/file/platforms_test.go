package file

import (
	"strings"
	"testing"
)

// The first part of a Doudian list by item: UTF-8 with a mark, a tab before ids.
func TestDoudianOrders(t *testing.T) {
	text := "\ufeff" + crlf(
		"主订单编号,子订单编号,选购商品,商品规格,商品数量,商品ID,商家编码,商品金额,订单应付金额,运费,商家收入金额,支付方式,收件人,订单提交时间,支付完成时间,订单完成时间,订单状态,售后状态,取消原因,发货时间,快递信息,达人ID,流量类型",
		"\"\t6917001\",\"\t6917001\",\"\t护手霜\",红,2,\"\t3500001\",A1,10.00,18.50,0.00,19.00,微信,##密文##,2026-01-02 10:00:00,2026-01-02 10:01:00,2026-01-09 08:00:00,已完成,-,-,2026-01-03 09:00:00,\"SF123-顺丰速运,护手霜\",777,直播",
		"\"\t6917001\",\"\t6917002\",\"\t收纳箱\",蓝,1,\"\t3500002\",A2,5.00,5.00,0.00,5.00,微信,##密文##,2026-01-02 10:00:00,2026-01-02 10:01:00,-,已关闭,退款成功,-,-,-,-,商品卡",
		"\"\t6917003\",\"\t6917003\",\"\t护手霜\",红,1,\"\t3500001\",A1,10.00,10.00,0.00,10.00,-,##密文##,2026-01-02 11:00:00,-,-,已关闭,-,超时未支付,-,-,-,-",
		"\"\t6917004\",\"\t6917004\",\"\t护手霜;收纳箱\",红;蓝,1;1,\"\t3500001;3500002\",A1;A2,10.00;5.00,15.00,0.00,15.00,微信,##密文##,2026-01-02 12:00:00,2026-01-02 12:01:00,-,待发货,-,-,-,-,-,-")
	b := mustRead(t, source(t, "doudian"), textFile("1767294245_abc.csv", text))
	b.expect("orders", "order_id created_at paid_at shipped_at ended_at status amount paid_amount tags updated_at",
		"6917001 | 2026-01-02 10:00:00 | 2026-01-02 10:01:00 | 2026-01-03 09:00:00 | 2026-01-09 08:00:00 | finished | 23.50 | 23.50 | 达人 | 2026-01-01T19:04:05Z",
		"6917003 | 2026-01-02 11:00:00 |  |  |  | closed_unpaid | 10.00 |  |  | 2026-01-01T19:04:05Z",
		"6917004 | 2026-01-02 12:00:00 | 2026-01-02 12:01:00 |  |  | paid | 15.00 | 15.00 |  | 2026-01-01T19:04:05Z")
	b.expect("order_items", "order_id item_id product_id sku_id title quantity amount",
		"6917001 | 6917001 | 3500001 | A1 | 护手霜 | 2 | 18.50", "6917001 | 6917002 | 3500002 | A2 | 收纳箱 | 1 | 5.00", "6917003 | 6917003 | 3500001 | A1 | 护手霜 | 1 | 10.00")
	if b.merged["orders"] != 1 || b.skips["order_items/joined_items"] != 1 || len(b.warnings) != 0 || len(b.rejects) != 0 {
		t.Errorf("merged %v skips %v warnings %+v rejects %+v", b.merged, b.skips, b.warnings, b.rejects)
	}
}

func TestDoudianAfterSales(t *testing.T) {
	b := mustRead(t, source(t, "doudian"), bytesFile("售后单.xlsx", workbook(t,
		cells("售后单号,订单号,商品单号,商品名称,售后类型,售后状态,售后原因,退商品金额（元）,退运费金额（元）,售后申请时间,商家退款时间,售后完结时间,仲裁状态"),
		cells("701,6917001,6917002,收纳箱,退货退款,同意退款，退款成功,不喜欢,¥5.00,0.00,2026-01-05 10:00:00,2026-01-06 10:00:00,2026-01-06 10:00:01,-"),
		cells("702,6917003,6917003,护手霜,未发货退款,售后关闭,拍错,10,0,2026-01-05 11:00:00,-,2026-01-05 12:00:00,平台介入中"),
		cells("703,6917004,6917004,护手霜,换货,待买家退货,质量,0,0,2026-01-05 12:00:00,-,-,-"),
	)))
	b.expect("refunds", "refund_id requested_at order_id item_id type status completed_at amount reason disputed_at",
		"701 | 2026-01-05 10:00:00 | 6917001 | 6917002 | return_refund | succeeded | 2026-01-06 10:00:01 | 5.00 | 不喜欢 | ",
		"702 | 2026-01-05 11:00:00 | 6917003 | 6917003 | refund_only | closed | 2026-01-05 12:00:00 | 10 | 拍错 | 2026-01-05 11:00:00",
		"703 | 2026-01-05 12:00:00 | 6917004 | 6917004 | exchange | open |  | 0 | 质量 | ")
	if len(b.warnings) != 0 || len(b.rejects) != 0 {
		t.Errorf("warnings %+v rejects %+v", b.warnings, b.rejects)
	}
}

// Every cell of a Pinduoduo list may end in a tab.
func TestPinduoduoOrders(t *testing.T) {
	head := "商品,订单号,订单状态,商品总价(元),邮费(元),店铺优惠折扣(元),平台优惠折扣(元),多多支付立减金额(元),用户实付金额(元),商家实收金额(元),商品数量(件),快递单号,快递公司,省,市,区,支付时间,承诺发货时间,发货时间,确认收货时间,商品id,商品规格,样式ID,商家编码-规格维度,商家编码-商品维度,商家备注,售后状态,订单成交时间"
	row := func(cells string) string { return strings.ReplaceAll(cells, ",", "\t,") + "\t" }
	text := "\ufeff" + crlf(head,
		row("护手霜,260102-1001,已收货,20.00,0,1,2,0,17.00,19.00,2,YT1,圆通,浙江,杭州,西湖,2026-01-02 10:00:00,2026-01-04 10:00:00,2026-01-03 08:00:00,2026-01-06 09:00:00,3500001,红,9,A1,P1,,无售后或售后取消,2026-01-02 10:05:00"),
		row("护手霜,260102-1002,已发货，退款成功,20.00,0,0,0,0,20.00,20.00,2,YT2,圆通,浙江,杭州,西湖,2026-01-02 11:00:00,,2026-01-03 08:00:00,,3500001,红,9,A1,P1,,退款成功,2026-01-02 11:00:00"),
		row("护手霜,260102-1003,已取消,20.00,0,0,0,0,20.00,20.00,2,,,,,,,,,,3500001,红,9,A1,P1,,无售后或售后取消,2026-01-02 12:00:00"))
	b := mustRead(t, source(t, "pdd"), textFile("orders_export.csv", text))
	b.expect("orders", "order_id created_at paid_at shipped_at ended_at status amount paid_amount quantity",
		"260102-1001 | 2026-01-02 10:00:00 | 2026-01-02 10:00:00 | 2026-01-03 08:00:00 | 2026-01-06 09:00:00 | finished | 17.00 | 17.00 | 2",
		"260102-1002 | 2026-01-02 11:00:00 | 2026-01-02 11:00:00 | 2026-01-03 08:00:00 |  | closed_refunded | 20.00 | 20.00 | 2",
		"260102-1003 | 2026-01-02 12:00:00 |  |  |  | closed_unpaid | 20.00 |  | 2")
	b.expect("order_items", "order_id item_id product_id sku_id title quantity amount",
		"260102-1001 | 260102-1001 | 3500001 | A1 | 护手霜 | 2 | 17.00", "260102-1002 | 260102-1002 | 3500001 | A1 | 护手霜 | 2 | 20.00", "260102-1003 | 260102-1003 | 3500001 | A1 | 护手霜 | 2 | 20.00")
	if len(b.warnings) != 0 || len(b.rejects) != 0 {
		t.Errorf("warnings %+v rejects %+v", b.warnings, b.rejects)
	}
}

func TestPinduoduoAndKuaishouAfterSales(t *testing.T) {
	b := mustRead(t, source(t, "pdd"), textFile("售后.csv", crlf("售后编号,订单编号,售后类型,售后状态,退款金额(元),申请时间,退款成功时间,售后原因",
		"81\t,260102-1002\t,仅退款,退款成功,20.00,2026-01-04 10:00:00,2026-01-04 11:00:00,不想要", "82\t,260102-1001\t,退货退款,买家撤销,17.00,2026-01-04 10:00:00,,不想要", "83\t,260102-1001\t,退货退款,待商家处理,17.00,2026-01-04 12:00:00,,不想要")))
	b.expect("refunds", "refund_id order_id type status completed_at amount closed_by",
		"81 | 260102-1002 | refund_only | succeeded | 2026-01-04 11:00:00 | 20.00 | ", "82 | 260102-1001 | return_refund | closed |  | 17.00 | buyer", "83 | 260102-1001 | return_refund | open |  | 17.00 | ")
	b = mustRead(t, source(t, "kuaishou"), textFile("售后.csv", crlf("售后单号,订单编号,售后类型,售后状态,退款金额,申请时间,售后完结时间,买家昵称", "91,2026010200000001,退货退款,售后成功,￥9.90,2026/1/5 9:00,2026/1/6 9:00,快手用户1")))
	b.expect("refunds", "refund_id order_id buyer_id type status requested_at completed_at amount",
		"91 | 2026010200000001 | 快手用户1 | return_refund | succeeded | 2026-01-05 09:00:00 | 2026-01-06 09:00:00 | 9.90")
}

func TestKuaishouOrders(t *testing.T) {
	b := mustRead(t, source(t, "kuaishou"), bytesFile("订单.xlsx", workbook(t,
		cells("订单编号,订单状态,订单商品名称,商品ID,成交数量,实付金额,商家实收,订单创建时间,订单支付时间,发货时间,买家昵称"),
		cells("2026010200000001,交易成功,护手霜,35,1,9.90,9.50,2026-01-02 10:00:00,2026-01-02 10:01:00,2026-01-03 10:00:00,快手用户1"),
		cells("2026010200000001,已发货,收纳箱,36,2,20.00,19.00,2026-01-02 10:00:00,2026-01-02 10:01:00,2026-01-04 10:00:00,快手用户1"),
		cells("2026010200000002,交易关闭,护手霜,35,1,9.90,9.50,2026-01-02 11:00:00,-,-,快手用户2"),
	)))
	b.expect("orders", "order_id status paid_amount amount quantity shipped_at buyer_id",
		"2026010200000001 | finished | 29.90 | 29.90 | 3 | 2026-01-04 10:00:00 | 快手用户1", "2026010200000002 | closed_unpaid |  | 9.90 | 1 |  | 快手用户2")
	b.expect("order_items", "order_id item_id title quantity amount",
		"2026010200000001 | 35 | 护手霜 | 1 | 9.90", "2026010200000001 | 36 | 收纳箱 | 2 | 20.00", "2026010200000002 | 35 | 护手霜 | 1 | 9.90")
}

// Group titles stand above the header of JD's after-sales list.
func TestJDAfterSales(t *testing.T) {
	b := mustRead(t, source(t, "jd"), bytesFile("售后服务单.xlsx", workbook(t,
		cells("申请信息,,,,,,订单信息,,,,审核信息,,处理信息,"),
		cells("服务单号,售后申请时间,客户期望,一级申请原因,下单账号,客户问题描述,订单号,商品编号,商品名称,退款金额,审核结果,审核时间,处理结果,商家首次处理时间"),
		cells("501,2026-01-05 10:00:00,退货,质量,jack123,坏了,30001,900,甲,9.33,上门取件,2026-01-05 12:00:00,退款,2026-01-08 12:00:00"),
		cells("502,2026-01-05 11:00:00,换新,质量,rose,坏了,30002,902,丙,0,拒绝,2026-01-05 13:00:00,,"),
		cells("503,2026-01-05 12:00:00,维修,质量,rose,坏了,30003,902,丙,0,,,,"),
	)))
	b.expect("refunds", "refund_id requested_at order_id item_id buyer_id type status completed_at amount reason",
		"501 | 2026-01-05 10:00:00 | 30001 | 900 | jack123 | return_refund | succeeded | 2026-01-08 12:00:00 | 9.33 | 质量",
		"502 | 2026-01-05 11:00:00 | 30002 | 902 | rose | exchange | closed | 2026-01-05 13:00:00 | 0 | 质量",
		"503 | 2026-01-05 12:00:00 | 30003 | 902 | rose | other | open |  | 0 | 质量")
	if b.skips["refunds/banner"] != 1 || len(b.warnings) != 0 || len(b.rejects) != 0 {
		t.Errorf("skips %v warnings %+v rejects %+v", b.skips, b.warnings, b.rejects)
	}
}
