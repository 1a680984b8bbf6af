package main

import (
	"errors"

	"kefu/cmd/etl/internal/night"
	"kefu/cmd/etl/internal/terminal"
)

// events shows the stages of a night as bars, or as lines where nobody watches.
type events struct {
	messages *terminal.Terminal
	steps    *terminal.Steps
	step     *terminal.Step
	shown    int64 // of a backfill's rows
	ended    bool
}

func (a *app) newEvents() *events {
	out := a.messages()
	return &events{messages: out, steps: out.Steps()}
}

// Stage implements night.Events.
func (e *events) Stage(name string, steps int) {
	e.done(terminal.OK)
	e.step = e.steps.Start(name, int64(steps))
}

// Step implements night.Events.
func (e *events) Step(string) {
	if e.step != nil {
		e.step.Add(1)
	}
}

func (e *events) done(status terminal.Status) {
	if e.step != nil {
		e.step.Done(status, "")
		e.step = nil
	}
}

// close ends the stage that is under way, as failed where an error stopped it.
func (e *events) close(err error) {
	if e.ended {
		return
	}
	e.ended = true
	status := terminal.OK
	if err != nil && !errors.Is(err, night.ErrUnits) {
		status = terminal.Failed
	}
	e.done(status)
	e.steps.Close()
}
