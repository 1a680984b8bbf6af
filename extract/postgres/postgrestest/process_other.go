//go:build !linux

package postgrestest

import (
	"os/exec"
	"syscall"
)

// immediate is the signal on which a server ends at once, without a checkpoint.
const immediate = syscall.SIGQUIT

// giveAway does nothing: here the server runs as whoever runs the tests, who
// must not be root.
func giveAway(string) error { return nil }

func unprivileged(*exec.Cmd) {}
