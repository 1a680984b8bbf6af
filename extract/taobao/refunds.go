package taobao

import (
	"context"

	"kefu/extract/api"
)

const refundFields = "refund_id,tid,oid,buyer_nick,status,created,modified,end_time,refund_fee,reason,has_good_return,cs_status," +
	"dispute_type,good_status,num_iid,refund_phase"

// refunds walks the list of changed refunds and asks for each by itself: only
// there the platform says whether it stepped in and when the refund ended.
func (p *puller) refunds(ctx context.Context, w api.Window) error {
	var ids []string
	seen := map[string]bool{}
	list := &puller{Connector: p.Connector, emit: func(r api.Response) error {
		for _, row := range rowsOf(answer(api.Parse(r.Body), r.Call)) {
			if id := row.At("refund_id").Text(); id != "" && !seen[id] {
				seen[id] = true
				ids = append(ids, id)
			}
		}
		return nil
	}}
	if err := list.pages(ctx, "taobao.refunds.receive.get", 100, map[string]string{
		"fields": "refund_id,modified", "type": tradeTypes, "start_modified": clock(w.From), "end_modified": clock(last(w)),
	}); err != nil {
		return err
	}
	for _, id := range ids {
		if _, err := p.ask(ctx, "taobao.refund.get", map[string]string{"fields": refundFields, "refund_id": id}); err != nil {
			return err
		}
	}
	return nil
}

var refundTypes = map[string]string{
	"REFUND": "refund_only", "REFUND_AND_RETURN": "return_refund", "TMALL_EXCHANGE": "exchange", "TAOBAO_EXCHANGE": "exchange",
	"REPAIR": "other", "RESHIPPING": "other", "OTHERS": "other",
}

// readRefund reads the answer of taobao.refund.get.
func readRefund(_ string, n *api.Node, rows *api.Rows) error {
	r := n.At("refund")
	if r.Missing() {
		return nil
	}
	rows.Next()
	kind := refundTypes[r.At("dispute_type").Text()]
	if kind == "" {
		kind = "refund_only"
		if r.At("has_good_return").Bool() {
			kind = "return_refund"
		}
	}
	status := "open"
	completed := ""
	switch r.At("status").Text() {
	case "SUCCESS":
		status = "succeeded"
	case "CLOSED":
		status = "closed"
	}
	if status != "open" {
		completed = api.Local(r.Any("end_time", "modified").Text())
	}
	disputed, closedBy := intervention(r, status)
	return rows.Add("refunds", r.Raw(), map[string]string{
		"refund_id": r.At("refund_id").Text(), "requested_at": api.Local(r.At("created").Text()), "order_id": r.At("tid").Text(),
		"item_id": r.At("oid").Text(), "buyer_id": r.At("buyer_nick").Text(), "type": kind, "status": status, "completed_at": completed,
		"amount": r.At("refund_fee").Text(), "reason": r.At("reason").Text(), "disputed_at": disputed, "closed_by": closedBy,
		"updated_at": api.Local(r.At("modified").Text()),
	})
}

// intervention reads cs_status. The platform says that it stepped in, not when:
// the request's time stands in. 6, 8 and 9 are its decisions; a refund that is
// withdrawn is the buyer's end, one that succeeds without it the merchant's.
func intervention(r *api.Node, status string) (disputed, closedBy string) {
	cs := r.At("cs_status").Int()
	if cs >= 2 {
		disputed = api.Local(r.At("created").Text())
	}
	switch {
	case status == "open":
	case cs == 6 || cs == 8 || cs == 9:
		closedBy = "platform"
	case status == "closed":
		closedBy = "buyer"
	default:
		closedBy = "merchant"
	}
	return disputed, closedBy
}
