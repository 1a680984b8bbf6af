package catalogue

import (
	"strings"
	"testing"
	"testing/fstest"
)

func TestEvidenceIsChecked(t *testing.T) {
	const metric = "- {metric: %, label_zh: 甲, label_en: A, unit: count, direction: higher, formula: f, grains: [shop], source: [orders], evidence: "
	named := func(name, evidence string) string { return strings.Replace(metric, "%", name, 1) + evidence + "}\n" }
	for name, test := range map[string]struct{ text, want string }{
		"rows":            {named("a", "{rows: orders}"), ""},
		"of metrics":      {named("a", "{rows: orders}") + named("b", "{of: [a], value: 2 * a}"), ""},
		"none":            {named("a", "{none: it is asked of nobody}"), ""},
		"nothing":         {named("a", "{where: x}"), "metric a: evidence has one of rows, of and none"},
		"two ways":        {named("a", "{rows: orders, sum: x, distinct: y}"), "at most one of sum, distinct and value"},
		"value of what":   {named("a", "{rows: orders, value: max(item)}"), "evidence lacks item"},
		"item of what":    {named("a", "{rows: orders, item: x}"), "evidence lacks value"},
		"once a year":     {named("a", "{rows: orders, distinct: x, once: year}"), "once says day or window"},
		"having, per day": {named("a", "{rows: orders, distinct: x, having: count(*) > 1}"), "having is for what counts once a window"},
		"of a stranger":   {named("a", "{of: [b], value: b}"), `"b" is no metric with rows`},
		"of a ratio": {named("a", "{rows: orders}") + strings.Replace(named("b", "{rows: orders}"), "formula: f", "numerator: a, denominator: a", 1),
			"metric b: a ratio has the evidence of its sides"},
	} {
		_, err := Load(fstest.MapFS{"m.yaml": {Data: []byte("version: 1\nmetrics:\n" + test.text)}}, "m.yaml")
		if (test.want == "") != (err == nil) || err != nil && (!strings.Contains(err.Error(), test.want) || !strings.HasPrefix(err.Error(), "m.yaml:")) {
			t.Errorf("%s: %v, want %q", name, err, test.want)
		}
	}
}

func TestPartsOfAMetric(t *testing.T) {
	for metric, want := range map[string]string{
		"received_buyers": "received_buyers", "reply_rate": "replied_buyers unreplied_buyers", "good_rate": "good neutral bad",
		"net_sales_amount": "sales_amount refunded_amount",
	} {
		parts, err := shipped(t).Parts(metric)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, p := range parts {
			names = append(names, p.Name)
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("%s: %s, want %s", metric, got, want)
		}
	}
	if _, err := shipped(t).Parts("nonsense"); err == nil {
		t.Error("a metric that there is not has parts")
	}
}
