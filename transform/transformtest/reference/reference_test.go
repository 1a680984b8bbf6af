package reference

import (
	"maps"
	"math/big"
	"strings"
	"sync"
	"testing"

	"kefu/transform/transformtest/world"
)

// judged is a random world with its result.
type judged struct {
	w *world.World
	r Result
}

var randomWorlds = sync.OnceValues(func() ([]judged, error) {
	var out []judged
	for seed := uint64(1); seed <= 150; seed++ {
		w, err := world.Random(seed)
		if err != nil {
			return nil, err
		}
		out = append(out, judged{w, Compute(w)})
	}
	return out, nil
})

func forRandomWorlds(t *testing.T, check func(t *testing.T, w *world.World, r Result)) {
	t.Helper()
	worlds, err := randomWorlds()
	if err != nil {
		t.Fatal(err)
	}
	for _, j := range worlds {
		check(t, j.w, j.r)
	}
}

// To the cent: what is credited and what is not make the valid amount, and with
// the excluded one all that was paid.
func TestMoneyAddsUp(t *testing.T) {
	forRandomWorlds(t, func(t *testing.T, w *world.World, r Result) {
		credited := map[string]*big.Rat{}
		for _, row := range r["kpi_agent_day"] {
			d := Spell(row["dt"])
			if credited[d] == nil {
				credited[d] = new(big.Rat)
			}
			credited[d].Add(credited[d], row["sales_amount"].(*big.Rat))
		}
		for _, row := range r["kpi_shop_day"] {
			sum := new(big.Rat).Add(row["sales_amount"].(*big.Rat), row["uncredited_amount"].(*big.Rat))
			if sum.Cmp(row["valid_paid_amount"].(*big.Rat)) != 0 {
				t.Errorf("%s, %v: credited + uncredited is not valid_paid_amount", w.Name, row["dt"])
			}
			if sum.Add(sum, row["excluded_amount"].(*big.Rat)).Cmp(row["shop_paid_amount"].(*big.Rat)) != 0 {
				t.Errorf("%s, %v: valid + excluded is not shop_paid_amount", w.Name, row["dt"])
			}
			if c := credited[Spell(row["dt"])]; c != nil && c.Cmp(row["sales_amount"].(*big.Rat)) != 0 {
				t.Errorf("%s, %v: sales of the agents are not the shop's", w.Name, row["dt"])
			}
		}
	})
}

// Shares of one order and rule sum to one.
func TestSharesSumToOne(t *testing.T) {
	forRandomWorlds(t, func(t *testing.T, w *world.World, r Result) {
		sums := map[string]*big.Rat{}
		for _, row := range r["order_credits"] {
			k := row["order_id"].(string) + " " + row["rule"].(string)
			if sums[k] == nil {
				sums[k] = new(big.Rat)
			}
			sums[k].Add(sums[k], row["share"].(*big.Rat))
		}
		for k, s := range sums {
			if s.Cmp(whole(1)) != 0 {
				t.Errorf("%s: shares of %s sum to %s", w.Name, k, s)
			}
		}
	})
}

// What is part of something is not more than it.
func TestPartsAreNotMoreThanTheWhole(t *testing.T) {
	pairs := [][2]string{
		{"inquiry_buyers", "received_buyers"}, {"received_buyers", "receptions"}, {"replied_buyers", "received_buyers"},
		{"slow_buyers", "received_buyers"}, {"reply_within_ok", "reply_within_units"}, {"quick_turns", "response_turns"},
		{"first_response_turns", "response_turns"}, {"ordered_buyers_same_day", "ordered_buyers_final"},
		{"ordered_buyers_final", "inquiry_buyers"}, {"paid_buyers_next_day", "paid_buyers_final"}, {"lost_buyers", "inquiry_buyers"},
		{"order_paid_buyers_same_day", "order_paid_buyers"}, {"order_paid_buyers", "order_buyers"}, {"rated", "invited"},
		{"shipped_buyers_final", "ordered_buyers_final"}, {"handed_over_receptions", "receptions"},
	}
	forRandomWorlds(t, func(t *testing.T, w *world.World, r Result) {
		for _, table := range []string{"kpi_agent_day", "kpi_shop_day", "kpi_agent_window", "kpi_shop_window"} {
			for _, row := range r[table] {
				for _, p := range pairs {
					if row[p[0]].(int64) > row[p[1]].(int64) {
						t.Errorf("%s: %s %v %v: %s %d above %s %d", w.Name, table, row["agent_id"], row["dt"], p[0], row[p[0]], p[1], row[p[1]])
					}
				}
			}
		}
	})
}

// Keys are unique in every table, and every table gets rows from some world.
func TestKeysAreUnique(t *testing.T) {
	rows := map[string]int{}
	forRandomWorlds(t, func(t *testing.T, w *world.World, r Result) {
		for table, keys := range Keys {
			rows[table] += len(r[table])
			for k, list := range index(r[table], keys) {
				if len(list) > 1 {
					t.Errorf("%s: %d rows of %s have the key %s", w.Name, len(list), table, k)
				}
			}
		}
	})
	for table, n := range rows {
		if n == 0 {
			t.Errorf("no world has a row of %s", table)
		}
	}
}

