package file

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"strings"
	"time"

	"kefu/extract"
	"kefu/extract/preset"
)

// dongdongRows reads chat logs of JD's client: sessions between markers, in
// them a line with sender and time for each message, then its text.
//
// Every physical line counts as read: a message's first line is the record,
// its text is merged into it, markers and empty lines are skipped by the filter
// layout. Lines outside of a session are rejected, and so are messages of a
// session without a buyer or without anybody who answers.
type dongdongRows struct {
	logs  *logSessions
	join  *join
	name  string
	count int // sessions begun
	queue chatQueue
	done  bool
}

var (
	beginMark = regexp.MustCompile(`^\s*/\*+\s*以下为一通会话`)
	endMark   = regexp.MustCompile(`^\s*/?\**\s*会话结束`)
	endTime   = regexp.MustCompile(`\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}`)
)

// logSession is one session of a log.
type logSession struct {
	messages []*message
	start    time.Time // of its first message
	end      time.Time // of its end mark, else of its last message
	marked   time.Time // of its end mark
}

func (r *Reading) openDongdong(f File, plan *preset.Plan) (*opened, error) {
	logs, body, err := openLog(f, plan)
	if err != nil {
		return nil, err
	}
	j := r.sessions()
	if !j.marked[f.Name] {
		body.Close()
		return nil, &extract.FileError{
			Problem: "the file is no chat log: no line says 以下为一通会话", Hint: "export the log again, or leave this file out by the preset's files",
		}
	}
	in := &opened{plan: plan, header: chatColumns, closers: []io.Closer{body}, warnings: j.warnings(f.Name)}
	in.rows = &dongdongRows{logs: logs, join: j, name: f.Name}
	return in, nil
}

func openLog(f File, plan *preset.Plan) (*logSessions, io.Closer, error) {
	encoding, err := detect(f, plan.Encodings(), true)
	if err != nil {
		return nil, nil, err
	}
	body, err := f.Open()
	if err != nil {
		return nil, nil, err
	}
	return &logSessions{lines: newLines(body, encoding)}, body, nil
}

func (d *dongdongRows) next() (*preset.Row, error) {
	for {
		if row, ok := d.queue.pop(); ok {
			return row, nil
		}
		if d.done {
			return nil, io.EOF
		}
		s, err := d.logs.next(&d.queue)
		if errors.Is(err, io.EOF) {
			d.done = true
			continue
		}
		if err != nil {
			return nil, err
		}
		d.session(s)
	}
}

// session names the two sides of every message of a session.
func (d *dongdongRows) session(s *logSession) {
	known := d.join.of(d.name, d.count)
	d.count++
	if len(s.messages) == 0 {
		return
	}
	buyer := d.join.roles(s, known)
	fallback := ""
	var extra []string
	if known != nil {
		fallback = known.agent
		if buyer == "" || !strings.Contains(known.buyer, "*") {
			buyer = known.buyer
		}
		extra = []string{known.cid, known.product, ""}
		if known.leave {
			extra[2] = "true"
		}
	}
	assign(s.messages, fallback)
	for _, m := range s.messages {
		m.buyer, m.extra = buyer, extra
		d.queue.put(m, "")
	}
}

// logSessions splits a log into sessions.
type logSessions struct {
	lines   *lines
	open    *logSession
	started bool // a begin mark was seen
}

// next returns the next session. Lines that are of no message go to the queue.
func (l *logSessions) next(q *chatQueue) (*logSession, error) {
	for {
		one, err := l.lines.next()
		if errors.Is(err, io.EOF) && l.open != nil {
			return l.close(), nil
		}
		if err != nil {
			return nil, err
		}
		text := strings.TrimRight(string(one.text), "\t ")
		switch {
		case beginMark.MatchString(text):
			q.skip(one.no, skipLayout, one.raw)
			l.started = true
			done := l.open
			if done != nil {
				done = l.close()
			}
			l.open = &logSession{}
			if done != nil {
				return done, nil
			}
		case endMark.MatchString(text):
			q.skip(one.no, skipLayout, one.raw)
			if l.open == nil {
				continue
			}
			if at, err := time.Parse(time.DateTime, endTime.FindString(text)); err == nil {
				l.open.marked = at
			}
			return l.close(), nil
		default:
			l.content(one, text, q)
		}
	}
}

