package api

import (
	"fmt"
	"time"
)

// Class says what follows from an answer.
type Class int

// The classes of answers.
const (
	OK    Class = iota
	Retry       // the platform's fault or a rate limit: ask again, after Verdict.After
	Quota       // the allowance of the day is used up: no more of this shop until Verdict.After has passed
	Token       // the session has ended: refresh it once
	Clock       // the platform says that the request's time is wrong
	Large       // the window is too large
	Fatal       // the request is wrong or not allowed; asking again changes nothing
)

// Verdict is what a platform's answer means.
type Verdict struct {
	Class   Class
	After   time.Duration // to wait; 0 = by the client's own back-off
	Code    string        // the platform's code, shown to people
	Message string        // the platform's text, shown to people
}

// CallError is an answer that is no success, in the platform's words. It holds
// neither credentials nor parameters.
type CallError struct {
	Call    string
	Code    string
	Message string
	Hint    string
	Tries   int
	Err     error
}

// Error says which call failed, why and what to do.
func (e *CallError) Error() string {
	s := "call " + e.Call
	if e.Code != "" {
		s += ": " + e.Code
	}
	if e.Message != "" {
		s += ": " + e.Message
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	if e.Tries > 1 {
		s += fmt.Sprintf(" (after %d tries)", e.Tries)
	}
	if e.Hint != "" {
		s += " (" + e.Hint + ")"
	}
	return s
}

// Unwrap returns the cause.
func (e *CallError) Unwrap() error { return e.Err }

// LimitError says that a shop's allowance is used up until a time; what was
// pulled before stays.
type LimitError struct {
	Until time.Time
	Err   error
}

// Error says until when.
func (e *LimitError) Error() string {
	return fmt.Sprintf("the platform's quota is used up until %s: %v", e.Until.In(Beijing).Format("2006-01-02 15:04 -0700"), e.Err)
}

// Unwrap returns the cause.
func (e *LimitError) Unwrap() error { return e.Err }

// TokenError says that the session has ended and could not be renewed.
type TokenError struct {
	Platform string
	Err      error
}

// Error says what to do about it.
func (e *TokenError) Error() string {
	return fmt.Sprintf("the session has ended: %v (authorise the shop again: etl auth %s)", e.Err, e.Platform)
}

// Unwrap returns the cause.
func (e *TokenError) Unwrap() error { return e.Err }
