package main

import (
	"fmt"

	"kefu/cmd/etl/internal/explain"
	"kefu/cmd/etl/internal/terminal"
	"kefu/transform/drivers"
)

// printChange tells a person what drove a change.
func (a *app) printChange(c *explain.Change, limit int) {
	out := a.terminal()
	out.Printf("%s · %s\n%s\n", out.Bold(c.LabelZH), c.LabelEN, entityTitle(c.Platform, c.Shop, c.Grain, c.Entity))
	a.printPeriods(out, c)
	if c.Open > 0 {
		out.Printf("%s of the later period %d inquiries are still open and may convert\n", out.Mark(terminal.Warning), c.Open)
	}
	a.printFactors(out, c)
	a.printShares(out, c, limit)
}

// printPeriods shows both values, and what chance makes of them.
func (a *app) printPeriods(out *terminal.Terminal, c *explain.Change) {
	table := out.Table(terminal.Left(""), terminal.Left("days"), terminal.Right(c.Metric), terminal.Right(""), terminal.Left(""))
	row := func(name string, p explain.Period, v *float64, side drivers.Side, interval *drivers.Interval) {
		of, between := "", ""
		if c.Sides != nil {
			of = figures(side)
		}
		if interval != nil {
			between = fmt.Sprintf("95 %%: %s to %s", amount(interval.Low, c.Unit), amount(interval.High, c.Unit))
		}
		table.Row(name, p.String(), amountOf(v, c.Unit), of, between)
	}
	var before, now drivers.Side
	var lows [2]*drivers.Interval
	if c.Sides != nil {
		before, now = c.Sides.Before, c.Sides.Now
		if s := c.Sides.Share; s != nil {
			lows = [2]*drivers.Interval{&s.Before, &s.Now}
		}
	}
	row("before", c.Before, c.Value0, before, lows[0])
	row("now", c.Now, c.Value1, now, lows[1])
	if c.Value0 != nil && c.Value1 != nil {
		verdict := ""
		if c.Sides != nil && c.Sides.Share != nil {
			verdict = verdictOf(c.Sides.Share, c.Unit)
		}
		table.Row("change", "", signed(*c.Value1-*c.Value0, c.Unit), "", verdict)
	}
	table.Flush()
}

func figures(s drivers.Side) string { return human(s.Numerator) + " / " + human(s.Denominator) }

func verdictOf(s *explain.Significance, unit string) string {
	word := "more than chance"
	if s.WithinNoise {
		word = "within noise"
	}
	return fmt.Sprintf("%s (95 %%: %s to %s)", word, signed(s.Difference.Low, unit), signed(s.Difference.High, unit))
}

func (a *app) printFactors(out *terminal.Terminal, c *explain.Change) {
	if len(c.Factors) == 0 {
		return
	}
	out.Printf("\n")
	table := out.Table(terminal.Left("driver"), terminal.Right("before"), terminal.Right("now"), terminal.Right("effect"))
	total := 0.0
	for _, f := range c.Factors {
		unit := map[string]string{"conversion": "ratio", "amount per item": "yuan", "amount per buyer": "yuan"}[f.Name]
		name := "× " + f.Name
		if f.Term {
			name, unit = "+ "+f.Name, "yuan"
		}
		table.Row(name, amountOf(f.Before, unit), amountOf(f.Now, unit), signed(f.Effect, "yuan"))
		total += f.Effect
	}
	table.Row("= change", "", "", signed(total, "yuan"))
	table.Flush()
}

// printShares shows what the parts did.
func (a *app) printShares(out *terminal.Terminal, c *explain.Change, limit int) {
	if len(c.Parts) == 0 {
		return
	}
	out.Printf("\n")
	ratio := c.Sides != nil
	columns := []terminal.Column{terminal.Left("by " + c.By), terminal.Right("before"), terminal.Right("now")}
	if ratio {
		columns = append(columns, terminal.Right("before"), terminal.Right("now"), terminal.Right("mix"), terminal.Right("own"))
	}
	columns = append(columns, terminal.Right("effect"), terminal.Left(""))
	table := out.Table(columns...)
	shown := c.Parts
	if limit > 0 && len(shown) > limit {
		shown = shown[:limit]
	}
	total := 0.0
	for _, p := range c.Parts {
		total += p.Effect
	}
	for _, p := range shown {
		cells := []string{partName(c, p), amountOf(p.Before, c.Unit), amountOf(p.Now, c.Unit)}
		verdict := ""
		if ratio {
			cells = append(cells, figures(p.Sides.Before), figures(p.Sides.Now), signed(p.Mix, c.Unit), signed(p.Own, c.Unit))
			if s := p.Sides.Share; s != nil && s.WithinNoise {
				verdict = "within noise"
			} else if s != nil {
				verdict = "more than chance"
			}
		}
		table.Row(append(cells, signed(p.Effect, c.Unit), verdict)...)
	}
	if len(shown) == len(c.Parts) {
		last := make([]string, len(columns))
		last[0], last[len(last)-2] = "= change", signed(total, c.Unit)
		table.Row(last...)
	}
	table.Flush()
	if more := len(c.Parts) - len(shown); more > 0 {
		out.Printf("… and %d more; --limit 0 shows all\n", more)
	}
	if ratio {
		out.Printf("mix: its part of all %s grew or shrank; own: its own %s changed\n", c.Sides.Denominator, c.Metric)
	}
}

// partName names a part to people.
func partName(c *explain.Change, p explain.Part) string {
	switch {
	case p.Rest && c.By == "agent":
		return "(of no agent, or of several and counted once)"
	case p.Rest:
		return "(the rest)"
	case p.Name == "":
		return "(none)"
	default:
		return terminal.Clean(p.Name)
	}
}
