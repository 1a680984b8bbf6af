// Command bench measures etl on generated data beside a rival that does as
// little as possible with them: DuckDB, the same library, reading the same
// files into sorted Parquet. Both run in turns, so that a busy machine is busy
// for both.
//
//	go run -tags duckdb_arrow ./testdata/bench -etl bin/etl
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// options are what the command line says.
type options struct {
	etl     string // the binary to measure
	cache   string // where generated data and runs stand
	buyers  int    // of the generated shop; ten messages and one order each
	repeat  int
	memory  string // engine.memory_limit of etl while it reads
	compute string // and while it does everything else; "" = its default
	threads int
	only    string // sections, "" = all
	json    bool
	keep    bool // leave the last run's files
}

func main() {
	if len(os.Args) > 2 && os.Args[1] == rivalVerb {
		os.Exit(rivalMain(os.Args[2:]))
	}
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	o, err := parse(args)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	b, err := newBench(ctx, o)
	if err != nil {
		return err
	}
	for _, s := range sections {
		if o.only != "" && !slices.Contains(strings.Split(o.only, ","), s.name) {
			continue
		}
		if err := s.measure(ctx, b); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}
	clean := b.removeLeft
	if !o.keep {
		clean = func() error { return os.RemoveAll(b.work) }
	}
	if err := clean(); err != nil {
		return fmt.Errorf("clean up: %w", err)
	}
	if o.json {
		return b.result.printJSON(os.Stdout)
	}
	return b.result.print(os.Stdout)
}

// sections are what is measured, in this order: later ones may use what
// earlier ones leave behind, and make it themselves where they run alone.
var sections = []struct {
	name    string
	measure func(context.Context, *bench) error
}{
	{"start", measureStart},
	{"ingest", measureIngest},
	{"models", measureModels},
	{"idle", measureIdle},
	{"load", measureLoad},
}

func parse(args []string) (options, error) {
	var o options
	cache, err := os.UserCacheDir()
	if err != nil {
		return o, fmt.Errorf("find the cache: %w", err)
	}
	names := make([]string, len(sections))
	for i, s := range sections {
		names[i] = s.name
	}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.StringVar(&o.etl, "etl", "bin/etl", "binary to measure")
	flags.StringVar(&o.cache, "cache", filepath.Join(cache, "kefu", "bench"), "folder for generated data and runs; takes 3 GB")
	flags.IntVar(&o.buyers, "buyers", 490_000, "buyers of the generated shop, with about ten messages and one order each")
	flags.IntVar(&o.repeat, "repeat", 3, "times that everything is measured")
	flags.StringVar(&o.memory, "memory", "600MB", "engine.memory_limit of etl while it reads files")
	flags.StringVar(&o.compute, "compute-memory", "", "engine.memory_limit of etl while it computes and loads (default: what etl takes by itself)")
	flags.IntVar(&o.threads, "threads", 2, "threads of etl's engine and of the rival")
	flags.StringVar(&o.only, "only", "", "sections to measure, of "+strings.Join(names, ",")+" (default: all)")
	flags.BoolVar(&o.json, "json", false, "print JSON")
	flags.BoolVar(&o.keep, "keep", false, "leave the files of the last run")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if o.repeat < 1 || o.buyers < 1 {
		return o, errors.New("-repeat and -buyers must be at least 1")
	}
	for name := range strings.SplitSeq(o.only, ",") {
		if name != "" && !slices.Contains(names, name) {
			return o, fmt.Errorf("no section %q: there are %s", name, strings.Join(names, ", "))
		}
	}
	if o.etl, err = filepath.Abs(o.etl); err != nil {
		return o, fmt.Errorf("find etl: %w", err)
	}
	if _, err := os.Stat(o.etl); err != nil {
		return o, fmt.Errorf("find etl: %w (make build makes it)", err)
	}
	return o, nil
}
