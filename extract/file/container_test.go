package file

import (
	"bytes"
	"io"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
)

func zstandard(t testing.TB, text string) []byte {
	t.Helper()
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return w.EncodeAll([]byte(text), nil)
}

func TestDamagedContainers(t *testing.T) {
	whole := gzipped(t, strings.Repeat("order_id,created_at,status\n", 1000))
	archive := zipped(t, "orders.csv", strings.Repeat("abcdefgh\n", 1000))
	frame := zstandard(t, strings.Repeat("order_id,created_at,status\n", 1000))
	broken := bytes.Clone(archive)
	broken[60] ^= 0xff
	dir := folder(t, map[string][]byte{
		"orders-1.csv.gz": whole[:len(whole)-9], "orders-2.csv.gz": []byte("no gzip"), "orders-3.csv.zst": frame[:len(frame)-3], "orders-4.csv.zst": []byte("no zstd at all"),
		"a.zip": archive[:len(archive)/2],
		"b.zip": zipped(t, "../../orders.csv", "x"), "c.zip": broken,
	})
	l := list(t, dir, ".")
	if got := names(l); got != "c.zip!orders.csv orders-1.csv.gz orders-2.csv.gz orders-3.csv.zst orders-4.csv.zst" {
		t.Fatalf("found %s", got)
	}
	for _, in := range l.Inputs {
		_, err := contents(t, in)
		fileError(t, err, in.Name, "damaged or truncated")
	}
	if len(l.Broken) != 2 {
		t.Fatalf("broken %v", l.Broken)
	}
	fileError(t, l.Broken[0], "a.zip", "cannot be opened")
	fileError(t, l.Broken[1], "b.zip", "outside the archive")
}

func TestCompressionBomb(t *testing.T) {
	bomb := strings.Repeat("\x00", ratioFrom+1<<20)
	dir := folder(t, map[string][]byte{"orders.csv.gz": gzipped(t, bomb), "orders.csv.zst": zstandard(t, bomb), "z.zip": zipped(t, "orders.csv", bomb)})
	for _, in := range list(t, dir, ".").Inputs {
		r, err := in.Open()
		if err != nil {
			t.Fatal(err)
		}
		_, err = io.Copy(io.Discard, r)
		fileError(t, err, in.Name, "far more than an export")
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
}

// A member whose name leads out of the archive condemns the archive.
func TestNamesThatLeadOutOfAnArchive(t *testing.T) {
	for _, name := range []string{"../orders.csv", "a/../../orders.csv", "/etc/orders.csv", `..\orders.csv`, `a\..\..\orders.csv`, "C:/orders.csv", `C:\orders.csv`, "a\x00/orders.csv"} {
		dir := folder(t, map[string][]byte{"a.zip": zipped(t, name, "x")})
		l := list(t, dir, ".")
		if len(l.Inputs) != 0 || len(l.Broken) != 1 {
			t.Errorf("%q: found %s, broken %v", name, names(l), l.Broken)
			continue
		}
		fileError(t, l.Broken[0], "a.zip", "outside the archive", "do not trust")
	}
	dir := folder(t, map[string][]byte{"a.zip": zipped(t, "a..b/..orders/orders.csv", "x")})
	if got := names(list(t, dir, ".")); got != "a.zip!a..b/..orders/orders.csv" {
		t.Errorf("found %s", got)
	}
}

func TestArchivesOfTooManyMembers(t *testing.T) {
	var members []string
	for i := range maxMembers + 1 {
		members = append(members, "orders-"+strconv.Itoa(i)+".csv", "")
	}
	l := list(t, folder(t, map[string][]byte{"a.zip": zipped(t, members...)}), ".")
	if len(l.Broken) != 1 {
		t.Fatalf("broken %v", l.Broken)
	}
	fileError(t, l.Broken[0], "more than 10000 members")
}

// A container that ends too early is an error wherever it ends, and so is a
// workbook or a Parquet file: none is read as far as it goes.
func TestTruncatedFiles(t *testing.T) {
	var text strings.Builder
	text.WriteString("order_id,created_at,status\n")
	for i := range 400 {
		text.WriteString(strconv.Itoa(i*7919) + ",2026-01-02 03:04:05,paid\n")
	}
	whole := map[string][]byte{
		"orders.csv.gz": gzipped(t, text.String()), "orders.csv.zst": zstandard(t, text.String()),
		"orders.xlsx": workbook(t, cells("order_id,created_at,status"), cells("1,2026-01-02 03:04:05,paid")), "orders.parquet": typedOrders(t),
	}
	s := source(t, "canonical")
	for name, data := range whole {
		for cut := range 60 {
			part := data[:cut*len(data)/60]
			m := mutant{name: name, packed: layerOf(name) != ""}
			b, err := readFile(t, s, m.file(part))
			if err == nil {
				t.Fatalf("%s: %d of %d bytes were read as if they were whole: %v", name, len(part), len(data), b.accepted)
			}
			fileError(t, err, name)
		}
	}
}

// A workbook may be made to fill memory like any archive.
func TestWorkbookBomb(t *testing.T) {
	sheet := `<worksheet><sheetData><row r="1"><c t="str"><v>order_id</v></c><c t="str"><v>created_at</v></c><c t="str"><v>status</v></c></row>` +
		strings.Repeat("<row><c/></row>", (ratioFrom+(8<<20))/15) + "</sheetData></worksheet>"
	data := zipped(t, "xl/workbook.xml", `<workbook><sheets><sheet name="a" r:id="rId1"/></sheets></workbook>`, "xl/worksheets/sheet1.xml", sheet)
	_, err := readFile(t, source(t, "canonical"), bytesFile("orders.xlsx", data))
	fileError(t, err, "orders.xlsx", "far more than an export")
}

// Rows that claim numbers of others keep lines of their own.
func TestRowsOfOneNumber(t *testing.T) {
	row := func(r, id string) string {
		return `<row r="` + r + `"><c t="str"><v>` + id + `</v></c><c t="str"><v>2026-01-02</v></c><c t="str"><v>paid</v></c></row>`
	}
	sheet := `<worksheet><sheetData><row r="1"><c t="str"><v>order_id</v></c><c t="str"><v>created_at</v></c><c t="str"><v>status</v></c></row>` +
		row("5", "a") + row("5", "b") + row("2", "c") + row("99999999999999999999", "d") + "</sheetData></worksheet>"
	data := zipped(t, "xl/workbook.xml", `<workbook><sheets><sheet name="a" r:id="rId1"/></sheets></workbook>`, "xl/worksheets/sheet1.xml", sheet)
	f := bytesFile("orders.xlsx", data)
	b := mustRead(t, source(t, "canonical"), f)
	var lines []int
	for _, r := range b.records {
		lines = append(lines, r.Line)
	}
	if !slices.Equal(lines, []int{5, 6, 7, 8}) {
		t.Errorf("lines %v", lines)
	}
	if err := accounted(t, source(t, "canonical"), f); err != nil {
		t.Error(err)
	}
}
