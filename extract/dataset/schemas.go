package dataset

func text(name string) Column              { return Column{Name: name} }
func literal(name string) Column           { return Column{Name: name, Literal: true} }
func instant(name string) Column           { return Column{Name: name, Type: Instant} }
func date(name string) Column              { return Column{Name: name, Type: Date} }
func money(name string) Column             { return Column{Name: name, Type: Money} }
func integer(name string) Column           { return Column{Name: name, Type: Integer} }
func flag(name string) Column              { return Column{Name: name, Type: Boolean} }
func enum(name string, v ...string) Column { return Column{Name: name, Enum: v} }

func required(c Column) Column { c.Required = true; return c }
func open(c Column) Column     { c.Open = true; return c }
func listOf(c Column) Column   { c.List = true; return c }
func signed(c Column) Column   { c.Signed = true; return c }

// schemas are the canonical datasets of the product; names and order of the
// columns are a file format of their own (preset canonical).
var schemas = []Schema{
	{
		Name: "chat_messages", Key: []string{"message_id"}, EventTime: "sent_at",
		Columns: []Column{
			text("message_id"), required(instant("sent_at")), required(text("buyer_id")), required(text("agent_id")),
			required(enum("sender", "buyer", "agent", "bot", "system")), flag("is_auto"),
			open(enum("kind", "text", "image", "video", "voice", "product", "order", "coupon", "rating_invite", "transfer", "other")),
			text("product_id"), text("order_id"), text("to_agent_id"), flag("is_leave_message"),
			literal("text"), integer("text_len"), {Name: "seq", Type: Long}, text("case_id"),
		},
		Derived: []Column{
			text("raw_kind"), text("agent_as_buyer_id"), integer("watchword_hits"), flag("is_recommendation"), text("topic"),
		},
	},
	{
		Name: "orders", Mutable: true, Key: []string{"order_id"}, EventTime: "created_at",
		Columns: []Column{
			required(text("order_id")), required(instant("created_at")), text("buyer_id"),
			enum("pay_type", "online", "cod", "staged", "other"), instant("deposit_paid_at"), instant("paid_at"),
			instant("shipped_at"), instant("ended_at"),
			required(enum("status", "created", "paid", "shipped", "finished", "closed_unpaid", "closed_refunded")),
			money("amount"), money("paid_amount"), integer("quantity"), listOf(text("tags")), instant("updated_at"),
		},
		Derived: []Column{text("mask_key")},
	},
	{
		Name: "order_items", Mutable: true, Key: []string{"order_id", "item_id"}, Bucket: "order_id",
		Columns: []Column{
			required(text("order_id")), required(text("item_id")), text("product_id"), text("sku_id"), literal("title"),
			integer("quantity"), money("amount"), instant("updated_at"),
		},
	},
	{
		Name: "refunds", Mutable: true, Key: []string{"refund_id"}, EventTime: "requested_at",
		Columns: []Column{
			required(text("refund_id")), required(instant("requested_at")), required(text("order_id")), text("item_id"), text("buyer_id"),
			enum("type", "refund_only", "return_refund", "exchange", "other"), enum("status", "open", "succeeded", "closed"),
			instant("completed_at"), money("amount"), literal("reason"), instant("disputed_at"),
			enum("closed_by", "merchant", "platform", "buyer", "system"), instant("updated_at"),
		},
	},
	{
		Name: "complaints", Mutable: true, Key: []string{"complaint_id"}, EventTime: "created_at",
		Columns: []Column{
			required(text("complaint_id")), required(instant("created_at")), text("order_id"), text("item_id"), text("buyer_id"),
			text("agent_id"), text("category"), text("status"), instant("updated_at"),
		},
	},
	{
		Name: "evaluations", Mutable: true, Key: []string{"evaluation_id"}, EventTime: "invited_at",
		Columns: []Column{
			required(text("evaluation_id")), required(instant("invited_at")), instant("rated_at"), text("buyer_id"), text("agent_id"),
			enum("served_by", "human", "bot"), enum("source", "buyer", "agent", "system"), integer("score"), instant("updated_at"),
		},
	},
	{
		Name: "order_ratings", Mutable: true, Key: []string{"order_id", "item_id"}, EventTime: "rated_at",
		Columns: []Column{
			required(text("order_id")), required(text("item_id")), required(instant("rated_at")), text("buyer_id"),
			integer("item_score"), integer("service_score"), integer("logistics_score"), instant("updated_at"),
		},
	},
	{
		Name: "agent_presence", Mutable: true, Key: []string{"agent_id", "from_at", "state"}, EventTime: "from_at",
		Columns: []Column{
			required(text("agent_id")), required(instant("from_at")), instant("to_at"), required(enum("state", "online", "away")),
		},
	},
	{
		Name: "agents", Mutable: true, Key: []string{"agent_id", "valid_from"},
		Columns: []Column{
			required(text("agent_id")), date("valid_from"), date("valid_to"), text("name"), text("group"),
			enum("role", "presale", "aftersale", "both"), text("shift"), money("hourly_cost"), flag("is_bot"),
		},
		Derived: []Column{text("agent_as_buyer_id")},
	},
	{
		Name: "products", Mutable: true, Key: []string{"product_id"},
		Columns: []Column{
			required(text("product_id")), literal("title"), text("category"), money("price"), instant("updated_at"),
		},
	},
	{
		Name: "buyer_flags", Mutable: true, Key: []string{"buyer_id", "flag", "valid_from"},
		Columns: []Column{
			required(text("buyer_id")), required(enum("flag", "advertiser", "malicious", "internal")), instant("flagged_at"),
			date("valid_from"), date("valid_to"), flag("removed"), instant("updated_at"),
		},
	},
	{
		Name: "cases", Mutable: true, Key: []string{"case_id"}, EventTime: "opened_at",
		Columns: []Column{
			required(text("case_id")), required(instant("opened_at")), text("buyer_id"), text("order_id"), text("agent_id"), text("type"),
			enum("status", "open", "resolved", "closed"), instant("first_reply_at"), instant("resolved_at"), flag("transferred"),
			integer("nps"), instant("updated_at"),
		},
	},
	{
		Name: "loss_reasons", Mutable: true, Key: []string{"agent_id", "buyer_id", "dt"},
		Columns: []Column{
			required(text("agent_id")), required(text("buyer_id")), required(date("dt")), literal("reason"), literal("note"), text("author"),
			instant("updated_at"),
		},
	},
	{
		Name: "agent_events", Key: []string{"event_id"}, EventTime: "at",
		Columns: []Column{
			required(text("event_id")), required(instant("at")), required(text("agent_id")), required(enum("kind", "kb_lookup", "training")),
			text("case_id"), text("topic"),
		},
	},
	{
		Name: "adjustments", Mutable: true, Key: []string{"adjustment_id"},
		Columns: []Column{
			required(text("adjustment_id")), required(text("agent_id")), required(date("dt")), text("metric"),
			required(signed(money("value"))), required(text("author")), required(literal("reason")), required(instant("decided_at")),
			flag("withdrawn"), instant("updated_at"),
		},
	},
	{
		Name: "buyers", Mutable: true, Internal: true, Key: []string{"buyer_id"},
		Columns: []Column{required(text("buyer_id")), listOf(text("mask_keys"))},
	},
}
