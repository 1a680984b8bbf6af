package file

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"kefu/extract"
)

// inMemory is how large a file may be that must be readable at any place;
// larger ones go through a temporary file.
const inMemory = 32 << 20

// spooled is the bytes of a file, readable at any place.
type spooled struct {
	io.ReaderAt
	size int64
	head []byte   // the first bytes
	file *os.File // nil when in memory
}

// spool copies a file's bytes to where they can be read at any place.
func spool(f File) (*spooled, error) {
	body, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer body.Close()
	head, err := io.ReadAll(io.LimitReader(body, inMemory))
	if err != nil {
		return nil, err
	}
	if len(head) == 0 {
		return nil, errEmpty()
	}
	if len(head) < inMemory {
		return &spooled{ReaderAt: bytes.NewReader(head), size: int64(len(head)), head: head}, nil
	}
	file, err := os.CreateTemp("", "export-*")
	if err != nil {
		return nil, fmt.Errorf("create temporary file: %w", err)
	}
	s := &spooled{ReaderAt: file, head: bytes.Clone(head[:16]), file: file}
	if s.size, err = io.Copy(file, io.MultiReader(bytes.NewReader(head), body)); err != nil {
		return nil, errors.Join(fmt.Errorf("copy to temporary file: %w", err), s.Close())
	}
	return s, nil
}

// Close lets go of the temporary file.
func (s *spooled) Close() error {
	if s.file == nil {
		return nil
	}
	return errors.Join(s.file.Close(), os.Remove(s.file.Name()))
}

func errEmpty() *extract.FileError {
	return &extract.FileError{Problem: "the file is empty", Hint: "export it again, or take it away"}
}
