package world

import (
	"fmt"
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
)

type ruleEntry struct {
	From     string         `yaml:"from"`
	Platform string         `yaml:"platform"`
	Shop     string         `yaml:"shop"`
	Values   map[string]any `yaml:"values"`

	from    Date
	shipped bool
}

const shippedText = `
- {platform: taobao, values: {reply_within: {seconds: 180, unit: turn, hours: "08:00-24:00", bot_replies: true}}}
- {platform: tmall, values: {reply_within: {seconds: 180, unit: turn, hours: "08:00-24:00", bot_replies: true}}}
- {platform: jd, values: {session_gap_minutes: 10, reply_within: {seconds: 30, unit: session, hours: "08:00-24:00", first_only: true}}}
- {platform: jd, from: "2021-12-01", values: {reply_within: {seconds: 30, unit: session, hours: "09:00-23:00", first_only: true}}}
- {platform: kuaishou, values: {served_by: human_and_bot, rating_hours: "08:00-24:00", reply_within: {seconds: 180, unit: person, hours: "08:00-24:00"}}}
- {platform: kuaishou, from: "2023-06-30", values: {served_by: human_only, rating_hours: "08:00-23:00", reply_within: {seconds: 180, unit: person, hours: "08:00-23:00"}}}
- {platform: doudian, values: {reply_within: {seconds: 180, unit: turn, hours: "08:00-23:00"}}}
- {platform: pdd, values: {reply_within: {seconds: 180, unit: person, hours: "08:00-23:00"}}}
`

func shippedEntries() []ruleEntry {
	entries, err := parseRules(shippedText)
	if err != nil {
		return nil // the test of the shipped entries would fail
	}
	for i := range entries {
		entries[i].shipped = true
	}
	return entries
}

func parseRules(text string) ([]ruleEntry, error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	var entries []ruleEntry
	if err := yaml.Unmarshal([]byte(text), &entries); err != nil {
		return nil, fmt.Errorf("read rules: %w", err)
	}
	for i := range entries {
		e := &entries[i]
		if e.From != "" {
			d, err := ParseDate(e.From)
			if err != nil {
				return nil, fmt.Errorf("read from of rules entry %d: %w", i+1, err)
			}
			e.from = d
		}
		try := defaults()
		for name, v := range e.Values {
			if err := try.set(name, v); err != nil {
				return nil, fmt.Errorf("read rule %s of entry %d: %w", name, i+1, err)
			}
		}
	}
	return entries, nil
}

// set puts one value of a rule entry into r.
func (r *Rules) set(name string, v any) (err error) {
	v = plain(v)
	ints := map[string]*int{
		"filter_monologue_buyer_messages": &r.FilterMonologue, "filter_single_sentence_agent_messages": &r.FilterSingleSentence,
		"filter_watchword_times": &r.FilterWatchwordTimes, "handover_max_agent_messages": &r.HandoverMax,
		"long_reception_minutes": &r.LongReceptionMinutes, "session_gap_minutes": &r.SessionGapMinutes,
		"inquiry_validity_days": &r.InquiryValidityDays, "after_sales_days": &r.AfterSalesDays, "outbound_days": &r.OutboundDays,
		"follow_up_minutes": &r.FollowUpMinutes, "ranking_minimum": &r.RankingMinimum, "agent_initiated_reply_days": &r.AgentInitiatedDays,
		"remind_after_minutes": &r.RemindAfterMinutes, "remind_within_hours": &r.RemindWithinHours, "dsr_max_per_month": &r.DSRMaxPerMonth,
		"sla_first_reply_minutes": &r.SLAFirstReplyMinutes, "sla_resolve_hours": &r.SLAResolveHours,
		"repeat_contact_days": &r.RepeatContactDays, "retention_days": &r.RetentionDays, "training_days": &r.TrainingDays,
	}
	texts := map[string]*string{
		"served_by": &r.ServedBy, "response_from": &r.ResponseFrom, "credit": &r.Credit, "order_agent_by": &r.OrderAgentBy,
		"split_order_share": &r.SplitOrderShare,
	}
	flags := map[string]*bool{
		"subtract_offline": &r.SubtractOffline, "order_agent_needs_buyer_message": &r.NeedsBuyerMessage,
		"credit_silent_follow_up": &r.CreditSilentFollowUp, "agent_initiated_counts": &r.AgentInitiatedCounts,
		"merge_lost_across_days": &r.MergeLostAcrossDays, "handover_counts": &r.HandoverCounts,
	}
	lists := map[string]*[]string{
		"exclude_agents": &r.ExcludeAgents, "exclude_flags": &r.ExcludeFlags, "auto_reply_patterns": &r.AutoReplyPatterns,
		"inquiry_roles": &r.InquiryRoles, "rating_sources": &r.RatingSources, "recommendation_marks": &r.RecommendationMarks,
		"training_kpis": &r.TrainingKPIs,
	}
	switch {
	case ints[name] != nil:
		*ints[name], err = asInt(v)
	case texts[name] != nil:
		*texts[name] = fmt.Sprint(v)
	case flags[name] != nil:
		*flags[name], err = strconv.ParseBool(fmt.Sprint(v))
	case lists[name] != nil:
		*lists[name], err = asList(v)
	default:
		err = r.setOther(name, v)
	}
	return err
}

