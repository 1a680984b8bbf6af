package jd

import (
	"crypto/md5" //nolint:gosec // the platform's own signature
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"kefu/extract/api"
)

// wire is the contract of the JOS gateway: system parameters in the query, the
// business parameters as one JSON string in the form; the answer under
// a root that the platform misspells.
type wire struct {
	endpoint string
	appKey   string
	secret   string
	now      func() time.Time
}

const paramJSON = "360buy_param_json"

// Request builds and signs a call.
func (w wire) Request(call string, params map[string]string, token string, now time.Time) (api.Request, error) {
	text, err := json.Marshal(params)
	if err != nil {
		return api.Request{}, fmt.Errorf("write parameters: %w", err)
	}
	system := map[string]string{
		"method": call, "app_key": w.appKey, "timestamp": now.In(api.Beijing).Format("2006-01-02 15:04:05.000-0700"), "v": "2.0",
	}
	if token != "" {
		system["access_token"] = token
	}
	query := url.Values{}
	for k, v := range system {
		query.Set(k, v)
	}
	system[paramJSON] = string(text)
	query.Set("sign", Sign(w.secret, system))
	return api.Request{
		Method: http.MethodPost, URL: w.endpoint + "?" + query.Encode(), Body: []byte(url.Values{paramJSON: {string(text)}}.Encode()),
		Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded;charset=utf-8"}},
	}, nil
}

// Sign is the signature of a call's parameters: sorted names and raw values
// between the secret, MD5, upper case; empty ones are left out.
func Sign(secret string, params map[string]string) string {
	keys := make([]string, 0, len(params))
	for k, v := range params {
		if k != "sign" && v != "" {
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

// Judge reads the gateway's codes, and the success marks that some answers
// carry deeper inside.
func (w wire) Judge(call string, status int, _ http.Header, body []byte) api.Verdict {
	if status == http.StatusTooManyRequests || status >= 500 {
		return api.Verdict{Class: api.Retry, Code: strconv.Itoa(status), Message: http.StatusText(status)}
	}
	root := api.Parse(body)
	if !root.Valid() {
		return api.Verdict{Class: api.Retry, Message: "the answer is no JSON"}
	}
	if e := root.At("error_response"); !e.Missing() {
		return w.judgeError(e)
	}
	n := answer(root, call)
	if n.Missing() {
		return api.Verdict{Class: api.Retry, Message: "the answer lacks its root"}
	}
	for _, inner := range []*api.Node{n.At("searchorderinfo_result", "apiResult"), n.At("pageResult"), n.At("queryResult")} {
		if mark := inner.At("success"); !mark.Missing() && !mark.Bool() {
			text := inner.Any("chineseErrCode", "msg", "message", "errorMessage").Text()
			v := api.Verdict{Class: api.Fatal, Code: inner.Any("numberCode", "code", "errorCode").Text(), Message: text}
			if busy(text) {
				v.Class = api.Retry
			}
			return v
		}
	}
	return api.Verdict{}
}

func (w wire) judgeError(e *api.Node) api.Verdict {
	code, text := e.At("code").Text(), e.Any("zh_desc", "en_desc").Text()
	v := api.Verdict{Class: api.Fatal, Code: code, Message: text}
	switch code {
	case "2":
		v.Class, v.After = api.Quota, untilMidnight(w.now())
	case "18", "19":
		v.Class = api.Token
	case "7", "8":
		v.Class = api.Clock
	case "67":
		v.Class = api.Retry
	default:
		if busy(text) || busy(e.At("en_desc").Text()) {
			v.Class = api.Retry
		}
	}
	return v
}

// busy says whether the platform asks to come again.
func busy(text string) bool {
	lower := strings.ToLower(text)
	for _, mark := range []string{"繁忙", "超时", "稍后", "频繁", "限流", "busy", "timeout", "try again"} {
		if strings.Contains(lower, mark) {
			return true
		}
	}
	return false
}

func untilMidnight(now time.Time) time.Duration {
	here := now.In(api.Beijing)
	return time.Date(here.Year(), here.Month(), here.Day()+1, 0, 0, 0, 0, api.Beijing).Sub(here)
}

// answer finds a call's answer under either spelling.
func answer(root *api.Node, call string) *api.Node {
	key := strings.ReplaceAll(call, ".", "_")
	return root.Any(key+"_responce", key+"_response") //nolint:misspell // the platform's own spelling
}
