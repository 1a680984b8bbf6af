package normalise

import (
	"slices"
	"strings"
	"time"

	"kefu/extract/dataset"
)

// shop is what normalisation knows of one shop: its clock and the text
// patterns of the minutes met last.
type shop struct {
	platform, id string
	zone         *zone
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
func (n *Normaliser) newShop(platform, id string, loc *time.Location) *shop {
	if n.zones[loc] == nil {
		n.zones[loc] = newZone(loc)
	}
	s := &shop{platform: platform, id: id, zone: n.zones[loc]}
	n.shops[[2]string{platform, id}] = s
	return s
}

// shopOf finds the shop of a row; platform and id override the file's own.
func (n *Normaliser) shopOf(platform, id string) (*shop, *problem) {
	if platform == "" && id == "" {
		return n.own, nil
	}
	platform, id = cellText(platform), cellText(id)
	if platform == "" {
		platform = n.opts.Platform
	}
	if id == "" {
		id = n.opts.Shop
	}
	if s := n.shops[[2]string{platform, id}]; s != nil {
		return s, nil
	}
	if !slices.Contains(dataset.Platforms(), platform) {
		return nil, &problem{"platform", "unknown platform", "one of " + strings.Join(dataset.Platforms(), ", ")}
	}
	clean, why := cleanID(id)
	if why != "" || clean == "" {
		return nil, &problem{"shop_id", "unusable shop id", "the shop's id as text"}
	}
	loc := n.opts.Location
	if n.opts.ShopLocation != nil {
		l, ok := n.opts.ShopLocation(platform, clean)
		if !ok || l == nil {
			return nil, &problem{"shop_id", "unknown shop", "add the shop to `shops` in the configuration"}
		}
		loc = l
	}
	if s := n.shops[[2]string{platform, clean}]; s != nil {
		return s, nil
	}
	return n.newShop(strings.Clone(platform), strings.Clone(clean), loc), nil
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
		day = time.Unix(s.zone.day(micros)*86400, 0).UTC()
	}
	*e = patternsOfMinute{minute, true, n.opts.TextRules.At(s.platform, s.id, day)}
	return e.rules
}
