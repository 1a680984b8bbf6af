package pdd

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"kefu/extract/api"
)

// AuthorizeURL is the platform's page of consent.
const AuthorizeURL = "https://fuwu.pinduoduo.com/service-market/auth"

// Auth implements api.Authoriser.
type Auth struct {
	ClientID  string
	Secret    string
	Authorize string // "" = AuthorizeURL
	Endpoint  string // "" = Endpoint
	Transport http.RoundTripper
	Now       func() time.Time
}

var _ api.Authoriser = Auth{}

// AuthorizeURL is the page on which the merchant consents.
func (a Auth) AuthorizeURL(redirect, state string) string {
	base := a.Authorize
	if base == "" {
		base = AuthorizeURL
	}
	return base + "?" + url.Values{"response_type": {"code"}, "client_id": {a.ClientID}, "redirect_uri": {redirect}, "state": {state}}.Encode()
}

// Exchange turns a code, which lives ten minutes, into a session.
func (a Auth) Exchange(ctx context.Context, code, _ string) (api.Session, error) {
	return a.ask(ctx, "pdd.pop.auth.token.create", map[string]string{"code": code})
}

// Renew turns an ended session into the next.
func (a Auth) Renew(ctx context.Context, old api.Session) (api.Session, error) {
	return a.ask(ctx, "pdd.pop.auth.token.refresh", map[string]string{"refresh_token": old.Refresh})
}

func (a Auth) ask(ctx context.Context, call string, params map[string]string) (api.Session, error) {
	endpoint, now := a.Endpoint, a.Now
	if endpoint == "" {
		endpoint = Endpoint
	}
	if now == nil {
		now = time.Now
	}
	w := wire{endpoint: endpoint, clientID: a.ClientID, secret: a.Secret, now: now}
	client := api.NewClient(w, api.Config{Platform: "pdd", App: "pdd/" + a.ClientID, Transport: a.Transport, Now: now, Tries: 3})
	body, err := client.Call(ctx, call, params)
	if err != nil {
		return api.Session{}, fmt.Errorf("ask for a session: %w", err)
	}
	n := answer(api.Parse(body))
	s, err := api.SessionOf(n, now(), "refresh_token_expires_in")
	s.ShopID, s.ShopName = n.At("owner_id").Text(), n.At("owner_name").Text()
	return s, err
}
