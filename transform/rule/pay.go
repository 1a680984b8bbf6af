package rule

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"kefu/transform/rule/yamlnode"
)

// Target is what a KPI is to reach. Of a plain number, Every is set alone: for
// ratios it is everybody's, for sums of days an agent's of a calendar month.
// The maps name those who have a target of their own.
type Target struct {
	Every              *Decimal
	Agent, Group, Shop *Decimal
	Agents, Groups     map[string]Decimal
}

// MarshalJSON writes the number, or what is set of the rest.
func (t Target) MarshalJSON() ([]byte, error) {
	if t.Every != nil {
		return t.Every.MarshalJSON()
	}
	return json.Marshal(struct {
		Agent  *Decimal           `json:"agent,omitempty"`
		Group  *Decimal           `json:"group,omitempty"`
		Shop   *Decimal           `json:"shop,omitempty"`
		Agents map[string]Decimal `json:"agents,omitempty"`
		Groups map[string]Decimal `json:"groups,omitempty"`
	}{t.Agent, t.Group, t.Shop, t.Agents, t.Groups})
}

// ofAgents is the target of agents who have none of their own, or nil.
func (t Target) ofAgents() *Decimal {
	if t.Agent != nil {
		return t.Agent
	}
	return t.Every
}

// PayBase is the performance pay of a calendar month at 100 %, in yuan: an
// agent's own, else his group's, else everyone's.
type PayBase struct {
	Everyone Decimal            `json:"everyone"`
	Groups   map[string]Decimal `json:"groups,omitempty"`
	Agents   map[string]Decimal `json:"agents,omitempty"`
}

// PayTerm is one KPI of the pay plan, all in percent: its weight in the whole,
// the attainment below which nothing is paid, and the lowest and the highest
// attainment that is paid.
type PayTerm struct {
	Weight    Decimal  `json:"weight"`
	Threshold *Decimal `json:"threshold,omitempty"`
	Floor     *Decimal `json:"floor,omitempty"`
	Cap       *Decimal `json:"cap,omitempty"`
	Missing   string   `json:"missing"` // zero, target, spread: what a KPI without a value pays
}

// PayPlan is the rule pay_plan. Weights of a plan with terms sum to 100.
type PayPlan struct {
	Base  PayBase
	Terms map[string]PayTerm // by KPI
}

// MarshalJSON writes the plan as it is configured; one without terms is empty.
func (p PayPlan) MarshalJSON() ([]byte, error) {
	out := map[string]any{}
	if len(p.Terms) > 0 {
		out["base"] = p.Base
	}
	for kpi, term := range p.Terms {
		out[kpi] = term
	}
	return json.Marshal(out)
}

// The bounds of what is read: money of a base, and KPIs.
const (
	highestBase  = "9999999"
	highestValue = "999999999999"
)

func readTargets(r *yamlnode.Reader, n *yamlnode.Node, what string, base Targets) (Targets, bool) {
	return readByKPI(r, n, what, base, func(n *yamlnode.Node, what string, _ Target) (Target, bool) {
		var t Target
		if n.Kind != yamlnode.Mapping {
			d, ok := readDecimal(r, n, what, "-"+highestValue, highestValue, 6)
			t.Every = &d
			return t, ok
		}
		line := func(dst **Decimal, name string) yamlnode.Field {
			return key(name, func(n *yamlnode.Node) {
				if d, ok := readDecimal(r, n, what+"."+name, "-"+highestValue, highestValue, 6); ok {
					*dst = &d
				}
			})
		}
		named := func(dst *map[string]Decimal, name string) yamlnode.Field {
			return key(name, into(dst, func(n *yamlnode.Node) (map[string]Decimal, bool) {
				return readNamed(r, n, what+"."+name, "-"+highestValue, highestValue, 6)
			}))
		}
		ok := whole(r, n, what, line(&t.Agent, "agent"), line(&t.Group, "group"), line(&t.Shop, "shop"),
			named(&t.Agents, "agents"), named(&t.Groups, "groups"))
		return t, ok
	})
}

// readNamed reads a mapping name → number, of agents or groups.
func readNamed(r *yamlnode.Reader, n *yamlnode.Node, what, lowest, highest string, digits int) (map[string]Decimal, bool) {
	if n.Kind != yamlnode.Mapping {
		r.Errorf(n.Pos, "write name: number", "%s must be a mapping, not %s", what, n.Kind)
		return nil, false
	}
	out, all := map[string]Decimal{}, true
	for _, p := range n.Pairs {
		d, ok := readDecimal(r, p.Value, what+"."+p.Key, lowest, highest, digits)
		out[p.Key], all = d, all && ok
	}
	return out, all
}

// readPayPlan reads base, and a term for each other key.
func readPayPlan(r *yamlnode.Reader, n *yamlnode.Node, what string, _ PayPlan) (PayPlan, bool) {
	terms := *n
	terms.Pairs = slices.DeleteFunc(slices.Clone(n.Pairs), func(p yamlnode.Pair) bool { return p.Key == "base" })
	var plan PayPlan
	var ok bool
	plan.Terms, ok = readByKPI(r, &terms, what, map[string]PayTerm{}, func(n *yamlnode.Node, what string, _ PayTerm) (PayTerm, bool) {
		return readPayTerm(r, n, what)
	})
	base := n.Get("base")
	switch {
	case base == nil && len(plan.Terms) > 0:
		r.Errorf(n.Pos, "base: yuan of a month at 100 %, or {everyone, groups, agents}", "%s needs base", what)
		return plan, false
	case base != nil && len(terms.Pairs) == 0:
		r.Errorf(n.Pos, "name the KPIs with their weights, or write off", "%s has a base and no KPI", what)
		return plan, false
	case base != nil:
		var read bool
		plan.Base, read = readPayBase(r, base, what+".base")
		ok = ok && read
	}
	return plan, ok && checkWeights(r, n, what, plan)
}

