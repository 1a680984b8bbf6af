package alert

import (
	"fmt"
	"strings"
	"time"
)

// words are the messages in one language.
type words struct {
	testTitle, testLine string
	title               func(Report, []string) string
	footer              func(Report) string
	failed              func(string) string
	rejected            func(Source) string
	late                func(s Shop, lag int) string
	restated            func(Shop) string
	more                func(int) string
}

func wordsOf(language string) words {
	if language == "en" {
		return english
	}
	return chinese
}

func day(t time.Time) string { return t.Format(time.DateOnly) }

func named(events []string, names map[string]string, separator string) string {
	out := make([]string, len(events))
	for i, e := range events {
		out[i] = names[e]
	}
	return strings.Join(out, separator)
}

var chineseEvents = map[string]string{Failed: "运行失败", Rejected: "数据被拒收", Late: "数据延迟", Restated: "历史数据变更"}

var chinese = words{
	testTitle: "kefu 测试消息", testLine: "告警通道可用。",
	title: func(r Report, events []string) string {
		return "kefu " + r.Pipeline + "：" + named(events, chineseEvents, "、")
	},
	footer: func(r Report) string {
		return fmt.Sprintf("运行 %s（%s），详见 etl runs show %s", r.Run, r.Status, r.Run)
	},
	failed: func(text string) string { return "失败：" + text },
	rejected: func(s Source) string {
		return fmt.Sprintf("数据源 %s：读取 %d 行，拒收 %d 行，详见 etl quarantine list --source %s", s.Name, s.Read, s.Rejected, s.Name)
	},
	late: func(s Shop, lag int) string {
		return fmt.Sprintf("店铺 %s：数据完整到 %s，比昨天晚 %d 天", s.Name, day(s.CompleteDay), lag)
	},
	restated: func(s Shop) string {
		return fmt.Sprintf("店铺 %s：%d 天的指标有变更，最早 %s", s.Name, s.ChangedDays, day(s.ChangedFrom))
	},
	more: func(n int) string { return fmt.Sprintf("……还有 %d 条", n) },
}

var englishEvents = map[string]string{Failed: "run failed", Rejected: "rows rejected", Late: "data late", Restated: "past days changed"}

var english = words{
	testTitle: "kefu test message", testLine: "The way is open.",
	title: func(r Report, events []string) string {
		return "kefu " + r.Pipeline + ": " + named(events, englishEvents, ", ")
	},
	footer: func(r Report) string {
		return fmt.Sprintf("run %s (%s); etl runs show %s tells more", r.Run, r.Status, r.Run)
	},
	failed: func(text string) string { return "failed: " + text },
	rejected: func(s Source) string {
		return fmt.Sprintf("source %s: %d of %d lines rejected; etl quarantine list --source %s shows why", s.Name, s.Rejected, s.Read, s.Name)
	},
	late: func(s Shop, lag int) string {
		return fmt.Sprintf("shop %s: data are complete until %s, %d days behind yesterday", s.Name, day(s.CompleteDay), lag)
	},
	restated: func(s Shop) string {
		return fmt.Sprintf("shop %s: the KPIs of %d days changed, from %s on", s.Name, s.ChangedDays, day(s.ChangedFrom))
	},
	more: func(n int) string { return fmt.Sprintf("… and %d more", n) },
}
