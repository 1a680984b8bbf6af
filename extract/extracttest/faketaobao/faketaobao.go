// Package faketaobao is the TOP gateway for tests: it checks what the real one
// checks and sells what a shop's rows say.
package faketaobao

import (
	"crypto/hmac"
	"crypto/md5" //nolint:gosec // the platform's own signature
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"kefu/extract/api"
	"kefu/extract/extracttest"
)

// Server is the gateway of one shop.
type Server struct {
	Shop   *extracttest.Shop
	Faults *extracttest.Faults
	Meter  extracttest.Meter
	Now    func() time.Time
	AppKey string
	Secret string
	Nick   string // main account

	// Grant is the session that is valid.
	Grant extracttest.Grant
}

// ServeHTTP answers /router/rest and /token.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		http.Error(w, "bad form", http.StatusBadRequest)
		return
	}
	if strings.HasSuffix(r.URL.Path, "/token") {
		extracttest.Serve(w, r, extracttest.None, s.Now(), func() []byte { return s.renew(r.PostForm) })
		return
	}
	fault := s.Faults.Next()
	now := s.Now()
	if fault == extracttest.ClockSkew {
		now = now.Add(25 * time.Minute)
	}
	extracttest.Serve(w, r, fault, now, func() []byte { return s.answer(r.PostForm, fault, now) })
}

func (s *Server) renew(form url.Values) []byte {
	refused := func(text string) []byte {
		return extracttest.JSON(map[string]any{"error": "invalid_grant", "error_description": text})
	}
	if form.Get("client_id") != s.AppKey || form.Get("client_secret") != s.Secret {
		return refused("client is unknown")
	}
	kind := form.Get("grant_type")
	token, refresh, ok := s.Grant.Answer(kind, "authorization_code", "refresh_token", form)
	if !ok || kind == "authorization_code" && form.Get("redirect_uri") == "" {
		return refused("the code or refresh token is invalid")
	}
	return extracttest.JSON(map[string]any{"taobao_user_id": "1", "taobao_user_nick": url.QueryEscape(s.Nick), "access_token": token, "refresh_token": refresh, "expires_in": 86400, "re_expires_in": 864000, "token_type": "Bearer"})
}

func (s *Server) answer(form url.Values, fault extracttest.Fault, now time.Time) []byte {
	if why := s.refuse(form, fault, now); why != nil {
		return why
	}
	call := form.Get("method")
	body := s.call(call, form, fault)
	if body["error_response"] != nil {
		return extracttest.JSON(body)
	}
	body["request_id"] = "1a2b3c"
	root := strings.ReplaceAll(strings.TrimPrefix(call, "taobao."), ".", "_") + "_response"
	return extracttest.JSON(map[string]any{root: body})
}

// refuse checks what the gateway checks before any call.
func (s *Server) refuse(form url.Values, fault extracttest.Fault, now time.Time) []byte {
	at, err := time.ParseInLocation(time.DateTime, form.Get("timestamp"), api.Beijing)
	switch {
	case form.Get("v") != "2.0":
		return failure(33, "Invalid Version", "", "")
	case form.Get("app_key") != s.AppKey:
		return failure(29, "Invalid App Key", "", "")
	case err != nil || at.Sub(now).Abs() > 10*time.Minute:
		return failure(31, "Invalid Timestamp", "", "")
	case form.Get("sign") != s.sign(form):
		return failure(25, "Invalid signature", "", "")
	case fault == extracttest.ExpiredToken:
		s.Grant.Expire()
		return failure(27, "Invalid session", "invalid-sessionkey", "SessionKey非法")
	case !s.Grant.Valid(form.Get("session")):
		return failure(27, "Invalid session", "invalid-sessionkey", "SessionKey非法")
	case fault == extracttest.Business:
		return failure(15, "Remote service error", "isp.remote-service-error", "后端服务异常")
	case fault == extracttest.DailyQuota:
		return failure(7, "App Call Limited", "accesscontrol.limited-by-app-access-count", "")
	case fault == extracttest.Denied:
		return failure(11, "Insufficient ISV Permissions", "isv.permission-api-package-limit", "")
	case fault == extracttest.Ban || !s.Meter.Allow(time.Now()):
		return failure(7, "App Call Limited", "accesscontrol.limited-by-api-access-count", "This ban will last for 0 more seconds")
	}
	return nil
}

// sign is written by the platform's page, not by the connector's code.
func (s *Server) sign(form url.Values) string {
	keys := []string{}
	for k := range form {
		if k != "sign" {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	text := ""
	for _, k := range keys {
		text += k + form.Get(k)
	}
	var h hash.Hash
	switch form.Get("sign_method") {
	case "md5":
		h, text = md5.New(), s.Secret+text+s.Secret //nolint:gosec // the platform's own signature
	case "hmac":
		h = hmac.New(md5.New, []byte(s.Secret))
	default:
		h = hmac.New(sha256.New, []byte(s.Secret))
	}
	h.Write([]byte(text))
	return strings.ToUpper(hex.EncodeToString(h.Sum(nil)))
}

func failure(code int, msg, sub, subMsg string) []byte {
	e := map[string]any{"code": code, "msg": msg, "request_id": "1a2b3c"}
	if sub != "" {
		e["sub_code"], e["sub_msg"] = sub, subMsg
	}
	return extracttest.JSON(map[string]any{"error_response": e})
}

func refused(sub, text string) map[string]any {
	return map[string]any{"error_response": map[string]any{"code": 41, "msg": "Invalid Arguments", "sub_code": sub, "sub_msg": text}}
}
