package config_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"kefu/cmd/etl/internal/config"
	"kefu/extract/seal"
)

// environment is what Load sees of the environment.
func environment(pairs ...string) config.Options {
	return config.Options{Lookup: lookup(pairs...)}
}

func lookup(pairs ...string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1], true
			}
		}
		return "", false
	}
}

// write lays out files (name, content, …) and returns the folder.
func write(t *testing.T, files ...string) string {
	t.Helper()
	dir := t.TempDir()
	for i := 0; i < len(files); i += 2 {
		path := filepath.Join(dir, files[i])
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(files[i+1]), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func load(t *testing.T, opts config.Options, files ...string) (*config.Config, string, error) {
	t.Helper()
	dir := write(t, files...)
	cfg, err := config.Load(filepath.Join(dir, "pipelines.yaml"), opts)
	return cfg, dir, err
}

const minimal = "version: 1\nprivacy: {secret: {file: hash.key}}\nshops:\n  - {platform: tmall, shop: flagship}\n"

var want = regexp.MustCompile(`(?m)^# want (\d+:\d+) (.+)$`)

// Every file of testdata/bad names its problems and their places in comments
// at its end; there must be these and no others.
func TestBadConfigurations(t *testing.T) {
	files, err := filepath.Glob("testdata/bad/*.yaml")
	if err != nil || len(files) < 40 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".yaml"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			_, err = config.Load(file, environment())
			var bad *config.Error
			if !errors.As(err, &bad) {
				t.Fatalf("error %v is no *config.Error", err)
			}
			wants := want.FindAllStringSubmatch(string(text), -1)
			for _, w := range wants {
				found := false
				for _, p := range bad.Problems {
					found = found || strings.HasPrefix(p.String(), file+":"+w[1]+": ") && strings.Contains(p.String(), w[2])
				}
				if !found {
					t.Errorf("want %s %s\n got %s", w[1], w[2], bad)
				}
			}
			if len(bad.Problems) != len(wants) {
				t.Errorf("%d problems, want %d:\n%s", len(bad.Problems), len(wants), bad)
			}
			if environmentOnly := strings.HasPrefix(filepath.Base(file), "env_unset"); bad.Environment() != environmentOnly {
				t.Errorf("of the environment: %v, want %v", bad.Environment(), environmentOnly)
			}
		})
	}
}

func TestDefaults(t *testing.T) {
	cfg, dir, err := load(t, environment(), "pipelines.yaml", minimal+
		"sources:\n  - {name: a, type: files, platform: tmall, shop: flagship, path: exports}\nwarehouses:\n  - {name: w, type: duckdb, path: w.duckdb}\n")
	if err != nil {
		t.Fatal(err)
	}
	for what, pair := range map[string][2]string{
		"state":    {cfg.State, filepath.Join(dir, "var/state.db")},
		"lake":     {cfg.Lake, filepath.Join(dir, "var/lake")},
		"landing":  {cfg.Landing.Path, filepath.Join(dir, "var/landing")},
		"engine":   {cfg.Engine.Type, "duckdb"},
		"buyers":   {cfg.Privacy.BuyerID, "hash"},
		"text":     {cfg.Privacy.Text, "drop"},
		"secret":   {cfg.Privacy.Secret.File, filepath.Join(dir, "hash.key")},
		"shop":     {cfg.Shops[0].Name + " " + cfg.Shops[0].Zone.String(), "flagship Asia/Shanghai"},
		"source":   {cfg.Sources[0].Path, filepath.Join(dir, "exports")},
		"preset":   {cfg.Sources[0].Preset, "canonical"},
		"pipeline": {fmt.Sprint(cfg.Pipelines[0].Name, cfg.Pipelines[0].Sources, cfg.Pipelines[0].Models, cfg.Pipelines[0].Warehouses), "default[a] [*] [w]"},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s = %q, want %q", what, pair[0], pair[1])
		}
	}
	if cfg.Engine.Threads < 1 || cfg.Landing.KeepDays != 0 || len(cfg.Warnings) != 0 {
		t.Errorf("threads %d, keep_days %d, warnings %v", cfg.Engine.Threads, cfg.Landing.KeepDays, cfg.Warnings)
	}
}

