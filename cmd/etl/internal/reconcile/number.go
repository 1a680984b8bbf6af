package reconcile

import (
	"math/big"
	"regexp"
	"strings"
)

// Number is a number as a report prints it.
type Number struct {
	Value *big.Rat // in the unit of the KPI
	Step  *big.Rat // one unit of the last digit that is printed
}

// unitSizes are the units that a column may be declared in, in those of the
// KPIs: seconds, hours, ratios and yuan.
var unitSizes = map[string]map[string]*big.Rat{
	"seconds": {"seconds": big.NewRat(1, 1), "minutes": big.NewRat(60, 1), "hours": big.NewRat(3600, 1), "milliseconds": big.NewRat(1, 1000), "days": big.NewRat(86400, 1)},
	"hours":   {"hours": big.NewRat(1, 1), "minutes": big.NewRat(1, 60), "seconds": big.NewRat(1, 3600), "days": big.NewRat(24, 1)},
	"ratio":   {"ratio": big.NewRat(1, 1), "percent": big.NewRat(1, 100)},
	"yuan":    {"yuan": big.NewRat(1, 1), "fen": big.NewRat(1, 100), "wan": big.NewRat(10000, 1)},
}

// unitSize is how much one of the column's unit is in the KPI's; nil where the
// KPI cannot have it. No unit is the KPI's own.
func unitSize(kpi, column string) *big.Rat {
	if column == "" || column == kpi {
		return big.NewRat(1, 1)
	}
	return unitSizes[kpi][column]
}

var (
	plainNumber = regexp.MustCompile(`^[+-]?(\d+)(?:\.(\d*))?$`)
	exponent    = regexp.MustCompile(`^[+-]?\d(?:\.\d+)?[eE][+-]?\d{1,3}$`)
	clockTime   = regexp.MustCompile(`^(?:(\d{1,4}):)?(\d{1,2}):(\d{1,2})(?:\.(\d{1,6}))?$`)
	wordTime    = regexp.MustCompile(`^(?:(\d+)(?:天|d))?(?:(\d+)(?:小时|时|h))?(?:(\d+)(?:分钟|分|min|m))?(?:(\d+)(?:\.(\d+))?(?:秒钟|秒|s))?$`)
	// wordNumber is a number with a unit behind it that is not a whole one: 1.5小时.
	wordNumber = regexp.MustCompile(`^(\d+\.\d+)(天|d|小时|时|h|分钟|分|min|m)$`)
	suffix     = regexp.MustCompile(`(元|人次|人|条|笔|件|个|次|轮|字|单)$`)
)

var wordUnits = map[string]string{"天": "days", "d": "days", "小时": "hours", "时": "hours", "h": "hours", "分钟": "minutes", "分": "minutes", "min": "minutes", "m": "minutes"}

// readNumber reads a printed number of a KPI whose column has that unit.
func readNumber(text, kpi, unit string) (Number, bool) {
	text = narrow(text)
	if kpi == "seconds" || kpi == "hours" {
		if n, ok := readLength(text, kpi); ok {
			return n, true
		}
	}
	size := unitSize(kpi, unit)
	if size == nil {
		return Number{}, false
	}
	percent := strings.HasSuffix(text, "%")
	text = strings.TrimSuffix(text, "%")
	switch {
	case percent && (kpi == "ratio" || kpi == "number"):
		size = big.NewRat(1, 100)
	case percent:
		return Number{}, false
	}
	text = suffix.ReplaceAllString(text, "")
	if wan, ok := strings.CutSuffix(text, "万"); ok {
		text, size = wan, new(big.Rat).Mul(size, big.NewRat(10000, 1))
	}
	return scaled(strings.ReplaceAll(text, ",", ""), size)
}

// scaled reads plain digits, or a spreadsheet's exponent, of that unit.
func scaled(text string, size *big.Rat) (Number, bool) {
	value, ok := new(big.Rat), false
	digits := 0
	switch g := plainNumber.FindStringSubmatch(text); {
	case g != nil:
		value, ok = value.SetString(strings.TrimSuffix(text, "."))
		digits = len(g[2])
	case exponent.MatchString(text):
		value, ok = value.SetString(text)
		digits = 15
	}
	if !ok {
		return Number{}, false
	}
	step := big.NewRat(1, 1)
	for range digits {
		step.Quo(step, big.NewRat(10, 1))
	}
	return Number{value.Mul(value, size), step.Mul(step, size)}, true
}

