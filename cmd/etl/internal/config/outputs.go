package config

import (
	"path"
	"strings"
	"time"

	"kefu/extract/postgres"
	"kefu/transform/rule/yamlnode"

	"github.com/robfig/cron/v3"
)

func (l *loader) warehouses(n *yamlnode.Node) {
	seen := names{}
	l.List(n, "warehouses", func(n *yamlnode.Node) {
		w := Warehouse{Pos: n.Pos}
		fields := []yamlnode.Field{
			required("name", l.text(&w.Name, "name")),
			required("type", func(n *yamlnode.Node) {
				l.available(n, &w.Type, "warehouse", []string{"duckdb", "postgres"}, l.opts.Warehouses)
			}),
		}
		if kind := n.Get("type"); kind != nil && kind.Value == "postgres" {
			w.Schema = "kpi"
			fields = append(fields, required("dsn", into(&w.Server, l.dsn("dsn"))), optional("schema", into(&w.Schema, l.schema)))
		} else {
			fields = append(fields, required("path", l.localPath(&w.Path, "path")))
		}
		if !l.Fields(n, "a warehouse", fields...) {
			return
		}
		if w.Name != "" {
			l.unique(seen, orAt(n, "name"), "warehouse", w.Name)
		}
		for _, other := range l.cfg.Warehouses {
			switch {
			case w.Path != "" && w.Path == other.Path:
				l.Errorf(orAt(n, "path"), "", "warehouses %s and %s are the same file", other.Name, w.Name)
			case w.Server != nil && other.Server != nil && w.Server.String() == other.Server.String() && w.Schema == other.Schema:
				l.Errorf(orAt(n, "schema"), "give each a schema of its own", "warehouses %s and %s are the same schema of the same database", other.Name, w.Name)
			}
		}
		l.cfg.Warehouses = append(l.cfg.Warehouses, w)
	})
}

// dsn takes how to connect to a PostgreSQL server. It is never shown.
func (l *loader) dsn(what string) func(*yamlnode.Node) (*postgres.Server, bool) {
	return func(n *yamlnode.Node) (*postgres.Server, bool) {
		s, ok := l.String(n, what)
		if !ok {
			return nil, false
		}
		server, err := postgres.Parse(s)
		if err != nil {
			l.Errorf(n.Pos, "", "%s is %s", what, err)
			return nil, false
		}
		if written, err := postgres.Parse(n.Raw); err == nil && written.HasPassword() && !strings.Contains(n.Raw, "${") {
			l.Warnf(n.Pos, "write ${NAME} and give the DSN in that environment variable", "%s has its password in the file", what)
		}
		return server, true
	}
}

// schema takes the name of a schema that is not the server's own.
func (l *loader) schema(n *yamlnode.Node) (string, bool) {
	s, ok := l.String(n, "schema")
	if ok && (s == "" || len(s) > 63 || strings.HasPrefix(s, "pg_") || s == "information_schema") {
		l.Errorf(n.Pos, "use a schema of its own, such as kpi", "schema cannot be %s", n.Describe())
		return "", false
	}
	return s, ok
}

func (l *loader) pipelines(n *yamlnode.Node) {
	seen := names{}
	l.List(n, "pipelines", func(n *yamlnode.Node) {
		p := Pipeline{Pos: n.Pos, Timezone: defaultZone, Models: []string{"*"}}
		zoneAt := n
		ok := l.Fields(n, "a pipeline",
			required("name", l.text(&p.Name, "name")),
			optional("schedule", into(&p.Schedule, l.schedule)),
			optional("timezone", func(n *yamlnode.Node) { zoneAt = n; l.text(&p.Timezone, "timezone")(n) }),
			optional("sources", into(&p.Sources, l.refs("source", l.sourceNames))),
			optional("models", into(&p.Models, l.globs)),
			optional("load", into(&p.Warehouses, l.refs("warehouse", l.warehouseNames))))
		if !ok {
			return
		}
		if p.Name != "" {
			l.unique(seen, orAt(n, "name"), "pipeline", p.Name)
		}
		p.Zone = l.zone(&yamlnode.Node{Pos: zoneAt.Pos, Value: p.Timezone}, "timezone")
		l.cfg.Pipelines = append(l.cfg.Pipelines, p)
		i := len(l.cfg.Pipelines) - 1
		l.later = append(l.later, func() {
			if n.Get("sources") == nil {
				l.cfg.Pipelines[i].Sources = l.sourceNames()
			}
			if n.Get("load") == nil {
				l.cfg.Pipelines[i].Warehouses = l.warehouseNames()
			}
		})
	})
}

func (l *loader) schedule(n *yamlnode.Node) (string, bool) {
	s, ok := l.String(n, "schedule")
	if !ok {
		return "", false
	}
	if strings.HasPrefix(s, "TZ=") || strings.HasPrefix(s, "CRON_TZ=") {
		l.Errorf(n.Pos, "name the zone beside it: timezone: Europe/Berlin", "schedule names a time zone")
		return "", false
	}
	when, err := cron.ParseStandard(s)
	if err != nil {
		l.Errorf(n.Pos, "minute hour day month weekday, such as \"30 2 * * *\"", "schedule is no cron expression: %s", err)
		return "", false
	}
	if when.Next(time.Unix(0, 0).UTC()).IsZero() {
		l.Errorf(n.Pos, "minute hour day month weekday, such as \"30 2 * * *\"", "schedule names a day that never comes")
		return "", false
	}
	return s, true
}

// refs takes a list of names that must be declared somewhere in the file.
func (l *loader) refs(what string, known func() []string) func(*yamlnode.Node) ([]string, bool) {
	return func(n *yamlnode.Node) ([]string, bool) {
		out := []string{}
		ok := l.List(n, "a list of "+what+"s", func(n *yamlnode.Node) {
			if s, ok := l.String(n, "the name of a "+what); ok {
				l.reference(n, what, known)
				out = append(out, s)
			}
		})
		return out, ok
	}
}

func (l *loader) globs(n *yamlnode.Node) ([]string, bool) {
	out := []string{}
	ok := l.List(n, "models", func(n *yamlnode.Node) {
		s, ok := l.String(n, "the name of a model")
		if !ok {
			return
		}
		if _, err := path.Match(s, ""); err != nil {
			l.Errorf(n.Pos, "", "%q is no pattern of models' names", n.Raw)
		}
		out = append(out, s)
	})
	return out, ok
}

func (l *loader) maintenance(n *yamlnode.Node) {
	m := &l.cfg.Maintenance
	count := func(dst *int, what string, lowest int) func(*yamlnode.Node) {
		return into(dst, func(n *yamlnode.Node) (int, bool) { return l.Int(n, what, lowest, 36500) })
	}
	l.Fields(n, "maintenance",
		optional("keep_publications", count(&m.KeepPublications, "maintenance.keep_publications", 1)),
		optional("keep_days", count(&m.KeepDays, "maintenance.keep_days", 0)),
		optional("orphan_age", into(&m.OrphanAge, func(n *yamlnode.Node) (time.Duration, bool) {
			d, err := time.ParseDuration(n.Value)
			if err != nil || n.Kind != yamlnode.Text || d < 0 {
				l.Errorf(n.Pos, "write 24h or 90m", "maintenance.orphan_age is no such time: %s", n.Describe())
				return 0, false
			}
			return d, true
		})))
}

func (l *loader) pipelineNames() []string {
	if len(l.cfg.Pipelines) == 0 {
		return []string{"default"}
	}
	out := make([]string, len(l.cfg.Pipelines))
	for i, p := range l.cfg.Pipelines {
		out[i] = p.Name
	}
	return out
}
