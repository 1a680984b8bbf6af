package preset

import (
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"kefu/extract/dataset"
)

// Formats that a layout may name.
const (
	CSV      = "csv"
	TSV      = "tsv"
	XLSX     = "xlsx"
	JSONL    = "jsonl"
	Parquet  = "parquet"
	Wangwang = "wangwang" // chat text of Taobao's client
	Dongdong = "dongdong" // chat log of JD's client
)

// Encodings that a layout may name.
const (
	UTF8Sig = "utf-8-sig"
	UTF8    = "utf-8"
	GB18030 = "gb18030"
)

// JoinSessions is the join of chat logs with their session workbook.
const JoinSessions = "sessions"

var (
	formats   = []string{CSV, TSV, XLSX, JSONL, Parquet, Wangwang, Dongdong}
	encodings = []string{UTF8Sig, UTF8, GB18030}
)

// Check lists everything wrong with the preset.
func (p *Preset) Check() []Problem {
	c := &checker{}
	if len(p.Layouts) > 0 && (p.Dataset != "" || len(p.Datasets) > 0 || p.Columns != nil) {
		c.add(".layouts", "layouts and a layout at the top exclude each other")
	}
	for i, l := range p.layouts() {
		at := ""
		if len(p.Layouts) > 0 {
			at = fmt.Sprintf(".layouts[%d]", i)
		}
		c.layout(at, l)
	}
	return c.problems
}

type checker struct{ problems []Problem }

func (c *checker) add(at, format string, args ...any) {
	c.problems = append(c.problems, Problem{Path: at, Message: fmt.Sprintf(format, args...)})
}

func (c *checker) layout(at string, l *Layout) {
	for _, g := range l.Files {
		if _, err := path.Match(strings.TrimPrefix(g, "!"), ""); err != nil {
			c.add(at+".files", "%q is no glob", g)
		}
	}
	c.oneOf(at+".format", l.Format, formats)
	c.oneOf(at+".encoding", l.Encoding, encodings)
	if l.AsOf != nil {
		c.regexp(at+".as_of.pattern", l.AsOf.Pattern, 1)
	}
	if l.AsOf != nil {
		if err := checkLayout(l.AsOf.Layout); err != nil {
			c.add(at+".as_of.layout", "%q is no form of a time: %v", l.AsOf.Layout, err)
		}
	}
	c.zone(at+".timezone", l.Timezone)
	if l.Join != "" && l.Join != JoinSessions {
		c.add(at+".join", "%q is not one of %s", l.Join, JoinSessions)
	}
	for i, f := range l.Skip {
		c.filter(fmt.Sprintf("%s.skip[%d]", at, i), f)
	}
	c.when(at+".where", l.Where)
	for i, t := range l.targets() {
		here := at
		if len(l.Datasets) > 0 {
			here = fmt.Sprintf("%s.datasets[%d]", at, i)
		}
		c.target(here, l, t)
	}
}

func (c *checker) target(at string, l *Layout, t *Target) {
	schema := dataset.ByName(t.Dataset)
	if schema == nil || schema.Internal {
		c.add(at+".dataset", "%q is not a dataset", t.Dataset)
		return
	}
	columns := t.columns(schema)
	for _, name := range slices.Sorted(maps.Keys(columns)) {
		c.column(at+".columns."+name, name, columns[name], schema)
		c.checkTake(at+".columns."+name, name, columns[name], t, schema)
		c.checkShare(at+".columns."+name, name, columns[name], t, schema)
		c.checkProrate(l, at+".columns."+name, name, columns[name], schema)
	}
	for _, name := range slices.Sorted(maps.Keys(t.Constants)) {
		here := at + ".constants." + name
		if !known(schema, name) {
			c.add(here, "dataset %s has no column %q", schema.Name, name)
			continue
		}
		c.value(here, name, t.Constants[name], schema)
		if t.Columns[name] != nil {
			c.add(here, "column %q is mapped and constant", name)
		}
	}
	for _, name := range t.GroupBy {
		if _, i := schema.Column(name); i < 0 {
			c.add(at+".group_by", "dataset %s has no column %q", schema.Name, name)
		}
	}
	for i, f := range t.Only {
		c.filter(fmt.Sprintf("%s.skip_rows[%d]", at, i), f)
	}
	for _, col := range schema.Columns {
		_, constant := t.Constants[col.Name]
		if col.Required && columns[col.Name] == nil && !constant {
			c.add(at+".columns", "required column %q of dataset %s has no mapping", col.Name, schema.Name)
		}
	}
}

func known(schema *dataset.Schema, name string) bool {
	_, i := schema.Column(name)
	return i >= 0 || name == columnPlatform || name == columnShop
}

// value tells a canonical value that the column cannot have.
func (c *checker) value(at, name, v string, schema *dataset.Schema) {
	if name == columnPlatform {
		c.oneOf(at, Strings{v}, dataset.Platforms())
		return
	}
	col, _ := schema.Column(name)
	if col == nil || v == "" || col.Enum == nil || slices.Contains(col.Enum, v) {
		return
	}
	c.add(at, "%q is not one of %s", v, strings.Join(col.Enum, ", "))
}

func (c *checker) filter(at string, f Filter) {
	if f.Name == "" {
		c.add(at, "filter has no name")
	}
	if len(f.When) == 0 {
		c.add(at, "filter %q has no condition", f.Name)
	}
	c.when(at+".when", f.When)
}

func (c *checker) when(at string, w When) {
	for name, values := range w {
		for _, v := range values {
			if _, err := compileMatch(v); err != nil {
				c.add(at, "value of %q: %v", name, err)
			}
		}
	}
}

func (c *checker) regexp(at, pattern string, groups int) {
	re, err := regexp.Compile(pattern)
	switch {
	case err != nil:
		c.add(at, "%v", err)
	case re.NumSubexp() < groups:
		c.add(at, "pattern has no group in brackets")
	}
}

func (c *checker) oneOf(at string, got Strings, allowed []string) {
	for _, v := range got {
		if !slices.Contains(allowed, v) {
			c.add(at, "%q is not one of %s", v, strings.Join(allowed, ", "))
		}
	}
}
