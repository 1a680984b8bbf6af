package rule

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"kefu/transform/rule/yamlnode"
)

// InForce is a row of dim_rule: a rule's value for a shop and the business
// days, both included, between which it is in force. Zero dates mean without
// limit.
type InForce struct {
	Platform, Shop string
	From, To       time.Time
	Origin         Origin // with the rule's name and value
}

// TableColumns lists the columns of the relation rule_intervals, from which
// dim_rule is made, in the order of InForce.Values.
func TableColumns() []Column {
	return []Column{
		{"platform", "VARCHAR"}, {"shop_id", "VARCHAR"}, {"rule", "VARCHAR"}, {"valid_from", "DATE"}, {"valid_to", "DATE"},
		{"value", "VARCHAR"}, {"origin", "VARCHAR"}, {"level", "VARCHAR"}, {"rule_group", "VARCHAR"}, {"label_zh", "VARCHAR"}, {"meaning", "VARCHAR"},
	}
}

// Values returns the row aligned with TableColumns; a day without limit is nil.
func (f InForce) Values() []any {
	d := definitions[index[f.Origin.Rule]]
	return []any{
		f.Platform, f.Shop, d.Name, dateOrNil(f.From), dateOrNil(f.To),
		f.Origin.Value, f.Origin.String(), f.Origin.Level, d.Group, d.Chinese, d.Meaning,
	}
}

func dateOrNil(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t
}

// Table lists the value of every rule for every shop over time.
func (s *Set) Table(shops []Shop) []InForce {
	var out []InForce
	for _, shop := range sortedShops(shops) {
		for rule := range definitions {
			for _, p := range s.timeline(shop.Platform, shop.ID).periods(rule) {
				out = append(out, InForce{Platform: shop.Platform, Shop: shop.ID, From: p.from, To: p.to, Origin: p.segment.origin(rule)})
			}
		}
	}
	return out
}

// period is a time over which one setting of a rule holds. Zero dates are
// without limit.
type period struct {
	from, to time.Time
	segment  *segment
}

// periods are those of one rule, one after the other.
func (t *timeline) periods(rule int) []period {
	var out []period
	var last *source
	for i := range t.segments {
		seg := &t.segments[i]
		src := seg.origins[rule]
		if i > 0 && src == last {
			continue
		}
		last = src
		p := period{segment: seg}
		if i > 0 {
			out[len(out)-1].to = dateOf(seg.from - 1)
			p.from = dateOf(seg.from)
		}
		out = append(out, p)
	}
	return out
}

// Fingerprint identifies what the rules on texts say for a shop, over all time.
// When it changes, messages that were normalised before bear stale marks.
func (s *Set) Fingerprint(platform, shop string) string {
	h := sha256.New()
	t := s.timeline(platform, shop)
	for rule, d := range definitions {
		if !d.Text {
			continue
		}
		last := ""
		for i := range t.segments {
			value := render(d.get(t.segments[i].values))
			if i > 0 && value == last {
				continue
			}
			last = value
			_, _ = io.WriteString(h, fmt.Sprintf("%s\x00%d\x00%s\x00", definitions[rule].Name, t.segments[i].from, value))
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

// warnings names general entries that a shipped platform entry hides, and
// watchwords that never fire.
func (s *Set) warnings() []Problem {
	hidden := map[*setting][]string{}
	var out []Problem
	seen := map[*setting]bool{}
	for _, shop := range sortedShops(s.shops) {
		candidates := s.candidates(shop.Platform, shop.ID)
		t := s.timeline(shop.Platform, shop.ID)
		for i := range t.segments {
			seg := &t.segments[i]
			for rule, sources := range candidates {
				noteHidden(hidden, sources, seg.origins[rule], seg.from, shop.Platform)
			}
			word := seg.origins[index["filter_watchword"]]
			if seg.values.FilterWatchword != "" && seg.values.FilterWatchwordTimes == 0 && !seen[word.setting] {
				seen[word.setting] = true
				out = append(out, Problem{Pos: word.setting.pos, Class: yamlnode.Warning,
					Message: "filter_watchword does nothing while filter_watchword_times is off", Hint: "set filter_watchword_times: 1"})
			}
		}
	}
	for set, platforms := range hidden {
		name := definitions[set.rule].Name
		out = append(out, Problem{Pos: set.pos, Class: yamlnode.Warning,
			Message: fmt.Sprintf("%s of this general entry is not in force on %s: a shipped platform entry hides it", name, strings.Join(platforms, ", ")),
			Hint:    "repeat it in an entry with platform: " + platforms[0]})
	}
	yamlnode.Sort(out)
	return out
}

// noteHidden notes the user's general setting that would be in force on a day
// if it were not for a shipped platform entry.
func noteHidden(hidden map[*setting][]string, sources []*source, inForce *source, day int, platform string) {
	if inForce == nil || !inForce.entry.shipped || inForce.level != 1 {
		return
	}
	var general []*source
	for _, src := range sources {
		if src.level == 0 {
			general = append(general, src)
		}
	}
	best := winner(general, day)
	if best == nil || best.entry.shipped || slices.Contains(hidden[best.setting], platform) ||
		render(best.setting.value) == render(inForce.setting.value) {
		return
	}
	hidden[best.setting] = append(hidden[best.setting], platform)
}
