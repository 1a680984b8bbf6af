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
	p, err := m.expect(ctx, s)
	if err != nil {
		return nil, nil, err
	}
	if err := m.settlePile(ctx, p); err != nil {
		return nil, nil, err
	}
	if err := m.engine.Exec(ctx, m.statements(p, current).orphans()); err != nil {
		return nil, nil, err
	}
	p.orphans = true
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
		p.spec.Relation(current), orphansOf(s))))
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
		if p := m.piles[s.Name]; p != nil && p.rows[file] > 0 {
			if err := m.keepRows(ctx, p, file); err != nil {
				return fmt.Errorf("keep a part of %s: %w", s.Name, err)
			}
		}
	}
	return nil
}

// keepRows notes which rows of a file are not wanted.
func (m *Merger) keepRows(ctx context.Context, p *pile, file string) error {
	if err := m.settlePile(ctx, p); err != nil {
		return err
	}
	wanted := "exists (select 1 from kept_lines k where k.dataset = '" + p.schema.Name + "' and k.source_line = a.source_line)"
	if p.schema.Internal {
		wanted = "false"
		if chats := m.piles["chat_messages"]; chats != nil {
			said := m.statements(chats, nil)
			wanted = fmt.Sprintf("exists (select 1 from %s c where c.source_file = a.source_file and c.platform = a.platform and c.shop_id = a.shop_id and c.buyer_id = a.buyer_id and %s)",
				said.located(said.runs), said.wanted("c"))
		}
	}
	if p.orphans {
		wanted += " or exists (select 1 from " + orphansOf(p.schema) + " o where " + newStatements(p.schema, p.spec).sameKey("o", "a") + ")"
	}
	return m.refuse(ctx, p, "a.source_file = ? and not ("+wanted+")", file)
}

// refuse notes that arriving rows a are not to enter.
func (m *Merger) refuse(ctx context.Context, p *pile, which string, args ...any) error {
	if !p.unwanted {
		if err := m.engine.Exec(ctx, "create or replace temp table "+m.statements(p, nil).unwantedRows()+" (file varchar, row bigint, source_file varchar)"); err != nil {
			return err
		}
		p.unwanted = true
	}
	s := m.statements(p, nil)
	return m.engine.Exec(ctx, fmt.Sprintf("insert into %s select a.filename, a.file_row_number, a.source_file from %s a where %s and (%s)",
		s.unwantedRows(), s.located(s.runs), s.wanted("a"), which), args...)
}

func orphansOf(s *dataset.Schema) string { return "orphans_" + s.Name }

// orphans makes the table of orphaned keys. A row that arrives is as good when
// whatever gave way to the withdrawn one gives way to it as well.
func (s *statements) orphans() string {
	asGood := "(coalesce(a.version_at, timestamp '0001-01-01'), coalesce(a.own_latest_at, timestamp '0001-01-01'), a.digest) >= " +
		"(coalesce(l.version_at, timestamp '0001-01-01'), coalesce(l.own_latest_at, timestamp '0001-01-01'), coalesce(l.digest, a.digest))"
	if !s.schema.Mutable {
		asGood = "a.digest = coalesce(l.digest, a.digest)"
		if s.guesses() {
			asGood += " and a.agent_id <= l.agent_id"
		}
	}
	return fmt.Sprintf("create or replace temp table %s as select %s from %s l where l.source_file in (select source_file from withdrawn_files) and not exists (select 1 from (%s) a where %s and %s)",
		orphansOf(s.schema), s.keys(), s.spec.Relation(s.known), s.arriving(""), s.sameKey("a", "l"), asGood)
}
