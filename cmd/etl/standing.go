package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"kefu/cmd/etl/internal/config"
	"kefu/cmd/etl/internal/night"
	"kefu/cmd/etl/internal/pull"
	"kefu/cmd/etl/internal/schedule"
	"kefu/cmd/etl/internal/terminal"
	"kefu/extract/api"
	"kefu/extract/ledger"
)

// pullOutput says how the API of one shop stands: in `etl status --json` and at
// the health address of `etl serve`.
type pullOutput struct {
	Source   string `json:"source"`
	Platform string `json:"platform"`
	Shop     string `json:"shop"`
	// State is done, partial, failed, or never where it has not been pulled.
	State string `json:"state"`
	// Quota is until when the platform answers nothing, where that is to come.
	Quota   *time.Time     `json:"quota_used_up_until,omitempty"`
	Streams []streamOutput `json:"streams"`
}

// streamOutput says how one listing of a platform stands.
type streamOutput struct {
	Stream   string     `json:"stream"`
	Datasets []string   `json:"datasets"`
	State    string     `json:"state"`           // done, failed, postponed, never
	Since    *time.Time `json:"since,omitempty"` // everything in [since, until) is loaded
	Until    *time.Time `json:"until,omitempty"`
	Once     bool       `json:"once,omitempty"` // it is asked for once, over the past
	AskedAt  *time.Time `json:"asked_at,omitempty"`
	Error    string     `json:"error,omitempty"`
}

const never = "never"

// pulls tells how the shops that have an API stand.
func (a *app) pulls(ctx context.Context, cfg *config.Config, state *ledger.Ledger) ([]pullOutput, error) {
	out := []pullOutput{}
	for i := range cfg.Sources {
		s := &cfg.Sources[i]
		if s.API == nil {
			continue
		}
		one, err := a.pullOf(ctx, state, s)
		if err != nil {
			return nil, fmt.Errorf("source %s: %w", s.Name, err)
		}
		out = append(out, one)
	}
	return out, nil
}

func (a *app) pullOf(ctx context.Context, state *ledger.Ledger, s *config.Source) (pullOutput, error) {
	out := pullOutput{Source: s.Name, Platform: s.Platform, Shop: s.Shop, State: never}
	files, err := state.Files(ctx, s.Name)
	if err != nil {
		return out, err
	}
	var loaded []string
	for _, f := range files {
		if f.Status == ledger.Loaded {
			loaded = append(loaded, f.Name)
		}
	}
	reaches, err := pull.Reaches(pull.Access{Type: s.Type, Shop: s.Shop, Chat: s.API.Chat, Nick: s.API.Nick}, loaded)
	if err != nil {
		return out, err
	}
	last, err := night.LastPulls(ctx, state, s.Name)
	if err != nil {
		return out, err
	}
	quota, err := night.QuotaOf(ctx, state, s.Name)
	if err != nil {
		return out, err
	}
	if quota.After(a.now()()) {
		out.Quota = &quota
	}
	states := make([]string, len(reaches))
	for i, r := range reaches {
		one := streamOutput{Stream: r.Stream, Datasets: r.Datasets, State: never, Since: instant(r.Since), Until: instant(r.Until), Once: r.Once}
		if u, ok := last[r.Stream]; ok {
			one.State, one.Error, one.AskedAt = string(u.Status), u.Error, instant(u.EndedAt)
		}
		states[i] = one.State
		out.Streams = append(out.Streams, one)
	}
	if len(last) > 0 {
		out.State = night.StateOf(states)
	}
	return out, nil
}

