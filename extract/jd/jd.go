// Package jd pulls a JD shop from the JOS gateway: orders with items, refunds
// before and after shipping, accounts, and from 咚咚 sessions with their
// messages, ratings and log-ins.
package jd

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"kefu/extract"
	"kefu/extract/api"
)

// Endpoint is the gateway.
const Endpoint = "https://api.jd.com/routerjson"

// Settings are what a shop's connector needs.
type Settings struct {
	Endpoint string // "" = Endpoint
	AppKey   string
	Secret   string
	Shop     string
	// Chat asks for sessions, messages, ratings and log-ins too. Not every
	// application may; without it chats come by export.
	Chat      bool
	PerApp    api.Rate
	PerShop   api.Rate
	Limits    *api.Limits
	Tokens    *api.Tokens
	Transport http.RoundTripper
	Now       func() time.Time
	// WaitMin and WaitMax bound the back-off, Timeout one try; 0 = the client's own.
	WaitMin, WaitMax, Timeout time.Duration
}

// Connector implements api.Connector.
type Connector struct {
	client *api.Client
	chat   bool
}

var _ api.Connector = (*Connector)(nil)

// New returns the connector of a shop.
func New(s Settings) *Connector {
	if s.Endpoint == "" {
		s.Endpoint = Endpoint
	}
	if s.Now == nil {
		s.Now = time.Now
	}
	w := wire{endpoint: s.Endpoint, appKey: s.AppKey, secret: s.Secret, now: s.Now}
	return &Connector{chat: s.Chat, client: api.NewClient(w, api.Config{
		Platform: "jd", App: "jd/" + s.AppKey, Shop: s.Shop, PerApp: s.PerApp, PerShop: s.PerShop, Limits: s.Limits,
		Tokens: s.Tokens, Transport: s.Transport, Now: s.Now, WaitMin: s.WaitMin, WaitMax: s.WaitMax, Timeout: s.Timeout,
		Personal: []string{"customer", "waiter"},
	})}
}

const day = 24 * time.Hour

// Streams lists what is asked for. A refund is applied for once and changes
// later: its list goes by application, so the last weeks are asked for again.
func (c *Connector) Streams() []api.Stream {
	orders := []string{"orders", "order_items"}
	out := []api.Stream{
		{Name: "orders.created", Datasets: orders, MaxSpan: 30 * day, Slice: 7 * day, Reach: 729 * day, First: true},
		{Name: "orders.modified", Datasets: orders, MaxSpan: 30 * day, Slice: 6 * time.Hour, Reach: 89 * day, Lag: time.Minute, Overlap: 10 * time.Minute, After: "orders.created"},
		{Name: "refunds.cancelled", Datasets: []string{"refunds"}, Slice: 7 * day, Reach: 180 * day, Overlap: 15 * day},
		{Name: "refunds.returned", Datasets: []string{"refunds"}, MaxSpan: 7 * day, Slice: 7 * day, Reach: 180 * day, Overlap: 30 * day},
	}
	if c.chat {
		out = append(out,
			api.Stream{Name: "agents", Datasets: []string{"agents"}, Snapshot: true},
			api.Stream{Name: "chats", Datasets: []string{"chat_messages"}, MaxSpan: 7 * day, Slice: day, Reach: 89 * day, Lag: 15 * time.Minute, Overlap: time.Hour},
			api.Stream{Name: "evaluations", Datasets: []string{"evaluations"}, MaxSpan: 7 * day, Slice: day, Reach: 89 * day, Overlap: day},
			api.Stream{Name: "presence", Datasets: []string{"agent_presence"}, MaxSpan: 7 * day, Slice: day, Reach: 89 * day, Overlap: day},
		)
	}
	return out
}

// orderStates are all that a list can be asked for.
const orderStates = "WAIT_SELLER_STOCK_OUT,WAIT_GOODS_RECEIVE_CONFIRM,WAIT_SELLER_DELIVERY,PAUSE,POP_ORDER_PAUSE,FINISHED_L,TRADE_CANCELED,LOCKED"

const orderFields = "orderId,parentOrderId,pin,open_id_buyer,orderState,orderStateRemark,orderStartTime,paymentConfirmTime,orderEndTime,modified," +
	"payType,actualPay,shouldPay,orderTotalPrice,orderSellerPrice,orderPayment,freightPrice,sellerDiscount,balanceUsed,itemInfoList,venderRemark"

