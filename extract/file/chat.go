package file

import (
	"bytes"
	"hash/maphash"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"kefu/extract/preset"
)

// Columns that the readers of chat texts offer to presets.
var chatColumns = []string{"@message_id", "@sent_at", "@buyer", "@agent", "@sender", "@text", "@cid", "@product", "@leave"}

// message is one message of a chat text, put together from its lines.
type message struct {
	line   int
	merged []int // further lines of its text
	raw    []byte
	at     string
	from   string // who wrote it
	role   string // buyer, agent, bot
	buyer  string
	agent  string
	text   strings.Builder
	blanks []heldLine // empty lines that are its own if more text follows
	apart  bool       // the text starts below the line that names the sender
	bad    bool       // has bytes that could not be decoded
	extra  []string   // @cid, @product, @leave
}

// newline goes between two lines of text.
func (m *message) newline() {
	if m.apart {
		m.apart = false
		return
	}
	m.text.WriteByte('\n')
}

type heldLine struct {
	no  int
	raw []byte
}

// chatQueue hands over rows in the order they are finished.
type chatQueue struct {
	rows []preset.Row
	out  preset.Row
}

func (q *chatQueue) pop() (*preset.Row, bool) {
	if len(q.rows) == 0 {
		return nil, false
	}
	q.out = q.rows[0]
	q.rows = q.rows[1:]
	return &q.out, true
}

func (q *chatQueue) skip(no int, filter string, raw []byte) {
	q.rows = append(q.rows, preset.Row{Line: no, Skip: filter, Raw: bytes.Clone(raw)})
}

func (q *chatQueue) reject(no int, merged []int, raw []byte, reason, hint string) {
	q.rows = append(q.rows, preset.Row{Line: no, Merged: merged, Raw: bytes.Clone(raw), Fault: &preset.Fault{Reason: reason, Hint: hint}})
}

// put finishes a message. Empty lines at its end are the layout's.
func (q *chatQueue) put(m *message, id string) {
	for _, b := range m.blanks {
		q.skip(b.no, skipLayout, b.raw)
	}
	m.blanks = nil
	switch {
	case m.bad && strings.Contains(m.from+m.buyer, "\ufffd"):
		q.reject(m.line, m.merged, m.raw, "the sender's name has bytes that cannot be decoded", "correct the bytes, or name the file's encoding in the preset")
		return
	case m.buyer == "":
		q.reject(m.line, m.merged, m.raw, "the message belongs to no buyer: none writes in its contact or session", "export the chats with their buyers")
		return
	case m.agent == "":
		q.reject(m.line, m.merged, m.raw, "the message belongs to no agent: none writes in its contact or session, and the file names no account", "export the chats with their agents")
		return
	}
	extra := append(slices.Clone(m.extra), "", "", "")
	q.rows = append(q.rows, preset.Row{
		Line: m.line, Merged: m.merged, Raw: m.raw,
		Cells: []string{id, m.at, m.buyer, m.agent, m.role, m.text.String(), extra[0], extra[1], extra[2]},
	})
}

// more adds a line to the message's text; empty lines wait until more text
// shows that they are part of it.
func (m *message) more(l line) {
	if len(bytes.TrimSpace(l.text)) == 0 {
		m.blanks = append(m.blanks, heldLine{l.no, bytes.Clone(l.raw)})
		return
	}
	for _, b := range m.blanks {
		m.merged = append(m.merged, b.no)
		m.raw = append(m.raw, b.raw...)
		m.newline()
	}
	m.blanks = nil
	m.merged = append(m.merged, l.no)
	m.raw = append(m.raw, l.raw...)
	m.newline()
	m.text.Write(l.text)
	m.bad = m.bad || l.bad >= 0
}

// account strips what a client puts before the ids of its own site.
func account(name string) string {
	return norm.NFC.String(strings.TrimPrefix(strings.TrimSpace(name), "cntaobao"))
}

// ordinals counts equal messages within a file.
type ordinals map[[2]uint64]int

var seeds = [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}

// derived is an id made of what tells a message from others, the ordinal among
// equals last. The mark in front asks normalisation to replace the id by a
// keyed hash: it holds names and texts.
func (o ordinals) derived(parts ...string) string {
	id := "derive:\x1f" + strings.Join(parts, "\x1f")
	key := [2]uint64{maphash.String(seeds[0], id), maphash.String(seeds[1], id)}
	o[key]++
	return id + "\x1f" + strconv.Itoa(o[key])
}

var stamp = regexp.MustCompile(`^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$`)

func isStamp(s string) bool {
	if !stamp.MatchString(s) {
		return false
	}
	_, err := time.Parse(time.DateTime, s)
	return err == nil
}

// assign gives buyers' messages the agent who writes next, else the one
// before, else the fallback.
func assign(messages []*message, fallback string) {
	next := ""
	for _, m := range slices.Backward(messages) {
		if m.role == roleBuyer {
			m.agent = next
		} else {
			m.agent = m.from
			next = m.from
		}
	}
	before := fallback
	for _, m := range messages {
		if m.role != roleBuyer {
			before = m.from
		} else if m.agent == "" {
			m.agent = before
		}
	}
}

// Values of @sender.
const (
	roleBuyer = "buyer"
	roleAgent = "agent"
	roleBot   = "bot"
)
