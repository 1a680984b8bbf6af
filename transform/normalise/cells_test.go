package normalise_test

import (
	"testing"

	"kefu/extract/dataset"
)

func TestValues(t *testing.T) {
	for _, c := range []struct{ dataset, set, column, want string }{
		{"orders", "paid_at=2026-01-02 12:00:00", "paid_at", "2026-01-02 04:00:00"},
		{"orders", "paid_at=2026-01-02 12:00:00.5", "paid_at", "2026-01-02 04:00:00.5"},
		{"orders", "paid_at=2026-01-02 12:00:00.123456", "paid_at", "2026-01-02 04:00:00.123456"},
		{"orders", "paid_at=2026/01/02 12:00:00", "paid_at", "2026-01-02 04:00:00"},
		{"orders", "paid_at=2026/1/2 12:00", "paid_at", "2026-01-02 04:00:00"},
		{"orders", "paid_at=2026/1/3 9:05", "paid_at", "2026-01-03 01:05:00"},
		{"orders", "paid_at=2026-01-03", "paid_at", "2026-01-02 16:00:00"},
		{"orders", "paid_at=2026-01-02T12:00:00+08:00", "paid_at", "2026-01-02 04:00:00"},
		{"orders", "paid_at=2026-01-02T12:00:00Z", "paid_at", "2026-01-02 12:00:00"},
		{"orders", "paid_at=2026-01-02T12:00:00.25-01:30", "paid_at", "2026-01-02 13:30:00.25"},
		{"orders", "paid_at= 2026-01-02 12:00:00 ", "paid_at", "2026-01-02 04:00:00"},
		{"orders", "paid_at=2028-02-29 12:00:00", "paid_at", "2028-02-29 04:00:00"},
		{"orders", "paid_at=2099-12-31 23:59:59", "paid_at", "2099-12-31 15:59:59"},
		{"orders", "paid_at=null", "paid_at", ""},
		{"orders", "created_at=2026-01-02 00:30:00", "event_date", "2026-01-02"},
		{"orders", "created_at=2026-01-01T17:00:00Z", "event_date", "2026-01-02"},
		{"agents", "valid_from=2026-01-02", "valid_from", "2026-01-02"},
		{"agents", "valid_from=2026/1/2 0:00", "valid_from", "2026-01-02"},
		{"orders", "amount=12.30", "amount", "12.30"},
		{"orders", "amount=12.3000", "amount", "12.30"},
		{"orders", "amount=12", "amount", "12.00"},
		{"orders", "amount=0.05", "amount", "0.05"},
		{"orders", "amount=9999999999999999.99", "amount", "9999999999999999.99"},
		{"orders", "amount=-0.00", "amount", "0.00"},
		{"orders", "quantity=3", "quantity", "3"},
		{"orders", "quantity=3.0", "quantity", "3"},
		{"orders", `order_id="1234567890123456789"`, "order_id", `"1234567890123456789"`},
		{"orders", `order_id=="1234567890123456789"`, "order_id", "1234567890123456789"},
		{"orders", "order_id='1234567890123456789", "order_id", "1234567890123456789"},
		{"orders", "order_id=\t1234567890123456789\t", "order_id", "1234567890123456789"},
		{"orders", "order_id=0012", "order_id", "0012"},
		{"order_items", "product_id=e\u0301", "product_id", "\u00e9"},
		{"order_items", "product_id=12E34", "product_id", "12E34"},
		{"order_items", "product_id=null", "product_id", ""},
		{"order_items", "title=null", "title", "null"},
		{"order_items", "title= 衬衫 ", "title", " 衬衫 "},
		{"refunds", "reason=null", "reason", "null"},
		{"loss_reasons", "note=null", "note", "null"},
		{"chat_messages", "text=null", "text", "null"},
		{"chat_messages", "text= 两行\n文字 ", "text", " 两行\n文字 "},
		{"chat_messages", "text=好的 ok", "text_len", "5"},
		{"chat_messages", "text_len=9", "text_len", "9"},
		{"chat_messages", "text=", "text_len", ""},
		{"chat_messages", "seq=null", "seq", ""},
		{"chat_messages", "is_auto=", "is_auto", "false"},
		{"chat_messages", "is_auto=1", "is_auto", "true"},
		{"chat_messages", "is_leave_message=", "is_leave_message", "false"},
		{"chat_messages", "kind=", "kind", "text"},
		{"chat_messages", "kind=sticker", "kind", "other"},
		{"chat_messages", "kind=sticker", "raw_kind", "sticker"},
		{"chat_messages", "kind=other", "raw_kind", ""},
		{"chat_messages", "kind=transfer", "kind", "transfer"},
		{"evaluations", "served_by=", "served_by", "human"},
		{"evaluations", "source=", "source", "buyer"},
		{"evaluations", "score=5", "score", "5"},
		{"cases", "nps=0", "nps", "0"},
		{"agents", "is_bot=", "is_bot", "false"},
		{"buyer_flags", "removed=", "removed", "false"},
		{"orders", `tags=["红旗", 7, null, ""]`, "tags", "红旗|7"},
		{"orders", "tags=红旗 | 预售|", "tags", "红旗|预售"},
		{"orders", "tags=[红旗]", "tags", "[红旗]"},
		{"orders", "tags=[]", "tags", ""},
		{"agents", "hourly_cost=25.5", "hourly_cost", "25.50"},
		{"agents", "group= 售前 ", "group", "售前"},
		{"orders", "amount=12", "platform", "tmall"},
		{"orders", "amount=12", "shop_id", "flagship"},
		{"orders", "amount=12", "source_file", "file-1"},
		{"orders", "amount=12", "source_line", "7"},
	} {
		t.Run(c.dataset+" "+c.set+" → "+c.column, func(t *testing.T) {
			rows := accepted(t, options(), with(c.dataset, c.set))
			if len(rows) != 1 || rows[0][c.column] != c.want {
				t.Errorf("got %v, want %s = %q", rows, c.column, c.want)
			}
		})
	}
}

