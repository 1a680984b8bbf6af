package file

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"kefu/extract"
)

// mutations is how often an export is damaged; the damages are the same in
// every run.
const mutations = 10_000

// mutant is an export to be damaged.
type mutant struct {
	preset, name string
	data         []byte
	packed       bool // a .gz or .zst, damaged as it is packed
}

func mutants(t *testing.T) []mutant {
	head := func(name string) []byte {
		data := exported(t, name)
		if len(data) > 3<<10 {
			data = data[:1+bytes.LastIndexByte(data[:3<<10], '\n')]
		}
		return data
	}
	orders := gbk(t, crlf(oldOrders,
		`"=""1234567890123456789""","买家甲","100.00","90.00","交易成功","2026-01-01 10:00:00","2026-01-01 10:05:00","标题","2","手机订单","","","2026-01-02 08:00:00"`,
		`="12",买家乙,50.00,0.00,交易关闭,2026-01-01 11:00:00,,"多行`+"\n"+`标题",1,,,,`,
		`汇总,,,,,,,,,,,,`))
	chat := gbk(t, crlf("店:小美", rule, single, rule, dashes+"买家甲"+dashes, "买家甲(2026-01-02 11:22:33):  在吗", "二", "",
		"店:小美(2026-01-02 11:22:40):  您好", "", rule, group, rule, "x"))
	products := head("tmall-more/products.csv")
	return []mutant{
		{preset: "taobao", name: "ExportOrderList202602150930.csv", data: head("tmall/ExportOrderList202602150930.csv")},
		{preset: "taobao", name: "ExportOrderDetailList202602150930.csv", data: head("tmall/ExportOrderDetailList202602150930.csv")},
		{preset: "taobao", name: "wangwang.txt", data: head("tmall/wangwang-xiaozhou-20260212.txt")},
		{preset: "taobao", name: "older.txt", data: head("tmall/wangwang-older.zip")},
		{preset: "taobao", name: "refunds.xlsx", data: exported(t, "tmall/refunds-old202602150930.xlsx")},
		{preset: "jd", name: "order-list-20260131093000.csv", data: head("jd/order-list-20260131093000.csv")},
		{preset: "jd", name: "dongdong.log", data: head("jd/dongdong-20260101.zip")},
		{preset: "jd", name: "sessions.xlsx", data: jdBook(t)},
		{preset: "taobao", name: "ExportOrderList202601021530.csv", data: orders},
		{preset: "taobao", name: "chat.txt", data: chat},
		{preset: "jd", name: "chat.log", data: []byte(jdLog())},
		{preset: "canonical", name: "products.csv", data: products},
		{preset: "canonical", name: "products.tsv", data: bytes.ReplaceAll(products, []byte(","), []byte("\t"))},
		{preset: "canonical", name: "complaints.csv", data: head("jd-more/complaints.csv")},
		{preset: "canonical", name: "orders.parquet", data: typedOrders(t)},
		{preset: "canonical", name: "orders.jsonl", data: []byte(strings.Repeat(`{"order_id":"1","created_at":"2026-01-02 03:04:05","status":"paid","note":{"a":["买家"]}}`+"\n", 12))},
		{preset: "canonical", name: "products.csv.gz", data: gzipped(t, string(products)), packed: true},
		{preset: "canonical", name: "products.csv.zst", data: zstandard(t, string(products)), packed: true},
	}
}

// file is the damaged export as a source would open it.
func (m mutant) file(data []byte) File {
	if !m.packed {
		return bytesFile(m.name, data)
	}
	return File{Name: m.name, Open: func() (io.ReadCloser, error) {
		return unzipped(m.name, io.NopCloser(bytes.NewReader(data)))
	}}
}

