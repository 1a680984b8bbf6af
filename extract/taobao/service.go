package taobao

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"

	"kefu/extract/api"
)

// subusers asks for the shop's sub-accounts, page by page until one is short.
func (p *puller) subusers(ctx context.Context) error {
	const size = 200
	for no := 1; ; no++ {
		n, err := p.ask(ctx, "taobao.sellercenter.subusers.page", map[string]string{
			"nick": p.Nick, "page_size": strconv.Itoa(size), "page_num": strconv.Itoa(no),
		})
		if err != nil {
			return err
		}
		if len(subusersOf(n)) < size {
			return nil
		}
	}
}

func subusersOf(n *api.Node) []*api.Node {
	if list := n.At("subusers", "sub_user_info"); !list.Missing() {
		return list.List()
	}
	return n.At("subusers").List()
}

func readAgents(n *api.Node, rows *api.Rows) error {
	for _, a := range subusersOf(n) {
		rows.Next()
		if err := rows.Add("agents", a.Raw(), map[string]string{"agent_id": a.At("nick").Text(), "name": a.At("full_name").Text()}); err != nil {
			return err
		}
	}
	return nil
}

// accounts lists the shop's accounts, asked for once a run.
func (p *puller) accounts(ctx context.Context) ([]string, error) {
	if p.agents != nil {
		return p.agents, nil
	}
	agents := []string{p.Nick}
	asking := &puller{Connector: p.Connector, emit: func(r api.Response) error {
		for _, a := range subusersOf(answer(api.Parse(r.Body), r.Call)) {
			if nick := a.At("nick").Text(); nick != "" && nick != p.Nick {
				agents = append(agents, nick)
			}
		}
		return nil
	}}
	if err := asking.subusers(ctx); err != nil {
		return nil, err
	}
	p.agents = agents
	return agents, nil
}

const compactTime = "20060102150405"

// evaluations asks for the ratings of all accounts, ten a call.
func (p *puller) evaluations(ctx context.Context, w api.Window) error {
	accounts, err := p.accounts(ctx)
	if err != nil {
		return err
	}
	for some := range slices.Chunk(accounts, 10) {
		ids := make([]string, len(some))
		for i, nick := range some {
			ids[i] = "cntaobao" + nick
		}
		if _, err := p.ask(ctx, "taobao.qianniu.kefueval.get", map[string]string{
			"query_ids": strings.Join(ids, ","), "btime": w.From.In(api.Beijing).Format(compactTime), "etime": last(w).In(api.Beijing).Format(compactTime),
		}); err != nil {
			return err
		}
	}
	return nil
}

var ratingSources = map[string]string{"0": "agent", "1": "buyer", "2": "system"}

// readEvaluations reads ratings: eval_code 0 is very satisfied, 4 very
// unsatisfied. A card that nobody answered has neither time nor code.
func readEvaluations(n *api.Node, rows *api.Rows) error {
	for _, e := range n.At("staff_eval_details", "eval_detail").List() {
		rows.Next()
		agent, buyer := bareNick(e.At("eval_sender").Text()), bareNick(e.Any("eval_recer", "open_uid").Text())
		sent, rated := e.At("send_time").Text(), e.At("eval_time").Text()
		score := ""
		if code := e.At("eval_code").Text(); code != "" && rated != "" {
			score = strconv.FormatInt(5-e.At("eval_code").Int(), 10)
		}
		if err := rows.Add("evaluations", e.Raw(), map[string]string{
			"evaluation_id": api.Derived("kefueval", agent, buyer, cmp.Or(sent, rated)), "invited_at": api.Local(cmp.Or(sent, rated)),
			"rated_at": api.Local(rated), "buyer_id": buyer, "agent_id": agent, "served_by": "human",
			"source": ratingSources[e.At("source").Text()], "score": score, "updated_at": api.Local(cmp.Or(rated, sent)),
		}); err != nil {
			return err
		}
	}
	return nil
}

