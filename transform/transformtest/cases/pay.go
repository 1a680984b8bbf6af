package cases

import (
	"strings"

	"kefu/transform/transformtest/world"
)

// adjustment reads `adjustment x1: of a1, 6th, bad -1, withdrawn`, or an amount
// of pay, `adjustment x1: of a1, 6th, -50.05 yuan`.
func (b *builder) adjustment(text string) error {
	id, list := phrases(text)
	a := world.Adjustment{ID: id, Author: "lead", Reason: "appeal", DecidedAt: b.dataEnd.At(b.zone, 18*60)}
	for _, p := range list {
		word, rest, _ := strings.Cut(p, " ")
		var err error
		amount := func(text string) {
			var hundredths *int64
			if hundredths, err = cents(text); err == nil {
				a.Value = *hundredths
			}
		}
		switch {
		case word == "of":
			a.AgentID = rest
		case word == "withdrawn":
			a.Withdrawn = true
		case rest == "yuan":
			amount(word)
		case rest != "":
			a.Metric = word
			amount(rest)
		default:
			a.Dt, err = day(word)
		}
		if err != nil {
			return err
		}
	}
	b.c.World.Adjustments = append(b.c.World.Adjustments, a)
	return nil
}

// payTarget names the row of a month, of January: `month a1 reply_rate`, `month S
// sales_amount`, `term a1 sales_amount`, `statement a1`, `adjustment x1`.
func (w *want) payTarget(parts []string) bool {
	w.key["month"] = january(1)
	switch {
	case parts[0] == "month" && len(parts) == 3:
		w.table, w.key["grain"], w.key["entity"], w.key["metric"] = "kpi_month", "agent", parts[1], parts[2]
		if parts[1] == "S" {
			w.key["grain"], w.key["entity"] = "shop", nil
		}
		if group, ok := strings.CutPrefix(parts[1], "group:"); ok {
			w.key["grain"], w.key["entity"] = "group", group
		}
	case parts[0] == "term" && len(parts) == 3:
		w.table, w.key["agent_id"], w.key["metric"] = "pay_terms", parts[1], parts[2]
	case parts[0] == "statement" && len(parts) == 2:
		w.table, w.key["agent_id"] = "pay_statements", parts[1]
	case parts[0] == "adjustment" && len(parts) == 2:
		w.table, w.key["adjustment_id"] = "pay_adjustments", parts[1]
	default:
		delete(w.key, "month")
		return false
	}
	return true
}
