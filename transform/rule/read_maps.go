package rule

import (
	"kefu/transform/rule/yamlnode"
)

// into stores a value that was read well.
func into[T any](dst *T, read func(*yamlnode.Node) (T, bool)) func(*yamlnode.Node) {
	return func(n *yamlnode.Node) {
		if v, ok := read(n); ok {
			*dst = v
		}
	}
}

func key(name string, read func(*yamlnode.Node)) yamlnode.Field {
	return yamlnode.Field{Key: name, Read: read}
}

// whole reads a mapping whose left-out keys keep the values that are there.
func whole(r *yamlnode.Reader, n *yamlnode.Node, what string, fields ...yamlnode.Field) bool {
	before := len(r.Problems)
	return r.Fields(n, what, fields...) && len(r.Problems) == before
}

func readSlowResponse(r *yamlnode.Reader, n *yamlnode.Node, what string, v SlowResponse) (SlowResponse, bool) {
	ok := whole(r, n, what,
		key("seconds", into(&v.Seconds, intIn(r, what+".seconds", 1, 86400))),
		key("scope", into(&v.Scope, func(n *yamlnode.Node) (string, bool) {
			return r.Enum(n, what+".scope", "any", "first", "average")
		})),
		key("times", into(&v.Times, intIn(r, what+".times", 1, 1000))))
	return v, ok
}

func intIn(r *yamlnode.Reader, what string, lowest, highest int) func(*yamlnode.Node) (int, bool) {
	return func(n *yamlnode.Node) (int, bool) { return r.Int(n, what, lowest, highest) }
}

func boolIn(r *yamlnode.Reader, what string) func(*yamlnode.Node) (bool, bool) {
	return func(n *yamlnode.Node) (bool, bool) { return r.Bool(n, what) }
}

func readReplyWithin(r *yamlnode.Reader, n *yamlnode.Node, what string, v ReplyWithin) (ReplyWithin, bool) {
	ok := whole(r, n, what,
		key("seconds", into(&v.Seconds, intIn(r, what+".seconds", 1, 86400))),
		key("unit", into(&v.Unit, func(n *yamlnode.Node) (string, bool) {
			return r.Enum(n, what+".unit", "person", "turn", "session")
		})),
		key("hours", into(&v.Hours, func(n *yamlnode.Node) (Hours, bool) {
			return readHours(r, n, what+".hours", Hours{})
		})),
		key("first_only", into(&v.FirstOnly, boolIn(r, what+".first_only"))),
		key("bot_replies", into(&v.BotReplies, boolIn(r, what+".bot_replies"))))
	return v, ok
}

func readExcludeOrders(r *yamlnode.Reader, n *yamlnode.Node, what string, v ExcludeOrders) (ExcludeOrders, bool) {
	items := func(name string) func(*yamlnode.Node) ([]string, bool) {
		return func(n *yamlnode.Node) ([]string, bool) { return readItems(r, n, what+"."+name, nil) }
	}
	ok := whole(r, n, what,
		key("ids", into(&v.IDs, items("ids"))),
		key("products", into(&v.Products, items("products"))),
		key("tags", into(&v.Tags, items("tags"))),
		key("min_amount", into(&v.MinAmount, func(n *yamlnode.Node) (Decimal, bool) {
			return readDecimal(r, n, what+".min_amount", "0", "999999999999", 2)
		})))
	return v, ok
}

// readByKPI reads a mapping KPI → T. KPIs that it leaves out keep the table's
// default; `off` takes one out.
func readByKPI[M ~map[string]T, T any](r *yamlnode.Reader, n *yamlnode.Node, what string, base M, read func(n *yamlnode.Node, what string, base T) (T, bool)) (M, bool) {
	out := M{}
	if isOff(n) {
		return out, true
	}
	if n.Kind != yamlnode.Mapping {
		r.Errorf(n.Pos, "write KPI: value", "%s must be a mapping, not %s", what, n.Kind)
		return nil, false
	}
	for kpi, v := range base {
		out[kpi] = v
	}
	all := true
	for _, p := range n.Pairs {
		if !checkKPI(r, p.Pos, what, p.Key) {
			all = false
			continue
		}
		if isOff(p.Value) {
			delete(out, p.Key)
			continue
		}
		v, ok := read(p.Value, what+"."+p.Key, base[p.Key])
		all = all && ok
		out[p.Key] = v
	}
	return out, all
}

func readGrades(r *yamlnode.Reader, n *yamlnode.Node, what string, base Grades) (Grades, bool) {
	return readByKPI(r, n, what, base, func(n *yamlnode.Node, what string, g Grade) (Grade, bool) {
		line := func(dst **Decimal, name string) yamlnode.Field {
			return key(name, func(n *yamlnode.Node) {
				if isOff(n) {
					*dst = nil
				} else if d, ok := readDecimal(r, n, what+"."+name, "-999999999999", "999999999999", 6); ok {
					*dst = &d
				}
			})
		}
		ok := whole(r, n, what,
			key("direction", into(&g.Direction, func(n *yamlnode.Node) (string, bool) {
				return r.Enum(n, what+".direction", "higher", "lower")
			})),
			line(&g.Warning, "warning"), line(&g.Pass, "pass"), line(&g.Excellent, "excellent"))
		if !ok {
			return g, false
		}
		if g.Direction == "" {
			r.Errorf(n.Pos, "direction: higher or lower, whichever is better", "%s needs direction", what)
			return g, false
		}
		return g, checkLines(r, n, what, g)
	})
}

// checkLines wants warning, pass and excellent in order of merit.
func checkLines(r *yamlnode.Reader, n *yamlnode.Node, what string, g Grade) bool {
	var last *Decimal
	for _, line := range []*Decimal{g.Warning, g.Pass, g.Excellent} {
		if line == nil {
			continue
		}
		if last != nil && ((g.Direction == "higher" && line.Cmp(*last) < 0) || (g.Direction == "lower" && line.Cmp(*last) > 0)) {
			r.Errorf(n.Pos, "a line that is left out keeps the shipped value; write off to remove it",
				"the lines of %s are not in order: with direction %s, warning, pass and excellent go from worse to better", what, g.Direction)
			return false
		}
		last = line
	}
	return true
}