func checkWeights(r *yamlnode.Reader, n *yamlnode.Node, what string, plan PayPlan) bool {
	var sum int64
	for _, s := range plan.Terms {
		sum += s.Weight.micros()
	}
	if len(plan.Terms) == 0 || sum == 100_000_000 {
		return true
	}
	total := Decimal{unscaled: sum, scale: 6}
	r.Errorf(n.Pos, "", "the weights of %s sum to %s %%, not to 100 %%", what, strings.TrimRight(strings.TrimRight(total.String(), "0"), "."))
	return false
}

func readPayBase(r *yamlnode.Reader, n *yamlnode.Node, what string) (PayBase, bool) {
	var base PayBase
	yuan := func(n *yamlnode.Node) (Decimal, bool) { return readDecimal(r, n, what, "0", highestBase, 2) }
	if n.Kind != yamlnode.Mapping {
		d, ok := yuan(n)
		return PayBase{Everyone: d}, ok
	}
	named := func(dst *map[string]Decimal, name string) yamlnode.Field {
		return key(name, into(dst, func(n *yamlnode.Node) (map[string]Decimal, bool) {
			return readNamed(r, n, what+"."+name, "0", highestBase, 2)
		}))
	}
	ok := whole(r, n, what, yamlnode.Field{Key: "everyone", Required: true, Read: into(&base.Everyone, yuan)},
		named(&base.Groups, "groups"), named(&base.Agents, "agents"))
	return base, ok
}

func readPayTerm(r *yamlnode.Reader, n *yamlnode.Node, what string) (PayTerm, bool) {
	t := PayTerm{Missing: "zero"}
	percent := func(name, highest string, set func(Decimal)) func(*yamlnode.Node) {
		return func(n *yamlnode.Node) {
			if d, ok := readPercent(r, n, what+"."+name, highest); ok {
				set(d)
			}
		}
	}
	ok := whole(r, n, what,
		yamlnode.Field{Key: "weight", Required: true, Read: percent("weight", "100", func(d Decimal) { t.Weight = d })},
		key("threshold", percent("threshold", "10000", func(d Decimal) { t.Threshold = &d })),
		key("floor", percent("floor", "10000", func(d Decimal) { t.Floor = &d })),
		key("cap", percent("cap", "10000", func(d Decimal) { t.Cap = &d })),
		key("missing", into(&t.Missing, func(n *yamlnode.Node) (string, bool) {
			return r.Enum(n, what+".missing", "zero", "target", "spread")
		})))
	for _, low := range []struct {
		name  string
		value *Decimal
	}{{"threshold", t.Threshold}, {"floor", t.Floor}} {
		if ok && low.value != nil && t.Cap != nil && low.value.Cmp(*t.Cap) > 0 {
			r.Errorf(n.Pos, "", "%s: %s %s%% is above cap %s%%", what, low.name, low.value, t.Cap)
			return t, false
		}
	}
	return t, ok
}

// readPercent takes 40 or 40%.
func readPercent(r *yamlnode.Reader, n *yamlnode.Node, what, highest string) (Decimal, bool) {
	if bare, ok := strings.CutSuffix(n.Value, "%"); ok && n.Kind == yamlnode.Text {
		n = &yamlnode.Node{Pos: n.Pos, Kind: yamlnode.Float, Value: bare, Raw: n.Raw}
	}
	return readDecimal(r, n, what, "0", highest, 4)
}

// untargeted are the terms of pay plans for which agents have no target, or
// none above nought, while the plan is in force.
func (s *Set) untargeted() []Problem {
	type place struct {
		setting *setting
		kpi     string
	}
	noted := map[place]bool{}
	var out []Problem
	for _, shop := range sortedShops(s.shops) {
		t := s.timeline(shop.Platform, shop.ID)
		for i := range t.segments {
			seg := &t.segments[i]
			plan := seg.origins[index["pay_plan"]]
			for _, kpi := range slices.Sorted(maps.Keys(seg.values.PayPlan.Terms)) {
				target := seg.values.Targets[kpi]
				at := place{plan.setting, kpi}
				if noted[at] || positive(target) {
					continue
				}
				noted[at] = true
				out = append(out, Problem{Pos: plan.setting.node.KeyPos(kpi),
					Message: "pay_plan: agents of " + shop.Platform + "/" + shop.ID + " have no target above 0 for " + kpi + since(seg),
					Hint:    "add it to targets, in force on the same days"})
			}
		}
	}
	return out
}

// positive tells whether agents have a target, and all of theirs are above 0.
func positive(t Target) bool {
	zero := Decimal{}
	of := t.ofAgents()
	if of == nil || of.Cmp(zero) <= 0 {
		return false
	}
	for _, d := range t.Agents {
		if d.Cmp(zero) <= 0 {
			return false
		}
	}
	return true
}

func since(seg *segment) string {
	if seg.from == minDay {
		return ""
	}
	return " from " + dateOf(seg.from).Format("2006-01-02")
}
