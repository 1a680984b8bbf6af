package reference

import (
	"math/big"
	"time"

	"kefu/transform/transformtest/world"
)

// tally collects what counts for one entity on one day, or over a window.
type tally struct {
	counts      map[string]int64
	amounts     map[string]*big.Rat
	buyers      map[string]map[string]bool // distinct buyers (or orders) by column
	turns       []int64                    // response seconds of answered turns
	first, last time.Time                  // online
	open        []interval                 // of turns, one list of each pair
}

func newTally() *tally {
	return &tally{counts: map[string]int64{}, amounts: map[string]*big.Rat{}, buyers: map[string]map[string]bool{}}
}

// day returns the tally of an entity's day; asking for it makes the day exist.
func (c *calc) day(entity string, d world.Date) *tally {
	k := entityDay{entity, d}
	if c.days[k] == nil {
		c.days[k] = newTally()
	}
	return c.days[k]
}

func (t *tally) count(column string, n int64) { t.counts[column] += n }

func (t *tally) when(yes bool, column string) {
	if yes {
		t.counts[column]++
	}
}

func (t *tally) amount(column string, v *big.Rat) {
	t.amounts[column] = new(big.Rat).Add(t.get(column), v)
}

// get returns the amount of a column, 0 when nothing was added.
func (t *tally) get(column string) *big.Rat {
	if v := t.amounts[column]; v != nil {
		return v
	}
	return new(big.Rat)
}

// buyer counts a buyer once.
func (t *tally) buyer(column, buyer string) {
	if t.buyers[column] == nil {
		t.buyers[column] = map[string]bool{}
	}
	t.buyers[column][buyer] = true
}

// order counts an order once.
func (t *tally) order(column, id string) { t.buyer(column, id) }

func times(a, b *big.Rat) *big.Rat { return new(big.Rat).Mul(a, b) }

func whole(n int64) *big.Rat { return new(big.Rat).SetInt64(n) }

func yuan(cents *int64) *big.Rat {
	if cents == nil {
		return new(big.Rat)
	}
	return big.NewRat(*cents, 100)
}
