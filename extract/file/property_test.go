package file

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"kefu/extract"
	"kefu/extract/preset"
)

// samples are files of every layout, to be damaged.
func samples(t *testing.T) []struct {
	preset string
	file   File
	data   []byte
} {
	orders := gbk(t, crlf(oldOrders,
		`"=""1234567890123456789""","买家甲","100.00","90.00","交易成功","2026-01-01 10:00:00","2026-01-01 10:05:00","标题","2","手机订单","","","2026-01-02 08:00:00"`,
		`="12",买家乙,50.00,0.00,交易关闭,2026-01-01 11:00:00,,"多行`+"\n"+`标题",1,,,,`,
		`汇总,,,,,,,,,,,,`))
	chat := gbk(t, crlf("店:小美", rule, single, rule, dashes+"买家甲"+dashes, "买家甲(2026-01-02 11:22:33):  在吗", "二", "",
		"店:小美(2026-01-02 11:22:40):  您好", "", rule, group, rule, "x"))
	older := crlf("消息记录", "导出", "即时消息", "2026-01-02", "2026-01-02 11:22:33 买家甲: 在吗", "二", "2026-01-02 11:22:40 店:小美: 您好")
	jd := crlf(jdOrders, "'1\t,900,甲,2,在线支付,2026-01-02 10:00:00,10,30,28,0,28,完成,普通订单,jack123,**,2026-01-02 10:01:00,,app,",
		"'1\t,901,乙,1,在线支付,2026-01-02 10:00:00,10,30,28,0,28,完成,普通订单,jack123,**,2026-01-02 10:01:00,,app,")
	json := `{"order_id":"1","created_at":"2026-01-02 03:04:05","status":"paid","x":[1]}` + "\n\n" + `{"order_id":2,"created_at":"t","status":"p"}` + "\n"
	var out []struct {
		preset string
		file   File
		data   []byte
	}
	add := func(p, name string, data []byte) {
		out = append(out, struct {
			preset string
			file   File
			data   []byte
		}{p, bytesFile(name, data), data})
	}
	add("taobao", "ExportOrderList202601021530.csv", orders)
	add("taobao", "chat.txt", chat)
	add("taobao", "older.txt", []byte(older))
	add("jd", "orders.csv", []byte(jd))
	add("jd", "chat.log", []byte(jdLog()))
	add("jd", "sessions.xlsx", jdBook(t))
	add("canonical", "orders.jsonl", []byte(json))
	return out
}

// Whatever happens to a file, either it is an error as a whole or every line
// of it is accounted for, and the bytes of each row can be found again.
func TestDamagedFilesLoseNothing(t *testing.T) {
	all := samples(t)
	sources := map[string]*Source{}
	for _, s := range all {
		if sources[s.preset] == nil {
			sources[s.preset] = source(t, s.preset)
		}
	}
	rapid.Check(t, func(r *rapid.T) {
		s := all[rapid.IntRange(0, len(all)-1).Draw(r, "sample")]
		data := damage(r, s.data)
		if err := accounted(t, sources[s.preset], bytesFile(s.file.Name, data)); err != nil {
			r.Fatalf("%s %q: %v", s.file.Name, data, err)
		}
	})
}

func damage(r *rapid.T, data []byte) []byte {
	data = bytes.Clone(data)
	lines := bytes.SplitAfter(data, []byte{'\n'})
	for range rapid.IntRange(0, 4).Draw(r, "times") {
		at := rapid.IntRange(0, max(len(data)-1, 0)).Draw(r, "at")
		switch rapid.IntRange(0, 5).Draw(r, "kind") {
		case 0:
			data = data[:at]
		case 1:
			if len(data) > 0 {
				data[at] = rapid.Byte().Draw(r, "byte")
			}
		case 2:
			data = append(data[:at:at], data[min(at+rapid.IntRange(0, 9).Draw(r, "cut"), len(data)):]...)
		case 3:
			data = append(data, lines[rapid.IntRange(0, len(lines)-1).Draw(r, "line")]...)
		case 4:
			piece := rapid.SampledFrom([]string{"\"", "\n", "\r\n", ",", "\t", "=\"", "'", "{", "}", begin + "\n", rule + "\n", "会话结束\n", "2026-01-02\n"}).Draw(r, "piece")
			data = append(data[:at:at], append([]byte(piece), data[at:]...)...)
		default:
			lines := bytes.SplitAfter(data, []byte{'\n'})
			i, j := rapid.IntRange(0, len(lines)-1).Draw(r, "i"), rapid.IntRange(0, len(lines)-1).Draw(r, "j")
			lines[i], lines[j] = lines[j], lines[i]
			data = bytes.Join(lines, nil)
		}
	}
	return data
}

