package file

import (
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"kefu/extract/preset"
)

// Columns that the join adds to the rows of a session workbook.
var workbookColumns = []string{"@session_end", "@session_id", "@transfer_id"}

// tolerance is how far the workbook's start of a session may be from the log's.
const tolerance = 2 * time.Minute

// session is a row of a session workbook.
type session struct {
	file    string
	line    int
	start   time.Time
	end     time.Time // of the log's session, zero where none joins
	length  time.Duration
	buyer   string
	agent   string
	cid     string
	product string
	leave   bool
}

// join ties the sessions of chat logs to the rows of session workbooks.
type join struct {
	byMinute   map[int64][]*session
	byRow      map[string]map[int]*session
	agents     map[string]bool
	sessionsOf map[string]int // sender -> sessions of logs
	matched    map[string][]*session
	marked     map[string]bool // logs that have a session at all
	missing    map[string]int  // logs' sessions that no row fits
	broken     []string        // files that could not take part
	books      int
}

// of returns the row of a log's n-th session, or nil.
func (j *join) of(log string, n int) *session {
	if rows := j.matched[log]; n < len(rows) {
		return rows[n]
	}
	return nil
}

func (j *join) warnings(log string) []string {
	var out []string
	if n := j.missing[log]; n > 0 && j.books > 0 {
		out = append(out, fmt.Sprintf("%d sessions fit no row of a session workbook: their buyers stay masked", n))
	}
	return append(out, j.broken...)
}

// sessions reads what the files of the source say about sessions, once.
func (r *Reading) sessions() *join {
	if r.join != nil {
		return r.join
	}
	j := &join{
		byMinute: map[int64][]*session{}, byRow: map[string]map[int]*session{}, agents: map[string]bool{}, sessionsOf: map[string]int{},
		matched: map[string][]*session{}, marked: map[string]bool{}, missing: map[string]int{},
	}
	var logs []File
	for _, f := range r.files {
		candidates := r.source.candidates(f.Name)
		joins := slices.ContainsFunc(candidates, func(c candidate) bool { return c.plan.Joins(preset.JoinSessions) })
		switch {
		case !joins:
		case candidates[0].format == preset.Dongdong:
			logs = append(logs, f)
		default:
			j.note(f, j.readWorkbook(f, candidates))
		}
	}
	for _, f := range logs {
		j.note(f, j.countSenders(f, r.source.candidates(f.Name)[0].plan))
	}
	for _, f := range logs {
		j.note(f, j.match(f, r.source.candidates(f.Name)[0].plan))
	}
	r.join = j
	return j
}

// note keeps going without a file that cannot take part; reading that file
// itself tells its error.
func (j *join) note(f File, err error) {
	if err == nil {
		return
	}
	text := fmt.Sprintf("%s takes no part in the join of sessions: %v", f.Name, err)
	if !slices.Contains(j.broken, text) {
		j.broken = append(j.broken, text)
	}
}

func (j *join) readWorkbook(f File, candidates []candidate) error {
	in, err := openTable(f, candidates)
	var unknown *headerError
	if errors.As(err, &unknown) {
		return nil // some other table; reading it tells what it lacks
	}
	if err != nil {
		return err
	}
	defer in.close()
	if !in.plan.Joins(preset.JoinSessions) {
		return nil
	}
	j.books++
	columns := map[string]int{}
	for i, name := range in.header {
		if n := preset.NormalName(name); n != "" {
			if _, twice := columns[n]; !twice {
				columns[n] = i
			}
		}
	}
	j.byRow[f.Name] = map[int]*session{}
	for {
		row, err := in.rows.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if row.Skip == "" && row.Fault == nil {
			j.addRow(f.Name, row, columns, in.date1904)
		}
	}
}

