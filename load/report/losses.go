package report

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"unicode/utf8"
)

// latestLossesPerAgent bounds the rows that a reader can unfold, per agent and
// status.
const latestLossesPerAgent = 20

func (r *reader) hasLosses() bool {
	return r.has("lost_inquiries", "platform", "shop_id", "agent_id", "buyer_id", "dt", "status")
}

func (r *reader) lossCounts(ctx context.Context, _ *content) error {
	if !r.hasLosses() {
		return nil
	}
	query := fmt.Sprintf(`select platform, shop_id, agent_id, status, cast(dt as varchar), count(*),
			cast(sum(%s) as bigint), cast(sum(%s) as bigint), cast(sum(%s) as bigint)
		from lost_inquiries as t where %s group by platform, shop_id, agent_id, status, dt order by dt, agent_id, status`,
		r.lossFlag("slow", "is true"), r.lossFlag("unreplied", "is true"), r.lossFlag("bought_later_dt", "is not null"), r.recent("t"))
	return r.each(ctx, query, func(scan func(...any) error) error {
		var platform, id string
		var n lossCount
		if err := scan(&platform, &id, &n.Agent, &n.Status, &n.Dt, &n.Rows, &n.Slow, &n.Silent, &n.Later); err != nil {
			return err
		}
		if s, ok := r.shops[[2]string{platform, id}]; ok {
			s.Losses = append(s.Losses, n)
		}
		return nil
	})
}

func (r *reader) latestLosses(ctx context.Context, _ *content) error {
	if !r.hasLosses() {
		return nil
	}
	const table = "lost_inquiries"
	tieBreak := "buyer_id"
	if r.has(table, "last_message_at") {
		tieBreak = "last_message_at desc, buyer_id"
	}
	query := fmt.Sprintf(`select platform, shop_id, agent_id, status, cast(dt as varchar), buyer_id, %s, %s, %s, %s, %s, %s, %s, %s
		from (select *, row_number() over (partition by platform, shop_id, agent_id, status order by dt desc, %s) as place
			from lost_inquiries as t where %s) as latest
		where place <= %d order by dt desc, agent_id, status, place`,
		r.text(table, "last_word_by"), r.text(table, "topic"), r.text(table, "product_id"), r.numbers(table, []string{"first_response_seconds"}),
		r.lossFlag("slow", "is true"), r.lossFlag("unreplied", "is true"), r.text(table, "bought_later_dt"), r.text(table, "loss_reason"),
		tieBreak, r.recent("t"), latestLossesPerAgent)
	return r.each(ctx, query, func(scan func(...any) error) error {
		var platform, id, buyer string
		var first sql.NullFloat64
		var slow, silent int64
		var l loss
		if err := scan(&platform, &id, &l.Agent, &l.Status, &l.Dt, &buyer, &l.Last, &l.Topic, &l.Product, &first, &slow, &silent, &l.Later, &l.Reason); err != nil {
			return err
		}
		l.Buyer, l.Slow, l.Silent = shortBuyer(buyer), slow == 1, silent == 1
		l.Reason = clip(l.Reason, 24)
		if first.Valid {
			l.First = &first.Float64
		}
		if s, ok := r.shops[[2]string{platform, id}]; ok {
			s.Latest = append(s.Latest, l)
		}
		return nil
	})
}

// shortBuyer shows enough of a pseudonym to find it in the warehouse, and of a
// plain or masked id only its first character.
func shortBuyer(id string) string {
	if len(id) == 32 && strings.Trim(id, "0123456789abcdef") == "" {
		return id[:8] + "…"
	}
	first, _ := utf8.DecodeRuneInString(id)
	if id == "" {
		return ""
	}
	return string(first) + "***"
}

func clip(s string, n int) string {
	runes := []rune(s)
	if len(runes) <= n {
		return s
	}
	return string(runes[:n]) + "…"
}
