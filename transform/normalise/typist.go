package normalise

import (
	"fmt"
	"time"

	"kefu/extract"
)

// typist does the part of normalising that needs nothing of what came before but
// caches: values are typed, and what columns ask of each other is checked.
type typist struct {
	opts   Options
	own    *shop
	shops  map[[2]string]*shop
	zones  map[*time.Location][2]*zone
	buyers *identities
	agents *identities
	homes  map[home]chan *block // of blocks that were taken
}

// home is where blocks of a dataset that have room for so many rows wait to be
// used again.
type home struct {
	dataset string
	room    int
}

func newTypist(opts Options) *typist {
	h := newHasher(opts.Privacy)
	t := &typist{
		opts: opts, shops: map[[2]string]*shop{}, zones: map[*time.Location][2]*zone{}, homes: map[home]chan *block{},
		buyers: newIdentities(h, buyerIdentity), agents: newIdentities(h, agentIdentity),
	}
	t.own = t.newShop(opts.Platform, opts.Shop, opts.Location)
	return t
}

// Typed are records whose values were typed.
type Typed struct {
	recs   *extract.Records
	blocks []*block
}

// rowsKept is how many rows the blocks of a home have room for, at most.
const rowsKept = 8 * blockRows

// typed types records. An error says that they do not fit their schema.
func (t *typist) typed(recs *extract.Records) (Typed, error) {
	l := layouts[recs.Dataset]
	if l == nil || l.source.Internal {
		return Typed{}, fmt.Errorf("unknown dataset %q", recs.Dataset)
	}
	rows := recs.Len()
	if len(recs.Values) != rows*l.width {
		return Typed{}, fmt.Errorf("%d records of %s have %d values for %d columns", rows, recs.Dataset, len(recs.Values), l.width)
	}
	s, p := t.shopOf(recs.Platform, recs.Shop)
	out := Typed{recs: recs}
	for from := 0; from < rows; from += blockRows {
		to := min(rows, from+blockRows)
		b := t.block(l, to-from)
		b.start(s, recs.Lines[from:to])
		if p != nil {
			b.blameAll(*p)
		} else {
			t.parse(b, recs.Values[from*l.width:to*l.width])
			if l.check != nil {
				l.check(b)
			}
			b.require()
		}
		out.blocks = append(out.blocks, b)
	}
	return out, nil
}

// block returns one for so many rows, to use again or a new one.
func (t *typist) block(l *layout, rows int) *block {
	at := home{l.source.Name, roomFor(rows)}
	waiting := t.homes[at]
	if waiting == nil {
		waiting = make(chan *block, rowsKept/at.room)
		t.homes[at] = waiting
	}
	select {
	case b := <-waiting:
		return b
	default:
		b := newBlock(l, at.room)
		b.home = waiting
		return b
	}
}

func roomFor(rows int) int {
	for _, room := range rooms {
		if rows <= room {
			return room
		}
	}
	return blockRows
}

// leave hands the block back.
func (b *block) leave() {
	select {
	case b.home <- b:
	default:
	}
}