func (j *join) addRow(file string, row *preset.Row, columns map[string]int, since1904 bool) {
	cell := func(names ...string) (string, preset.Kind) {
		for _, n := range names {
			i, ok := columns[preset.NormalName(n)]
			if !ok || i >= len(row.Cells) {
				continue
			}
			kind := preset.Text
			if row.Kinds != nil {
				kind = row.Kinds[i]
			}
			if v := strings.TrimSpace(row.Cells[i]); v != "" && v != "-" && v != "--" && kind != preset.Lossy {
				return strings.Clone(v), kind
			}
		}
		return "", preset.Text
	}
	at, kind := cell("咨询时间")
	start, ok := preset.Clock(at, kind, since1904)
	if !ok {
		return // typing rejects the row for it
	}
	s := &session{file: file, line: row.Line, start: start}
	s.buyer, _ = cell("顾客")
	s.agent, _ = cell("客服")
	s.cid, _ = cell("cid")
	s.product, _ = cell("商品编号")
	s.buyer, s.agent = account(s.buyer), account(s.agent)
	what, _ := cell("咨询类型")
	s.leave = strings.Contains(what, "留言")
	if minutes, _ := cell("会话时长(M)", "会话时长"); minutes != "" {
		if m, err := strconv.ParseFloat(minutes, 64); err == nil && m >= 0 && m < 1e6 {
			s.length = time.Duration(math.Round(m*60)) * time.Second
		}
	}
	to, _ := cell("转接后客服")
	for _, a := range []string{s.agent, account(to)} {
		if a != "" && !strings.HasPrefix(a, robotPrefix) {
			j.agents[a] = true
		}
	}
	j.byRow[file][row.Line] = s
	minute := start.Unix() / 60
	j.byMinute[minute] = append(j.byMinute[minute], s)
}

func eachSession(f File, plan *preset.Plan, do func(*logSession)) (started bool, err error) {
	logs, body, err := openLog(f, plan)
	if err != nil {
		return false, err
	}
	defer body.Close()
	for {
		s, err := logs.next(&chatQueue{})
		if errors.Is(err, io.EOF) {
			return logs.started, nil
		}
		if err != nil {
			return false, err
		}
		do(s)
	}
}

func (j *join) countSenders(f File, plan *preset.Plan) error {
	started, err := eachSession(f, plan, func(s *logSession) {
		seen := map[string]bool{}
		for _, m := range s.messages {
			if !seen[m.from] {
				seen[m.from] = true
				j.sessionsOf[m.from]++
			}
		}
	})
	// A file that breaks off later still is a log; reading it says what is
	// wrong.
	j.marked[f.Name] = started || err != nil
	return err
}

func (j *join) match(f File, plan *preset.Plan) error {
	_, err := eachSession(f, plan, func(s *logSession) {
		row := j.find(s)
		if row != nil && s.end.After(row.end) {
			row.end = s.end
		}
		if row == nil && len(s.messages) > 0 {
			j.missing[f.Name]++
		}
		j.matched[f.Name] = append(j.matched[f.Name], row)
	})
	return err
}

// find looks for the workbook's row of a log's session: the same start, else
// the nearest within the tolerance, and a buyer whose name the mask fits. A
// session that fits several buyers equally well is nobody's.
func (j *join) find(s *logSession) *session {
	if len(s.messages) == 0 {
		return nil
	}
	var best []*session
	nearest := tolerance + 1
	minute := s.start.Unix() / 60
	for m := minute - 3; m <= minute+3; m++ {
		for _, row := range j.byMinute[m] {
			distance := row.start.Sub(s.start).Abs()
			if distance > tolerance || !j.fits(s, row) {
				continue
			}
			if distance < nearest {
				nearest, best = distance, nil
			}
			if distance == nearest {
				best = append(best, row)
			}
		}
	}
	if len(best) > 1 {
		served := slices.DeleteFunc(slices.Clone(best), func(row *session) bool { return !wrote(s, row.agent) })
		if len(served) > 0 {
			best = served
		}
	}
	if len(best) == 0 || slices.ContainsFunc(best, func(row *session) bool { return row.buyer != best[0].buyer }) {
		return nil
	}
	return best[0]
}

