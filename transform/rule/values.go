package rule

import "time"

// Values holds the value of every rule for one shop on one day. It is shared
// between callers and never changed.
type Values struct {
	// General.
	DayStartsAt       Clock
	ExcludeAgents     []string
	ExcludeFlags      []string
	AutoReplyPatterns Patterns
	ServedBy          string // human_only, human_and_bot

	// Reception filters.
	FilterMonologueBuyerMessages      Limit
	FilterSingleSentenceAgentMessages Limit
	FilterWatchword                   string // "" = off
	FilterWatchwordTimes              Limit
	HandoverMaxAgentMessages          Limit
	LongReceptionMinutes              int

	// Response.
	ReplyHorizon      time.Duration // whole seconds
	ResponseFrom      string        // first, last
	SubtractOffline   bool
	SlowResponse      SlowResponse
	SessionGapMinutes int
	ReplyWithin       ReplyWithin

	// Inquiry and attribution.
	InquiryValidityDays         int
	AfterSalesDays              int    // 0 = off
	Credit                      string // order_agent, order_then_pay, pay_agent, split
	SplitOrderShare             Decimal
	OrderAgentNeedsBuyerMessage bool
	InquiryRoles                []string
	OutboundDays                int
	OrderAgentBy                string // latest, first, most_messages
	CreditSilentFollowUp        bool
	FollowUpMinutes             int
	AgentInitiatedCounts        bool
	AgentInitiatedReplyDays     int
	RemindAfterMinutes          int
	RemindWithinHours           int
	ExcludeOrders               ExcludeOrders
	MergeLostAcrossDays         bool
	HandoverCounts              bool
	RecommendationMarks         Patterns
	Topics                      Topics

	// Rating, after-sales, cost.
	RatingHours          Hours
	RatingSources        []string
	DSRMaxPerMonth       int
	SLAFirstReplyMinutes int
	SLAResolveHours      int
	RepeatContactDays    int
	RetentionDays        int
	TrainingDays         int
	TrainingKPIs         []string
	Grades               Grades
	Targets              Targets
	RankingMinimum       int
	PayPlan              PayPlan
}

// SlowResponse is the rule slow_response.
type SlowResponse struct {
	Seconds int    `json:"seconds"`
	Scope   string `json:"scope"` // any, first, average
	Times   int    `json:"times"`
}

// ReplyWithin is the rule reply_within.
type ReplyWithin struct {
	Seconds    int    `json:"seconds"`
	Unit       string `json:"unit"` // person, turn, session
	Hours      Hours  `json:"hours"`
	FirstOnly  bool   `json:"first_only"`
	BotReplies bool   `json:"bot_replies"`
}

// ExcludeOrders is the rule exclude_orders.
type ExcludeOrders struct {
	IDs       []string `json:"ids"`
	Products  []string `json:"products"`
	Tags      []string `json:"tags"`
	MinAmount Decimal  `json:"min_amount"`
}

// Grade holds the lines of one KPI; a line that is nil is not drawn.
type Grade struct {
	Direction string   `json:"direction"` // higher, lower: which is better
	Warning   *Decimal `json:"warning,omitempty"`
	Pass      *Decimal `json:"pass,omitempty"`
	Excellent *Decimal `json:"excellent,omitempty"`
}

// Grades is the rule grades: KPI → lines.
type Grades map[string]Grade

// Targets is the rule targets: KPI → target.
type Targets map[string]Target

// IsAutoReply tells whether a text is automatic by auto_reply_patterns.
func (v *Values) IsAutoReply(text string) bool { return v.AutoReplyPatterns.Match(text) }

// IsRecommendation tells whether a text bears a mark of recommendation_marks.
func (v *Values) IsRecommendation(text string) bool { return v.RecommendationMarks.Match(text) }

// Topic returns the first topic one of whose patterns fits the text, or "".
func (v *Values) Topic(text string) string { return v.Topics.Find(text) }

// HasWatchword tells whether a text contains filter_watchword; off never fits.
func (v *Values) HasWatchword(text string) bool { return containsWord(text, v.FilterWatchword) }
