package rule

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"sort"
	"time"

	"kefu/transform/rule/yamlnode"
)

// minDay stands for an entry without a date: always.
const minDay = math.MinInt32

// dayNumber counts days since 1970-01-01 of the date that t shows in its zone.
func dayNumber(t time.Time) int {
	y, m, d := t.Date()
	return int(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

// dateOf is midnight UTC of a day number.
func dateOf(day int) time.Time { return time.Unix(int64(day)*86400, 0).UTC() }

// timeline is all that is in force for one shop: constant between changes.
type timeline struct {
	segments []segment // by from, the first from minDay
}

type segment struct {
	from    int
	values  *Values
	origins []*source // by rule
	row     []any     // rule columns of rule_day
}

// source is a setting and the entry that it stands in.
type source struct {
	setting *setting
	from    int
	entry   *Entry
	level   int
	order   int
}

// level is how particular an entry is: shop, platform, general.
func (e *Entry) level() int {
	switch {
	case e.Shop != "":
		return 2
	case e.Platform != "":
		return 1
	default:
		return 0
	}
}

// beats orders two sources that both apply.
func (a *source) beats(b *source) bool {
	switch {
	case a.level != b.level:
		return a.level > b.level
	case a.from != b.from:
		return a.from > b.from
	case a.entry.shipped != b.entry.shipped:
		return b.entry.shipped
	default:
		return a.order > b.order
	}
}

func (t *timeline) at(day int) *segment {
	i := sort.Search(len(t.segments), func(i int) bool { return t.segments[i].from > day })
	return &t.segments[i-1]
}

// timeline compiles a shop's rules once.
func (s *Set) timeline(platform, shop string) *timeline {
	k := shopKey{platform, shop}
	s.mu.Lock()
	defer s.mu.Unlock()
	if t, ok := s.timelines[k]; ok {
		return t
	}
	t := s.build(platform, shop)
	s.timelines[k] = t
	return t
}

// candidates returns, per rule, the sources that apply to a shop at some time.
func (s *Set) candidates(platform, shop string) [][]*source {
	out := make([][]*source, len(definitions))
	for order := range s.declared {
		c := &s.declared[order]
		e := c.entry
		if (e.Platform != "" && e.Platform != platform) || (e.Shop != "" && e.Shop != shop) {
			continue
		}
		for i := range c.values {
			v := &c.values[i]
			out[v.rule] = append(out[v.rule], &source{setting: v, from: c.from, entry: e, level: e.level(), order: order})
		}
	}
	return out
}

func (s *Set) build(platform, shop string) *timeline {
	candidates := s.candidates(platform, shop)
	changes := append([]int{minDay}, s.changes(shopKey{platform, shop})...)
	for _, sources := range candidates {
		for _, src := range sources {
			changes = append(changes, src.from)
		}
	}
	slices.Sort(changes)
	changes = slices.Compact(changes)
	t := &timeline{segments: make([]segment, 0, len(changes))}
	for _, from := range changes {
		seg := segment{from: from, values: &Values{}, origins: make([]*source, len(definitions))}
		for rule, sources := range candidates {
			if best := s.overridden(shopKey{platform, shop}, rule, from, winner(sources, from)); best != nil {
				seg.origins[rule] = best
				definitions[rule].set(seg.values, best.setting.value)
			}
		}
		seg.row = ruleColumns(seg.values)
		t.segments = append(t.segments, seg)
	}
	return t
}

func winner(sources []*source, day int) *source {
	var best *source
	for _, src := range sources {
		if src.from <= day && (best == nil || src.beats(best)) {
			best = src
		}
	}
	return best
}

// At returns the values in force for a shop on a business day. Only the date
// that is shown counts, not the zone.
func (s *Set) At(platform, shop string, date time.Time) *Values {
	return s.timeline(platform, shop).at(dayNumber(date)).values
}

// BusinessDate returns the business day of an instant, as midnight UTC: the
// calendar date at the shop, or the day before when the wall clock has not
// reached the cut in force on that calendar date.
func (s *Set) BusinessDate(platform, shop string, t time.Time) time.Time {
	local := t.In(s.Zone(platform, shop))
	day := dayNumber(local)
	if local.Hour()*60+local.Minute() < int(s.timeline(platform, shop).at(day).values.DayStartsAt) {
		day--
	}
	return dateOf(day)
}

// Origin is where the value of a rule comes from.
type Origin struct {
	Rule     string
	Value    string    // plain, or JSON for lists and mappings
	Shipped  bool      // else a user's entry
	From     time.Time // date of the entry; zero = always
	Level    string    // shop, platform, general
	Platform string    // of the entry; "" = general
	Pos      yamlnode.Pos
	file     string
}

// String tells the origin to people: the line of a user's entry, as
// pipelines.yaml:12, or what ships, as shipped default, or as shipped for jd
// from 2021-12-01.
func (o Origin) String() string {
	switch {
	case o.Pos == yamlnode.Pos{}:
		return ""
	case !o.Shipped:
		return fmt.Sprintf("%s:%d", cmp.Or(o.file, o.Pos.File), o.Pos.Line)
	case o.Platform == "":
		return "shipped default"
	case o.From.IsZero():
		return "shipped for " + o.Platform
	default:
		return "shipped for " + o.Platform + " from " + o.From.Format(time.DateOnly)
	}
}

// Origin tells the value of a rule that is in force for a shop on a day and the
// entry it comes from; ok is false for an unknown rule.
func (s *Set) Origin(platform, shop string, date time.Time, rule string) (o Origin, ok bool) {
	i, ok := index[rule]
	if !ok {
		return Origin{}, false
	}
	return s.timeline(platform, shop).at(dayNumber(date)).origin(i), true
}

func (seg *segment) origin(rule int) Origin {
	src := seg.origins[rule]
	o := Origin{Rule: definitions[rule].Name, Value: render(definitions[rule].get(seg.values))}
	if src == nil {
		return o
	}
	o.Shipped, o.Platform, o.Pos, o.file = src.entry.shipped, src.entry.Platform, src.setting.pos, src.entry.File
	o.Level = [...]string{"general", "platform", "shop"}[src.level]
	if src.from != minDay {
		o.From = dateOf(src.from)
	}
	return o
}

// sortedShops returns the shops by platform and id.
func sortedShops(shops []Shop) []Shop {
	out := slices.Clone(shops)
	slices.SortFunc(out, func(a, b Shop) int {
		return cmp.Or(cmp.Compare(a.Platform, b.Platform), cmp.Compare(a.ID, b.ID))
	})
	return out
}
