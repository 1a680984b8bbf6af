// Command generate makes the exports of two invented shops, the same bytes for
// the same flags. It owns what the example data looks like: who works when, how
// fast they answer, who buys, pays late, sends back and complains. It streams:
// memory holds a week of chats and the orders that are still to come.
//
//	go run ./testdata/generate -out testdata/exports
//	go run ./testdata/generate -out big -buyers 400000 -days 90 -format canonical
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// settings are the flags.
type settings struct {
	seed   uint64
	out    string
	days   int
	shops  []string
	buyers int
	format string
}

func main() {
	if err := run(os.Args[1:], os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

func run(args []string, stderr io.Writer) error {
	set, err := parseFlags(args, stderr)
	if err != nil {
		return err
	}
	for _, name := range set.shops {
		shop, err := newShop(name, set)
		if err != nil {
			return err
		}
		out, err := openSink(shop, set)
		if err != nil {
			return err
		}
		if err := newSimulation(shop, set.days, out).run(); err != nil {
			return fmt.Errorf("generate %s: %w", name, err)
		}
	}
	return nil
}

func parseFlags(args []string, stderr io.Writer) (settings, error) {
	set := settings{}
	flags := flag.NewFlagSet("generate", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Uint64Var(&set.seed, "seed", 20260101, "seed of everything that is drawn")
	flags.StringVar(&set.out, "out", "testdata/exports", "folder to write to; files of the same name are replaced")
	flags.IntVar(&set.days, "days", 45, "days from 2026-01-01 on")
	shops := flags.String("shops", "tmall,jd", "shops to write: tmall, jd")
	flags.IntVar(&set.buyers, "buyers", 3000, "buyers of the first shop; the second has half as many. A buyer comes about one and a half times")
	flags.StringVar(&set.format, "format", "exports", "exports (the platforms' own layouts) or canonical")
	if err := flags.Parse(args); err != nil {
		return set, err
	}
	set.shops = strings.Split(*shops, ",")
	if set.format != "exports" && set.format != "canonical" {
		return set, fmt.Errorf("unknown format %q", set.format)
	}
	if set.days < 1 || set.buyers < 1 {
		return set, fmt.Errorf("days and buyers must be positive")
	}
	return set, nil
}

// sink takes what happens, day by day, in order of time within a day.
type sink interface {
	conversation(*conversation) error
	order(*order) error
	endOfDay(day int) error
	close() error
}

func openSink(s *shop, set settings) (sink, error) {
	more, err := openCanonical(s, filepath.Join(set.out, s.platform+"-more"), false)
	if set.format == "canonical" {
		return openCanonical(s, filepath.Join(set.out, s.platform), true)
	}
	if err != nil {
		return nil, err
	}
	folder := filepath.Join(set.out, s.platform)
	if s.platform == "jd" {
		own, err := openJD(s, folder)
		return both{own, more}, err
	}
	own, err := openTmall(s, folder)
	return both{own, more}, err
}

// both writes to two sinks.
type both [2]sink

func (b both) each(do func(sink) error) error {
	for _, s := range b {
		if err := do(s); err != nil {
			return err
		}
	}
	return nil
}

func (b both) conversation(c *conversation) error {
	return b.each(func(s sink) error { return s.conversation(c) })
}

func (b both) order(o *order) error   { return b.each(func(s sink) error { return s.order(o) }) }
func (b both) endOfDay(day int) error { return b.each(func(s sink) error { return s.endOfDay(day) }) }
func (b both) close() error           { return b.each(sink.close) }
