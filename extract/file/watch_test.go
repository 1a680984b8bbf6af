package file_test

import (
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"pgregory.net/rapid"

	"kefu/extract/file"
)

func TestWatchedBytesAreUTF8OrNot(t *testing.T) {
	pieces := rapid.SampledFrom([]string{
		"a", "买", "€", "😀", "é", "\xc2", "\xe4\xb9", "\xf0\x9f\x98", "\x80", "\xff", ",", "\n",
		"\xed\xa0\x80", "\xc0\x80", "\xe0\x80\x80", "\xf4\x90\x80\x80", strings.Repeat("x", 33), strings.Repeat("买卖", 11), // many bytes are looked at together
	})
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOfN(pieces, 0, 12).Draw(t, "pieces"), "")
		for name, r := range map[string]io.Reader{
			"at once":      strings.NewReader(text),
			"by bytes":     iotest.OneByteReader(strings.NewReader(text)),
			"by halves":    iotest.HalfReader(strings.NewReader(text)),
			"with the end": iotest.DataErrReader(strings.NewReader(text)),
		} {
			w := file.Watch(r)
			got, err := io.ReadAll(w)
			if err != nil || string(got) != text {
				t.Fatalf("%s: %q became %q, %v", name, text, got, err)
			}
			if w.UTF8() != utf8.ValidString(text) {
				t.Errorf("%s: %q is said to be UTF-8: %v", name, text, w.UTF8())
			}
		}
	})
}
