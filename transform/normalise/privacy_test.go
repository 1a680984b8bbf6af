package normalise_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"kefu/transform/normalise"
)

// hashOf is the documented hash of a buyer's id.
func hashOf(secret []byte, id string) string {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(id))
	return hex.EncodeToString(mac.Sum(nil))[:32]
}

func TestBuyerIDsAreHashed(t *testing.T) {
	opts := options()
	want := hashOf(opts.Privacy.Secret, "买家甲")
	for _, raw := range []string{"买家甲", " 买家甲 ", "cntaobao买家甲", `="买家甲"`, "'买家甲", "\t买家甲"} {
		rows := accepted(t, opts, with("chat_messages", "buyer_id="+raw), with("chat_messages", "message_id=m2", "buyer_id="+raw))
		for _, row := range rows {
			if row["buyer_id"] != want {
				t.Errorf("%q: got %s, want %s", raw, row["buyer_id"], want)
			}
		}
	}
	composed := accepted(t, opts, with("orders", "buyer_id=\u00e9"))[0]["buyer_id"]
	decomposed := accepted(t, opts, with("orders", "buyer_id=e\u0301"))[0]["buyer_id"]
	if composed != decomposed {
		t.Error("NFC and NFD of an id differ")
	}
}

func TestPlainKeepsNormalisedIDs(t *testing.T) {
	opts := options()
	opts.Privacy.Plain = true
	row := accepted(t, opts, with("chat_messages", "buyer_id= cntaobao买家甲"))[0]
	if row["buyer_id"] != "买家甲" || row["agent_as_buyer_id"] != "店:小美" {
		t.Errorf("got %v", row)
	}
}

func TestTextsAreKeptOrDropped(t *testing.T) {
	opts := options()
	opts.Privacy.KeepText = false
	row := accepted(t, opts, with("chat_messages", "text=退款 please"))[0]
	if _, ok := row["text"]; ok || row["text_len"] != "9" {
		t.Errorf("got %v", row)
	}
}

func TestAgentsLookLikeBuyersByTheSameRule(t *testing.T) {
	opts := options()
	want := hashOf(opts.Privacy.Secret, "店:小美")
	if got := accepted(t, opts, with("agents"))[0]["agent_as_buyer_id"]; got != want {
		t.Errorf("agents: got %s, want %s", got, want)
	}
	if got := accepted(t, opts, with("chat_messages"))[0]["agent_as_buyer_id"]; got != want {
		t.Errorf("chat: got %s, want %s", got, want)
	}
}

func TestMasksStayAndMeetTheirBuyers(t *testing.T) {
	for _, plain := range []bool{false, true} {
		opts := options()
		opts.Privacy.Plain = plain
		out, _ := run(t, opts, with("chat_messages", "buyer_id=jane0023"), with("chat_messages", "message_id=2", "buyer_id=jane0023"),
			with("chat_messages", "message_id=3", "buyer_id=j****23"))
		buyers := out.rows["buyers"]
		if len(buyers) != 1 {
			t.Fatalf("got buyers %v", buyers)
		}
		keys := strings.Split(buyers[0]["mask_keys"], "|")
		if len(keys) != 15 {
			t.Errorf("got %d keys for three prefixes and five suffixes", len(keys))
		}
		for mask, fits := range map[string]bool{
			"j****23": true, "j*23": true, "jan*": true, "jan***0023": true, "j*3": true,
			"k****23": false, "j****24": false, "j**2": false,
		} {
			row := accepted(t, opts, with("orders", "buyer_id="+mask))[0]
			if row["buyer_id"] != mask || len(row["mask_key"]) != 16 {
				t.Errorf("%s: got %v", mask, row)
			}
			if slices.Contains(keys, row["mask_key"]) != fits {
				t.Errorf("%s fits jane0023: %v, want %v", mask, !fits, fits)
			}
		}
	}
}

func TestMasksWithoutKey(t *testing.T) {
	for _, id := range []string{"jane****23", "j****00023", "****23", "j*n*3", "jane"} {
		if got, ok := accepted(t, options(), with("orders", "buyer_id="+id))[0]["mask_key"]; ok {
			t.Errorf("%s has mask key %s", id, got)
		}
	}
}

