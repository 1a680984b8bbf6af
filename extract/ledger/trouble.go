package ledger

import (
	"errors"

	"modernc.org/sqlite"
)

// Primary result codes of SQLite.
const (
	sqliteBusy     = 5
	sqliteLocked   = 6
	sqliteReadOnly = 8
	sqliteIOError  = 10
	sqliteCorrupt  = 11
	sqliteFull     = 13
	sqliteCantOpen = 14
	sqliteNoDB     = 26
)

// Trouble tells what is wrong with the state's file, where an error came from
// that: a clause such as "is locked by another process", with what to do. It is
// false for errors that have another cause.
func Trouble(err error) (problem, hint string, ok bool) {
	var failed *sqlite.Error
	if !errors.As(err, &failed) {
		return "", "", false
	}
	switch failed.Code() & 0xff {
	case sqliteBusy, sqliteLocked:
		return "is locked by another program", "close that (a database browser, a copy being made), then run again", true
	case sqliteReadOnly, sqliteCantOpen:
		return "cannot be opened for writing", "give this user the right to write the file and its folder", true
	case sqliteFull, sqliteIOError:
		return "cannot be written or read: the disk is full, or the file may not grow", "free some space, then run again; what was committed stays", true
	case sqliteCorrupt, sqliteNoDB:
		return "is damaged", "put a backup in its place", true
	default:
		return "", "", false
	}
}