func (r *Rules) setOther(name string, v any) (err error) {
	switch name {
	case "day_starts_at":
		s, err := clock(fmt.Sprint(v))
		r.DayStartsAt = s / 60
		return err
	case "filter_watchword":
		r.FilterWatchword = ""
		if s := fmt.Sprint(v); s != "off" && s != "false" {
			r.FilterWatchword = s
		}
	case "reply_horizon":
		r.ReplyHorizon, err = time.ParseDuration(fmt.Sprint(v))
	case "rating_hours":
		r.RatingFrom, r.RatingTo, err = hours(fmt.Sprint(v))
	case "slow_response":
		return r.setSlow(v)
	case "reply_within":
		return r.setWithin(v)
	case "exclude_orders":
		return r.setExcludeOrders(v)
	default:
		return r.setPay(name, v)
	}
	return err
}

func (r *Rules) setSlow(v any) error {
	r.SlowSeconds, r.SlowScope, r.SlowTimes = 60, "any", 1
	return eachKey(v, func(key string, v any) (err error) {
		switch key {
		case "seconds":
			r.SlowSeconds, err = asInt64(v)
		case "scope":
			r.SlowScope = fmt.Sprint(v)
		case "times":
			r.SlowTimes, err = asInt(v)
		default:
			return fmt.Errorf("unknown key %s", key)
		}
		return err
	})
}

func (r *Rules) setWithin(v any) error {
	r.Within = defaultWithin()
	return eachKey(v, func(key string, v any) (err error) {
		switch key {
		case "seconds":
			r.Within.Seconds, err = asInt64(v)
		case "unit":
			r.Within.Unit = fmt.Sprint(v)
		case "hours":
			r.Within.From, r.Within.To, err = hours(fmt.Sprint(v))
		case "first_only":
			r.Within.FirstOnly, err = strconv.ParseBool(fmt.Sprint(v))
		case "bot_replies":
			r.Within.BotReplies, err = strconv.ParseBool(fmt.Sprint(v))
		default:
			return fmt.Errorf("unknown key %s", key)
		}
		return err
	})
}

func (r *Rules) setExcludeOrders(v any) error {
	r.ExcludeOrders = ExcludeOrders{}
	return eachKey(v, func(key string, v any) (err error) {
		switch key {
		case "ids":
			r.ExcludeOrders.IDs, err = asList(v)
		case "products":
			r.ExcludeOrders.Products, err = asList(v)
		case "tags":
			r.ExcludeOrders.Tags, err = asList(v)
		case "min_amount":
			yuan, ok := new(big.Rat).SetString(fmt.Sprint(v))
			if !ok {
				return fmt.Errorf("%v is no amount", v)
			}
			cents := yuan.Mul(yuan, big.NewRat(100, 1))
			if !cents.IsInt() {
				return fmt.Errorf("%v has parts of a cent", v)
			}
			r.ExcludeOrders.MinCents = cents.Num().Int64()
		default:
			return fmt.Errorf("unknown key %s", key)
		}
		return err
	})
}