// accounted reads a file and tells what is lost.
func accounted(t *testing.T, s *Source, f File) error {
	b := newBook(t)
	reading := s.Reading([]File{f})
	err := reading.Read(context.Background(), f, b)
	var fe *extract.FileError
	if errors.As(err, &fe) {
		if fe.File == "" || fe.Problem == "" || fe.Hint == "" {
			return fmt.Errorf("unclear file error: %w", fe)
		}
		return nil
	}
	if err != nil {
		return fmt.Errorf("other error: %w", err)
	}
	raw := map[int][]byte{}
	wanted := map[int]bool{}
	for _, r := range b.records {
		raw[r.Line], wanted[r.Line] = r.Raw, true
	}
	for _, r := range b.rejects {
		raw[r.Line], wanted[r.Line] = r.Raw, true
	}
	err = reading.RawLines(context.Background(), f, wanted, func(line int, got []byte) error {
		if !bytes.Equal(got, raw[line]) {
			return fmt.Errorf("line %d was %q, is %q", line, raw[line], got)
		}
		delete(wanted, line)
		return nil
	})
	if err != nil || len(wanted) > 0 {
		return fmt.Errorf("lines not found again: %v, %w", wanted, err)
	}
	for ds, n := range b.read {
		if got := b.accepted[ds] + b.merged[ds] + b.skipped[ds] + b.rejected[ds]; got != n {
			return fmt.Errorf("%s: read %d, accounted for %d", ds, n, got)
		}
	}
	return nil
}

// Physical lines of a chat text are all counted.
func TestChatLinesAreAllCounted(t *testing.T) {
	for _, s := range samples(t) {
		if name := s.file.Name; !strings.HasSuffix(name, ".txt") && !strings.HasSuffix(name, ".log") {
			continue
		}
		b := mustRead(t, source(t, s.preset), s.file)
		if want := bytes.Count(s.data, []byte{'\n'}); b.read["chat_messages"] != want {
			t.Errorf("%s: read %d of %d lines", s.file.Name, b.read["chat_messages"], want)
		}
	}
}

func fuzz(f *testing.F, name, presetName string, seeds ...string) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	p, err := preset.Shipped(presetName)
	if err != nil {
		f.Fatal(err)
	}
	src, err := New(Config{Name: "fuzz", Path: f.TempDir(), Preset: p})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if err := accounted(t, src, bytesFile(name, data)); err != nil {
			t.Error(err)
		}
	})
}

func FuzzCSV(f *testing.F) {
	fuzz(f, "orders.csv", "canonical", "order_id,created_at,status\n1,2,paid\n", "order_id\tcreated_at\tstatus\n\"1\n\"\t=\"2\"\tpaid",
		"\xef\xbb\xbforder_id,created_at,status\n\xc2\xf2,2,\"pa\"\"id\"x\r\n\n", "a\nb\norder_id,created_at,status,status\n,,,\n1")
}

func FuzzJSONL(f *testing.F) {
	fuzz(f, "orders.jsonl", "canonical", `{"order_id":"1","created_at":"2","status":"paid"}`, `{"a":{"b":[1,"\"}"]},"order_id":null}`+"\n{}\n[]\n", `{"order_id":"\ud800`)
}

func FuzzWangwang(f *testing.F) {
	fuzz(f, "a.txt", "taobao", crlf("店", rule, single, rule, dashes+"甲"+dashes, "甲(2026-01-02 11:22:33):  在吗", "二"),
		crlf("a", "b", "即时消息", "2026-01-02", "2026-01-02 11:22:33 甲: 在吗", "2026-01-02 11:22:33 店:a: 在"))
}

func FuzzDongdong(f *testing.F) {
	fuzz(f, "a.log", "jd", jdLog(), begin+"\na 2026-01-02 11:22:33\n会话结束\n")
}

func FuzzXLSX(f *testing.F) {
	fuzz(f, "orders.xlsx", "canonical", "PK\x03\x04", "")
}

func FuzzXML(f *testing.F) {
	f.Add([]byte(`<?xml version="1.0"?><x:row r="1" s='a>b'><c t="s"><v>1&amp;&#x4e70;</v></c><!-- > --><![CDATA[a]>]]></x:row>`))
	f.Fuzz(func(_ *testing.T, data []byte) {
		for t := newTokens(bytes.NewReader(data)); t.next() == nil; {
			t.attr("r")
			t.attr("s")
		}
	})
}
