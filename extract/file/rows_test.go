package file

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"

	"kefu/extract"
	"kefu/extract/preset"
)

// spelled reads all rows that a buffer of so many bytes gives, or why they end.
func spelled(r io.Reader, encoding string, room int, sound bool) []string {
	c := newCSV(r, encoding, ',')
	c.buf, c.sound = make([]byte, room), sound
	var out []string
	for {
		row, err := c.next()
		var broken *extract.FileError
		switch {
		case errors.Is(err, io.EOF):
			return out
		case errors.As(err, &broken):
			return append(out, broken.Error())
		case err != nil:
			return append(out, "unexpected: "+err.Error())
		}
		out = append(out, fmt.Sprintf("%d %q %q %s %v", row.Line, row.Cells, row.Raw, row.Skip, row.Fault))
		if c.width == 0 {
			c.width, c.least = len(row.Cells), 1
		}
	}
}

// How much of a file is read at a time changes nothing in its rows, wherever
// quotes, line ends and characters are torn apart, nor their lines.
func TestRowsAreTheSameInAnyPieces(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		piece := rapid.SampledFrom([]string{",", ",", "\n", "\r\n", "\n", "\"", "\"a\nb\"", "\"\"", "=\"1\"", "=", "a", "宝贝", "\x00", "\xff", "\xb1\xa6", "\xef\xbb\xbf", " ", "12345678,87654321", strings.Repeat("x", 40)})
		data := strings.Join(rapid.SliceOfN(piece, 0, 60).Draw(t, "pieces"), "")
		encoding := rapid.SampledFrom([]string{preset.UTF8, preset.GB18030}).Draw(t, "encoding")
		want := spelled(strings.NewReader(data), encoding, readChunk, false)
		room := rapid.IntRange(1, 70).Draw(t, "room")
		for name, r := range map[string]io.Reader{"whole": strings.NewReader(data), "single bytes": iotest.OneByteReader(strings.NewReader(data)), "data with the end": iotest.DataErrReader(strings.NewReader(data))} {
			if got := spelled(r, encoding, room, false); strings.Join(got, "\n") != strings.Join(want, "\n") {
				t.Fatalf("%s by %d bytes:\n%s\nat once:\n%s", name, room, strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
		}
	})
}
