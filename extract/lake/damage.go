package lake

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
)

// DamageError says that a data file of a table is gone or cannot be read.
type DamageError struct {
	Table   string
	Path    string
	Problem string // "is missing", or what reading it gave
	Cause   error
}

// Error names the table and the file.
func (e *DamageError) Error() string {
	return fmt.Sprintf("table %s: data file %s %s", e.Table, e.Path, e.Problem)
}

// Unwrap returns the error in which the damage showed.
func (e *DamageError) Unwrap() error { return e.Cause }

// dataFile finds paths of data files in a text.
var dataFile = regexp.MustCompile(`/[^'"\n]*?\.parquet`)

// unreadable are the words of engines that cannot decode a file, which they do
// not always name.
var unreadable = []string{"parquet", "thrift", "decompress", "zstd", "corrupt", "magic bytes", "no such file", "no files found"}

// unwritable are the words of those that could not write a file; such an error
// is about a file that is not there yet.
var unwritable = []string{"could not write", "file too large", "no space left", "quota exceeded"}

// Examine looks for a missing or damaged data file behind an error of reading
// tables and returns a *DamageError, or the error as it is. The files that the
// error names are tried first, then those of the tables' heads and of the given
// snapshots.
func (l *Lake) Examine(ctx context.Context, err error, snapshots map[string]int64) error {
	if err == nil || ctx.Err() != nil {
		return err
	}
	text := err.Error()
	if containsAny(text, unwritable) {
		return err
	}
	for _, path := range dataFile.FindAllString(text, -1) {
		if damage := l.examine(ctx, path, err); damage != nil {
			return damage
		}
	}
	if containsAny(text, unreadable) {
		return l.examineAll(ctx, err, snapshots)
	}
	return err
}

func containsAny(text string, words []string) bool {
	text = strings.ToLower(text)
	return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(text, w) })
}

func (l *Lake) examineAll(ctx context.Context, cause error, snapshots map[string]int64) error {
	names, err := l.Tables(ctx)
	if err != nil {
		return cause
	}
	for _, name := range names {
		for _, snapshot := range []int64{0, snapshots[name]} {
			files, _, err := l.Files(ctx, name, snapshot)
			if err != nil {
				continue // that is not what is looked for
			}
			for _, f := range files {
				if damage := l.examine(ctx, f.Path, cause); damage != nil {
					return damage
				}
			}
		}
	}
	return cause
}

// examine reads one file of this lake, from its footer to its last page.
func (l *Lake) examine(ctx context.Context, path string, cause error) *DamageError {
	table := l.tableOf(path)
	if table == "" {
		return nil
	}
	problem := ""
	switch broken := readThrough(ctx, path); {
	case ctx.Err() != nil:
	case errors.Is(broken, fs.ErrNotExist):
		problem = "is missing"
	case broken != nil:
		problem = "cannot be read: " + broken.Error()
	}
	if problem == "" {
		return nil
	}
	return &DamageError{Table: table, Path: path, Problem: problem, Cause: cause}
}

// tableOf names the table that a path lies in, or "".
func (l *Lake) tableOf(path string) string {
	rel, err := filepath.Rel(l.root, path)
	table, _, inside := strings.Cut(filepath.ToSlash(rel), "/")
	if err != nil || !inside || strings.HasPrefix(table, ".") {
		return ""
	}
	return table
}

// readThrough reads a Parquet file as a whole. The reader panics on some broken
// files.
func readThrough(ctx context.Context, path string) (err error) {
	if _, err := os.Stat(path); err != nil {
		return err
	}
	defer func() {
		if broken := recover(); broken != nil {
			err = fmt.Errorf("decode: %v", broken)
		}
	}()
	r, err := file.OpenParquetFile(path, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	rows, err := pqarrow.NewFileReader(r, pqarrow.ArrowReadProperties{BatchSize: 1 << 14}, memory.DefaultAllocator)
	if err != nil {
		return err
	}
	batches, err := rows.GetRecordReader(ctx, nil, nil)
	if err != nil {
		return err
	}
	defer batches.Release()
	n := int64(0)
	for batches.Next() {
		n += batches.RecordBatch().NumRows()
	}
	if err := batches.Err(); err != nil {
		return err
	}
	if n != r.NumRows() {
		return fmt.Errorf("holds %d rows where its footer tells of %d", n, r.NumRows())
	}
	return nil
}
