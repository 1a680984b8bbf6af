package rule

import (
	"fmt"
	"strings"
	"time"

	"kefu/transform/rule/yamlnode"
)

// The forms that values have, each with the words that the catalogue shows.
var (
	yesNo         = reading[bool]{"true or false", readBool}
	dayStart      = reading[Clock]{"HH:MM, 00:00 to 06:00", readDayStart}
	hoursOfDay    = reading[Hours]{"HH:MM-HH:MM, the end excluded; wraps around midnight", readHours}
	shortTime     = reading[time.Duration]{"a time such as 24h, 90m or 3600s, at most 720h", readHorizon}
	offOrCount    = reading[Limit]{"off, or a whole number from 1", readLimit}
	offOrWord     = reading[string]{"off, or a word", readWatchword}
	items         = reading[[]string]{"list of ids", readItems}
	kpiList       = reading[[]string]{"list of KPIs", readKPIs}
	patternList   = reading[Patterns]{"list of =text, text* or /regexp/", readPatterns}
	topicList     = reading[Topics]{"list of {topic, patterns}", readTopics}
	slowResponse  = reading[SlowResponse]{"{seconds: 1 to 86400, scope: any, first or average, times: from 1}", readSlowResponse}
	replyWithin   = reading[ReplyWithin]{"{seconds: 1 to 86400, unit: person, turn or session, hours: HH:MM-HH:MM, first_only, bot_replies}", readReplyWithin}
	excludeOrders = reading[ExcludeOrders]{"{ids, products, tags, min_amount: yuan}", readExcludeOrders}
	gradeLines    = reading[Grades]{"KPI: {direction, warning, pass, excellent}, or off", readGrades}
	targetValues  = reading[Targets]{"KPI: number, or {agent, group, shop, agents: {id: number}, groups: {name: number}}", readTargets}
	payShares     = reading[PayPlan]{"base: yuan, or {everyone, groups, agents}; KPI: {weight, threshold, floor, cap in percent, missing: zero, target or spread}", readPayPlan}
)

func durationField(v *Values) *time.Duration { return &v.ReplyHorizon }

func within(lowest, highest int) reading[int] {
	return reading[int]{fmt.Sprintf("%d to %d", lowest, highest), func(r *yamlnode.Reader, n *yamlnode.Node, what string, _ int) (int, bool) {
		return r.Int(n, what, lowest, highest)
	}}
}

func word(known ...string) reading[string] {
	return reading[string]{oneOf(known), func(r *yamlnode.Reader, n *yamlnode.Node, what string, _ string) (string, bool) {
		return r.Enum(n, what, known...)
	}}
}

// words takes a list of known words.
func words(known ...string) reading[[]string] {
	return reading[[]string]{"list of " + oneOf(known), func(r *yamlnode.Reader, n *yamlnode.Node, what string, _ []string) ([]string, bool) {
		return readList(r, n, what, func(item *yamlnode.Node) (string, bool) {
			return r.Enum(item, "an item of "+what, known...)
		})
	}}
}

func between(lowest, highest string, digits int) reading[Decimal] {
	form := fmt.Sprintf("%s to %s, at most %d decimals", lowest, highest, digits)
	return reading[Decimal]{form, func(r *yamlnode.Reader, n *yamlnode.Node, what string, _ Decimal) (Decimal, bool) {
		return readDecimal(r, n, what, lowest, highest, digits)
	}}
}

// oneOf spells a choice: a, b or c.
func oneOf(known []string) string {
	last := len(known) - 1
	return strings.Join(known[:last], ", ") + " or " + known[last]
}
