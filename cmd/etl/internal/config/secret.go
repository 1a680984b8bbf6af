package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"kefu/extract/seal"
	"kefu/transform/rule/yamlnode"
)

// SecretRef names where a key is found; it never holds the key itself. The zero
// value names none.
type SecretRef struct {
	Pos  yamlnode.Pos
	File string // a file that only its owner may read
	Env  string // or an environment variable
}

// minSecret is how many bytes the key of buyers' ids must have.
const minSecret = 16

// Secret reads the key of buyers' ids. It is needed with privacy.buyer_id:
// plain as well: what a masked id shows is only ever compared as a keyed hash.
// The error is an *Error of class Environment.
func (c *Config) Secret(lookup yamlnode.Lookup) ([]byte, error) {
	ref, what := c.Privacy.Secret, "the key of buyers' ids"
	text, err := ref.read(lookup, what, "`etl init` makes one; an existing lake needs the key that it was made with")
	if err != nil {
		return nil, err
	}
	key := strings.TrimSpace(text)
	if len(key) < minSecret {
		return nil, ref.missing("", "%s, %s, has fewer than %d characters", what, ref.name(), minSecret)
	}
	return []byte(key), nil
}

// LandingKey reads the key that landing and quarantine are encrypted with; nil
// where none is configured. The error is an *Error of class Environment.
func (c *Config) LandingKey(lookup yamlnode.Lookup) (*seal.Key, error) {
	ref, what := c.Landing.Key, "landing.key, which encrypts what was received"
	if ref == (SecretRef{}) {
		return nil, nil
	}
	text, err := ref.read(lookup, what, "`etl init` makes one; what was encrypted before needs the key that it was encrypted with")
	if err != nil {
		return nil, err
	}
	key, err := seal.Parse(text)
	if err != nil {
		return nil, ref.missing("`etl init` makes one where the file is missing", "%s, %s, cannot be used: %s", what, ref.name(), err)
	}
	return key, nil
}

// read returns the text that holds the key; what says whose key it is, absent
// what to do where its file is missing.
func (r SecretRef) read(lookup yamlnode.Lookup, what, absent string) (string, error) {
	if r.Env != "" {
		value, ok := lookup(r.Env)
		if !ok {
			return "", r.missing("export "+r.Env+"=…", "environment variable %s, %s, is not set", r.Env, what)
		}
		return value, nil
	}
	info, err := os.Stat(r.File)
	if errors.Is(err, fs.ErrNotExist) {
		return "", r.missing(absent, "%s, %s, does not exist", what, r.File)
	}
	if err != nil {
		return "", r.missing("", "%s cannot be read: %s", what, err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return "", r.missing("chmod 600 "+r.File, "%s, %s, can be read by others (mode %04o)", what, r.File, info.Mode().Perm())
	}
	data, err := os.ReadFile(r.File)
	if err != nil {
		return "", r.missing("", "%s cannot be read: %s", what, err)
	}
	return string(data), nil
}

func (r SecretRef) missing(hint, format string, args ...any) error {
	return &Error{Problems: []Problem{{Pos: r.Pos, Class: yamlnode.Environment, Message: fmt.Sprintf(format, args...), Hint: hint}}}
}

func (r SecretRef) name() string {
	if r.Env != "" {
		return "environment variable " + r.Env
	}
	return r.File
}
