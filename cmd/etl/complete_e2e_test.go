package main

import (
	"slices"
	"strings"
	"testing"

	"kefu/transform/transformtest/world"
)

// A source's complete_until moves the horizon of the datasets that it delivers:
// inquiries whose window has ended by then are lost, though no later order came.
func TestCompleteUntilMovesTheHorizon(t *testing.T) {
	t.Parallel()
	shop := world.Shop{Platform: "other", ID: "one", Name: "one", Timezone: "Asia/Shanghai"}
	chats := exportSource{name: "chats", preset: "canonical", shop: shop}
	orders := exportSource{name: "orders", preset: "canonical", shop: shop}
	i := newInstallation(t, "", chats, orders)
	i.deliver(
		delivery{source: "chats", name: "chat_messages.csv", text: sheet("chat_messages", slices.Concat(talk("one", "b1", "a1", 2, "10:00"), talk("last", "b2", "a1", 9, "10:00"))...)},
		delivery{source: "orders", name: "orders.csv", text: sheet("orders", row{"order_id": "o1", "buyer_id": "b3", "created_at": at(2, "11:00:00"), "status": "created"})},
	)
	state := func(chatsUntil, ordersUntil string) {
		for n, until := range []string{chatsUntil, ordersUntil} {
			i.sources[n].more = ""
			if until != "" {
				i.sources[n].more = "complete_until: " + until
			}
		}
		i.configure()
	}
	expect := func(what, status, horizon string, reasons ...string) {
		t.Helper()
		s := i.night(0)
		var got []string
		for _, r := range s.Reasons {
			got = append(got, r.Kind)
		}
		if !slices.Equal(got, reasons) {
			t.Errorf("%s: computed because of %v, want %v", what, got, reasons)
		}
		said := i.etl("query", "select q.status, h.horizon_dt from inquiries q, int_shop_horizon h where q.buyer_id in (select buyer_id from chat_messages where message_id = 'one-1') and q.grain = 'shop'", "--json")
		if !strings.Contains(said.out, `"`+status+`"`) || !strings.Contains(said.out, horizon) {
			t.Errorf("%s: want %s and a horizon of %s, got %s%s", what, status, horizon, said.out, said.err)
		}
	}
	// The window of an inquiry of day 2 ends with day 3; orders reach day 2.
	expect("as far as the rows go", "open", storyDay(2), "first_run")
	state("", storyDay(3))
	expect("orders are complete until day 3", "lost", storyDay(3), "horizon")
	expect("nothing new", "lost", storyDay(3))
	state("", storyDay(30))
	expect("chats end with day 9", "lost", storyDay(9), "horizon")
	state(storyDay(30), "")
	expect("the chats' source does not speak for orders", "open", storyDay(2), "horizon")
	state("", storyDay(1))
	expect("a day before the last row", "open", storyDay(2), "horizon")

	state("", storyDay(3))
	i.night(0)
	want := i.tables()
	fresh := newInstallation(t, "", i.sources...)
	for _, name := range []string{"chats/chat_messages.csv", "orders/orders.csv"} {
		fresh.write("exports/"+name, []byte(i.read("exports/"+name)))
	}
	fresh.night(0)
	sameTables(t, "a fresh installation", fresh.tables(), want)

	// The pipeline that pulls the other source alone leaves the horizon where it is.
	if s := i.night(0, "--shop", "one"); len(s.Reasons) != 0 {
		t.Errorf("pulling fewer sources changes %v", s.Reasons)
	}
	if said := i.etl("check"); strings.Contains(said.out+said.err, "complete_until") {
		t.Errorf("etl check: %s%s", said.out, said.err)
	}
}

// A shop without any order may be said to be complete, too.
func TestCompleteUntilSpeaksForWhatNobodyDelivers(t *testing.T) {
	t.Parallel()
	shop := world.Shop{Platform: "other", ID: "one", Name: "one", Timezone: "Asia/Shanghai"}
	i := newInstallation(t, "", exportSource{name: "one", preset: "canonical", shop: shop, more: "complete_until: " + storyDay(4)})
	i.deliver(delivery{source: "one", name: "chat_messages.csv", text: sheet("chat_messages", talk("one", "b1", "a1", 2, "10:00")...)})
	i.night(0)
	if said := i.etl("query", "select status from inquiries", "--json"); !strings.Contains(said.out, `"lost"`) {
		t.Errorf("the inquiry is not lost: %s%s", said.out, said.err)
	}
}
