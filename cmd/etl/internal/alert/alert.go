// Package alert owns what people are told about a run through the webhooks of
// chat platforms: when a message is worth sending, its words in Chinese or
// English, the platforms' forms and signatures. It names shops, sources, days
// and counts, never a buyer; and no error of it names a webhook's address,
// which is a secret.
package alert

import (
	"slices"
	"time"
)

// The events that a target can be told about.
const (
	Failed   = "failed"   // a run, a file, a check or a load failed
	Rejected = "rejected" // many lines of a source were rejected
	Late     = "late"     // a shop's data lag behind
	Restated = "restated" // days long past changed
)

// Events lists the events.
func Events() []string { return []string{Failed, Rejected, Late, Restated} }

// Types lists the kinds of webhooks.
func Types() []string { return []string{"webhook", "dingtalk", "wecom", "feishu"} }

// Target is a webhook and what it wants to know.
type Target struct {
	Name     string // as shown to people; never the address
	Type     string // one of Types
	URL      string // secret
	Secret   string // signing key; "" = unsigned
	On       []string
	Language string // zh, en

	RejectedRows  int64   // so many rejected lines of a source are worth telling …
	RejectedShare float64 // … or this share of the lines read
	LateDays      int     // days that a shop may lag behind yesterday
	RestatedDays  int     // days before a shop's last one from which a change is worth telling
}

// Report is what a run did, as far as people are told.
type Report struct {
	Pipeline string
	Run      string // "" = it did not begin
	Status   string
	At       time.Time
	Test     bool // only tries the way
	Errors   []string
	Sources  []Source
	Shops    []Shop
}

// Source counts the lines of a source.
type Source struct {
	Name           string
	Read, Rejected int64
}

// Shop tells how far a shop's data reach and which of its days changed.
type Shop struct {
	Name        string
	CompleteDay time.Time // last day with all data; zero = none yet
	LastDay     time.Time // last day with any
	Yesterday   time.Time // at the shop, when the run began
	ChangedFrom time.Time // first day whose KPIs changed; zero = none
	ChangedDays int
	New         bool // computed for the first time
}

// Message is what a target is told.
type Message struct {
	Events []string `json:"events"`
	Title  string   `json:"title"`
	Lines  []string `json:"lines"`
}

// maxLines bounds the lines of each event in a message.
const maxLines = 10

// Compose returns what the target is told of the report; ok is false when it is
// nothing.
func Compose(t Target, r Report) (m Message, ok bool) {
	w := wordsOf(t.Language)
	if r.Test {
		return Message{Events: []string{"test"}, Title: w.testTitle, Lines: []string{w.testLine}}, true
	}
	for _, e := range []struct {
		event string
		lines []string
	}{{Failed, failedLines(w, r)}, {Rejected, rejectedLines(w, t, r)}, {Late, lateLines(w, t, r)}, {Restated, restatedLines(w, t, r)}} {
		if len(e.lines) == 0 || !slices.Contains(t.On, e.event) {
			continue
		}
		m.Events = append(m.Events, e.event)
		if len(e.lines) > maxLines {
			e.lines = append(e.lines[:maxLines], w.more(len(e.lines)-maxLines))
		}
		m.Lines = append(m.Lines, e.lines...)
	}
	if len(m.Events) == 0 {
		return Message{}, false
	}
	m.Title = w.title(r, m.Events)
	if r.Run != "" {
		m.Lines = append(m.Lines, w.footer(r))
	}
	return m, true
}

func failedLines(w words, r Report) []string {
	if r.Status == "done" || r.Status == "interrupted" {
		return nil
	}
	out := make([]string, 0, len(r.Errors)+1)
	for _, e := range r.Errors {
		out = append(out, w.failed(shorten(e, 300)))
	}
	if len(out) == 0 {
		out = append(out, w.failed(r.Status))
	}
	return out
}

func rejectedLines(w words, t Target, r Report) []string {
	var out []string
	for _, s := range r.Sources {
		if s.Rejected > 0 && (s.Rejected >= t.RejectedRows || float64(s.Rejected) >= t.RejectedShare*float64(s.Read)) {
			out = append(out, w.rejected(s))
		}
	}
	return out
}

func lateLines(w words, t Target, r Report) []string {
	var out []string
	for _, s := range r.Shops {
		if s.CompleteDay.IsZero() {
			continue
		}
		if lag := int(s.Yesterday.Sub(s.CompleteDay).Hours() / 24); lag > t.LateDays {
			out = append(out, w.late(s, lag))
		}
	}
	return out
}

func restatedLines(w words, t Target, r Report) []string {
	var out []string
	for _, s := range r.Shops {
		if !s.New && !s.ChangedFrom.IsZero() && s.ChangedFrom.Before(s.LastDay.AddDate(0, 0, -t.RestatedDays)) {
			out = append(out, w.restated(s))
		}
	}
	return out
}

// shorten cuts a text to so many characters.
func shorten(text string, most int) string {
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}
