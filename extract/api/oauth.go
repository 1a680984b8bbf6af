package api

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Post sends a form to an OAuth address and returns the JSON of its answer.
// Neither the form nor the answer is in an error.
func Post(ctx context.Context, transport http.RoundTripper, address string, form url.Values) (*Node, error) {
	return oauth(ctx, transport, http.MethodPost, address, form)
}

// Get asks an OAuth address with the form as its query.
func Get(ctx context.Context, transport http.RoundTripper, address string, form url.Values) (*Node, error) {
	return oauth(ctx, transport, http.MethodGet, address, form)
}

func oauth(ctx context.Context, transport http.RoundTripper, method, address string, form url.Values) (*Node, error) {
	body := io.Reader(http.NoBody)
	if method == http.MethodPost {
		body = strings.NewReader(form.Encode())
	} else {
		address += "?" + form.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, method, address, body)
	if err != nil {
		return nil, fmt.Errorf("ask for a session: %w", bare(err))
	}
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	resp, err := (&http.Client{Transport: transport, Timeout: 30 * time.Second}).Do(req)
	if err != nil {
		return nil, fmt.Errorf("ask for a session: %w", bare(err))
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return nil, fmt.Errorf("read the session: %w", bare(err))
	}
	n := Parse(text)
	if !n.Valid() {
		return nil, fmt.Errorf("read the session: the answer (status %d) is no JSON", resp.StatusCode)
	}
	return n, nil
}

// SessionOf reads the fields that most platforms share: access_token,
// refresh_token, expires_in and the refresh token's own life in seconds under
// one of the given names.
func SessionOf(n *Node, now time.Time, refreshLife ...string) (Session, error) {
	s := Session{Access: n.At("access_token").Text(), Refresh: n.At("refresh_token").Text()}
	if s.Access == "" {
		why := n.Any("error_description", "error_msg", "zh_desc", "sub_msg", "msg", "error").Text()
		return Session{}, fmt.Errorf("the platform gives no session: %s", why)
	}
	if life := n.At("expires_in").Int(); life > 0 {
		s.ExpiresAt = now.Add(time.Duration(life) * time.Second)
	}
	if life := n.Any(refreshLife...).Int(); life > 0 {
		s.RefreshExpiresAt = now.Add(time.Duration(life) * time.Second)
	}
	return s, nil
}