func TestAPipelineMayIngestOnly(t *testing.T) {
	cfg, _, err := load(t, environment(), "pipelines.yaml", minimal+"pipelines:\n  - {name: n, models: [], load: []}\n  - {name: m, schedule: \"30 2 * * *\", timezone: UTC}\n")
	if err != nil {
		t.Fatal(err)
	}
	if p := cfg.Pipelines[0]; len(p.Models) != 0 || len(p.Warehouses) != 0 {
		t.Errorf("pipeline = %+v", p)
	}
	if p, err := cfg.Pipeline("m"); err != nil || p.Zone != time.UTC || p.Schedule != "30 2 * * *" {
		t.Errorf("pipeline m = %+v, %v", p, err)
	}
	if p, err := cfg.Pipeline(""); err != nil || p.Name != "n" {
		t.Errorf("the first pipeline is %+v, %v", p, err)
	}
	if _, err := cfg.Pipeline("x"); err == nil || !strings.Contains(err.Error(), "known: n, m") {
		t.Errorf("pipeline x: %v", err)
	}
}

func TestVariables(t *testing.T) {
	opts := environment("KEFU_DIR", "/srv/kefu", "KEFU_PG_DSN", "postgres://u:p@h/db")
	cfg, _, err := load(t, opts, "pipelines.yaml", minimal+
		"state: ${KEFU_DIR}/state.db\nwarehouses:\n  - {name: bi, type: postgres, dsn: \"${KEFU_PG_DSN}\"}\nlake: /a/$${KEFU_DIR}\n")
	if err != nil {
		t.Fatal(err)
	}
	if cfg.State != "/srv/kefu/state.db" || cfg.Warehouses[0].Server.String() != "database db on h:5432" || cfg.Warehouses[0].Schema != "kpi" || cfg.Lake != "/a/${KEFU_DIR}" {
		t.Errorf("state %q, warehouse %+v, lake %q", cfg.State, cfg.Warehouses[0], cfg.Lake)
	}
}

func TestStateOnAServer(t *testing.T) {
	for dsn, schema := range map[string]string{"postgres://u:p@h/db": "kefu", "postgresql://u:p@h/db?search_path=shops": "shops"} {
		cfg, _, err := load(t, environment("KEFU_STATE", dsn), "pipelines.yaml", minimal+"state: ${KEFU_STATE}\n")
		if err != nil {
			t.Fatal(err)
		}
		if cfg.State != "" || cfg.StateServer == nil || cfg.StateServer.String() != "database db on h:5432" || cfg.StateSchema != schema || len(cfg.Warnings) > 0 {
			t.Errorf("state %q on %s, schema %s, warnings %v", cfg.State, cfg.StateServer, cfg.StateSchema, cfg.Warnings)
		}
	}
}

func TestPasswordsOfDSNsAreNotShown(t *testing.T) {
	const broken = "postgres://u:to/ken-4711@h/db"
	warehouse := minimal + "warehouses:\n  - {name: bi, type: postgres, dsn: \"%s\"}\n"
	for _, dsn := range []string{broken, "${KEFU_PG_DSN}"} {
		_, _, err := load(t, environment("KEFU_PG_DSN", broken), "pipelines.yaml", fmt.Sprintf(warehouse, dsn))
		if err == nil || strings.Contains(err.Error(), "4711") || strings.Contains(err.Error(), "to/ken") {
			t.Errorf("%s: %v", dsn, err)
		}
	}
	cfg, _, err := load(t, environment(), "pipelines.yaml", fmt.Sprintf(warehouse, "postgres://u:token-4711@h/db"))
	if err != nil {
		t.Fatal(err)
	}
	if len(cfg.Warnings) != 1 || !strings.Contains(cfg.Warnings[0].String(), "password in the file") || strings.Contains(cfg.Warnings[0].String(), "4711") {
		t.Errorf("warnings %v", cfg.Warnings)
	}
	cfg, _, err = load(t, environment("PW", "token-4711"), "pipelines.yaml", fmt.Sprintf(warehouse, "postgres://u:${PW}@h/db"))
	if err != nil || len(cfg.Warnings) > 0 {
		t.Errorf("%v, warnings %v", err, cfg.Warnings)
	}
}

func TestValuesOfVariablesAreNotShown(t *testing.T) {
	_, _, err := load(t, environment("HOOK", "ftp://token-4711"), "pipelines.yaml", minimal+"alerts:\n  - {type: feishu, url: \"${HOOK}\"}\n")
	if err == nil || strings.Contains(err.Error(), "4711") || !strings.Contains(err.Error(), "${HOOK}") {
		t.Errorf("error: %v", err)
	}
}

