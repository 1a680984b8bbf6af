package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// UnavailableError says that the server, the network or the rights that it
// grants are at fault: the same work may succeed once those are mended.
type UnavailableError struct{ err error }

// Error tells what happened, on one line.
func (e *UnavailableError) Error() string { return e.err.Error() }

// Unwrap returns what happened.
func (e *UnavailableError) Unwrap() error { return e.err }

// shownError is an error whose text is fit to be shown.
type shownError struct {
	error
	text string
}

func (e *shownError) Error() string { return e.text }
func (e *shownError) Unwrap() error { return e.error }

// Explain makes an error of the driver fit to be shown: without the password,
// on one line, with the server's detail where that names no row. It is an
// *UnavailableError where the server is at fault. nil stays nil.
func (s *Server) Explain(err error) error {
	var known *UnavailableError
	if err == nil || errors.As(err, &known) {
		return err
	}
	text := strings.Join(strings.Fields(err.Error()), " ")
	for _, secret := range s.secrets {
		text = strings.ReplaceAll(text, secret, "*****")
	}
	var told *pgconn.PgError
	if errors.As(err, &told) && slices.Contains(detailed, told.Code) && told.Detail != "" {
		text += ": " + strings.Join(strings.Fields(told.Detail), " ")
	}
	if text != err.Error() {
		err = &shownError{err, text}
	}
	switch {
	case errors.Is(err, context.Canceled):
		return err // we ended it
	case lost(err):
		return &UnavailableError{fmt.Errorf("the connection to %s was lost: %w", s, err)}
	case unavailable(err):
		return &UnavailableError{err}
	}
	return err
}

// lost knows the ends of a connection, whose own words do not name the server.
func lost(err error) bool {
	var connect *pgconn.ConnectError
	if errors.As(err, &connect) {
		return false // it never was
	}
	for _, end := range []error{io.ErrUnexpectedEOF, io.EOF, pgconn.ErrConnClosed, net.ErrClosed} {
		if errors.Is(err, end) {
			return true
		}
	}
	return false
}

// detailed are the conditions whose detail names objects, and never values.
var detailed = []string{
	"2BP01", // dependent objects still exist
	"53100", // disk full
}

// unavailable knows the conditions that no change of ours can mend.
func unavailable(err error) bool {
	var (
		connect *pgconn.ConnectError
		network net.Error
		told    *pgconn.PgError
	)
	switch {
	case errors.As(err, &told):
		for _, class := range []string{
			"08",    // connection exception
			"28",    // wrong password, no such user
			"3D",    // no such database
			"53",    // disk full, out of memory, too many connections
			"57P",   // shut down, crashed, starting up
			"58",    // input or output error of the server
			"25006", // a standby, which only reads
			"42501", // no privilege
		} {
			if strings.HasPrefix(told.Code, class) {
				return true
			}
		}
		return false
	case errors.As(err, &connect), errors.As(err, &network):
		return true
	}
	return false
}
