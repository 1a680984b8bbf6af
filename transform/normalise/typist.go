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
	homes  map[string]chan *block // of blocks that were taken, by dataset
}

func newTypist(opts Options) *typist {
	h := newHasher(opts.Privacy)
	t := &typist{
		opts: opts, shops: map[[2]string]*shop{}, zones: map[*time.Location][2]*zone{}, homes: map[string]chan *block{},
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

// blocksKept bounds the blocks of a dataset that wait to be used again.
const blocksKept = 8

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
		b := t.block(l)
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

// block returns one to use again, or a new one.
func (t *typist) block(l *layout) *block {
	home := t.homes[l.source.Name]
	if home == nil {
		home = make(chan *block, blocksKept)
		t.homes[l.source.Name] = home
	}
	select {
	case b := <-home:
		return b
	default:
		b := newBlock(l)
		b.home = home
		return b
	}
}

// leave hands the block back.
func (b *block) leave() {
	select {
	case b.home <- b:
	default:
	}
}
