package main

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"kefu/extract/ledger"
)

var told = regexp.MustCompile(`address=(\S+)`)

// A server tells how it stands, and SIGTERM in the middle of a pull stops it: it
// ends by itself, the run counts as interrupted, and the next one goes on.
func TestServeTellsHealthAndStops(t *testing.T) {
	t.Parallel()
	g := openGates(t, time.Now, 3)
	whole := g.install(t, ingestOnly)
	whole.summary(whole.etl("run", "--json"), exitDone)
	want, undisturbed := whole.lakeRows(), g.calls.Load()

	i := g.install(t, ingestOnly)
	i.write("pipelines.yaml", []byte(strings.Replace(i.read("pipelines.yaml"), `"30 2 * * *"`, `"@every 1s"`, 1)))
	cmd := i.child("serve", "--listen", "127.0.0.1:0", "--log-level", "info")
	lines, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	var health atomic.Pointer[string]
	seen := make(chan healthOutput, 1)
	last := undisturbed + undisturbed/2
	after := func(_ *gate, _, all int64) {
		if all != last {
			return
		}
		if address := health.Load(); address != nil {
			seen <- healthOf(t, *address)
		}
		_ = cmd.Process.Signal(syscall.SIGTERM) // it may have ended
	}
	g.after.Store(&after)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	for scan := bufio.NewScanner(lines); scan.Scan(); {
		said.WriteString(scan.Text() + "\n")
		if found := told.FindStringSubmatch(scan.Text()); found != nil {
			health.Store(&found[1])
		}
	}
	err = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != exitDone {
		t.Fatalf("serve ended with %d (%v)\n%s", code, err, said.String())
	}
	g.after.Store(nil)
	var h healthOutput
	select {
	case h = <-seen:
	default:
		t.Fatalf("serve said no address\n%s", said.String())
	}
	if h.Status != "ok" || len(h.Pipelines) != 1 || !h.Pipelines[0].Running || h.Pipelines[0].NextAt.IsZero() || len(h.Pulls) != len(g.list) || h.Pulls[0].State != "never" {
		t.Errorf("health said %+v", h)
	}
	runs, err := i.ledger().Runs(t.Context(), 0)
	if err != nil || len(runs) != 1 || runs[0].Status != ledger.Interrupted {
		t.Errorf("runs %+v, %v", runs, err)
	}
	i.summary(i.etl("run", "--json"), exitDone)
	sameTables(t, "stopped", want, i.lakeRows())
	if again := g.calls.Load() - undisturbed; again > 2*undisturbed {
		t.Errorf("%d calls for what takes %d", again, undisturbed)
	}
}

// healthOutput is what /healthz answers.
type healthOutput struct {
	Status    string `json:"status"`
	Pipelines []struct {
		Running bool      `json:"running"`
		NextAt  time.Time `json:"next_at"`
	} `json:"pipelines"`
	Pulls []pullOutput `json:"pulls"`
}

func healthOf(t *testing.T, address string) healthOutput {
	var h healthOutput
	for path, read := range map[string]func([]byte) bool{
		"/healthz": func(b []byte) bool { return json.Unmarshal(b, &h) == nil },
		"/metrics": func(b []byte) bool { return strings.Contains(string(b), `kefu_pipeline_running{pipeline="nightly"} 1`) },
		"/": func(b []byte) bool {
			return strings.Contains(string(b), "nightly: next ") && strings.Contains(string(b), "pdd/pdd-shop")
		},
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+address+path, http.NoBody)
		if err != nil {
			t.Error(err)
			continue
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Error(err)
			continue
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || resp.StatusCode != http.StatusOK || !read(body) {
			t.Errorf("%s answers %d, %v: %s", path, resp.StatusCode, err, body)
		}
	}
	return h
}
