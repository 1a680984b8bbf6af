package taobao

import (
	"testing"
	"time"

	"kefu/extract/api"
)

// The platform's own example of a signature.
func TestSignIsThePlatformsOwn(t *testing.T) {
	got, err := Sign("md5", "helloworld", map[string]string{
		"app_key": "12345678", "fields": "num_iid,title,nick,price,num", "format": "json", "method": "taobao.item.seller.get",
		"num_iid": "11223344", "session": "test", "sign_method": "md5", "timestamp": "2016-01-01 12:00:00", "v": "2.0", "sign": "ignored", "empty": "",
	})
	if err != nil || got != "66987CB115214E59E6EC978214934FB8" {
		t.Fatalf("sign = %s, %v", got, err)
	}
	if _, err := Sign("sha1", "x", nil); err == nil {
		t.Fatal("an unknown method signs")
	}
}

func TestJudge(t *testing.T) {
	now := time.Date(2026, 1, 1, 15, 0, 0, 0, time.UTC) // 23:00 in Beijing
	w := wire{now: func() time.Time { return now }}
	for name, c := range map[string]struct {
		status int
		body   string
		class  api.Class
		after  time.Duration
	}{
		"fine":           {200, `{"trades_sold_get_response":{"total_results":0}}`, api.OK, 0},
		"server":         {502, `<html>`, api.Retry, 0},
		"html":           {200, `<html>busy</html>`, api.Retry, 0},
		"cut":            {200, `{"trades_sold_get_respo`, api.Retry, 0},
		"ban":            {200, `{"error_response":{"code":7,"msg":"App Call Limited","sub_code":"accesscontrol.limited-by-api-access-count","sub_msg":"This ban will last for 3 more seconds"}}`, api.Retry, 4 * time.Second},
		"quota":          {200, `{"error_response":{"code":7,"msg":"App Call Limited","sub_code":"accesscontrol.limited-by-app-access-count"}}`, api.Quota, time.Hour},
		"session":        {200, `{"error_response":{"code":27,"msg":"Invalid session","sub_code":"invalid-sessionkey"}}`, api.Token, 0},
		"clock":          {200, `{"error_response":{"code":31,"msg":"Invalid Timestamp"}}`, api.Clock, 0},
		"too large":      {200, `{"error_response":{"code":15,"msg":"Remote service error","sub_code":"isp.runtime-max-limit"}}`, api.Large, 0},
		"remote":         {200, `{"error_response":{"code":15,"msg":"Remote service error","sub_code":"isp.remote-service-error"}}`, api.Retry, 0},
		"arguments":      {200, `{"error_response":{"code":41,"msg":"Invalid Arguments","sub_code":"isv.invalid-parameter"}}`, api.Fatal, 0},
		"caller's fault": {200, `{"error_response":{"code":15,"msg":"Remote service error","sub_code":"isv.trade-not-exist"}}`, api.Fatal, 0},
	} {
		t.Run(name, func(t *testing.T) {
			v := w.Judge("taobao.trades.sold.get", c.status, nil, []byte(c.body))
			if v.Class != c.class || v.After != c.after {
				t.Fatalf("class %d after %v, want %d after %v", v.Class, v.After, c.class, c.after)
			}
		})
	}
}
