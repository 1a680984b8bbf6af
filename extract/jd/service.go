package jd

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"kefu/extract/api"
)

func waitersOf(n *api.Node) []*api.Node { return n.At("popgroup", "waiterList").List() }

func readAgent(a *api.Node, rows *api.Rows) error {
	id := a.At("waiter").Text()
	return rows.Add("agents", a.Raw(), map[string]string{"agent_id": id, "name": id})
}

func evaluationsOf(n *api.Node) []*api.Node { return n.At("Evaluation").List() }

// instant reads a time in epoch milliseconds or as text.
func instant(n *api.Node) string {
	if text := n.Text(); len(text) != 13 || strings.ContainsAny(text, "-: ") {
		return api.Local(text)
	}
	return api.Millis(n.Text())
}

func readEvaluation(e *api.Node, rows *api.Rows) error {
	agent, buyer, at := e.At("waiter").Text(), e.At("customer").Text(), instant(e.At("evaTime"))
	return rows.Add("evaluations", e.Raw(), map[string]string{
		"evaluation_id": api.Derived("jd-eva", agent, buyer, at), "invited_at": at, "rated_at": at, "buyer_id": buyer, "agent_id": agent,
		"served_by": "human", "source": "buyer", "score": e.At("score").Text(), "updated_at": at,
	})
}

func loginsOf(n *api.Node) []*api.Node { return n.At("PassLog").List() }

func readLogin(l *api.Node, rows *api.Rows) error {
	return rows.Add("agent_presence", l.Raw(), map[string]string{
		"agent_id": l.At("waiter").Text(), "from_at": instant(l.At("loginTime")), "to_at": instant(l.At("logoutTime")), "state": "online",
	})
}

func sessionsOf(n *api.Node) []*api.Node {
	if page := n.At("ChatSessionPage"); !page.Missing() {
		return page.At("chatSessionList").List()
	}
	return n.At("ChatSession").List()
}

func messagesOf(n *api.Node) []*api.Node {
	if page := n.At("ChatLogPage"); !page.Missing() {
		return page.At("chatLogList").List()
	}
	return n.At("ChatLog").List()
}

// chats walks the sessions of all accounts, then the messages of each buyer who
// had one. The total is 1 whatever the list: pages are read until one is empty.
func (p puller) chats(ctx context.Context, w api.Window) error {
	var pairs [][2]string
	sessions := func(n *api.Node) []*api.Node {
		list := sessionsOf(n)
		for _, s := range list {
			pair := [2]string{s.At("customer").Text(), s.At("waiter").Text()}
			if pair[0] != "" && !slices.Contains(pairs, pair) {
				pairs = append(pairs, pair)
			}
		}
		return list
	}
	waiters, err := p.waiters(ctx)
	if err != nil {
		return err
	}
	to := clock(w.To.Add(-time.Second))
	asked := map[string]string{"startTime": clock(w.From.Add(-longestSession)), "endTime": to, "waiter": strings.Join(waiters, ",")}
	if err := p.untilEmpty(ctx, "jingdong.im.pop.sessionlist.get", asked, sessions); err != nil {
		return err
	}
	for _, pair := range pairs {
		asked := map[string]string{"startTime": clock(w.From), "endTime": to, "customer": pair[0], "waiter": pair[1]}
		if err := p.untilEmpty(ctx, "jingdong.im.pop.chatlog.get", asked, messagesOf); err != nil {
			return err
		}
	}
	return nil
}

// longestSession is how long before a window the sessions may have begun whose
// messages lie in it.
const longestSession = 3 * time.Hour

// ofAll walks a list of all accounts: without their names the platform answers
// for the main one alone.
func (p puller) ofAll(ctx context.Context, call, from, to string, of func(*api.Node) []*api.Node) error {
	waiters, err := p.waiters(ctx)
	if err != nil {
		return err
	}
	return p.untilEmpty(ctx, call, map[string]string{"startTime": from, "endTime": to, "waiter": strings.Join(waiters, ",")}, of)
}

func (p puller) waiters(ctx context.Context) ([]string, error) {
	body, err := p.client.Call(ctx, "jingdong.im.pop.groupinfo.get", map[string]string{})
	if err != nil {
		return nil, err
	}
	var out []string
	for _, w := range waitersOf(answer(api.Parse(body), "jingdong.im.pop.groupinfo.get")) {
		out = append(out, w.At("waiter").Text())
	}
	return out, nil
}

// session is what a message's session says of it.
type session struct {
	leave bool
	sku   string
}

// readChats reads the messages with their sessions: a leave-message session
// makes leave messages. A message has no id; it is told from others by session,
// time, side and text. That a session was handed over is said, not when and to
// whom: the other account's own session tells.
func readChats(responses []api.Response, rows *api.Rows) error {
	sessions := map[string]session{}
	for _, r := range responses {
		for _, s := range sessionsOf(answer(api.Parse(r.Body), r.Call)) {
			sku := s.At("skuId").Text()
			if sku == "0" {
				sku = ""
			}
			sessions[s.At("sid").Text()] = session{leave: s.At("sessionType").Int() == 2, sku: sku}
		}
	}
	ordinals := map[string]int{}
	for _, r := range responses {
		n := answer(api.Parse(r.Body), r.Call)
		for range sessionsOf(n) {
			rows.Next()
			rows.Merge("chat_messages") // its messages are the rows
		}
		for _, m := range messagesOf(n) {
			rows.Next()
			if err := readMessage(m, sessions, ordinals, rows); err != nil {
				return err
			}
		}
	}
	return nil
}

func readMessage(m *api.Node, sessions map[string]session, ordinals map[string]int, rows *api.Rows) error {
	sid, agent, buyer, at, text := m.At("sid").Text(), m.At("waiter").Text(), m.At("customer").Text(), instant(m.At("time")), m.At("content").Text()
	sender := "buyer"
	if m.At("waiterSend").Bool() {
		sender = "agent"
		if strings.HasPrefix(agent, "jimi_") {
			sender = "bot"
		}
	}
	s := sessions[sid]
	sku := m.At("skuId").Text()
	if sku == "0" || sku == "" {
		sku = s.sku
	}
	equal := strings.Join([]string{sid, agent, buyer, at, sender, text}, "\x1f")
	ordinals[equal]++
	values := map[string]string{
		"message_id": api.Derived("jd-im", equal, strconv.Itoa(ordinals[equal])), "sent_at": at, "buyer_id": buyer, "agent_id": cmp.Or(agent, "unassigned"),
		"sender": sender, "kind": "text", "product_id": sku, "text": text,
	}
	if s.leave && sender == "buyer" {
		values["is_leave_message"] = "true"
	}
	return rows.Add("chat_messages", m.Raw(), values)
}
