package preset

import (
	"regexp"
	"slices"
	"sync"

	"kefu/extract/dataset"
)

// words is what the shipped presets know of names and values, for proposing
// mappings of files that none of them reads.
type words struct {
	columns map[string][]meaning // normalised name -> what it may be
	ignored map[string]bool      // known names of columns that nothing uses
	plans   []shippedPlan
}

// meaning is a canonical column that a name stands for.
type meaning struct {
	dataset, column string
	preset          string
	mapping         *Column
}

type shippedPlan struct {
	preset string
	plan   *Plan
}

var lexicon = sync.OnceValue(func() *words {
	w := &words{columns: map[string][]meaning{}, ignored: map[string]bool{}}
	for _, name := range Names() {
		p, err := Shipped(name)
		if err != nil {
			continue // a test reads them all
		}
		for _, plan := range p.Plans() {
			w.add(name, plan)
		}
	}
	return w
})

func (w *words) add(name string, plan *Plan) {
	w.plans = append(w.plans, shippedPlan{name, plan})
	for _, n := range plan.layout.Ignore {
		w.ignored[normal(n)] = true
	}
	for _, t := range plan.layout.targets() {
		for column, c := range t.columns(dataset.ByName(t.Dataset)) {
			names := slices.Concat(c.sources()...)
			if len(c.Concat) > 0 || len(c.Multiply) > 0 {
				names = nil
			}
			for _, k := range c.Cases {
				names = append(names, k.From...)
			}
			for _, n := range names {
				if n == "" || n[0] == '@' {
					continue
				}
				key := normal(n)
				w.columns[key] = append(w.columns[key], meaning{t.Dataset, column, name, c})
			}
		}
	}
}

// knows counts the names that some preset speaks of or that look like a column.
func (w *words) knows(row []string) int {
	n := 0
	for _, c := range row {
		name := normal(c)
		if name == "" {
			continue
		}
		if w.columns[name] != nil || w.ignored[name] || slices.ContainsFunc(hints, func(h hint) bool { return h.re.MatchString(name) }) {
			n++
		}
	}
	return n
}

// hint is a form of names that canonical columns often have elsewhere.
type hint struct {
	dataset, column string
	re              *regexp.Regexp
}

func hintOf(set, column, pattern string) hint {
	return hint{set, column, regexp.MustCompile(pattern)}
}

