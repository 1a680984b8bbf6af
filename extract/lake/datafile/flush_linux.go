package datafile

import (
	"os"

	"golang.org/x/sys/unix"
)

// flush lets the system begin to write a file to disk, and does not wait for it:
// whoever makes the file durable later finds most of it done. It promises nothing.
func flush(f *os.File) {
	conn, err := f.SyscallConn()
	if err != nil {
		return
	}
	_ = conn.Control(func(fd uintptr) { _ = unix.SyncFileRange(int(fd), 0, 0, unix.SYNC_FILE_RANGE_WRITE) })
}
