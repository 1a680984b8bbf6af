package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"runtime/debug"
	"time"

	"kefu/cmd/etl/internal/config"
	"kefu/cmd/etl/internal/schedule"
	"kefu/cmd/etl/internal/terminal"
	"kefu/extract/preset"

	"github.com/spf13/cobra"
)

// app is what every verb is given: where to write, and the flags of all verbs.
type app struct {
	in       io.Reader
	out, err io.Writer
	lookup   func(string) (string, bool)
	models   fs.FS          // nil = those of the program
	clock    schedule.Clock // nil = the one on the wall
	patience patience       // with platforms

	configFile string
	json       bool
	online     bool // `etl check` asks the platforms, too
	logLevel   string

	state   string // database of the configuration, once that is read
	log     *slog.Logger
	started bool // the flags are read and the verb runs
}

// patience is how long platforms are waited for; zero = as long as is usual.
type patience struct {
	waitMin, waitMax time.Duration // between tries
	timeout          time.Duration // of one try
}

// verbs lists the commands in the order of the help.
func (a *app) verbs() []*cobra.Command {
	return []*cobra.Command{
		a.initCommand(),
		a.checkCommand(),
		a.runCommand(),
		a.planCommand(),
		a.backfillCommand(),
		a.serveCommand(),
		a.authCommand(),
		a.statusCommand(),
		a.runsCommand(),
		a.quarantineCommand(),
		a.reconcileCommand(),
		a.queryCommand(),
		a.whyCommand(),
		a.explainCommand(),
		a.catalogCommand(),
		a.presetCommand(),
		a.reportCommand(),
		a.lockCommand(),
		a.unlockCommand(),
		a.alertsCommand(),
		a.lakeCommand(),
		a.stateCommand(),
	}
}

// run executes the command line and returns the exit code.
func (a *app) run(ctx context.Context, args []string) int {
	root := a.root() //nolint:contextcheck // verbs take the context that cobra hands them
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err != nil && !a.started {
		err = &usageError{err}
	}
	code := exitCode(ctx, err)
	if code != exitDone {
		a.explain(err, code)
	}
	return code
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "etl",
		Short: "KPIs of customer service and sales from the exports of Chinese shops",
		Long: `etl reads the exports of Taobao, Tmall, JD, Doudian, Pinduoduo and Kuaishou shops,
and of any shop in a mapping of your own,
keeps them as Iceberg tables, computes the KPIs of agents and shops, and loads
them into a warehouse.

Exit codes: 0 done, 1 a unit or a check failed, 2 bad configuration or usage,
3 the environment (no credentials, no server, disk full), 130 interrupted.`,
		Version:       version(),
		Args:          cobra.NoArgs,
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		PersistentPreRunE: func(*cobra.Command, []string) error {
			log, err := a.logger()
			if err != nil {
				return err
			}
			a.log, a.started = log, true
			return nil
		},
	}
	root.SetIn(a.in)
	root.SetOut(a.out)
	root.SetErr(a.err)
	flags := root.PersistentFlags()
	flags.StringVar(&a.configFile, "config", "pipelines.yaml", "configuration `FILE`")
	flags.BoolVar(&a.json, "json", false, "print JSON for machines")
	flags.StringVar(&a.logLevel, "log-level", "warn", "what is logged to stderr: debug, info, warn or error")
	_ = root.MarkPersistentFlagFilename("config", "yaml", "yml")
	_ = root.RegisterFlagCompletionFunc("log-level", cobra.FixedCompletions([]string{"debug", "info", "warn", "error"}, cobra.ShellCompDirectiveNoFileComp))
	root.AddCommand(a.verbs()...)
	a.completeFlags(root)
	return root
}

// logger writes to stderr: text for people, JSON for machines.
func (a *app) logger() (*slog.Logger, error) {
	var level slog.Level
	switch a.logLevel {
	case "debug":
		level = slog.LevelDebug
	case "info":
		level = slog.LevelInfo
	case "warn":
		level = slog.LevelWarn
	case "error":
		level = slog.LevelError
	default:
		return nil, fmt.Errorf("--log-level cannot be %q (debug, info, warn or error)", a.logLevel)
	}
	options := &slog.HandlerOptions{Level: level}
	if a.json {
		return slog.New(slog.NewJSONHandler(a.err, options)), nil
	}
	return slog.New(slog.NewTextHandler(a.err, options)), nil
}

// load reads the configuration and tells its warnings; JSON output has them
// where the verb puts them.
func (a *app) load() (*config.Config, error) {
	cfg, err := config.Load(a.configFile, a.options())
	if err != nil {
		return nil, err
	}
	a.state = cfg.State
	if !a.json {
		for _, w := range cfg.Warnings {
			a.complain(w)
		}
	}
	return cfg, nil
}

// options are what this program can do.
func (a *app) options() config.Options {
	return config.Options{Lookup: a.lookup, Presets: preset.Names()}
}

// terminal is stdout for people, messages is stderr.
func (a *app) terminal() *terminal.Terminal { return terminal.New(a.out, a.getenv) }

func (a *app) messages() *terminal.Terminal { return terminal.New(a.err, a.getenv) }

func (a *app) getenv(name string) string {
	value, _ := a.lookup(name)
	return value
}

// printJSON writes one indented JSON object to stdout.
func (a *app) printJSON(v any) error {
	enc := json.NewEncoder(a.out)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return fmt.Errorf("write result: %w", err)
	}
	return nil
}

// version is that of the module, or the commit it was built from.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			return s.Value[:12]
		}
	}
	return info.Main.Version
}
