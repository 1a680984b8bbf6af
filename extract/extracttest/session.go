package extracttest

import (
	"net/url"
	"strconv"
	"sync"
)

// Grant is the session that a fake platform holds valid. Safe for use by many
// at once.
type Grant struct {
	mu             sync.Mutex
	token, refresh string
	code           string // "" = none is out
	issued         int
}

// Set sets the session that is valid.
func (g *Grant) Set(token, refresh string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.token, g.refresh = token, refresh
}

// Valid says whether the access token is the valid one.
func (g *Grant) Valid(token string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return token != "" && token == g.token
}

// Expire ends the session: whoever holds it must renew it.
func (g *Grant) Expire() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.token += "x"
}

// Consent gives out a code, as the platform's page does when a merchant agrees.
func (g *Grant) Consent(code string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.code = code
}

// Answer issues the session that a call of the platform's OAuth asks for. kind
// says what it asks for, in the platform's words: exchange, a session for the
// code that is out, once; renew, the next session for the valid refresh token.
// Not ok: kind is neither, or the form's code or refresh_token is not valid.
func (g *Grant) Answer(kind, exchange, renew string, form url.Values) (token, refresh string, ok bool) {
	switch kind {
	case exchange:
		return g.exchange(form.Get("code"))
	case renew:
		return g.renew(form.Get("refresh_token"))
	}
	return "", "", false
}

func (g *Grant) exchange(code string) (token, refresh string, ok bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if code == "" || code != g.code {
		return "", "", false
	}
	g.code = ""
	return g.next()
}

// next makes the session that is valid from now on.
func (g *Grant) next() (token, refresh string, ok bool) {
	g.issued++
	g.token += "-" + strconv.Itoa(g.issued)
	g.refresh += "-" + strconv.Itoa(g.issued)
	return g.token, g.refresh, true
}

func (g *Grant) renew(refresh string) (token, next string, ok bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if refresh == "" || refresh != g.refresh {
		return "", "", false
	}
	return g.next()
}
