package file

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"kefu/extract/preset"
)

func TestMissingRequiredColumn(t *testing.T) {
	_, err := readFile(t, source(t, "taobao"), bytesFile("ExportOrderList202601021530.csv", gbk(t, crlf("一,二", "订单编号,订单状态,买家会员名", "1,2,3"))))
	fe := fileError(t, err, "created_at", "订单创建时间", "订单编号, 订单状态, 买家会员名")
	if fe.Line != 2 || fe.Column != "订单创建时间" {
		t.Errorf("at line %d column %q", fe.Line, fe.Column)
	}
	_, err = readFile(t, source(t, "canonical"), textFile("orders.csv", "order_id,status\n1,paid\n"))
	fileError(t, err, "orders.csv:1:", "created_at", "columns seen: order_id, status")
}

func TestHeaderIsFoundBelowBannersOnly(t *testing.T) {
	text := strings.Repeat("说明\n", headerRows-1) + "order_id,created_at,status\n1,2,paid\n"
	b := mustRead(t, source(t, "canonical"), textFile("orders.csv", text))
	if b.skips["orders/banner"] != 14 || b.accepted["orders"] != 1 || b.read["orders"] != 15 {
		t.Errorf("skips %v accepted %v", b.skips, b.accepted)
	}
	_, err := readFile(t, source(t, "canonical"), textFile("orders.csv", "说明\n"+text))
	fileError(t, err, "required column")
}

func TestHeaderNamesAreForgiving(t *testing.T) {
	b := mustRead(t, source(t, "canonical"), textFile("orders.csv", "\ufeff Order_ID ,\"\tcreated_at\",'status\t\n1,2,paid\n"))
	b.expect("orders", "order_id created_at status", "1 | 2 | paid")
}

func TestDelimiters(t *testing.T) {
	for _, d := range []string{",", "\t", ";"} {
		b := mustRead(t, source(t, "canonical"), textFile("orders.csv", strings.ReplaceAll("order_id|created_at|status|amount\n1|2|paid|\"1,5;0\t\"\n", "|", d)))
		if b.accepted["orders"] != 1 {
			t.Errorf("delimiter %q: accepted %v rejects %+v", d, b.accepted, b.rejects)
		}
	}
}

func TestOnlyHeader(t *testing.T) {
	b := mustRead(t, source(t, "canonical"), textFile("orders.csv", "order_id,created_at,status"))
	if len(b.read) != 0 || len(b.warnings) != 0 {
		t.Errorf("read %v", b.read)
	}
	mustRead(t, source(t, "canonical"), bytesFile("orders.xlsx", workbook(t, cells("order_id,created_at,status"))))
}

func TestEmptyFiles(t *testing.T) {
	for _, name := range []string{"orders.csv", "orders.jsonl", "orders.xlsx"} {
		for _, text := range []string{"", "\ufeff", "\n \n"} {
			if name == "orders.xlsx" && text != "" {
				continue
			}
			_, err := readFile(t, source(t, "canonical"), textFile(name, text))
			fileError(t, err, name, "empty")
		}
	}
	_, err := readFile(t, source(t, "taobao"), textFile("a.txt", ""))
	fileError(t, err, "empty")
	_, err = readFile(t, source(t, "canonical"), bytesFile("orders.xlsx", workbook(t)))
	fileError(t, err, "empty")
}

