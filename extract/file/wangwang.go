package file

import (
	"bytes"
	"errors"
	"io"
	"strings"

	"kefu/extract"
	"kefu/extract/preset"
)

// wangwangA reads chat texts of Taobao's client that are grouped by contact.
//
// Every physical line counts as read: the first line of a message is the
// record, further lines of its text are merged into it, everything that only
// arranges the file is skipped by the filter layout (account line, titles,
// contact headers, empty lines between messages), lines behind the title 群聊 by
// group_chat. A line that belongs to no contact or message is rejected. Bytes
// that cannot be decoded become U+FFFD in a text; in a sender's name they
// reject the message.
type wangwangA struct {
	lines  *lines
	queue  chatQueue
	equals ordinals

	account string
	contact string
	group   bool
	titled  bool  // the line before was a title
	ahead   *line // one line read ahead, copied
	block   []*message
	done    bool
}

func openWangwang(f File, plan *preset.Plan) (*opened, error) {
	encoding, err := detect(f, plan.Encodings(), true)
	if err != nil {
		return nil, err
	}
	chronological, err := wangwangLayout(f, encoding)
	if err != nil {
		return nil, err
	}
	body, err := f.Open()
	if err != nil {
		return nil, err
	}
	in := &opened{plan: plan, header: chatColumns, closers: []io.Closer{body}}
	if chronological {
		b, err := newWangwangB(f, body, encoding)
		if err != nil {
			body.Close()
			return nil, err
		}
		in.rows = b
		return in, nil
	}
	in.rows = &wangwangA{lines: newLines(body, encoding), equals: ordinals{}}
	return in, nil
}

// wangwangLayout tells which of the two layouts a file has.
func wangwangLayout(f File, encoding string) (chronological bool, err error) {
	body, err := f.Open()
	if err != nil {
		return false, err
	}
	defer body.Close()
	for l := newLines(body, encoding); ; {
		one, err := l.next()
		if errors.Is(err, io.EOF) {
			return false, &extract.FileError{
				Problem: "the file is no chat text: it has no contact header and no title 单聊, and its third line does not say 即时消息",
				Hint:    "export the messages from the client again, or leave this file out by the preset's files",
			}
		}
		if err != nil {
			return false, err
		}
		if one.no == 3 && bytes.Contains(one.text, []byte("即时消息")) {
			return true, nil
		}
		if _, ok := contactHeader(string(one.text)); ok || titleOf(string(one.text)) != "" {
			return false, nil
		}
	}
}

func (w *wangwangA) next() (*preset.Row, error) {
	for {
		if row, ok := w.queue.pop(); ok {
			return row, nil
		}
		if w.done {
			return nil, io.EOF
		}
		l, err := w.line()
		if errors.Is(err, io.EOF) {
			w.flush()
			w.done = true
			continue
		}
		if err != nil {
			return nil, err
		}
		if err := w.take(l); err != nil {
			return nil, err
		}
	}
}

func (w *wangwangA) line() (line, error) {
	if w.ahead != nil {
		l := *w.ahead
		w.ahead = nil
		return l, nil
	}
	return w.lines.next()
}

// peek reads one line ahead.
func (w *wangwangA) peek() (string, error) {
	l, err := w.lines.next()
	if errors.Is(err, io.EOF) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	l.raw, l.text = bytes.Clone(l.raw), bytes.Clone(l.text)
	w.ahead = &l
	return string(l.text), nil
}

