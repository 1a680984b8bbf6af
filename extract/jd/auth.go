package jd

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"kefu/extract/api"
)

// OAuthURL is the platform's OAuth address.
const OAuthURL = "https://open-oauth.jd.com/oauth2"

// Auth implements api.Authoriser.
type Auth struct {
	AppKey    string
	Secret    string
	OAuth     string // "" = OAuthURL
	Transport http.RoundTripper
	Now       func() time.Time
}

var _ api.Authoriser = Auth{}

func (a Auth) base() string {
	if a.OAuth != "" {
		return a.OAuth
	}
	return OAuthURL
}

// AuthorizeURL is the page on which the merchant consents.
func (a Auth) AuthorizeURL(redirect, state string) string {
	return a.base() + "/to_login?" + url.Values{
		"app_key": {a.AppKey}, "response_type": {"code"}, "redirect_uri": {redirect}, "state": {state}, "scope": {"snsapi_base"},
	}.Encode()
}

// Exchange turns a code into a session.
func (a Auth) Exchange(ctx context.Context, code, _ string) (api.Session, error) {
	return a.ask(ctx, "/access_token", url.Values{"grant_type": {"authorization_code"}, "code": {code}})
}

// Renew turns a session into the next; the platform does so within the last 24
// hours of its life.
func (a Auth) Renew(ctx context.Context, old api.Session) (api.Session, error) {
	return a.ask(ctx, "/refresh_token", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {old.Refresh}})
}

func (a Auth) ask(ctx context.Context, path string, form url.Values) (api.Session, error) {
	form.Set("app_key", a.AppKey)
	form.Set("app_secret", a.Secret)
	n, err := api.Post(ctx, a.Transport, a.base()+path, form)
	if err != nil {
		return api.Session{}, err
	}
	now := time.Now
	if a.Now != nil {
		now = a.Now
	}
	s, err := api.SessionOf(n, now())
	s.ShopID = n.Any("uid", "open_id").Text()
	return s, err
}
