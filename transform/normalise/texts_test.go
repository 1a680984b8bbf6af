package normalise_test

import (
	"strings"
	"testing"
	"time"

	"kefu/extract"
	"kefu/transform/normalise"
)

// rules are the same every day.
type rules struct{ judge normalise.TextJudge }

func (r rules) At(string, string, time.Time) normalise.TextJudge { return r.judge }

// words judges by single words that a text contains; "" finds nothing.
type words struct {
	auto, watchword, mark string
	topics                []topic
}

type topic struct{ name, word string }

func has(text, word string) bool { return word != "" && strings.Contains(text, word) }

func (w words) IsAutoReply(text string) bool      { return has(text, w.auto) }
func (w words) HasWatchword(text string) bool     { return has(text, w.watchword) }
func (w words) IsRecommendation(text string) bool { return has(text, w.mark) }

func (w words) Topic(text string) string {
	for _, t := range w.topics {
		if has(text, t.word) {
			return t.name
		}
	}
	return ""
}

func TestTextRulesMarkMessages(t *testing.T) {
	opts := options()
	opts.TextRules = rules{words{
		auto: "您好,欢迎", watchword: "内部测试", mark: "推荐", topics: []topic{{"price", "价格"}, {"size", "码"}},
	}}
	for _, c := range []struct {
		name string
		set  []string
		want kept // "" = absent
	}{
		{"nothing", []string{"text=在吗"}, kept{"is_auto": "false", "watchword_hits": "0", "is_recommendation": "false", "topic": ""}},
		{"first topic", []string{"text=这个码什么价格"}, kept{"topic": "price"}},
		{"later topic", []string{"text=什么码"}, kept{"topic": "size"}},
		{"topics are of buyers", []string{"sender=agent", "text=价格"}, kept{"topic": ""}},
		{"auto reply", []string{"sender=agent", "text=您好,欢迎光临"}, kept{"is_auto": "true"}},
		{"buyers send none", []string{"sender=buyer", "text=您好,欢迎光临"}, kept{"is_auto": "false"}},
		{"watchword", []string{"sender=agent", "text=内部测试内部测试"}, kept{"watchword_hits": "1"}},
		{"mark without product", []string{"sender=agent", "text=推荐这款"}, kept{"is_recommendation": "false", "product_id": ""}},
		{"mark with product", []string{"sender=agent", "text=推荐这款", "product_id=5"}, kept{"is_recommendation": "true", "product_id": "5"}},
		{
			"mark with address",
			[]string{"sender=agent", "text=推荐 https://detail.tmall.com/item.htm?spm=a1&id=630012345678"},
			kept{"is_recommendation": "true", "product_id": "630012345678"},
		},
		{"mark with JD address", []string{"sender=agent", "text=推荐 https://item.jd.com/100012.html"}, kept{"is_recommendation": "true", "product_id": "100012"}},
		{"address without mark", []string{"sender=agent", "text=https://item.jd.com/100012.html"}, kept{"is_recommendation": "false", "product_id": ""}},
	} {
		t.Run(c.name, func(t *testing.T) {
			row := accepted(t, opts, with("chat_messages", c.set...))[0]
			for col, want := range c.want {
				if row[col] != want {
					t.Errorf("%s = %q, want %q", col, row[col], want)
				}
			}
		})
	}
	opts.Privacy.KeepText = false
	if row := accepted(t, opts, with("chat_messages", "text=价格"))[0]; row["topic"] != "price" {
		t.Errorf("texts that are dropped are not read: %v", row)
	}
}

// datedRules are in force from a day.
type datedRules struct {
	from  time.Time
	judge normalise.TextJudge
}

func (r datedRules) At(platform, shop string, day time.Time) normalise.TextJudge {
	if platform != "tmall" || shop != "flagship" || day.Before(r.from) {
		return nil
	}
	return r.judge
}

func TestTextRulesAreThoseOfTheBusinessDay(t *testing.T) {
	opts := options()
	opts.TextRules = datedRules{time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC), words{watchword: "在"}}
	at := func(sent string) string {
		return accepted(t, opts, with("chat_messages", "sent_at="+sent))[0]["watchword_hits"]
	}
	if at("2026-01-01 23:59:59") != "0" || at("2026-01-02 00:00:00") != "1" {
		t.Error("without a cut the day is not the calendar's")
	}
	opts.BusinessDate = func(_, _ string, instant time.Time) time.Time {
		local := instant.In(shanghai).Add(-4 * time.Hour)
		return time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, time.UTC)
	}
	if at("2026-01-02 03:59:59") != "0" || at("2026-01-02 04:00:00") != "1" {
		t.Error("the day does not start at the cut")
	}
}

func TestShopOfARow(t *testing.T) {
	opts := options()
	opts.ShopLocation = func(platform, shop string) (*time.Location, bool) {
		return time.UTC, platform == "jd" && shop == "jd-store"
	}
	rec := with("orders")
	rec.Platform, rec.Shop = "jd", "jd-store"
	row := accepted(t, opts, rec, with("orders"))[0]
	if row["platform"] != "jd" || row["shop_id"] != "jd-store" || row["created_at"] != "2026-01-02 11:22:33" {
		t.Errorf("got %v", row)
	}
	for _, bad := range []extract.Record{{Platform: "ebay", Shop: "x"}, {Platform: "jd", Shop: "x"}, {Shop: "1.2E+12"}} {
		rec := with("orders")
		rec.Platform, rec.Shop = bad.Platform, bad.Shop
		out, _ := run(t, opts, rec)
		if len(out.rejects) != 1 {
			t.Errorf("%s/%s: got %v", bad.Platform, bad.Shop, out.rows)
		}
	}
}
