package rule

import (
	"regexp"
	"strings"
	"time"

	"kefu/transform/rule/yamlnode"
)

func readBool(r *yamlnode.Reader, n *yamlnode.Node, what string, _ bool) (bool, bool) {
	return r.Bool(n, what)
}

// readList takes all items or none: a list that lost an item would be another rule.
func readList[T any](r *yamlnode.Reader, n *yamlnode.Node, what string, item func(*yamlnode.Node) (T, bool)) ([]T, bool) {
	out, all := []T{}, true
	ok := r.List(n, what, func(n *yamlnode.Node) {
		v, ok := item(n)
		if !ok {
			all = false
			return
		}
		out = append(out, v)
	})
	return out, ok && all
}

// readItems takes a list of ids, none of which may contain the separator that
// joins lists in the tables.
func readItems(r *yamlnode.Reader, n *yamlnode.Node, what string, _ []string) ([]string, bool) {
	return readList(r, n, what, func(item *yamlnode.Node) (string, bool) {
		s, ok := r.ID(item, "an item of "+what)
		if ok && strings.Contains(s, "|") {
			r.Errorf(item.Pos, "", "an item of %s cannot contain '|': %q", what, item.Raw)
			return "", false
		}
		return s, ok
	})
}

var kpiName = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

func readKPIs(r *yamlnode.Reader, n *yamlnode.Node, what string, _ []string) ([]string, bool) {
	return readList(r, n, what, func(item *yamlnode.Node) (string, bool) {
		s, ok := r.String(item, "an item of "+what)
		return s, ok && checkKPI(r, item.Pos, what, s)
	})
}

func checkKPI(r *yamlnode.Reader, at yamlnode.Pos, what, name string) bool {
	if kpiName.MatchString(name) {
		return true
	}
	r.Errorf(at, "KPIs are named like response_avg_s", "%s: %q is no name of a KPI", what, name)
	return false
}

func readLimit(r *yamlnode.Reader, n *yamlnode.Node, what string, _ Limit) (Limit, bool) {
	if isOff(n) {
		return 0, true
	}
	if n.Kind != yamlnode.Integer {
		r.Errorf(n.Pos, "", "%s must be off or a whole number from 1, not %s", what, n.Describe())
		return 0, false
	}
	v, ok := r.Int(n, what, 1, 1_000_000)
	return Limit(v), ok
}

// isOff accepts what YAML 1.1 and 1.2 make of the word off.
func isOff(n *yamlnode.Node) bool { return n.Kind == yamlnode.Text && n.Value == "off" }

func readWatchword(r *yamlnode.Reader, n *yamlnode.Node, what string, _ string) (string, bool) {
	if isOff(n) {
		return "", true
	}
	return r.String(n, what)
}

func readDayStart(r *yamlnode.Reader, n *yamlnode.Node, what string, _ Clock) (Clock, bool) {
	minutes, ok := parseClock(n.Value)
	if !ok || n.Kind != yamlnode.Text || minutes > 6*60 {
		r.Errorf(n.Pos, "from \"00:00\" to \"06:00\"", "%s cannot be %s", what, n.Describe())
		return 0, false
	}
	return Clock(minutes), true
}

func readHours(r *yamlnode.Reader, n *yamlnode.Node, what string, _ Hours) (Hours, bool) {
	h, ok := parseHours(n.Value)
	if !ok || n.Kind != yamlnode.Text {
		r.Errorf(n.Pos, "write \"08:00-23:00\"; the end is excluded and may be 24:00", "%s is no range of hours: %s", what, n.Describe())
		return Hours{}, false
	}
	return h, true
}

func readHorizon(r *yamlnode.Reader, n *yamlnode.Node, what string, _ time.Duration) (time.Duration, bool) {
	d, err := time.ParseDuration(n.Value)
	if err != nil || n.Kind != yamlnode.Text || d < time.Second || d > 720*time.Hour || d%time.Second != 0 {
		r.Errorf(n.Pos, "write 24h, 90m or 3600s; whole seconds, at most 720h", "%s is no such time: %s", what, n.Describe())
		return 0, false
	}
	return d, true
}

func readDecimal(r *yamlnode.Reader, n *yamlnode.Node, what, lowest, highest string, digits int) (Decimal, bool) {
	hint := "from " + lowest + " to " + highest
	d, err := ParseDecimal(n.Value)
	if err != nil || (n.Kind != yamlnode.Integer && n.Kind != yamlnode.Float) {
		r.Errorf(n.Pos, hint, "%s must be a number, not %s", what, n.Describe())
		return Decimal{}, false
	}
	low, _ := ParseDecimal(lowest)
	high, _ := ParseDecimal(highest)
	if d.Cmp(low) < 0 || d.Cmp(high) > 0 {
		r.Errorf(n.Pos, hint, "%s is out of range: %s", what, n.Raw)
		return Decimal{}, false
	}
	if d.Scale() > digits {
		r.Errorf(n.Pos, "", "%s has more than %d digits after the point: %s", what, digits, n.Raw)
		return Decimal{}, false
	}
	return d, true
}

func readPattern(r *yamlnode.Reader, n *yamlnode.Node, what string) (Pattern, bool) {
	s, ok := r.String(n, "a pattern of "+what)
	if !ok {
		return Pattern{}, false
	}
	p, err := ParsePattern(s)
	if err != nil {
		r.Errorf(n.Pos, "=text, text* or /expression/", "a pattern of %s cannot be read: %s", what, err)
	}
	return p, err == nil
}

func readPatterns(r *yamlnode.Reader, n *yamlnode.Node, what string, _ Patterns) (Patterns, bool) {
	ps, ok := readList(r, n, what, func(item *yamlnode.Node) (Pattern, bool) { return readPattern(r, item, what) })
	return ps, ok
}

func readTopics(r *yamlnode.Reader, n *yamlnode.Node, what string, _ Topics) (Topics, bool) {
	seen := map[string]bool{}
	list, ok := readList(r, n, what, func(item *yamlnode.Node) (Topic, bool) {
		var t Topic
		before := len(r.Problems)
		r.Fields(item, "a topic",
			yamlnode.Field{Key: "topic", Required: true, Read: func(n *yamlnode.Node) {
				name, _ := r.String(n, "topic")
				if strings.Contains(name, "|") {
					r.Errorf(n.Pos, "", "a topic cannot contain '|': %q", n.Raw)
				}
				if seen[name] {
					r.Errorf(n.Pos, "put its patterns into one entry", "topic %q stands twice", name)
				}
				seen[name] = true
				t.Name = name
			}},
			yamlnode.Field{Key: "patterns", Required: true, Read: func(n *yamlnode.Node) {
				t.Patterns, _ = readPatterns(r, n, what, nil)
			}})
		return t, len(r.Problems) == before
	})
	return newTopics(list), ok
}
