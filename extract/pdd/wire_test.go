package pdd

import "testing"

// The platform's own example of a signature.
func TestSignIsThePlatformsOwn(t *testing.T) {
	got := Sign("testSecret", map[string]string{
		"access_token": "asd78172s8ds9a921j9qqwda12312w1w21211", "client_id": "1", "data_type": "XML", "order_status": "1", "page": "1",
		"page_size": "10", "timestamp": "1480411125", "type": "pdd.order.number.list.get",
	})
	if got != "E4DE3ED21002510DED352819E7AE6775" {
		t.Fatalf("sign = %s", got)
	}
}
