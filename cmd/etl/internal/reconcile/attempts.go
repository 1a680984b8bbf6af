package reconcile

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"kefu/cmd/etl/internal/whatif"
	"kefu/transform/rule"

	"github.com/goccy/go-yaml"
)

// attempt is one what-if that may reproduce the numbers of a report.
type attempt struct {
	class    int // earlier classes go first where several reproduce a number
	reason   Reason
	proof    string   // what reproduces it
	moves    []string // sections and KPIs; none = all
	question whatif.Question
}

// The classes of attempts.
const (
	classFlag = iota
	classLate
	classUnfinal
	classClock
	classRule
)

//go:embed alternatives.yaml
var alternativesYAML []byte

// alternative is an entry of alternatives.yaml.
type alternative struct {
	Rule   string   `yaml:"rule"`
	Vary   string   `yaml:"vary"`
	Values []any    `yaml:"values"`
	Moves  []string `yaml:"moves"`
}

type alternatives struct {
	Rules       []alternative `yaml:"rules"`
	DayStartsAt []string      `yaml:"day_starts_at"`
	Timezones   []string      `yaml:"timezones"`
}

var loadAlternatives = sync.OnceValues(func() (alternatives, error) {
	var out alternatives
	err := yaml.UnmarshalWithOptions(alternativesYAML, &out, yaml.Strict())
	if err != nil {
		err = fmt.Errorf("read alternatives: %w", err)
	}
	return out, err
})

// clocks are the attempts with other cuts of the day, and those with other
// zones. Of cuts between which nothing happened, only the first is tried; hours
// are those before six in which anything did.
func clocks(rules *rule.Set, s scope, timezone string, hours []int) (cuts, zones []attempt, err error) {
	all, err := loadAlternatives()
	if err != nil {
		return nil, nil, err
	}
	now := rules.At(s.shop.Platform, s.shop.Shop, s.from).DayStartsAt.String()
	before := func(cut string) int { // so many of the hours lie before it
		n := 0
		for _, h := range hours {
			if fmt.Sprintf("%02d:59", h) < cut {
				n++
			}
		}
		return n
	}
	tried := []int{before(now)}
	for _, cut := range all.DayStartsAt {
		if slices.Contains(tried, before(cut)) {
			continue
		}
		tried = append(tried, before(cut))
		cuts = append(cuts, attempt{class: classClock, reason: TimeZone, proof: fmt.Sprintf("with days that start at %s (day_starts_at; ours is %s)", cut, now),
			question: whatif.Question{Rules: map[string]string{"day_starts_at": fmt.Sprintf("%q", cut)}}})
	}
	for _, zone := range all.Timezones {
		if zone != timezone {
			zones = append(zones, attempt{class: classClock, reason: TimeZone, proof: fmt.Sprintf("by the clock of %s (the shop's is %s)", zone, timezone),
				question: whatif.Question{Timezone: zone}})
		}
	}
	return cuts, zones, nil
}

// otherRules are the attempts with other rules than those in force; those of
// the first one, which programs let their users choose, come first.
func otherRules(rules *rule.Set, s scope) (first, others []attempt, err error) {
	all, err := loadAlternatives()
	if err != nil {
		return nil, nil, err
	}
	for i, alternative := range all.Rules {
		now, ok := rules.Origin(s.shop.Platform, s.shop.Shop, s.from, alternative.Rule)
		if !ok {
			return nil, nil, fmt.Errorf("read alternatives: there is no rule %q", alternative.Rule)
		}
		for _, value := range alternative.Values {
			text, shown, err := alternative.value(now.Value, value)
			if err != nil {
				return nil, nil, err
			}
			if text == now.Value || same(rules, s, alternative.Rule, text) {
				continue
			}
			a := attempt{class: classRule, reason: OtherRule, moves: alternative.Moves,
				proof: fmt.Sprintf("with %s: %s (ours is %s)", alternative.Rule, shown, shownNow(alternative.Vary, now.Value)), question: whatif.Question{Rules: map[string]string{alternative.Rule: quoted(text)}}}
			if i == 0 {
				first = append(first, a)
			} else {
				others = append(others, a)
			}
		}
	}
	return first, others, nil
}

