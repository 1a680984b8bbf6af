package taobao

import (
	"crypto/hmac"
	"crypto/md5" //nolint:gosec // the platform's own signature
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"kefu/extract/api"
)

// wire is the contract of the TOP gateway: one form of text parameters, signed
// whole; status 200 whatever happens; errors under error_response.
type wire struct {
	endpoint string
	appKey   string
	secret   string
	method   string // md5, hmac or hmac-sha256
	now      func() time.Time
}

// Request builds and signs a call.
func (w wire) Request(call string, params map[string]string, token string, now time.Time) (api.Request, error) {
	all := map[string]string{
		"method": call, "app_key": w.appKey, "timestamp": now.In(api.Beijing).Format(time.DateTime),
		"format": "json", "v": "2.0", "sign_method": w.method,
	}
	if token != "" {
		all["session"] = token
	}
	for k, v := range params {
		all[k] = v
	}
	sign, err := Sign(w.method, w.secret, all)
	if err != nil {
		return api.Request{}, err
	}
	form := url.Values{"sign": {sign}}
	for k, v := range all {
		if v != "" {
			form.Set(k, v)
		}
	}
	return api.Request{
		Method: http.MethodPost, URL: w.endpoint, Body: []byte(form.Encode()),
		Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded;charset=utf-8"}},
	}, nil
}

// Sign is the signature of a call's text parameters: names sorted by bytes,
// names and values concatenated, empty ones and the signature itself left out.
func Sign(method, secret string, params map[string]string) (string, error) {
	keys := make([]string, 0, len(params))
	for k, v := range params {
		if k != "" && v != "" && k != "sign" {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	var text strings.Builder
	for _, k := range keys {
		text.WriteString(k)
		text.WriteString(params[k])
	}
	var h hash.Hash
	message := text.String()
	switch method {
	case "md5":
		h, message = md5.New(), secret+message+secret //nolint:gosec // the platform's own signature
	case "hmac":
		h = hmac.New(md5.New, []byte(secret))
	case "hmac-sha256":
		h = hmac.New(sha256.New, []byte(secret))
	default:
		return "", fmt.Errorf("no signature is called %q (md5, hmac or hmac-sha256)", method)
	}
	h.Write([]byte(message))
	return strings.ToUpper(hex.EncodeToString(h.Sum(nil))), nil
}

var ban = regexp.MustCompile(`ban will last for (\d+) more second`)

// Judge reads the gateway's error classes.
func (w wire) Judge(call string, status int, _ http.Header, body []byte) api.Verdict {
	if status == http.StatusTooManyRequests || status >= 500 {
		return api.Verdict{Class: api.Retry, Code: strconv.Itoa(status), Message: http.StatusText(status)}
	}
	root := api.Parse(body)
	if !root.Valid() {
		return api.Verdict{Class: api.Retry, Message: "the answer is no JSON"}
	}
	e := root.At("error_response")
	if e.Missing() {
		n := answer(root, call)
		if n.Missing() {
			return api.Verdict{Class: api.Retry, Message: "the answer lacks " + rootKey(call)}
		}
		if strings.HasPrefix(call, "taobao.wangwang.eservice.") && n.At("ret").Text() == "30000" {
			return api.Verdict{Class: api.Retry, Code: "30000", Message: "the platform's system has an error"}
		}
		return api.Verdict{}
	}
	v := w.judgeError(e)
	if strings.HasSuffix(call, ".kefueval.get") && strings.Contains(e.At("sub_code").Text(), "connection-timeout") {
		v.Class = api.Large // how this call says that its answer is too long
	}
	return v
}

func (w wire) judgeError(e *api.Node) api.Verdict {
	code, sub, text := e.At("code").Int(), e.At("sub_code").Text(), e.At("sub_msg").Text()
	v := api.Verdict{Class: api.Fatal, Code: e.At("code").Text(), Message: e.At("msg").Text()}
	if sub != "" {
		v.Code += " " + sub
	}
	switch {
	case sub == "accesscontrol.limited-by-app-access-count":
		v.Class, v.After = api.Quota, untilMidnight(w.now())
	case code == 7:
		v.Class, v.After = api.Retry, time.Second
		if m := ban.FindStringSubmatch(text); m != nil {
			seconds, _ := strconv.Atoi(m[1])
			v.After = time.Duration(seconds+1) * time.Second
		}
	case code == 26 || code == 27 || strings.Contains(sub, "session"):
		v.Class = api.Token
	case code == 30 || code == 31:
		v.Class = api.Clock
	case sub == "isp.runtime-max-limit":
		v.Class = api.Large
	case strings.HasPrefix(sub, "isp.") || code == 10 || code == 15 && sub == "":
		v.Class = api.Retry
	}
	return v
}

// untilMidnight is the time to the platform's next day, when quotas begin anew.
func untilMidnight(now time.Time) time.Duration {
	here := now.In(api.Beijing)
	next := time.Date(here.Year(), here.Month(), here.Day()+1, 0, 0, 0, 0, api.Beijing)
	return next.Sub(here)
}

// rootKey is the key that a call's answer stands under.
func rootKey(call string) string {
	return strings.ReplaceAll(strings.TrimPrefix(call, "taobao."), ".", "_") + "_response"
}

// answer finds a call's answer: under its root key, under the short one of
// older gateways (chatlog_get_response), or at the root where it is simplified.
func answer(root *api.Node, call string) *api.Node {
	key := rootKey(call)
	if n := root.At(key); !n.Missing() {
		return n
	}
	for _, k := range root.Keys() {
		if strings.HasSuffix(k, "_response") && strings.HasSuffix(key, k) {
			return root.At(k)
		}
	}
	for _, k := range root.Keys() {
		if strings.HasSuffix(k, "_response") {
			return &api.Node{}
		}
	}
	if len(root.Keys()) > 0 {
		return root
	}
	return &api.Node{}
}
