// Package seal owns encryption at rest: bytes that were received are written
// for one key, and read again with it. The format is age, so that any age tool
// opens them, too.
package seal

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"filippo.io/age"
)

// opening is how sealed bytes begin; neither zstd nor text does.
const opening = "age-encryption.org/v1\n"

// Key seals and opens. The nil Key seals nothing: it writes and reads bytes as
// they are, and refuses those that are sealed.
type Key struct {
	identities []age.Identity
	recipients []string
	to         age.Recipient
}

// KeyError says that sealed bytes cannot be opened with the key at hand.
type KeyError struct {
	Missing bool // there is no key at all
	Err     error
}

// Error names the setting that is to hold the key.
func (e *KeyError) Error() string {
	if e.Missing {
		return "the bytes are encrypted and landing.key is not set"
	}
	return "the bytes are encrypted for another key than the one that landing.key names"
}

// Unwrap returns the cause.
func (e *KeyError) Unwrap() error { return e.Err }

// Generate returns the text of a new key, as Parse reads it: a comment with
// the time and the public half, and the secret itself.
func Generate(now time.Time) (string, error) {
	id, err := age.GenerateX25519Identity()
	if err != nil {
		return "", fmt.Errorf("make key: %w", err)
	}
	return fmt.Sprintf("# created: %s\n# public key: %s\n%s\n", now.UTC().Format(time.RFC3339), id.Recipient(), id), nil
}

// Parse reads a key: one AGE-SECRET-KEY-1… a line, beside empty lines and
// comments (#). The first one seals, all of them open, so that an old key goes
// below the new one. The error never holds a part of the text.
func Parse(text string) (*Key, error) {
	k := &Key{}
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		id, err := age.ParseX25519Identity(line)
		if err != nil {
			return nil, fmt.Errorf("line %d is no key of the form AGE-SECRET-KEY-1…", i+1)
		}
		if k.to == nil {
			k.to = id.Recipient()
		}
		k.identities = append(k.identities, id)
		k.recipients = append(k.recipients, id.Recipient().String())
	}
	if k.to == nil {
		return nil, errors.New("there is no line AGE-SECRET-KEY-1…")
	}
	return k, nil
}

// Recipient is the public half of the key that seals; "" for the nil Key.
func (k *Key) Recipient() string {
	if k == nil {
		return ""
	}
	return k.recipients[0]
}

// Opens tells whether the key opens what was sealed for that public half.
func (k *Key) Opens(recipient string) bool {
	return k != nil && slices.Contains(k.recipients, recipient)
}

// Seal returns a writer that seals into w. Closing it ends the sealed bytes
// and leaves w open.
func (k *Key) Seal(w io.Writer) (io.WriteCloser, error) {
	if k == nil {
		return open{w}, nil
	}
	sealed, err := age.Encrypt(w, k.to)
	if err != nil {
		return nil, fmt.Errorf("start encryption: %w", err)
	}
	return sealed, nil
}

type open struct{ io.Writer }

func (open) Close() error { return nil }

// Open returns the bytes behind r, be they sealed or not. Sealed bytes that
// the key does not open are a *KeyError. Sealed bytes that were changed or cut
// short end in an error, before or while they are read.
func (k *Key) Open(r io.Reader) (io.Reader, error) {
	in := bufio.NewReader(r)
	start, err := in.Peek(len(opening))
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read: %w", err)
	}
	if !bytes.Equal(start, []byte(opening)) {
		return in, nil
	}
	if k == nil {
		return nil, &KeyError{Missing: true}
	}
	plain, err := age.Decrypt(in, k.identities...)
	var mismatch *age.NoIdentityMatchError
	switch {
	case errors.As(err, &mismatch):
		return nil, &KeyError{Err: err}
	case err != nil:
		return nil, fmt.Errorf("start decryption: %w", err)
	}
	return plain, nil
}
