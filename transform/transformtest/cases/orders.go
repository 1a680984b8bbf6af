package cases

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"

	"kefu/transform/transformtest/world"
)

// phrases splits `o1: of b1, 05 10:30, paid 05 11:30` into id and phrases.
func phrases(text string) (id string, list []string) {
	id, text, _ = strings.Cut(text, ": ")
	for _, p := range strings.Split(text, ",") {
		list = append(list, strings.TrimSpace(p))
	}
	return id, list
}

func cents(text string) (*int64, error) {
	r, ok := new(big.Rat).SetString(text)
	if !ok {
		return nil, fmt.Errorf("%q is no amount", text)
	}
	n := r.Mul(r, big.NewRat(100, 1)).Num().Int64()
	return &n, nil
}

func integer(text string) (*int64, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	return &n, err
}

func (b *builder) order(text string) error {
	id, list := phrases(text)
	hundred, one := int64(10000), int64(1)
	o := world.Order{ID: id, PayType: "online", Status: "created", Amount: &hundred, Quantity: &one}
	items := []string{"p1"}
	for _, p := range list {
		word, rest, _ := strings.Cut(p, " ")
		var err error
		switch word {
		case "of":
			if rest != "nobody" {
				o.BuyerID = rest
			}
		case "paid":
			o.PaidAt, err = b.at(rest)
		case "shipped":
			o.ShippedAt, err = b.at(rest)
		case "ended":
			o.EndedAt, err = b.at(rest)
		case "status":
			o.Status = rest
		case "tags":
			o.Tags = strings.Fields(rest)
		case "quantity":
			o.Quantity, err = integer(rest)
		case "items":
			items = strings.Fields(rest)
		case "cod":
			o.PayType = "cod"
		default:
			if amount, isAmount := strings.CutSuffix(p, " yuan"); isAmount {
				o.Amount, err = cents(amount)
			} else {
				o.CreatedAt, err = b.at(p)
			}
		}
		if err != nil {
			return err
		}
	}
	if !o.PaidAt.IsZero() || (o.PayType == "cod" && !o.ShippedAt.IsZero()) {
		o.PaidAmount = o.Amount
		if o.Status == "created" {
			o.Status = "paid"
		}
	}
	b.c.World.Orders = append(b.c.World.Orders, o)
	for i, product := range items {
		b.c.World.Items = append(b.c.World.Items, world.OrderItem{
			OrderID: id, ItemID: strconv.Itoa(i + 1), ProductID: product, Quantity: &one,
		})
	}
	return nil
}

func (b *builder) refund(text string) error {
	id, list := phrases(text)
	r := world.Refund{ID: id, Type: "refund_only", Status: "open"}
	for _, p := range list {
		word, rest, _ := strings.Cut(p, " ")
		var err error
		switch word {
		case "of":
			r.OrderID = rest
		case "completed":
			r.CompletedAt, err = b.at(rest)
		case "disputed":
			r.DisputedAt, err = b.at(rest)
		case "by":
			r.ClosedBy = rest
		case "succeeded", "closed", "open":
			r.Status = word
		case "exchange":
			r.Type = word
		default:
			if amount, isAmount := strings.CutSuffix(p, " yuan"); isAmount {
				r.Amount, err = cents(amount)
			} else {
				r.RequestedAt, err = b.at(p)
			}
		}
		if err != nil {
			return err
		}
	}
	b.c.World.Refunds = append(b.c.World.Refunds, r)
	return nil
}

func (b *builder) rating(text string) error {
	_, list := phrases(": " + text)
	b.ratings++
	r := world.OrderRating{ItemID: "1"}
	for _, p := range list {
		word, rest, _ := strings.Cut(p, " ")
		var err error
		switch word {
		case "of":
			r.OrderID = rest
		case "by":
			r.BuyerID = rest
		case "service":
			r.ServiceScore, err = strconv.ParseInt(rest, 10, 64)
		default:
			r.RatedAt, err = b.at(p)
		}
		if err != nil {
			return err
		}
	}
	b.c.World.Ratings = append(b.c.World.Ratings, r)
	return nil
}

// want reads what stands after the word want.
func (b *builder) want(text string) error {
	w := want{line: text, key: map[string]any{}, columns: map[string]string{}}
	head, values, _ := strings.Cut(text, ": ")
	parts := strings.Fields(strings.ReplaceAll(head, ",", ""))
	for _, v := range strings.Split(values, ",") {
		if column, value, ok := strings.Cut(strings.TrimSpace(v), " "); ok {
			w.columns[column] = value
		}
	}
	if len(parts) > 2 && parts[0] == "no" && parts[1] == "row" {
		w.absent, parts = true, parts[2:]
	} else if len(w.columns) == 0 {
		return fmt.Errorf("a want needs values")
	}
	if err := w.target(parts); err != nil {
		return err
	}
	b.c.wants = append(b.c.wants, w)
	return nil
}

func (w *want) target(parts []string) error {
	if ok, err := w.careTarget(parts); ok {
		return err
	}
	if w.payTarget(parts) {
		return nil
	}
	var err error
	switch {
	case parts[0] == "group" && len(parts) > 2: // group g, 5th
		if err = w.target(parts[1:]); err != nil {
			return err
		}
		w.table = strings.Replace(w.table, "kpi_agent_", "kpi_group_", 1)
		delete(w.key, "agent_id")
		w.key["agent_group"] = parts[1]
		if parts[1] == "none" {
			w.key["agent_group"] = nil
		}
	case parts[0] == "order" && len(parts) == 2:
		w.table, w.key["order_id"] = "order_attribution", parts[1]
	case parts[0] == "credit" && len(parts) == 4:
		w.table = "order_credits"
		w.key["order_id"], w.key["rule"], w.key["agent_id"] = parts[1], parts[2], parts[3]
	case parts[0] == "inquiry" && len(parts) == 4:
		w.table, w.key["grain"], w.key["agent_id"], w.key["buyer_id"] = "inquiries", "agent", parts[1], parts[2]
		if parts[1] == "S" {
			w.key["grain"], w.key["agent_id"] = "shop", nil
		}
		w.key["dt"], err = day(parts[3])
	case len(parts) == 2:
		w.table = w.entity(parts[0], "day")
		w.key["dt"], err = day(parts[1])
	case len(parts) == 7 && parts[2] == "days": // S, 7 days as of the 10th
		w.table = w.entity(parts[0], "window")
		w.key["window_days"], w.key["dt"] = parts[1], nil
		w.key["dt"], err = day(parts[6])
	default:
		return fmt.Errorf("no such thing to want")
	}
	return err
}

func (w *want) entity(name, kind string) string {
	if name == "S" {
		return "kpi_shop_" + kind
	}
	w.key["agent_id"] = name
	return "kpi_agent_" + kind
}
