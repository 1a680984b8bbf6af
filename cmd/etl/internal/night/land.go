package night

import (
	"context"
	"errors"
	"slices"

	"kefu/extract/file"
	"kefu/extract/landing"
	"kefu/extract/ledger"
)

// lander lands the files of a source, one after the other, while others are
// looked at and all are read. Nothing of a file counts until it has landed.
type lander struct {
	night *Night
	ctx   context.Context // ends with the source
	stop  context.CancelFunc
	begun []*underway
	known map[string]ledger.File
	seen  *sightings
	sizes map[int64]bool // of contents that were loaded before
	found []*arrival     // what is read
}

// underway is a file that lands.
type underway struct {
	by     *lander
	done   chan struct{}
	landed landing.Landed // once it is done
	err    error
	fresh  bool // nothing of that content had landed before; once it is done
	copied bool // it turned out to be a copy of what another file holds
}

func (n *Night) newLander(ctx context.Context, known map[string]ledger.File) *lander {
	l := &lander{night: n, known: known, seen: newSightings(known), sizes: map[int64]bool{}}
	l.ctx, l.stop = context.WithCancel(ctx)
	for _, f := range known {
		if f.Status == ledger.Loaded {
			l.sizes[f.Bytes] = true
		}
	}
	return l
}

// begin lands a file as soon as those before it have landed.
func (l *lander) begin(land func() (landing.Landed, error)) *underway {
	u := &underway{by: l, done: make(chan struct{})}
	before := l.begun
	l.begun = append(l.begun, u)
	go func() {
		defer close(u.done)
		if len(before) > 0 {
			<-before[len(before)-1].done
		}
		u.landed, u.err = land()
	}()
	return u
}

// end waits for what is still landing, which it stops: whatever is needed has
// been waited for. What a dry run landed is to be taken back.
func (l *lander) end() {
	l.stop()
	for _, u := range l.begun {
		<-u.done
		if shop := u.landed.Shop; l.night.options.Dry && u.fresh && u.err == nil {
			l.night.landed = append(l.night.landed, func() error { return l.night.Landing.Delete(shop, u.landed.ID) })
		}
	}
}

// has tells whether a content is loaded, or read under another name.
func (l *lander) has(id string, but *arrival) bool {
	return l.known[id].Status == ledger.Loaded || slices.ContainsFunc(l.found, func(b *arrival) bool { return b != but && b.landed.ID == id })
}

// wait returns what landed of a file that is read; an error says why nothing did.
func (a *arrival) wait() (landing.Landed, error) {
	if a.landing == nil {
		return a.landed, nil
	}
	<-a.landing.done
	return a.landing.landed, a.landing.err
}

// refused tells a file of which nothing landed, or nothing of its own.
func (a *arrival) refused() bool {
	return a.landing != nil && (a.landing.err != nil || a.landing.copied)
}

// readdress lets a file be what landed of it, and be read from there. It tells
// whether that is a copy of what is loaded or read anyway.
func (n *Night) readdress(a *arrival, landed landing.Landed) (copied bool) {
	if landed.ID != a.landed.ID {
		a.landing.copied = a.landing.by.has(landed.ID, a)
		a.id, a.utf8 = rowsID(a.source.Name, landed.ID), false
		a.sighting = "" // it was of another content
	}
	a.landed, a.origin = landed, nil
	a.file = n.bytesOf(a.source, a.name, landed.ID)
	a.file.UTF8 = a.utf8
	return a.landing.copied
}

// atOnce is from how many bytes on a file lands while it is looked at, as soon
// as that has opened it; smaller ones are looked at in no time.
const atOnce = 4 << 20

// arrive lands a file unless its content was loaded before. It returns the id
// of the content, too. A file that can be read as it stands is read while it
// lands; of one that others complete or give way to, what landed is known first.
func (n *Night) arrive(s Source, in file.Input, l *lander) (*arrival, string, error) {
	if id := l.seen.find(in); id != "" {
		return nil, id, nil
	}
	ahead := in.Plain && !s.Replace && !s.joined(in.Name) && !l.sizes[in.Size]
	found, watched := newLooking(), &watchedInput{received: in, text: !ahead}
	land := func() (landing.Landed, error) {
		return receive(l.ctx, n.Landing, s.Shop.String(), landing.Origin{Name: in.Name, Source: s.Name, ModTime: in.ModTime}, watched, found.wait)
	}
	var u *underway
	seen, err := look(l.ctx, in, ahead, func() {
		if ahead && in.Size >= atOnce { // nothing of that length was loaded, so it is new
			u = l.begin(land)
		}
	})
	if err != nil {
		found.end(looked{}, err)
		return nil, "", err
	}
	id, fresh, loaded := n.address(s, l, seen.Sum)
	if loaded {
		found.end(looked{}, errLoaded)
		l.seen.note(in, id)
		return nil, id, nil
	}
	if u == nil {
		u = l.begin(land)
	}
	u.fresh = fresh
	found.end(seen, nil)
	a := n.arrival(s, in.Name, landing.Landed{ID: id})
	if !ahead {
		if <-u.done; u.err != nil {
			return nil, "", u.err
		}
		a = n.arrival(s, in.Name, u.landed)
		seen.UTF8 = watched.seen.UTF8()
	}
	a.landing, a.utf8, a.sighting = u, seen.UTF8, in.Sighting
	if in.Plain && !s.joined(in.Name) {
		a.origin = &original{received: in, hash: newPrint, landed: func(sum string) bool {
			<-u.done
			return u.err == nil && sum == watched.sum()
		}}
	}
	for _, f := range l.known {
		a.changed = a.changed || f.Name == in.Name && f.Status == ledger.Loaded
	}
	return a, a.landed.ID, nil
}

// errLoaded lets a content not land that turned out to be loaded.
var errLoaded = errors.New("its content is loaded")

// address tells where a content lands, whether nothing of it has landed before,
// and whether it was loaded.
func (n *Night) address(s Source, l *lander, sum string) (id string, fresh, loaded bool) {
	addresses := n.Landing.Addresses(sum)
	id, fresh = addresses[0], true
	for _, at := range slices.Backward(addresses) {
		if f, ok := l.known[at]; ok && f.Status == ledger.Loaded {
			return at, false, true
		}
		if _, err := n.Landing.Stat(s.Shop.String(), at); err == nil {
			id, fresh = at, false
		}
	}
	return id, fresh, false
}