func (l *logSessions) close() *logSession {
	s := l.open
	l.open = nil
	for _, m := range s.messages {
		at, err := time.Parse(time.DateTime, m.at)
		if err != nil {
			continue
		}
		if s.start.IsZero() || at.Before(s.start) {
			s.start = at
		}
		if at.After(s.end) {
			s.end = at
		}
	}
	if s.marked.After(s.end) {
		s.end = s.marked
	}
	return s
}

func (l *logSessions) content(one line, text string, q *chatQueue) {
	sender, at, ok := logHeader(text)
	switch {
	case len(bytes.TrimSpace(one.text)) == 0 && (l.open == nil || len(l.open.messages) == 0):
		q.skip(one.no, skipLayout, one.raw)
	case l.open == nil:
		q.reject(one.no, nil, one.raw, "the line belongs to no session: no session is begun above it", "export the log again")
	case ok:
		m := &message{line: one.no, raw: bytes.Clone(one.raw), at: at, from: account(sender), apart: true}
		m.bad = one.bad >= 0
		l.open.messages = append(l.open.messages, m)
	case len(l.open.messages) == 0:
		q.reject(one.no, nil, one.raw, "the line belongs to no message: none stands above it in its session", "export the log again")
	default:
		one.text = []byte(text)
		l.open.messages[len(l.open.messages)-1].more(one)
	}
}

// logHeader splits `<sender> 2006-01-02 15:04:05`.
func logHeader(text string) (sender, at string, ok bool) {
	const width = len("2006-01-02 15:04:05")
	cut := len(text) - width
	if cut < 2 || !isStamp(text[cut:]) {
		return "", "", false
	}
	sender = strings.TrimRight(text[:cut], " \t")
	if sender == "" || len(sender) == cut || strings.TrimSpace(sender) == "" {
		return "", "", false
	}
	return sender, text[cut:], true
}

const robotPrefix = "jimi_"

// roles tells for every message who wrote it, and returns the session's buyer
// or "". A masked name is a buyer's; jimi_ is a robot; the workbook names
// agents. Who is left is told by how many sessions of the log he writes in: an
// agent serves more of them than a buyer opens; at equal numbers who writes
// first is the buyer.
func (j *join) roles(s *logSession, known *session) (buyer string) {
	var unsure []string
	for _, m := range s.messages {
		switch {
		case strings.HasPrefix(m.from, robotPrefix):
			m.role = roleBot
		case known != nil && pinFits(m.from, known.buyer), strings.Contains(m.from, "*"):
			m.role = roleBuyer
			if buyer == "" {
				buyer = m.from
			}
		case j.agents[m.from]:
			m.role = roleAgent
		default:
			unsure = append(unsure, m.from)
		}
	}
	if buyer == "" && known == nil && len(unsure) > 0 {
		buyer = j.rarest(unsure, s)
	}
	for _, m := range s.messages {
		if m.role != "" {
			continue
		}
		if m.role = roleAgent; m.from == buyer {
			m.role = roleBuyer
		}
	}
	return buyer
}

func (j *join) rarest(names []string, s *logSession) string {
	best := names[0]
	for _, n := range names[1:] {
		if j.sessionsOf[n] < j.sessionsOf[best] {
			best = n
		}
	}
	// Somebody alone in a session who writes in many is an agent without an
	// answer, not a buyer.
	for _, m := range s.messages {
		if m.from != best {
			return best
		}
	}
	if j.sessionsOf[best] > 1 && len(j.sessionsOf) > 1 {
		return ""
	}
	return best
}
