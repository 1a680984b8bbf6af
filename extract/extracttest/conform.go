package extracttest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kefu/extract/api"
	"kefu/extract/dataset"
)

// Secret stands in every credential of the suite; it must appear nowhere else.
const Secret = "PLANTED-SECRET"

// Clock is the present of a test, set by hand.
type Clock struct {
	mu sync.Mutex
	at time.Time
}

// NewClock returns a clock that stands still.
func NewClock(at time.Time) *Clock { return &Clock{at: at} }

// Now is the present.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

// Advance moves the present.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// Case is a connector under test.
type Case struct {
	// New starts a fake platform that sells the shop, and a connector to it. The
	// fake is stopped by t.Cleanup. Credentials hold Secret.
	New func(t *testing.T, shop *Shop, faults *Faults, clock *Clock) api.Connector
	// Columns are what the platform's wire carries of each dataset.
	Columns map[string][]string
	// Known leaves out the rows that the platform never lists; nil = none.
	Known func(dataset string, row Row) bool
	// Days is how far back the sample goes, 0 = 80: less where the platform's
	// windows are short.
	Days int
	// Skips are the faults that the platform cannot have, each with the reason.
	Skips map[Fault]string
}

// Start is the present of the suite: long enough after the sample's days. Seed
// is what its sample is made from.
var Start = time.Date(2026, 3, 20, 2, 0, 0, 0, time.UTC)

// Seed makes the suite's sample.
const Seed = 7

// Conform runs the suite on a connector.
func Conform(t *testing.T, c Case) {
	t.Helper()
	t.Run("everything", c.everything)
	t.Run("what changes comes later", c.changes)
	t.Run("a kill loses and doubles nothing", c.kills)
	for _, f := range Passing() {
		if c.Skips[f] == "" {
			t.Run(string(f), func(t *testing.T) { t.Parallel(); c.passing(t, f) })
		}
	}
	for _, f := range Final() {
		if c.Skips[f] == "" {
			t.Run(string(f), func(t *testing.T) { t.Parallel(); c.final(t, f) })
		}
	}
}

// walk is a connector with what it has pulled so far.
type walk struct {
	connector api.Connector
	clock     *Clock
	since     time.Time
	marks     api.Marks
	got       *Collected
	landed    bytes.Buffer // every bundle
	said      []string     // every error
}

func (c Case) begin(t *testing.T) (*walk, *Shop, *Faults) {
	t.Helper()
	if c.Days == 0 {
		c.Days = 80
	}
	clock := NewClock(Start)
	shop, faults := Sample(Start, c.Days, Seed), &Faults{}
	return &walk{since: Start.AddDate(0, 0, -c.Days-1), connector: c.New(t, shop, faults, clock), clock: clock, marks: api.Marks{}, got: NewCollected()}, shop, faults
}

// all walks every stream as far as it gets; the marks move with the data.
func (w *walk) all(ctx context.Context) error {
	var errs []error
	for _, s := range w.connector.Streams() {
		plan := w.marks.Due(s, w.since, w.clock.Now())
		for _, window := range plan.Windows {
			if err := w.window(ctx, s, window); err != nil {
				w.said = append(w.said, err.Error())
				errs = append(errs, fmt.Errorf("stream %s: %w", s.Name, err))
				break
			}
			w.marks.Move(s, plan, window)
		}
	}
	return errors.Join(errs...)
}

func (w *walk) window(ctx context.Context, s api.Stream, window api.Window) error {
	responses, err := api.Collect(ctx, w.connector, s, window)
	if err != nil {
		return err
	}
	var bundle bytes.Buffer
	if err := api.WriteBundle(&bundle, api.BundleName(s.Name, window), responses); err != nil {
		return err
	}
	w.landed.Write(bundle.Bytes())
	if responses, err = api.ReadBundle(&bundle); err != nil {
		return err
	}
	return w.connector.Read(ctx, s.Name, responses, w.got)
}