// Every status and reason of an inquiry, every kind of an order occurs.
func TestWorldsReachEveryOutcome(t *testing.T) {
	wanted := map[string][]string{
		"excluded_reason": {
			"filter_monologue_buyer_messages", "filter_single_sentence_agent_messages", "filter_watchword", "handover_max_agent_messages",
			"bot_only", "role", "after_sales", "pending_order", "agent_initiated", "handed_over",
		},
		"status": {"converted", "ordered_unpaid", "other_agent", "ordered_silent", "open", "lost", "merged"},
		"kind":   {"assisted", "silent_reminded", "fully_silent", "fully_silent_followed", "silent_unpaid", "unlinked"},
	}
	found := map[string]int{}
	forRandomWorlds(t, func(_ *testing.T, _ *world.World, r Result) {
		for _, row := range r["inquiries"] {
			found[Spell(row["excluded_reason"])]++
			found[Spell(row["status"])]++
		}
		for _, row := range r["order_attribution"] {
			found[Spell(row["kind"])]++
		}
	})
	for column, values := range wanted {
		for _, v := range values {
			if found[v] == 0 {
				t.Errorf("no world has %s %s", column, v)
			}
		}
	}
}

// A world compared with itself has no difference; a changed value is named.
// Every column of the tables takes more than one value somewhere, or the worlds
// would not test it.
func TestWorldsReachEveryColumn(t *testing.T) {
	values := map[string]map[string]bool{}
	forRandomWorlds(t, func(_ *testing.T, _ *world.World, r Result) {
		for table, rows := range r {
			for _, row := range rows {
				for column, v := range row {
					key := table + "." + column
					if values[key] == nil {
						values[key] = map[string]bool{}
					}
					if len(values[key]) < 3 {
						values[key][Spell(v)] = true
					}
				}
			}
		}
	})
	for key, list := range values {
		ofShop := strings.HasPrefix(key, "kpi_shop") && strings.HasSuffix(key, ".other_agent_buyers") // 0 by definition
		if len(list) < 2 && !ofShop {
			t.Errorf("%s is always the same", key)
		}
	}
}

func TestCompareNamesDifferences(t *testing.T) {
	keys := []string{"dt"}
	want := []Row{{"dt": world.Date(20000), "n": int64(3), "share": big.NewRat(3, 10), "rate": nil}}
	if d := Compare("t", want, []Row{{"dt": world.Date(20000).Time(), "n": int32(3), "share": "0.300000", "rate": nil}}, keys); len(d) != 1 {
		t.Errorf("text is no number: want 1 difference, got %v", d)
	}
	got := []Row{{"dt": world.Date(20000).Time(), "n": int32(4), "share": big.NewRat(30, 100), "rate": nil}}
	d := Compare("t", want, got, keys)
	if len(d) != 1 || d[0].String() != "t 2024-10-04 n: want 3, got 4" {
		t.Errorf("want one difference in n, got %v", d)
	}
	if d := Compare("t", want, nil, keys); len(d) != 1 || d[0].Got != "no row" {
		t.Errorf("want a missing row, got %v", d)
	}
}

// A group whose only agent is one and the same has that agent's numbers.
func TestAGroupOfOneIsItsAgent(t *testing.T) {
	seen := 0
	forRandomWorlds(t, func(t *testing.T, w *world.World, r Result) {
		members := map[string]map[string]bool{}
		for _, a := range w.Agents {
			if members[a.Group] == nil {
				members[a.Group] = map[string]bool{}
			}
			members[a.Group][a.ID] = true
		}
		for group, agents := range members {
			if group == "" || len(agents) != 1 {
				continue
			}
			for agent := range agents {
				if alwaysIn(w, agent, group) {
					seen++
					sameNumbers(t, w, r, agent, group)
				}
			}
		}
	})
	if seen < 20 {
		t.Errorf("only %d such groups: the test proves little", seen)
	}
}

// alwaysIn tells whether the agent is of the group on all days.
func alwaysIn(w *world.World, agent, group string) bool {
	whole := false
	for _, a := range w.Agents {
		if a.ID == agent && a.Group != group {
			return false
		}
		whole = whole || (a.ID == agent && a.ValidFrom == 0 && a.ValidTo == 0)
	}
	return whole
}

func sameNumbers(t *testing.T, w *world.World, r Result, agent, group string) {
	t.Helper()
	for _, period := range []string{"day", "window"} {
		rows := func(table, key, name string) []Row {
			var out []Row
			for _, row := range r[table] {
				if row[key] == name {
					plain := maps.Clone(row)
					delete(plain, key)
					out = append(out, plain)
				}
			}
			return out
		}
		keys := append([]string{"dt"}, Keys["kpi_shop_"+period][3:]...)
		for _, d := range Compare("kpi_group_"+period, rows("kpi_agent_"+period, "agent_id", agent), rows("kpi_group_"+period, "agent_group", group), keys) {
			t.Errorf("%s, %s of group %s: %s", w.Name, agent, group, d)
		}
	}
}
