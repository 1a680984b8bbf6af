// Package ledger owns the state database: what ran, which files were loaded,
// what was rejected, who holds which lease and what is published. It is an
// SQLite file, or a schema on a PostgreSQL server where several machines share
// the work. The Iceberg catalog lives in the same place under tables of its own.
//
// Secrets and buyers' ids never enter it, but for the raw rows of the
// quarantine: these are encrypted where there is a key, and the file or schema
// is readable by its owner only.
package ledger

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"kefu/extract/postgres"
)

var (
	// ErrNotFound says that the state holds no such row.
	ErrNotFound = errors.New("not found")
	// ErrNewerLayout says that a newer program made what is read.
	ErrNewerLayout = errors.New("it is of a newer program")
	// ErrSecretChanged says that the privacy secret is not the one that the
	// buyers' ids of this installation were hashed with.
	ErrSecretChanged = errors.New("the privacy secret differs from the one this lake was built with; buyers would no longer match: restore the old secret, or start a new lake and state")
)

// Ledger is an open state database. It is safe for concurrent use, also by
// several processes.
type Ledger struct {
	db     *sql.DB
	server *postgres.Server // nil = a file
	schema string           // on the server
	host   string
	sealer Sealer // nil = rejected rows are kept as they are
}

// Sealer encrypts the bytes of rejected rows and opens them again.
type Sealer interface {
	// Seal returns a writer that encrypts into w; without a key, as it is.
	Seal(w io.Writer) (io.WriteCloser, error)
	// Open returns the bytes behind r, whether they are encrypted or not.
	Open(r io.Reader) (io.Reader, error)
}

// Option changes how a ledger keeps what it is given.
type Option func(*Ledger)

// Protected keeps the bytes of rejected rows encrypted where the sealer has a
// key.
func Protected(sealer Sealer) Option { return func(l *Ledger) { l.sealer = sealer } }

// Open opens the state database in a file, creates it where missing and brings
// an older layout up to date. A layout newer than this program is refused.
func Open(ctx context.Context, path string, options ...Option) (*Ledger, error) {
	if err := guard(path); err != nil {
		return nil, err
	}
	db, err := sql.Open("sqlite", dsn(path))
	if err != nil {
		return nil, fmt.Errorf("open state %s: %w", path, err)
	}
	l := &Ledger{db: db}
	if err := l.start(ctx, options); err != nil {
		return nil, fmt.Errorf("open state %s: %w", path, err)
	}
	return l, nil
}

// OpenServer opens the state in a schema of a PostgreSQL database, as Open does
// in a file.
func OpenServer(ctx context.Context, server *postgres.Server, schema string, options ...Option) (*Ledger, error) {
	if err := server.MakeSchema(ctx, schema); err != nil {
		return nil, fmt.Errorf("open state: %w", err)
	}
	l := &Ledger{server: server, schema: schema, db: server.Pool(schema, postgres.Session{Rewrite: serverStatement, Begin: serverBegin, LockWait: busyWait})}
	if err := l.start(ctx, options); err != nil {
		return nil, fmt.Errorf("open state in %s: %w", server, err)
	}
	return l, nil
}

// OnServer tells whether the schema holds a state.
func OnServer(ctx context.Context, server *postgres.Server, schema string) (bool, error) {
	return server.Exists(ctx, schema, "schema_version")
}

// start brings the layout up to date and finds out who we are; on an error the
// database is closed.
func (l *Ledger) start(ctx context.Context, options []Option) error {
	err := migrate(ctx, l.db, migrations)
	if err == nil {
		l.host, err = hostName(l.server != nil)
	}
	if err != nil {
		l.db.Close()
		return err
	}
	for _, o := range options {
		o(l)
	}
	return nil
}

// Close closes the database.
func (l *Ledger) Close() error {
	if err := l.db.Close(); err != nil {
		return fmt.Errorf("close state: %w", err)
	}
	return nil
}

// guard sees to it that only the owner can read the state. It opens no
// existing file: closing one would release SQLite's locks of this process.
func guard(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("create state directory: %w", err)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	switch {
	case err == nil:
		if err := f.Close(); err != nil {
			return fmt.Errorf("create state %s: %w", path, err)
		}
		return nil
	case !errors.Is(err, fs.ErrExist):
		return fmt.Errorf("create state: %w", err)
	}
	for _, name := range []string{path, path + "-wal", path + "-shm"} {
		info, err := os.Stat(name)
		if err != nil || info.Mode().Perm()&0o077 == 0 {
			continue
		}
		if err := os.Chmod(name, 0o600); err != nil {
			return fmt.Errorf("make state owner-only: %w", err)
		}
	}
	return nil
}

// busyWait is how long a statement waits for other programs that have the state
// locked.
const busyWait = 10 * time.Second

func dsn(path string) string {
	return (&url.URL{Scheme: "file", Opaque: url.PathEscape(path)}).String() +
		fmt.Sprintf("?_txlock=immediate&_pragma=busy_timeout(%d)", busyWait.Milliseconds()) + "&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)" +
		"&_pragma=secure_delete(1)" // rows that go leave nothing behind in the file
}

