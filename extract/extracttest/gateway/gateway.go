// Package gateway opens a fake platform by its name, and says what a source
// needs to pull from it.
package gateway

import (
	"fmt"
	"net/http"
	"time"

	"kefu/extract/extracttest"
	"kefu/extract/extracttest/fakedoudian"
	"kefu/extract/extracttest/fakejd"
	"kefu/extract/extracttest/fakekuaishou"
	"kefu/extract/extracttest/fakepdd"
	"kefu/extract/extracttest/faketaobao"
)

// Options are what every platform has.
type Options struct {
	Shop      *extracttest.Shop
	Faults    *extracttest.Faults
	Now       func() time.Time
	AppKey    string
	Secret    string // of the application; Kuaishou signs with it, too
	PerSecond int    // permitted calls, 0 = any
}

// Gateway is a fake platform.
type Gateway struct {
	http.Handler
	Grant *extracttest.Grant
	// Endpoint and OAuth are the paths of the calls and of the sessions behind
	// the server's address.
	Endpoint, OAuth string
	// Keys are what a source needs beside the usual ones: "nick: 示例店, ".
	// Secrets among them are the variable APP.
	Keys string
}

// Platforms lists what New opens.
func Platforms() []string { return []string{"taobao", "jd", "kuaishou", "doudian", "pdd"} }

// New opens the fake of a platform. Nobody has a session yet.
func New(platform string, o Options) (*Gateway, error) {
	switch platform {
	case "taobao":
		s := &faketaobao.Server{Shop: o.Shop, Faults: o.Faults, Now: o.Now, AppKey: o.AppKey, Secret: o.Secret, Nick: extracttest.Agents[0]}
		s.Meter.PerSecond = o.PerSecond
		return &Gateway{Handler: s, Grant: &s.Grant, Endpoint: "/router/rest", Keys: "nick: " + extracttest.Agents[0] + ", chat: eservice, "}, nil
	case "jd":
		s := &fakejd.Server{Shop: o.Shop, Faults: o.Faults, Now: o.Now, AppKey: o.AppKey, Secret: o.Secret}
		s.Meter.PerSecond = o.PerSecond
		return &Gateway{Handler: s, Grant: &s.Grant, Endpoint: "/routerjson", OAuth: "/oauth2", Keys: "chat: im, "}, nil
	case "kuaishou":
		s := &fakekuaishou.Server{Shop: o.Shop, Faults: o.Faults, Now: o.Now, AppKey: o.AppKey, AppSecret: o.Secret, SignSecret: o.Secret}
		s.Meter.PerSecond = o.PerSecond
		return &Gateway{Handler: s, Grant: &s.Grant, Keys: "sign_secret: {env: APP}, "}, nil
	case "doudian":
		s := &fakedoudian.Server{Shop: o.Shop, Faults: o.Faults, Now: o.Now, AppKey: o.AppKey, Secret: o.Secret}
		s.Meter.PerSecond = o.PerSecond
		return &Gateway{Handler: s, Grant: &s.Grant}, nil
	case "pdd":
		s := &fakepdd.Server{Shop: o.Shop, Faults: o.Faults, Now: o.Now, ClientID: o.AppKey, Secret: o.Secret}
		s.Meter.PerSecond = o.PerSecond
		return &Gateway{Handler: s, Grant: &s.Grant}, nil
	}
	return nil, fmt.Errorf("no platform is called %q (taobao, jd, kuaishou, doudian, pdd)", platform)
}
