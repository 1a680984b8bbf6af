package kuaishou

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"kefu/extract/api"
)

// AuthorizeURL is the platform's page of consent.
const AuthorizeURL = "https://open.kwaixiaodian.com/oauth/authorize"

// Auth implements api.Authoriser. The application's secret here is not the one
// that signs calls.
type Auth struct {
	AppID     string
	AppSecret string
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
	return base + "?" + url.Values{
		"app_id": {a.AppID}, "redirect_uri": {redirect}, "scope": {"merchant_order,merchant_refund,merchant_item,merchant_user,user_info"},
		"response_type": {"code"}, "state": {state},
	}.Encode()
}

// Exchange turns a code, which lives two minutes, into a session.
func (a Auth) Exchange(ctx context.Context, code, _ string) (api.Session, error) {
	n, err := api.Get(ctx, a.Transport, a.endpoint()+"/oauth2/access_token", url.Values{
		"app_id": {a.AppID}, "app_secret": {a.AppSecret}, "grant_type": {"code"}, "code": {code},
	})
	if err != nil {
		return api.Session{}, err
	}
	return a.session(n)
}

// Renew turns an ended session into the next. The new refresh token inherits
// the old one's deadline: once in 180 days the merchant authorises again.
func (a Auth) Renew(ctx context.Context, old api.Session) (api.Session, error) {
	n, err := api.Post(ctx, a.Transport, a.endpoint()+"/oauth2/refresh_token", url.Values{
		"app_id": {a.AppID}, "app_secret": {a.AppSecret}, "grant_type": {"refresh_token"}, "refresh_token": {old.Refresh},
	})
	if err != nil {
		return api.Session{}, err
	}
	return a.session(n)
}

func (a Auth) endpoint() string {
	if a.Endpoint != "" {
		return a.Endpoint
	}
	return Endpoint
}

func (a Auth) session(n *api.Node) (api.Session, error) {
	now := time.Now
	if a.Now != nil {
		now = a.Now
	}
	s, err := api.SessionOf(n, now(), "refresh_token_expires_in")
	s.ShopID = n.At("open_id").Text()
	return s, err
}
