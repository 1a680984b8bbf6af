package catalogue

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// finalColumns are the names that the final select of a model gives, without
// the hidden ones: the last word of each item of the list.
func finalColumns(model string) []string {
	header, query, _ := strings.Cut(model, "*/")
	var hidden []string
	if list := regexp.MustCompile(`(?m)^hidden: \[(.*)\]$`).FindStringSubmatch(header); list != nil {
		hidden = strings.Split(list[1], ", ")
	}
	query = regexp.MustCompile(`--[^\n]*`).ReplaceAllString(query, "")
	starts := regexp.MustCompile(`(?m)^select\b`).FindAllStringIndex(query, -1)
	list := query[starts[len(starts)-1][1]:]
	list = list[:regexp.MustCompile(`(?m)^from\b`).FindStringIndex(list)[0]]
	var columns []string
	depth, item := 0, ""
	for _, c := range list + "," {
		switch c {
		case '(':
			depth++
		case ')':
			depth--
		case ',':
			if depth == 0 {
				words := regexp.MustCompile(`[\s.]+`).Split(strings.TrimSpace(item), -1)
				if name := words[len(words)-1]; !slices.Contains(hidden, name) {
					columns = append(columns, name)
				}
				item = ""
				continue
			}
		}
		item += string(c)
	}
	return columns
}

func TestTheModelsHaveTheColumnsOfTheCatalogue(t *testing.T) {
	for _, table := range []string{"kpi_agent_day", "kpi_group_day", "kpi_shop_day", "kpi_agent_window", "kpi_group_window", "kpi_shop_window"} {
		model, err := os.ReadFile("../../sql/marts/" + table + ".sql")
		if err != nil {
			t.Fatal(err)
		}
		if err := shipped(t).Check(table, finalColumns(string(model))); err != nil {
			t.Errorf("%s:\n%v", table, err)
		}
	}
}

func TestRatesAreWhatTheCatalogueSays(t *testing.T) {
	ratio := regexp.MustCompile(`safe_ratio\(([a-z0-9_.+ ]+), ([a-z0-9_.+ ]+)\) as (\w+)`)
	alias := regexp.MustCompile(`\b[a-z]\.`)
	for table, least := range map[string]int{"int_day_kpis": 25, "int_window_kpis": 25, "int_day_care_kpis": 11, "int_window_care_kpis": 11} {
		model, err := os.ReadFile("../../sql/intermediate/" + table + ".sql")
		if err != nil {
			t.Fatal(err)
		}
		found := ratio.FindAllStringSubmatch(string(model), -1)
		if len(found) < least {
			t.Errorf("%s: only %d rates were found", table, len(found))
		}
		for _, match := range found {
			metric, _ := shipped(t).Metric(match[3])
			numerator, denominator := alias.ReplaceAllString(match[1], ""), alias.ReplaceAllString(match[2], "")
			if numerator != metric.Numerator || denominator != metric.Denominator {
				t.Errorf("%s.%s is %s / %s, in the catalogue %s", table, match[3], numerator, denominator, metric.Definition())
			}
		}
	}
}

// A training can be judged by every ratio of agents.
func TestTrainingsKnowEveryRatio(t *testing.T) {
	model, err := os.ReadFile("../../sql/intermediate/int_training_sums.sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range shipped(t).Metrics() {
		if m.Numerator == "" || !slices.Contains(m.Grains, "agent") || !slices.Contains(m.Periods, "day") {
			continue
		}
		if strings.Count(string(model), "'"+m.Name+"'") != 2 {
			t.Errorf("%s is not on both sides", m.Name)
		}
	}
}

// The lists that kpi_long and kpi_compare are made of hold every metric that is
// a number, at its position.
func TestTheValuesOfLongTablesStandAtTheirPositions(t *testing.T) {
	list := regexp.MustCompile(`(?s)array\[\s*(.*?)\s*\] as amounts\nfrom kpi_(\w+)_(\w+)`)
	for _, period := range wide {
		model, err := os.ReadFile("../../sql/intermediate/int_kpi_" + period + "_values.sql")
		if err != nil {
			t.Fatal(err)
		}
		found := list.FindAllStringSubmatch(string(model), -1)
		if len(found) != len(grains) {
			t.Fatalf("%s: %d lists, want one for each of %v", period, len(found), grains)
		}
		for i, match := range found {
			if match[2] != grains[i] || match[3] != period {
				t.Errorf("list %d of %s is of kpi_%s_%s, want %s", i+1, period, match[2], match[3], grains[i])
			}
			var want []string
			for _, m := range shipped(t).Metrics() {
				value := m.Name
				if !slices.Contains(m.Grains, match[2]) || !slices.Contains(m.Periods, period) || m.Unit == "instant" {
					value = "null"
				}
				want = append(want, value)
			}
			if got := regexp.MustCompile(`,\s*`).Split(match[1], -1); !slices.Equal(got, want) {
				t.Errorf("int_kpi_%s_values: the list of %s is not in the catalogue's order; it is:\n%s", period, match[2], strings.Join(want, ", "))
			}
		}
	}
}

// The list of a month's sums holds every sum of days at its position, as the sum
// of the column of that name, or of its exact microseconds.
func TestTheSumsOfMonthsStandAtTheirPositions(t *testing.T) {
	model, err := os.ReadFile("../../sql/intermediate/int_month_sums.sql")
	if err != nil {
		t.Fatal(err)
	}
	list := regexp.MustCompile(`(?s)array\[\s*(.*?)\s*\] as amounts`).FindStringSubmatch(string(model))[1]
	list = regexp.MustCompile(`cast\((.*?) as decimal\(38, 6\)\)`).ReplaceAllString(list, "$1")
	list = regexp.MustCompile(`coalesce\(sum\(c\.(\w+)\), 0\)|sum\(k\.(\w+)\)`).ReplaceAllString(list, "$1$2")
	exact := map[string]string{
		"coverage_hours": "coverage_us", "online_hours": "online_us", "refund_hours_sum": "refund_us_sum",
		"resolution_hours_sum": "resolution_us_sum", "labour_cost": "labour_cost_us",
		"net_sales_amount": "sum(k.sales_amount - k.refunded_amount)",
	}
	var want []string
	for _, m := range shipped(t).Metrics() {
		column := "null"
		if m.IsSum() {
			column = m.Name
			if us, ok := exact[m.Name]; ok {
				column = us
			}
			if m.Unit == "hours" && exact[m.Name] == "" {
				t.Errorf("%s is summed in hours", m.Name)
			}
		}
		want = append(want, column)
	}
	if got := regexp.MustCompile(`,\s*`).Split(list, -1); !slices.Equal(got, want) {
		t.Errorf("int_month_sums is not in the catalogue's order; it is:\n%s", strings.Join(want, ", "))
	}
}
