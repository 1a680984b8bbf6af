package normalise

import (
	"slices"
	"strings"
	"time"

	"kefu/extract/dataset"
)

// shop is what normalisation knows of one shop: its clock and the text
// patterns of the minutes met last. All but the clock belongs to who takes rows.
type shop struct {
	platform, id string
	clock        *zone              // of the typist
	calendar     *zone              // the same, of who takes what he typed
	patterns     []patternsOfMinute // by minute, made when first needed
	buyers       fingerprints       // of those written to the dataset of buyers
}

const minutesKept = 256

type patternsOfMinute struct {
	minute int64
	set    bool
	rules  TextJudge
}

// newShop makes a shop; shops of one time zone share its clock.
func (t *typist) newShop(platform, id string, loc *time.Location) *shop {
	z := t.zones[loc]
	if z[0] == nil {
		z = [2]*zone{newZone(loc), newZone(loc)}
		t.zones[loc] = z
	}
	s := &shop{platform: platform, id: id, clock: z[0], calendar: z[1]}
	t.shops[[2]string{platform, id}] = s
	return s
}

// shopOf finds the shop of a row; platform and id override the file's own.
func (t *typist) shopOf(platform, id string) (*shop, *problem) {
	if platform == "" && id == "" {
		return t.own, nil
	}
	platform, id = cellText(platform), cellText(id)
	if platform == "" {
		platform = t.opts.Platform
	}
	if id == "" {
		id = t.opts.Shop
	}
	if s := t.shops[[2]string{platform, id}]; s != nil {
		return s, nil
	}
	if !slices.Contains(dataset.Platforms(), platform) {
		return nil, &problem{"platform", "unknown platform", "one of " + strings.Join(dataset.Platforms(), ", ")}
	}
	clean, why := cleanID(id)
	if why != "" || clean == "" {
		return nil, &problem{"shop_id", "unusable shop id", "the shop's id as text"}
	}
	loc := t.opts.Location
	if t.opts.ShopLocation != nil {
		l, ok := t.opts.ShopLocation(platform, clean)
		if !ok || l == nil {
			return nil, &problem{"shop_id", "unknown shop", "add the shop to `shops` in the configuration"}
		}
		loc = l
	}
	if s := t.shops[[2]string{platform, clean}]; s != nil {
		return s, nil
	}
	return t.newShop(strings.Clone(platform), strings.Clone(clean), loc), nil
}

// rulesAt gives the rules on texts of a message's business day, nil = none.
func (n *Normaliser) rulesAt(s *shop, micros int64) TextJudge {
	if n.opts.TextRules == nil {
		return nil
	}
	if s.patterns == nil {
		s.patterns = make([]patternsOfMinute, minutesKept)
	}
	minute := floorDiv(micros, 60_000_000)
	e := &s.patterns[uint64(minute)%minutesKept]
	if e.set && e.minute == minute {
		return e.rules
	}
	at := time.UnixMicro(micros).UTC()
	var day time.Time
	if n.opts.BusinessDate != nil {
		day = n.opts.BusinessDate(s.platform, s.id, at)
	} else {
		day = time.Unix(s.calendar.day(micros)*86400, 0).UTC()
	}
	*e = patternsOfMinute{minute, true, n.opts.TextRules.At(s.platform, s.id, day)}
	return e.rules
}
