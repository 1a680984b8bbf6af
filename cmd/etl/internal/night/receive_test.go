package night

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"strings"
	"testing"

	"kefu/extract"
	"kefu/extract/file"
	"kefu/extract/landing"
)

// versions is a file whose content is another at each reading.
type versions struct{ texts []string }

func (v *versions) next() string {
	text := v.texts[0]
	if len(v.texts) > 1 {
		v.texts = v.texts[1:]
	}
	return text
}

func (v *versions) Look(_ context.Context, _ bool, also io.Writer) (file.Seen, error) {
	text := v.next()
	_, err := io.WriteString(also, text)
	return file.Seen{Sum: sumOf(text), Bytes: int64(len(text))}, err
}

func (v *versions) Open() (io.ReadCloser, error) {
	return io.NopCloser(strings.NewReader(v.next())), nil
}

func sumOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

func TestFilesThatChangeWhileTheyAreRead(t *testing.T) {
	for name, c := range map[string]struct {
		readings []string // summed, landed, summed again
		lands    string   // "" = refused
	}{
		"as it was":                 {[]string{"old", "old"}, "old"},
		"replaced by a rename":      {[]string{"old", "new", "new"}, "new"},
		"written over while read":   {[]string{"one", "one-two", "two"}, ""},
		"still being written":       {[]string{"a", "ab", "abc"}, ""},
		"written over and put back": {[]string{"old", "mixed", "old"}, ""},
	} {
		store := landing.New(t.TempDir())
		f := &versions{texts: c.readings}
		found := newLooking()
		found.end(look(t.Context(), f, false, nil))
		landed, err := receive(t.Context(), store, "other/x", landing.Origin{Name: "orders.csv", Source: "s"}, &watchedInput{received: f}, found.wait)
		kept, listErr := store.List("other/x")
		if listErr != nil {
			t.Fatal(listErr)
		}
		var refused *extract.FileError
		switch {
		case c.lands == "":
			if !errors.As(err, &refused) || refused.File != "orders.csv" || !strings.Contains(err.Error(), "changed while it was read") || len(kept) != 0 {
				t.Errorf("%s: error %v, landed %+v", name, err, kept)
			}
		case err != nil || len(kept) != 1:
			t.Errorf("%s: error %v, landed %+v", name, err, kept)
		default:
			body, err := store.Open("other/x", landed.ID)
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(body)
			body.Close()
			if err != nil || !bytes.Equal(got, []byte(c.lands)) {
				t.Errorf("%s: landed %q, %v", name, got, err)
			}
		}
	}
}

func TestAnOriginalIsTrustedOnlyIfItIsWhatLanded(t *testing.T) {
	for name, c := range map[string]struct {
		text  string
		read  int64
		same  bool
		stale bool
	}{
		"unchanged":           {"what landed", 100, true, false},
		"changed":             {"what follows", 100, false, true},
		"not read to its end": {"what landed", 4, false, false},
	} {
		o := &original{received: &versions{texts: []string{c.text}}, hash: sha256.New, same: true, landed: func(sum string) bool { return sum == sumOf("what landed") }}
		body, err := o.Open()
		if err != nil {
			t.Fatal(err)
		}
		_, err = io.ReadAll(io.LimitReader(body, c.read))
		if errors.Is(err, errStale) != c.stale || !c.stale && err != nil || o.same != c.same {
			t.Errorf("%s: %v, same: %v", name, err, o.same)
		}
		body.Close()
	}
}