// hints are tried in order on names as headers are compared: lower case,
// without blanks.
var hints = []hint{
	hintOf("orders", "order_id", `^(order|invoice|bill|trade|sales?order)[_-]?(id|no\.?|num(ber)?|nr|code)?$|订单(编)?号|^单号$`),
	hintOf("orders", "buyer_id", `^(customer|buyer|client|member|user|account)[_-]?(id|no|name|nick|e?mail)?$|^e?mail$|买家|客户|会员|下单帐号`),
	hintOf("orders", "created_at", `(order|invoice|creat|placed|purchase)\w*?[_-]?(date|time|at|on)$|^(date|datetime)$|下单.*时间|创建时间|成交时间`),
	hintOf("orders", "paid_at", `^pa(id|yment)[_-]?(date|time|at|on)$|(付款|支付).*时间`),
	hintOf("orders", "shipped_at", `^(ship|dispatch|deliver)\w*?[_-]?(date|time|at|on)$|(发货|出库)时间`),
	hintOf("orders", "ended_at", `^(finish|complet|clos)\w*?[_-]?(date|time|at|on)$|(完成|确认收货|完结)时间`),
	hintOf("orders", "status", `^(order)?[_-]?(status|state)$|订单状态`),
	hintOf("orders", "paid_amount", `paid[_-]?(amount|sum|total)|amount[_-]?paid|实付|实收|支付金额`),
	hintOf("orders", "amount", `^(order)?[_-]?(total|amount|sum|revenue)([_-]?(amount|price))?$|订单金额|应付|总金额`),
	hintOf("order_items", "order_id", `^(order|invoice|bill|trade|sales?order)[_-]?(id|no\.?|num(ber)?|nr|code)?$|订单(编)?号|^单号$`),
	hintOf("order_items", "item_id", `^(item|line|sub[_-]?order|order[_-]?item)[_-]?(id|no|num(ber)?)$|子订单|明细(编)?号`),
	hintOf("order_items", "product_id", `^(stock|product|goods|article|item)[_-]?(code|id|no)$|^(sku|asin|stockcode)$|商品(id|编号|编码)|货号`),
	hintOf("order_items", "title", `^(description|title|product([_-]?name)?|goods[_-]?name|item[_-]?name|name)$|商品(名称|标题)?$|标题`),
	hintOf("order_items", "quantity", `^(quantity|qty|units|count|pieces)$|数量|件数`),
	hintOf("order_items", "amount", `^(line|item)[_-]?(total|amount|sum)$|小计`),
	hintOf("chat_messages", "message_id", `^(message|msg|tweet|chat)[_-]?id$|消息(id|编号)`),
	hintOf("chat_messages", "sent_at", `^(at|time|date|timestamp|sent|sent[_-]?(at|time|on)|created[_-]?at|datetime)$|发送时间|消息时间|^时间$`),
	hintOf("chat_messages", "sender", `^(sender|role|direction|from|author[_-]?(type|role)|sender[_-]?(type|role)|inbound)$|发送(方|者|人)|角色`),
	hintOf("chat_messages", "agent_id", `^(agent|staff|operator|rep|waiter)[_-]?(id|name)?$|客服|^旺旺$`),
	hintOf("chat_messages", "buyer_id", `^(customer|buyer|client|member|user|visitor|author)[_-]?(id|no|name|nick)?$|顾客|买家|客户|访客`),
	hintOf("chat_messages", "text", `^(text|content|message|msg|body|tweet)$|内容|消息$`),
	hintOf("chat_messages", "text_len", `^(chars|length|len|text[_-]?len(gth)?)$|字数`),
	hintOf("chat_messages", "case_id", `^(session|conversation|case|ticket|thread)[_-]?(id)?$|会话`),
	hintOf("refunds", "refund_id", `^(refund|return|credit[_-]?note|aftersale)[_-]?(id|no|num(ber)?)$|(退款|售后|服务)(编|单)?号`),
	hintOf("refunds", "order_id", `^(order|invoice|trade)[_-]?(id|no|num(ber)?)?$|订单(编)?号`),
	hintOf("refunds", "requested_at", `^(refund|return|request|appl)\w*?[_-]?(date|time|at|on)$|申请时间`),
	hintOf("refunds", "completed_at", `^(refunded|completed|closed)[_-]?(date|time|at|on)$|(完结|完成|退款)时间`),
	hintOf("refunds", "amount", `refund(ed)?[_-]?(amount|sum|total)$|退款金额|退(商品)?金额`),
	hintOf("refunds", "status", `^(refund|return)[_-]?(status|state)$|(退款|售后)状态`),
	hintOf("refunds", "type", `^(refund|return)[_-]?type$|售后类型|退款类型`),
	hintOf("refunds", "reason", `reason$|原因`),
	hintOf("evaluations", "evaluation_id", `^(evaluation|rating|review|survey|csat)[_-]?id$|评价(编)?号`),
	hintOf("evaluations", "rated_at", `^(rated|rating|evaluat\w*|review\w*|survey\w*)[_-]?(at|time|date|on)$|评价时间`),
	hintOf("evaluations", "agent_id", `^(agent|staff|operator)[_-]?(id|name)?$|客服`),
	hintOf("evaluations", "buyer_id", `^(customer|buyer|client|user)[_-]?(id|name)?$|顾客|买家`),
	hintOf("evaluations", "score", `^(score|rating|stars|csat|satisfaction)$|满意度|评分|星级`),
	hintOf("agent_presence", "agent_id", `^(agent|staff|operator)[_-]?(id|name)?$|客服`),
	hintOf("agent_presence", "from_at", `^(from|start|login|online)[_-]?(at|time|date)?$|(上线|登录|开始)时间`),
	hintOf("agent_presence", "to_at", `^(to|end|until|logout|offline)[_-]?(at|time|date)?$|(下线|退出|结束)时间`),
	hintOf("agent_presence", "state", `^(state|status|presence)$|在线状态`),
	hintOf("products", "product_id", `^(stock|product|goods|article|item)[_-]?(code|id|no)$|^(sku|asin)$|商品(id|编号|编码)`),
	hintOf("products", "title", `^(description|title|product[_-]?name|name)$|商品(名称|标题)`),
	hintOf("products", "category", `^(category|department|class)$|类目|分类`),
	hintOf("products", "price", `^(price|unit[_-]?price|list[_-]?price)$|价格|单价|售价`),
	hintOf("agents", "agent_id", `^(agent|staff|employee)[_-]?(id|no)$|客服(账号|帐号|id)|工号`),
	hintOf("agents", "name", `^(name|full[_-]?name|agent[_-]?name|staff[_-]?name)$|姓名`),
	hintOf("agents", "group", `^(group|team|department)$|(分|小)?组|部门`),
}

// prices are names of what one piece costs.
var prices = regexp.MustCompile(`^(unit[_-]?)?price$|单价|^(商品)?价格|京东价`)

// shops are names of columns that say whose a row is.
var shops = regexp.MustCompile(`^(shop|store|company|brand|merchant|seller)([_-]?(id|name))?$|店铺(id|名称)?`)

// synonyms are values that other systems use for those of fixed lists.
var synonyms = map[string]map[string]string{
	"sender": {"client": "buyer", "customer": "buyer", "user": "buyer", "visitor": "buyer", "买家": "buyer", "客户": "buyer", "顾客": "buyer",
		"staff": "agent", "operator": "agent", "support": "agent", "seller": "agent", "客服": "agent", "卖家": "agent", "robot": "bot", "机器人": "bot", "系统": "system"},
	"status": {"new": "created", "pending": "created", "unpaid": "created", "processing": "paid", "sent": "shipped", "dispatched": "shipped",
		"delivered": "finished", "done": "finished", "complete": "finished", "completed": "finished", "success": "finished",
		"cancelled": "closed_unpaid", "canceled": "closed_unpaid", "refunded": "closed_refunded"},
	"type":  {"refund": "refund_only", "return": "return_refund", "退款": "refund_only", "退货": "return_refund", "换货": "exchange"},
	"state": {"上线": "online", "在线": "online", "busy": "away", "离开": "away", "挂起": "away"},
}
