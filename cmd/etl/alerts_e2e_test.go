package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// People are told of a failed and late run; a webhook that fails is told in the
// record and changes nothing.
func TestAlertsAreSent(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var got []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body) // a short body
		mu.Lock()
		defer mu.Unlock()
		got = append(got, string(text))
		if strings.HasSuffix(r.URL.Path, "/refused-4711") {
			w.WriteHeader(http.StatusForbidden)
		}
	}))
	defer server.Close()
	i := newInstallation(t, "", newAgedSource())
	i.extra = fmt.Sprintf("alerts:\n  - {type: webhook, url: %q, on: [failed, rejected, late, restated], language: en}\n  - {name: other, type: webhook, url: %q}\n",
		server.URL+"/good-4712", server.URL+"/refused-4711")
	i.configure()
	i.deliver(delivery{source: "exports", name: "chat_messages.csv", text: sheet("chat_messages", talk("secret-buyer", "secret-buyer", "a1", -90, "10:10")...)},
		delivery{source: "exports", name: "orders.csv", text: sheet("orders", row{"order_id": "o1", "buyer_id": "secret-buyer", "created_at": at(-90, "12:00:00"), "status": "created"}) + "o2,2026-02-30 10:00:00,secret-buyer,created\n"})
	sum := i.night(0)
	if len(sum.Alerts) != 2 || sum.Alerts[0].Status != "sent" || sum.Alerts[1].Status != "failed" || !strings.Contains(sum.Alerts[1].Error, "403") || strings.Contains(sum.Alerts[1].Error, "4711") {
		t.Errorf("alerts: %+v", sum.Alerts)
	}
	all := strings.Join(got, "\n")
	for _, part := range []string{`"rejected"`, "1 of 4 lines rejected"} {
		if !strings.Contains(all, part) {
			t.Errorf("nobody is told %s:\n%s", part, all)
		}
	}
	if strings.Contains(all, "secret-buyer") {
		t.Errorf("a buyer is named:\n%s", all)
	}
	if said := i.etl("alerts", "test"); said.code != exitFailed || !strings.Contains(said.out, "alert sent to webhook") || strings.Contains(said.out+said.err, "4711") {
		t.Errorf("etl alerts test ended with %d\n%s%s", said.code, said.out, said.err)
	}
	got = nil
	i.remove("hash.key")
	if said := i.etl("run"); said.code != exitEnvironment || len(got) != 2 || !strings.Contains(got[0], `"failed"`) {
		t.Errorf("a run that cannot begin ended with %d and told %q", said.code, got)
	}
}
