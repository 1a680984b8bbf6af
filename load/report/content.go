package report

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"
)

// content is the JSON inside the report. Days and figures are columns, so that
// long histories stay small; a null is a figure that does not exist.
type content struct {
	GeneratedAt time.Time         `json:"generated_at"`
	Publication *publication      `json:"publication"`
	Metrics     map[string]metric `json:"metrics"`
	Shops       []*shop           `json:"shops"`
	Rejected    []rejected        `json:"rejected"`
	Failed      []failedCheck     `json:"failed"`
	Language    string            `json:"language"`
}

type publication struct {
	ID       string    `json:"id"`
	LoadedAt time.Time `json:"loaded_at"`
}

type metric struct {
	ZH        string `json:"zh"`
	EN        string `json:"en"`
	Formula   string `json:"formula"`
	Direction string `json:"direction"`
}

type shop struct {
	Platform string           `json:"platform"`
	ID       string           `json:"id"`
	Name     string           `json:"name"`
	Timezone string           `json:"timezone"`
	Horizon  string           `json:"horizon"` // "" = not known
	Days     *series          `json:"days"`
	Refunds  *series          `json:"refunds"` // over 28 days, as of each day
	Open     map[string]int64 `json:"open"`    // day → inquiries whose window has not ended
	Agents   []*agent         `json:"agents"`
	Losses   []lossCount      `json:"losses"`
	Latest   []loss           `json:"latest"`
}

type agent struct {
	ID   string  `json:"id"`
	Name string  `json:"name"`
	Days *series `json:"days"`
}

// series holds one value per day for each column.
type series struct {
	Dt      []string              `json:"dt"`
	Columns map[string][]*float64 `json:"columns"`
}

type lossCount struct {
	Dt     string `json:"dt"`
	Agent  string `json:"agent"`
	Status string `json:"status"`
	Rows   int64  `json:"rows"`
	Slow   int64  `json:"slow"`
	Silent int64  `json:"unreplied"`
	Later  int64  `json:"later"`
}

type loss struct {
	Dt      string   `json:"dt"`
	Agent   string   `json:"agent"`
	Status  string   `json:"status"`
	Buyer   string   `json:"buyer"`
	Last    string   `json:"last"`
	Topic   string   `json:"topic"`
	Product string   `json:"product"`
	First   *float64 `json:"first"`
	Slow    bool     `json:"slow"`
	Silent  bool     `json:"unreplied"`
	Later   string   `json:"later"`
	Reason  string   `json:"reason"`
}

type rejected struct {
	Dataset  string `json:"dataset"`
	Platform string `json:"platform"`
	Shop     string `json:"shop"`
	Rows     int64  `json:"rows"`
}

type failedCheck struct {
	Name     string `json:"name"`
	Platform string `json:"platform"`
	Shop     string `json:"shop"`
	Severity string `json:"severity"`
	Rows     int64  `json:"rows"`
}

func (s *series) add(dt string, names []string, values []*float64) {
	s.Dt = append(s.Dt, dt)
	for i, name := range names {
		s.Columns[name] = append(s.Columns[name], values[i])
	}
}

func newSeries() *series { return &series{Dt: []string{}, Columns: map[string][]*float64{}} }

// read collects everything from the warehouse.
func read(ctx context.Context, warehouse Querier, options Options) (content, error) {
	r := &reader{warehouse: warehouse, days: options.Days, shops: map[[2]string]*shop{}, agents: map[[3]string]*agent{}}
	c := content{GeneratedAt: options.Now.UTC(), Language: options.Language, Metrics: map[string]metric{}, Shops: []*shop{}}
	if err := r.schema(ctx); err != nil {
		return c, err
	}
	if !r.has("kpi_shop_day") {
		return c, fmt.Errorf("there is no table kpi_shop_day: run the models first")
	}
	for _, step := range []func(context.Context, *content) error{
		r.publication, r.metrics, r.shopDays, r.shopNames, r.refunds, r.open, r.agentDays, r.agentNames, r.lossCounts, r.latestLosses, r.quality,
	} {
		if err := step(ctx, &c); err != nil {
			return c, err
		}
	}
	slices.SortStableFunc(c.Shops, func(a, b *shop) int { return cmp.Compare(b.Days.sum("received_buyers"), a.Days.sum("received_buyers")) })
	return c, nil
}

func (s *series) sum(column string) float64 {
	var sum float64
	for _, value := range s.Columns[column] {
		if value != nil {
			sum += *value
		}
	}
	return sum
}