func TestRejects(t *testing.T) {
	for _, c := range []struct{ dataset, set, column, reason string }{
		{"orders", "created_at=2026-02-30 10:00:00", "created_at", "date that does not exist"},
		{"orders", "created_at=2027-02-29", "created_at", "date that does not exist"},
		{"orders", "created_at=2026-13-01", "created_at", "date that does not exist"},
		{"orders", "created_at=2026-01-02 24:00:00", "created_at", "time of day that does not exist"},
		{"orders", "created_at=2026-01-02 10:60:00", "created_at", "time of day that does not exist"},
		{"orders", "created_at=yesterday", "created_at", "not a time"},
		{"orders", "created_at=1767324153", "created_at", "not a time"},
		{"orders", "created_at=20260102", "created_at", "not a time"},
		{"orders", "created_at=2026-01/02", "created_at", "not a time"},
		{"orders", "created_at=2026-01-02 10:00:00 x", "created_at", "not a time"},
		{"orders", "created_at=1999-12-31 23:59:59", "created_at", "implausible year"},
		{"orders", "created_at=2100-01-01 00:00:00", "created_at", "implausible year"},
		{"orders", "created_at=", "created_at", "missing"},
		{"orders", "created_at=null", "created_at", "missing"},
		{"orders", "order_id=", "order_id", "missing"},
		{"orders", `order_id==""`, "order_id", "missing"},
		{"orders", "order_id=null", "order_id", "missing"},
		{"orders", "order_id=1.23457E+18", "order_id", "id in scientific notation"},
		{"orders", "order_id=1e+18", "order_id", "id in scientific notation"},
		{"orders", "order_id=1\x012", "order_id", "id with control characters"},
		{"orders", "order_id=\xff\xfe", "order_id", "id that is not UTF-8"},
		{"orders", "buyer_id=1.23457E+18", "buyer_id", "id in scientific notation"},
		{"orders", "status=paying", "status", "value outside its list"},
		{"orders", "status=", "status", "missing"},
		{"orders", "paid_at=2026-01-02 11:22:32", "paid_at", "paid before it was created"},
		{"orders", "amount=12元", "amount", "not an amount"},
		{"orders", "amount=1,200.00", "amount", "not an amount"},
		{"orders", "amount=1e3", "amount", "not an amount"},
		{"orders", "amount=.", "amount", "not an amount"},
		{"orders", "amount=12.345", "amount", "amount with more than two decimals"},
		{"orders", "amount=-1", "amount", "negative amount"},
		{"orders", "amount=10000000000000000", "amount", "amount out of range"},
		{"adjustments", "value=-1.005", "value", "amount with more than two decimals"},
		{"adjustments", "value=--1", "value", "not an amount"},
		{"orders", "quantity=1.5", "quantity", "not a whole number"},
		{"orders", "quantity=-1", "quantity", "negative number"},
		{"orders", "quantity=3000000000", "quantity", "number out of range"},
		{"orders", `tags=["a"`, "tags", "not a JSON array"},
		{"orders", `tags=[{"a":1}]`, "tags", "list with elements that are no text"},
		{"order_items", "quantity=-1", "quantity", "negative number"},
		{"evaluations", "invited_at=", "invited_at", "missing"},
		{"evaluations", "score=0", "score", "score out of range"},
		{"evaluations", "score=6", "score", "score out of range"},
		{"evaluations", "source=robot", "source", "value outside its list"},
		{"order_ratings", "service_score=6", "service_score", "score out of range"},
		{"cases", "nps=11", "nps", "score out of range"},
		{"cases", "nps=-1", "nps", "score out of range"},
		{"agents", "is_bot=maybe", "is_bot", "neither true nor false"},
		{"agents", "valid_from=2026-02-30", "valid_from", "date that does not exist"},
		{"agents", "valid_from=soon", "valid_from", "not a date"},
		{"agents", "valid_from=2026-01-02 10:00:00", "valid_from", "a time where a date belongs"},
		{"agents", "valid_to=9999-12-31", "valid_to", "implausible year"},
		{"agent_presence", "to_at=2026-01-02 08:59:59", "to_at", "ends before it starts"},
		{"chat_messages", "sender=seller", "sender", "value outside its list"},
		{"chat_messages", "buyer_id=", "buyer_id", "missing"},
		{"chat_messages", "buyer_id=cntaobao", "buyer_id", "missing"},
		{"chat_messages", "text_len=-1", "text_len", "negative number"},
	} {
		t.Run(c.dataset+" "+c.set, func(t *testing.T) {
			out, res := run(t, options(), with(c.dataset, c.set))
			if len(out.rejects) != 1 || len(out.rows[c.dataset]) != 0 {
				t.Fatalf("got rows %v, rejects %v", out.rows, out.rejects)
			}
			r := out.rejects[0]
			if r.Column != c.column || r.Reason != c.reason {
				t.Errorf("got %s: %s, want %s: %s", r.Column, r.Reason, c.column, c.reason)
			}
			if r.Dataset != c.dataset || r.Line != 7 || string(r.Raw) != "raw" || r.Hint == "" {
				t.Errorf("reject is not complete: %+v", r)
			}
			if got := res.Datasets[c.dataset]; got.Accepted != 0 || got.Rejected != 1 {
				t.Errorf("got counts %+v", got)
			}
		})
	}
}

