package main

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kefu/extract/seal"
	"kefu/transform/transformtest/world"
)

// writeKey puts a new key into the installation's landing.key and returns its text.
func (i *installation) writeKey() string {
	i.t.Helper()
	text, err := seal.Generate(time.Now())
	if err != nil {
		i.t.Fatal(err)
	}
	i.write("landing.key", []byte(text))
	return text
}

// holding lists the files under var that hold the text as it is.
func (i *installation) holding(text string) []string {
	i.t.Helper()
	var out []string
	err := filepath.WalkDir(i.path("var"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if bytes.Contains(data, []byte(text)) || strings.Contains(path, text) {
			out = append(out, path)
		}
		return err
	})
	if err != nil {
		i.t.Fatal(err)
	}
	return out
}

// incompressible is long enough to stand in zstd as it is.
const incompressible = "8fj2Kd0sQpZx7LmWv4Ht1YcRb9NgUeAo3TiS6kMJ"

// privateRows are files with a good row and a rejected one, both with a nick and a
// text that must not be found.
func privateRows(n string) []delivery {
	nick := "买家" + incompressible + n
	chats := talk("m"+n, nick, "a1", 2, "10:00")
	wrong := row{"message_id": "w" + n, "sent_at": "2026-02-30 10:00:00", "buyer_id": nick, "agent_id": "a1", "sender": "buyer", "text": "写" + incompressible}
	return []delivery{
		{source: "one", name: "chat_messages-" + n + ".csv", text: sheet("chat_messages", append(chats, wrong)...)},
		{source: "one", name: "orders-" + n + ".csv", text: sheet("orders", row{"order_id": "o" + n, "buyer_id": nick, "created_at": at(2, "11:00:00"), "status": "created"})},
	}
}

func newPrivateInstallation(t *testing.T, landing string) *installation {
	t.Helper()
	i := newInstallation(t, "", exportSource{name: "one", preset: "canonical", shop: world.Shop{Platform: "other", ID: "one", Name: "one", Timezone: "Asia/Shanghai"}})
	i.landing = landing
	i.configure()
	return i
}

// rejectedID is the id of the only row in quarantine of a file.
func (i *installation) rejectedID(file string) string {
	i.t.Helper()
	said := i.etl("quarantine", "list")
	for line := range strings.Lines(said.out) {
		if strings.Contains(line, file) {
			return strings.Fields(line)[0]
		}
	}
	i.t.Fatalf("%s is not in quarantine: %s%s", file, said.out, said.err)
	return ""
}

// What was received stands nowhere readable, and is read again with the key.
func TestReceivedBytesAreEncrypted(t *testing.T) {
	t.Parallel()
	open := newPrivateInstallation(t, "")
	open.deliver(privateRows("1")...)
	open.night(0)
	if len(open.holding(incompressible)) == 0 {
		t.Fatal("the planted text is found nowhere without a key: this test would not notice")
	}

	i := newPrivateInstallation(t, "key: {file: landing.key}")
	i.writeKey()
	i.deliver(privateRows("1")...)
	state := i.ledger() // keeps the database's log from being folded in at the end of the run
	i.night(0)
	if _, err := os.Stat(i.path("var/state.db-wal")); err != nil || state == nil {
		t.Errorf("the log of the state is not searched: %v", err)
	}
	if found := i.holding(incompressible); len(found) > 0 {
		t.Errorf("received texts stand in %v", found)
	}
	sameTables(t, "with and without a key", open.tables(), i.tables())
	if s := i.night(0); s.Sources[0].Known != 2 || s.Sources[0].Files != 0 {
		t.Errorf("a second night: %+v", s.Sources[0])
	}
	if said := i.etl("quarantine", "show", i.rejectedID("chat_messages-1.csv")); !strings.Contains(said.out, "写"+incompressible) {
		t.Errorf("the rejected row is not shown: %s%s", said.out, said.err)
	}
	// Texts under another rule are judged anew, from the landed bytes.
	i.remove("exports")
	i.rules = "- values: {auto_reply_patterns: [\"=有的\"]}"
	i.configure()
	if s := i.night(0); s.Sources[0].Files != 1 || s.Sources[0].Read != 3 {
		t.Errorf("under another rule: %+v", s.Sources[0])
	}
}

// A key that comes later leaves what was landed readable; one that changes or
// is lost is said to be missing, and nothing lands.
func TestKeysComeChangeAndGetLost(t *testing.T) {
	t.Parallel()
	i := newPrivateInstallation(t, "")
	i.deliver(privateRows("1")...)
	i.night(0)
	i.landing = "key: {file: landing.key}"
	i.configure()
	refused := func(when, want string, args ...string) {
		t.Helper()
		before := len(i.landed())
		said := i.etl(args...)
		if said.code != exitEnvironment || !strings.Contains(said.err, want) || !strings.Contains(said.err, "landing.key") {
			t.Errorf("%s `etl %s` ended with %d: %s%s", when, args[0], said.code, said.out, said.err)
		}
		if strings.Contains(said.out+said.err, incompressible) || len(i.landed()) != before {
			t.Errorf("%s `etl %s` told or landed something: %s%s", when, args[0], said.out, said.err)
		}
	}
	refused("before the key is there", "pipelines.yaml:4:16: error: landing.key, which encrypts what was received", "run")
	first := i.writeKey()
	i.deliver(privateRows("2")...)
	if s := i.night(0); s.Sources[0].Files != 2 || s.Sources[0].Known != 2 {
		t.Errorf("after the key came: %+v", s.Sources[0])
	}
	early, late := i.rejectedID("chat_messages-1.csv"), i.rejectedID("chat_messages-2.csv")
	shown := func(ids ...string) {
		t.Helper()
		for _, id := range ids {
			if said := i.etl("quarantine", "show", id); said.code != 0 || !strings.Contains(said.out, incompressible) {
				t.Errorf("the row is not shown: %s%s", said.out, said.err)
			}
		}
	}
	shown(early, late)

	second := i.writeKey()
	i.deliver(privateRows("3")...)
	for _, args := range [][]string{{"run"}, {"plan"}, {"check"}, {"quarantine", "show", late}} {
		refused("with another key", "landing.key", args...)
	}
	shown(early) // it was kept in clear
	i.landing = ""
	i.configure()
	for _, args := range [][]string{{"run"}, {"quarantine", "show", late}} {
		refused("without a key", "landing.key", args...)
	}

	i.landing = "key: {file: landing.key}"
	i.configure()
	i.write("landing.key", []byte(second+first))
	i.night(0)
	shown(early, late, i.rejectedID("chat_messages-3.csv"))
	// Whoever has lost a key for good may go on: the numbers stay.
	i.write("landing.key", []byte(second))
	said := i.etl("run")
	_, marker, _ := strings.Cut(said.err, "if it is lost, delete ")
	marker, _, _ = strings.Cut(marker, ":")
	if err := os.Remove(marker); err != nil {
		t.Fatalf("%v: %s", err, said.err)
	}
	want := i.tables()
	i.night(0)
	sameTables(t, "without the lost key", want, i.tables())
}

// landed lists the received bytes that are kept.
func (i *installation) landed() []string {
	i.t.Helper()
	out, err := filepath.Glob(i.path("var/landing/*/*/*.zst"))
	if err != nil {
		i.t.Fatal(err)
	}
	return out
}
