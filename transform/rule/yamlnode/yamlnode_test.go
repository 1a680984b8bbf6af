package yamlnode_test

import (
	"fmt"
	"strings"
	"testing"

	"kefu/transform/rule/yamlnode"
)

// show writes a tree with the position of every value.
func show(n *yamlnode.Node) string {
	at := fmt.Sprintf("@%d:%d", n.Pos.Line, n.Pos.Col)
	var parts []string
	switch n.Kind {
	case yamlnode.List:
		for _, item := range n.Items {
			parts = append(parts, show(item))
		}
		return "[" + strings.Join(parts, " ") + "]" + at
	case yamlnode.Mapping:
		for _, p := range n.Pairs {
			parts = append(parts, p.Key+"="+show(p.Value))
		}
		return "{" + strings.Join(parts, " ") + "}" + at
	case yamlnode.Null:
		return "null" + at
	default:
		return n.Kind.String()[:1] + ":" + n.Value + at
	}
}

func TestValuesKeepTheirPlaceAndText(t *testing.T) {
	for text, want := range map[string]string{
		"a: 1\nb: [x, 0042]\n":                         "{a=a:1@1:4 b=[t:x@2:5 a:0042@2:8]@2:4}@1:1",
		"名: {键: 值}\n":                                  "{名={键=t:值@1:8}@1:4}@1:1",
		"a: off\nb: 08:00\nc: true\n":                  "{a=t:off@1:4 b=t:08:00@2:4 c=t:true@3:4}@1:1",
		"a: \"5\"\nb: 1.5\nc:\n":                       "{a=t:5@1:4 b=a:1.5@2:4 c=null@3:1}@1:1",
		"a: &x {k: v}\nb: *x\n":                        "{a={k=t:v@1:11}@1:7 b={k=t:v@1:11}@2:4}@1:1",
		"a: &x {k: v}\nb:\n  <<: *x\n  k: w\n  l: z\n": "{a={k=t:v@1:11}@1:7 b={k=t:w@4:6 l=t:z@5:6}@4:3}@1:1",
		"a: !!str 5\n":                                 "{a=t:5@1:4}@1:1",
		"# nothing\n":                                  "null@1:1",
		"":                                             "null@1:1",
	} {
		n, problems := yamlnode.Parse("f", []byte(text))
		if len(problems) > 0 {
			t.Errorf("%q: %v", text, problems)
		} else if got := show(n); got != want {
			t.Errorf("%q\n got %s\nwant %s", text, got, want)
		}
	}
}

func TestProblemsOfForm(t *testing.T) {
	for text, want := range map[string]string{
		"a: 1\n---\nb: 2\n":  "f:2:1: a second YAML document starts here",
		"a: 1\nb: 2\na: 3\n": `f:3:1: key "a" stands twice, first on line 1`,
		"a: *x\n":            "f:1:4: *x refers to an anchor",
		"a: [\n":             "f:1:4: not valid YAML",
		"a: &x [*x]\n":       "refers to an anchor that does not stand before it",
	} {
		_, problems := yamlnode.Parse("f", []byte(text))
		if len(problems) != 1 || !strings.Contains(problems[0].String(), want) {
			t.Errorf("%q: %v, want %s", text, problems, want)
		}
	}
}

func TestExpand(t *testing.T) {
	lookup := func(name string) (string, bool) { return "<" + name + ">", name != "UNSET" }
	n, _ := yamlnode.Parse("f", []byte("a: x${A}y${B_1}\nb: $${A}\nc: [\"${UNSET}\", \"${}\", $A]\n"))
	problems := yamlnode.Expand(n, lookup)
	if a, b, c := n.Get("a"), n.Get("b"), n.Get("c").Items[2]; a.Value != "x<A>y<B_1>" || a.Raw != "x${A}y${B_1}" || b.Value != "${A}" || c.Value != "$A" {
		t.Errorf("a %q (%q), b %q, c %q", a.Value, a.Raw, b.Value, c.Value)
	}
	if len(problems) != 2 || problems[0].Class != yamlnode.Environment || problems[1].Class != yamlnode.Invalid {
		t.Errorf("problems %v", problems)
	}
	if again := yamlnode.Expand(n, lookup); len(again) != 2 || n.Get("b").Value != "${A}" {
		t.Errorf("expanding twice: %v, b %q", again, n.Get("b").Value)
	}
}

func TestNearest(t *testing.T) {
	known := []string{"shops", "sources", "state", "rules"}
	for name, want := range map[string]string{"shop": "shops", "Sources": "sources", "stat": "state", "quux": "", "rule": "rules"} {
		if got := yamlnode.Nearest(name, known); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"a: 1\n", "- [x, {y: z}]\n", "a: &x 1\nb: *x\n", "---\n---\n", "? a\n: b\n", "a: |\n  b\n", "<<: {a: b}\n", "!!x y\n", "{a: b, a}"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, problems := yamlnode.Parse("f", []byte(s))
		if n == nil && len(problems) == 0 {
			t.Errorf("%q: neither a tree nor a problem", s)
		}
		if n != nil {
			_ = show(n)
			yamlnode.Expand(n, func(string) (string, bool) { return "", false })
		}
	})
}
