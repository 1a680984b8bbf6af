package reference

import (
	"fmt"

	"kefu/transform/transformtest/world"
)

// RankingKeys names the key columns of kpi_ranking.
var RankingKeys = []string{"grain", "platform", "shop_id", "period", "dt", "metric", "entity"}

// Ranking turns the rows of kpi_long and kpi_month into those of kpi_ranking:
// one's place is one more than how many are better. direction tells which way a
// metric is better: higher, lower or neutral.
func Ranking(w *world.World, long, months []Row, direction func(metric string) string) []Row {
	var out []Row
	for _, r := range long {
		period := "day"
		if days := r["window_days"].(int64); days != 1 {
			period = fmt.Sprint(days, " days")
		}
		out = append(out, rankingRow(r, period, r["dt"]))
	}
	for _, r := range months {
		out = append(out, rankingRow(r, "month", r["month_end"]))
	}
	peers := map[string][]Row{}
	kept := out[:0]
	for _, r := range out {
		if r["grain"] == "shop" || r["value"] == nil || direction(r["metric"].(string)) == "neutral" {
			continue
		}
		kept = append(kept, r)
		least := float64(w.RulesAt(r["dt"].(world.Date)).RankingMinimum)
		if d, isRate := r["denominator"].(float64); !isRate || d >= least {
			peers[contest(r)] = append(peers[contest(r)], r)
		}
	}
	for _, r := range kept {
		r["place"], r["ranked"] = nil, int64(len(peers[contest(r)]))
	}
	for _, list := range peers {
		for _, r := range list {
			place := int64(1)
			for _, other := range list {
				a, b := other["value"].(float64), r["value"].(float64)
				if better := a > b; a != b && better == (direction(r["metric"].(string)) == "higher") {
					place++
				}
			}
			r["place"] = place
		}
	}
	return kept
}

func rankingRow(r Row, period string, dt any) Row {
	return Row{
		"grain": r["grain"], "platform": r["platform"], "shop_id": r["shop_id"], "period": period, "dt": dt,
		"metric": r["metric"], "entity": r["entity"], "value": r["value"], "denominator": r["denominator"],
	}
}

// contest names those who are ranked together.
func contest(r Row) string {
	return fmt.Sprint(r["grain"], r["period"], Spell(r["dt"]), r["metric"])
}
