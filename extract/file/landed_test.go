package file

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kefu/extract/landing"
	"kefu/extract/preset"
)

// What has landed is read without the original: archives are gone by then.
func TestReadFromLanding(t *testing.T) {
	ctx := context.Background()
	dir := folder(t, map[string][]byte{
		"a.zip": zipped(t, "ExportOrderList202601021530.csv", string(gbk(t, crlf(oldOrders, "1,买家甲,1,1,交易成功,2026-01-01 10:00:00,,,,,,,")))),
	})
	p, err := preset.Shipped("taobao")
	if err != nil {
		t.Fatal(err)
	}
	s, err := New(Config{Name: "exports", Path: dir, Preset: p})
	if err != nil {
		t.Fatal(err)
	}
	l, err := s.List(ctx)
	if err != nil || len(l.Inputs) != 1 {
		t.Fatalf("List = %+v, %v", l, err)
	}
	in := l.Inputs[0]
	body, err := in.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	store := landing.New(filepath.Join(t.TempDir(), "landing"))
	landed, err := store.Land(ctx, "tmall/flagship", landing.Origin{Name: in.Name, Source: "exports", ModTime: in.ModTime}, body)
	if err != nil {
		t.Fatal(err)
	}
	if seen, err := in.Look(ctx, false, io.Discard); err != nil || seen.Sum != landed.ID || seen.Bytes != landed.Bytes {
		t.Errorf("Look = %+v, %v; landed %+v", seen, err, landed)
	}
	if err := os.Remove(filepath.Join(dir, "a.zip")); err != nil {
		t.Fatal(err)
	}
	b := mustRead(t, s, File{Name: landed.Name, Open: func() (io.ReadCloser, error) { return store.Open("tmall/flagship", landed.ID) }})
	b.expect("orders", "order_id buyer_id updated_at", "1 | 买家甲 | 2026-01-02 15:30:00")
}

// The same talk stands in the file of each agent who took part; its messages
// have the same ids there, whoever each file takes to have answered.
func TestWangwangSameMessagesInTwoFiles(t *testing.T) {
	talk := []string{rule, single, rule, dashes + "买家甲" + dashes, "买家甲(2026-01-02 11:22:33):  在吗"}
	first := mustRead(t, source(t, "taobao"), textFile("小美.txt", crlf(append([]string{"店:小美"}, append(talk, "店:小美(2026-01-02 11:22:40):  您好")...)...)))
	second := mustRead(t, source(t, "taobao"), textFile("小王.txt", crlf(append([]string{"店:小王"}, talk...)...)))
	a, b := first.values("chat_messages", "message_id", "agent_id"), second.values("chat_messages", "message_id", "agent_id")
	if a[0] != strings.Replace(b[0], "店:小王", "店:小美", 1) || a[0] == b[0] {
		t.Errorf("ids %q and %q", a[0], b[0])
	}
}

// A session that fits two buyers of the workbook equally well is nobody's.
func TestDongdongAmbiguousSession(t *testing.T) {
	head := "咨询时间,客服,顾客,cid,咨询类型,转接后客服,商品编号,会话时长(M),满意度"
	log := textFile("a.log", strings.Join([]string{begin, "j****23 2026-01-02 11:22:33", "在", agent + " 2026-01-02 11:22:40", "在的"}, "\n"))
	for rows, want := range map[string]string{
		"2026-01-02 11:22:00," + agent + ",jack123,c1,,,,,\n2026-01-02 11:23:06," + agent + ",john23,c2,,,,,\n": "j****23 | ",
		"2026-01-02 11:22:00," + agent + ",jack123,c1,,,,,\n2026-01-02 11:23:06,别人,john23,c2,,,,,\n":            "jack123 | c1",
		"2026-01-02 11:22:00," + agent + ",jack123,c1,,,,,\n2026-01-02 11:22:33," + agent + ",john23,c2,,,,,\n": "john23 | c2",
		"2026-01-02 11:20:32," + agent + ",jack123,c1,,,,,\n":                                                   "j****23 | ",
		"2026-01-02 11:20:33," + agent + ",jack123,c1,,,,,\n":                                                   "jack123 | c1",
	} {
		b := mustRead(t, source(t, "jd"), log, textFile("会话.csv", head+"\n"+rows))
		if got := b.values("chat_messages", "buyer_id", "case_id"); got[0] != want {
			t.Errorf("with %q: %q, want %q", rows, got[0], want)
		}
	}
}
