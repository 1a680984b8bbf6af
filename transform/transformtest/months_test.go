package transformtest

import (
	"fmt"
	"math"
	"testing"
	"time"
)

// A month of 28 or 30 days is the window of that length as of its last day.
func TestAMonthIsItsWindow(t *testing.T) {
	pack := randomPack(t, 2*incrementalWorlds)
	h := start(t, pack)
	load(t, h, pack.Tables())
	run(t, h, 0)
	key := fmt.Sprint
	windows := map[string]any{}
	rows, err := h.RowsWhere(t.Context(), "kpi_long", "window_days in (28, 30) and dt = last_day(dt) and day(dt) = window_days")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		windows[key(r["grain"], r["shop_id"], r["entity"], r["dt"], r["metric"])] = r["value"]
	}
	months, err := h.Rows(t.Context(), "kpi_month")
	if err != nil {
		t.Fatal(err)
	}
	compared := 0
	for _, r := range months {
		window, ok := windows[key(r["grain"], r["shop_id"], r["entity"], r["month_end"], r["metric"])]
		if !ok {
			continue // the data end before the month, or it has 31 days
		}
		compared++
		a, isNumber := r["value"].(float64)
		b, also := window.(float64)
		if isNumber != also || math.Abs(a-b) > 1e-9*math.Abs(b) {
			t.Errorf("%v %v of %v in %s: %v, over the window %v", r["grain"], r["entity"], r["shop_id"], r["month"].(time.Time).Format("2006-01"), r["value"], window)
		}
	}
	if compared < 1000 {
		t.Errorf("only %d values were compared: the test proves little", compared)
	}
}
