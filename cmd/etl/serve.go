package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"strings"
	"time"

	"kefu/cmd/etl/internal/config"
	"kefu/cmd/etl/internal/night"
	"kefu/cmd/etl/internal/schedule"
	"kefu/cmd/etl/internal/terminal"

	"github.com/spf13/cobra"
)

func (a *app) serveCommand() *cobra.Command {
	var listen string
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run the pipelines by their schedules, until stopped",
		Long: `serve runs every pipeline that has a schedule, in the pipeline's time zone. Runs
that were missed while nobody served are made up once; runs never overlap. A run
that fails is told in the log, in the state and to the alerts, and the schedule
goes on. SIGTERM and Ctrl-C stop it: what was committed stays, the rest is done
by the next run.

With --listen it answers /healthz (JSON), /metrics (Prometheus) and / (text).`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.serve(cmd.Context(), listen) },
	}
	cmd.Flags().StringVar(&listen, "listen", "", "`ADDRESS` that tells health and metrics, such as 127.0.0.1:9090")
	return cmd
}

func (a *app) serve(ctx context.Context, listen string) error {
	cfg, err := a.load()
	if err != nil {
		return err
	}
	jobs := jobsOf(cfg)
	if len(jobs) == 0 {
		return usagef("no pipeline has a schedule; add one such as schedule: \"30 2 * * *\"")
	}
	clock := a.clock
	if clock == nil {
		clock = schedule.Wall{}
	}
	s := &schedule.Scheduler{
		Jobs: jobs, Clock: clock,
		Last: func(ctx context.Context, job string) (time.Time, error) { return a.lastStart(ctx, cfg, job) },
		Run: func(ctx context.Context, job string) error {
			a.log.Info("a pipeline runs", "pipeline", job)
			err := a.runNight(ctx, nightFlags{pipeline: job, wait: true})
			if err != nil && ctx.Err() == nil {
				a.log.Error("a pipeline failed", "pipeline", job, "error", err)
			}
			return err
		},
	}
	stop, err := a.tellHealth(ctx, listen, healthHandler(s, func(ctx context.Context) ([]pullOutput, error) { return a.pullsNow(ctx, cfg) }))
	if err != nil {
		return err
	}
	defer stop()
	return s.Serve(ctx)
}

func jobsOf(cfg *config.Config) []schedule.Job {
	var out []schedule.Job
	for _, p := range cfg.Pipelines {
		if p.Schedule != "" {
			out = append(out, schedule.Job{Name: p.Name, Cron: p.Schedule, Zone: p.Zone})
		}
	}
	return out
}

// lastStart is when the pipeline's last run began; rejected rows that were read
// once more are no night.
func (a *app) lastStart(ctx context.Context, cfg *config.Config, pipeline string) (time.Time, error) {
	state, err := openLedger(ctx, cfg, true)
	if err != nil {
		return time.Time{}, err
	}
	defer state.Close()
	runs, err := state.Runs(ctx, 0)
	if err != nil {
		return time.Time{}, err
	}
	last := time.Time{}
	for _, r := range runs {
		if r.Pipeline == pipeline && r.Command != night.ReplayCommand && r.StartedAt.After(last) {
			last = r.StartedAt
		}
	}
	return last, nil
}

// tellHealth answers at the address until stopped; "" = nowhere.
func (a *app) tellHealth(ctx context.Context, address string, handler http.Handler) (stop func(), err error) {
	if address == "" {
		return func() {}, nil
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, &environmentError{fmt.Errorf("listen on %s: %w", address, err), "choose another address with --listen"}
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second}
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			a.log.Error("health is told no longer", "error", err)
		}
	}()
	a.log.Info("health is told", "address", listener.Addr().String())
	return func() {
		soon, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
		defer cancel()
		if err := server.Shutdown(soon); err != nil {
			a.log.Warn("stop telling health", "error", err)
		}
		<-done
	}, nil
}

// pullsNow tells how the shops that have an API stand; none before the first run.
func (a *app) pullsNow(ctx context.Context, cfg *config.Config) ([]pullOutput, error) {
	state, err := openLedger(ctx, cfg, false)
	if errors.Is(err, fs.ErrNotExist) {
		return []pullOutput{}, nil
	}
	if err != nil {
		return nil, err
	}
	defer state.Close()
	return a.pulls(ctx, cfg, state)
}

// healthHandler tells the states of the pipelines and of the shops. Health is
// not that every run succeeded (alerts tell that) but that the schedules are
// served.
func healthHandler(s *schedule.Scheduler, pulls func(context.Context) ([]pullOutput, error)) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		told := map[string]any{"status": "ok", "pipelines": s.States()}
		if shops, err := pulls(r.Context()); err == nil {
			told["pulls"] = shops
		} else {
			told["pulls_error"] = err.Error()
		}
		_ = json.NewEncoder(w).Encode(told)
	})
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4")
		_, _ = w.Write([]byte(metricsText(s.States())))
	})
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		if shops, err := pulls(r.Context()); err != nil {
			fmt.Fprintf(w, "the shops' states cannot be read: %v\n", err)
		} else {
			printPulls(terminal.New(w, func(string) string { return "" }), shops)
		}
		for _, j := range s.States() {
			fmt.Fprintf(w, "%s: next %s, %d runs, %d failed %s\n", j.Job, j.NextAt.Format(time.RFC3339), j.Runs, j.Failed, j.LastErr)
		}
	})
	return mux
}

func metricsText(states []schedule.State) string {
	var b strings.Builder
	metric := func(name, kind, help string, value func(schedule.State) float64) {
		fmt.Fprintf(&b, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind)
		for _, s := range states {
			fmt.Fprintf(&b, "%s{pipeline=%q} %g\n", name, s.Job, value(s))
		}
	}
	metric("kefu_pipeline_runs_total", "counter", "Runs since the start.", func(s schedule.State) float64 { return float64(s.Runs) })
	metric("kefu_pipeline_failed_total", "counter", "Runs that failed since the start.", func(s schedule.State) float64 { return float64(s.Failed) })
	metric("kefu_pipeline_running", "gauge", "1 while a run is under way.", func(s schedule.State) float64 {
		if s.Running {
			return 1
		}
		return 0
	})
	metric("kefu_pipeline_last_start_seconds", "gauge", "When the last run began.", func(s schedule.State) float64 { return epochSeconds(s.LastAt) })
	metric("kefu_pipeline_next_start_seconds", "gauge", "When the next run begins.", func(s schedule.State) float64 { return epochSeconds(s.NextAt) })
	return b.String()
}

func epochSeconds(at time.Time) float64 {
	if at.IsZero() {
		return 0
	}
	return float64(at.Unix())
}
