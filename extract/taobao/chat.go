package taobao

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"kefu/extract/api"
)

// chats walks the legacy grants: whom an account talked to on the day, then
// each conversation. Shops of today have neither; their chats come by export.
func (p *puller) chats(ctx context.Context, stream string, w api.Window) error {
	accounts, err := p.accounts(ctx)
	if err != nil {
		return err
	}
	from, to := w.From.In(api.Beijing).Format(time10), last(w).In(api.Beijing).Format(time10)
	for _, agent := range accounts {
		n, err := p.eservice(ctx, "taobao.wangwang.eservice.chatpeers.get", map[string]string{
			"chat_id": "cntaobao" + agent, "start_date": from, "end_date": to, "charset": "utf-8",
		})
		if err != nil {
			return err
		}
		for _, buyer := range peers(n) {
			if stream == "chats.abstract" {
				err = p.abstract(ctx, agent, buyer, w)
			} else {
				_, err = p.eservice(ctx, "taobao.wangwang.eservice.chatlog.get", map[string]string{
					"from_id": "cntaobao" + agent, "to_id": buyer, "start_date": from, "end_date": to,
				})
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func peers(n *api.Node) []string {
	var out []string
	seen := map[string]bool{}
	for _, peer := range n.At("chatpeers", "chatpeer").List() {
		if uid := peer.At("uid").Text(); uid != "" && !seen[uid] {
			seen[uid] = true
			out = append(out, uid)
		}
	}
	return out
}

// refusals are what the legacy calls say beside an answer that holds nothing.
var refusals = map[string]string{"40000": "the account is not one of this shop", "50000": "the platform does not answer for this time"}

// eservice makes one of the legacy calls, which have a result code of their own.
func (p *puller) eservice(ctx context.Context, call string, params map[string]string) (*api.Node, error) {
	n, err := p.ask(ctx, call, params)
	if err != nil {
		return nil, err
	}
	if ret := n.At("ret").Text(); ret != "" && ret != "10000" {
		return nil, &api.CallError{Call: call, Code: ret, Message: cmp.Or(refusals[ret], "the platform does not answer")}
	}
	return n, nil
}

// abstract walks the log that withholds what buyers wrote.
func (p *puller) abstract(ctx context.Context, agent, buyer string, w api.Window) error {
	const most = 1000 // slices of one conversation; more is a key that never ends
	key := ""
	for range most {
		n, err := p.ask(ctx, "taobao.wangwang.abstract.logquery", map[string]string{
			"from_id": "cntaobao" + agent, "to_id": buyer, "start_date": millis(w.From), "end_date": millis(last(w)),
			"count": "1000", "next_key": key, "charset": "utf-8",
		})
		if err != nil {
			return err
		}
		if n.At("ret_code").Int() != 0 {
			return &api.CallError{Call: "taobao.wangwang.abstract.logquery", Code: n.At("ret_code").Text(), Message: n.At("error_msg").Text()}
		}
		if key = n.At("next_key").Text(); n.At("is_sliced").Int() != 1 || key == "" {
			return nil
		}
	}
	return fmt.Errorf("walk conversation: it has more than %d slices", most)
}

func millis(t time.Time) string { return strconv.FormatInt(t.UnixMilli(), 10) }

// readChats reads conversations. The log is the same from both sides' points of
// view: direction 0 is from the account to the buyer, 1 the reverse.
func readChats(r api.Response, n *api.Node, rows *api.Rows) error {
	list := n.At("msgs", "msg").List()
	if strings.Contains(r.Call, "abstract") {
		list = n.At("msg_lists", "msg_list").List()
	}
	agent, buyer := bareNick(r.Params["from_id"]), bareNick(r.Params["to_id"])
	ordinals := map[string]int{}
	for _, m := range list {
		rows.Next()
		sender := "agent"
		if m.At("direction").Int() == 1 {
			sender = "buyer"
		}
		at, text := m.At("time").Text(), m.At("content").Text()
		if len(at) == 13 {
			at = api.Millis(at)
		} else {
			at = api.Local(at)
		}
		length := m.At("length").Text()
		equal := strings.Join([]string{agent, buyer, at, sender, text, length}, "\x1f")
		ordinals[equal]++
		if err := rows.Add("chat_messages", m.Raw(), map[string]string{
			"message_id": api.Derived("wangwang-api", equal, strconv.Itoa(ordinals[equal])), "sent_at": at, "buyer_id": buyer,
			"agent_id": agent, "sender": sender, "kind": "text", "text": text, "text_len": length,
		}); err != nil {
			return err
		}
	}
	return nil
}