func eachKey(v any, set func(string, any) error) error {
	m, ok := v.(map[string]any)
	if !ok {
		return fmt.Errorf("%v is no map", v)
	}
	for key, value := range m {
		if err := set(key, plain(value)); err != nil {
			return fmt.Errorf("key %s: %w", key, err)
		}
	}
	return nil
}

func plain(v any) any {
	switch v := v.(type) {
	case uint64:
		return int64(v)
	case int:
		return int64(v)
	default:
		return v
	}
}

func asInt64(v any) (int64, error) {
	if s := fmt.Sprint(v); s == "off" || s == "false" {
		return 0, nil
	}
	n, ok := v.(int64)
	if !ok {
		return 0, fmt.Errorf("%v is no integer", v)
	}
	return n, nil
}

func asInt(v any) (int, error) {
	n, err := asInt64(v)
	return int(n), err
}

func asList(v any) ([]string, error) {
	items, ok := v.([]any)
	if !ok {
		return nil, fmt.Errorf("%v is no list", v)
	}
	out := make([]string, 0, len(items))
	for _, i := range items {
		out = append(out, fmt.Sprint(i))
	}
	return out, nil
}

func clock(s string) (int, error) {
	h, m, ok := strings.Cut(s, ":")
	hour, err1 := strconv.Atoi(h)
	minute, err2 := strconv.Atoi(m)
	if !ok || err1 != nil || err2 != nil {
		return 0, fmt.Errorf("%q is no time of day", s)
	}
	return hour*3600 + minute*60, nil
}

func hours(s string) (from, to int, err error) {
	a, b, _ := strings.Cut(s, "-")
	if from, err = clock(a); err != nil {
		return 0, 0, err
	}
	to, err = clock(b)
	return from, to, err
}

// matches tells whether the text fits a pattern: =exact, prefix* or /regexp/.
func matches(pattern, text string) bool {
	switch {
	case strings.HasPrefix(pattern, "="):
		return text == pattern[1:]
	case len(pattern) > 1 && strings.HasPrefix(pattern, "/") && strings.HasSuffix(pattern, "/"):
		re, err := regexp.Compile(pattern[1 : len(pattern)-1])
		return err == nil && re.MatchString(text)
	case strings.HasSuffix(pattern, "*"):
		return strings.HasPrefix(text, strings.TrimSuffix(pattern, "*"))
	default:
		return false
	}
}

// IsAutomatic tells whether an agent account's or robot's message is an
// automatic one: by itself, or by auto_reply_patterns of its day.
func (w *World) IsAutomatic(m *ChatMessage) bool {
	if m.IsAuto || (m.Sender != "agent" && m.Sender != "bot") {
		return m.IsAuto
	}
	for _, p := range w.RulesAt(w.Dt(m.SentAt)).AutoReplyPatterns {
		if m.Text != "" && matches(p, m.Text) {
			return true
		}
	}
	return false
}

// HasWatchword tells whether the text contains the code word of its day.
func (w *World) HasWatchword(m *ChatMessage) bool {
	word := w.RulesAt(w.Dt(m.SentAt)).FilterWatchword
	return word != "" && strings.Contains(m.Text, word)
}

// IsMarked tells whether an agent's text bears a recommendation mark of its day
// and names a product.
func (w *World) IsMarked(m *ChatMessage) bool {
	if m.Sender != "agent" || m.ProductID == "" || m.Text == "" {
		return false
	}
	for _, p := range w.RulesAt(w.Dt(m.SentAt)).RecommendationMarks {
		if matches(p, m.Text) {
			return true
		}
	}
	return false
}
