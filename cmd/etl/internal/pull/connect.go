package pull

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"kefu/extract/api"
	"kefu/extract/doudian"
	"kefu/extract/jd"
	"kefu/extract/kuaishou"
	"kefu/extract/pdd"
	"kefu/extract/taobao"
)

// Access is what a shop's connector is made of: the source's settings with
// their secrets resolved.
type Access struct {
	Type       string // one of Types
	Shop       string // whose rate limit it is
	Endpoint   string // "" = the platform's own
	OAuth      string // "" = the platform's own
	AppKey     string
	Secret     string
	SignSecret string // kuaishou
	SignMethod string
	Nick       string // taobao: the main account
	Chat       string // taobao: "", eservice, abstract; jd: "" or "im"
	BuyerIDs   bool   // kuaishou, doudian
	PerApp     float64
	PerShop    float64
	// Fixed is an access token that is never renewed; else the session is kept
	// in SessionFile.
	Fixed       string
	SessionFile string
	Limits      *api.Limits
	Now         func() time.Time
	Transport   http.RoundTripper
	// WaitMin and WaitMax bound the back-off, Timeout one try; 0 = the client's own.
	WaitMin, WaitMax, Timeout time.Duration
}

// Version is the fingerprint of how responses are read: windows with rejected
// rows are read anew when it changes.
const Version = "api/1"

// Types are the platforms that can be pulled from, in the order of the documents.
func Types() []string { return []string{"taobao", "jd", "kuaishou", "doudian", "pdd"} }

// Authoriser returns the platform's OAuth.
func (a Access) Authoriser() (api.Authoriser, error) {
	switch a.Type {
	case "taobao":
		auth := taobao.Auth{AppKey: a.AppKey, Secret: a.Secret, Transport: a.Transport, Now: a.Now}
		if a.OAuth != "" {
			auth.Authorize, auth.Token = a.OAuth+"/authorize", a.OAuth+"/token"
		}
		return auth, nil
	case "jd":
		return jd.Auth{AppKey: a.AppKey, Secret: a.Secret, OAuth: a.OAuth, Transport: a.Transport, Now: a.Now}, nil
	case "kuaishou":
		return kuaishou.Auth{AppID: a.AppKey, AppSecret: a.Secret, Authorize: a.OAuth, Endpoint: a.Endpoint, Transport: a.Transport, Now: a.Now}, nil
	case "doudian":
		return doudian.Auth{AppKey: a.AppKey, Secret: a.Secret, Endpoint: a.Endpoint, Transport: a.Transport, Now: a.Now}, nil
	case "pdd":
		return pdd.Auth{ClientID: a.AppKey, Secret: a.Secret, Authorize: a.OAuth, Endpoint: a.Endpoint, Transport: a.Transport, Now: a.Now}, nil
	}
	return nil, fmt.Errorf("no platform is called %s (%s)", a.Type, strings.Join(Types(), ", "))
}

// Store is where the shop's session is kept.
func (a Access) Store() api.Store { return api.FileStore{Path: a.SessionFile} }

func (a Access) tokens() (*api.Tokens, error) {
	if a.Fixed != "" {
		return api.Fixed(a.Fixed), nil
	}
	auth, err := a.Authoriser()
	if err != nil {
		return nil, err
	}
	tokens := api.NewTokens(a.Store(), func(ctx context.Context, old api.Session) (api.Session, error) { return auth.Renew(ctx, old) }, a.Now)
	if a.Type == "jd" {
		tokens.RenewEarly(jdLastDay)
	}
	return tokens, nil
}

// jdLastDay is when JD renews sessions: in the last day of their life, and none
// that has ended. Nights are a day apart, so some hours are added.
const jdLastDay = 30 * time.Hour

// Connect returns the connector of the shop. It makes no call.
func Connect(a Access) (api.Connector, error) {
	tokens, err := a.tokens()
	if err != nil {
		return nil, err
	}
	perApp, perShop := api.Rate{PerSecond: a.PerApp}, api.Rate{PerSecond: a.PerShop}
	switch a.Type {
	case "taobao":
		return taobao.New(taobao.Settings{
			Endpoint: a.Endpoint, AppKey: a.AppKey, Secret: a.Secret, SignMethod: a.SignMethod, Nick: a.Nick, Chat: a.Chat, PerApp: perApp, PerShop: perShop,
			Limits: a.Limits, Tokens: tokens, Transport: a.Transport, Now: a.Now, WaitMin: a.WaitMin, WaitMax: a.WaitMax, Timeout: a.Timeout,
		}), nil
	case "jd":
		return jd.New(jd.Settings{
			Endpoint: a.Endpoint, AppKey: a.AppKey, Secret: a.Secret, Shop: a.Shop, Chat: a.Chat != "", PerApp: perApp, PerShop: perShop,
			Limits: a.Limits, Tokens: tokens, Transport: a.Transport, Now: a.Now, WaitMin: a.WaitMin, WaitMax: a.WaitMax, Timeout: a.Timeout,
		}), nil
	case "kuaishou":
		return kuaishou.New(kuaishou.Settings{
			Endpoint: a.Endpoint, AppKey: a.AppKey, SignSecret: a.SignSecret, SignMethod: a.SignMethod, Shop: a.Shop, BuyerIDs: a.BuyerIDs, PerApp: perApp, PerShop: perShop,
			Limits: a.Limits, Tokens: tokens, Transport: a.Transport, Now: a.Now, WaitMin: a.WaitMin, WaitMax: a.WaitMax, Timeout: a.Timeout,
		}), nil
	case "doudian":
		return doudian.New(doudian.Settings{
			Endpoint: a.Endpoint, AppKey: a.AppKey, Secret: a.Secret, SignMethod: a.SignMethod, Shop: a.Shop, BuyerIDs: a.BuyerIDs, PerApp: perApp, PerShop: perShop,
			Limits: a.Limits, Tokens: tokens, Transport: a.Transport, Now: a.Now, WaitMin: a.WaitMin, WaitMax: a.WaitMax, Timeout: a.Timeout,
		}), nil
	default:
		return pdd.New(pdd.Settings{
			Endpoint: a.Endpoint, ClientID: a.AppKey, Secret: a.Secret, Shop: a.Shop, PerApp: perApp, PerShop: perShop,
			Limits: a.Limits, Tokens: tokens, Transport: a.Transport, Now: a.Now, WaitMin: a.WaitMin, WaitMax: a.WaitMax, Timeout: a.Timeout,
		}), nil
	}
}
