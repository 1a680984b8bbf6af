package kuaishou

import (
	"crypto/hmac"
	"crypto/md5" //nolint:gosec // the platform's own signature
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"kefu/extract/api"
)

// wire is the contract of the gateway: one JSON string of business parameters
// among signed query parameters; result 1 for success.
type wire struct {
	endpoint   string
	appKey     string
	signSecret string
	method     string // HMAC_SHA256 or MD5
	now        func() time.Time
}

// param is the key of a call's business JSON.
const param = "param"

// Request builds and signs a call. All calls of this connector are GET.
func (w wire) Request(call string, params map[string]string, token string, now time.Time) (api.Request, error) {
	all := map[string]string{
		"appkey": w.appKey, "method": call, "version": "1", param: params[param], "timestamp": strconv.FormatInt(now.UnixMilli(), 10), "signMethod": w.method,
	}
	if token != "" {
		all["access_token"] = token
	}
	query := url.Values{"sign": {Sign(w.method, w.signSecret, all)}}
	for k, v := range all {
		query.Set(k, v)
	}
	return api.Request{Method: http.MethodGet, URL: w.endpoint + "/" + strings.ReplaceAll(call, ".", "/") + "?" + query.Encode()}, nil
}

// Sign is the signature of a call's parameters: sorted k=v joined by &, the
// sign secret last.
func Sign(method, signSecret string, params map[string]string) string {
	pairs := make([]string, 0, len(params))
	for k, v := range params {
		if k != "sign" {
			pairs = append(pairs, k+"="+v)
		}
	}
	slices.Sort(pairs)
	text := strings.Join(pairs, "&") + "&signSecret=" + signSecret
	if method == "MD5" {
		sum := md5.Sum([]byte(text)) //nolint:gosec // the platform's own signature
		return hex.EncodeToString(sum[:])
	}
	mac := hmac.New(sha256.New, []byte(signSecret))
	mac.Write([]byte(text))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// Judge reads the gateway's results.
func (w wire) Judge(_ string, status int, _ http.Header, body []byte) api.Verdict {
	if status == http.StatusTooManyRequests || status >= 500 {
		return api.Verdict{Class: api.Retry, Code: strconv.Itoa(status), Message: http.StatusText(status)}
	}
	root := api.Parse(body)
	if !root.Valid() || root.At("result").Missing() {
		return api.Verdict{Class: api.Retry, Message: "the answer is no JSON"}
	}
	result := root.At("result").Int()
	if result == 1 {
		return api.Verdict{}
	}
	code, sub := root.At("code").Text(), root.At("sub_code").Text()
	text := root.Any("sub_msg", "error_msg", "msg").Text()
	v := api.Verdict{Class: api.Fatal, Code: strconv.FormatInt(result, 10), Message: text}
	if sub != "" && sub != v.Code {
		v.Code += " " + sub
	}
	lower := strings.ToLower(text + " " + root.At("error_msg").Text() + " " + root.At("msg").Text())
	switch {
	case code == "802006" || sub == "802006" || strings.Contains(lower, "exceed quota limit"):
		v.Class, v.After = api.Quota, untilMidnight(w.now())
	case result == 21 || result == 24:
		v.Class = api.Token
	case strings.Contains(lower, "timestamp"):
		v.Class = api.Clock
	case slices.Contains([]int64{15, 16, 17, 1016, 1017, 802000}, result) || strings.Contains(lower, "exceed qps") || sub == "300014":
		v.Class = api.Retry
	case strings.Contains(text, "系统") && (strings.Contains(text, "繁忙") || strings.Contains(text, "异常")):
		v.Class = api.Retry
	}
	return v
}

func untilMidnight(now time.Time) time.Duration {
	here := now.In(api.Beijing)
	return time.Date(here.Year(), here.Month(), here.Day()+1, 0, 0, 0, 0, api.Beijing).Sub(here)
}
