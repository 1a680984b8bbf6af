package main

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"syscall"
	"time"
)

// usage is what one child process took.
type usage struct {
	Seconds float64 `json:"seconds"`     // wall clock, from start to exit
	CPU     float64 `json:"cpu_seconds"` // user and system
	Peak    int64   `json:"peak_bytes"`  // resident set (VmHWM)
}

// child runs a command to its end and measures it. What it wrote to stdout is
// returned.
func child(ctx context.Context, dir, name string, args ...string) (usage, []byte, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	start := time.Now()
	err := cmd.Run()
	u := usage{Seconds: time.Since(start).Seconds()}
	if err != nil {
		return u, nil, fmt.Errorf("run %s %v: %w\n%s%s", name, args, err, out.String(), errs.String())
	}
	u.CPU = (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds()
	if r, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		u.Peak = r.Maxrss << 10
	}
	return u, out.Bytes(), nil
}