func TestShortBuyersHaveNoKeyThatOverlaps(t *testing.T) {
	out, _ := run(t, options(), with("chat_messages", "buyer_id=甲乙"))
	// 1+0, 1+1, 2+0: longer parts would overlap.
	if got := strings.Count(out.rows["buyers"][0]["mask_keys"], "|"); got != 2 {
		t.Errorf("got %s", out.rows["buyers"][0]["mask_keys"])
	}
}

func TestDerivedMessageIDs(t *testing.T) {
	noID := func(set ...string) []string { return append([]string{"message_id="}, set...) }
	ids := func(sets ...[]string) []string {
		var recs = make([]string, 0, len(sets))
		opts := options()
		out := &recorder{}
		n, err := normalise.New(opts, out)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range sets {
			if err := n.Accept(with("chat_messages", s...)); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := n.Finish(); err != nil {
			t.Fatal(err)
		}
		for _, row := range out.rows["chat_messages"] {
			recs = append(recs, row["message_id"])
		}
		return recs
	}
	got := ids(noID(), noID(), noID("text=在"), noID("sender=agent"), noID("agent_id=b"), noID("buyer_id=b"), noID("sent_at=2026-01-02 11:22:34"))
	for i, a := range got {
		if len(a) != 64 {
			t.Errorf("id %q is no hex of SHA-256", a)
		}
		if slices.Contains(got[i+1:], a) {
			t.Errorf("id %d repeats in %v", i, got)
		}
	}
	again := ids(noID(), noID(), noID())
	if !slices.Equal(again[:2], got[:2]) {
		t.Error("another file with the same messages gives other ids")
	}
	if wrapped := ids(noID("buyer_id=cntaobao买家甲", "seq=4", "case_id=7"))[0]; wrapped != got[0] {
		t.Error("the id depends on more than agent, buyer, time, sender, text and ordinal")
	}
	composed := ids([]string{"message_id=derive:\x1f买家甲\x1f在吗"}, []string{"message_id=derive:\x1f买家甲\x1f在吗"}, []string{"message_id=derive:\x1f买家甲\x1f在"})
	if len(composed[0]) != 64 || composed[0] == composed[1] || composed[0] == composed[2] {
		t.Errorf("got composed ids %v", composed)
	}
	if got := accepted(t, options(), with("evaluations", "evaluation_id=derive:\x1f买家甲"))[0]["evaluation_id"]; len(got) != 64 {
		t.Errorf("got composed evaluation id %q", got)
	}
}

func TestVersionsAreOrderedByTheirCanonicalJSON(t *testing.T) {
	for _, c := range []struct{ dataset, set, json string }{
		{"order_items", "title=a \"b\"\\c", `{"item_id":"2","order_id":"1","title":"a \"b\"\\c"}`},
		{"order_items", "quantity=3", `{"item_id":"2","order_id":"1","quantity":3}`},
		{"order_items", "amount=12.30", `{"amount":1230,"item_id":"2","order_id":"1"}`},
		{"refunds", "status=open", `{"order_id":"1","refund_id":"9","requested_at":1767324153000000,"status":"open"}`},
		{"refunds", "buyer_id=买**甲", `{"buyer_id":"买**甲","order_id":"1","refund_id":"9","requested_at":1767324153000000}`},
	} {
		sum := sha256.Sum256([]byte(c.json))
		// Half of all numbers stand for the hashes below 80…, in their order.
		want := new(big.Int).Sub(new(big.Int).SetBytes(sum[:8]), new(big.Int).Lsh(big.NewInt(1), 63)).String()
		if got := accepted(t, options(), with(c.dataset, c.set))[0]["digest"]; got != want {
			t.Errorf("%s with %s: digest %s, that of %s is %s", c.dataset, c.set, got, c.json, want)
		}
	}
}

func TestDigestOfContent(t *testing.T) {
	hash := func(opts normalise.Options, set ...string) string {
		return accepted(t, opts, with("chat_messages", set...))[0]["digest"]
	}
	base := hash(options())
	plain := options()
	plain.Privacy = normalise.Privacy{Secret: plain.Privacy.Secret, Plain: true}
	if hash(plain) != base {
		t.Error("the digest depends on privacy")
	}
	ruled := options()
	ruled.TextRules = rules{words{auto: "在吗", watchword: "在", mark: "在"}}
	if hash(ruled, "sender=agent") != hash(options(), "sender=agent") {
		t.Error("the digest depends on rules")
	}
	for _, same := range []string{"seq=4", "case_id=7", "kind=text", "is_auto=false", "buyer_id=cntaobao买家甲", "text_len=2"} {
		if hash(options(), same) != base {
			t.Errorf("%s changes the digest", same)
		}
	}
	seen := []string{base}
	for _, other := range []string{"text=在", "buyer_id=b", "is_auto=true", "kind=foo", "kind=bar", "order_id=1", "product_id=1", "sent_at=2026-01-02 11:22:34"} {
		h := hash(options(), other)
		if slices.Contains(seen, h) {
			t.Errorf("%s does not change the digest", other)
		}
		seen = append(seen, h)
	}
	order := func(set ...string) string { return accepted(t, options(), with("orders", set...))[0]["digest"] }
	if order("updated_at=2026-01-03") != order() || order("paid_at=2026-01-03") == order() || order("order_id=2") == order() {
		t.Error("the digest of an order is not that of its content")
	}
	if eventOf := func(id string) string {
		return accepted(t, options(), with("agent_events", "case_id="+id))[0]["digest"]
	}; eventOf("1") == eventOf("2") {
		t.Error("a case is content of everything but messages")
	}
	other := options()
	other.Privacy.Secret = []byte("another")
	if hash(other) == base {
		t.Error("the digest can be guessed without the secret")
	}
}

func TestLatestTimes(t *testing.T) {
	row := accepted(t, options(), with("orders", "ended_at=2026-01-05 12:00:00", "paid_at=2026-01-03 12:00:00"))[0]
	if got := row["own_latest_at"]; got != "2026-01-05 04:00:00" {
		t.Errorf("own_latest_at = %s", got)
	}
	if _, ok := accepted(t, options(), with("products"))[0]["own_latest_at"]; ok {
		t.Error("a row without times has a latest one")
	}
	recs := with("orders", "ended_at=2026-01-05 12:00:00")
	out, res := run(t, options(), with("orders"), recs, with("orders", "order_id=3", "created_at=2026-02-30"))
	if want := time.Date(2026, 1, 5, 4, 0, 0, 0, time.UTC); !res.AsOf.Equal(want) {
		t.Errorf("as of %v, want %v", res.AsOf, want)
	}
	if _, ok := out.rows["orders"][0]["updated_at"]; ok {
		t.Error("updated_at is made up")
	}
	named := options()
	named.AsOf = time.Date(2026, 1, 4, 0, 0, 0, 0, time.UTC)
	if _, res := run(t, named, recs); !res.AsOf.Equal(named.AsOf) {
		t.Errorf("as of %v, want what the name says", res.AsOf)
	}
	if _, res := run(t, options(), with("products")); !res.AsOf.IsZero() {
		t.Errorf("as of %v without any time", res.AsOf)
	}
	if _, res := run(t, options(), with("agents", "valid_from=2026-01-02", "valid_to=2099-12-31")); res.AsOf.Year() != 2026 {
		t.Errorf("as of %v: valid_to may lie in the future", res.AsOf)
	}
}

func TestSecretsOfAnyLength(t *testing.T) {
	for _, length := range []int{1, 32, 63, 64, 65, 200} {
		opts := options()
		opts.Privacy.Secret = bytes.Repeat([]byte{'k', 0xff, 0}, length)[:length]
		want := hashOf(opts.Privacy.Secret, "买家甲")
		if got := accepted(t, opts, with("chat_messages", "buyer_id=买家甲"))[0]["buyer_id"]; got != want {
			t.Errorf("a secret of %d bytes: got %s, want %s", length, got, want)
		}
	}
}
