package pdd

import (
	"crypto/md5" //nolint:gosec // the platform's own signature
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"kefu/extract/api"
)

// wire is the contract of the router: flat form parameters, signed whole;
// errors under error_response.
type wire struct {
	endpoint string
	clientID string
	secret   string
	now      func() time.Time
}

// Request builds and signs a call.
func (w wire) Request(call string, params map[string]string, token string, now time.Time) (api.Request, error) {
	all := map[string]string{
		"type": call, "client_id": w.clientID, "timestamp": strconv.FormatInt(now.Unix(), 10), "data_type": "JSON", "version": "V1",
	}
	if token != "" {
		all["access_token"] = token
	}
	for k, v := range params {
		all[k] = v
	}
	form := url.Values{"sign": {Sign(w.secret, all)}}
	for k, v := range all {
		form.Set(k, v)
	}
	return api.Request{
		Method: http.MethodPost, URL: w.endpoint, Body: []byte(form.Encode()),
		Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}},
	}, nil
}

// Sign is the signature of a call's parameters: sorted names and values between
// the secret, MD5, upper case.
func Sign(secret string, params map[string]string) string {
	keys := make([]string, 0, len(params))
	for k := range params {
		if k != "sign" {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	var text strings.Builder
	text.WriteString(secret)
	for _, k := range keys {
		text.WriteString(k + params[k])
	}
	text.WriteString(secret)
	sum := md5.Sum([]byte(text.String())) //nolint:gosec // the platform's own signature
	return strings.ToUpper(hex.EncodeToString(sum[:]))
}

// Judge reads the router's errors. The platform publishes no table of codes
// that could be verified: those that are known by number are, the rest go by
// their text, and what is neither is not tried again.
func (w wire) Judge(_ string, status int, _ http.Header, body []byte) api.Verdict {
	if status == http.StatusTooManyRequests || status >= 500 {
		return api.Verdict{Class: api.Retry, Code: strconv.Itoa(status), Message: http.StatusText(status)}
	}
	root := api.Parse(body)
	if !root.Valid() || len(root.Keys()) == 0 {
		return api.Verdict{Class: api.Retry, Message: "the answer is no JSON"}
	}
	e := root.At("error_response")
	if e.Missing() {
		return api.Verdict{}
	}
	code, text := e.At("error_code").Text(), e.At("error_msg").Text()+" "+e.At("sub_msg").Text()
	v := api.Verdict{Class: api.Fatal, Code: code, Message: e.Any("sub_msg", "error_msg").Text()}
	switch {
	case code == "10019" || strings.Contains(text, "access_token"):
		v.Class = api.Token
	case strings.Contains(text, "timestamp"):
		v.Class = api.Clock
	case strings.Contains(text, "每日") || strings.Contains(text, "当日") || strings.Contains(text, "天限"):
		v.Class, v.After = api.Quota, untilMidnight(w.now())
	case code == "70031" || code == "50000" || strings.HasPrefix(code, "52"):
		v.Class = api.Retry
	}
	return v
}

func untilMidnight(now time.Time) time.Duration {
	here := now.In(api.Beijing)
	return time.Date(here.Year(), here.Month(), here.Day()+1, 0, 0, 0, 0, api.Beijing).Sub(here)
}
