// Package fakejd is the JOS gateway for tests: it checks what the real one
// checks and sells what a shop's rows say.
package fakejd

import (
	"crypto/md5" //nolint:gosec // the platform's own signature
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
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
	// Grant is the session that is valid.
	Grant extracttest.Grant
}

// ServeHTTP answers /routerjson, /access_token and /refresh_token.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		http.Error(w, "bad form", http.StatusBadRequest)
		return
	}
	if strings.HasSuffix(r.URL.Path, "/refresh_token") || strings.HasSuffix(r.URL.Path, "/access_token") {
		extracttest.Serve(w, r, extracttest.None, s.Now(), func() []byte { return extracttest.JSON(s.renew(r.PostForm)) })
		return
	}
	fault, now := s.Faults.Next(), s.Now()
	if fault == extracttest.ClockSkew {
		now = now.Add(25 * time.Minute)
	}
	extracttest.Serve(w, r, fault, now, func() []byte { return extracttest.JSON(s.answer(r, fault, now)) })
}

func (s *Server) renew(form url.Values) map[string]any {
	if form.Get("app_key") != s.AppKey || form.Get("app_secret") != s.Secret {
		return map[string]any{"code": "401", "msg": "app_secret错误"}
	}
	token, refresh, ok := s.Grant.Answer(form.Get("grant_type"), "authorization_code", "refresh_token", form)
	if !ok {
		return map[string]any{"code": "402", "msg": "code或refresh_token错误"}
	}
	return map[string]any{"access_token": token, "refresh_token": refresh, "expires_in": 31104000, "uid": "1"}
}

func failure(code, text string) map[string]any {
	return map[string]any{"error_response": map[string]any{"code": code, "zh_desc": text, "en_desc": text}}
}

func (s *Server) answer(r *http.Request, fault extracttest.Fault, now time.Time) map[string]any {
	q, text := r.URL.Query(), r.PostForm.Get("360buy_param_json")
	at, err := time.Parse("2006-01-02 15:04:05.000-0700", q.Get("timestamp"))
	var asked map[string]string
	err2 := json.Unmarshal([]byte(text), &asked)
	switch {
	case err2 != nil:
		return failure("66", "360buy_param_json格式错误")
	case q.Get("v") != "2.0":
		return failure("5", "版本不支持")
	case err != nil || at.Sub(now).Abs() > 6*time.Minute:
		return failure("8", "时间戳错误")
	case q.Get("sign") != s.sign(q, text):
		return failure("12", "签名错误")
	case fault == extracttest.ExpiredToken:
		s.Grant.Expire()
		return failure("19", "access_token已过期")
	case !s.Grant.Valid(q.Get("access_token")):
		return failure("19", "access_token已过期")
	case fault == extracttest.Business:
		return failure("67", "平台服务不可用")
	case fault == extracttest.DailyQuota:
		return failure("2", "超过调用次数限制")
	case fault == extracttest.Denied:
		return failure("21", "无权限")
	case fault == extracttest.Ban || !s.Meter.Allow(time.Now()):
		return failure("60", "访问过于频繁，请稍后再试")
	}
	body := s.call(q.Get("method"), asked, fault)
	if body == nil {
		return failure("15", "方法不存在")
	}
	body["code"] = "0"
	return map[string]any{strings.ReplaceAll(q.Get("method"), ".", "_") + "_responce": body} //nolint:misspell // the platform's own spelling
}

// sign is written by the platform's page, not by the connector's code.
func (s *Server) sign(q url.Values, text string) string {
	pairs := []string{"360buy_param_json" + text}
	for k, v := range q {
		if k != "sign" {
			pairs = append(pairs, k+v[0])
		}
	}
	slices.Sort(pairs)
	return fmt.Sprintf("%X", md5.Sum([]byte(s.Secret+strings.Join(pairs, "")+s.Secret))) //nolint:gosec // the platform's own signature
}

func (s *Server) call(method string, asked map[string]string, fault extracttest.Fault) map[string]any {
	switch method {
	case "jingdong.pop.order.search":
		return s.orders(asked, fault)
	case "jingdong.pop.afs.soa.refundapply.queryPageList":
		return s.cancelled(asked, fault)
	case "jingdong.asc.serviceAndRefund.view":
		return s.returned(asked, fault)
	case "jingdong.im.pop.groupinfo.get":
		return s.group()
	case "jingdong.im.pop.sessionlist.get":
		return s.sessions(asked, fault)
	case "jingdong.im.pop.chatlog.get":
		return s.chats(asked, fault)
	case "jingdong.im.pop.evaluationlist.get":
		return s.evaluations(asked, fault)
	case "jingdong.im.pop.passlog.get":
		return s.logins(asked, fault)
	case "jingdong.vender.shop.query":
		return map[string]any{"shop_jos_result": map[string]any{"shop_id": 1, "vender_id": 2, "shop_name": "店"}}
	}
	return nil
}

// span reads a window, both ends included.
func span(asked map[string]string, from, to string, longest time.Duration) (a, b time.Time, ok bool) {
	a, err := time.ParseInLocation(time.DateTime, asked[from], api.Beijing)
	b, err2 := time.ParseInLocation(time.DateTime, asked[to], api.Beijing)
	b = b.Add(time.Second)
	return a, b, err == nil && err2 == nil && b.After(a) && (longest == 0 || b.Sub(a) <= longest+time.Second)
}

func paged[T any](asked map[string]string, page, size string, most int, all []T, fault extracttest.Fault) ([]T, int, bool) {
	no, err := strconv.Atoi(asked[page])
	n, err2 := strconv.Atoi(asked[size])
	if err != nil || err2 != nil || no < 1 || n < 1 || n > most {
		return nil, 0, false
	}
	out, total := extracttest.Page(all, no-1, n, fault)
	return out, total, true
}
