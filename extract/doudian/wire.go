package doudian

import (
	"crypto/hmac"
	"crypto/md5" //nolint:gosec // the platform's own signature
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"kefu/extract/api"
)

// wire is the contract of the gateway: system parameters in the query, the
// business parameters as one JSON body, code 10000 for success.
type wire struct {
	endpoint string
	appKey   string
	secret   string
	method   string // hmac-sha256 or md5
	now      func() time.Time
}

// body is the key under which a call's JSON travels through the client.
const body = "param_json"

// Request builds and signs a call.
func (w wire) Request(call string, params map[string]string, token string, now time.Time) (api.Request, error) {
	at := strconv.FormatInt(now.Unix(), 10)
	query := url.Values{
		"method": {call}, "app_key": {w.appKey}, "timestamp": {at}, "v": {"2"}, "sign_method": {w.method},
		"sign": {Sign(w.method, w.secret, w.appKey, call, params[body], at)},
	}
	if token != "" {
		query.Set("access_token", token)
	}
	return api.Request{
		Method: http.MethodPost, URL: w.endpoint + "/" + strings.ReplaceAll(call, ".", "/") + "?" + query.Encode(), Body: []byte(params[body]),
		Header: http.Header{"Content-Type": {"application/json;charset=UTF-8"}, "From": {"sdk"}, "X-Open-No-Old-Err-Code": {"1"}},
	}, nil
}

// Sign is the signature of a call: names and values in this order between the
// secret, lower case hex.
func Sign(method, secret, appKey, call, paramJSON, timestamp string) string {
	text := secret + "app_key" + appKey + "method" + call + "param_json" + paramJSON + "timestamp" + timestamp + "v2" + secret
	var h hash.Hash
	if method == "md5" {
		h = md5.New() //nolint:gosec // the platform's own signature
	} else {
		h = hmac.New(sha256.New, []byte(secret))
	}
	h.Write([]byte(text))
	return hex.EncodeToString(h.Sum(nil))
}

// Judge reads the gateway's codes: 10000 is success; sub_code begins with isp.
// or dop. where the platform is at fault, with isv. where the caller is.
func (w wire) Judge(_ string, status int, _ http.Header, answer []byte) api.Verdict {
	if status == http.StatusTooManyRequests || status >= 500 {
		return api.Verdict{Class: api.Retry, Code: strconv.Itoa(status), Message: http.StatusText(status)}
	}
	root := api.Parse(answer)
	if !root.Valid() || root.At("code").Missing() {
		return api.Verdict{Class: api.Retry, Message: "the answer is no JSON"}
	}
	if root.At("code").Text() == "10000" {
		return api.Verdict{}
	}
	sub, text := root.At("sub_code").Text(), root.At("msg").Text()+" "+root.At("sub_msg").Text()
	v := api.Verdict{Class: api.Fatal, Code: strings.TrimSpace(root.At("code").Text() + " " + sub), Message: root.Any("sub_msg", "msg").Text()}
	switch {
	case strings.Contains(sub, "access-token") || strings.Contains(sub, "access_token"):
		v.Class = api.Token
	case strings.Contains(sub, "timestamp"):
		v.Class = api.Clock
	case strings.Contains(sub, "quota") || strings.Contains(text, "当日") || strings.Contains(text, "每日"):
		v.Class, v.After = api.Quota, untilMidnight(w.now())
	case strings.HasPrefix(sub, "isp.") || strings.HasPrefix(sub, "dop.") || strings.Contains(sub, "limit"):
		v.Class = api.Retry
	}
	return v
}

func untilMidnight(now time.Time) time.Duration {
	here := now.In(api.Beijing)
	return time.Date(here.Year(), here.Month(), here.Day()+1, 0, 0, 0, 0, api.Beijing).Sub(here)
}