// However an export is damaged, it is told to be unusable as a whole, or every
// line of it is accounted for and can be found again; nothing panics.
func TestTenThousandDamagedExports(t *testing.T) {
	t.Parallel()
	all, sources := mutants(t), map[string]*Source{}
	for _, m := range all {
		if sources[m.preset] == nil {
			sources[m.preset] = source(t, m.preset)
		}
		if err := accounted(t, sources[m.preset], m.file(m.data)); err != nil {
			t.Fatalf("%s as it was exported: %v", m.name, err)
		}
	}
	r := rand.New(rand.NewPCG(20260215, 930))
	for i := range mutations {
		m := all[i%len(all)]
		data, what := mutate(r, m.data)
		if err := accounted(t, sources[m.preset], m.file(data)); err != nil {
			t.Errorf("damage %d to %s (%s): %v", i, m.name, strings.Join(what, ", "), err)
		}
	}
}

// mutate damages bytes in one to three ways.
func mutate(r *rand.Rand, data []byte) (out []byte, what []string) {
	out = bytes.Clone(data)
	for range 1 + r.IntN(3) {
		if len(out) == 0 {
			return out, what
		}
		way := damages[r.IntN(len(damages))]
		out = way.do(r, out)
		what = append(what, way.name)
	}
	return out, what
}

var damages = []struct {
	name string
	do   func(r *rand.Rand, data []byte) []byte
}{
	{"bytes flipped", func(r *rand.Rand, data []byte) []byte {
		for range 1 + r.IntN(8) {
			data[r.IntN(len(data))] ^= byte(1 + r.IntN(255))
		}
		return data
	}},
	{"truncated", func(r *rand.Rand, data []byte) []byte { return data[:r.IntN(len(data))] }},
	{"beginning lost", func(r *rand.Rand, data []byte) []byte { return data[r.IntN(len(data)):] }},
	{"line doubled", func(r *rand.Rand, data []byte) []byte {
		return onLines(data, func(lines [][]byte) [][]byte {
			i := r.IntN(len(lines))
			return append(lines[:i:i], append([][]byte{lines[i]}, lines[i:]...)...)
		})
	}},
	{"line cut", func(r *rand.Rand, data []byte) []byte {
		return onLines(data, func(lines [][]byte) [][]byte {
			i := r.IntN(len(lines))
			lines[i] = lines[i][:r.IntN(len(lines[i])+1)]
			return lines
		})
	}},
	{"lines swapped", func(r *rand.Rand, data []byte) []byte {
		return onLines(data, func(lines [][]byte) [][]byte {
			i, j := r.IntN(len(lines)), r.IntN(len(lines))
			lines[i], lines[j] = lines[j], lines[i]
			return lines
		})
	}},
	{"encoding broken", func(r *rand.Rand, data []byte) []byte {
		piece := [][]byte{{0xff}, {0xc2, 0xf2}, {0xe4, 0xb9}, {0x81}, {0xef, 0xbb, 0xbf}, {0xff, 0xfe}, {0}}[r.IntN(7)]
		at := r.IntN(len(data))
		return append(data[:at:at], append(piece, data[at:]...)...)
	}},
	{"piece of layout strewn in", func(r *rand.Rand, data []byte) []byte {
		piece := []string{"\"", "\n", "\r\n", ",", "\t", "=\"", "'", "{", "}", begin + "\n", rule + "\n", "会话结束\n", "2026-01-02\n", "汇总"}[r.IntN(14)]
		at := r.IntN(len(data))
		return append(data[:at:at], append([]byte(piece), data[at:]...)...)
	}},
}

func onLines(data []byte, do func([][]byte) [][]byte) []byte {
	return bytes.Join(do(bytes.SplitAfter(data, []byte{'\n'})), nil)
}

// accounted reads a file, among others, and tells what is lost.
func accounted(t *testing.T, s *Source, f File, others ...File) error {
	b := newBook(t)
	reading := s.Reading(append(others, f))
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
	for _, m := range mutants(t) {
		if !strings.HasSuffix(m.name, ".txt") && !strings.HasSuffix(m.name, ".log") {
			continue
		}
		b := mustRead(t, source(t, m.preset), m.file(m.data))
		if want := bytes.Count(m.data, []byte{'\n'}); b.read["chat_messages"] != want {
			t.Errorf("%s: read %d of %d lines", m.name, b.read["chat_messages"], want)
		}
	}
}
