package catalogue

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"
)

func shipped(t *testing.T) *Catalogue {
	t.Helper()
	c, err := Load(os.DirFS("../../sql"), "metrics.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// The columns that the KPI definitions name, both sides of every rate included.
const (
	conversion = `received_buyers inquiry_buyers ordered_buyers_same_day ordered_buyers_final paid_buyers_next_day paid_buyers_final
		inquiry_to_order_same_day_rate inquiry_to_order_rate inquiry_to_pay_next_day_rate inquiry_to_pay_rate order_buyers
		order_paid_buyers_same_day order_to_pay_same_day_rate order_paid_buyers order_to_pay_rate consulted_buyers ordered_unpaid_buyers
		other_agent_buyers shipped_buyers_final inquiry_to_shipped_rate shipped_amount lost_buyers lost_rate`
	sales = `sales_amount sales_amount_by_order sales_amount_by_order_then_pay sales_amount_by_pay sales_buyers_by_order
		sales_buyers_by_order_then_pay sales_buyers_by_pay own_paid_amount own_order_others_pay_amount others_order_own_pay_amount
		silent_own_pay_amount silent_follow_up_amount assisted_orders sales_orders sales_buyers sales_items amount_per_buyer items_per_buyer
		amount_per_item inquiry_value refunded_amount net_sales_amount inquiry_deal_amount inquiry_deal_items inquiry_deal_buyers
		inquiry_deal_amount_per_item inquiry_deal_amount_per_buyer inquiry_deal_items_per_buyer`
	service = `receptions buyer_messages agent_messages answer_ratio replied_buyers reply_rate unreplied_buyers first_response_avg_s
		first_response_turns first_response_sum_s response_avg_s response_turns response_sum_s response_p50_s response_p90_s slow_buyers
		slow_rate reply_within_units reply_within_ok reply_within_rate long_receptions quick_turns quick_rate agent_chars
		handed_over_receptions chat_transfer_rate logins online_hours online_accounts online_hours_avg`
	afterSales = `invited rated good neutral bad good_rate participation_rate score_sum score_avg csat csat_good csat_rated refunds deals
		refund_rate disputes dispute_rate refunds_completed self_completed self_completed_rate refund_hours_sum refund_duration_avg_h
		complaints complaint_rate`
	care = `reminded_buyers reminded_paid_buyers remind_success_rate recommended_buyers recommended_bought recommend_success_rate
		recommended_amount cases_opened cases_resolved resolution_rate resolution_hours_sum resolution_avg_h sla_met_cases sla_due_cases
		sla_met_rate transferred_cases transfer_rate repeat_cases repeat_contact_rate kb_lookups kb_lookups_per_case nps_promoters
		nps_detractors nps_responses nps served_buyers retained_buyers same_product_buyers retention_rate churn_rate
		same_product_repurchase_rate trainings labour_cost cost_per_case sales_per_cost`
	ofDays  = `earliest_online_at latest_online_at concurrency_max concurrency_avg`
	ofShops = `agents_employed agents_left agent_turnover_rate placed_orders placed_orders_paid pay_rate valid_paid_amount uncredited_amount excluded_amount shop_paid_amount
		unlinked_amount silent_amount assisted_amount assisted_share coverage_hours`
	ofWindows     = `repurchase_buyers paid_buyers_180 repurchase_rate distinct_received_buyers distinct_inquiry_buyers distinct_sales_buyers distinct_refund_buyers repeat_buyers`
	ofShopWindows = `dsr_service dsr_service_sum dsr_service_count dsr_item dsr_item_sum dsr_item_count dsr_logistics dsr_logistics_sum dsr_logistics_count`
)

func TestTheShippedCatalogueHasEveryKPIColumn(t *testing.T) {
	both := strings.Join([]string{conversion, sales, service, afterSales, care}, " ")
	for table, columns := range map[string]string{
		"kpi_agent_day":    "platform shop_id agent_id dt " + both + " " + ofDays,
		"kpi_group_day":    "platform shop_id agent_group dt " + both + " " + ofDays,
		"kpi_shop_day":     "platform shop_id dt " + both + " " + ofDays + " " + ofShops,
		"kpi_agent_window": "platform shop_id agent_id dt window_days " + both + " " + ofWindows,
		"kpi_group_window": "platform shop_id agent_group dt window_days " + both + " " + ofWindows,
		"kpi_shop_window":  "platform shop_id dt window_days " + both + " " + ofShops + " " + ofWindows + " " + ofShopWindows,
	} {
		if err := shipped(t).Check(table, strings.Fields(columns)); err != nil {
			t.Errorf("%s:\n%v", table, err)
		}
	}
}

func TestCheckNamesWhatDiffers(t *testing.T) {
	c, err := Load(fstest.MapFS{"m.yaml": {Data: []byte(`version: 1
metrics:
  - {metric: good, label_zh: 好评数, label_en: Good, unit: count, direction: higher, formula: f, grains: [agent, shop], source: [evaluations]}
  - {metric: cover, label_zh: 覆盖, label_en: Cover, unit: hours, direction: higher, formula: f, grains: [shop], periods: [day], source: [agent_presence]}
`)}}, "m.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for table, test := range map[string]struct{ columns, want string }{
		"kpi_shop_day":     {"platform shop_id dt good cover", ""},
		"kpi_agent_day":    {"agent_id dt good cover", "kpi_agent_day.cover is not of that grain"},
		"kpi_shop_window":  {"dt window_days good bad", "kpi_shop_window.bad has no entry"},
		"kpi_agent_window": {"dt window_days", "kpi_agent_window lacks the column good"},
		"kpi_long":         {"metric value", "no table of one KPI per column"},
	} {
		err := c.Check(table, strings.Fields(test.columns))
		if (test.want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", table, err, test.want)
		}
	}
}

func TestErrorsHavePositions(t *testing.T) {
	const good = "- {metric: a, label_zh: 甲, label_en: A, unit: count, direction: higher, formula: f, grains: [agent, shop], source: [orders]}\n"
	for name, test := range map[string]struct{ text, want string }{
		"unknown key":     {"version: 1\nmetrics:\n- metric: a\n  labels: x\n", `m.yaml:4:3: unknown field "labels"`},
		"wrong type":      {"version: 1\nmetrics:\n- metric: a\n  grains: 3\n", "m.yaml:4:11: "},
		"broken YAML":     {"version: 1\nmetrics: [\n", "m.yaml:2:10: "},
		"two documents":   {"version: 1\nmetrics: []\n---\nversion: 1\n", "2 YAML documents"},
		"other version":   {"version: 2\nmetrics: []\n", "version 2"},
		"twice":           {"version: 1\nmetrics:\n" + good + good, "m.yaml:4:12: metric a occurs twice"},
		"unknown unit":    {"version: 1\nmetrics:\n" + strings.Replace(good, "count", "apples", 1), `m.yaml:3:47: metric a: unit "apples" is none of`},
		"no label":        {"version: 1\nmetrics:\n" + strings.Replace(good, "label_zh: 甲, ", "", 1), "metric a: label_zh is missing"},
		"no definition":   {"version: 1\nmetrics:\n" + strings.Replace(good, "formula: f, ", "", 1), "metric a: neither formula"},
		"half a ratio":    {"version: 1\nmetrics:\n" + strings.Replace(good, "formula: f", "numerator: a", 1), "metric a: numerator and denominator stand together"},
		"unknown side":    {"version: 1\nmetrics:\n" + strings.Replace(good, "formula: f", "numerator: a + b, denominator: a", 1), `numerator "b" is no metric`},
		"long side":       {"version: 1\nmetrics:\n" + strings.Replace(good, "formula: f", "numerator: a + a, denominator: a", 1), "metric a: the numerator is a sum of 2 metrics"},
		"side of a grain": {"version: 1\nmetrics:\n" + strings.Replace(good, "[agent, shop]", "[shop]", 1) + strings.Replace(strings.Replace(good, "formula: f", "numerator: a, denominator: a", 1), "metric: a", "metric: r", 1), "metric r: numerator a has not the same grains"},
	} {
		_, err := Load(fstest.MapFS{"m.yaml": {Data: []byte(test.text)}}, "m.yaml")
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %s", name, err, test.want)
		}
	}
}

func TestAllProblemsAreReportedAtOnce(t *testing.T) {
	_, err := Load(fstest.MapFS{"m.yaml": {Data: []byte("version: 1\nmetrics:\n- metric: a\n- metric: b\n")}}, "m.yaml")
	if err == nil || !strings.Contains(err.Error(), "metric a: unit") || !strings.Contains(err.Error(), "metric b: unit") {
		t.Errorf("%v", err)
	}
}

func TestRowsFitTheirColumns(t *testing.T) {
	c := shipped(t)
	rows := c.Rows()
	if len(rows) != len(c.Metrics()) {
		t.Fatalf("%d rows for %d metrics", len(rows), len(c.Metrics()))
	}
	for _, row := range rows {
		if len(row) != len(Columns()) {
			t.Fatalf("%v has %d values for %d columns", row[0], len(row), len(Columns()))
		}
		if row[0] == "good_rate" && (row[4] != "good / (good + neutral + bad)" || row[6] != "good" || row[8] != "agent|group|shop") {
			t.Errorf("good_rate: %v", row)
		}
		if row[0] == "received_buyers" && (row[1] != "接待人数" || row[6] != nil) {
			t.Errorf("received_buyers: %v", row)
		}
	}
}

func TestComments(t *testing.T) {
	c := shipped(t)
	model := Model{Name: "kpi_shop_day", Description: "One row per shop and day.", Columns: map[string]string{"dt": "the day"}}
	got := c.Comments(model, []string{"shop_id", "dt", "refund_rate", "other"})
	if got.Table != model.Description {
		t.Errorf("table: %q", got.Table)
	}
	for column, want := range map[string]string{
		"shop_id": "店铺 shop", "dt": "the day", "refund_rate": "退款率 · Refund rate [ratio]: refunds / deals", "other": "",
	} {
		if got.Columns[column] != want {
			t.Errorf("%s: %q, want %q", column, got.Columns[column], want)
		}
	}
	// A column of another table that is named like a metric is none.
	if got := c.Comments(Model{Name: "case_types"}, []string{"rated"}).Columns["rated"]; got != "" {
		t.Errorf("case_types.rated: %q", got)
	}
}
