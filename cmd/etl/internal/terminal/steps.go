package terminal

import (
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
)

// Steps shows work under way: a bar for each step on a terminal, and in any
// case one line for each step that is done. It may be used concurrently.
type Steps struct {
	t        *Terminal
	progress *mpb.Progress // nil where nobody watches

	mu   sync.Mutex
	open map[*Step]struct{}
}

// Steps starts showing work; Close ends it.
func (t *Terminal) Steps() *Steps {
	s := &Steps{t: t, open: map[*Step]struct{}{}}
	if t.opts.Interactive {
		options := []mpb.ContainerOption{mpb.WithOutput(t.w), mpb.WithAutoRefresh(), mpb.WithRefreshRate(100 * time.Millisecond)}
		if t.opts.Width > 0 {
			options = append(options, mpb.WithWidth(min(t.opts.Width, 100)))
		}
		s.progress = mpb.New(options...)
	}
	return s
}

// Step is one piece of work.
type Step struct {
	s     *Steps
	name  string
	bar   *mpb.Bar
	note  atomic.Value // string
	begun time.Time
	once  sync.Once
}

// Start begins a step of so many units, 0 when that is not known yet.
func (s *Steps) Start(name string, total int64) *Step {
	st := &Step{s: s, name: name, begun: time.Now()}
	if s.progress != nil {
		st.bar = s.progress.New(total, s.t.barStyle(),
			mpb.PrependDecorators(decor.Name(name, decor.WCSyncSpaceR)),
			mpb.AppendDecorators(
				decor.Any(func(d decor.Statistics) string { return counted(d.Current, d.Total) }, decor.WCSyncSpace),
				decor.Elapsed(decor.ET_STYLE_GO, decor.WCSyncSpace),
				decor.Any(func(decor.Statistics) string { note, _ := st.note.Load().(string); return note }, decor.WC{W: 1})))
	}
	s.mu.Lock()
	s.open[st] = struct{}{}
	s.mu.Unlock()
	return st
}

func (t *Terminal) barStyle() mpb.BarFillerBuilder {
	if t.opts.Unicode {
		return mpb.BarStyle().Lbound(" ").Filler("━").Tip("━").Padding("─").Rbound(" ")
	}
	return mpb.BarStyle().Lbound("[").Filler("=").Tip(">").Padding("-").Rbound("]")
}

func counted(current, total int64) string {
	switch {
	case total > 0:
		return Count(current) + " / " + Count(total)
	case current > 0:
		return Count(current)
	default:
		return ""
	}
}

// Add counts units as done.
func (st *Step) Add(n int64) {
	if st.bar != nil {
		st.bar.IncrInt64(n)
	}
}

// Note shows a text behind the bar, such as how much time is left.
func (st *Step) Note(text string) { st.note.Store(text) }

// Total says how many units there are, once that is known.
func (st *Step) Total(n int64) {
	if st.bar != nil {
		st.bar.SetTotal(n, false)
	}
}

// Done ends the step; its line says how, what and how long. A second call does
// nothing.
func (st *Step) Done(status Status, note string) {
	st.once.Do(func() {
		if st.bar != nil {
			st.bar.Abort(true)
		}
		st.s.mu.Lock()
		delete(st.s.open, st)
		st.s.mu.Unlock()
		line := st.s.t.Mark(status) + " " + st.name
		if note != "" {
			line += ": " + note
		}
		st.s.Line(line + st.s.t.Faint("  "+Duration(time.Since(st.begun))))
	})
}

// Line writes a line, above the bars where there are some.
func (s *Steps) Line(line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.progress != nil {
		if _, err := s.progress.Write([]byte(line + "\n")); err == nil {
			return
		}
	}
	_, _ = io.WriteString(s.t.w, line+"\n")
}

// Close takes bars away that are still there, as after an interruption.
func (s *Steps) Close() {
	s.mu.Lock()
	left := s.open
	s.open = map[*Step]struct{}{}
	s.mu.Unlock()
	for st := range left {
		if st.bar != nil {
			st.bar.Abort(true)
		}
	}
	if s.progress != nil {
		s.progress.Wait()
	}
}
