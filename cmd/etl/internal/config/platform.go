package config

import (
	"net/url"
	"path/filepath"
	"slices"
	"time"

	"kefu/cmd/etl/internal/pull"
	"kefu/transform/rule/yamlnode"
)

// API is how a shop is pulled from its platform. Secrets are only named.
type API struct {
	Endpoint   string // "" = the platform's own
	OAuth      string // "" = the platform's own
	AppKey     string
	Secret     SecretRef
	SignSecret SecretRef // kuaishou
	SignMethod string
	Nick       string // taobao: the main account
	Chat       string // taobao: eservice, abstract; jd: im; "" = chats come by export
	BuyerIDs   bool   // kuaishou, doudian: chats name buyers by the platform's open ids
	Since      time.Time
	PerApp     float64 // calls per second that the application may make; 0 = the platform's usual
	PerShop    float64
	// Session is where the access token is found that is never renewed; else the
	// session is kept in SessionFile.
	Session     SecretRef
	SessionFile string
}

// apiTypes are sources that read a platform's interface, and the platforms
// whose shops they pull.
var apiTypes = map[string][]string{
	"taobao": {"taobao", "tmall"}, "jd": {"jd"}, "kuaishou": {"kuaishou"}, "doudian": {"doudian"}, "pdd": {"pdd"},
}

// sourceTypes lists what a source can be.
func sourceTypes() []string { return append([]string{"files"}, pull.Types()...) }

// usualRates are calls per second of one application that stay well inside of
// what the platforms permit; a merchant who knows better says so.
var usualRates = map[string]float64{"taobao": 10, "jd": 10, "kuaishou": 50, "doudian": 50, "pdd": 10}

// api reads a source that pulls from a platform.
func (l *loader) api(n *yamlnode.Node, s *Source) bool {
	a := &API{}
	s.API = a
	fields := []yamlnode.Field{
		required("name", l.text(&s.Name, "name")),
		required("type", l.word(&s.Type, "type", sourceTypes()...)),
		required("platform", l.word(&s.Platform, "platform", apiTypes[n.Get("type").Value]...)),
		required("shop", l.id(&s.Shop, "shop")),
		required("app_key", l.id(&a.AppKey, "app_key")),
		required("secret", l.secret(&a.Secret, "secret", "var/app.key")),
		optional("endpoint", l.address(&a.Endpoint, "endpoint")),
		optional("oauth", l.address(&a.OAuth, "oauth")),
		optional("session", l.session(a)),
		optional("since", into(&a.Since, func(n *yamlnode.Node) (time.Time, bool) { return l.Date(n, "since") })),
		optional("rate", l.rate(a)),
		optional("complete_until", into(&s.CompleteUntil, func(n *yamlnode.Node) (time.Time, bool) { return l.Date(n, "complete_until") })),
	}
	switch n.Get("type").Value {
	case "taobao":
		fields = append(fields,
			required("nick", l.text(&a.Nick, "nick")),
			optional("sign_method", l.word(&a.SignMethod, "sign_method", "md5", "hmac", "hmac-sha256")),
			optional("chat", l.word(&a.Chat, "chat", "eservice", "abstract")))
	case "jd":
		fields = append(fields, optional("chat", l.word(&a.Chat, "chat", "im")))
	case "kuaishou":
		fields = append(fields,
			required("sign_secret", l.secret(&a.SignSecret, "sign_secret", "var/sign.key")),
			optional("sign_method", l.word(&a.SignMethod, "sign_method", "MD5", "HMAC_SHA256")),
			optional("buyer_ids", into(&a.BuyerIDs, func(n *yamlnode.Node) (bool, bool) { return l.Bool(n, "buyer_ids") })))
	case "doudian":
		fields = append(fields,
			optional("sign_method", l.word(&a.SignMethod, "sign_method", "md5", "hmac-sha256")),
			optional("buyer_ids", into(&a.BuyerIDs, func(n *yamlnode.Node) (bool, bool) { return l.Bool(n, "buyer_ids") })))
	}
	if !l.Fields(n, "a source of type "+n.Get("type").Value, fields...) {
		return false
	}
	if a.PerApp == 0 {
		a.PerApp = usualRates[s.Type]
	}
	if a.SessionFile == "" && a.Session == (SecretRef{}) {
		a.SessionFile = l.cfg.path(filepath.Join("var", "sessions", s.Name+".json"))
	}
	return true
}

// address reads an URL.
func (l *loader) address(dst *string, what string) func(*yamlnode.Node) {
	return func(n *yamlnode.Node) {
		s, ok := l.String(n, what)
		if !ok {
			return
		}
		if u, err := url.Parse(s); err != nil || !slices.Contains([]string{"http", "https"}, u.Scheme) || u.Host == "" {
			l.Errorf(n.Pos, "write an address such as https://gateway.example.com/router", "%s is no address", what)
			return
		}
		*dst = s
	}
}

// session reads where a shop's session is: a file that `etl auth` keeps, or a
// variable with a token that is never renewed.
func (l *loader) session(a *API) func(*yamlnode.Node) {
	return func(n *yamlnode.Node) {
		var ref SecretRef
		l.secret(&ref, "session", "var/sessions/shop.json")(n)
		if ref.File != "" {
			a.SessionFile = ref.File
			return
		}
		a.Session = ref
	}
}

func (l *loader) rate(a *API) func(*yamlnode.Node) {
	perSecond := func(dst *float64, what string) func(*yamlnode.Node) {
		return into(dst, func(n *yamlnode.Node) (float64, bool) {
			i, ok := l.Int(n, what, 1, 10000)
			return float64(i), ok
		})
	}
	return func(n *yamlnode.Node) {
		l.Fields(n, "rate",
			optional("app", perSecond(&a.PerApp, "rate.app")),
			optional("shop", perSecond(&a.PerShop, "rate.shop")))
	}
}

// PlatformSecret reads one of a source's secrets. The error is an *Error of
// class Environment.
func (c *Config) PlatformSecret(ref SecretRef, source, what string, lookup yamlnode.Lookup) (string, error) {
	if ref == (SecretRef{}) {
		return "", nil
	}
	return ref.read(lookup, what+" of source "+source, "write it into that file, with mode 0600")
}
