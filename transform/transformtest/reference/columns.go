package reference

import "slices"

// The columns of the KPI tables. Distinct buyers of a day are counts as well.
var (
	countColumns = []string{
		"consulted_buyers", "received_buyers", "receptions", "handed_over_receptions",
		"inquiry_buyers", "ordered_buyers_same_day", "ordered_buyers_final", "paid_buyers_next_day", "paid_buyers_final",
		"order_buyers", "order_paid_buyers_same_day", "order_paid_buyers", "ordered_unpaid_buyers", "other_agent_buyers",
		"shipped_buyers_final", "lost_buyers",
		"sales_orders", "sales_buyers", "sales_buyers_by_order", "sales_buyers_by_order_then_pay", "sales_buyers_by_pay",
		"assisted_orders", "inquiry_deal_items", "inquiry_deal_buyers",
		"buyer_messages", "agent_messages", "replied_buyers", "unreplied_buyers",
		"first_response_turns", "first_response_sum_s", "response_turns", "response_sum_s", "quick_turns",
		"slow_buyers", "reply_within_units", "reply_within_ok", "long_receptions", "agent_chars",
		"logins", "online_accounts",
		"invited", "rated", "good", "neutral", "bad", "score_sum", "csat_good", "csat_rated",
		"reminded_buyers", "reminded_paid_buyers", "recommended_buyers", "recommended_bought",
		"cases_opened", "cases_resolved", "sla_met_cases", "sla_due_cases", "transferred_cases", "repeat_cases",
		"nps_promoters", "nps_detractors", "nps_responses", "kb_lookups", "trainings",
		"served_buyers", "retained_buyers", "same_product_buyers",
	}
	shopCountColumns = []string{"placed_orders", "placed_orders_paid"}

	amountColumns = []string{
		"shipped_amount", "sales_amount", "sales_amount_by_order", "sales_amount_by_order_then_pay", "sales_amount_by_pay",
		"own_paid_amount", "own_order_others_pay_amount", "others_order_own_pay_amount", "silent_own_pay_amount",
		"silent_follow_up_amount", "sales_items", "refunded_amount", "inquiry_deal_amount",
		"deals", "refunds", "disputes", "refunds_completed", "self_completed", "complaints",
		"recommended_amount",
	}
	shopAmountColumns = []string{
		"valid_paid_amount", "uncredited_amount", "excluded_amount", "shop_paid_amount", "unlinked_amount",
		"silent_amount", "assisted_amount",
	}

	// hourColumns are exact sums, shown as floats.
	hourColumns     = []string{"online_hours", "refund_hours_sum", "resolution_hours_sum", "labour_cost"}
	shopHourColumns = []string{"coverage_hours"}

	rates = []rate{
		{"inquiry_to_order_same_day_rate", "ordered_buyers_same_day", "inquiry_buyers"},
		{"inquiry_to_order_rate", "ordered_buyers_final", "inquiry_buyers"},
		{"inquiry_to_pay_next_day_rate", "paid_buyers_next_day", "inquiry_buyers"},
		{"inquiry_to_pay_rate", "paid_buyers_final", "inquiry_buyers"},
		{"order_to_pay_same_day_rate", "order_paid_buyers_same_day", "order_buyers"},
		{"order_to_pay_rate", "order_paid_buyers", "order_buyers"},
		{"inquiry_to_shipped_rate", "shipped_buyers_final", "inquiry_buyers"},
		{"lost_rate", "lost_buyers", "inquiry_buyers"},
		{"amount_per_buyer", "sales_amount", "sales_buyers"},
		{"items_per_buyer", "sales_items", "sales_buyers"},
		{"amount_per_item", "sales_amount", "sales_items"},
		{"inquiry_value", "sales_amount", "inquiry_buyers"},
		{"inquiry_deal_amount_per_item", "inquiry_deal_amount", "inquiry_deal_items"},
		{"inquiry_deal_amount_per_buyer", "inquiry_deal_amount", "inquiry_deal_buyers"},
		{"inquiry_deal_items_per_buyer", "inquiry_deal_items", "inquiry_deal_buyers"},
		{"answer_ratio", "agent_messages", "buyer_messages"},
		{"first_response_avg_s", "first_response_sum_s", "first_response_turns"},
		{"response_avg_s", "response_sum_s", "response_turns"},
		{"slow_rate", "slow_buyers", "received_buyers"},
		{"reply_within_rate", "reply_within_ok", "reply_within_units"},
		{"quick_rate", "quick_turns", "response_turns"},
		{"chat_transfer_rate", "handed_over_receptions", "receptions"},
		{"online_hours_avg", "online_hours", "online_accounts"},
		{"participation_rate", "rated", "invited"},
		{"score_avg", "score_sum", "rated"},
		{"csat", "csat_good", "csat_rated"},
		{"refund_rate", "refunds", "deals"},
		{"dispute_rate", "disputes", "deals"},
		{"self_completed_rate", "self_completed", "refunds_completed"},
		{"refund_duration_avg_h", "refund_hours_sum", "refunds_completed"},
		{"complaint_rate", "complaints", "deals"},
		{"remind_success_rate", "reminded_paid_buyers", "reminded_buyers"},
		{"recommend_success_rate", "recommended_bought", "recommended_buyers"},
		{"resolution_rate", "cases_resolved", "cases_opened"},
		{"resolution_avg_h", "resolution_hours_sum", "cases_resolved"},
		{"sla_met_rate", "sla_met_cases", "sla_due_cases"},
		{"transfer_rate", "transferred_cases", "cases_opened"},
		{"repeat_contact_rate", "repeat_cases", "cases_opened"},
		{"kb_lookups_per_case", "kb_lookups", "cases_opened"},
		{"cost_per_case", "labour_cost", "cases_opened"},
		{"sales_per_cost", "sales_amount", "labour_cost"},
	}
	shopRates = []rate{
		{"pay_rate", "placed_orders_paid", "placed_orders"},
		{"assisted_share", "assisted_amount", "valid_paid_amount"},
	}

	// windowDistinct names the columns of exact distinct counts over a window
	// and the buyers of the days that they unite.
	windowDistinct = map[string]string{
		"distinct_received_buyers": "received_buyers", "distinct_inquiry_buyers": "inquiry_buyers",
		"distinct_sales_buyers": "sales_buyers", "distinct_refund_buyers": "distinct_refund_buyers",
	}
)

// rate is a ratio of two columns.
type rate struct{ name, numerator, denominator string }

func countsOf(entity string) []string {
	if entity == shopEntity {
		return slices.Concat(countColumns, shopCountColumns)
	}
	return countColumns
}

func amountsOf(entity string) []string {
	if entity == shopEntity {
		return slices.Concat(amountColumns, shopAmountColumns)
	}
	return amountColumns
}

func hoursColumnsOf(entity string) []string {
	if entity == shopEntity {
		return slices.Concat(hourColumns, shopHourColumns)
	}
	return hourColumns
}

func ratesOf(entity string) []rate {
	if entity == shopEntity {
		return slices.Concat(rates, shopRates)
	}
	return rates
}
