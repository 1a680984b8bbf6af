package postgres

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	server "kefu/extract/postgres"
	"kefu/load"
)

// relation is something with a name in the schema, as the server has it.
type relation struct {
	oid   uint32
	kind  string // of pg_class: r is a table
	names []string
	types []string // of the columns, as format_type spells them
	key   string   // constraint of ours: p primary key, u unique, "" none
	keyed []string // its columns, in its order
	// builtOn: others have made something that hangs on the table, which would
	// go with it: a view, a foreign key, a trigger, an index, a setting …
	builtOn bool
	left    bool     // a load that ended early has left it
	under   []string // views of the schema that read it; whether they are ours, the state tells
}

// fits tells whether the columns are those of the table, in any order.
func (r relation) fits(table load.Table) bool {
	if len(r.names) != len(table.Columns) {
		return false
	}
	for _, column := range table.Columns {
		at := slices.Index(r.names, column.Name)
		if at < 0 || r.types[at] != columnType(column.Type) {
			return false
		}
	}
	return true
}

// keyFits tells whether the key is that of the table.
func (r relation) keyFits(table load.Table) bool { return slices.Equal(r.keyed, keyOrder(table)) }

// relationsQuery lists what takes a name in the schema. Of what depends on a
// table, its own row type, overflow storage and our key do not count.
const relationsQuery = `
select c.relname, c.oid, c.relkind::text,
	array(select a.attname::text from pg_catalog.pg_attribute a
		where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped order by a.attnum),
	array(select pg_catalog.format_type(a.atttypid, a.atttypmod) from pg_catalog.pg_attribute a
		where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped order by a.attnum),
	coalesce((select k.contype::text from pg_catalog.pg_constraint k where k.conrelid = c.oid and k.conname = c.relname || $2), ''),
	array(select a.attname::text from pg_catalog.pg_constraint k cross join lateral unnest(k.conkey) with ordinality n(attnum, place)
		join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum = n.attnum
		where k.conrelid = c.oid and k.conname = c.relname || $2 order by n.place),
	c.reloptions is not null or c.relrowsecurity or c.relreplident not in ('d', 'n') or exists (select from pg_catalog.pg_depend d
		where (d.refclassid = 'pg_catalog.pg_class'::regclass and d.refobjid = c.oid
			or d.refclassid = 'pg_catalog.pg_type'::regclass and d.refobjid = c.reltype)
		and d.classid <> 'pg_catalog.pg_type'::regclass
		and not (d.classid = 'pg_catalog.pg_rewrite'::regclass and exists (
			select from pg_catalog.pg_rewrite w join pg_catalog.pg_class v on v.oid = w.ev_class
			where w.oid = d.objid and (v.oid = c.oid or v.relkind = 'v' and v.relnamespace = c.relnamespace)))
		and not (d.classid = 'pg_catalog.pg_class'::regclass and exists (
			select from pg_catalog.pg_class s where s.oid = d.objid and s.relkind = 't'))
		and not (d.classid = 'pg_catalog.pg_constraint'::regclass and exists (
			select from pg_catalog.pg_constraint k where k.oid = d.objid and k.conrelid = c.oid and k.conname = c.relname || $2))),
	array(select distinct v.relname::text from pg_catalog.pg_depend d
		join pg_catalog.pg_rewrite w on w.oid = d.objid join pg_catalog.pg_class v on v.oid = w.ev_class
		where d.classid = 'pg_catalog.pg_rewrite'::regclass and d.refclassid = 'pg_catalog.pg_class'::regclass and d.refobjid = c.oid
		and v.oid <> c.oid and v.relkind = 'v' and v.relnamespace = c.relnamespace),
	c.relkind = 'r' and coalesce(pg_catalog.obj_description(c.oid, 'pg_class') = $3, false)
from pg_catalog.pg_class c
where c.relnamespace = pg_catalog.to_regnamespace($1)`

// readTables reads what the schema holds, by name.
func readTables(ctx context.Context, tx pgx.Tx, schema string) (map[string]relation, error) {
	rows, err := tx.Query(ctx, relationsQuery, server.Ident(schema), keyMark, asideWords)
	if err != nil {
		return nil, fmt.Errorf("read tables: %w", err)
	}
	defer rows.Close()
	tables := map[string]relation{}
	for rows.Next() {
		var name string
		var r relation
		if err := rows.Scan(&name, &r.oid, &r.kind, &r.names, &r.types, &r.key, &r.keyed, &r.builtOn, &r.under, &r.left); err != nil {
			return nil, fmt.Errorf("read tables: %w", err)
		}
		tables[name] = r
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read tables: %w", err)
	}
	return tables, nil
}

// readState reads etl_publication; nil where there is none. A table that
// somebody dropped since is not held.
func readState(ctx context.Context, tx pgx.Tx, schema string, tables map[string]relation) (load.State, error) {
	own := load.StateTable()
	found, ok := tables[own.Name]
	if !ok {
		return nil, nil
	}
	if found.kind != "r" || !found.fits(own) {
		return nil, fmt.Errorf("%s: %w", own.Name, ErrForeign)
	}
	rows, err := tx.Query(ctx, load.StateQuery+server.Ident(schema, own.Name))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", own.Name, err)
	}
	defer rows.Close()
	state := load.State{}
	for rows.Next() {
		if err := state.Scan(rows.Scan); err != nil {
			return nil, err
		}
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read %s: %w", own.Name, err)
	}
	for name, entry := range state {
		if kind := map[bool]string{false: "r", true: "v"}[entry.IsView()]; tables[name].kind != kind {
			delete(state, name)
		}
	}
	return state, nil
}
