package main

import (
	"slices"
	"testing"

	"kefu/transform/transformtest/world"
)

// A shop's first chats and first orders may come in any order, and other data
// before both: days and inquiries from before are settled when they come.
func TestChatsAndOrdersThatComeLate(t *testing.T) {
	t.Parallel()
	shop := world.Shop{Platform: "other", ID: "late", Name: "late", Timezone: "Asia/Shanghai"}
	of := func(name string, rows ...row) delivery {
		return delivery{source: "exports", name: name + ".csv", text: sheet(name, rows...)}
	}
	presence := of("agent_presence", row{"agent_id": "a1", "from_at": at(0, "09:00:00"), "to_at": at(0, "18:00:00"), "state": "online"})
	chats := of("chat_messages", slices.Concat(talk("one", "b1", "a1", 2, "10:00"), talk("two", "b2", "a1", 3, "10:00"), talk("last", "b3", "a1", 20, "10:00"))...)
	orders := of("orders", row{"order_id": "o1", "buyer_id": "b3", "created_at": at(20, "11:00:00"), "status": "created", "amount": "1.00"})
	source := exportSource{name: "exports", preset: "canonical", shop: shop}

	whole := newInstallation(t, "", source)
	whole.deliver(presence, chats, orders)
	whole.night(0)
	want := whole.tables()
	mustHaveRows(t, want, "kpi_agent_day", "lost_inquiries")

	step := newInstallation(t, "", source)
	for _, f := range []delivery{presence, chats, orders} {
		step.deliver(f)
		step.night(0)
	}
	sameTables(t, "presence, then chats, then orders", want, step.tables())
}
