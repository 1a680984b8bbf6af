package transformtest

import (
	"slices"
	"testing"
	"time"

	"kefu/transform/transformtest/world"
)

// Whoever a published table names is in dim_agent, whatever he is seen in.
func TestEveryAgentIsInTheDimension(t *testing.T) {
	pack := randomPack(t, 2*incrementalWorlds)
	pack = append(pack, seenOnce(t))
	h := start(t, pack)
	load(t, h, pack.Tables())
	run(t, h, 0)
	known := map[[2]any]bool{}
	rows, err := h.Rows(t.Context(), "dim_agent")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		known[[2]any{r["shop_id"], r["agent_id"]}] = true
		if r["shop_id"] == "once" && r["name"] != r["agent_id"] {
			t.Errorf("name of %v is %v", r["agent_id"], r["name"])
		}
	}
	for _, id := range []string{"chat", "robot-like", "present", "rated", "case", "event", "adjusted"} {
		if !known[[2]any{"once", id}] {
			t.Errorf("agent %s is missing", id)
		}
	}
	columns := []string{"agent_id", "order_agent_id", "pay_agent_id", "follow_up_agent_id"}
	for _, m := range h.Graph().Stored() {
		if !m.Publish {
			continue
		}
		rows, err := h.Rows(t.Context(), m.Name)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rows {
			for column, id := range r {
				if slices.Contains(columns, column) && id != nil && id != "" && !known[[2]any{r["shop_id"], id}] {
					t.Errorf("%s.%s: %v of %v is not in dim_agent", m.Name, column, id, r["shop_id"])
				}
			}
		}
	}
}

// seenOnce is a shop without rows of agents, each of whose agents is seen in one
// place alone.
func seenOnce(t *testing.T) *world.World {
	t.Helper()
	at := time.Date(2026, 1, 5, 4, 0, 0, 0, time.UTC)
	w := &world.World{
		Name: "once", Shop: world.Shop{Platform: "other", ID: "once", Name: "once", Timezone: "Asia/Shanghai"},
		Messages: []world.ChatMessage{
			{ID: "m1", SentAt: at, BuyerID: "b1", AgentID: "chat", Sender: "buyer", Kind: "text"},
			{ID: "m2", SentAt: at, BuyerID: "b2", AgentID: "robot-like", Sender: "agent", Kind: "text"},
		},
		Orders:      []world.Order{{ID: "o1", CreatedAt: at, Status: "created"}},
		Presence:    []world.Presence{{AgentID: "present", FromAt: at, ToAt: at.Add(time.Hour), State: "online"}},
		Evaluations: []world.Evaluation{{ID: "e1", InvitedAt: at, RatedAt: at, BuyerID: "b1", AgentID: "rated", ServedBy: "human", Source: "buyer", Score: 5}},
		Cases:       []world.Case{{ID: "c1", OpenedAt: at, AgentID: "case", Status: "open"}},
		Events:      []world.AgentEvent{{ID: "v1", AgentID: "event", Kind: "training", At: at}},
		Adjustments: []world.Adjustment{{ID: "x1", AgentID: "adjusted", Dt: world.DateOf(at), Value: 100, Author: "lead", Reason: "appeal", DecidedAt: at}},
	}
	if err := w.Open(); err != nil {
		t.Fatal(err)
	}
	return w
}
