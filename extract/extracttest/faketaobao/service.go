package faketaobao

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"kefu/extract/api"
	"kefu/extract/extracttest"
)

func (s *Server) subusers(form url.Values) map[string]any {
	if form.Get("nick") != s.Nick {
		return refused("isv.invalid-parameter:nick", "nick不正确")
	}
	size, _ := strconv.Atoi(form.Get("page_size"))
	no, _ := strconv.Atoi(form.Get("page_num"))
	if size < 1 || size > 200 || no < 1 {
		return refused("isv.invalid-parameter:page_size", "page_size超出限制")
	}
	rows := s.Shop.Rows("agents")
	list := []map[string]any{}
	for _, r := range rows[min((no-1)*size, len(rows)):min(no*size, len(rows))] {
		list = append(list, map[string]any{"nick": r["agent_id"], "full_name": r["name"], "status": 1})
	}
	return map[string]any{"subusers": map[string]any{"sub_user_info": list}}
}

func (s *Server) evaluations(form url.Values) map[string]any {
	ids := strings.Split(form.Get("query_ids"), ",")
	a, err := time.ParseInLocation("20060102150405", form.Get("btime"), api.Beijing)
	b, err2 := time.ParseInLocation("20060102150405", form.Get("etime"), api.Beijing)
	if len(ids) > 10 || err != nil || err2 != nil {
		return refused("isv.invalid-parameter:query_ids", "最多10个")
	}
	sources := map[string]int{"agent": 0, "buyer": 1, "system": 2}
	list := []map[string]any{}
	for _, r := range s.Shop.Within("evaluations", "invited_at", a, b.Add(time.Second)) {
		if !slices.Contains(ids, "cntaobao"+r["agent_id"]) {
			continue
		}
		e := map[string]any{
			"eval_recer": "cntaobao" + r["buyer_id"], "eval_sender": "cntaobao" + r["agent_id"], "send_time": r.Local("invited_at"),
			"eval_time": r.Local("rated_at"), "source": sources[r["source"]],
		}
		if r["score"] != "" {
			e["eval_code"] = 5 - r.Int("score")
		}
		list = append(list, extracttest.Present(e))
	}
	return map[string]any{"result_count": len(list), "staff_eval_details": map[string]any{"eval_detail": list}}
}

func (s *Server) presence(form url.Values) map[string]any {
	ids := strings.Split(form.Get("account_ids"), ",")
	a, err := time.ParseInLocation("2006-01-02", form.Get("start_date"), api.Beijing)
	b, err2 := time.ParseInLocation("2006-01-02", form.Get("end_date"), api.Beijing)
	if len(ids) > 5 || err != nil || err2 != nil || s.Now().Sub(a) > 31*24*time.Hour {
		return refused("isv.invalid-parameter:account_ids", "最多5个")
	}
	list := []map[string]any{}
	event := func(r extracttest.Row, column string, status, kind int) {
		list = append(list, map[string]any{"account_id": r["agent_id"], "status": status, "type": kind, "change_time": r.Local(column)})
	}
	rows := s.Shop.Within("agent_presence", "from_at", a, b.AddDate(0, 0, 1))
	for i, r := range rows {
		if !slices.Contains(ids, r["agent_id"]) {
			continue
		}
		before, after := neighbour(rows[:i], r, true), neighbour(rows[i+1:], r, false)
		switch {
		case r["state"] == "away":
			event(r, "from_at", 2, 5)
		case before:
			event(r, "from_at", 3, 5)
		default:
			event(r, "from_at", 1, 8)
		}
		if !after && r["to_at"] != "" {
			event(r, "to_at", -1, 8)
		}
	}
	slices.Reverse(list) // the gateway promises no order
	return map[string]any{"record_list": map[string]any{"record_list": list}}
}

// neighbour says whether another state of the agent ends where r begins, or
// begins where it ends.
func neighbour(rows []extracttest.Row, r extracttest.Row, before bool) bool {
	return slices.ContainsFunc(rows, func(o extracttest.Row) bool {
		if o["agent_id"] != r["agent_id"] {
			return false
		}
		if before {
			return o.At("to_at").Equal(r.At("from_at"))
		}
		return o.At("from_at").Equal(r.At("to_at"))
	})
}

func (s *Server) talks(form url.Values, from, to string) []extracttest.Row {
	a, err := time.ParseInLocation("2006-01-02", form.Get(from), api.Beijing)
	b, err2 := time.ParseInLocation("2006-01-02", form.Get(to), api.Beijing)
	if err != nil || err2 != nil {
		ms, _ := strconv.ParseInt(form.Get(from), 10, 64)
		ms2, _ := strconv.ParseInt(form.Get(to), 10, 64)
		return s.Shop.Within("chat_messages", "sent_at", time.UnixMilli(ms), time.UnixMilli(ms2+1000))
	}
	return s.Shop.Within("chat_messages", "sent_at", a, b.AddDate(0, 0, 1))
}

func (s *Server) peers(form url.Values) map[string]any {
	list, seen := []map[string]any{}, map[string]bool{}
	for _, r := range s.talks(form, "start_date", "end_date") {
		if "cntaobao"+r["agent_id"] == form.Get("chat_id") && !seen[r["buyer_id"]] {
			seen[r["buyer_id"]] = true
			list = append(list, map[string]any{"uid": "cntaobao" + r["buyer_id"], "date": r.Local("sent_at")[:10]})
		}
	}
	return map[string]any{"chatpeers": map[string]any{"chatpeer": list}, "count": len(list), "ret": 10000}
}

func (s *Server) conversation(form url.Values) []extracttest.Row {
	var out []extracttest.Row
	for _, r := range s.talks(form, "start_date", "end_date") {
		if "cntaobao"+r["agent_id"] == form.Get("from_id") && "cntaobao"+r["buyer_id"] == form.Get("to_id") {
			out = append(out, r)
		}
	}
	return out
}

func direction(r extracttest.Row) int {
	if r["sender"] == "buyer" {
		return 1
	}
	return 0
}

func (s *Server) chatlog(form url.Values) map[string]any {
	list := []map[string]any{}
	for _, r := range s.conversation(form) {
		list = append(list, map[string]any{"direction": direction(r), "time": r.Local("sent_at"), "content": r["text"]})
	}
	if len(list) == 1 { // a list of one may come as an object
		return map[string]any{"msgs": map[string]any{"msg": list[0]}, "count": 1, "ret": 10000}
	}
	return map[string]any{"msgs": map[string]any{"msg": list}, "count": len(list), "ret": 10000}
}

// abstract withholds what buyers wrote, and slices long conversations.
func (s *Server) abstract(form url.Values) map[string]any {
	const slice = 3
	all := s.conversation(form)
	from, _ := strconv.Atoi(form.Get("next_key"))
	to := min(from+slice, len(all))
	list := []map[string]any{}
	for _, r := range all[min(from, len(all)):to] {
		m := map[string]any{"direction": direction(r), "time": r.Millis("sent_at"), "type": 0}
		if r["sender"] == "buyer" {
			m["length"] = len([]rune(r["text"]))
		} else {
			m["content"] = r["text"]
		}
		list = append(list, m)
	}
	out := map[string]any{"ret_code": 0, "msg_lists": map[string]any{"msg_list": list}, "is_sliced": 0}
	if to < len(all) {
		out["is_sliced"], out["next_key"] = 1, strconv.Itoa(to)
	}
	return out
}
