package seal_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
	"pgregory.net/rapid"

	"kefu/extract/seal"
)

func generate(t *testing.T) (*seal.Key, string) {
	t.Helper()
	text, err := seal.Generate(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return parse(t, text), text
}

func parse(t *testing.T, text string) *seal.Key {
	t.Helper()
	k, err := seal.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func sealed(t interface{ Fatal(...any) }, k *seal.Key, plain []byte) []byte {
	var b bytes.Buffer
	w, err := k.Seal(&b)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(plain); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func opened(k *seal.Key, data []byte) ([]byte, error) {
	r, err := k.Open(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

func TestWhatIsSealedOpensAgain(t *testing.T) {
	k, _ := generate(t)
	rapid.Check(t, func(t *rapid.T) {
		plain := rapid.SliceOfN(rapid.Byte(), 0, 200).Draw(t, "plain")
		plain = bytes.Repeat(plain, rapid.IntRange(1, 800).Draw(t, "times")) // beyond one chunk of 64 KiB
		data := sealed(t, k, plain)
		if len(plain) > 16 && bytes.Contains(data, plain) {
			t.Fatal("the bytes stand in what was sealed")
		}
		back, err := opened(k, data)
		if err != nil || !bytes.Equal(back, plain) {
			t.Fatalf("%d bytes became %d: %v", len(plain), len(back), err)
		}
	})
}

func TestTheFormatIsThatOfAge(t *testing.T) {
	k, text := generate(t)
	ids, err := age.ParseIdentities(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	r, err := age.Decrypt(bytes.NewReader(sealed(t, k, []byte("你好"))), ids...)
	if err != nil {
		t.Fatal(err)
	}
	if back, err := io.ReadAll(r); err != nil || string(back) != "你好" {
		t.Errorf("age reads %q, %v", back, err)
	}
}

func TestBytesThatAreNotSealedAreReadAsTheyAre(t *testing.T) {
	k, _ := generate(t)
	for _, key := range []*seal.Key{nil, k} {
		for _, plain := range []string{"", "a", "age-encryption.org", strings.Repeat("x", 5000)} {
			if back, err := opened(key, []byte(plain)); err != nil || string(back) != plain {
				t.Errorf("%.20q became %.20q: %v", plain, back, err)
			}
		}
	}
	if data := sealed(t, nil, []byte("plain")); string(data) != "plain" {
		t.Errorf("without a key: %q", data)
	}
}

func TestAWrongOrMissingKeyIsNamed(t *testing.T) {
	first, _ := generate(t)
	other, _ := generate(t)
	data := sealed(t, first, []byte("secret"))
	var wrong *seal.KeyError
	if _, err := opened(other, data); !errors.As(err, &wrong) || wrong.Missing || !strings.Contains(err.Error(), "landing.key") {
		t.Errorf("another key: %v", err)
	}
	if _, err := opened(nil, data); !errors.As(err, &wrong) || !wrong.Missing || !strings.Contains(err.Error(), "landing.key") {
		t.Errorf("no key: %v", err)
	}
}

func TestAnOldKeyBelowTheNewOneStillOpens(t *testing.T) {
	old, oldText := generate(t)
	_, newText := generate(t)
	both := parse(t, newText+"\n\n"+oldText)
	if back, err := opened(both, sealed(t, old, []byte("then"))); err != nil || string(back) != "then" {
		t.Errorf("sealed with the old key: %q, %v", back, err)
	}
	var wrong *seal.KeyError
	if _, err := opened(old, sealed(t, both, []byte("now"))); !errors.As(err, &wrong) {
		t.Errorf("the old key opens what the new one sealed: %v", err)
	}
	if !both.Opens(old.Recipient()) || old.Opens(both.Recipient()) || both.Recipient() == old.Recipient() {
		t.Error("the keys do not tell whom they open")
	}
	if (*seal.Key)(nil).Opens("") || (*seal.Key)(nil).Recipient() != "" {
		t.Error("no key opens something")
	}
}

func TestChangedBytesAreAnError(t *testing.T) {
	k, _ := generate(t)
	data := sealed(t, k, []byte(strings.Repeat("订单", 100)))
	rapid.Check(t, func(t *rapid.T) {
		changed := bytes.Clone(data)
		// What no longer begins like sealed bytes is what is not sealed.
		at := rapid.IntRange(len("age-encryption.org/v1\n"), len(data)-1).Draw(t, "at")
		if rapid.Bool().Draw(t, "cut") {
			changed = changed[:at]
		} else {
			changed[at] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		}
		if back, err := opened(k, changed); err == nil {
			t.Fatalf("changed at %d and read as %q", at, back)
		}
	})
}

func TestKeysThatAreNone(t *testing.T) {
	_, good := generate(t)
	for name, text := range map[string]string{
		"nothing":     "",
		"a comment":   "# public key: age1\n",
		"hex":         "5f0c2a9be1d47386a1b2c3d4e5f60718",
		"a public":    strings.Split(good, "\n")[1][len("# public key: "):],
		"cut short":   strings.TrimSpace(good)[:len(good)-10],
		"good + junk": good + "junk",
	} {
		_, err := seal.Parse(text)
		if err == nil {
			t.Errorf("%s is taken for a key", name)
			continue
		}
		for _, line := range strings.Fields(text) {
			if len(line) > 6 && strings.Contains(err.Error(), line) {
				t.Errorf("%s: the error tells the key: %v", name, err)
			}
		}
	}
}