// Backup writes a consistent copy of the state, the Iceberg catalog included,
// while it is in use. The target must not exist; it appears whole. A state on a
// server is backed up with the server's own tools.
func (l *Ledger) Backup(ctx context.Context, target string) error {
	if l.server != nil {
		return fmt.Errorf("back up state: it is in schema %s of %s: use pg_dump --schema=%[1]s, or what the server is backed up with", l.schema, l.server)
	}
	if _, err := os.Stat(target); err == nil {
		return fmt.Errorf("back up state to %s: the file exists", target)
	}
	part := target + ".partial"
	if err := os.Remove(part); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("back up state: %w", err)
	}
	f, err := os.OpenFile(part, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("back up state: %w", err)
	}
	_, err = l.db.ExecContext(ctx, "vacuum into ?", part)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("back up state to %s: %w", target, errors.Join(err, os.Remove(part)))
	}
	if err := os.Rename(part, target); err != nil {
		return fmt.Errorf("back up state: %w", err)
	}
	return nil
}

// Meta returns the value kept under the key, and whether there is one.
func (l *Ledger) Meta(ctx context.Context, key string) (string, bool, error) {
	var value string
	err := l.db.QueryRowContext(ctx, "select value from meta where key = ?", key).Scan(&value)
	if errors.Is(err, sql.ErrNoRows) {
		return "", false, nil
	}
	if err != nil {
		return "", false, fmt.Errorf("read meta %s: %w", key, err)
	}
	return value, true, nil
}

// SetMeta keeps a value under the key.
func (l *Ledger) SetMeta(ctx context.Context, key, value string) error {
	_, err := l.db.ExecContext(ctx,
		"insert into meta (key, value) values (?, ?) on conflict (key) do update set value = excluded.value", key, value)
	if err != nil {
		return fmt.Errorf("keep meta %s: %w", key, err)
	}
	return nil
}

// first keeps the value under the key unless there is one, and returns what is
// kept.
func (l *Ledger) first(ctx context.Context, key, value string) (string, error) {
	_, err := l.db.ExecContext(ctx, "insert into meta (key, value) values (?, ?) on conflict (key) do nothing", key, value)
	if err != nil {
		return "", fmt.Errorf("keep meta %s: %w", key, err)
	}
	kept, _, err := l.Meta(ctx, key)
	return kept, err
}

// InstallationID returns the id that this state was given when it was made.
func (l *Ledger) InstallationID(ctx context.Context) (string, error) {
	return l.first(ctx, "installation_id", newID(time.Now()))
}

// CheckSecret refuses a privacy secret other than the first one it was given,
// with ErrSecretChanged. Only a keyed digest of a constant is kept.
func (l *Ledger) CheckSecret(ctx context.Context, secret []byte) error {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte("kefu privacy secret check"))
	sum := hex.EncodeToString(mac.Sum(nil)[:16])
	kept, err := l.first(ctx, "privacy_secret_check", sum)
	if err != nil {
		return err
	}
	if !hmac.Equal([]byte(kept), []byte(sum)) {
		return ErrSecretChanged
	}
	return nil
}

// inTx runs fn in a transaction that holds the write lock from its start.
func (l *Ledger) inTx(ctx context.Context, what string, fn func(*sql.Tx) error) error {
	tx, err := l.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	if err := fn(tx); err != nil {
		return fmt.Errorf("%s: %w", what, errors.Join(err, tx.Rollback()))
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// timeLayout has a fixed width, so that times sort as text.
const timeLayout = "2006-01-02T15:04:05.000000000Z07:00"

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(timeLayout)
}

func parseTime(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return time.Time{}, fmt.Errorf("read time: %w", err)
	}
	return t.UTC(), nil
}

// parseTimes reads pairs of target and text.
func parseTimes(pairs map[*time.Time]string) error {
	for target, text := range pairs {
		t, err := parseTime(text)
		if err != nil {
			return err
		}
		*target = t
	}
	return nil
}

// jsonText renders a value as JSON, nothing as "".
func jsonText(v any) (string, error) {
	if v == nil {
		return "", nil
	}
	b, err := json.Marshal(v)
	if err != nil {
		return "", fmt.Errorf("render JSON: %w", err)
	}
	return string(b), nil
}

func parseJSON(text string, into any) error {
	if text == "" {
		return nil
	}
	if err := json.Unmarshal([]byte(text), into); err != nil {
		return fmt.Errorf("read JSON: %w", err)
	}
	return nil
}

const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// newID returns 26 characters that sort by time: 48 bits of milliseconds, then
// 80 random bits.
func newID(at time.Time) string {
	var b [16]byte
	ms := uint64(at.UnixMilli())
	for i := range 6 {
		b[i] = byte(ms >> (40 - 8*i))
	}
	_, _ = rand.Read(b[6:]) // never fails
	out := make([]byte, 26)
	acc, bits, pos := uint32(0), 2, 0 // 130 bits for 128: two leading zeros
	for _, c := range b {
		acc, bits = acc<<8|uint32(c), bits+8
		for bits >= 5 {
			bits -= 5
			out[pos] = crockford[acc>>bits&31]
			pos++
		}
	}
	return string(out)
}