// readLength reads a length of time that says its units itself: 1分20秒,
// 00:01:20, 80s. A clock of two parts is minutes and seconds for KPIs in
// seconds, hours and minutes for those in hours.
func readLength(text, kpi string) (Number, bool) {
	second := unitSize(kpi, "seconds")
	if g := wordNumber.FindStringSubmatch(text); g != nil {
		return scaled(g[1], unitSize(kpi, wordUnits[g[2]]))
	}
	if g := wordTime.FindStringSubmatch(strings.ToLower(text)); g != nil && text != "" {
		total, step := whole(g[1], 86400), big.NewRat(60, 1)
		total.Add(total, whole(g[2], 3600))
		total.Add(total, whole(g[3], 60))
		if g[4] != "" {
			n, _ := scaled(g[4]+"."+g[5], big.NewRat(1, 1))
			total.Add(total, n.Value)
			step = n.Step
		} else if g[3] == "" {
			step = big.NewRat(3600, 1)
		}
		if g[3] != "" && g[4] == "" && (strings.HasSuffix(text, "分") || strings.HasSuffix(text, "分钟")) {
			step = big.NewRat(1, 1) // 2分 is 2分0秒 where other cells show seconds
		}
		return Number{total.Mul(total, second), step.Mul(step, second)}, true
	}
	g := clockTime.FindStringSubmatch(text)
	if g == nil {
		return Number{}, false
	}
	hours, minutes, seconds := g[1], g[2], g[3]
	step := big.NewRat(1, 1)
	if hours == "" && kpi == "hours" {
		hours, minutes, seconds, step = g[2], g[3], "0", big.NewRat(60, 1)
	}
	total := whole(hours, 3600)
	total.Add(total, whole(minutes, 60))
	n, _ := scaled(seconds+"."+g[4], big.NewRat(1, 1))
	total.Add(total, n.Value)
	if g[4] != "" {
		step = n.Step
	}
	return Number{total.Mul(total, second), step.Mul(step, second)}, true
}

func whole(digits string, size int64) *big.Rat {
	n, ok := new(big.Rat).SetString(digits)
	if !ok {
		return new(big.Rat)
	}
	return n.Mul(n, big.NewRat(size, 1))
}

// narrow makes full-width digits and signs half-width, and drops blanks and the
// wrappers that exports put around cells.
func narrow(text string) string {
	text = strings.TrimPrefix(strings.TrimSpace(text), "=")
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '！' && r <= '～':
			return r - '！' + '!'
		case r == ' ' || r == '\t' || r == '\u00a0' || r == '\u3000' || r == '"' || r == '\'' || r == '¥':
			return -1
		}
		return r
	}, text)
}

// rounded is the number at the printed step, halves away from zero.
func (n Number) rounded(x *big.Rat) *big.Rat { return n.atStep(x, big.NewRat(1, 2)) }

// cut is the number at the printed step, the rest cut off.
func (n Number) cut(x *big.Rat) *big.Rat { return n.atStep(x, new(big.Rat)) }

// raised is the number at the printed step, any rest counted as a whole one.
func (n Number) raised(x *big.Rat) *big.Rat {
	down := n.cut(x)
	if down.Cmp(x) == 0 {
		return down
	}
	if x.Sign() < 0 {
		return down.Sub(down, n.Step)
	}
	return down.Add(down, n.Step)
}

func (n Number) atStep(x, more *big.Rat) *big.Rat {
	q := new(big.Rat).Quo(x, n.Step)
	if q.Sign() < 0 {
		q.Sub(q, more)
	} else {
		q.Add(q, more)
	}
	steps := new(big.Int).Quo(q.Num(), q.Denom())
	return new(big.Rat).Mul(new(big.Rat).SetInt(steps), n.Step)
}

// equals tells whether ours is theirs at the digits that they print.
func (n Number) equals(ours *big.Rat) bool {
	return ours.Cmp(n.Value) == 0 || n.rounded(ours).Cmp(n.Value) == 0
}
