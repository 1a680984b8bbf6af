// Package rule owns every setting that changes a number: its name, form and
// bounds, the entries that ship, and which value is in force for a shop on a
// day. It hands them to the models as the rows of rule_day.
package rule

import (
	_ "embed"
	"fmt"
	"slices"
	"sync"
	"time"

	"kefu/extract/dataset"
	"kefu/transform/rule/yamlnode"
)

// Problem is one thing wrong with an entry.
type Problem = yamlnode.Problem

// Shop is a shop whose days are computed.
type Shop struct {
	Platform, ID string
	Zone         *time.Location // nil = Asia/Shanghai
}

// Entry is one item of a `rules:` list.
type Entry struct {
	Pos      yamlnode.Pos
	File     string    // how tables name the file that it stands in; "" = as in Pos
	From     time.Time // midnight UTC of the date; zero = always
	Platform string    // "" = every platform
	Shop     string    // "" = every shop of the platform
	Settings []Setting
	shipped  bool
}

// Setting is one value that an entry sets.
type Setting struct {
	Rule  string
	Pos   yamlnode.Pos // of the rule's name
	Value *yamlnode.Node
}

//go:embed shipped.yaml
var shippedYAML []byte

// shippedFile is how positions in the embedded file are shown.
const shippedFile = "shipped.yaml"

var shippedEntries = sync.OnceValues(func() ([]Entry, []Problem) {
	root, problems := yamlnode.Parse(shippedFile, shippedYAML)
	entries, more := Entries(root.Get("rules"))
	for i := range entries {
		entries[i].shipped = true
	}
	return entries, append(problems, more...)
})

// Entries reads a `rules:` list. Names and values of rules are checked by Parse.
func Entries(list *yamlnode.Node) ([]Entry, []Problem) {
	var r yamlnode.Reader
	var out []Entry
	if list == nil || list.Kind == yamlnode.Null {
		return nil, nil
	}
	r.List(list, "rules", func(n *yamlnode.Node) {
		e := Entry{Pos: n.Pos}
		ok := r.Fields(n, "an entry of rules",
			key("from", into(&e.From, func(n *yamlnode.Node) (time.Time, bool) { return r.Date(n, "from") })),
			key("platform", into(&e.Platform, func(n *yamlnode.Node) (string, bool) {
				return r.Enum(n, "platform", dataset.Platforms()...)
			})),
			key("shop", into(&e.Shop, func(n *yamlnode.Node) (string, bool) { return r.ID(n, "shop") })),
			yamlnode.Field{Key: "values", Required: true, Read: func(n *yamlnode.Node) { e.Settings = settings(&r, n) }})
		if !ok {
			return
		}
		if e.Shop != "" && n.Get("platform") == nil {
			r.Errorf(n.Get("shop").Pos, "add platform:", "an entry for shop %q must name its platform too", e.Shop)
			return
		}
		out = append(out, e)
	})
	return out, r.Problems
}

func settings(r *yamlnode.Reader, n *yamlnode.Node) []Setting {
	if n.Kind != yamlnode.Mapping || len(n.Pairs) == 0 {
		r.Errorf(n.Pos, "write rule: value", "values must be a mapping of rules, not %s", n.Kind)
		return nil
	}
	out := make([]Setting, 0, len(n.Pairs))
	for _, p := range n.Pairs {
		out = append(out, Setting{Rule: p.Key, Pos: p.Pos, Value: p.Value})
	}
	return out
}

// Set is a compiled set of rules: which value is in force where and when. It is
// safe for concurrent use.
type Set struct {
	shops    []Shop
	zones    map[shopKey]*time.Location
	declared []compiled // in order of precedence among equals: the earlier loses
	instead  []override // wins over all of them

	mu        sync.Mutex
	timelines map[shopKey]*timeline
}

type shopKey struct{ platform, shop string }

// compiled is an entry with the settings that could be read.
type compiled struct {
	entry  *Entry
	from   int // days since 1970, minDay = always
	values []setting
}

type setting struct {
	rule  int // place in definitions
	pos   yamlnode.Pos
	node  *yamlnode.Node
	value any
}

// Parse compiles the user's entries on top of the shipped ones. It reports
// every problem; the set is usable only if none of them is Invalid. Warnings
// name general entries that a shipped platform entry hides.
func Parse(entries []Entry, shops []Shop) (*Set, []Problem) {
	shipped, problems := shippedEntries()
	problems = slices.Clone(problems)
	base := &Values{}
	s := &Set{shops: shops, zones: map[shopKey]*time.Location{}, timelines: map[shopKey]*timeline{}}
	for _, shop := range shops {
		if shop.Zone != nil {
			s.zones[shopKey{shop.Platform, shop.ID}] = shop.Zone
		}
	}
	for i := range shipped {
		problems = append(problems, s.compile(&shipped[i], base)...)
	}
	for i := range entries {
		e := &entries[i]
		if e.Shop != "" && !slices.ContainsFunc(shops, func(shop Shop) bool { return shop.Platform == e.Platform && shop.ID == e.Shop }) {
			problems = append(problems, Problem{Pos: e.Pos, Message: fmt.Sprintf("shop %s/%s is not declared", e.Platform, e.Shop),
				Hint: "add it under shops:"})
		}
		problems = append(problems, s.compile(e, base)...)
	}
	problems = append(problems, s.untargeted()...)
	return s, append(problems, s.warnings()...)
}

// compile reads an entry's values. The first, the table of defaults, fills base.
func (s *Set) compile(e *Entry, base *Values) []Problem {
	var r yamlnode.Reader
	c := compiled{entry: e, from: minDay}
	if !e.From.IsZero() {
		c.from = dayNumber(e.From)
	}
	table := len(s.declared) == 0
	for _, given := range e.Settings {
		i, known := index[given.Rule]
		if !known {
			r.Errorf(given.Pos, yamlnode.Suggest(given.Rule, Names()), "there is no rule %q", given.Rule)
			continue
		}
		value, ok := definitions[i].read(&r, given.Value, base)
		if !ok {
			continue
		}
		if table {
			definitions[i].set(base, value)
		}
		c.values = append(c.values, setting{rule: i, pos: given.Pos, node: given.Value, value: value})
	}
	s.declared = append(s.declared, c)
	return r.Problems
}

// Shops returns the shops that the set was compiled for.
func (s *Set) Shops() []Shop { return s.shops }

// Zone returns the time zone of a shop.
func (s *Set) Zone(platform, shop string) *time.Location {
	if z, ok := s.zones[shopKey{platform, shop}]; ok {
		return z
	}
	return shanghai()
}

var shanghai = sync.OnceValue(func() *time.Location {
	if z, err := time.LoadLocation("Asia/Shanghai"); err == nil {
		return z
	}
	return time.FixedZone("Asia/Shanghai", 8*60*60)
})