// fits tells whether the row's buyer may be the session's. In a session where
// only agents write, the agent must be the row's.
func (j *join) fits(s *logSession, row *session) bool {
	if row.buyer == "" {
		return false
	}
	others := false
	for _, m := range s.messages {
		if strings.HasPrefix(m.from, robotPrefix) || j.agents[m.from] {
			continue
		}
		if pinFits(m.from, row.buyer) {
			return true
		}
		others = others || strings.Contains(m.from, "*")
	}
	return !others && wrote(s, row.agent)
}

func wrote(s *logSession, agent string) bool {
	return slices.ContainsFunc(s.messages, func(m *message) bool { return m.from == agent })
}

// pinFits tells whether two names of a buyer may be the same: equal, or equal
// in what a mask shows of them, first character and last two.
func pinFits(a, b string) bool {
	if a == b {
		return true
	}
	am, bm := strings.Contains(a, "*"), strings.Contains(b, "*")
	if !am && !bm {
		return false
	}
	if am && bm {
		return firstRune(a) == firstRune(b) && lastTwo(a) == lastTwo(b)
	}
	if bm {
		a, b = b, a
	}
	from, to := strings.IndexByte(a, '*'), strings.LastIndexByte(a, '*')
	prefix, suffix := a[:from], a[to+1:]
	return utf8.RuneCountInString(b) >= utf8.RuneCountInString(prefix)+utf8.RuneCountInString(suffix) &&
		strings.HasPrefix(b, prefix) && strings.HasSuffix(b, suffix)
}

func firstRune(s string) rune {
	r, _ := utf8.DecodeRuneInString(s)
	return r
}

func lastTwo(s string) string {
	r := []rune(s)
	return string(r[max(len(r)-2, 0):])
}

// joinWorkbook adds to a workbook's rows what the join knows of them.
func (r *Reading) joinWorkbook(f File, in *opened) {
	j := r.sessions()
	in.header = append(slices.Clone(in.header), workbookColumns...)
	in.rows = &workbookRows{from: in.rows, rows: j.byRow[f.Name], width: len(in.header) - len(workbookColumns), equals: map[string]int{}}
}

// workbookRows adds the cells of workbookColumns.
type workbookRows struct {
	from   rows
	rows   map[int]*session
	width  int
	equals map[string]int
}

func (w *workbookRows) next() (*preset.Row, error) {
	row, err := w.from.next()
	if err != nil || row.Skip != "" || row.Fault != nil {
		return row, err
	}
	for len(row.Cells) < w.width {
		row.Cells = append(row.Cells, "")
	}
	row.Cells = row.Cells[:w.width]
	if row.Kinds != nil {
		for len(row.Kinds) < w.width {
			row.Kinds = append(row.Kinds, preset.Text)
		}
		row.Kinds = append(row.Kinds[:w.width], preset.Text, preset.Text, preset.Text)
	}
	end, id, transfer := "", "", ""
	if s := w.rows[row.Line]; s != nil {
		end = w.end(s).Format(time.DateTime)
		if id = s.cid; id == "" {
			id = w.unnamed(s)
		} else {
			transfer = "transfer:" + s.cid
		}
	}
	row.Cells = append(row.Cells, end, id, transfer)
	return row, nil
}

func (w *workbookRows) end(s *session) time.Time {
	if !s.end.IsZero() {
		return s.end
	}
	return s.start.Add(s.length)
}

// unnamed makes an id for a session without one: its start, its agent and the
// ordinal among equals.
func (w *workbookRows) unnamed(s *session) string {
	id := s.start.Format(time.DateTime) + " " + s.agent
	w.equals[id]++
	if n := w.equals[id]; n > 1 {
		id += "#" + strconv.Itoa(n)
	}
	return id
}
