package transformtest

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/goccy/go-yaml"

	"kefu/sql"
	"kefu/transform/catalogue"
	"kefu/transform/compute"
	"kefu/transform/transformtest/harness"
	"kefu/transform/transformtest/reference"
	"kefu/transform/transformtest/world"
)

//go:embed mutants/*.yaml
var mutantFiles embed.FS

// mutant is a deliberately wrong variant of a model, in which one KPI must then
// differ from the reference.
type mutant struct {
	KPI     string `yaml:"kpi"`
	Wrong   string `yaml:"wrong"` // what it does wrong, as a sentence's end
	Model   string `yaml:"model"`
	Find    string `yaml:"find"` // stands once in the model's SQL
	Replace string `yaml:"replace"`
}

const (
	// mutantCount is how many mutants a run tries, KEFU_MUTANTS asks for another
	// number; which ones, KEFU_SEED moves on.
	mutantCount = 2
	// mutantWorlds is how many worlds each of them meets, manyMutantWorlds how
	// many where those do not show it.
	mutantWorlds     = 12
	manyMutantWorlds = 150
)

func mutants(t *testing.T) []mutant {
	t.Helper()
	names, err := fs.Glob(mutantFiles, "mutants/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var all []mutant
	for _, name := range names {
		text, err := mutantFiles.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var list []mutant
		if err := yaml.UnmarshalWithOptions(text, &list, yaml.Strict()); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		all = append(all, list...)
	}
	return all
}

// models returns sql/ as it stands, file by file.
func models(t *testing.T) fstest.MapFS {
	t.Helper()
	files := fstest.MapFS{}
	err := fs.WalkDir(sql.FS, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(sql.FS, name)
		files[name] = &fstest.MapFile{Data: text}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// apply returns the models with the mutant's in place of the right one.
func (m mutant) apply(files fstest.MapFS) (fstest.MapFS, error) {
	for name, file := range files {
		if path.Base(name) != m.Model+".sql" || !slices.Contains([]string{"staging", "intermediate", "marts"}, path.Dir(name)) {
			continue
		}
		header, body, _ := strings.Cut(string(file.Data), "*/")
		if n := strings.Count(body, m.Find); n != 1 {
			return nil, fmt.Errorf("%q stands %d times in %s, want once", m.Find, n, name)
		}
		out := fstest.MapFS{}
		for k, v := range files {
			out[k] = v
		}
		out[name] = &fstest.MapFile{Data: []byte(header + "*/" + strings.Replace(body, m.Find, m.Replace, 1))}
		return out, nil
	}
	return nil, fmt.Errorf("there is no model %s", m.Model)
}

// Every KPI has a wrong variant that can still be made.
func TestEveryKPIHasAMutant(t *testing.T) {
	metrics, err := catalogue.Load(sql.FS, "metrics.yaml")
	if err != nil {
		t.Fatal(err)
	}
	files, seen := models(t), map[string]bool{}
	for _, m := range mutants(t) {
		seen[m.KPI] = true
		if _, ok := metrics.Metric(m.KPI); !ok {
			t.Errorf("%s is no KPI of the catalogue", m.KPI)
		}
		if _, err := m.apply(files); err != nil {
			t.Errorf("mutant of %s: %v", m.KPI, err)
		}
	}
	for _, m := range metrics.Metrics() {
		if !seen[m.Name] {
			t.Errorf("%s has no mutant: add one to mutants/", m.Name)
		}
	}
}

// A wrong variant of a KPI is caught: the worlds differ from the reference in
// that KPI, or a blocking check refuses it. What is too rare for a few worlds
// meets a good part of those of a test run.
func TestMutantsAreCaught(t *testing.T) {
	files := models(t)
	few, many := &jury{t: t, count: mutantWorlds}, &jury{t: t, count: manyMutantWorlds}
	for _, m := range chosen(t, mutants(t)) {
		t.Run(m.KPI, func(t *testing.T) {
			wrong, err := m.apply(files)
			if err != nil {
				t.Fatal(err)
			}
			if !few.notices(t, m, wrong) && !many.notices(t, m, wrong) {
				t.Errorf("nobody noticed that it %s", m.Wrong)
			}
		})
	}
}

// jury is a number of worlds with what the reference says of them.
type jury struct {
	t     *testing.T // of all mutants
	count int
	h     *harness.Harness // nil until it is asked
	want  reference.Result
}

// notices tells whether the worlds show the wrong variant.
func (j *jury) notices(t *testing.T, m mutant, wrong fstest.MapFS) bool {
	t.Helper()
	if j.h == nil {
		j.meet()
	}
	if err := j.h.SetModels(t.Context(), wrong); err != nil {
		t.Fatal(err)
	}
	run, err := j.h.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got, err := j.h.Results(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	cells, sample := differing(j.want, got, m.KPI)
	checks := failedChecks(run)
	t.Logf("in %d worlds %d cells differ, first: %s; failed checks: %v", j.count, cells, sample, checks)
	return cells > 0 || len(checks) > 0
}

// meet loads the worlds, for all mutants to come.
func (j *jury) meet() {
	j.t.Helper()
	first := setting(j.t, "KEFU_SEED", 1)
	var pack world.Pack
	for seed := first; seed < first+j.count; seed++ {
		w, err := world.Random(uint64(seed))
		if err != nil {
			j.t.Fatal(err)
		}
		pack = append(pack, w)
	}
	j.h = start(j.t, pack)
	load(j.t, j.h, pack.Tables())
	j.want = kpiTables(pack)
}

// failedChecks names the blocking checks that a run failed; shops that fail one
// are not published.
func failedChecks(run *compute.Result) []string {
	var out []string
	for _, c := range run.Checks {
		if name := c.Model + "." + c.Name; c.Status == "failed" && !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}

// chosen takes mutants evenly from the list, others for each seed.
func chosen(t *testing.T, all []mutant) []mutant {
	t.Helper()
	count := min(setting(t, "KEFU_MUTANTS", mutantCount), len(all))
	seed := setting(t, "KEFU_SEED", 1)
	var out []mutant
	for i := range count {
		out = append(out, all[(i*len(all)/count+seed)%len(all)])
	}
	return out
}

// kpiTables is what the reference says of the KPI tables of all worlds.
func kpiTables(pack world.Pack) reference.Result {
	out := reference.Result{}
	for _, w := range pack {
		for table, rows := range reference.Compute(w) {
			if strings.HasPrefix(table, "kpi_") {
				out[table] = append(out[table], rows...)
			}
		}
	}
	return out
}

// differing counts the cells of a KPI that are not as wanted.
func differing(want, got reference.Result, kpi string) (int, string) {
	cells, sample := 0, "none"
	for table, rows := range want {
		if len(rows) == 0 {
			continue
		}
		if _, ok := rows[0][kpi]; !ok {
			continue
		}
		keys := append([]string{"platform", "shop_id"}, reference.Keys[table]...)
		for _, d := range reference.Compare(table, only(rows, keys, kpi), only(got[table], keys, kpi), keys) {
			if d.Column == kpi {
				if cells == 0 {
					sample = d.String()
				}
				cells++
			}
		}
	}
	return cells, sample
}

// only keeps the columns that matter.
func only(rows []reference.Row, keys []string, kpi string) []reference.Row {
	out := make([]reference.Row, len(rows))
	for i, r := range rows {
		out[i] = reference.Row{}
		for _, c := range append(slices.Clone(keys), kpi) {
			if v, ok := r[c]; ok {
				out[i][c] = v
			}
		}
	}
	return out
}