func (c Case) everything(t *testing.T) {
	w, shop, _ := c.begin(t)
	if err := w.all(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.equal(t, shop, w)
}

// changes lets orders change, be made and be refunded after the first pull.
func (c Case) changes(t *testing.T) {
	w, shop, _ := c.begin(t)
	if err := w.all(t.Context()); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		w.clock.Advance(45 * time.Minute)
		for range 5 {
			shop.Touch(w.clock.Now().Add(-20 * time.Minute))
		}
	}
	w.clock.Advance(time.Hour)
	if err := w.all(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.equal(t, shop, w)
}

// kills cancels the walk after so many calls, again and again.
func (c Case) kills(t *testing.T) {
	w, shop, _ := c.begin(t)
	real := w.connector
	for kill := 1; ; kill++ {
		if kill > 200 {
			t.Fatal("the walk makes no progress")
		}
		ctx, cancel := context.WithCancel(t.Context())
		w.connector = &dying{Connector: real, left: kill, cancel: cancel}
		err := w.all(ctx)
		cancel()
		if err == nil {
			break
		}
		if !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
	}
	c.equal(t, shop, w)
}

// dying cancels the walk after some responses.
type dying struct {
	api.Connector
	left   int
	cancel context.CancelFunc
}

// Pull implements api.Connector.
func (d *dying) Pull(ctx context.Context, stream string, w api.Window, emit func(api.Response) error) error {
	return d.Connector.Pull(ctx, stream, w, func(r api.Response) error {
		if d.left--; d.left < 0 {
			d.cancel()
		}
		return emit(r)
	})
}

func (c Case) passing(t *testing.T, f Fault) {
	w, shop, faults := c.begin(t)
	every := 5
	if f == TimeOut || f == Ban {
		every = 29 // each of them is waited for
	}
	faults.Play(f, every)
	if err := w.all(t.Context()); err != nil {
		t.Fatal(err)
	}
	if faults.Met() == 0 {
		t.Fatal("the fault was never met")
	}
	faults.Play(None, 0)
	w.clock.Advance(time.Hour)
	if err := w.all(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.equal(t, shop, w)
}

func (c Case) final(t *testing.T, f Fault) {
	w, shop, faults := c.begin(t)
	faults.Play(f, 1)
	err := w.all(t.Context())
	if err == nil {
		t.Fatal("the fault was not noticed")
	}
	var limit *api.LimitError
	if f == DailyQuota && (!errors.As(err, &limit) || !limit.Until.After(w.clock.Now())) {
		t.Fatalf("a used up quota is reported as %v", err)
	}
	faults.Play(None, 0)
	w.clock.Advance(24 * time.Hour)
	if err := w.all(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.equal(t, shop, w)
}

// equal compares what was pulled with what the shop sells, and looks for
// secrets in what landed and was said.
func (c Case) equal(t *testing.T, shop *Shop, w *walk) {
	t.Helper()
	if strings.Contains(w.landed.String(), Secret) || strings.Contains(strings.Join(w.said, "\n"), Secret) {
		t.Error("a credential has landed or was said")
	}
	for name, columns := range c.Columns {
		got, want := map[string]int{}, map[string]int{}
		for _, r := range w.got.Rows(name) {
			got[pick(name, r, columns)]++
		}
		for _, r := range shop.Rows(name) {
			if c.Known == nil || c.Known(name, r) {
				want[pick(name, r, columns)]++
			}
		}
		diff(t, name, got, want)
		n := w.got.Counts[name]
		if n == nil {
			t.Errorf("%s: nothing was read", name)
		} else if n.Read != n.Accepted+n.Merged+n.Skipped+n.Rejected {
			t.Errorf("%s: %d read, but %d accepted, %d merged, %d skipped, %d rejected", name, n.Read, n.Accepted, n.Merged, n.Skipped, n.Rejected)
		}
	}
	for _, r := range w.got.Rejects {
		t.Errorf("%s rejected: %s %s", r.Dataset, r.Column, r.Reason)
	}
}

func diff(t *testing.T, name string, got, want map[string]int) {
	t.Helper()
	shown := 0
	for row, n := range want {
		if got[row] != n && shown < 5 {
			shown++
			t.Errorf("%s: %d of %d × %s", name, got[row], n, row)
		}
	}
	for row, n := range got {
		if want[row] == 0 && shown < 10 {
			shown++
			t.Errorf("%s: %d × too much: %s", name, n, row)
		}
	}
}

// pick writes the columns of a row in one form: instants in UTC, amounts in fen.
func pick(name string, r Row, columns []string) string {
	schema := dataset.ByName(name)
	parts := make([]string, len(columns))
	for i, column := range columns {
		value := r[column]
		switch def, _ := schema.Column(column); {
		case def == nil:
			value = "no such column"
		case value == "":
		case def.Type == dataset.Instant:
			value = r.At(column).UTC().Format(time.RFC3339Nano)
		case def.Type == dataset.Money:
			value = fmt.Sprint(r.Fen(column))
		}
		parts[i] = column + "=" + value
	}
	slices.Sort(parts)
	return strings.Join(parts, " ")
}
