package rule

import (
	"strings"
	"testing"
	"time"
)

func dayOf(text string) time.Time {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return time.Time{}
	}
	return t
}

// Another value holds for one shop on its days alone, over the most particular
// entry, and what was in force before and after is again.
func TestAnotherValueHoldsOnItsDaysAlone(t *testing.T) {
	one, two := Shop{Platform: "jd", ID: "one"}, Shop{Platform: "jd", ID: "two"}
	set, problems := Parse(nil, []Shop{one, two})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	first, problems := set.Instead(one, "credit", "split", dayOf("2026-03-01"), dayOf("2026-12-31"))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	changed, problems := first.Instead(one, "credit", "pay_agent", dayOf("2026-03-09"), dayOf("2026-03-15"))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	for _, c := range []struct{ shop, day, want string }{
		{"one", "2026-02-28", "order_then_pay"}, {"one", "2026-03-08", "split"}, {"one", "2026-03-09", "pay_agent"}, {"one", "2026-03-15", "pay_agent"},
		{"one", "2026-03-16", "split"}, {"two", "2026-03-10", "order_then_pay"},
	} {
		if o, _ := changed.Origin("jd", c.shop, dayOf(c.day), "credit"); o.Value != c.want {
			t.Errorf("%s on %s: %s, want %s", c.shop, c.day, o.Value, c.want)
		}
	}
	if o, _ := set.Origin("jd", "one", dayOf("2026-03-10"), "credit"); o.Value != "order_then_pay" {
		t.Errorf("the set itself changed: %s", o.Value)
	}
	// Keys that a mapping leaves out take the default of the table, as in an entry.
	mapped, problems := set.Instead(one, "slow_response", "{seconds: 30}", dayOf("2026-03-09"), dayOf("2026-03-15"))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if got := mapped.At("jd", "one", dayOf("2026-03-10")).SlowResponse; got.Seconds != 30 || got.Times != 1 {
		t.Errorf("slow_response: %+v", got)
	}
}

func TestAnotherValueHasTheProblemsOfAnEntry(t *testing.T) {
	shop := Shop{Platform: "jd", ID: "one"}
	set, _ := Parse(nil, []Shop{shop})
	for rule, want := range map[string]string{
		"credit=whoever": "credit", "credits=pay_agent": `there is no rule "credits"`, "inquiry_validity_days=99": "out of range", "inquiry_validity_days=[": "",
	} {
		name, text, _ := strings.Cut(rule, "=")
		_, problems := set.Instead(shop, name, text, dayOf("2026-03-09"), dayOf("2026-03-15"))
		if len(problems) == 0 || !strings.Contains(problems[0].Message, want) {
			t.Errorf("%s: %v, want %q", rule, problems, want)
		}
	}
}
