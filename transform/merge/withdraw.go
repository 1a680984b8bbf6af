package merge

import (
	"context"
	"fmt"

	"kefu/extract/dataset"
	"kefu/extract/lake"
)

// Withdraw takes back what a file gave, for it gave way to a newer version: its
// rows leave the lake unless they arrive again. For keys that it alone answered
// for see Orphans.
func (m *Merger) Withdraw(file string) { m.gone = append(m.gone, file) }

// OrphanedShop is a shop with keys that lose the row of a withdrawn file.
type OrphanedShop struct {
	Platform, Shop string
	Keys           int64
}

// Orphans finds the keys of withdrawn rows for which nothing arrives that is as
// good: files that came before may hold rows of theirs that had given way. It
// is asked once all whole files have arrived; Keep then lets such rows in. The
// holders are the files that have rows of the same shops.
func (m *Merger) Orphans(ctx context.Context, s *dataset.Schema, current []lake.File) (shops []OrphanedShop, holders []string, err error) {
	defer func() {
		if err != nil {
			shops, holders, err = nil, nil, fmt.Errorf("find orphans of %s: %w", s.Name, err)
		}
	}()
	spec, err := m.store.Ensure(ctx, Spec(s))
	if err != nil {
		return nil, nil, err
	}
	if err := m.expect(ctx, s); err != nil {
		return nil, nil, err
	}
	if err := m.loadFiles(ctx); err != nil {
		return nil, nil, err
	}
	if err := m.engine.Exec(ctx, newStatements(s, spec, current).orphans()); err != nil {
		return nil, nil, err
	}
	m.orphan[s.Name] = true
	rows, err := m.engine.Query(ctx, "select platform, shop_id, count(*) from "+orphansOf(s)+" group by 1, 2 order by 1, 2")
	if err != nil {
		return nil, nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var o OrphanedShop
		if err := rows.Scan(&o.Platform, &o.Shop, &o.Keys); err != nil {
			return nil, nil, err
		}
		shops = append(shops, o)
	}
	if err := rows.Err(); err != nil {
		return nil, nil, err
	}
	if len(shops) == 0 {
		return nil, nil, nil
	}
	holders, err = strs(m.engine.Query(ctx, fmt.Sprintf("select distinct source_file from %s where (platform, shop_id) in (select (platform, shop_id) from %s) order by 1",
		spec.Relation(current), orphansOf(s))))
	if err != nil {
		return nil, nil, err
	}
	return shops, holders, nil
}

// Keep leaves, of the rows that arrived from a file, those of the given lines
// and those of orphaned keys; a message brings its buyer. Lines are by dataset.
func (m *Merger) Keep(ctx context.Context, file string, lines map[string][]int) error {
	const table = "create or replace temp table kept_lines (dataset varchar, source_line bigint)"
	if err := m.engine.Exec(ctx, table); err != nil {
		return fmt.Errorf("keep a part of a file: %w", err)
	}
	var rows [][]any
	for name, list := range lines {
		for _, line := range list {
			rows = append(rows, []any{name, int64(line)})
		}
	}
	if err := m.engine.Append(ctx, "kept_lines", rows); err != nil {
		return fmt.Errorf("keep a part of a file: %w", err)
	}
	for _, s := range append(dataset.All(), dataset.Internals()...) { // buyers after their messages
		if !m.have[s.Name] {
			continue
		}
		wanted := "exists (select 1 from kept_lines k where k.dataset = '" + s.Name + "' and k.source_line = a.source_line)"
		if s.Internal {
			wanted = "false"
			if m.have["chat_messages"] {
				wanted = "exists (select 1 from arriving_chat_messages c where c.source_file = a.source_file and c.platform = a.platform and c.shop_id = a.shop_id and c.buyer_id = a.buyer_id)"
			}
		}
		if m.orphan[s.Name] {
			wanted += " or exists (select 1 from " + orphansOf(s) + " o where " + newStatements(s, lake.Spec{}, nil).sameKey("o", "a") + ")"
		}
		if err := m.engine.Exec(ctx, "delete from arriving_"+s.Name+" a where a.source_file = ? and not ("+wanted+")", file); err != nil {
			return fmt.Errorf("keep a part of %s: %w", s.Name, err)
		}
	}
	return nil
}

func orphansOf(s *dataset.Schema) string { return "orphans_" + s.Name }

// orphans makes the table of orphaned keys. A row that arrives is as good when
// whatever gave way to the withdrawn one gives way to it as well.
func (s *statements) orphans() string {
	asGood := "(coalesce(a.version_at, timestamp '0001-01-01'), coalesce(a.own_latest_at, timestamp '0001-01-01'), a.row_hash) >= " +
		"(coalesce(l.version_at, timestamp '0001-01-01'), coalesce(l.own_latest_at, timestamp '0001-01-01'), l.row_hash)"
	if !s.schema.Mutable {
		asGood = "a.row_hash = l.row_hash"
		if s.repeats() != "" {
			asGood += " and a.agent_id <= l.agent_id"
		}
	}
	return fmt.Sprintf("create or replace temp table %s as select %s from %s l where l.source_file in (select source_file from withdrawn_files) and not exists (select 1 from (%s) a where %s and %s)",
		orphansOf(s.schema), s.keys(), s.spec.Relation(s.current), s.arriving(), s.sameKey("a", "l"), asGood)
}

// lines tells what became of the rows of files of which only a part arrived.
func (m *Merger) lines(ctx context.Context, out *Outcome) error {
	rows, err := m.engine.Query(ctx, `select r.source_file, r.source_line, r.outcome from ranked_rows r
		join arriving_files f on f.source_file = r.source_file and f.part where not r.is_old`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var file string
		var line int64
		var outcome RowOutcome
		if err := rows.Scan(&file, &line, &outcome); err != nil {
			return err
		}
		if out.Lines[file] == nil {
			out.Lines[file] = map[int64]RowOutcome{}
		}
		out.Lines[file][line] = outcome
	}
	return rows.Err()
}

// countGone counts the rows of withdrawn files that are in the table no more.
func (m *Merger) countGone(ctx context.Context, st *statements, out *Outcome) error {
	rows, err := m.engine.Query(ctx, fmt.Sprintf(`select w.source_file, count(*) from withdrawn_rows w
		where w.source_file in (select source_file from withdrawn_files) and not exists (select 1 from new_winners n where %s) group by 1`, st.sameKey("n", "w")))
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var file string
		var n int64
		if err := rows.Scan(&file, &n); err != nil {
			return err
		}
		out.Gone[file] = n
	}
	return rows.Err()
}
