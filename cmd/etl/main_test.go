package main

import (
	"flag"
	"os"
	"testing"

	"kefu/extract/postgres/postgrestest"

	"github.com/rogpeppe/go-internal/testscript"
)

var update = flag.Bool("update", false, "rewrite the expected outputs in testdata/script")

// tests stops the PostgreSQL server that they shared once they ended.
type tests struct{ *testing.M }

func (m tests) Run() int { return postgrestest.Run(m.M) }

func TestMain(m *testing.M) {
	testscript.Main(tests{m}, map[string]func(){"etl": func() {
		if err := limitSizes(); err != nil {
			_, _ = os.Stderr.WriteString(err.Error())
			os.Exit(exitEnvironment)
		}
		if os.Getenv(tablesAreLarge) != "" {
			largeTables = 1
		}
		os.Exit(realMain())
	}})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Cmds:                map[string]func(*testscript.TestScript, bool, []string){"exits": exits, "mode": mode},
	})
}
