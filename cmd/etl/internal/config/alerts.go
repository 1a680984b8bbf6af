package config

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"kefu/cmd/etl/internal/alert"
	"kefu/transform/rule/yamlnode"
)

func (l *loader) alerts(n *yamlnode.Node) {
	seen := names{}
	l.List(n, "alerts", func(n *yamlnode.Node) {
		a := Alert{Pos: n.Pos, On: []string{alert.Failed, alert.Late}, Language: "zh", RejectedRows: 10, RejectedShare: 0.01, LateDays: 1, RestatedDays: 30}
		count := func(dst *int, what string, lowest int) func(*yamlnode.Node) {
			return into(dst, func(n *yamlnode.Node) (int, bool) { return l.Int(n, what, lowest, 1_000_000_000) })
		}
		ok := l.Fields(n, "an alert",
			optional("name", l.text(&a.Name, "name")),
			required("type", l.word(&a.Type, "type", alert.Types()...)),
			required("url", into(&a.URL, l.url)),
			optional("secret", into(&a.Secret, l.alertSecret)),
			optional("on", into(&a.On, l.events)),
			optional("language", l.word(&a.Language, "language", "zh", "en")),
			optional("rejected_rows", count(&a.RejectedRows, "rejected_rows", 1)),
			optional("rejected_share", into(&a.RejectedShare, l.share)),
			optional("late_days", count(&a.LateDays, "late_days", 0)),
			optional("restated_days", count(&a.RestatedDays, "restated_days", 0)),
			optional("pipelines", into(&a.Pipelines, l.refs("pipeline", l.pipelineNames))))
		if !ok {
			return
		}
		if a.Type == "wecom" && a.Secret != "" {
			l.Errorf(orAt(n, "secret"), "remove it", "WeCom's robots have no signature")
		}
		if a.Name == "" {
			a.Name = a.Type
			if _, again := seen[a.Name]; again {
				a.Name += "-" + strconv.Itoa(len(l.cfg.Alerts)+1)
			}
		}
		l.unique(seen, n.Pos, "alert", a.Name)
		l.cfg.Alerts = append(l.cfg.Alerts, a)
	})
}

func (l *loader) events(n *yamlnode.Node) ([]string, bool) {
	var out []string
	ok := l.List(n, "on", func(n *yamlnode.Node) {
		if s, ok := l.Enum(n, "an item of on", alert.Events()...); ok {
			out = append(out, s)
		}
	})
	return out, ok
}

func (l *loader) share(n *yamlnode.Node) (float64, bool) {
	v, err := strconv.ParseFloat(n.Value, 64)
	if err != nil || v <= 0 || v > 1 {
		l.Errorf(n.Pos, "above 0 and at most 1", "rejected_share cannot be %s", n.Describe())
		return 0, false
	}
	return v, true
}

// alertSecret takes a signing key, which belongs into the environment.
func (l *loader) alertSecret(n *yamlnode.Node) (string, bool) {
	s, ok := l.String(n, "secret")
	if ok && !strings.Contains(n.Raw, "${") {
		l.Errorf(n.Pos, "write secret: ${NAME} and put it into the environment", "a signing key does not belong into this file")
		return "", false
	}
	return s, ok
}

// url takes a web address. It is shown as it stands in the file, never with
// the values of variables: webhooks carry their token in it.
func (l *loader) url(n *yamlnode.Node) (string, bool) {
	s, ok := l.String(n, "url")
	if !ok {
		return "", false
	}
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || !slices.Contains([]string{"http", "https"}, u.Scheme) {
		l.Errorf(n.Pos, "write https://host/…", "url is no web address: %s", fmt.Sprintf("%q", n.Raw))
		return "", false
	}
	return s, true
}
