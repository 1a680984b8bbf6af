package main

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"kefu/cmd/etl/internal/night"
	"kefu/extract/ledger"
	"kefu/transform/transformtest/world"

	"github.com/xuri/excelize/v2"
)

const goodOrders = "order_id,created_at,status,buyer_id\nfine,2026-04-22 10:00:00,created,b1\n"

// badRows are files with rows that cannot be used among rows that can, each in
// the folder of a source of its own, and what is said of every such row.
var badRows = []struct {
	source, preset, file string
	text                 func(*testing.T) string
	rejected             []string // file:line dataset column, and a part of the reason
}{
	{"dates", "canonical", "orders.csv", plain("order_id,created_at,status\nd1,2026-04-22 10:00:00,created\nd2,2026-02-30 10:00:00,created\n"),
		[]string{"orders.csv:3 orders created_at|does not exist"}},
	{"money", "canonical", "orders.csv", plain("order_id,created_at,status,amount\nm1,2026-04-22 10:00:00,created,一百\nm2,2026-04-22 10:00:00,created,100.00\n"),
		[]string{"orders.csv:2 orders amount|not an amount"}},
	{"early", "canonical", "orders.csv", plain("order_id,created_at,paid_at,status,paid_amount\ne1,2026-04-22 10:00:00,2026-04-22 09:59:59,paid,1.00\ne2,2026-04-22 10:00:00,2026-04-22 10:00:00,paid,1.00\n"),
		[]string{"orders.csv:2 orders paid_at|before"}},
	{"floats", "canonical", "orders.xlsx", workbook, []string{"orders.xlsx:2 orders order_id|15 digits"}},
	{"same", "canonical", "chat_messages.csv", plain("message_id,sent_at,buyer_id,agent_id,sender\n" +
		"s1,2026-04-22 10:00:00,b1,a1,buyer\ns1,2026-04-22 10:00:00,b1,a1,buyer\ns1,2026-04-22 10:00:00,b1,a1,agent\n"),
		[]string{"chat_messages.csv:4 chat_messages message_id|other content"}},
	{"lost", "taobao", "a1.txt", plain("旺店:a1\r\n\r\n================================================================\r\n" +
		"                               单聊                             \r\n================================================================\r\n\r\n" +
		"走失的一行\r\n----------------------------b1----------------------------\r\nb1(2026-04-22 11:22:33):  在吗\r\n旺店:a1(2026-04-22 11:22:40):  在的\r\n"),
		[]string{"a1.txt:7 chat_messages |"}},
}

// badFiles cannot be used at all, and what is said of them.
var badFiles = []struct {
	source, file string
	text         func(*testing.T) string
	says         []string
}{
	{"column", "orders.csv", plain("order_id,created_at\n1,2026-04-22 10:00:00\n"), []string{"orders.csv:1:", `"status"`, "columns seen"}},
	{"encoding", "orders.csv", plain(goodOrders + "2,2026-04-22 10:00:00,created,\xff\xff\n"), []string{"orders.csv:3", "byte offset", "save the file as UTF-8"}},
	{"gzip", "orders.csv.gz", truncated, []string{"orders.csv.gz", "damaged or truncated", "again"}},
	{"empty", "orders.csv", plain(""), []string{"orders.csv", "empty", "export it again"}},
	{"halfbook", "orders.xlsx", func(t *testing.T) string { book := workbook(t); return book[:len(book)/2] }, []string{"orders.xlsx", "truncated", "again"}},
	{"outside", "orders.zip", packed("../../orders.csv", goodOrders, 1), []string{"orders.zip", "outside the archive"}},
	{"bomb", "orders.zip", packed("orders.csv", strings.Repeat("\x00", 1<<10), 70<<10), []string{"orders.zip!orders.csv", "far more than an export"}},
}

func plain(text string) func(*testing.T) string { return func(*testing.T) string { return text } }

func truncated(t *testing.T) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(goodOrders)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()[:b.Len()-6]
}

// packed is an archive of one member, which holds the content so many times.
func packed(name, content string, times int) func(*testing.T) string {
	return func(t *testing.T) string {
		t.Helper()
		var b bytes.Buffer
		archive := zip.NewWriter(&b)
		member, err := archive.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		for range times {
			if _, err := io.WriteString(member, content); err != nil {
				t.Fatal(err)
			}
		}
		if err := archive.Close(); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
}

// workbook holds an order id that a spreadsheet has turned into a number, and one that is text.
func workbook(t *testing.T) string {
	t.Helper()
	book := excelize.NewFile()
	for i, cells := range [][]any{{"order_id", "created_at", "status"}, {1.2345678901234567e18, "2026-04-22 10:00:00", "created"}, {"1234567890123456789", "2026-04-22 10:00:00", "created"}} {
		if err := book.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+1), &cells); err != nil {
			t.Fatal(err)
		}
	}
	b, err := book.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// newBadInput makes a shop with every kind of bad input beside a good file, and
// another shop.
func newBadInput(t *testing.T) *installation {
	t.Helper()
	bad := world.Shop{Platform: "taobao", ID: "bad", Name: "bad", Timezone: "Asia/Shanghai"}
	good := world.Shop{Platform: "other", ID: "good", Name: "good", Timezone: "Asia/Shanghai"}
	sources := []exportSource{{name: "good", preset: "canonical", shop: good}, {name: "fine", preset: "canonical", shop: bad}, {name: "extra", preset: "canonical", shop: bad}}
	for _, b := range badRows {
		sources = append(sources, exportSource{name: b.source, preset: b.preset, shop: bad})
	}
	for _, b := range badFiles {
		sources = append(sources, exportSource{name: b.source, preset: "canonical", shop: bad})
	}
	i := newInstallation(t, "", sources...)
	for _, name := range []string{"good", "fine"} {
		i.deliver(delivery{source: name, name: "orders.csv", text: goodOrders},
			delivery{source: name, name: "chat_messages.csv", text: sheet("chat_messages", talk("fine", "b1", "a1", 2, "10:00")...)})
	}
	i.deliver(delivery{source: "extra", name: "orders.csv", text: "order_id,created_at,status,colour\nx1,2026-04-22 10:00:00,created,red\n"})
	for _, b := range badRows {
		i.deliver(delivery{source: b.source, name: b.file, text: b.text(t)})
	}
	return i
}

