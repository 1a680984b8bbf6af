package file

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"slices"
	"strings"

	"kefu/extract/preset"
)

// wangwangB reads the older chat texts of Taobao's client: messages in order of
// time, days or contacts apart by a line with a date.
//
// The layout does not say who is the buyer. Accounts of the shop are known by
// their form `shop:account`; the shop's own name is one too. Everybody else is a
// buyer. An agent's message is to the buyer who wrote last in its block, else to
// the one who writes next. Lines count as in the layout by contact.
type wangwangB struct {
	lines  *lines
	queue  chatQueue
	equals ordinals
	shops  map[string]bool // main accounts
	agent  string          // the only agent of the file, if there is one
	block  []*message
	begun  bool
	done   bool
}

var dayLine = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}$`)

// preamble is how many lines stand above the first message.
const preamble = 3

func newWangwangB(f File, body io.Reader, encoding string) (*wangwangB, error) {
	w := &wangwangB{lines: newLines(body, encoding), equals: ordinals{}, shops: map[string]bool{}}
	again, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer again.Close()
	var agents []string
	for l := newLines(again, encoding); ; {
		one, err := l.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		_, nick, _, ok := datedMessage(string(one.text))
		if shop, _, sub := strings.Cut(nick, ":"); ok && sub && shop != "" {
			w.shops[account(shop)] = true
			if a := account(nick); !slices.Contains(agents, a) {
				agents = append(agents, a)
			}
		}
	}
	if len(agents) == 1 {
		w.agent = agents[0]
	}
	return w, nil
}

func (w *wangwangB) next() (*preset.Row, error) {
	for {
		if row, ok := w.queue.pop(); ok {
			return row, nil
		}
		if w.done {
			return nil, io.EOF
		}
		l, err := w.lines.next()
		if errors.Is(err, io.EOF) {
			w.flush()
			w.done = true
			continue
		}
		if err != nil {
			return nil, err
		}
		w.take(l)
	}
}

func (w *wangwangB) take(l line) {
	text := string(l.text)
	at, nick, body, ok := datedMessage(text)
	switch {
	case dayLine.MatchString(strings.TrimSpace(text)):
		w.flush()
		w.begun = true
		w.queue.skip(l.no, skipLayout, l.raw)
	case ok:
		w.begun = true
		m := &message{line: l.no, raw: bytes.Clone(l.raw), at: at, from: account(nick), role: roleBuyer}
		m.bad = l.bad >= 0
		if shop, _, sub := strings.Cut(m.from, ":"); sub || w.shops[shop] {
			m.role = roleAgent
		}
		m.text.WriteString(body)
		w.block = append(w.block, m)
	case len(w.block) > 0:
		w.block[len(w.block)-1].more(l)
	case strings.TrimSpace(text) == "", !w.begun && l.no <= preamble:
		w.queue.skip(l.no, skipLayout, l.raw)
	default:
		w.queue.reject(l.no, nil, l.raw, "the line belongs to no message: none stands above it", "export the messages from the client again")
	}
}

func (w *wangwangB) flush() {
	assign(w.block, w.agent)
	next := ""
	for _, m := range slices.Backward(w.block) {
		if m.role == roleBuyer {
			m.buyer, next = m.from, m.from
		} else {
			m.buyer = next
		}
	}
	before := ""
	for _, m := range w.block {
		if m.role == roleBuyer {
			before = m.from
		} else if before != "" {
			m.buyer = before
		}
	}
	for _, m := range w.block {
		w.queue.put(m, w.equals.derived("wangwang", m.buyer, m.from, m.at, m.text.String()))
	}
	w.block = nil
}

// datedMessage splits `2006-01-02 15:04:05 <nick>: <text>`.
func datedMessage(text string) (at, nick, body string, ok bool) {
	const width = len("2006-01-02 15:04:05")
	if len(text) <= width+1 || text[width] != ' ' || !isStamp(text[:width]) {
		return "", "", "", false
	}
	rest := text[width+1:]
	i := strings.Index(rest, ": ")
	if i < 0 && strings.HasSuffix(rest, ":") {
		i = len(rest) - 1
	}
	if i <= 0 {
		return "", "", "", false
	}
	return text[:width], rest[:i], strings.TrimPrefix(rest[i+1:], " "), true
}