func instant(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// pipelineOutput says when a pipeline runs.
type pipelineOutput struct {
	Name     string      `json:"pipeline"`
	Schedule string      `json:"schedule,omitempty"`
	Timezone string      `json:"timezone,omitempty"`
	Next     []time.Time `json:"next,omitempty"` // none without a schedule
}

// upcoming is how many of a pipeline's next runs are told.
const upcoming = 3

// nextRuns tells when the pipelines run next, by their schedules.
func (a *app) nextRuns(cfg *config.Config) ([]pipelineOutput, error) {
	out := []pipelineOutput{}
	for _, p := range cfg.Pipelines {
		one := pipelineOutput{Name: p.Name, Schedule: p.Schedule}
		if p.Schedule != "" {
			var err error
			one.Timezone = p.Timezone
			if one.Next, err = (schedule.Job{Name: p.Name, Cron: p.Schedule, Zone: p.Zone}).Upcoming(a.now()(), upcoming); err != nil {
				return nil, err
			}
		}
		out = append(out, one)
	}
	return out, nil
}

// Times of platforms and schedules are told with their offset: readers need not
// be in the shop's zone.
const withOffset = "2006-01-02 15:04 -0700"

func printNextRuns(out *terminal.Terminal, pipelines []pipelineOutput) {
	for _, p := range pipelines {
		if len(p.Next) == 0 {
			continue
		}
		text := p.Next[0].Format(withOffset)
		for i, at := range p.Next[1:] {
			text += []string{", then ", ", "}[min(i, 1)] + at.Format(withOffset)
		}
		out.Printf("%s pipeline %s runs next at %s (%s, %s; while `etl serve` is running)\n", out.Mark(terminal.OK), out.Bold(p.Name), text, p.Schedule, p.Timezone)
	}
}

// printPulls shows a line for every shop that is pulled, and one for each of its
// listings with which something is wrong.
func printPulls(out *terminal.Terminal, pulls []pullOutput) {
	if len(pulls) == 0 {
		return
	}
	table := out.Table(terminal.Left("source"), terminal.Left("shop"), terminal.Left("pulled"), terminal.Left("listings"), terminal.Left("loaded until"), terminal.Column{Title: "why", Max: 100})
	for _, p := range pulls {
		done, why := 0, ""
		var until *time.Time // the earliest of the listings that are well
		for _, s := range p.Streams {
			if s.State == string(pull.Done) {
				if done++; s.Until != nil && !s.Once && (until == nil || s.Until.Before(*until)) {
					until = s.Until
				}
			}
		}
		if p.Quota != nil {
			why = "the platform's quota is used up until " + p.Quota.In(api.Beijing).Format(withOffset)
		}
		table.Row(p.Source, p.Platform+"/"+p.Shop, out.Paint(markOf(p.State), p.State), fmt.Sprintf("%d of %d", done, len(p.Streams)), clock(until), why)
		for _, s := range p.Streams {
			if p.State != never && s.State != string(pull.Done) {
				table.Row("", "", out.Paint(markOf(s.State), s.State), s.Stream, clock(s.Until), terminal.Clean(s.Error))
			}
		}
	}
	table.Flush()
	out.Printf("\n")
}

// clock is a time of the platforms, on the clock of their country.
func clock(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.In(api.Beijing).Format(time.DateTime)
}

// printPulled tells what a run's pull of a shop left undone, and how far back
// its first one went.
func printPulled(out *terminal.Terminal, source string, p *night.PullSummary) {
	if p == nil {
		return
	}
	var first, postponed []string
	cut := false
	for _, s := range p.Streams {
		switch {
		case s.State == string(pull.Postponed):
			postponed = append(postponed, s.Stream)
		case s.First && s.From != nil && s.Cut:
			cut = true
			first = append(first, s.Stream+" from "+s.From.In(api.Beijing).Format(time.DateOnly))
		}
	}
	if cut {
		out.Printf("%s %s: the first pull went back as far as the platform answers: %s; for what was before, import exports\n", out.Mark(terminal.OK), source, strings.Join(first, ", "))
	}
	if len(postponed) > 0 {
		out.Printf("%s %s: left to a later run: %s\n", out.Mark(terminal.Warning), source, strings.Join(postponed, ", "))
	}
	if p.State == string(ledger.Partial) {
		out.Printf("%s %s: partly pulled; the numbers rest on what came, and the next run asks for the rest\n", out.Mark(terminal.Warning), source)
	}
}
