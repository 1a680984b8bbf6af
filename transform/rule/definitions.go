package rule

var definitions = func() []Definition {
	var all []Definition
	for _, g := range [][]Definition{
		grouped("general", generalRules, autoReplyRule, servedByRule),
		grouped("filters", filterRules, watchwordRule, moreFilterRules),
		grouped("response", responseRules),
		grouped("attribution", inquiryRules, creditRules, textRules),
		grouped("after_sales", afterSalesRules, gradeRules),
	} {
		all = append(all, g...)
	}
	return all
}()

var generalRules = []Definition{
	define("day_starts_at", "业务天分割点", "business-day cut: an event before it belongs to the day before",
		func(v *Values) *Clock { return &v.DayStartsAt }, dayStart),
	define("exclude_agents", "", "agents (accounts) that count nowhere",
		func(v *Values) *[]string { return &v.ExcludeAgents }, items,
		list("exclude_agents", func(v *Values) []string { return v.ExcludeAgents })),
	define("exclude_flags", "", "buyers whose chats, evaluations and orders count for nothing while so flagged",
		func(v *Values) *[]string { return &v.ExcludeFlags }, words("advertiser", "malicious", "internal"),
		list("exclude_flags", func(v *Values) []string { return v.ExcludeFlags })),
}

var autoReplyRule = texts(
	define("auto_reply_patterns", "自动回复", "texts that are automatic although sent by an agent account",
		func(v *Values) *Patterns { return &v.AutoReplyPatterns }, patternList))

var servedByRule = []Definition{
	define("served_by", "", "whose answers count for reply and rating KPIs",
		func(v *Values) *string { return &v.ServedBy }, word("human_only", "human_and_bot"),
		varchar("served_by", func(v *Values) string { return v.ServedBy })),
}

var filterRules = []Definition{
	define("filter_monologue_buyer_messages", "接待过滤", "buyer said at most n messages: not a reception of that agent",
		func(v *Values) *Limit { return &v.FilterMonologueBuyerMessages }, offOrCount,
		limit("filter_monologue_buyer_messages", func(v *Values) Limit { return v.FilterMonologueBuyerMessages })),
	define("filter_single_sentence_agent_messages", "接待过滤", "buyer said one message and agent at least n: filtered as advertising",
		func(v *Values) *Limit { return &v.FilterSingleSentenceAgentMessages }, offOrCount,
		limit("filter_single_sentence_agent_messages", func(v *Values) Limit { return v.FilterSingleSentenceAgentMessages })),
}

var watchwordRule = texts(
	define("filter_watchword", "暗号过滤", "code word that drops a reception when the agent sent it often enough",
		func(v *Values) *string { return &v.FilterWatchword }, offOrWord,
		column{Column{"filter_watchword", "VARCHAR"}, func(v *Values) any {
			if v.FilterWatchword == "" {
				return nil
			}
			return v.FilterWatchword
		}}))

var moreFilterRules = []Definition{
	define("filter_watchword_times", "暗号过滤", "how many manual messages with the code word drop the reception",
		func(v *Values) *Limit { return &v.FilterWatchwordTimes }, offOrCount,
		limit("filter_watchword_times", func(v *Values) Limit { return v.FilterWatchwordTimes })),
	define("handover_max_agent_messages", "接待过滤", "agent wrote at most n messages, then handed over: not his reception",
		func(v *Values) *Limit { return &v.HandoverMaxAgentMessages }, offOrCount,
		limit("handover_max_agent_messages", func(v *Values) Limit { return v.HandoverMaxAgentMessages })),
	define("long_reception_minutes", "长接待", "a reception is long when last − first message is above it",
		func(v *Values) *int { return &v.LongReceptionMinutes }, within(1, 1440),
		integer("long_reception_minutes", func(v *Values) int { return v.LongReceptionMinutes })),
}

var responseRules = []Definition{
	define("reply_horizon", "", "a message later than this after the turn's opening is no answer",
		durationField, shortTime,
		column{Column{"reply_horizon_seconds", "BIGINT"}, func(v *Values) any { return int64(v.ReplyHorizon.Seconds()) }}),
	define("response_from", "", "response time runs from the turn's first or last buyer message",
		func(v *Values) *string { return &v.ResponseFrom }, word("first", "last"),
		varchar("response_from", func(v *Values) string { return v.ResponseFrom })),
	define("subtract_offline", "", "take away the agent's offline time from response times",
		func(v *Values) *bool { return &v.SubtractOffline }, yesNo,
		boolean("subtract_offline", func(v *Values) bool { return v.SubtractOffline })),
	define("slow_response", "慢响应", "when a reception is slow: any turn (at least `times`), the first, or the average above `seconds`",
		func(v *Values) *SlowResponse { return &v.SlowResponse }, slowResponse,
		integer("slow_response_seconds", func(v *Values) int { return v.SlowResponse.Seconds }),
		integer("slow_response_times", func(v *Values) int { return v.SlowResponse.Times }),
		varchar("slow_response_scope", func(v *Values) string { return v.SlowResponse.Scope })),
	define("session_gap_minutes", "", "silence after which the next message starts a new session",
		func(v *Values) *int { return &v.SessionGapMinutes }, within(1, 1440),
		integer("session_gap_minutes", func(v *Values) int { return v.SessionGapMinutes })),
	define("reply_within", "3分钟人工回复率 / 首次30秒应答率", "the platform's reply-rate: within which time, per person, turn or session, at which hours",
		func(v *Values) *ReplyWithin { return &v.ReplyWithin }, replyWithin,
		integer("reply_within_seconds", func(v *Values) int { return v.ReplyWithin.Seconds }),
		varchar("reply_within_unit", func(v *Values) string { return v.ReplyWithin.Unit }),
		integer("reply_within_from_s", func(v *Values) int { return v.ReplyWithin.Hours.From }),
		integer("reply_within_to_s", func(v *Values) int { return v.ReplyWithin.Hours.To }),
		boolean("reply_within_first_only", func(v *Values) bool { return v.ReplyWithin.FirstOnly }),
		boolean("reply_within_bot_replies", func(v *Values) bool { return v.ReplyWithin.BotReplies })),
}

