package main

import (
	"kefu/cmd/etl/internal/terminal"
)

// events shows the stages of a night as bars, or as lines where nobody watches.
type events struct {
	steps *terminal.Steps
	step  *terminal.Step
	ended bool
}

func (a *app) newEvents() *events { return &events{steps: a.messages().Steps()} }

// Stage implements night.Events.
func (e *events) Stage(name string, steps int) {
	e.done()
	e.step = e.steps.Start(name, int64(steps))
}

// Step implements night.Events.
func (e *events) Step(string) {
	if e.step != nil {
		e.step.Add(1)
	}
}

func (e *events) done() {
	if e.step != nil {
		e.step.Done(terminal.OK, "")
		e.step = nil
	}
}

func (e *events) close() {
	if !e.ended {
		e.ended = true
		e.done()
		e.steps.Close()
	}
}
