package night

import (
	"time"

	"kefu/transform/compute"
	"kefu/transform/model"
)

// Progress tells how far a backfill is after a chunk.
type Progress struct {
	Chunk ChunkSummary
	Done  int64         // messages and orders of the shops, by the share of their stages that is done
	Total int64         // of all shops that are to be computed
	Rate  float64       // of them a second; 0 = not known yet
	Left  time.Duration // 0 = not known yet
}

// shares are what part of a shop's time its stages take, about, by the scope
// from whose models on they are computed anew.
var shares = map[model.Scope]map[string]float64{
	"":           {compute.StageShops: 0.1, compute.StageFacts: 0.5, compute.StageDays: 0.15, compute.StageWindows: 0.25},
	model.Day:    {compute.StageDays: 0.4, compute.StageWindows: 0.6},
	model.Window: {compute.StageWindows: 1},
}

// pace measures how fast a backfill is. The caller guards it.
type pace struct {
	begun        time.Time
	total        float64
	done, worked float64          // rows done, and those of them that this call computed
	lots         map[*lot]float64 // rows done of lots under way
}

func (p *pace) expect(l *lot) {
	if p.lots == nil {
		p.lots, p.begun = map[*lot]float64{}, time.Now()
	}
	p.total += float64(l.rows)
}

// chunk notes that a chunk is there.
func (p *pace) chunk(l *lot, c ChunkSummary) Progress {
	rows := float64(l.rows) * shares[l.scope][c.Stage] / float64(c.Parts)
	p.lots[l] += rows
	p.done += rows
	if c.Status == "computed" {
		p.worked += rows
	}
	out := Progress{Chunk: c, Done: int64(p.done), Total: int64(p.total)}
	if took := time.Since(p.begun).Seconds(); p.worked > 0 && took > 0 {
		out.Rate = p.worked / took
		out.Left = time.Duration((p.total - p.done) / out.Rate * float64(time.Second))
	}
	return out
}

// end notes that a lot is over, whatever of it was computed: one that has
// nothing to do, or failed, leaves no rows to wait for.
func (p *pace) end(l *lot) {
	p.done += float64(l.rows) - p.lots[l]
	delete(p.lots, l)
}
