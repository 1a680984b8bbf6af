package normalise

// blockRows bounds a block, so that its columns stay in the processor's cache.
const blockRows = 512

// rooms are how many rows blocks have room for: where rows of many shops alternate,
// hundreds of blocks of a row each are under way.
var rooms = [...]int{8, 64, blockRows}

// block is some rows of one dataset and one shop on their way into a batch. They
// are worked on column by column: what a column's values ask for is decided
// once for all of them, and columns without any cost nothing.
type block struct {
	*layout
	shop    *shop
	rows    int
	used    int // rows that it began with
	lines   []int
	columns []cells    // as the layout has them
	faults  []*problem // by row, nil = none so far
	faulty  int        // rows with one
	digests []int64
	numbers []int64 // of rows, while they are appended
	dated   []bool  // which rows hold a time at all

	home chan *block // where it waits to be used again
}

// cells are the typed values of a block's column. Texts stand in texts, where an
// empty one is missing; all others in numbers (microseconds, days, hundredths,
// numbers, 0 or 1), where there tells which ones are there.
type cells struct {
	texts   []string
	numbers []int64
	there   []bool
	who     []*identity // whose id a text is; nil = of none of them
	count   int         // values that are there
	strange []bool      // texts outside of an open list; nil = none
	guessed []bool      // worked out from other rows of the file: no content; nil = none
}

// newBlock returns a block with room for so many rows.
func newBlock(l *layout, room int) *block {
	b := &block{layout: l, columns: make([]cells, len(l.columns))}
	b.faults, b.digests = make([]*problem, room), make([]int64, room)
	b.numbers, b.dated = make([]int64, room), make([]bool, room)
	for i := range b.columns {
		if c := &b.columns[i]; l.columns[i].form.isNumber() {
			c.numbers, c.there = make([]int64, room), make([]bool, room)
		} else {
			c.texts = make([]string, room)
		}
	}
	return b
}

// start empties the block for rows of a shop, no more than it has room for, that
// start at these lines. Only what was used is cleared.
func (b *block) start(s *shop, lines []int) {
	for i := range b.columns {
		c := &b.columns[i]
		if c.count > 0 {
			clear(c.texts[:min(b.used, len(c.texts))])
			clear(c.there[:min(b.used, len(c.there))])
			clear(c.who[:min(b.used, len(c.who))])
		}
		c.count, c.strange, c.guessed = 0, nil, nil
	}
	if b.faulty > 0 {
		clear(b.faults[:b.used])
	}
	b.shop, b.rows, b.lines, b.faulty = s, len(lines), lines, 0
	b.used = b.rows
}

// blame notes the first problem of a row.
func (b *block) blame(row int, p problem) {
	if b.faults[row] == nil {
		b.faults[row] = &p
		b.faulty++
	}
}

// blameAll notes a problem of all rows.
func (b *block) blameAll(p problem) {
	for row := range b.rows {
		b.blame(row, p)
	}
}

// drop leaves out the rows that have a fault.
func (b *block) drop() {
	kept := b.lines[:0:0]
	for row, line := range b.lines {
		if b.faults[row] == nil {
			kept = append(kept, line)
		}
	}
	for i := range b.columns {
		if c := &b.columns[i]; c.count > 0 {
			c.drop(b.faults[:b.rows])
		}
	}
	b.rows, b.lines = len(kept), kept
}

// drop moves the values of rows without a fault to the front.
func (c *cells) drop(faults []*problem) {
	to := 0
	c.count = 0
	for row, fault := range faults {
		if fault != nil {
			continue
		}
		if c.move(row, to) {
			c.count++
		}
		to++
	}
	for ; to < len(faults); to++ {
		c.remove(to)
	}
}

// move copies a row's value and tells whether there is one.
func (c *cells) move(from, to int) bool {
	if c.who != nil {
		c.who[to] = c.who[from]
	}
	if c.strange != nil {
		c.strange[to] = c.strange[from]
	}
	if c.texts != nil {
		c.texts[to] = c.texts[from]
		return c.texts[to] != ""
	}
	c.numbers[to], c.there[to] = c.numbers[from], c.there[from]
	return c.there[to]
}

func (c *cells) remove(row int) {
	if c.who != nil {
		c.who[row] = nil
	}
	if c.texts != nil {
		c.texts[row] = ""
		return
	}
	c.there[row] = false
}

// setText sets a text that is not empty.
func (c *cells) setText(row int, s string) {
	if c.texts[row] == "" {
		c.count++
	}
	c.texts[row] = s
}

// setNumber sets a number.
func (c *cells) setNumber(row int, n int64) {
	c.numbers[row] = n
	if !c.there[row] {
		c.there[row] = true
		c.count++
	}
}

// setWho sets the id of somebody.
func (c *cells) setWho(row int, s string, e *identity) {
	c.setText(row, s)
	if c.who == nil {
		c.who = make([]*identity, len(c.texts))
	}
	c.who[row] = e
}

// fillNumber sets a number that is missing.
func (c *cells) fillNumber(row int, n int64) {
	if !c.there[row] {
		c.setNumber(row, n)
	}
}

// fillZeros sets all numbers that are missing of so many rows to 0.
func (c *cells) fillZeros(rows int) {
	if c.count < rows {
		for row := range rows {
			c.fillNumber(row, 0)
		}
	}
}

// fillText sets a text that is missing.
func (c *cells) fillText(row int, s string) {
	if c.texts[row] == "" && s != "" {
		c.texts[row] = s
		c.count++
	}
}

// fillTexts sets all that are missing of so many rows.
func (c *cells) fillTexts(rows int, s string) {
	if c.count < rows {
		for row := range rows {
			c.fillText(row, s)
		}
	}
}

// has tells whether a row has a value.
func (c *cells) has(row int) bool {
	if c.texts != nil {
		return c.texts[row] != ""
	}
	return c.there[row]
}

// whose gives the identity of a row's id, nil = none.
func (c *cells) whose(row int) *identity {
	if c.who == nil {
		return nil
	}
	return c.who[row]
}

// mark sets a row's place in a list of marks, which it makes when needed.
func (b *block) mark(marks *[]bool, row int) {
	if *marks == nil {
		*marks = make([]bool, len(b.faults))
	}
	(*marks)[row] = true
}
