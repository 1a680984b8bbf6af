package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"kefu/transform/rule/yamlnode"
)

// SecretRef names where the key of the buyers' hashes is found; it never holds
// the key itself.
type SecretRef struct {
	Pos  yamlnode.Pos
	File string // a file that only its owner may read
	Env  string // or an environment variable
}

// minSecret is how many bytes a key must have.
const minSecret = 16

// Secret reads the key. It is needed with privacy.buyer_id: plain as well: what
// a masked id shows is only ever compared as a keyed hash. The error is an
// *Error of class Environment.
func (c *Config) Secret(lookup yamlnode.Lookup) ([]byte, error) {
	ref := c.Privacy.Secret
	missing := func(hint, format string, args ...any) error {
		return &Error{Problems: []Problem{{Pos: ref.Pos, Class: yamlnode.Environment, Message: fmt.Sprintf(format, args...), Hint: hint}}}
	}
	var text string
	switch {
	case ref.Env != "":
		value, ok := lookup(ref.Env)
		if !ok {
			return nil, missing("export "+ref.Env+"=…", "environment variable %s, the key of buyers' ids, is not set", ref.Env)
		}
		text = value
	case ref.File != "":
		info, err := os.Stat(ref.File)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, missing("`etl init` makes one; an existing lake needs the key that it was made with", "the key of buyers' ids, %s, does not exist", ref.File)
		}
		if err != nil {
			return nil, missing("", "the key of buyers' ids cannot be read: %s", err)
		}
		if info.Mode().Perm()&0o077 != 0 {
			return nil, missing("chmod 600 "+ref.File, "the key of buyers' ids, %s, can be read by others (mode %04o)", ref.File, info.Mode().Perm())
		}
		data, err := os.ReadFile(ref.File)
		if err != nil {
			return nil, missing("", "the key of buyers' ids cannot be read: %s", err)
		}
		text = string(data)
	}
	key := strings.TrimSpace(text)
	if len(key) < minSecret {
		return nil, missing("", "the key of buyers' ids, %s, has fewer than %d characters", ref.name(), minSecret)
	}
	return []byte(key), nil
}

func (r SecretRef) name() string {
	if r.Env != "" {
		return "environment variable " + r.Env
	}
	return r.File
}
