package reconcile

import (
	"math/big"
	"slices"
	"time"

	"kefu/transform/catalogue"
)

// Status is how a cell of the report stands to our number.
type Status string

// The states of cells.
const (
	Equal     Status = "equal"
	Within    Status = "within"       // equal at the digits that are printed
	Different Status = "different"    // with a reason
	Untold    Status = "not_compared" // days of this KPI do not add up
)

// Reason is what a difference is proved to come from.
type Reason string

// The reasons. Unexplained differences are those that nothing proves.
const (
	MissingMessages Reason = "missing_messages"
	MissingOrders   Reason = "missing_orders"
	OtherRule       Reason = "other_rule"
	TimeZone        Reason = "time_zone"
	LateData        Reason = "late_data"
	RestatedByFlag  Reason = "restated_by_flag"
	Rounding        Reason = "rounding"
	TruncatedExport Reason = "truncated_export"
	UnknownAgent    Reason = "unknown_agent"
	DelayedCell     Reason = "delayed_cell"
	Unexplained     Reason = "unexplained"
)

// Reasons lists the reasons in the order in which people read them.
func Reasons() []Reason {
	return []Reason{MissingMessages, MissingOrders, LateData, RestatedByFlag, OtherRule, TimeZone, Rounding, TruncatedExport, UnknownAgent, DelayedCell, Unexplained}
}

// Cell is a number of the report beside ours.
type Cell struct {
	Line     int    // of the report; 0 = the report has no such row
	Column   string // as the report names it
	Named    string // the agent as the report names it
	Entity   string // our account of it; "" at shop grain and for unknown ones
	From, To time.Time
	Metric   string
	Text     string // as printed
	Theirs   *Number
	Ours     *big.Rat // nil = none, such as 0/0
	Status   Status
	Reason   Reason // of different cells
	Proof    string

	delayed bool
}

// Difference is ours − theirs; nil where one of them is no number.
func (c *Cell) Difference() *big.Rat {
	if c.Ours == nil || c.Theirs == nil {
		return nil
	}
	return new(big.Rat).Sub(c.Ours, c.Theirs.Value)
}

// open tells whether the cell's difference has no reason yet.
func (c *Cell) open() bool { return c.Status == Different && c.Reason == "" }

func (c *Cell) explain(reason Reason, proof string) { c.Reason, c.Proof = reason, proof }

// amounts tells KPIs that are the same to the last digit or are not; all others
// are when they round to what is printed.
func amounts(m catalogue.Metric) bool {
	return m.Numerator == "" && slices.Contains([]string{"count", "items", "yuan", "characters"}, m.Unit)
}

// judge compares a cell with a number of ours.
func judge(m catalogue.Metric, c *Cell, ours *big.Rat) Status {
	zero := ours == nil || ours.Sign() == 0
	switch {
	case c.delayed:
		return Different
	case c.Theirs == nil && zero, c.Theirs != nil && ours == nil && c.Theirs.Value.Sign() == 0:
		return Equal // 0/0 is printed as nothing, as – or as 0
	case c.Theirs == nil || ours == nil:
		return Different
	case ours.Cmp(c.Theirs.Value) == 0:
		return Equal
	case c.Theirs.equals(ours) && (!amounts(m) || cents(m, c.Theirs, ours)):
		return Within
	default:
		return Different
	}
}

// cents tells a share of an amount that is printed in full: to the cent, or of
// orders that two agents share to a hundredth.
func cents(m catalogue.Metric, theirs *Number, ours *big.Rat) bool {
	hundredth := new(big.Rat).Mul(ours, big.NewRat(100, 1))
	return m.Unit == "yuan" && theirs.Step.Cmp(big.NewRat(1, 100)) <= 0 && !hundredth.IsInt()
}
