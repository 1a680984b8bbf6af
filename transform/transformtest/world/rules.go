package world

import (
	"slices"
	"time"
)

// Rules holds the values in force in one shop on one day. A count of 0 stands
// for a filter that is off.
type Rules struct {
	DayStartsAt       int // minutes after midnight
	ExcludeAgents     []string
	ExcludeFlags      []string
	AutoReplyPatterns []string
	ServedBy          string

	FilterMonologue      int
	FilterSingleSentence int
	FilterWatchword      string
	FilterWatchwordTimes int
	HandoverMax          int
	LongReceptionMinutes int

	ReplyHorizon      time.Duration
	ResponseFrom      string
	SubtractOffline   bool
	SlowSeconds       int64
	SlowScope         string
	SlowTimes         int
	SessionGapMinutes int
	Within            ReplyWithin

	InquiryValidityDays  int
	AfterSalesDays       int
	Credit               string
	SplitOrderShare      string // a decimal
	NeedsBuyerMessage    bool
	InquiryRoles         []string
	OutboundDays         int
	OrderAgentBy         string
	CreditSilentFollowUp bool
	FollowUpMinutes      int
	AgentInitiatedCounts bool
	AgentInitiatedDays   int
	RemindAfterMinutes   int
	RemindWithinHours    int
	ExcludeOrders        ExcludeOrders
	MergeLostAcrossDays  bool
	HandoverCounts       bool

	RatingFrom, RatingTo int // seconds of the wall clock
	RatingSources        []string
	DSRMaxPerMonth       int

	RecommendationMarks  []string
	SLAFirstReplyMinutes int
	SLAResolveHours      int
	RepeatContactDays    int
	RetentionDays        int
	TrainingDays         int
	TrainingKPIs         []string

	Grades         map[string]GradeLines
	Targets        map[string]Target
	RankingMinimum int
	PayPlan        PayPlan
}

// ReplyWithin is the value of the rule reply_within.
type ReplyWithin struct {
	Seconds    int64
	Unit       string
	From, To   int // seconds of the wall clock; From > To wraps
	FirstOnly  bool
	BotReplies bool
}

// ExcludeOrders is the value of the rule exclude_orders.
type ExcludeOrders struct {
	IDs, Products, Tags []string
	MinCents            int64
}

func defaults() Rules {
	return Rules{
		ExcludeFlags: []string{"advertiser", "malicious", "internal"}, ServedBy: "human_only",
		LongReceptionMinutes: 15,
		ReplyHorizon:         24 * time.Hour, ResponseFrom: "first",
		SlowSeconds: 60, SlowScope: "any", SlowTimes: 1, SessionGapMinutes: 10,
		Within:              defaultWithin(),
		InquiryValidityDays: 2, AfterSalesDays: 15, Credit: "order_then_pay", SplitOrderShare: "0.5",
		NeedsBuyerMessage: true, InquiryRoles: []string{"presale", "both"}, OutboundDays: 4,
		OrderAgentBy: "latest", FollowUpMinutes: 60, AgentInitiatedDays: 2,
		RemindWithinHours: 72, MergeLostAcrossDays: true,
		RatingFrom: 8 * 3600, RatingTo: 23 * 3600, RatingSources: []string{"buyer", "agent", "system"}, DSRMaxPerMonth: 3,
		SLAFirstReplyMinutes: 3, SLAResolveHours: 48, RepeatContactDays: 7, RetentionDays: 180, TrainingDays: 14,
		TrainingKPIs: []string{"response_avg_s", "inquiry_to_pay_rate", "good_rate"},
		Grades:       defaultGrades(), RankingMinimum: 10,
	}
}

func defaultWithin() ReplyWithin {
	return ReplyWithin{Seconds: 180, Unit: "person", From: 8 * 3600, To: 23 * 3600}
}

// BotsAnswer tells whether a robot's message answers in reply_within.
func (r *Rules) BotsAnswer() bool { return r.ServedBy == "human_and_bot" || r.Within.BotReplies }

// InHours tells whether the wall clock lies in [from, to) seconds of the day; a
// range whose end is before its start wraps midnight.
func InHours(local time.Time, from, to int) bool {
	s := local.Hour()*3600 + local.Minute()*60 + local.Second()
	if from <= to {
		return from <= s && s < to
	}
	return s >= from || s < to
}

// RulesAt returns the rules in force on that day. Each rule is looked up by
// itself: the most specific entry, then the latest start, then the user's
// before the shipped, then the later in the file.
func (w *World) RulesAt(d Date) *Rules {
	if r, ok := w.inForce[d]; ok {
		return r
	}
	r := defaults()
	names := map[string]bool{}
	for _, e := range w.entries {
		for name := range e.Values {
			names[name] = true
		}
	}
	for name := range names {
		if best := w.bestEntry(name, d); best != nil {
			// Values were tried when the entries were parsed.
			_ = r.set(name, best.Values[name])
		}
	}
	w.inForce[d] = &r
	return &r
}

func (w *World) bestEntry(name string, d Date) *ruleEntry {
	var best *ruleEntry
	for i := range w.entries {
		e := &w.entries[i]
		if _, ok := e.Values[name]; !ok || !e.appliesTo(w.Shop, d) {
			continue
		}
		if best == nil || e.beats(best) {
			best = e
		}
	}
	return best
}

func (e *ruleEntry) appliesTo(s Shop, d Date) bool {
	if e.Platform != "" && e.Platform != s.Platform {
		return false
	}
	if e.Shop != "" && e.Shop != s.ID {
		return false
	}
	return e.from == 0 || e.from <= d
}

func (e *ruleEntry) specificity() int {
	switch {
	case e.Shop != "":
		return 2
	case e.Platform != "":
		return 1
	default:
		return 0
	}
}

// beats is asked of entries in file order, shipped ones first: an equal later
// entry wins.
func (e *ruleEntry) beats(other *ruleEntry) bool {
	if a, b := e.specificity(), other.specificity(); a != b {
		return a > b
	}
	if e.from != other.from {
		return e.from > other.from
	}
	return !e.shipped || other.shipped
}

// ExcludesAgent tells whether the account counts nowhere on that day.
func (w *World) ExcludesAgent(agent string, d Date) bool {
	return agent != "" && slices.Contains(w.RulesAt(d).ExcludeAgents, agent)
}