var inquiryRules = []Definition{
	define("inquiry_validity_days", "询单有效时长", "natural days an inquiry may lead to an order, the inquiry day included",
		func(v *Values) *int { return &v.InquiryValidityDays }, within(1, 15),
		integer("inquiry_validity_days", func(v *Values) int { return v.InquiryValidityDays })),
	define("after_sales_days", "售后天数", "days after a payment in which a chat is after-sales, no inquiry; 0 = off",
		func(v *Values) *int { return &v.AfterSalesDays }, within(0, 180),
		integer("after_sales_days", func(v *Values) int { return v.AfterSalesDays })),
	define("credit", "客服业绩判定规则", "whom an order's amount is credited to",
		func(v *Values) *string { return &v.Credit }, word("order_agent", "order_then_pay", "pay_agent", "split"),
		varchar("credit", func(v *Values) string { return v.Credit })),
	define("split_order_share", "", "the order agent's share under credit: split",
		func(v *Values) *Decimal { return &v.SplitOrderShare }, between("0", "1", 4),
		number("split_order_share", "DECIMAL(18,6)", 6, func(v *Values) Decimal { return v.SplitOrderShare })),
	define("order_agent_needs_buyer_message", "", "an agent becomes order agent only if the buyer wrote to him in the window before the order",
		func(v *Values) *bool { return &v.OrderAgentNeedsBuyerMessage }, yesNo,
		boolean("order_agent_needs_buyer_message", func(v *Values) bool { return v.OrderAgentNeedsBuyerMessage })),
	define("inquiry_roles", "", "receptions of agents of other roles are no inquiries",
		func(v *Values) *[]string { return &v.InquiryRoles }, words("presale", "aftersale", "both"),
		list("inquiry_roles", func(v *Values) []string { return v.InquiryRoles })),
	define("outbound_days", "出库有效时长", "shipped within so many days counts for inquiry_to_shipped_rate",
		func(v *Values) *int { return &v.OutboundDays }, within(2, 15),
		integer("outbound_days", func(v *Values) int { return v.OutboundDays })),
	define("order_agent_by", "落实下单归属", "which of several agents is the order agent",
		func(v *Values) *string { return &v.OrderAgentBy }, word("latest", "first", "most_messages"),
		varchar("order_agent_by", func(v *Values) string { return v.OrderAgentBy })),
}

