package catalogue

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// Every KPI has its row in sql/DECISIONS.md, in the catalogue's words and order,
// with what a platform's screen does otherwise; no row is of anything else.
func TestEveryKPIHasItsDecision(t *testing.T) {
	text, err := os.ReadFile("../../sql/DECISIONS.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(text), "\n## Every column\n")
	if !found {
		t.Fatal("sql/DECISIONS.md has no section Every column")
	}
	section, _, _ = strings.Cut(section, "\n## ")
	row := regexp.MustCompile("(?m)^\\| (.+) `(\\w+)` \\| (.+) \\| (.+) \\| (.*) \\|$")
	rows := row.FindAllStringSubmatch(section, -1)
	metrics := shipped(t).Metrics()
	for i, m := range metrics {
		if i >= len(rows) || rows[i][2] != m.Name {
			t.Fatalf("row %d is not of %s", i+1, m.Name)
		}
		want := []string{m.LabelZH, m.Name, m.Definition(), strings.Join(m.Source, ", ")}
		for j, cell := range want {
			if got := strings.ReplaceAll(rows[i][j+1], `\|`, "|"); got != cell {
				t.Errorf("%s: %q, in the catalogue %q", m.Name, got, cell)
			}
		}
		if strings.TrimSpace(rows[i][5]) == "" {
			t.Errorf("%s: how the platform's screen differs is missing", m.Name)
		}
	}
	for _, orphan := range rows[len(metrics):] {
		t.Errorf("%s is no KPI of the catalogue", orphan[2])
	}
}
