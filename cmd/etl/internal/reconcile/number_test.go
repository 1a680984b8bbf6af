package reconcile

import (
	"math/big"
	"testing"
)

func rat(t *testing.T, s string) *big.Rat {
	t.Helper()
	x, ok := new(big.Rat).SetString(s)
	if !ok {
		t.Fatalf("%q is no number", s)
	}
	return x
}

func TestNumbersAsTheyArePrinted(t *testing.T) {
	for _, c := range []struct {
		text, kpi, unit string
		value, step     string
	}{
		{"1,234", "count", "", "1234", "1"},
		{"１２", "count", "", "12", "1"},
		{"12人", "count", "", "12", "1"},
		{`="12"`, "count", "", "12", "1"},
		{"¥1,234.50元", "yuan", "", "1234.5", "1/100"},
		{"1.2万", "yuan", "", "12000", "1000"},
		{"1230", "yuan", "fen", "12.3", "1/100"},
		{"-3.5", "yuan", "", "-3.5", "1/10"},
		{"80%", "ratio", "", "4/5", "1/100"},
		{"85.71％", "ratio", "", "8571/10000", "1/10000"},
		{"0.8", "ratio", "", "4/5", "1/10"},
		{"80", "ratio", "percent", "4/5", "1/100"},
		{"135%", "number", "", "27/20", "1/100"},
		{"1分20秒", "seconds", "", "80", "1"},
		{"2分", "seconds", "", "120", "1"},
		{"7小时41分52秒", "seconds", "", "27712", "1"},
		{"00:01:20", "seconds", "", "80", "1"},
		{"01:20", "seconds", "", "80", "1"},
		{"80s", "seconds", "", "80", "1"},
		{"80.5秒", "seconds", "", "161/2", "1/10"},
		{"80", "seconds", "", "80", "1"},
		{"1.5", "seconds", "minutes", "90", "6"},
		{"1.5分钟", "seconds", "", "90", "6"},
		{"01:30", "hours", "", "3/2", "1/60"},
		{"1小时30分0秒", "hours", "", "3/2", "1/3600"},
		{"9.25", "hours", "", "37/4", "1/100"},
		{"1.5E-1", "ratio", "", "3/20", "1/1000000000000000"},
	} {
		n, ok := readNumber(c.text, c.kpi, c.unit)
		if !ok {
			t.Errorf("%s (%s %s) is not read", c.text, c.kpi, c.unit)
			continue
		}
		if n.Value.Cmp(rat(t, c.value)) != 0 || n.Step.Cmp(rat(t, c.step)) != 0 {
			t.Errorf("%s (%s %s) is %s at %s, want %s at %s", c.text, c.kpi, c.unit, n.Value, n.Step, c.value, c.step)
		}
	}
	for _, text := range []string{"两个", "1-2", "12秒钟左右", "1.2.3", "", "--", "12 a", "80%"} {
		if _, ok := readNumber(text, "count", ""); ok {
			t.Errorf("%q is read as a count", text)
		}
	}
}

func TestRoundingAtThePrintedDigits(t *testing.T) {
	theirs, _ := readNumber("11.67", "seconds", "")
	if !theirs.equals(rat(t, "35/3")) {
		t.Error("11.666… is printed as 11.67")
	}
	for ours, want := range map[string][3]string{
		"35/3":   {"11.67", "11.66", "11.67"},
		"11.665": {"11.67", "11.66", "11.67"},
		"-1.005": {"-1.01", "-1", "-1.01"},
		"2":      {"2", "2", "2"},
	} {
		x := rat(t, ours)
		for i, got := range []*big.Rat{theirs.rounded(x), theirs.cut(x), theirs.raised(x)} {
			if got.Cmp(rat(t, want[i])) != 0 {
				t.Errorf("%s rounded, cut, raised: number %d is %s, want %s", ours, i, got.FloatString(3), want[i])
			}
		}
	}
}
