package taobao

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"kefu/extract/api"
	"kefu/extract/extracttest"
)

// What was so at midnight is told by the first events after it alone.
func TestPresenceOverMidnight(t *testing.T) {
	const pc, mobile, pause = 8, 4, 5
	type event struct {
		at           string
		status, kind int
	}
	for name, c := range map[string]struct {
		events []event
		want   []string
	}{
		"a shift":              {[]event{{"09:00", 1, pc}, {"12:00", 2, pause}, {"13:00", 3, pause}, {"18:00", -1, pc}}, []string{"09:00-12:00 online", "12:00-13:00 away", "13:00-18:00 online"}},
		"up since yesterday":   {[]event{{"02:00", -1, pc}, {"20:00", 1, pc}}, []string{"00:00-02:00 online", "20:00- online"}},
		"away since yesterday": {[]event{{"01:00", 3, pause}, {"02:00", -1, pc}}, []string{"00:00-01:00 away", "01:00-02:00 online"}},
		"up all day":           {[]event{{"12:00", 2, pause}, {"13:00", 3, pause}}, []string{"00:00-12:00 online", "12:00-13:00 away", "13:00- online"}},
		"two devices":          {[]event{{"09:00", 1, mobile}, {"10:00", -1, pc}, {"11:00", -1, mobile}}, []string{"00:00-11:00 online"}},
		"down, up, break":      {[]event{{"08:00", 1, pc}, {"09:00", -1, pc}, {"10:00", 1, pc}, {"11:00", 2, pause}, {"12:00", -1, pc}}, []string{"08:00-09:00 online", "10:00-11:00 online", "11:00-12:00 away"}},
	} {
		t.Run(name, func(t *testing.T) {
			var list []string
			for _, e := range c.events {
				list = append(list, fmt.Sprintf(`{"account_id":"店:美","status":%d,"type":%d,"change_time":"2026-03-01 %s:00"}`, e.status, e.kind, e.at))
			}
			slices.Reverse(list) // the gateway promises no order
			got := extracttest.NewCollected()
			if err := New(Settings{}).Read(t.Context(), "presence", []api.Response{{
				Call: "taobao.qianniu.cloudkefu.onlinestatuslog.get", Params: map[string]string{"start_date": "2026-03-01"},
				Body: []byte(`{"qianniu_cloudkefu_onlinestatuslog_get_response":{"record_list":{"record_list":[` + strings.Join(list, ",") + `]}}}`),
			}}, got); err != nil {
				t.Fatal(err)
			}
			var rows []string
			for _, r := range got.Rows("agent_presence") {
				to := ""
				if r["to_at"] != "" {
					to = r.Local("to_at")[11:16]
				}
				rows = append(rows, r.Local("from_at")[11:16]+"-"+to+" "+r["state"])
			}
			if slices.Sort(rows); !slices.Equal(rows, c.want) {
				t.Errorf("got %v, want %v", rows, c.want)
			}
			if n := got.Counts["agent_presence"]; n.Read != n.Accepted+n.Merged {
				t.Errorf("counts %+v", *n)
			}
		})
	}
}
