package landing

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"kefu/extract/seal"
)

var secret = []byte("0123456789abcdef")

func newKey(t *testing.T) (*seal.Key, string) {
	t.Helper()
	text, err := seal.Generate(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return parseKey(t, text), text
}

func parseKey(t *testing.T, text string) *seal.Key {
	t.Helper()
	key, err := seal.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func land(t *testing.T, s *Store, text string) Landed {
	t.Helper()
	l, err := s.Land(t.Context(), "s", Origin{Name: "n"}, strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// everything is all that stands under a folder: names and contents.
func everything(t *testing.T, root string) []byte {
	t.Helper()
	var all bytes.Buffer
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		all.WriteString(path + "\n")
		all.Write(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.Bytes()
}

func TestEncryptedBytesTellNothing(t *testing.T) {
	key, _ := newKey(t)
	s := New(t.TempDir(), Protected(key, secret))
	text := "买家,电话\n张三,13800001234\n"
	l := land(t, s, text)
	plain := land(t, New(t.TempDir()), text)
	all := everything(t, s.root)
	for name, secret := range map[string]string{"the text": "张三", "the number": "13800001234", "the checksum": plain.ID, "zstd": "\x28\xb5\x2f\xfd"} {
		if bytes.Contains(all, []byte(secret)) {
			t.Errorf("%s stands in the store", name)
		}
	}
	if got := readAll(t, s, "s", l.ID); string(got) != text {
		t.Errorf("read %q", got)
	}
	if again := land(t, s, text); again.ID != l.ID {
		t.Error("the same bytes landed twice")
	}
	if info, err := os.Stat(l.Path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info, err)
	}
}

func TestAKeyMayComeAndGo(t *testing.T) {
	dir := t.TempDir()
	key, _ := newKey(t)
	open, closed := New(dir, Protected((*seal.Key)(nil), secret)), New(dir, Protected(key, secret))
	early := land(t, open, "early")
	if got := readAll(t, closed, "s", early.ID); string(got) != "early" {
		t.Errorf("from before the key: %q", got)
	}
	if again := land(t, closed, "early"); again.ID != early.ID {
		t.Error("bytes that landed before the key landed again")
	}
	late := land(t, closed, "late")
	if again := land(t, open, "late"); again.ID != late.ID {
		t.Error("encrypted bytes landed again without the key")
	}
	var missing *seal.KeyError
	if _, err := open.Open("s", late.ID); !errors.As(err, &missing) || !missing.Missing {
		t.Errorf("without the key: %v", err)
	}
	for _, s := range []*Store{open, closed} {
		if ids := s.Addresses(early.ID); !slices.Contains(ids, early.ID) || len(ids) != 2 {
			t.Errorf("addresses %v", ids)
		}
	}
}

func TestAForeignKeyIsRefusedBeforeAnythingLands(t *testing.T) {
	dir := t.TempDir()
	first, firstText := newKey(t)
	other, otherText := newKey(t)
	if err := New(dir, Protected(other, secret)).Check(); err != nil {
		t.Errorf("an empty store: %v", err)
	}
	l := land(t, New(dir, Protected(first, secret)), "x")
	if err := New(dir, Protected(first, secret)).Check(); err != nil {
		t.Errorf("the same key: %v", err)
	}
	var foreign *ForeignError
	for name, key := range map[string]*seal.Key{"another": other, "no": nil} {
		if err := New(dir, Protected(key, secret)).Check(); !errors.As(err, &foreign) || foreign.Recipient != first.Recipient() {
			t.Errorf("%s key: %v", name, err)
		}
	}
	if err := New(dir, Protected(parseKey(t, otherText+firstText), secret)).Check(); err != nil {
		t.Errorf("both keys: %v", err)
	}
	var wrong *seal.KeyError
	if _, err := New(dir, Protected(other, secret)).Open("s", l.ID); !errors.As(err, &wrong) {
		t.Errorf("read with another key: %v", err)
	}
	// The key is lost: who says so may go on.
	if err := os.Remove(foreign.Marker); err != nil {
		t.Fatal(err)
	}
	if err := New(dir, Protected(other, secret)).Check(); err != nil {
		t.Errorf("after the key was given up: %v", err)
	}
}

func TestEncryptedBytesThatChangedAreCorrupt(t *testing.T) {
	key, _ := newKey(t)
	s := New(t.TempDir(), Protected(key, secret))
	l, other := land(t, s, strings.Repeat("abc", 100)), land(t, s, "other")
	data, err := os.ReadFile(other.Path)
	if err != nil {
		t.Fatal(err)
	}
	for name, bad := range map[string][]byte{"other bytes": data, "cut short": data[:len(data)-1]} {
		if err := os.WriteFile(l.Path, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := s.Open("s", l.ID)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if _, err := new(bytes.Buffer).ReadFrom(r); !errors.Is(err, ErrCorrupt) {
			t.Errorf("%s: %v", name, err)
		}
		r.Close()
	}
}
