package rule

import (
	"slices"
	"time"

	"kefu/transform/rule/yamlnode"
)

// override is a value that stands in place of whatever else is in force for one
// shop, on some days.
type override struct {
	shop     shopKey
	from, to int // day numbers, both included
	source   source
}

// Instead returns the set with a value of a rule in force for one shop on the
// days from to to, both included, whatever else is; on all other days everything
// is as it was. The text is the value as an entry of rules would have it, such
// as pay_agent or {seconds: 60}. Problems are those of such an entry.
func (s *Set) Instead(shop Shop, name, text string, from, to time.Time) (*Set, []Problem) {
	const before, after = "- values: {", ": "
	root, problems := yamlnode.Parse("--rule", []byte(before+name+after+text+"}"))
	entries, more := Entries(root)
	if problems = append(problems, more...); len(problems) > 0 {
		return nil, placed(problems, len(before), len(name))
	}
	out := &Set{shops: s.shops, zones: s.zones, declared: slices.Clone(s.declared), timelines: map[shopKey]*timeline{}}
	base := &Values{}
	for _, v := range s.declared[0].values {
		definitions[v.rule].set(base, v.value)
	}
	e := &entries[0]
	e.Platform, e.Shop = shop.Platform, shop.ID
	if problems := out.compile(e, base); len(problems) > 0 {
		return nil, placed(problems, len(before), len(name))
	}
	given := out.declared[len(out.declared)-1]
	out.declared = slices.Clone(s.declared)
	for i := range given.values {
		out.instead = append(slices.Clone(s.instead), override{
			shop: shopKey{shop.Platform, shop.ID}, from: dayNumber(from), to: dayNumber(to),
			source: source{setting: &given.values[i], from: dayNumber(from), entry: e, level: e.level(), order: len(s.declared)},
		})
	}
	return out, nil
}

// placed moves positions from the entry to RULE=VALUE.
func placed(problems []Problem, before, name int) []Problem {
	for i := range problems {
		at := &problems[i].Pos
		if at.Col > before+name {
			at.Col-- // the space after the colon
		}
		at.Col = max(1, at.Col-before)
	}
	return problems
}

// changes are the days on which overrides of a shop begin, or have ended.
func (s *Set) changes(shop shopKey) []int {
	var out []int
	for _, o := range s.instead {
		if o.shop == shop {
			out = append(out, o.from, o.to+1)
		}
	}
	return out
}

// overridden returns the override of a rule for a shop on a day, else best.
func (s *Set) overridden(shop shopKey, rule, day int, best *source) *source {
	for i := range s.instead {
		o := &s.instead[i]
		if o.shop == shop && o.source.setting.rule == rule && o.from <= day && day <= o.to {
			best = &o.source
		}
	}
	return best
}