// value is the rule's value as one line, and what of it is shown.
func (a alternative) value(now string, value any) (text, shown string, err error) {
	if a.Vary == "" {
		if list, ok := value.([]any); ok {
			encoded, err := json.Marshal(list)
			return string(encoded), string(encoded), err
		}
		return fmt.Sprint(value), fmt.Sprint(value), nil
	}
	fields := map[string]any{}
	if err := json.Unmarshal([]byte(now), &fields); err != nil {
		return "", "", fmt.Errorf("read rule %s: %w", a.Rule, err)
	}
	fields[a.Vary] = value
	encoded, err := json.Marshal(fields)
	return string(encoded), fmt.Sprintf("{%s: %v}", a.Vary, value), err
}

// shownNow is the value in force, of a mapping the key that varies.
func shownNow(vary, now string) string {
	fields := map[string]any{}
	if vary == "" || json.Unmarshal([]byte(now), &fields) != nil {
		return now
	}
	return fmt.Sprintf("{%s: %v}", vary, fields[vary])
}

// same tells whether a value is that in force, whatever order its keys have.
func same(rules *rule.Set, s scope, name, text string) bool {
	with, problems := rules.Instead(rule.Shop{Platform: s.shop.Platform, ID: s.shop.Shop}, name, quoted(text), s.from, s.to)
	if len(problems) > 0 {
		return false
	}
	before, _ := rules.Origin(s.shop.Platform, s.shop.Shop, s.from, name)
	after, _ := with.Origin(s.shop.Platform, s.shop.Shop, s.from, name)
	last, _ := rules.Origin(s.shop.Platform, s.shop.Shop, s.to, name)
	return before.Value == after.Value && last.Value == after.Value
}

// quoted is a value as YAML: clock times would be numbers to some readers.
func quoted(value string) string {
	if !strings.HasPrefix(value, "{") && !strings.HasPrefix(value, "[") && strings.Contains(value, ":") {
		return fmt.Sprintf("%q", value)
	}
	return value
}

// concerns tells whether the attempt can move a KPI that is made of these parts.
func (a attempt) concerns(parts []string) bool {
	if len(a.moves) == 0 {
		return true
	}
	return slices.ContainsFunc(parts, func(p string) bool {
		return slices.Contains(a.moves, p) || slices.Contains(a.moves, sectionOf(p))
	})
}

// sectionOf is the short name of the step that gives a KPI, "" for others.
func sectionOf(metric string) string {
	for _, s := range sections {
		if slices.Contains(s.metrics, metric) {
			return strings.TrimPrefix(s.model, "int_day_")
		}
	}
	return ""
}

// unfinal is the attempt that knows nothing of what happened after a moment.
func unfinal(at time.Time) attempt {
	t := "timestamp '" + at.UTC().Format("2006-01-02 15:04:05.999999") + "'"
	later := func(columns ...string) string {
		var out []string
		for _, c := range columns {
			out = append(out, fmt.Sprintf("case when %[1]s <= %[2]s then %[1]s end as %[1]s", c, t))
		}
		return strings.Join(out, ", ")
	}
	return attempt{class: classUnfinal, reason: DelayedCell, proof: "with nothing that happened after the export at " + at.Format("2006-01-02 15:04"),
		question: whatif.Question{Edits: map[string]string{
			"chat_messages": "select * from {rows} where sent_at <= " + t,
			"orders":        "select * replace (" + later("paid_at", "shipped_at", "ended_at") + ") from {rows} where created_at <= " + t,
			"refunds":       "select * replace (" + later("completed_at", "disputed_at") + ") from {rows} where requested_at <= " + t,
			"evaluations":   "select * replace (" + later("rated_at") + ", case when rated_at <= " + t + " then score end as score) from {rows} where invited_at <= " + t,
			"complaints":    "select * from {rows} where created_at <= " + t,
		}}}
}
