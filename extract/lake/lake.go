// Package lake owns the Iceberg tables: it creates and evolves them, tells
// which Parquet files a snapshot holds and commits new sets of files. The rest
// of the program writes and reads the files by path and never sees Iceberg.
package lake

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/apache/iceberg-go"
	"github.com/apache/iceberg-go/catalog"
	icebergsql "github.com/apache/iceberg-go/catalog/sql"
	"github.com/apache/iceberg-go/table"
	"github.com/google/uuid"
	_ "modernc.org/sqlite" // the catalog's default driver

	"kefu/extract/postgres"
)

const (
	// CatalogName is the catalog's name in the catalog database.
	CatalogName = "lake"
	// Namespace holds all tables.
	Namespace = "kefu"
	// PropRun is the snapshot property that carries the id of the run that
	// made the snapshot.
	PropRun = "kefu.run-id"
	// busyWait is how long a statement waits for other programs that have the
	// catalog locked.
	busyWait = 10 * time.Second
	// Empty is the snapshot id of a table that never held a row.
	Empty int64 = -1
)

var (
	// ErrConflict says that another process committed to the table meanwhile:
	// nothing was changed, the caller has to look again and decide anew.
	ErrConflict = errors.New("the table was changed by another process meanwhile")
	// ErrNoTable says that there is no table of that name.
	ErrNoTable = errors.New("no such table")
	// ErrClock says that the machine's clock is behind the table's last change:
	// snapshots must follow each other in time.
	ErrClock = errors.New("the clock of this machine is behind the last change; set it right, then run again")
	// ErrNoSnapshot says that the table has no such snapshot (any more).
	ErrNoSnapshot = errors.New("no such snapshot")
)

// Options say where a lake is.
type Options struct {
	// Catalog is the SQLite file of the catalog.
	Catalog string
	// Server holds the catalog instead, in the tables of that schema.
	Server *postgres.Server
	Schema string
	// Root is the directory that holds one folder per table.
	Root string
	// Recover opens a lake also where the catalog was lost: for Rebuild.
	Recover bool
}

// Lake is an open lake. It is safe for concurrent use.
type Lake struct {
	db     *sql.DB
	sqlite bool
	cat    *icebergsql.Catalog
	props  iceberg.Properties // the catalog's own, which reach the storage
	root   string             // absolute directory
	base   string             // root as the metadata spells it, without a trailing slash

	mu    sync.Mutex
	cache map[cacheKey][]File // snapshots never change
}

type cacheKey struct {
	table    string
	snapshot int64
}

// Open opens the lake and creates its directory and catalog where missing.
//
// Metadata name their files by absolute location. The root's location at the
// time of creation is kept in the catalog; a lake that was moved since is
// read and written through a translation of that location, so a directory and
// its state can be moved or copied together.
func Open(ctx context.Context, opts Options) (*Lake, error) {
	root, err := filepath.Abs(opts.Root)
	if err != nil {
		return nil, fmt.Errorf("resolve lake directory %s: %w", opts.Root, err)
	}
	if err := os.MkdirAll(root, 0o755); err != nil {
		return nil, fmt.Errorf("create lake directory: %w", err)
	}
	l := &Lake{sqlite: opts.Server == nil, root: root, props: iceberg.Properties{}, cache: map[cacheKey][]File{}}
	dialect := icebergsql.SQLite
	if opts.Server != nil {
		dialect = icebergsql.Postgres
		if err := opts.Server.MakeSchema(ctx, opts.Schema); err != nil {
			return nil, fmt.Errorf("open lake catalog: %w", err)
		}
		l.db = opts.Server.Pool(opts.Schema, postgres.Session{LockWait: busyWait})
	} else if l.db, err = sql.Open("sqlite", sqliteDSN(opts.Catalog)); err != nil {
		return nil, fmt.Errorf("open lake catalog: %w", err)
	}
	err = errors.Join(l.checkLayout(), l.connect(ctx, dialect))
	if err == nil && !opts.Recover {
		err = l.checkState(ctx)
	}
	if err != nil {
		l.db.Close()
		return nil, err
	}
	return l, nil
}

// connect opens the catalog and finds out whether the lake was moved.
func (l *Lake) connect(ctx context.Context, dialect icebergsql.SupportedDialect) error {
	registerStorage()
	cat, err := l.newCatalog(ctx, dialect)
	if err != nil {
		return fmt.Errorf("open lake catalog: %w", err)
	}
	l.cat = cat
	location := locationOf(l.root)
	ns := table.Identifier{Namespace}
	known, err := cat.LoadNamespaceProperties(ctx, ns)
	if errors.Is(err, catalog.ErrNoSuchNamespace) {
		err = cat.CreateNamespace(ctx, ns, iceberg.Properties{"location": location})
		if errors.Is(err, catalog.ErrNamespaceAlreadyExists) {
			err = nil // another process was first
		}
		if err == nil {
			known, err = cat.LoadNamespaceProperties(ctx, ns)
		}
	}
	if err != nil {
		return fmt.Errorf("read lake catalog: %w", err)
	}
	l.relocate(known["location"])
	return l.checkRoot(ctx)
}