// Pull implements api.Connector.
func (c *Connector) Pull(ctx context.Context, stream string, w api.Window, emit func(api.Response) error) error {
	p := puller{Connector: c, emit: emit}
	from, to := clock(w.From), clock(w.To.Add(-time.Second))
	order := map[string]string{
		"start_date": from, "end_date": to, "order_state": orderStates, "optional_fields": orderFields, "source_id": "JOS", "sortType": "0",
	}
	switch stream {
	case "orders.created":
		order["dateType"] = "1"
		return p.backwards(ctx, list{"jingdong.pop.order.search", "page", "page_size", 100, mostPages, ordersOf, "orderTotal"}, order)
	case "orders.modified":
		order["dateType"] = "0"
		return p.backwards(ctx, list{"jingdong.pop.order.search", "page", "page_size", 100, mostPages, ordersOf, "orderTotal"}, order)
	case "refunds.cancelled":
		return p.backwards(ctx, list{"jingdong.pop.afs.soa.refundapply.queryPageList", "pageIndex", "pageSize", 50, 100, cancelledOf, "totalCount"},
			map[string]string{"applyTimeStart": from, "applyTimeEnd": to})
	case "refunds.returned":
		return p.backwards(ctx, list{"jingdong.asc.serviceAndRefund.view", "pageNumber", "pageSize", 50, mostPages, returnedOf, "totalCount"},
			map[string]string{"applyTimeBegin": from, "applyTimeEnd": to})
	case "agents":
		_, err := p.ask(ctx, "jingdong.im.pop.groupinfo.get", map[string]string{})
		return err
	case "chats":
		return p.chats(ctx, w)
	case "evaluations":
		return p.ofAll(ctx, "jingdong.im.pop.evaluationlist.get", from, to, evaluationsOf)
	case "presence":
		return p.ofAll(ctx, "jingdong.im.pop.passlog.get", from, to, loginsOf)
	}
	return fmt.Errorf("no stream is called %s", stream)
}

// Check implements api.Connector.
func (c *Connector) Check(ctx context.Context) error {
	_, err := c.client.Call(ctx, "jingdong.vender.shop.query", map[string]string{})
	return err
}

// Read implements api.Connector.
func (c *Connector) Read(ctx context.Context, stream string, responses []api.Response, sink extract.Sink) error {
	rows := api.NewRows(sink)
	if stream == "chats" {
		return readChats(responses, rows)
	}
	of, read := reader(stream)
	for _, r := range responses {
		if err := ctx.Err(); err != nil {
			return err
		}
		for _, row := range of(answer(api.Parse(r.Body), r.Call)) {
			rows.Next()
			if err := read(row, rows); err != nil {
				return fmt.Errorf("read %s: %w", r.Call, err)
			}
		}
	}
	return nil
}

func reader(stream string) (of func(*api.Node) []*api.Node, read func(*api.Node, *api.Rows) error) {
	switch stream {
	case "refunds.cancelled":
		return cancelledOf, readCancelled
	case "refunds.returned":
		return returnedOf, readReturned
	case "agents":
		return waitersOf, readAgent
	case "evaluations":
		return evaluationsOf, readEvaluation
	case "presence":
		return loginsOf, readLogin
	default:
		return ordersOf, readOrder
	}
}

type puller struct {
	*Connector
	emit func(api.Response) error
}

// ask makes one call and hands its answer on.
func (p puller) ask(ctx context.Context, call string, params map[string]string) (*api.Node, error) {
	body, err := p.client.Call(ctx, call, params)
	if err != nil {
		return nil, err
	}
	said := map[string]string{}
	for k, v := range params {
		if k != "optional_fields" {
			said[k] = v
		}
	}
	if err := p.emit(api.Response{Call: call, Params: said, Body: body}); err != nil {
		return nil, err
	}
	return answer(api.Parse(body), call), nil
}

// list is a call that answers in pages.
type list struct {
	call, page, size string
	most             int // rows of a page
	pages            int // that the platform gives out; a window with more is cut
	of               func(*api.Node) []*api.Node
	total            string // where the total stands, beside the rows
}

// backwards walks a list that rows leave while it is walked: the last page
// first, so that the rows behind a gap move to pages still to be read. The total
// is only a hint where to begin.
func (p puller) backwards(ctx context.Context, l list, params map[string]string) error {
	page := func(no int) (rows, total int, err error) {
		params[l.page], params[l.size] = strconv.Itoa(no), strconv.Itoa(l.most)
		n, err := p.ask(ctx, l.call, params)
		if err != nil {
			return 0, 0, err
		}
		for _, inner := range []string{"searchorderinfo_result", "queryResult", "pageResult"} {
			total = max(total, int(n.At(inner, l.total).Int()))
		}
		return len(l.of(n)), total, nil
	}
	rows, total, err := page(1)
	if err != nil || rows < l.most && total <= l.most {
		return err
	}
	no := max(1, (total+l.most-1)/l.most)
	for ; ; no++ {
		if no > l.pages {
			return fmt.Errorf("%w: more than %d pages of %s", api.ErrTooLarge, l.pages, l.call)
		}
		if rows, _, err = page(no); err != nil {
			return err
		}
		if rows < l.most {
			break
		}
	}
	for no--; no >= 1; no-- {
		if _, _, err := page(no); err != nil {
			return err
		}
	}
	return nil
}

// mostPages ends a walk that never does.
const mostPages = 2000

// untilEmpty walks a list whose total cannot be believed: until a page is empty
// or repeats the one before it.
func (p puller) untilEmpty(ctx context.Context, call string, params map[string]string, of func(*api.Node) []*api.Node) error {
	before := ""
	for no := 1; no <= mostPages; no++ {
		params["page"], params["pageSize"] = strconv.Itoa(no), "50"
		n, err := p.ask(ctx, call, params)
		if err != nil {
			return err
		}
		rows := of(n)
		if len(rows) == 0 || string(n.Raw()) == before {
			return nil
		}
		before = string(n.Raw())
	}
	return fmt.Errorf("walk %s: %w", call, errors.New("its pages do not end"))
}

// clock writes a time as the gateway reads it.
func clock(t time.Time) string { return t.In(api.Beijing).Format(time.DateTime) }
