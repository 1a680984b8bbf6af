package postgres

import (
	"context"
	"fmt"
)

// grantQuery writes the rights on a table as statements for another one.
const grantQuery = `
select format('grant %s on %s to %s%s', a.privilege_type, $2::text,
	case a.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)) end,
	case when a.is_grantable then ' with grant option' else '' end)
from pg_class c cross join lateral aclexplode(c.relacl) a
where c.oid = $1 and a.grantee <> c.relowner
union all
select format('grant %s (%I) on %s to %s%s', a.privilege_type, t.attname, $2::text,
	case a.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)) end,
	case when a.is_grantable then ' with grant option' else '' end)
from pg_attribute t cross join lateral aclexplode(t.attacl) a
where t.attrelid = $1 and not t.attisdropped and exists (
	select from pg_attribute n where n.attrelid = $2::regclass and n.attname = t.attname and not n.attisdropped)`

// right is a grant on a table or view.
type right struct{ on, statement string }

// rights reads those that others have on one, as statements for another.
func (b *builder) rights(ctx context.Context, old uint32, to string) ([]right, error) {
	rows, err := b.tx.Query(ctx, grantQuery, old, b.name(to))
	if err != nil {
		return nil, fmt.Errorf("read rights: %w", err)
	}
	defer rows.Close()
	var rights []right
	for rows.Next() {
		r := right{on: to}
		if err := rows.Scan(&r.statement); err != nil {
			return nil, fmt.Errorf("read rights: %w", err)
		}
		rights = append(rights, r)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read rights: %w", err)
	}
	return rights, nil
}

// grant gives a new table the rights that others have on the old one.
func (b *builder) grant(ctx context.Context, old uint32, to string) error {
	rights, err := b.rights(ctx, old, to)
	if err != nil {
		return err
	}
	for _, r := range rights {
		if _, err := b.tx.Exec(ctx, r.statement); err != nil {
			return fmt.Errorf("hand on rights: %w", err)
		}
	}
	return nil
}