// Nothing that is wrong with the input is lost, hides or stops the rest.
func TestBadInput(t *testing.T) {
	t.Parallel()
	i := newBadInput(t)
	sum := i.night(exitDone) // rejected rows wait in quarantine; they are no failed run
	i.accounted()
	for _, s := range sum.Sources {
		if lost := s.Read - s.Accepted - s.Merged - s.Duplicates - s.Skipped - s.Rejected; lost != 0 {
			t.Errorf("%s: %d lines are lost: %+v", s.Name, lost, s)
		}
	}
	if s := sourceOf(t, sum, "extra"); len(s.Warnings) != 1 || !strings.Contains(s.Warnings[0], `orders.csv:1: column "colour"`) || s.Accepted != 1 {
		t.Errorf("an unknown column: %+v", s)
	}
	if s := sourceOf(t, sum, "same"); s.Read != 3 || s.Accepted != 1 || s.Duplicates != 1 || s.Rejected != 1 {
		t.Errorf("a repeated key: %+v", s)
	}
	i.rejectedAsTold(t)
	before := i.tables()
	for _, shop := range []string{"good", "bad"} {
		mustHaveRows(t, before.ofShop(shop), "kpi_shop_day", "order_attribution", "inquiries")
	}

	for _, b := range badFiles {
		i.deliver(delivery{source: b.source, name: b.file, text: b.text(t)})
	}
	i.deliver(delivery{source: "good", name: "orders-2.csv", text: strings.Replace(goodOrders, "fine", "more", 1)})
	said := i.etl("run")
	if said.code != exitFailed {
		t.Errorf("a run with files that cannot be used ended with %d", said.code)
	}
	for _, b := range badFiles {
		line := lineWith(said.out, "source "+b.source+":")
		for _, part := range b.says {
			if !strings.Contains(line, part) {
				t.Errorf("of %s is said %q, which lacks %q", b.source, line, part)
			}
		}
	}
	after := i.tables()
	sameTables(t, "the shop with bad files", before.ofShop("bad"), after.ofShop("bad"))
	if len(after.ofShop("good")["order_attribution"]) != 2 {
		t.Errorf("the other shop is not published: %v", after.ofShop("good")["order_attribution"])
	}
	i.accounted()

	// It fails until the files are mended.
	i.night(exitFailed)
	for n, b := range badFiles {
		const name = "orders.csv"
		i.deliver(delivery{source: b.source, name: name, text: strings.Replace(goodOrders, "fine", fmt.Sprintf("mended%d", n), 1)})
		if name != b.file {
			i.remove("exports/" + b.source + "/" + b.file)
		}
	}
	i.night(exitDone)
	if got, want := len(i.tables().ofShop("bad")["order_attribution"]), len(before.ofShop("bad")["order_attribution"])+len(badFiles); got != want {
		t.Errorf("after mending there are %d orders, want %d", got, want)
	}
}

// rejectedAsTold compares the quarantine with what badRows expects, and every
// reject's bytes with the file.
func (i *installation) rejectedAsTold(t *testing.T) {
	t.Helper()
	state := i.ledger()
	for _, b := range badRows {
		rows, err := state.Quarantined(t.Context(), ledger.QuarantineFilter{Source: b.source})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range rows {
			where := fmt.Sprintf("%s:%d %s %s", r.File, r.Line, r.Dataset, r.Column)
			got = append(got, where)
			n := slices.IndexFunc(b.rejected, func(want string) bool { return strings.HasPrefix(want, where+"|") })
			if n < 0 {
				t.Errorf("%s: %s is rejected: %s", b.source, where, r.Reason)
				continue
			}
			if _, part, _ := strings.Cut(b.rejected[n], "|"); !strings.Contains(r.Reason+" "+r.Hint, part) || r.Reason == "" || r.Hint == "" {
				t.Errorf("%s: %s is rejected because %q, hint %q; want it to tell %q", b.source, where, r.Reason, r.Hint, part)
			}
			whole, err := state.ShowQuarantined(t.Context(), r.ID)
			if err != nil || len(whole.Raw) == 0 {
				t.Errorf("%s: %s is kept without its bytes: %v", b.source, where, err)
			}
			if line := strings.TrimRight(string(whole.Raw), "\r\n"); b.source != "floats" && !strings.Contains(b.text(t), line) {
				t.Errorf("%s: %s keeps bytes that are not in the file: %q", b.source, where, line)
			}
		}
		if len(got) != len(b.rejected) {
			t.Errorf("%s: rejected are %v, want %v", b.source, got, b.rejected)
		}
	}
}

func sourceOf(t *testing.T, sum *night.Summary, name string) night.SourceSummary {
	t.Helper()
	for _, s := range sum.Sources {
		if s.Name == name {
			return s
		}
	}
	t.Fatalf("the summary has no source %s", name)
	return night.SourceSummary{}
}

func lineWith(text, part string) string {
	for _, line := range strings.Split(text, "\n") {
		if strings.Contains(line, part) {
			return line
		}
	}
	return ""
}
