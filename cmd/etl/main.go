// Command etl turns the customer-service exports of Chinese shops into KPIs.
// This package owns the verbs, one file each; it is the only place that knows
// which implementations there are.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() { os.Exit(realMain()) }

// realMain is main with its exit code returned.
func realMain() int {
	surviveSizeLimit()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// The first signal asks for a clean end; a second one ends at once.
	context.AfterFunc(ctx, stop)
	a := &app{in: os.Stdin, out: os.Stdout, err: os.Stderr, lookup: os.LookupEnv}
	return a.run(ctx, os.Args[1:])
}