// presence asks for the log-ins of all accounts, five a call, day by day.
func (p *puller) presence(ctx context.Context, w api.Window) error {
	accounts, err := p.accounts(ctx)
	if err != nil {
		return err
	}
	from, to := w.From.In(api.Beijing).Format(time10), last(w).In(api.Beijing).Format(time10)
	for some := range slices.Chunk(accounts, 5) {
		if _, err := p.ask(ctx, "taobao.qianniu.cloudkefu.onlinestatuslog.get", map[string]string{
			"account_ids": strings.Join(some, ","), "start_date": from, "end_date": to,
		}); err != nil {
			return err
		}
	}
	return nil
}

const time10 = "2006-01-02"

// readPresence pairs ups and downs. An account is there from its first up
// (PC and mobile together) to its last down, and away while it is suspended. A
// window is one day: what was so before its first event began with the day, and
// what is still open at its end stays without an end, which stands for until the
// agent's next row, at most the end of the day.
func readPresence(responses []api.Response, rows *api.Rows) error {
	byAgent := map[string][]*api.Node{}
	var agents []string
	begins := ""
	for _, r := range responses {
		begins = api.Local(r.Params["start_date"] + " 00:00:00")
		for _, e := range answer(api.Parse(r.Body), r.Call).At("record_list").List() {
			for _, one := range records(e) {
				id := bareNick(one.At("account_id").Text())
				if byAgent[id] == nil {
					agents = append(agents, id)
				}
				byAgent[id] = append(byAgent[id], one)
			}
		}
	}
	slices.Sort(agents)
	for _, id := range agents {
		if err := pair(id, begins, byAgent[id], rows); err != nil {
			return err
		}
	}
	return nil
}

// records unwraps the double list of the gateway.
func records(e *api.Node) []*api.Node {
	if inner := e.At("record_list"); !inner.Missing() {
		return inner.List()
	}
	return []*api.Node{e}
}

// state is what an account is in.
type state struct {
	ups   map[string]bool // devices that are up
	since string          // beginning of the present state, "" = offline
	name  string
	raw   []byte
}

// before is the state that the first events of a day tell of: a device that goes
// down first was up, and who is resumed first was suspended.
func before(begins string, events []*api.Node) state {
	s := state{ups: map[string]bool{}, since: begins, raw: events[0].Raw()}
	seen := map[string]bool{}
	for _, e := range events {
		status, device := e.At("status").Int(), e.At("type").Text()
		if (status == 1 || status == -1) && !seen[device] {
			seen[device] = true
			if status == -1 {
				s.ups[device] = true
			}
		}
	}
	first := slices.IndexFunc(events, func(e *api.Node) bool { return e.At("status").Int() >= 2 })
	up := slices.IndexFunc(events, func(e *api.Node) bool { return e.At("status").Int() == 1 })
	paused := first >= 0 && (len(s.ups) > 0 || up < 0 || first < up) // it tells of the time before any log-in
	switch {
	case paused && events[first].At("status").Int() == 3:
		s.name = "away"
	case paused || len(s.ups) > 0:
		s.name = "online"
	}
	return s
}

func pair(agent, begins string, events []*api.Node, rows *api.Rows) error {
	slices.SortStableFunc(events, func(a, b *api.Node) int {
		return cmp.Compare(a.At("change_time").Text(), b.At("change_time").Text())
	})
	s := before(begins, events)
	for _, e := range events {
		rows.Next()
		at, status, device := api.Local(e.At("change_time").Text()), e.At("status").Int(), e.At("type").Text()
		next := s.name
		switch status {
		case 1:
			s.ups[device] = true
			if s.name == "" {
				next = "online"
			}
		case -1:
			delete(s.ups, device)
			if len(s.ups) == 0 {
				next = ""
			}
		case 2:
			next = "away"
		case 3:
			next = "online"
		}
		if next == s.name {
			rows.Merge("agent_presence")
			continue
		}
		if s.name == "" {
			rows.Merge("agent_presence") // the row is written when the state ends
		} else if err := s.end(agent, at, rows); err != nil {
			return err
		}
		s.name, s.since, s.raw = next, at, e.Raw()
	}
	if s.name == "" {
		return nil
	}
	rows.Next()
	return s.end(agent, "", rows)
}

func (s *state) end(agent, at string, rows *api.Rows) error {
	return rows.Add("agent_presence", s.raw, map[string]string{"agent_id": agent, "from_at": s.since, "to_at": at, "state": s.name})
}