func TestIncludedFiles(t *testing.T) {
	cfg, _, err := load(t, environment(), "pipelines.yaml", minimal+"include: [rules/*.yaml, none/*.yaml]\nrules:\n  - values: {outbound_days: 5}\n",
		"rules/a.yaml", "rules:\n  - values: {outbound_days: 6, inquiry_validity_days: 7}\n",
		"rules/b.yaml", "rules:\n  - {platform: tmall, values: {inquiry_validity_days: 8}}\n")
	if err != nil {
		t.Fatal(err)
	}
	v := cfg.Rules.At("tmall", "flagship", time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	if v.OutboundDays != 5 || v.InquiryValidityDays != 8 {
		t.Errorf("outbound_days %d, want the main file's 5; inquiry_validity_days %d, want the platform's 8", v.OutboundDays, v.InquiryValidityDays)
	}
	if len(cfg.Warnings) != 1 || !strings.Contains(cfg.Warnings[0].String(), `:5:25: include "none/*.yaml" fits no file`) {
		t.Errorf("warnings %v", cfg.Warnings)
	}
}

func TestProblemsInIncludedFilesNameThem(t *testing.T) {
	_, dir, err := load(t, environment(), "pipelines.yaml", minimal+"include: [rules/*.yaml]\n",
		"rules/a.yaml", "rules:\n  - values: {outbound_days: 60}\n",
		"rules/b.yaml", "- values: {outbound_days: 6}\n",
		"rules/c.yaml", "rules: []\nshops: []\n",
		"rules/d.yaml", "rules: []\n---\nrules: []\n")
	for _, w := range []string{
		"rules/a.yaml:2:29: outbound_days is out of range",
		"rules/b.yaml:1:1: an included file must be a mapping",
		"rules/c.yaml:2:1: an included file has no key \"shops\"",
		"rules/d.yaml:2:1: a second YAML document",
	} {
		if err == nil || !strings.Contains(err.Error(), filepath.Join(dir, w)) {
			t.Errorf("want %s in %v", w, err)
		}
	}
}

func TestAMissingFileSaysWhatToDo(t *testing.T) {
	_, err := config.Load(filepath.Join(t.TempDir(), "none.yaml"), environment())
	if err == nil || !strings.Contains(err.Error(), "none.yaml: cannot be read: no such file or directory (`etl init` writes one") {
		t.Errorf("error: %v", err)
	}
}

func TestSecret(t *testing.T) {
	key := "0123456789abcdef"
	cfg, dir, err := load(t, environment(), "pipelines.yaml", minimal)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "hash.key")
	_, err = cfg.Secret(lookup())
	var missing *config.Error
	if !errors.As(err, &missing) || !missing.Environment() || !strings.Contains(err.Error(), "pipelines.yaml:2:19: the key of buyers' ids, "+file+", does not exist") {
		t.Errorf("missing key: %v", err)
	}
	if err := os.WriteFile(file, []byte(key+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := cfg.Secret(lookup()); err != nil || string(got) != key {
		t.Errorf("key %q, %v", got, err)
	}
	if err := os.Chmod(file, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := cfg.Secret(lookup()); err == nil || !strings.Contains(err.Error(), "can be read by others (mode 0640) (chmod 600 ") {
		t.Errorf("open key: %v", err)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte("short"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := cfg.Secret(lookup()); err == nil || !strings.Contains(err.Error(), "fewer than 16 characters") || strings.Contains(err.Error(), "short") {
		t.Errorf("short key: %v", err)
	}
}

func TestSecretFromTheEnvironment(t *testing.T) {
	cfg, _, err := load(t, environment(), "pipelines.yaml", strings.Replace(minimal, "file: hash.key", "env: KEFU_KEY", 1))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := cfg.Secret(lookup()); err == nil || !strings.Contains(err.Error(), "KEFU_KEY") {
		t.Errorf("missing variable: %v", err)
	}
	if got, err := cfg.Secret(lookup("KEFU_KEY", "0123456789abcdef")); err != nil || string(got) != "0123456789abcdef" {
		t.Errorf("key %q, %v", got, err)
	}
}

func TestLandingKey(t *testing.T) {
	cfg, _, err := load(t, environment(), "pipelines.yaml", minimal)
	if err != nil {
		t.Fatal(err)
	}
	if key, err := cfg.LandingKey(lookup()); key != nil || err != nil {
		t.Errorf("none configured: %v, %v", key, err)
	}
	text, err := seal.Generate(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	cfg, dir, err := load(t, environment(), "pipelines.yaml", minimal+"landing:\n  key: {file: landing.key}\n")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "landing.key")
	for _, c := range []struct {
		text, want string
		mode       os.FileMode
	}{
		{"", "pipelines.yaml:6:8: landing.key, which encrypts what was received, " + file + ", does not exist (`etl init` makes one", 0},
		{"not-a-key", "pipelines.yaml:6:8: landing.key, which encrypts what was received, " + file + ", cannot be used: line 1 is no key", 0o600},
		{text, "can be read by others (mode 0644) (chmod 600 ", 0o644},
		{text, "", 0o600},
	} {
		if c.mode != 0 {
			if err := errors.Join(os.WriteFile(file, []byte(c.text), 0o600), os.Chmod(file, c.mode)); err != nil {
				t.Fatal(err)
			}
		}
		key, err := cfg.LandingKey(lookup())
		var missing *config.Error
		switch {
		case c.want == "" && (err != nil || !strings.Contains(text, key.Recipient())):
			t.Errorf("a good key: %v, %v", key, err)
		case c.want != "" && (!errors.As(err, &missing) || !missing.Environment() || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "not-a-key")):
			t.Errorf("want %s: %v", c.want, err)
		}
	}
	if cfg, _, err = load(t, environment(), "pipelines.yaml", minimal+"landing: {key: {env: KEFU_LANDING}}\n"); err != nil {
		t.Fatal(err)
	}
	if _, err := cfg.LandingKey(lookup()); err == nil || !strings.Contains(err.Error(), "KEFU_LANDING") {
		t.Errorf("missing variable: %v", err)
	}
	if key, err := cfg.LandingKey(lookup("KEFU_LANDING", text)); err != nil || key == nil {
		t.Errorf("from the environment: %v, %v", key, err)
	}
}

func TestLandingKeyIsStrict(t *testing.T) {
	for value, want := range map[string]string{
		"AGE-SECRET-KEY-1ABC": "pipelines.yaml:5:16: landing.key names where the key is; the key itself does not belong into this file",
		"{file: a, env: B}":   "pipelines.yaml:5:16: landing.key needs either file or env",
		"{}":                  "pipelines.yaml:5:16: landing.key needs either file or env",
		"{files: a}":          "pipelines.yaml:5:17: landing.key has no key \"files\"",
		"[a]":                 "pipelines.yaml:5:16: landing.key",
	} {
		_, _, err := load(t, environment(), "pipelines.yaml", minimal+"landing: {key: "+value+"}\n")
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "1ABC") {
			t.Errorf("%s: %v", value, err)
		}
	}
}

func TestPlainBuyersNeedASecretForMasks(t *testing.T) {
	_, _, err := load(t, environment(), "pipelines.yaml", "version: 1\nprivacy: {buyer_id: plain}\nshops:\n  - {platform: tmall, shop: a}\n")
	if err == nil || !strings.Contains(err.Error(), "privacy.secret, the key of buyers' ids, is not given") {
		t.Errorf("error: %v", err)
	}
}

func TestIDsMayLookLikeNumbers(t *testing.T) {
	cfg, _, err := load(t, environment(), "pipelines.yaml", strings.Replace(minimal, "flagship", "0042", 1))
	if err != nil || cfg.Shops[0].ID != "0042" {
		t.Errorf("shops %+v, %v", cfg, err)
	}
}

func TestPresetsKeepTheirPlaces(t *testing.T) {
	text := minimal + `presets:
  retail:
    files: "*.csv"   # 零售
    columns:
      order_id: InvoiceNo
# a remark
  flow: {files: "*.txt",
         where: "${not a variable}"}
sources: []
`
	cfg, _, err := load(t, environment(), "pipelines.yaml", text)
	if err != nil {
		t.Fatal(err)
	}
	retail := string(cfg.Presets["retail"].Data)
	if want := strings.Repeat("\n", 6) + "    files: \"*.csv\"   # 零售\n    columns:\n      order_id: InvoiceNo\n# a remark\n"; retail != want {
		t.Errorf("retail = %q\nwant %q", retail, want)
	}
	flow := string(cfg.Presets["flow"].Data)
	if want := strings.Repeat("\n", 10) + "        {files: \"*.txt\",\n         where: \"${not a variable}\"}\n"; flow != want {
		t.Errorf("flow = %q\nwant %q", flow, want)
	}
}

func TestSizes(t *testing.T) {
	for text, want := range map[string]config.Size{"2GB": 2e9, "512MB": 512e6, "1.5GiB": 3 << 29, "2 gb": 2e9, "1024B": 1024, "1TiB": 1 << 40, "64KB": 64000} {
		if got, err := config.ParseSize(text); err != nil || got != want {
			t.Errorf("%s = %d, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "2", "GB", "-1GB", "1.GB", "1PB", "99999999999TB"} {
		if got, err := config.ParseSize(text); err == nil {
			t.Errorf("%q is accepted as %d", text, got)
		}
	}
}
