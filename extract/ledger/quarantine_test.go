package ledger

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"kefu/extract/seal"
)

func newKey(t *testing.T) *seal.Key {
	t.Helper()
	return must[*seal.Key](t)(seal.Parse(must[string](t)(seal.Generate(time.Now()))))
}

// quarantined puts a row of that text into quarantine and returns its id.
func quarantined(t *testing.T, l *Ledger, landed, text string) string {
	t.Helper()
	ok(t, l.Quarantine(t.Context(), []Rejected{{Source: "s", LandedID: landed, Dataset: "orders", Line: 3, Reason: "bad date", Raw: []byte(text)}}))
	rows := must[[]Rejected](t)(l.Quarantined(t.Context(), QuarantineFilter{LandedID: landed}))
	if len(rows) != 1 || rows[0].Raw != nil {
		t.Fatalf("listed: %+v", rows)
	}
	return rows[0].ID
}

func TestRejectedRowsAreEncrypted(t *testing.T) {
	path := newFile(t)
	key := newKey(t)
	l := open(t, path, Protected(key))
	texts := []string{"张三", "13800001234", string(bytes.Repeat([]byte("某买家 "), 50000)), ""}
	for i, text := range texts {
		id := quarantined(t, l, string(rune('A'+i)), text)
		if r := must[Rejected](t)(l.ShowQuarantined(t.Context(), id)); string(r.Raw) != text {
			t.Errorf("%.20q came back as %.20q", text, r.Raw)
		}
	}
	for _, file := range []string{path, path + "-wal"} { // the log of the database holds what was written last
		data := must[[]byte](t)(os.ReadFile(file))
		for _, text := range slices.Concat(texts[:2], []string{"某买家 ", "\x28\xb5\x2f\xfd"}) { // the last begins every compressed row
			if bytes.Contains(data, []byte(text)) {
				t.Errorf("%s holds %q", filepath.Base(file), text)
			}
		}
	}
}

func TestRejectedRowsAndAKeyThatComesLater(t *testing.T) {
	place := newPlace(t)
	key := newKey(t)
	early := quarantined(t, open(t, place, Protected((*seal.Key)(nil))), "A", "early")
	late := quarantined(t, open(t, place, Protected(key)), "B", "late")
	for id, want := range map[string]string{early: "early", late: "late"} {
		if r := must[Rejected](t)(open(t, place, Protected(key)).ShowQuarantined(t.Context(), id)); string(r.Raw) != want {
			t.Errorf("%s came back as %q", want, r.Raw)
		}
	}
	var wrong *seal.KeyError
	for _, other := range []*seal.Key{nil, newKey(t)} {
		if _, err := open(t, place, Protected(other)).ShowQuarantined(t.Context(), late); !errors.As(err, &wrong) {
			t.Errorf("without the key: %v", err)
		}
	}
}