// newCatalog opens the catalog and makes its tables where they are missing. On a
// server only one process at a time can make a table of one name.
func (l *Lake) newCatalog(ctx context.Context, dialect icebergsql.SupportedDialect) (*icebergsql.Catalog, error) {
	if !l.sqlite {
		conn, err := l.db.Conn(ctx)
		if err != nil {
			return nil, err
		}
		defer func() { _ = conn.Close() }() // what counts is committed
		if _, err := conn.ExecContext(ctx, "select pg_advisory_lock(hashtextextended('kefu catalog ' || current_schema(), 0))"); err != nil {
			return nil, err
		}
		defer func() {
			_, _ = conn.ExecContext(context.WithoutCancel(ctx), "select pg_advisory_unlock_all()") // else it ends with the connection
		}()
	}
	return icebergsql.NewCatalog(CatalogName, l.db, dialect, l.props)
}

// relocate tells the storage where the files of that location are now. The
// properties are the catalog's: nothing else may use the lake meanwhile.
func (l *Lake) relocate(location string) {
	l.base = strings.TrimSuffix(location, "/")
	clear(l.props)
	if l.base != locationOf(l.root) {
		l.props[propMovedFrom], l.props[propMovedTo] = l.base, l.root
	}
}

// checkRoot refuses a root that is not the directory the catalog speaks of.
func (l *Lake) checkRoot(ctx context.Context) error {
	names, err := l.Tables(ctx)
	if err != nil {
		return err
	}
	for _, name := range names {
		if _, err := os.Stat(filepath.Join(l.root, name, "metadata")); err != nil {
			return fmt.Errorf("lake directory %s lacks table %s of the catalog (the lake was created at %s): %w",
				l.root, name, l.base, err)
		}
	}
	return nil
}

// Close releases the catalog.
func (l *Lake) Close() error {
	if err := errors.Join(l.cat.Close(), l.db.Close()); err != nil {
		return fmt.Errorf("close lake catalog: %w", err)
	}
	return nil
}

// Root returns the lake's absolute directory.
func (l *Lake) Root() string { return l.root }

// Tables lists the lake's tables by name.
func (l *Lake) Tables(ctx context.Context) ([]string, error) {
	var names []string
	for ident, err := range l.cat.ListTables(ctx, table.Identifier{Namespace}) {
		if err != nil {
			return nil, fmt.Errorf("list lake tables: %w", err)
		}
		names = append(names, ident[len(ident)-1])
	}
	slices.Sort(names)
	return names, nil
}

// NewFilePath returns where to write a data file that is not committed yet:
// a unique path in the table's folder, which it creates.
func (l *Lake) NewFilePath(name, partition string) string {
	dir := filepath.Join(l.root, name, "data", partition)
	// A failure shows when the file is written.
	_ = os.MkdirAll(dir, 0o755)
	id, err := uuid.NewV7()
	if err != nil {
		id = uuid.New()
	}
	return filepath.Join(dir, id.String()+".parquet")
}

// load reads the table's current metadata.
func (l *Lake) load(ctx context.Context, name string) (*table.Table, error) {
	t, err := l.cat.LoadTable(ctx, identifier(name))
	if errors.Is(err, catalog.ErrNoSuchTable) {
		return nil, fmt.Errorf("load table %s: %w", name, ErrNoTable)
	}
	if err != nil {
		return nil, fmt.Errorf("load table %s: %w", name, err)
	}
	return t, nil
}

func identifier(name string) table.Identifier { return table.Identifier{Namespace, name} }

// locationOf spells a path the way metadata do.
func locationOf(path string) string {
	return (&url.URL{Scheme: "file", Path: filepath.ToSlash(path)}).String()
}

// logical returns the location that metadata use for a file of this lake.
func (l *Lake) logical(path string) (string, error) {
	rel, err := filepath.Rel(l.root, path)
	if err != nil || rel == ".." || strings.HasPrefix(rel, ".."+string(filepath.Separator)) {
		return "", fmt.Errorf("data file %s is outside of the lake %s", path, l.root)
	}
	return l.base + (&url.URL{Path: "/" + filepath.ToSlash(rel)}).String(), nil
}

// physical returns the path of a location found in metadata.
func (l *Lake) physical(location string) (string, error) {
	return storage{from: l.base, to: l.root}.path(location)
}

func sqliteDSN(path string) string {
	return (&url.URL{Scheme: "file", Opaque: url.PathEscape(path)}).String() +
		fmt.Sprintf("?_txlock=immediate&_pragma=busy_timeout(%d)", busyWait.Milliseconds()) + "&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)"
}
