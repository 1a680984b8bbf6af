package doudian

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"kefu/extract/api"
)

// Auth implements api.Authoriser. A self-built application is authorised for a
// shop by its id alone; one of the service market by a code.
type Auth struct {
	AppKey    string
	Secret    string
	Endpoint  string // "" = Endpoint
	Transport http.RoundTripper
	Now       func() time.Time
}

var _ api.Authoriser = Auth{}

// AuthorizeURL is where the merchant finds the application; the platform gives
// it the code.
func (a Auth) AuthorizeURL(_, state string) string {
	return "https://fuwu.jinritemai.com/authorize?service_id=" + a.AppKey + "&state=" + state
}

// Exchange turns a code into a session; "shop:ID" stands for a self-built
// application of that shop.
func (a Auth) Exchange(ctx context.Context, code, _ string) (api.Session, error) {
	params := map[string]any{"grant_type": "authorization_code", "code": code}
	if len(code) > 5 && code[:5] == "shop:" {
		params = map[string]any{"grant_type": "authorization_self", "code": "", "shop_id": code[5:]}
	}
	return a.ask(ctx, "token.create", params)
}

// Renew turns an ended session into the next.
func (a Auth) Renew(ctx context.Context, old api.Session) (api.Session, error) {
	return a.ask(ctx, "token.refresh", map[string]any{"grant_type": "refresh_token", "refresh_token": old.Refresh})
}

// refreshLife is how long a refresh token lives; the platform does not say it.
const refreshLife = 14 * 24 * time.Hour

func (a Auth) ask(ctx context.Context, call string, params map[string]any) (api.Session, error) {
	endpoint, now := a.Endpoint, a.Now
	if endpoint == "" {
		endpoint = Endpoint
	}
	if now == nil {
		now = time.Now
	}
	asked, err := encode(params)
	if err != nil {
		return api.Session{}, err
	}
	w := wire{endpoint: endpoint, appKey: a.AppKey, secret: a.Secret, method: "hmac-sha256", now: now}
	client := api.NewClient(w, api.Config{Platform: "doudian", App: "doudian/" + a.AppKey, Transport: a.Transport, Now: now, Tries: 3})
	answer, err := client.Call(ctx, call, asked)
	if err != nil {
		return api.Session{}, fmt.Errorf("ask for a session: %w", err)
	}
	n := api.Parse(answer).At("data")
	s, err := api.SessionOf(n, now())
	if err != nil {
		return s, errors.Join(err, errors.New(api.Parse(answer).At("sub_msg").Text()))
	}
	s.RefreshExpiresAt = now().Add(refreshLife)
	s.ShopID, s.ShopName = n.At("shop_id").Text(), n.At("shop_name").Text()
	return s, nil
}
