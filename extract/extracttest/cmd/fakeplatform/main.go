// Command fakeplatform plays the open gateways of the platforms on this
// machine: it sells an invented shop, or one of canonical csv files, to whoever
// signs his calls rightly.
//
//	go run ./extract/extracttest/cmd/fakeplatform -platform taobao -address 127.0.0.1:8700
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"kefu/extract/extracttest"
	"kefu/extract/extracttest/gateway"
)

// options are the flags.
type options struct {
	platform, address, data, config, fault string
	days, rate, every                      int
}

// The credentials that the fake platforms accept.
const (
	appKey, secret, token = "demo-app", "demo-secret", "demo-token"
	// hashing keys the buyers' ids of the demonstration.
	hashing = "0123456789abcdef0123456789abcdef"
)

func main() {
	var o options
	flag.StringVar(&o.platform, "platform", "taobao", "taobao, jd, kuaishou, doudian or pdd")
	flag.StringVar(&o.address, "address", "127.0.0.1:8700", "where to listen")
	flag.StringVar(&o.data, "data", "", "folder of canonical csv files to sell (default: an invented shop)")
	flag.StringVar(&o.config, "config", "demo.yaml", "the configuration to write, which pulls from it")
	flag.IntVar(&o.days, "days", 30, "days of the invented shop")
	flag.IntVar(&o.rate, "rate", 0, "permitted calls per second, 0 = any")
	flag.StringVar(&o.fault, "fault", "", "how it misbehaves, such as \"status 500\"")
	flag.IntVar(&o.every, "every", 10, "every how many calls")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, o, os.Stdout); err != nil {
		_, _ = io.WriteString(os.Stderr, err.Error()+"\n")
		os.Exit(1) //nolint:gocritic // nothing is left to be done
	}
}

func run(ctx context.Context, o options, out io.Writer) error {
	shop := extracttest.Sample(time.Now(), o.days, extracttest.Seed)
	if o.data != "" {
		var err error
		if shop, err = extracttest.ReadShop(o.data); err != nil {
			return err
		}
	}
	faults := &extracttest.Faults{}
	faults.Play(extracttest.Fault(o.fault), o.every)
	fake, err := gateway.New(o.platform, gateway.Options{Shop: shop, Faults: faults, Now: time.Now, AppKey: appKey, Secret: secret, PerSecond: o.rate})
	if err != nil {
		return err
	}
	fake.Grant.Set(token, "")
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", o.address)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	address := "http://" + listener.Addr().String()
	if err := os.WriteFile(o.config, []byte(configuration(o.platform, address, fake)), 0o600); err != nil {
		return fmt.Errorf("write the configuration: %w", err)
	}
	if _, err = fmt.Fprintf(out, "%[1]s is at %[2]s until this program ends; %[3]s pulls from it:\n  export APP=%[4]s TOKEN=%[5]s KEFU_SECRET=%[6]s\n  bin/etl run --config %[3]s\n  bin/etl status --config %[3]s\n",
		o.platform, address, o.config, secret, token, hashing); err != nil {
		return fmt.Errorf("say what to do: %w", err)
	}
	server := &http.Server{Handler: fake, ReadHeaderTimeout: 5 * time.Second}
	go func() {
		<-ctx.Done()
		_ = server.Close()
	}()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve: %w", err)
	}
	return nil
}

// configuration is a pipelines.yaml that pulls from the platform.
func configuration(platform, address string, fake *gateway.Gateway) string {
	return fmt.Sprintf(`# %[1]s is at %[2]s while fakeplatform runs. Before etl runs:
#   export APP=%[3]s TOKEN=%[4]s KEFU_SECRET=%[8]s
version: 1
privacy: {secret: {env: KEFU_SECRET}}
state: var/demo-%[1]s/state.db
lake: var/demo-%[1]s/lake
landing: {path: var/demo-%[1]s/landing}
shops:
  - {platform: %[1]s, shop: demo, name: 示例店}
sources:
  - {name: %[1]s, type: %[1]s, platform: %[1]s, shop: demo, app_key: %[5]s, secret: {env: APP}, session: {env: TOKEN}, rate: {app: 10000}, %[6]sendpoint: "%[2]s%[7]s"}
warehouses:
  - {name: local, type: duckdb, path: var/demo-%[1]s/warehouse.duckdb}
pipelines:
  - {name: nightly, schedule: "30 2 * * *"}
`, platform, address, secret, token, appKey, fake.Keys, fake.Endpoint, hashing)
}
