package file

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
)

func zstandard(t *testing.T, text string) []byte {
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
