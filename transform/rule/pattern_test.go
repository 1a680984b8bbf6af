package rule_test

import (
	"regexp"
	"testing"

	"kefu/transform/rule"
	"kefu/transform/rule/yamlnode"

	"pgregory.net/rapid"
)

func entriesOf(t *testing.T, yaml string) []rule.Entry {
	t.Helper()
	root, problems := yamlnode.Parse("p.yaml", []byte(yaml))
	entries, more := rule.Entries(root.Get("rules"))
	if len(problems)+len(more) > 0 {
		t.Fatal(problems, more)
	}
	return entries
}

func TestPatternForms(t *testing.T) {
	for _, c := range []struct {
		pattern, text string
		want          bool
	}{
		{"=在的", "在的", true},
		{"=在的", "在的 ", false},
		{"=Hi", "hi", false},
		{"欢迎*", "欢迎光临", true},
		{"欢迎*", " 欢迎光临", false},
		{"/光临$/", "欢迎光临", true},
		{"/^光临/", "欢迎光临", false},
		{"/a|b/", "xbx", true},
		{"/(?i)hello/", "say HELLO", true},
		{"/退(款|货)?吗/", "能退吗", true},
		{"/退(款|货)吗/", "能退吗", false},
		{"/[0-9]{3}/", "x123", true},
	} {
		p, err := rule.ParsePattern(c.pattern)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.Match(c.text); got != c.want {
			t.Errorf("%s on %q = %v", c.pattern, c.text, got)
		}
	}
	for _, bad := range []string{"", "text", "=", "*", "//", "/(/"} {
		if _, err := rule.ParsePattern(bad); err == nil {
			t.Errorf("%q is accepted", bad)
		}
	}
}

// The words that an expression is spelled out to must find what it finds.
func TestExpressionsMeanWhatTheyMeanToRE2(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		expr := rapid.StringMatching(`([ab退]{1,2}|\((a|b款|退货)\)|[ab]\?|\[ab\]|\|){1,6}`).Draw(rt, "expr")
		re, err := regexp.Compile(expr)
		if err != nil || expr == "" {
			return
		}
		p, err := rule.ParsePattern("/" + expr + "/")
		if err != nil {
			rt.Fatal(err)
		}
		text := rapid.StringMatching(`[ab退款货]{0,6}`).Draw(rt, "text")
		if p.Match(text) != re.MatchString(text) {
			rt.Fatalf("%q on %q = %v", expr, text, p.Match(text))
		}
	})
}

func TestShippedTopics(t *testing.T) {
	v := mustRead(t, "").At("tmall", "flagship", date("2026-01-05"))
	for text, want := range map[string]string{
		"这个多少钱":     "价格",
		"160身高穿什么码": "尺码规格",
		"有没有现货":     "库存",
		"今天能发货吗":    "发货",
		"快递到哪了":     "物流",
		"收到破损了":     "质量",
		"退货运费谁出":    "退换退款",
		"可以开发票吗":    "发票",
		"有优惠券吗":     "优惠",
		"怎么安装":      "使用",
		"我要投诉你们":    "投诉",
		"你们有实体店吗":   "其他",
		"在吗":        "",
		"你好":        "",
		"":          "",
	} {
		if got := v.Topic(text); got != want {
			t.Errorf("topic of %q = %q, want %q", text, got, want)
		}
	}
}

func BenchmarkTopic(b *testing.B) {
	root, _ := yamlnode.Parse("p.yaml", nil)
	entries, _ := rule.Entries(root.Get("rules"))
	set, _ := rule.Parse(entries, shops)
	v := set.At("tmall", "flagship", date("2026-01-05"))
	for b.Loop() {
		v.Topic("亲您好请问一下这个东西的话我想给家里老人买一个")
	}
}
