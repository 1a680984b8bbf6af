//go:build unix

package main

import (
	"os/signal"
	"syscall"
)

// surviveSizeLimit makes a write that meets a limit of file sizes (ulimit -f) an
// error like that of a full disk. By default it ends the process, for the
// engine's threads are not Go's.
func surviveSizeLimit() { signal.Ignore(syscall.SIGXFSZ) }