func TestValidToBeforeValidFrom(t *testing.T) {
	for _, name := range []string{"agents", "buyer_flags"} {
		out, _ := run(t, options(), with(name, "valid_from=2026-01-02", "valid_to=2026-01-01"), with(name, "valid_from=2026-01-02", "valid_to=2026-01-02"))
		if len(out.rejects) != 1 || out.rejects[0].Column != "valid_to" || len(out.rows[name]) != 1 {
			t.Errorf("%s: got rows %v, rejects %v", name, out.rows, out.rejects)
		}
	}
}

func TestEveryRequiredColumnIsRequired(t *testing.T) {
	for _, schema := range dataset.All() {
		for _, c := range schema.Columns {
			if !c.Required {
				continue
			}
			out, _ := run(t, options(), with(schema.Name, c.Name+"="))
			if len(out.rejects) != 1 || out.rejects[0].Column != c.Name || out.rejects[0].Reason != "missing" {
				t.Errorf("%s without %s: rows %v, rejects %v", schema.Name, c.Name, out.rows, out.rejects)
			}
		}
	}
}

func TestInvitedAtDefaultsToRatedAt(t *testing.T) {
	rows := accepted(t, options(), record("evaluations", "evaluation_id=1", "rated_at=2026-01-02 12:00:00"))
	if got := rows[0]["invited_at"]; got != "2026-01-02 04:00:00" {
		t.Errorf("invited_at = %s", got)
	}
}
