package main

import (
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"kefu/sql"
	"kefu/transform/transformtest/world"
)

// failing are the models with a check that the shop breaks on every day.
func failing(t *testing.T, shop string) fs.FS {
	t.Helper()
	out := fstest.MapFS{}
	err := fs.WalkDir(sql.FS, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := sql.FS.ReadFile(path)
		out[path] = &fstest.MapFile{Data: data}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	const mart = "marts/kpi_shop_day.sql"
	text := string(out[mart].Data)
	with := strings.Replace(text, "\nchecks:\n", "\nchecks:\n  planted: shop_id <> '"+shop+"'\n", 1)
	if with == text {
		t.Fatal("the check cannot be planted")
	}
	out[mart].Data = []byte(with)
	return out
}

// ofShop keeps the rows of one shop.
func (p publishedTables) ofShop(shop string) publishedTables {
	out := publishedTables{}
	for name, rows := range p {
		of := slices.DeleteFunc(slices.Clone(rows), func(r string) bool { return !strings.Contains(r, "'shop_id': "+shop+",") })
		if len(of) > 0 {
			out[name] = of
		}
	}
	return out
}

// A shop that breaks a blocking check keeps its numbers and is tried again at
// every run; other shops are published.
func TestAFailedCheckPublishesNothingOfItsShop(t *testing.T) {
	t.Parallel()
	var sources []exportSource
	var first, second []delivery
	for _, id := range []string{"good", "bad"} {
		sources = append(sources, exportSource{name: id, preset: "canonical", shop: world.Shop{Platform: "other", ID: id, Name: id, Timezone: "Asia/Shanghai"}})
		first = append(first, delivery{source: id, name: "chat_messages-1.csv", text: sheet("chat_messages", talk("one", "b1", "a1", 2, "10:00")...)},
			delivery{source: id, name: "orders-1.csv", text: sheet("orders", row{"order_id": "o1", "buyer_id": "b9", "created_at": at(3, "11:00:00"), "status": "created"})})
		second = append(second, delivery{source: id, name: "chat_messages-2.csv", text: sheet("chat_messages", talk("two", "b2", "a1", 3, "10:00")...)})
	}
	const rules = "- {platform: other, shop: bad, values: {slow_response: {seconds: 5}}}"
	whole := newInstallation(t, rules, sources...)
	whole.deliver(slices.Concat(first, second)...)
	whole.night(0)
	want := whole.tables()

	i := newInstallation(t, "", sources...)
	i.deliver(first...)
	i.night(0)
	before := i.tables()
	i.deliver(second...)
	i.rules = rules
	i.configure()
	models := failing(t, "bad")
	for range 2 { // it is tried again
		said := i.etlWith(&app{models: models}, "run")
		if said.code != exitFailed {
			t.Fatalf("etl run ended with %d\n%s%s", said.code, said.out, said.err)
		}
		for _, part := range []string{"kpi_shop_day.planted", "other/bad", "a check failed, so its published numbers stay"} {
			if !strings.Contains(said.out, part) {
				t.Errorf("the run does not say %q:\n%s", part, said.out)
			}
		}
		sameTables(t, "the failed shop", before.ofShop("bad"), i.tables().ofShop("bad"))
		sameTables(t, "the other shop", want.ofShop("good"), i.tables().ofShop("good"))
	}
	i.night(0)
	sameTables(t, "after the check passes", want, i.tables())
}
