package extracttest

import (
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

// Exchange issues a session for the code that is out, once.
func (g *Grant) Exchange(code string) (token, refresh string, ok bool) {
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

// Renew issues the next session for the valid refresh token.
func (g *Grant) Renew(refresh string) (token, next string, ok bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if refresh == "" || refresh != g.refresh {
		return "", "", false
	}
	return g.next()
}
