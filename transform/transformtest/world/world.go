// Package world owns small invented shops for tests: plain rows of the canonical
// datasets with the rules of the shop, a random generator that crowds them with
// edge cases, and their spelling as lake tables and as canonical files.
package world

import "time"

// Shop names the one shop of a world.
type Shop struct {
	Platform, ID, Name, Timezone string
}

// World is one shop with its rules and rows. Empty strings, zero times, zero
// dates and nil pointers are missing values. Times are UTC, whole microseconds.
type World struct {
	Name string // for messages: the seed or the case
	Shop Shop
	// Rules is the text of entries under `rules:` of pipelines.yaml (a YAML
	// list, shipped entries not included).
	Rules string
	// The last business days up to which the sources state their messages and
	// orders to be complete.
	ChatsUntil, OrdersUntil Date

	Messages    []ChatMessage
	Orders      []Order
	Items       []OrderItem
	Refunds     []Refund
	Complaints  []Complaint
	Evaluations []Evaluation
	Ratings     []OrderRating
	Presence    []Presence
	Agents      []Agent
	Products    []Product
	Flags       []BuyerFlag
	LossReasons []LossReason
	Cases       []Case
	Events      []AgentEvent
	Adjustments []Adjustment

	zone    *time.Location
	entries []ruleEntry
	inForce map[Date]*Rules
}

// ChatMessage is a row of chat_messages. Seq 0 is a missing one.
type ChatMessage struct {
	ID             string
	SentAt         time.Time
	BuyerID        string
	AgentID        string
	Sender         string
	IsAuto         bool
	Kind           string
	ProductID      string
	OrderID        string
	ToAgentID      string
	IsLeaveMessage bool
	Text           string
	TextLen        *int64
	Seq            int64
	CaseID         string
	Topic          string // decided when a message is normalised
}

// Order is a row of orders; amounts are cents.
type Order struct {
	ID            string
	CreatedAt     time.Time
	BuyerID       string
	PayType       string
	DepositPaidAt time.Time
	PaidAt        time.Time
	ShippedAt     time.Time
	EndedAt       time.Time
	Status        string
	Amount        *int64
	PaidAmount    *int64
	Quantity      *int64
	Tags          []string
	UpdatedAt     time.Time
}

// OrderItem is a row of order_items; Amount is cents.
type OrderItem struct {
	OrderID, ItemID, ProductID, SkuID, Title string
	Quantity                                 *int64
	Amount                                   *int64
	UpdatedAt                                time.Time
}

// Refund is a row of refunds; Amount is cents.
type Refund struct {
	ID          string
	RequestedAt time.Time
	OrderID     string
	ItemID      string
	BuyerID     string
	Type        string
	Status      string
	CompletedAt time.Time
	Amount      *int64
	Reason      string
	DisputedAt  time.Time
	ClosedBy    string
	UpdatedAt   time.Time
}

// Complaint is a row of complaints.
type Complaint struct {
	ID                                                  string
	CreatedAt                                           time.Time
	OrderID, ItemID, BuyerID, AgentID, Category, Status string
	UpdatedAt                                           time.Time
}

// Evaluation is a row of evaluations. Score 0 is a missing one.
type Evaluation struct {
	ID               string
	InvitedAt        time.Time
	RatedAt          time.Time
	BuyerID, AgentID string
	ServedBy, Source string
	Score            int64
	UpdatedAt        time.Time
}

// OrderRating is a row of order_ratings. Score 0 is a missing one.
type OrderRating struct {
	OrderID, ItemID                         string
	RatedAt                                 time.Time
	BuyerID                                 string
	ItemScore, ServiceScore, LogisticsScore int64
	UpdatedAt                               time.Time
}

// Presence is a row of agent_presence.
type Presence struct {
	AgentID string
	FromAt  time.Time
	ToAt    time.Time
	State   string
}

// Agent is a row of agents.
type Agent struct {
	ID                       string
	ValidFrom, ValidTo       Date
	Name, Group, Role, Shift string
	HourlyCost               *int64 // cents
	IsBot                    bool
}

// Product is a row of products; Price is cents.
type Product struct {
	ID, Title, Category string
	Price               *int64
	UpdatedAt           time.Time
}

// BuyerFlag is a row of buyer_flags.
type BuyerFlag struct {
	BuyerID, Flag      string
	FlaggedAt          time.Time
	ValidFrom, ValidTo Date
	Removed            bool
	UpdatedAt          time.Time
}

// LossReason is a row of loss_reasons.
type LossReason struct {
	AgentID, BuyerID     string
	Dt                   Date
	Reason, Note, Author string
	UpdatedAt            time.Time
}

// Case is a row of cases. NPS nil is a missing one.
type Case struct {
	ID                        string
	OpenedAt                  time.Time
	BuyerID, OrderID, AgentID string
	Type, Status              string
	FirstReplyAt, ResolvedAt  time.Time
	Transferred               bool
	NPS                       *int64
	UpdatedAt                 time.Time
}

// AgentEvent is a row of agent_events.
type AgentEvent struct {
	ID, AgentID, Kind, CaseID, Topic string
	At                               time.Time
}

// Adjustment is a row of adjustments; Value is hundredths.
type Adjustment struct {
	ID, AgentID    string
	Dt             Date
	Metric         string
	Value          int64
	Author, Reason string
	DecidedAt      time.Time
	Withdrawn      bool
}

// Open reads the shop's time zone and rules. It must be called once after the
// fields are set and before anything is asked of the world.
func (w *World) Open() error {
	zone, err := time.LoadLocation(w.Shop.Timezone)
	if err != nil {
		return err
	}
	entries, err := parseRules(w.Rules)
	if err != nil {
		return err
	}
	w.zone, w.entries, w.inForce = zone, append(shippedEntries(), entries...), map[Date]*Rules{}
	return nil
}

// Local returns the wall clock of the shop at t.
func (w *World) Local(t time.Time) time.Time { return t.In(w.zone) }

// Dt returns the business day of an instant: its calendar date, or the day
// before where the wall clock has not reached that date's cut.
func (w *World) Dt(t time.Time) Date {
	local := t.In(w.zone)
	date := DateOf(local)
	if local.Hour()*60+local.Minute() < w.RulesAt(date).DayStartsAt {
		return date - 1
	}
	return date
}

// Start returns the first instant of the business day.
func (w *World) Start(d Date) time.Time { return d.At(w.zone, w.RulesAt(d).DayStartsAt) }

// End returns the first instant after the business day.
func (w *World) End(d Date) time.Time { return w.Start(d + 1) }

// AgentRow returns the row of agents in force on the day, or nil. Of several
// the one with the latest valid_from holds.
func (w *World) AgentRow(agent string, d Date) *Agent {
	var best *Agent
	for i := range w.Agents {
		a := &w.Agents[i]
		if a.ID != agent || (a.ValidFrom != 0 && a.ValidFrom > d) || (a.ValidTo != 0 && a.ValidTo < d) {
			continue
		}
		if best == nil || a.ValidFrom > best.ValidFrom {
			best = a
		}
	}
	return best
}

// IsBot tells whether the account is a robot's on that day.
func (w *World) IsBot(agent string, d Date) bool {
	a := w.AgentRow(agent, d)
	return a != nil && a.IsBot
}
