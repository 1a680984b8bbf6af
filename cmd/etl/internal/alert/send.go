package alert

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

// deadline bounds a message with all its tries: a run does not wait for a chat.
const deadline = 15 * time.Second

// Sender sends messages.
type Sender struct {
	client *retryablehttp.Client
	now    func() time.Time
}

// NewSender returns a sender that tries three times.
func NewSender() *Sender {
	client := retryablehttp.NewClient()
	client.Logger = nil // it would log addresses
	client.RetryMax, client.RetryWaitMin, client.RetryWaitMax = 2, 500*time.Millisecond, 3*time.Second
	client.ErrorHandler = retryablehttp.PassthroughErrorHandler // its own error names the address
	return &Sender{client: client, now: time.Now}
}

// Send tells the target the message. The error never names the address.
func (s *Sender) Send(ctx context.Context, t Target, r Report, m Message) error {
	ctx, cancel := context.WithTimeout(ctx, deadline)
	defer cancel()
	request, err := s.request(ctx, t, r, m)
	if err != nil {
		return fmt.Errorf("write alert for %s: %w", t.Name, err)
	}
	response, err := s.client.Do(request)
	if err != nil {
		return fmt.Errorf("send alert to %s: %w", t.Name, withoutAddress(err))
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(response.Body, 1<<16))
	if err != nil {
		return fmt.Errorf("read answer of %s: %w", t.Name, withoutAddress(err))
	}
	if response.StatusCode/100 != 2 {
		return fmt.Errorf("send alert to %s: it answered %s", t.Name, response.Status)
	}
	if err := accepted(t.Type, answer); err != nil {
		return fmt.Errorf("send alert to %s: %w", t.Name, err)
	}
	return nil
}

// withoutAddress takes the address out of an error of the HTTP client.
func withoutAddress(err error) error {
	var at *url.Error
	if errors.As(err, &at) {
		return at.Err
	}
	return err
}

// accepted reads the platform's answer: it comes with status 200 also when the
// message was refused.
func accepted(kind string, answer []byte) error {
	if kind == "webhook" {
		return nil
	}
	var result struct {
		ErrCode int    `json:"errcode"` // DingTalk, WeCom
		ErrMsg  string `json:"errmsg"`
		Code    int    `json:"code"` // Feishu
		Msg     string `json:"msg"`
	}
	if err := json.Unmarshal(answer, &result); err != nil {
		return errors.New("its answer is no JSON: is the address that of a robot?")
	}
	if code := result.ErrCode + result.Code; code != 0 {
		return fmt.Errorf("it refused the message: %s (%d)", shorten(result.ErrMsg+result.Msg, 200), code)
	}
	return nil
}

func (s *Sender) request(ctx context.Context, t Target, r Report, m Message) (*retryablehttp.Request, error) {
	now := s.now()
	address := t.URL
	if t.Type == "dingtalk" && t.Secret != "" {
		var err error
		if address, err = signedDingTalk(t.URL, t.Secret, now); err != nil {
			return nil, err
		}
	}
	text, err := json.Marshal(body(t, r, m, now))
	if err != nil {
		return nil, err
	}
	request, err := retryablehttp.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(text))
	if err != nil {
		return nil, withoutAddress(err)
	}
	request.Header.Set("Content-Type", "application/json; charset=utf-8")
	if t.Type == "webhook" && t.Secret != "" {
		stamp := strconv.FormatInt(now.Unix(), 10)
		request.Header.Set("X-Kefu-Timestamp", stamp)
		request.Header.Set("X-Kefu-Signature", "sha256="+hex.EncodeToString(mac(t.Secret, stamp+"."+string(text))))
	}
	return request, nil
}

// body is the message in the form of the platform.
func body(t Target, r Report, m Message, now time.Time) any {
	type object = map[string]any
	switch t.Type {
	case "dingtalk":
		return object{"msgtype": "markdown", "markdown": object{"title": m.Title, "text": "#### " + m.Title + "\n\n- " + strings.Join(m.Lines, "\n- ")}}
	case "wecom":
		return object{"msgtype": "markdown", "markdown": object{"content": limit("**"+m.Title+"**\n> "+strings.Join(m.Lines, "\n> "), wecomLimit)}}
	case "feishu":
		language := "zh_cn"
		if t.Language == "en" {
			language = "en_us"
		}
		lines := make([][]object, len(m.Lines))
		for i, l := range m.Lines {
			lines[i] = []object{{"tag": "text", "text": l}}
		}
		out := object{"msg_type": "post", "content": object{"post": object{language: object{"title": m.Title, "content": lines}}}}
		if t.Secret != "" {
			stamp := strconv.FormatInt(now.Unix(), 10)
			out["timestamp"], out["sign"] = stamp, signFeishu(t.Secret, stamp)
		}
		return out
	default:
		return object{"events": m.Events, "title": m.Title, "lines": m.Lines, "pipeline": r.Pipeline, "run_id": r.Run, "status": r.Status, "at": r.At.UTC().Format(time.RFC3339)}
	}
}

// wecomLimit is how many bytes of markdown WeCom takes.
const wecomLimit = 4096

// limit cuts a text to so many bytes between characters.
func limit(text string, most int) string {
	if len(text) <= most {
		return text
	}
	cut := most - len("…")
	for cut > 0 && text[cut]&0xC0 == 0x80 {
		cut--
	}
	return text[:cut] + "…"
}

func mac(key, text string) []byte {
	h := hmac.New(sha256.New, []byte(key))
	h.Write([]byte(text))
	return h.Sum(nil)
}

// signedDingTalk adds DingTalk's signature to the address: milliseconds, and
// these with the secret on a second line, keyed with the secret.
func signedDingTalk(address, secret string, now time.Time) (string, error) {
	u, err := url.Parse(address)
	if err != nil {
		return "", withoutAddress(err)
	}
	stamp := strconv.FormatInt(now.UnixMilli(), 10)
	query := u.Query()
	query.Set("timestamp", stamp)
	query.Set("sign", base64.StdEncoding.EncodeToString(mac(secret, stamp+"\n"+secret)))
	u.RawQuery = query.Encode()
	return u.String(), nil
}

// signFeishu is Feishu's signature: seconds and secret on two lines are the key,
// what is signed is empty.
func signFeishu(secret, stamp string) string {
	return base64.StdEncoding.EncodeToString(mac(stamp+"\n"+secret, ""))
}
