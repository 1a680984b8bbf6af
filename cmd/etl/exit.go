package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"strings"
	"syscall"

	"kefu/cmd/etl/internal/config"
	"kefu/cmd/etl/internal/terminal"
	"kefu/extract/lake"
	"kefu/extract/ledger"
	"kefu/extract/postgres"
	"kefu/extract/seal"
	"kefu/transform/rule/yamlnode"
)

// The exit codes.
const (
	exitDone        = 0
	exitFailed      = 1 // a unit or a check failed
	exitUsage       = 2 // bad configuration or usage
	exitEnvironment = 3 // no credentials, no server, disk full
	exitInterrupted = 130
)

// usageError is a command line that cannot be carried out.
type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

// usagef returns an error of usage.
func usagef(format string, args ...any) error {
	return &usageError{fmt.Errorf(format, args...)}
}

// environmentError is something outside of the program and its configuration.
type environmentError struct {
	err  error
	hint string
}

func (e *environmentError) Error() string { return e.err.Error() }
func (e *environmentError) Unwrap() error { return e.err }

// reported is an end whose reason has been printed already.
type reported struct{ code int }

func (e *reported) Error() string { return fmt.Sprintf("exit code %d", e.code) }

// exitCode is the one place that knows what an error means to the caller.
// Whatever is not said to be something else is a unit that failed.
func exitCode(ctx context.Context, err error) int {
	if err == nil {
		return exitDone
	}
	var (
		done  *reported
		usage *usageError
		bad   *config.Error
	)
	switch {
	case errors.As(err, &done):
		return done.code
	case errors.As(err, &usage):
		return exitUsage
	case errors.As(err, &bad):
		if bad.Environment() {
			return exitEnvironment
		}
		return exitUsage
	case ctx.Err() != nil && (errors.Is(err, context.Canceled) || interrupted(err)):
		return exitInterrupted
	case isEnvironment(err):
		return exitEnvironment
	default:
		return exitFailed
	}
}

// interrupted knows a cancelled statement of the embedded engines, which do not
// wrap the context's error.
func interrupted(err error) bool {
	text := strings.ToLower(err.Error())
	return strings.Contains(text, "interrupt") || strings.Contains(text, "context canceled")
}

func isEnvironment(err error) bool {
	var (
		environment *environmentError
		network     *net.OpError
		name        *net.DNSError
		locked      *ledger.LockedError
		key         *seal.KeyError
		server      *postgres.UnavailableError
		damage      *lake.DamageError
	)
	switch {
	case errors.As(err, &environment), errors.As(err, &network), errors.As(err, &name), errors.As(err, &locked), errors.As(err, &key), errors.As(err, &server),
		errors.As(err, &damage), errors.Is(err, ledger.ErrSecretChanged), errors.Is(err, ledger.ErrNewerLayout), errors.Is(err, lake.ErrNewerLayout), errors.Is(err, lake.ErrOlderLayout),
		errors.Is(err, lake.ErrClock), errors.Is(err, fs.ErrPermission):
		return true
	}
	for _, known := range []syscall.Errno{syscall.EROFS, syscall.EMFILE, syscall.ENFILE} {
		if errors.Is(err, known) {
			return true
		}
	}
	_, _, state := ledger.Trouble(err)
	return state || noRoom(err)
}

// noRoom tells whether a file could not grow: the disk or a quota is full, or
// files are limited in size.
func noRoom(err error) bool {
	for _, known := range []syscall.Errno{syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG} {
		if errors.Is(err, known) {
			return true
		}
	}
	// The embedded engine gives it as text.
	text := strings.ToLower(err.Error())
	for _, known := range []string{"no space left on device", "file too large", "disk quota exceeded", "database or disk is full"} {
		if strings.Contains(text, known) {
			return true
		}
	}
	return false
}

// explain prints why the program ends, unless the verb has done so.
func (a *app) explain(err error, code int) {
	var (
		done *reported
		bad  *config.Error
	)
	out := a.messages()
	switch {
	case errors.As(err, &done):
		return
	case errors.As(err, &bad):
		for _, p := range bad.Problems {
			a.complain(p)
		}
		return
	case code == exitInterrupted:
		out.Printf("%s interrupted; what was committed stays, the rest is planned again next time\n", out.Mark(terminal.Warning))
		return
	}
	out.Printf("%s %s\n", out.Paint(terminal.Failed, "error:"), err)
	for _, hint := range a.hints(err) {
		out.Printf("       %s\n", hint)
	}
}

// hints say what to do about an error.
func (a *app) hints(err error) []string {
	var (
		usage       *usageError
		environment *environmentError
		key         *seal.KeyError
		locked      *ledger.LockedError
		damage      *lake.DamageError
		out         []string
	)
	if errors.As(err, &environment) && environment.hint != "" {
		out = append(out, environment.hint)
	}
	if errors.As(err, &key) {
		out = append(out, "landing.key needs the key that the bytes were encrypted with; a newer one stands in the line above it")
	}
	if errors.As(err, &locked) {
		out = append(out, "--wait waits until it is done")
	}
	if errors.As(err, &damage) {
		out = append(out, "put that file back from a backup; nothing was changed, and the next run goes on")
	}
	if problem, hint, ok := ledger.Trouble(err); ok {
		out = append(out, "the state database "+a.state+" "+problem+": "+hint)
	} else if noRoom(err) {
		out = append(out, "free some space, or raise the limit of file sizes, then run again; what was committed stays")
	}
	if errors.As(err, &usage) {
		out = append(out, "`etl --help` lists the commands")
	}
	return out
}

// complain prints a problem of the configuration.
func (a *app) complain(p config.Problem) {
	out := a.messages()
	word := out.Paint(terminal.Failed, "error:")
	if p.Class == yamlnode.Warning {
		word = out.Paint(terminal.Warning, "warning:")
	}
	where := ""
	if p.Pos.File != "" {
		where = out.Bold(p.Pos.String()) + ": "
	}
	out.Printf("%s%s %s\n", where, word, p.Message)
	if p.Hint != "" {
		out.Printf("       %s\n", p.Hint)
	}
}