func TestEncodings(t *testing.T) {
	const text = "order_id,created_at,status,buyer_id\n1,2,paid,买家甲𠀀\n2,2,paid,\"买家,乙\"\n"
	for name, data := range map[string][]byte{"utf-8": []byte(text), "utf-8-sig": []byte("\ufeff" + text), "gb18030": gbk(t, text)} {
		b := mustRead(t, source(t, "canonical"), bytesFile("orders.csv", data))
		if got := b.values("orders", "buyer_id"); len(got) != 2 || got[0] != "买家甲𠀀" || got[1] != "买家,乙" {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestWrongEncoding(t *testing.T) {
	s := source(t, "canonical")
	head := "order_id,created_at,status,buyer_id\n"
	bad := head + "1,2,paid,\"买家\n甲\"\n" + strings.Repeat("2,2,paid,买家甲乙丙丁\n", 10) + "3,2,paid,买\xff\n"
	_, err := readFile(t, s, textFile("orders.csv", bad))
	fe := fileError(t, err, "utf-8", "byte offset "+strconv.Itoa(strings.IndexByte(bad, 0xff)), "save the file as UTF-8")
	if fe.Line != 14 {
		t.Errorf("line %d", fe.Line)
	}
	data := append(gbk(t, head+"1,2,paid,买家甲\n"), "2,2,paid,\xff\xff\n"...)
	_, err = readFile(t, s, bytesFile("orders.csv", data))
	fe = fileError(t, err, "gb18030", "byte offset "+strconv.Itoa(bytes.IndexByte(data, 0xff)))
	if fe.Line != 3 {
		t.Errorf("line %d", fe.Line)
	}
	p, err := preset.Parse("p.yaml", []byte("dataset: orders\nencoding: utf-8\n"))
	if err != nil {
		t.Fatal(err)
	}
	only, err := New(Config{Name: "x", Path: t.TempDir(), Preset: p})
	if err != nil {
		t.Fatal(err)
	}
	_, err = readFile(t, only, bytesFile("orders.csv", gbk(t, head+"1,2,paid,买家甲\n")))
	fileError(t, err, ":2:", "utf-8")
	_, err = readFile(t, s, textFile("orders.csv", "\xff\xfeo\x00r\x00"))
	fileError(t, err, "UTF-16")
}

func TestFilesOfAnotherKind(t *testing.T) {
	s := source(t, "canonical")
	for _, name := range []string{"orders.xlsx", "orders.csv"} {
		_, err := readFile(t, s, textFile(name, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 rest"))
		fileError(t, err, name, ".xls workbook")
	}
	_, err := readFile(t, s, bytesFile("orders.csv", workbook(t, cells("order_id"))))
	fileError(t, err, ".xlsx")
	_, err = readFile(t, s, textFile("orders.xlsx", "order_id,created_at\n"))
	fileError(t, err, "no .xlsx workbook")
	whole := workbook(t, cells("order_id,created_at,status"), cells("1,2,paid"))
	_, err = readFile(t, s, bytesFile("orders.xlsx", whole[:len(whole)/2]))
	fileError(t, err, "damaged or truncated")
	_, err = readFile(t, s, textFile("orders.csv", "order_id,created_at,status\n1,2,paid\n2,\"open,paid\n3,4,paid\n"))
	if fe := fileError(t, err, "never closed"); fe.Line != 3 {
		t.Errorf("line %d", fe.Line)
	}
}

func TestRowsOutOfForm(t *testing.T) {
	b := mustRead(t, source(t, "canonical"), textFile("orders.csv", "order_id,created_at,status\n1,2\n\n2,2,paid,,\n3,2,paid,x\n4,5E+1,paid\n1.2346E+18,2,paid\n"))
	if len(b.rejects) != 3 || b.rejects[0].Line != 2 || !strings.Contains(b.rejects[0].Reason, "2 cells, the header 3") || string(b.rejects[0].Raw) != "1,2\n" ||
		b.rejects[1].Line != 5 || b.rejects[2].Column != "order_id" || !strings.Contains(b.rejects[2].Reason, "15 digits") {
		t.Errorf("rejects %+v", b.rejects)
	}
	if b.skips["orders/blank"] != 1 || b.accepted["orders"] != 2 {
		t.Errorf("skips %v accepted %v", b.skips, b.accepted)
	}
}

func gzipped(t testing.TB, text string) []byte {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if _, err := io.WriteString(z, text); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func zipped(t testing.TB, members ...string) []byte {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for i := 0; i < len(members); i += 2 {
		w, err := z.CreateHeader(&zip.FileHeader{Name: members[i], Method: zip.Deflate})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, members[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func folder(t *testing.T, files map[string][]byte) string {
	t.Helper()
	dir := t.TempDir()
	for name, data := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func list(t *testing.T, base, path string) *Listing {
	t.Helper()
	p, err := preset.Shipped("canonical")
	if err != nil {
		t.Fatal(err)
	}
	s, err := New(Config{Name: "x", BaseDir: base, Path: path, Preset: p})
	if err != nil {
		t.Fatal(err)
	}
	l, err := s.List(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func names(l *Listing) string {
	var out []string
	for _, in := range l.Inputs {
		out = append(out, in.Name)
	}
	return strings.Join(out, " ")
}

func contents(t *testing.T, in Input) (string, error) {
	t.Helper()
	r, err := in.Open()
	if err != nil {
		return "", err
	}
	defer r.Close()
	data, err := io.ReadAll(r)
	return string(data), err
}

func TestListFindsFiles(t *testing.T) {
	dir := folder(t, map[string][]byte{
		"orders.csv": []byte("a"), "b/orders-2.csv.gz": gzipped(t, "gz"), "orders-3.csv.zst": zstandard(t, "zst"), "b/.hidden.csv": nil, "~$orders.csv": nil, "orders.csv.tmp": nil,
		".git/orders.csv": nil, "a.zip": zipped(t, "in/agents.csv", "z1", "__MACOSX/in/agents.csv", "x", "products.jsonl.ZST", string(zstandard(t, "z2")), string(gbk(t, "说明"))+".txt", ""),
		"orders.ods": nil, "notes.txt": nil, "orders.xls": nil, "report.xls": nil,
	})
	l := list(t, dir, ".")
	if got := names(l); got != "a.zip!in/agents.csv a.zip!products.jsonl.ZST b/orders-2.csv.gz orders-3.csv.zst orders.csv" {
		t.Errorf("found %s", got)
	}
	var told []string
	for _, w := range l.Warnings {
		told = append(told, w.Message)
	}
	all := strings.Join(told, "\n")
	for _, part := range []string{"orders.ods is left out", "notes.txt is left out", "report.xls is left out", "a.zip!说明.txt is left out"} {
		if !strings.Contains(all, part) {
			t.Errorf("warnings do not say %q:\n%s", part, all)
		}
	}
	if len(l.Broken) != 1 {
		t.Fatalf("broken %v", l.Broken)
	}
	fileError(t, l.Broken[0], "orders.xls", "old .xls", "save it as .xlsx")
	for i, want := range []string{"z1", "z2", "gz", "zst", "a"} {
		if got, err := contents(t, l.Inputs[i]); err != nil || got != want {
			t.Errorf("%s holds %q, %v", l.Inputs[i].Name, got, err)
		}
	}
	if got := names(list(t, dir, "orders.csv")); got != "orders.csv" {
		t.Errorf("file: %s", got)
	}
	if got := names(list(t, dir, "*/orders*")); got != "b/orders-2.csv.gz" {
		t.Errorf("glob: %s", got)
	}
	if got := names(list(t, dir, "nosuch-*.csv")); got != "" {
		t.Errorf("glob of nothing: %s", got)
	}
}

func TestListOfNothing(t *testing.T) {
	p, err := preset.Shipped("canonical")
	if err != nil {
		t.Fatal(err)
	}
	s, err := New(Config{Name: "exports", Path: filepath.Join(t.TempDir(), "nosuch"), Preset: p})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.List(context.Background()); err == nil || !strings.Contains(err.Error(), "exports") {
		t.Errorf("List = %v", err)
	}
}

func TestRowsWithoutTheirEmptyEnd(t *testing.T) {
	text := "order_id,created_at,status,note1,note2\n1,2,paid\n2,3\n3,4,paid"
	b := mustRead(t, source(t, "canonical"), textFile("orders.csv", text))
	b.expect("orders", "order_id", "1")
	if len(b.rejects) != 2 || b.rejects[0].Line != 3 || b.rejects[1].Line != 4 {
		t.Errorf("rejects %+v", b.rejects)
	}
}
