package landing

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Sealer encrypts what lands and opens it again.
type Sealer interface {
	// Seal returns a writer that encrypts into w; without a key, as it is.
	Seal(w io.Writer) (io.WriteCloser, error)
	// Open returns the bytes behind r, whether they are encrypted or not.
	Open(r io.Reader) (io.Reader, error)
	// Recipient names the key that encrypts, without telling it; "" = none.
	Recipient() string
	// Opens tells whether what was encrypted for that recipient can be read.
	Opens(recipient string) bool
}

// Option changes how a store keeps bytes.
type Option func(*Store)

// Protected keeps bytes encrypted where the sealer has a key. The ids of
// encrypted bytes are keyed with the secret, which must stay the same.
func Protected(sealer Sealer, secret []byte) Option {
	return func(s *Store) { s.sealer, s.secret = sealer, secret }
}

// ForeignError says that bytes were landed for a key that is not at hand.
type ForeignError struct {
	Recipient string // public half of the key
	Marker    string // the file that remembers it
}

// Error names the public half of the key that is needed.
func (e *ForeignError) Error() string {
	return fmt.Sprintf("landed bytes are encrypted for the key with the public half %s, which landing.key does not hold", e.Recipient)
}

// markers is the folder that remembers for which keys bytes were landed. No
// shop's folder begins with a dot.
const markers = ".keys"

// Check makes sure that all bytes that landed so far can be read; else the
// error is a *ForeignError. So nothing lands for a key that came in by mistake.
func (s *Store) Check() error {
	known, err := os.ReadDir(filepath.Join(s.root, markers))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("find the keys of landed bytes: %w", err)
	}
	for _, k := range known {
		if s.sealer == nil || !s.sealer.Opens(k.Name()) {
			return &ForeignError{Recipient: k.Name(), Marker: filepath.Join(s.root, markers, k.Name())}
		}
	}
	return nil
}

// mark remembers for which key bytes land, before the first of them does.
func (s *Store) mark() error {
	if !s.seals() {
		return nil
	}
	dir := filepath.Join(s.root, markers)
	if err := os.MkdirAll(dir, dirMode); err != nil {
		return fmt.Errorf("note key: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(dir, s.sealer.Recipient()), os.O_CREATE|os.O_WRONLY, fileMode)
	if err != nil {
		return fmt.Errorf("note key: %w", err)
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("note key: %w", err)
	}
	return nil
}

func (s *Store) seals() bool { return s.sealer != nil && s.sealer.Recipient() != "" }

// Addresses returns the ids under which bytes of that SHA-256 (hex) may be
// found, the one that they would land under now first. A plain checksum tells
// whoever can guess a short file that he guessed right, long after the file is
// gone; so the id of encrypted bytes is keyed.
func (s *Store) Addresses(sum string) []string {
	if s.secret == nil {
		return []string{sum}
	}
	mac := hmac.New(sha256.New, s.secret)
	mac.Write([]byte("kefu landed bytes " + sum))
	keyed := hex.EncodeToString(mac.Sum(nil))
	if s.seals() {
		return []string{keyed, sum}
	}
	return []string{sum, keyed}
}

func (s *Store) seal(w io.Writer) (io.WriteCloser, error) {
	if s.sealer == nil {
		return asIs{w}, nil
	}
	return s.sealer.Seal(w)
}

func (s *Store) unseal(r io.Reader) (io.Reader, error) {
	if s.sealer == nil {
		return r, nil
	}
	return s.sealer.Open(r)
}

type asIs struct{ io.Writer }

func (asIs) Close() error { return nil }
