package postgrestest

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
)

var errMissing = errors.New("PostgreSQL's server binaries (initdb, postgres) are not on this machine: " +
	"`make postgres` installs them on Debian and Ubuntu; elsewhere install PostgreSQL 14 or later, or put its bin folder on PATH")

// Where distributions keep the binaries of a server, which is not on PATH.
var homes = []string{
	"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/usr/local/pgsql/bin", "/usr/libexec/postgresql*",
	"/opt/homebrew/opt/postgresql@*/bin", "/usr/local/opt/postgresql@*/bin",
}

// binaries returns the folder of initdb and postgres: what PATH says, else the
// newest version.
func binaries() (string, error) {
	if path, err := exec.LookPath("postgres"); err == nil {
		if path, err = filepath.EvalSymlinks(path); err == nil && whole(filepath.Dir(path)) {
			return filepath.Dir(path), nil
		}
	}
	best, newest := "", 0
	for _, pattern := range homes {
		folders, err := filepath.Glob(pattern)
		if err != nil {
			return "", fmt.Errorf("look for PostgreSQL: %w", err)
		}
		for _, folder := range folders {
			if v := version(folder); v > newest && whole(folder) {
				best, newest = folder, v
			}
		}
	}
	if best == "" {
		return "", errMissing
	}
	return best, nil
}

// whole tells whether a folder holds both programs.
func whole(folder string) bool {
	for _, name := range []string{"postgres", "initdb"} {
		if _, err := exec.LookPath(filepath.Join(folder, name)); err != nil {
			return false
		}
	}
	return true
}

var majorVersion = regexp.MustCompile(`\) (\d+)`)

// version is the major version of the binaries in a folder, 0 when they do not
// tell.
func version(bin string) int {
	out, err := exec.CommandContext(context.Background(), filepath.Join(bin, "postgres"), "--version").Output()
	if err != nil {
		return 0
	}
	found := majorVersion.FindSubmatch(out)
	if found == nil {
		return 0
	}
	n, err := strconv.Atoi(string(found[1]))
	if err != nil {
		return 0
	}
	return n
}
