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
	"kefu/extract/extracttest/fakedoudian"
	"kefu/extract/extracttest/fakejd"
	"kefu/extract/extracttest/fakekuaishou"
	"kefu/extract/extracttest/fakepdd"
	"kefu/extract/extracttest/faketaobao"
)

// options are the flags.
type options struct {
	platform, address, data, fault string
	days, rate, every              int
}

// The credentials that the fake platforms accept.
const (
	appKey, secret, token = "demo-app", "demo-secret", "demo-token"
)

func main() {
	var o options
	flag.StringVar(&o.platform, "platform", "taobao", "taobao, jd, kuaishou, doudian or pdd")
	flag.StringVar(&o.address, "address", "127.0.0.1:8700", "where to listen")
	flag.StringVar(&o.data, "data", "", "folder of canonical csv files to sell (default: an invented shop)")
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
	handler, settings := gateway(o, shop, faults)
	if handler == nil {
		return fmt.Errorf("no platform is called %q", o.platform)
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", o.address)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	_, err = fmt.Fprintf(out, "%s is at http://%s\nsources:\n  - {name: %s, type: %s, platform: %s, shop: demo, app_key: %s, secret: {env: APP}, session: {env: TOKEN}, %sendpoint: \"http://%s%s\"}\nexport APP=%s TOKEN=%s\n",
		o.platform, listener.Addr(), o.platform, o.platform, o.platform, appKey, settings, listener.Addr(), path(o.platform), secret, token)
	if err != nil {
		return fmt.Errorf("tell the settings: %w", err)
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second}
	go func() {
		<-ctx.Done()
		_ = server.Close()
	}()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve: %w", err)
	}
	return nil
}

func path(platform string) string {
	switch platform {
	case "taobao":
		return "/router/rest"
	case "jd":
		return "/routerjson"
	}
	return ""
}

// gateway is the platform's fake, and what its source needs beside the usual.
func gateway(o options, shop *extracttest.Shop, faults *extracttest.Faults) (handler http.Handler, settings string) {
	switch o.platform {
	case "taobao":
		s := &faketaobao.Server{Shop: shop, Faults: faults, Now: time.Now, AppKey: appKey, Secret: secret, Nick: extracttest.Agents[0]}
		s.Meter.PerSecond = o.rate
		s.Grant.Set(token, "")
		return s, "nick: " + extracttest.Agents[0] + ", chat: eservice, "
	case "jd":
		s := &fakejd.Server{Shop: shop, Faults: faults, Now: time.Now, AppKey: appKey, Secret: secret}
		s.Meter.PerSecond = o.rate
		s.Grant.Set(token, "")
		return s, "chat: im, "
	case "kuaishou":
		s := &fakekuaishou.Server{Shop: shop, Faults: faults, Now: time.Now, AppKey: appKey, AppSecret: secret, SignSecret: secret}
		s.Meter.PerSecond = o.rate
		s.Grant.Set(token, "")
		return s, "sign_secret: {env: APP}, "
	case "doudian":
		s := &fakedoudian.Server{Shop: shop, Faults: faults, Now: time.Now, AppKey: appKey, Secret: secret}
		s.Meter.PerSecond = o.rate
		s.Grant.Set(token, "")
		return s, ""
	case "pdd":
		s := &fakepdd.Server{Shop: shop, Faults: faults, Now: time.Now, ClientID: appKey, Secret: secret}
		s.Meter.PerSecond = o.rate
		s.Grant.Set(token, "")
		return s, ""
	}
	return nil, ""
}
