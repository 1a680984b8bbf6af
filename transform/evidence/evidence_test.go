package evidence

import (
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"kefu/transform/catalogue"
	"kefu/transform/rule"
)

const metric = `version: 1
metrics:
- {metric: a, label_zh: 甲, label_en: A, unit: count, direction: higher, formula: f, grains: [shop], source: [orders], evidence: {rows: orders}}
`

func TestLoadSaysWhatIsWrong(t *testing.T) {
	const good = "/* evidence\nrow: order\ndescription: Orders.\nshows: [order_id]\n*/\nselect 1\n"
	for name, test := range map[string]struct {
		files map[string]string
		want  string
	}{
		"good":          {map[string]string{"orders": good}, ""},
		"missing":       {map[string]string{}, "there is no evidence/orders.sql"},
		"for nothing":   {map[string]string{"orders": good, "turns": good}, "evidence/turns.sql: no metric names it"},
		"no header":     {map[string]string{"orders": "select 1"}, "evidence/orders.sql:1: the file must start"},
		"not closed":    {map[string]string{"orders": "/* evidence\nrow: order\n"}, "is not closed"},
		"unknown key":   {map[string]string{"orders": strings.Replace(good, "row:", "rows:", 1)}, `evidence/orders.sql:2:1: read header: unknown field "rows"`},
		"nothing shown": {map[string]string{"orders": strings.Replace(good, "shows: [order_id]\n", "", 1)}, "needs row, description and shows"},
	} {
		fsys := fstest.MapFS{"m.yaml": {Data: []byte(metric)}}
		for file, text := range test.files {
			fsys["evidence/"+file+".sql"] = &fstest.MapFile{Data: []byte(text)}
		}
		known, err := catalogue.Load(fsys, "m.yaml")
		if err != nil {
			t.Fatal(err)
		}
		_, err = Load(fsys, known)
		if (test.want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", name, err, test.want)
		}
	}
}

// Every rule that evidence names is one, and every metric has some rows or says
// why not.
func TestTheShippedEvidenceIsComplete(t *testing.T) {
	fsys := os.DirFS("../../sql")
	known, err := catalogue.Load(fsys, "metrics.yaml")
	if err != nil {
		t.Fatal(err)
	}
	book, err := Load(fsys, known)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range known.Metrics() {
		groups, without, err := book.Groups(m.Name)
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range without {
			if w.Evidence == nil || w.Evidence.None == "" {
				t.Errorf("%s: %s has no evidence and does not say why", m.Name, w.Name)
			}
		}
		if len(groups)+len(without) == 0 {
			t.Errorf("%s stands on nothing", m.Name)
		}
		rules, err := book.Rules(m.Name)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rules {
			if !slices.Contains(rule.Names(), r) {
				t.Errorf("%s: there is no rule %s", m.Name, r)
			}
		}
	}
}
