package landing

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

func TestLandKeepsBytesUnderTheirHash(t *testing.T) {
	s := New(filepath.Join(t.TempDir(), "landing"))
	raw := []byte(strings.Repeat("订单编号,买家\n", 1000))
	mod := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	l, err := s.Land(context.Background(), "tmall/flagship", Origin{Name: "a.zip!b.csv", Source: "exports", ModTime: mod}, bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(raw)
	if l.ID != hex.EncodeToString(sum[:]) || l.Bytes != int64(len(raw)) {
		t.Errorf("landed %+v", l)
	}
	got := readAll(t, s, "tmall/flagship", l.ID)
	if !bytes.Equal(got, raw) {
		t.Error("other bytes came back")
	}
	back, err := s.Stat("tmall/flagship", l.ID)
	if err != nil || back.Name != "a.zip!b.csv" || back.Source != "exports" || !back.ModTime.Equal(mod) || back.Path != l.Path {
		t.Errorf("Stat = %+v, %v", back, err)
	}
	if info, _ := os.Stat(l.Path); info.Mode().Perm() != 0o600 {
		t.Errorf("file mode %v", info.Mode())
	}
	if info, _ := os.Stat(filepath.Dir(filepath.Dir(l.Path))); info.Mode().Perm() != 0o700 {
		t.Errorf("directory mode %v", info.Mode())
	}
}

// What is longer than a chunk comes back, whether it compresses or not.
func TestLandKeepsLongBytes(t *testing.T) {
	s := New(t.TempDir())
	noise := make([]byte, 3*chunk+17)
	rand.NewChaCha8([32]byte{1}).Read(noise) //nolint:errcheck // it never fails
	for name, raw := range map[string][]byte{
		"rows": bytes.Repeat([]byte("订单编号,买家\n"), 50_000), "noise": noise, "one chunk": noise[:chunk], "nothing": {},
	} {
		l, err := s.Land(context.Background(), "s", Origin{Name: name}, iotest.HalfReader(bytes.NewReader(raw)))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(readAll(t, s, "s", l.ID), raw) {
			t.Errorf("%s: other bytes came back", name)
		}
	}
}

func TestLandTwiceIsOnce(t *testing.T) {
	s := New(t.TempDir())
	first, err := s.Land(context.Background(), "s", Origin{Name: "one"}, strings.NewReader("x"))
	if err != nil {
		t.Fatal(err)
	}
	again, err := s.Land(context.Background(), "s", Origin{Name: "two"}, strings.NewReader("x"))
	if err != nil {
		t.Fatal(err)
	}
	if first != again {
		t.Errorf("landed %+v, then %+v", first, again)
	}
	if all, err := s.List("s"); err != nil || len(all) != 1 {
		t.Errorf("List = %v, %v", all, err)
	}
}

func TestLandShopsAreApart(t *testing.T) {
	s := New(t.TempDir())
	ids := map[string]bool{}
	for _, shop := range []string{"a/b", "a_b", "../a", "示例店"} {
		l, err := s.Land(context.Background(), shop, Origin{Name: "n"}, strings.NewReader("x"))
		if err != nil {
			t.Fatal(err)
		}
		if rel, err := filepath.Rel(s.root, l.Path); err != nil || strings.HasPrefix(rel, "..") {
			t.Errorf("%q landed outside the store: %s", shop, l.Path)
		}
		ids[l.Path] = true
	}
	if len(ids) != 4 {
		t.Errorf("shops share bytes: %v", ids)
	}
	all, err := s.List("")
	if err != nil || len(all) != 4 {
		t.Errorf("List of every shop: %v, %v", all, err)
	}
	for _, l := range all {
		if !ids[l.Path] {
			t.Errorf("listed %s, which did not land", l.Path)
		}
	}
}

// Bytes of any length come back, whether or not they end with a chunk.
func TestLandingOfChunks(t *testing.T) {
	s := New(t.TempDir())
	for _, n := range []int{0, 1, chunk - 1, chunk, chunk + 1, 3*chunk + 7} {
		raw := make([]byte, n)
		for i := range raw {
			raw[i] = byte(i * i >> 7)
		}
		l, err := s.Land(context.Background(), "s", Origin{Name: "n"}, iotest.HalfReader(bytes.NewReader(raw)))
		if err != nil || l.Bytes != int64(n) {
			t.Fatalf("%d bytes: %+v, %v", n, l, err)
		}
		r, err := s.Open("s", l.ID)
		if err != nil {
			t.Fatal(err)
		}
		back, err := io.ReadAll(r)
		if err != nil || !bytes.Equal(back, raw) {
			t.Errorf("%d bytes came back as %d: %v", n, len(back), err)
		}
		r.Close()
	}
}

func TestLandLeavesNothingHalfWritten(t *testing.T) {
	s := New(t.TempDir())
	// The end of an archive that is cut off is no end.
	for _, gone := range []error{errors.New("disk gone"), io.ErrUnexpectedEOF, fmt.Errorf("cut off: %w", io.EOF)} {
		broken := io.MultiReader(strings.NewReader("half"), iotest.ErrReader(gone))
		if _, err := s.Land(context.Background(), "s", Origin{Name: "n"}, broken); !errors.Is(err, gone) {
			t.Errorf("%v: %v", gone, err)
		}
	}
	mixed := errors.New("two versions")
	if _, err := s.LandSummed(context.Background(), "s", Origin{Name: "n"}, strings.NewReader("x"), func() (string, error) { return "", mixed }); !errors.Is(err, mixed) {
		t.Errorf("no sum: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := s.Land(ctx, "s", Origin{Name: "n"}, strings.NewReader("x")); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	left, _ := filepath.Glob(filepath.Join(s.root, "s", "*"))
	hidden, _ := filepath.Glob(filepath.Join(s.root, "s", ".*"))
	if len(left)+len(hidden) != 0 {
		t.Errorf("left behind: %v %v", left, hidden)
	}
}

func TestOpenTellsChangedBytes(t *testing.T) {
	s := New(t.TempDir())
	l, err := s.Land(context.Background(), "s", Origin{Name: "n"}, strings.NewReader(strings.Repeat("abc", 100)))
	if err != nil {
		t.Fatal(err)
	}
	other, err := s.Land(context.Background(), "s", Origin{Name: "m"}, strings.NewReader("other"))
	if err != nil {
		t.Fatal(err)
	}
	data, _ := os.ReadFile(other.Path)
	if err := os.WriteFile(l.Path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := s.Open("s", l.ID)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := io.ReadAll(r); !errors.Is(err, ErrCorrupt) {
		t.Errorf("read = %v", err)
	}
}

func TestDelete(t *testing.T) {
	s := New(t.TempDir())
	l, err := s.Land(context.Background(), "s", Origin{Name: "n"}, strings.NewReader("x"))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := s.Delete("s", l.ID); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Open("s", l.ID); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Open = %v", err)
	}
	if _, err := s.Open("s", "../../etc/passwd"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Open of a path = %v", err)
	}
}

func readAll(t *testing.T, s *Store, shop, id string) []byte {
	t.Helper()
	r, err := s.Open(shop, id)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	data, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestSweepTakesHalfWrittenFiles(t *testing.T) {
	s := New(t.TempDir())
	l, err := s.Land(context.Background(), "s", Origin{Name: "n"}, strings.NewReader("x"))
	if err != nil {
		t.Fatal(err)
	}
	halves := []string{filepath.Join(s.root, "s", ".landing-123"), filepath.Join(filepath.Dir(l.Path), strings.Repeat("ab", 32)+".zst")}
	for _, half := range halves {
		if err := os.WriteFile(half, []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Sweep(time.Now().Add(-time.Hour)); err != nil {
		t.Fatal(err)
	}
	for _, half := range halves {
		if _, err := os.Stat(half); err != nil {
			t.Errorf("a file being written was taken: %v", err)
		}
	}
	if err := s.Sweep(time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	for _, half := range halves {
		if _, err := os.Stat(half); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("the half-written file %s is still there", half)
		}
	}
	readAll(t, s, "s", l.ID)
}