var creditRules = []Definition{
	define("credit_silent_follow_up", "全静默订单跟进业绩", "a fully silent order is credited to who follows it up",
		func(v *Values) *bool { return &v.CreditSilentFollowUp }, yesNo,
		boolean("credit_silent_follow_up", func(v *Values) bool { return v.CreditSilentFollowUp })),
	define("follow_up_minutes", "全静默订单跟进业绩", "contact within so many minutes after payment is a follow-up",
		func(v *Values) *int { return &v.FollowUpMinutes }, within(1, 1440),
		integer("follow_up_minutes", func(v *Values) int { return v.FollowUpMinutes })),
	define("agent_initiated_counts", "客服主动联系不算询单流失", "agent-initiated receptions count as inquiries",
		func(v *Values) *bool { return &v.AgentInitiatedCounts }, yesNo,
		boolean("agent_initiated_counts", func(v *Values) bool { return v.AgentInitiatedCounts })),
	define("agent_initiated_reply_days", "客服主动联系不算询单流失", "days in which a buyer's message answers an agent's unanswered contact",
		func(v *Values) *int { return &v.AgentInitiatedReplyDays }, within(1, 15),
		integer("agent_initiated_reply_days", func(v *Values) int { return v.AgentInitiatedReplyDays })),
	define("remind_after_minutes", "静默下单催付时间限定", "a contact sooner after a silent order earns no credit",
		func(v *Values) *int { return &v.RemindAfterMinutes }, within(0, 1440),
		integer("remind_after_minutes", func(v *Values) int { return v.RemindAfterMinutes })),
	define("remind_within_hours", "静默下单催付时间限定", "a contact later after a silent order earns no credit",
		func(v *Values) *int { return &v.RemindWithinHours }, within(1, 720),
		integer("remind_within_hours", func(v *Values) int { return v.RemindWithinHours })),
	define("exclude_orders", "指定订单不算客服业绩", "orders that earn nobody credit",
		func(v *Values) *ExcludeOrders { return &v.ExcludeOrders }, excludeOrders,
		list("exclude_order_ids", func(v *Values) []string { return v.ExcludeOrders.IDs }),
		list("exclude_order_products", func(v *Values) []string { return v.ExcludeOrders.Products }),
		list("exclude_order_tags", func(v *Values) []string { return v.ExcludeOrders.Tags }),
		number("exclude_order_min_amount", "DECIMAL(18,2)", 2, func(v *Values) Decimal { return v.ExcludeOrders.MinAmount })),
	define("merge_lost_across_days", "跨天聊天只算一次询单流失", "lost inquiries of consecutive windows count once",
		func(v *Values) *bool { return &v.MergeLostAcrossDays }, yesNo,
		boolean("merge_lost_across_days", func(v *Values) bool { return v.MergeLostAcrossDays })),
	define("handover_counts", "", "an agent who handed over and wrote nothing more keeps the inquiry",
		func(v *Values) *bool { return &v.HandoverCounts }, yesNo,
		boolean("handover_counts", func(v *Values) bool { return v.HandoverCounts })),
}

var textRules = texts(
	define("recommendation_marks", "商品推荐", "texts that mark a recommendation where the platform has no product message",
		func(v *Values) *Patterns { return &v.RecommendationMarks }, patternList),
	define("topics", "买家咨询聚类", "ordered list of topics, the first whose pattern fits wins",
		func(v *Values) *Topics { return &v.Topics }, topicList))

var afterSalesRules = []Definition{
	define("rating_hours", "", "evaluations invited outside these hours do not count",
		func(v *Values) *Hours { return &v.RatingHours }, hoursOfDay,
		integer("rating_from_s", func(v *Values) int { return v.RatingHours.From }),
		integer("rating_to_s", func(v *Values) int { return v.RatingHours.To })),
	define("rating_sources", "", "who asked for the evaluations that count",
		func(v *Values) *[]string { return &v.RatingSources }, words("buyer", "agent", "system"),
		list("rating_sources", func(v *Values) []string { return v.RatingSources })),
	define("dsr_max_per_month", "", "order ratings of one buyer in one calendar month that count",
		func(v *Values) *int { return &v.DSRMaxPerMonth }, within(1, 1000),
		integer("dsr_max_per_month", func(v *Values) int { return v.DSRMaxPerMonth })),
	define("sla_first_reply_minutes", "SLA", "a case must be answered within",
		func(v *Values) *int { return &v.SLAFirstReplyMinutes }, within(1, 43200),
		integer("sla_first_reply_minutes", func(v *Values) int { return v.SLAFirstReplyMinutes })),
	define("sla_resolve_hours", "SLA", "a case must be resolved within",
		func(v *Values) *int { return &v.SLAResolveHours }, within(1, 8760),
		integer("sla_resolve_hours", func(v *Values) int { return v.SLAResolveHours })),
	define("repeat_contact_days", "重复咨询", "a later case of the same type within so many days is a repeat",
		func(v *Values) *int { return &v.RepeatContactDays }, within(1, 365),
		integer("repeat_contact_days", func(v *Values) int { return v.RepeatContactDays })),
	define("retention_days", "留存", "a buyer served after sale is retained when he pays again within",
		func(v *Values) *int { return &v.RetentionDays }, within(1, 730),
		integer("retention_days", func(v *Values) int { return v.RetentionDays })),
	define("training_days", "培训效果", "days before and after a training that are compared",
		func(v *Values) *int { return &v.TrainingDays }, within(1, 365),
		integer("training_days", func(v *Values) int { return v.TrainingDays })),
	define("training_kpis", "培训效果", "KPIs whose training effect is measured",
		func(v *Values) *[]string { return &v.TrainingKPIs }, kpiList,
		list("training_kpis", func(v *Values) []string { return v.TrainingKPIs })),
}

var gradeRules = []Definition{
	define("grades", "", "per KPI: direction and the lines warning, pass, excellent",
		func(v *Values) *Grades { return &v.Grades }, gradeLines),
	define("targets", "", "per KPI: the target; of sums of days that of a calendar month",
		func(v *Values) *Targets { return &v.Targets }, targetValues),
	define("ranking_minimum", "", "smallest denominator with which a rate is ranked",
		func(v *Values) *int { return &v.RankingMinimum }, within(0, 1_000_000)),
	define("pay_plan", "绩效提成", "what a calendar month pays: the base, and per KPI weight, threshold, floor and cap; weights sum to 100 %",
		func(v *Values) *PayPlan { return &v.PayPlan }, payShares),
}
