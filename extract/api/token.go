package api

import (
	"context"
	"errors"
	"sync"
	"time"
)

// Session is what authorises calls for one shop. It is a secret: it is neither
// logged nor landed.
type Session struct {
	Access           string    `json:"access_token"`
	Refresh          string    `json:"refresh_token,omitempty"`
	ExpiresAt        time.Time `json:"expires_at,omitzero"`
	RefreshExpiresAt time.Time `json:"refresh_expires_at,omitzero"`
	ShopID           string    `json:"shop_id,omitempty"` // as the platform names the shop
	ShopName         string    `json:"shop_name,omitempty"`
}

// String hides the secret.
func (Session) String() string { return "session" }

// GoString hides the secret.
func (Session) GoString() string { return "session" }

// Store keeps a shop's session between runs.
type Store interface {
	// Load returns the session as last saved.
	Load(ctx context.Context) (Session, error)
	// Save replaces it whole, or leaves the old one.
	Save(ctx context.Context, s Session) error
}

// Renew asks the platform for a new session by the old one.
type Renew func(ctx context.Context, old Session) (Session, error)

// ErrNoRenewal says that a session cannot be renewed by itself.
var ErrNoRenewal = errors.New("it cannot be renewed without the merchant")

// Tokens hand out a shop's access token and renew it once it has ended. Safe
// for use by many at once: however many find it ended, it is renewed once.
type Tokens struct {
	store Store
	renew Renew // nil = never renewed
	now   func() time.Time

	early time.Duration // how long before its end a session is renewed; 0 = once it has ended

	mu      sync.Mutex
	session Session
	loaded  bool
	tried   bool // to renew it early
}

// NewTokens returns the tokens of a shop; now is the present, nil = time.Now.
func NewTokens(store Store, renew Renew, now func() time.Time) *Tokens {
	if now == nil {
		now = time.Now
	}
	return &Tokens{store: store, renew: renew, now: now}
}

// RenewEarly lets a session be renewed that long before it ends, for platforms
// that renew none that has ended.
func (t *Tokens) RenewEarly(before time.Duration) *Tokens {
	t.early = before
	return t
}

// Fixed returns tokens that never change.
func Fixed(access string) *Tokens {
	return &Tokens{now: time.Now, session: Session{Access: access}, loaded: true}
}

// Token returns the access token in use.
func (t *Tokens) Token(ctx context.Context) (string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.load(ctx); err != nil {
		return "", err
	}
	if s := t.session; t.early > 0 && !t.tried && s.Refresh != "" && !s.ExpiresAt.IsZero() && t.now().After(s.ExpiresAt.Add(-t.early)) {
		t.tried = true
		if err := t.next(ctx); err != nil {
			return s.Access, nil // it is still good, or the call says that it is not
		}
	}
	return t.session.Access, nil
}

// Renewed returns a token that is not the stale one: the renewal of another
// caller, or a new one.
func (t *Tokens) Renewed(ctx context.Context, stale string) (string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.load(ctx); err != nil {
		return "", err
	}
	if t.session.Access != stale {
		return t.session.Access, nil
	}
	if t.renew == nil || t.session.Refresh == "" {
		return "", ErrNoRenewal
	}
	if !t.session.RefreshExpiresAt.IsZero() && t.now().After(t.session.RefreshExpiresAt) {
		return "", errors.New("the time in which it can be renewed has passed")
	}
	if err := t.next(ctx); err != nil {
		return "", err
	}
	return t.session.Access, nil
}

// next renews the session and keeps it before it is used.
func (t *Tokens) next(ctx context.Context) error {
	if t.renew == nil {
		return ErrNoRenewal
	}
	next, err := t.renew(ctx, t.session)
	if err != nil {
		return err
	}
	if t.store != nil {
		if err := t.store.Save(ctx, next); err != nil {
			return err
		}
	}
	t.session = next
	return nil
}

func (t *Tokens) load(ctx context.Context) error {
	if t.loaded {
		return nil
	}
	s, err := t.store.Load(ctx)
	if err != nil {
		return err
	}
	t.session, t.loaded = s, true
	return nil
}

// Authoriser speaks a platform's OAuth: the way from a merchant's consent to a
// session, and from an ended one to the next.
type Authoriser interface {
	// AuthorizeURL is the page on which the merchant consents.
	AuthorizeURL(redirect, state string) string
	// Exchange turns the code that the merchant was given into a session.
	Exchange(ctx context.Context, code, redirect string) (Session, error)
	// Renew turns an ended session into the next.
	Renew(ctx context.Context, old Session) (Session, error)
}
