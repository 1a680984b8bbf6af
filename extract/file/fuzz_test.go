package file

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kefu/extract"
	"kefu/extract/preset"
)

// seedBytes bounds what a fuzzer starts with; longer inputs only slow it down.
const seedBytes = 8 << 10

// exported is the beginning of a file of testdata/exports, as it is inside of
// its container. Lines are whole.
func exported(t testing.TB, name string) []byte {
	t.Helper()
	path := filepath.Join("..", "..", "testdata", "exports", filepath.FromSlash(name))
	inputs, err := Inputs(context.Background(), path)
	if err != nil || len(inputs) == 0 {
		t.Fatalf("seed %s: %v", name, err)
	}
	body, err := inputs[0].Open()
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	data, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.HasPrefix(data, []byte("PK")) || len(data) <= seedBytes {
		return data
	}
	return data[:1+bytes.LastIndexByte(data[:seedBytes], '\n')]
}

// fuzz reads whatever comes as a file of that name: it is an error of the file,
// or every line is accounted for.
func fuzz(f *testing.F, name, presetName string, seeds ...[]byte) {
	for _, s := range seeds {
		f.Add(s)
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
	fuzz(f, "orders.csv", "canonical", exported(f, "tmall-more/products.csv"), []byte("order_id,created_at,status\n1,2,paid\n"), []byte("order_id\tcreated_at\tstatus\n\"1\n\"\t=\"2\"\tpaid"),
		[]byte("\xef\xbb\xbforder_id,created_at,status\n\xc2\xf2,2,\"pa\"\"id\"x\r\n\n"), []byte("a\nb\norder_id,created_at,status,status\n,,,\n1"))
}

func FuzzOrderList(f *testing.F) {
	fuzz(f, "ExportOrderList202602150930.csv", "taobao", exported(f, "tmall/ExportOrderList202602150930.csv"), exported(f, "tmall/ExportOrderDetailList202602150930.csv"))
}

func FuzzJDOrders(f *testing.F) {
	fuzz(f, "order-list-20260131093000.csv", "jd", exported(f, "jd/order-list-20260131093000.csv"))
}

func FuzzTSV(f *testing.F) {
	fuzz(f, "products.tsv", "canonical", bytes.ReplaceAll(exported(f, "tmall-more/products.csv"), []byte(","), []byte("\t")))
}

func FuzzJSONL(f *testing.F) {
	fuzz(f, "orders.jsonl", "canonical", []byte(`{"order_id":"1","created_at":"2","status":"paid"}`), []byte(`{"a":{"b":[1,"\"}"]},"order_id":null}`+"\n{}\n[]\n"), []byte(`{"order_id":"\ud800`))
}

func FuzzWangwang(f *testing.F) {
	fuzz(f, "a.txt", "taobao", exported(f, "tmall/wangwang-xiaozhou-20260212.txt"), exported(f, "tmall/wangwang-older.zip"),
		[]byte(crlf("店", rule, single, rule, dashes+"甲"+dashes, "甲(2026-01-02 11:22:33):  在吗", "二")),
		[]byte(crlf("a", "b", "即时消息", "2026-01-02", "2026-01-02 11:22:33 甲: 在吗", "2026-01-02 11:22:33 店:a: 在")))
}

func FuzzDongdong(f *testing.F) {
	fuzz(f, "a.log", "jd", exported(f, "jd/dongdong-20260101.zip"), []byte(jdLog()), []byte(begin+"\na 2026-01-02 11:22:33\n会话结束\n"))
}

func FuzzXLSX(f *testing.F) {
	fuzz(f, "refunds.xlsx", "taobao", exported(f, "tmall/refunds-old202602150930.xlsx"), []byte("PK\x03\x04"), []byte(""))
}

// A workbook of sessions joins a log.
func FuzzSessions(f *testing.F) {
	f.Add(jdBook(f), []byte(jdLog()))
	p, err := preset.Shipped("jd")
	if err != nil {
		f.Fatal(err)
	}
	src, err := New(Config{Name: "fuzz", Path: f.TempDir(), Preset: p})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, book, log []byte) {
		a, b := bytesFile("sessions.xlsx", book), bytesFile("chat.log", log)
		for _, files := range [][2]File{{a, b}, {b, a}} {
			if err := accounted(t, src, files[0], files[1]); err != nil {
				t.Error(err)
			}
		}
	})
}

func FuzzParquet(f *testing.F) {
	fuzz(f, "orders.parquet", "canonical", typedOrders(f), []byte("PAR1"), []byte("PAR1\x00\x00\x00\x00PAR1"))
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

// Containers are opened whatever is in them; what cannot be is an error of the
// file.
func FuzzContainers(f *testing.F) {
	const text = "order_id,created_at,status\n1,2026-01-01,paid\n"
	f.Add("a.zip", zipped(f, "orders.csv", text, "in/agents.csv.gz", string(gzipped(f, text))))
	f.Add("orders.csv.gz", gzipped(f, text))
	f.Add("orders.csv.zst", zstandard(f, text))
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		ext := filepath.Ext(name)
		if ext != ".zip" && ext != ".gz" && ext != ".zst" {
			return
		}
		path := filepath.Join(t.TempDir(), "orders.csv"+ext)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		inputs, err := Inputs(context.Background(), path)
		for _, in := range inputs {
			if e := drained(in); e != nil {
				err = e
			}
			if strings.Contains(in.Name, "..") && unsafeName(in.Name[strings.IndexByte(in.Name, '!')+1:]) {
				t.Errorf("%q leads outside", in.Name)
			}
		}
		if fe := (*extract.FileError)(nil); err != nil && (!errors.As(err, &fe) || fe.Problem == "" || fe.Hint == "") {
			t.Errorf("unclear error: %v", err)
		}
	})
}

func drained(in Input) error {
	r, err := in.Open()
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, io.LimitReader(r, 1<<20))
	return errors.Join(err, ignoreClose(r))
}

// ignoreClose closes what was only read; a reader left halfway may complain.
func ignoreClose(r io.Closer) error {
	_ = r.Close()
	return nil
}

// Presets are read from anything: they are valid or their errors have places.
func FuzzPreset(f *testing.F) {
	for _, name := range preset.Names() {
		text, err := preset.Source(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text[:min(len(text), seedBytes)])
	}
	f.Add([]byte("dataset: orders\ngroup_by: [order_id]\ncolumns: {order_id: a, created_at: {from: b, times: M/d/yyyy, take: min}, status: {value: paid}, amount: {multiply: [c, d], take: sum}}\n"))
	f.Add([]byte("layouts: [{dataset: agents, columns: {agent_id: {concat: ['@file', x], number: {count: rows}}}}]"))
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := preset.Parse("own.yaml", text)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "own.yaml:") {
				t.Errorf("error without a place: %v", err)
			}
			return
		}
		src, err := New(Config{Name: "fuzz", Path: t.TempDir(), Preset: p})
		if err != nil {
			t.Fatalf("a valid preset opens no source: %v", err)
		}
		if err := accounted(t, src, bytesFile("orders.csv", []byte("a,b,c,d,x\n1,1/2/2026,2,3,y\n1,1/3/2026,2,z,y\n,,,,\n"))); err != nil {
			t.Error(fmt.Errorf("%s: %w", text, err))
		}
	})
}