func (w *wangwangA) take(l line) error {
	text := string(l.text)
	if l.no == 1 {
		if _, contact := contactHeader(text); !contact && !isRule(text) {
			if _, _, _, message := wangwangMessage(text); !message {
				w.account = account(text)
				w.queue.skip(l.no, skipLayout, l.raw)
				return nil
			}
		}
	}
	if isRule(text) {
		l.raw, l.text = bytes.Clone(l.raw), bytes.Clone(l.text)
		following, err := w.peek()
		if err != nil {
			return err
		}
		if title := titleOf(following); title != "" || w.titled {
			w.flush()
			w.titled = false
			w.queue.skip(l.no, w.arranging(), l.raw)
			return nil
		}
	}
	if title := titleOf(text); title != "" && (w.contact == "" || w.ended()) {
		w.flush()
		w.contact, w.titled, w.group = "", true, title == titleGroup
		w.queue.skip(l.no, w.arranging(), l.raw)
		return nil
	}
	if w.group {
		w.queue.skip(l.no, skipGroupChat, l.raw)
		return nil
	}
	if nick, ok := contactHeader(text); ok {
		w.flush()
		w.contact = account(nick)
		w.queue.skip(l.no, skipLayout, l.raw)
		return nil
	}
	w.content(l, text)
	return nil
}

// ended tells that a contact was closed by a title's rule.
func (w *wangwangA) ended() bool { return len(w.block) == 0 }

func (w *wangwangA) arranging() string {
	if w.group {
		return skipGroupChat
	}
	return skipLayout
}

func (w *wangwangA) content(l line, text string) {
	sender, at, body, ok := wangwangMessage(text)
	switch {
	case ok && w.contact == "":
		w.queue.reject(l.no, nil, l.raw, "the message belongs to no contact: no contact header stands above it", "export the messages from the client again")
	case ok:
		m := &message{line: l.no, raw: bytes.Clone(l.raw), at: at, from: account(sender), role: roleAgent, buyer: w.contact}
		m.bad = l.bad >= 0
		if m.from == w.contact {
			m.role = roleBuyer
		}
		m.text.WriteString(body)
		w.block = append(w.block, m)
	case len(w.block) > 0:
		w.block[len(w.block)-1].more(l)
	case strings.TrimSpace(text) == "":
		w.queue.skip(l.no, skipLayout, l.raw)
	case w.contact == "":
		w.queue.reject(l.no, nil, l.raw, "the line belongs to no contact: no contact header stands above it", "export the messages from the client again")
	default:
		w.queue.reject(l.no, nil, l.raw, "the line belongs to no message: none stands above it in its contact", "export the messages from the client again")
	}
}

// flush ends a contact's block: who answers is known now. The same message may
// stand in several agents' files with another agent, so its id leaves the
// agent of a buyer's message out.
func (w *wangwangA) flush() {
	assign(w.block, w.account)
	for _, m := range w.block {
		w.queue.put(m, w.equals.derived("wangwang", m.buyer, m.from, m.at, m.text.String()))
	}
	w.block = nil
}

const (
	titleSingle = "单聊"
	titleGroup  = "群聊"

	ruleWidth   = 64 // of = around a title
	headerWidth = 28 // of - on each side of a contact
)

func titleOf(text string) string {
	if t := strings.TrimSpace(text); t == titleSingle || t == titleGroup {
		return t
	}
	return ""
}

func isRule(text string) bool {
	text = strings.TrimRight(text, " \t")
	return len(text) == ruleWidth && strings.Count(text, "=") == ruleWidth
}

func contactHeader(text string) (nick string, ok bool) {
	text = strings.TrimRight(text, " \t")
	dashes := strings.Repeat("-", headerWidth)
	if len(text) <= 2*headerWidth || !strings.HasPrefix(text, dashes) || !strings.HasSuffix(text, dashes) {
		return "", false
	}
	nick = text[headerWidth : len(text)-headerWidth]
	return nick, strings.Trim(nick, "- ") != ""
}

// wangwangMessage splits `<sender>(2006-01-02 15:04:05):  <text>`.
func wangwangMessage(text string) (sender, at, body string, ok bool) {
	const width = len("(2006-01-02 15:04:05):")
	for from := 1; from < len(text); {
		i := strings.IndexByte(text[from:], '(')
		if i < 0 || from+i+width > len(text) {
			return "", "", "", false
		}
		i += from
		at = text[i+1 : i+20]
		if text[i+20:i+22] == "):" && isStamp(at) {
			body = text[i+22:]
			for range 2 {
				body = strings.TrimPrefix(body, " ")
			}
			return text[:i], at, body, true
		}
		from = i + 1
	}
	return "", "", "", false
}
