package taobao

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"kefu/extract/api"
)

// OAuth addresses of the platform.
const (
	AuthorizeURL = "https://oauth.taobao.com/authorize"
	TokenURL     = "https://oauth.taobao.com/token"
)

// Auth implements api.Authoriser.
type Auth struct {
	AppKey    string
	Secret    string
	Authorize string // "" = AuthorizeURL
	Token     string // "" = TokenURL
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
	return base + "?" + url.Values{
		"response_type": {"code"}, "client_id": {a.AppKey}, "redirect_uri": {redirect}, "state": {state}, "view": {"web"},
	}.Encode()
}

// Exchange turns a code into a session.
func (a Auth) Exchange(ctx context.Context, code, redirect string) (api.Session, error) {
	return a.ask(ctx, url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {redirect}})
}

// Renew turns an ended session into the next. Applications that are not sold
// on the service market get sessions of a fixed life: there the platform
// refuses, and the merchant authorises again.
func (a Auth) Renew(ctx context.Context, old api.Session) (api.Session, error) {
	return a.ask(ctx, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {old.Refresh}})
}

func (a Auth) ask(ctx context.Context, form url.Values) (api.Session, error) {
	form.Set("client_id", a.AppKey)
	form.Set("client_secret", a.Secret)
	address := a.Token
	if address == "" {
		address = TokenURL
	}
	n, err := api.Post(ctx, a.Transport, address, form)
	if err != nil {
		return api.Session{}, err
	}
	now := time.Now
	if a.Now != nil {
		now = a.Now
	}
	s, err := api.SessionOf(n, now(), "re_expires_in")
	if err != nil {
		return s, err
	}
	s.ShopID = n.At("taobao_user_id").Text()
	if nick, err := url.QueryUnescape(n.At("taobao_user_nick").Text()); err == nil {
		s.ShopName = nick
	}
	return s, nil
}
