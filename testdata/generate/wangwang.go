package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// wangwang writes the chat texts of Taobao's client: one file for each account
// and week. Whoever served a buyer has the whole conversation in his file, so
// that messages repeat across files.
type wangwang struct {
	shop   *shop
	folder string
	first  int // first day of the week
	known  map[string]*contact
	order  []*contact
	zip    *archive // of the older half
}

// contact is a buyer with all that was written in the week.
type contact struct {
	buyer    string
	accounts []string
	messages []message
}

// answered tells whether an account wrote to the buyer.
func (k *contact) answered() bool {
	return slices.ContainsFunc(k.messages, func(m message) bool { return m.sender != "buyer" })
}

const wangwangWeek = 7

func newWangwang(s *shop, folder string) *wangwang {
	return &wangwang{shop: s, folder: folder, known: map[string]*contact{}}
}

func (w *wangwang) conversation(c *conversation) error {
	k := w.known[c.buyer]
	if k == nil {
		k = &contact{buyer: c.buyer}
		w.known[c.buyer] = k
		w.order = append(w.order, k)
	}
	for i := range c.messages {
		m := &c.messages[i]
		if m.kind == "transfer" && m.text == "" {
			continue // the client shows a change of sender only
		}
		if !slices.Contains(k.accounts, m.agent) {
			k.accounts = append(k.accounts, m.agent)
		}
		k.messages = append(k.messages, *m)
	}
	return nil
}

func (w *wangwang) endOfDay(d int) error {
	if (d+1)%wangwangWeek == 0 {
		return w.flush(d)
	}
	return nil
}

// flush writes the files of the week that ends on a day. Old weeks go into an
// archive, one is compressed, the others are plain.
func (w *wangwang) flush(last int) error {
	for _, k := range w.order {
		slices.SortStableFunc(k.messages, func(a, b message) int { return int(a.at - b.at) })
		if !k.answered() {
			k.accounts = k.accounts[:1] // nobody wrote: only the first account knows of it
		}
	}
	week := w.first / wangwangWeek
	half := w.shop.days / wangwangWeek / 2
	for _, a := range append(append([]*agent{}, w.shop.agents...), w.shop.bot) {
		mine := slices.DeleteFunc(slices.Clone(w.order), func(k *contact) bool { return !slices.Contains(k.accounts, a.id) })
		if len(mine) == 0 {
			continue
		}
		name := fmt.Sprintf("wangwang-%s-%s.txt", a.file, time.Unix(firstDay+int64(w.first)*day, 0).UTC().Format("20060102"))
		f, err := w.create(name, week, half)
		if err != nil {
			return err
		}
		if a.file == "xiaogu" && week < 2 {
			err = writeB(f, a, slices.DeleteFunc(mine, func(k *contact) bool { return !k.answered() }))
		} else {
			err = w.writeA(f, a, mine, week)
		}
		if err := errors.Join(err, f.close()); err != nil {
			return err
		}
	}
	w.first, w.known, w.order = last+1, map[string]*contact{}, nil
	return nil
}

func (w *wangwang) create(name string, week, half int) (*file, error) {
	if week < half {
		if w.zip == nil {
			var err error
			if w.zip, err = createArchive(filepath.Join(w.folder, "wangwang-older.zip")); err != nil {
				return nil, err
			}
		}
		return w.zip.member(name, "gbk")
	}
	if w.zip != nil {
		if err := w.zip.close(); err != nil {
			return nil, err
		}
		w.zip = nil
	}
	if week == half {
		name += ".gz"
	}
	return create(filepath.Join(w.folder, name), "gbk")
}

const crlf = "\r\n"

// writeA writes a file that is grouped by contact.
func (w *wangwang) writeA(f io.Writer, a *agent, contacts []*contact, week int) error {
	b := bufio.NewWriter(f)
	title := func(name string) {
		fmt.Fprint(b, strings.Repeat("=", 64)+crlf+strings.Repeat(" ", 31)+name+strings.Repeat(" ", 29)+crlf+strings.Repeat("=", 64)+crlf)
	}
	fmt.Fprint(b, a.id+crlf+crlf)
	title("单聊")
	fmt.Fprint(b, crlf+crlf)
	if a.file == "xiaomei" && week == w.shop.days/wangwangWeek-1 {
		fmt.Fprint(b, "这一行前面没有联系人"+crlf) // for the quarantine
	}
	for _, k := range contacts {
		bar := strings.Repeat("-", 28)
		fmt.Fprint(b, bar+k.buyer+bar+crlf)
		for i := range k.messages {
			m := &k.messages[i]
			fmt.Fprintf(b, "%s(%s):  %s%s", m.from, clock(m.at), strings.ReplaceAll(m.text, "\n", crlf), crlf)
		}
	}
	title("群聊")
	return b.Flush()
}

// writeB writes a file in the older layout, in order of time, contacts apart by
// a line with the date.
func writeB(f io.Writer, a *agent, contacts []*contact) error {
	b := bufio.NewWriter(f)
	fmt.Fprint(b, "导出账号："+a.id+crlf+crlf+"即时消息"+crlf)
	for _, k := range contacts {
		fmt.Fprint(b, dateOf(k.messages[0].at)+crlf)
		for i := range k.messages {
			m := &k.messages[i]
			fmt.Fprintf(b, "%s %s: %s%s", clock(m.at), m.from, strings.ReplaceAll(m.text, "\n", crlf), crlf)
		}
	}
	return b.Flush()
}

func (w *wangwang) close() error {
	var err error
	if len(w.order) > 0 {
		err = w.flush(w.shop.days - 1)
	}
	if w.zip != nil {
		err = errors.Join(err, w.zip.close())
	}
	return err
}
