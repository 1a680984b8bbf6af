// Package preset owns the mapping of a platform's own export to canonical
// records: the model that is written in YAML, the presets that ship with the
// product, and the mapper that turns raw rows into records. It reads no files.
package preset

import "kefu/extract/dataset"

// Preset says how the files of one kind of export become records. A preset of
// one layout may write the layout's keys at the top.
type Preset struct {
	Description string    `yaml:"description"`
	Layouts     []*Layout `yaml:"layouts"`
	Layout      `yaml:",inline"`
}

// Layout is one kind of file of a preset.
type Layout struct {
	Name     string   `yaml:"name"`
	Files    Strings  `yaml:"files"`    // globs on the file's name, with or without its last extension; ! excludes; default all
	Format   Strings  `yaml:"format"`   // csv, tsv, xlsx, jsonl, wangwang, dongdong; default by extension
	Encoding Strings  `yaml:"encoding"` // tried in order: utf-8-sig, utf-8, gb18030; default all three
	AsOf     *AsOf    `yaml:"as_of"`    // the file's as-of time, from its name
	Ignore   Strings  `yaml:"ignore"`   // columns that are known and not used
	Missing  Strings  `yaml:"missing"`  // texts that mean an empty cell, such as "-"
	FillDown Strings  `yaml:"fill_down"`
	Skip     []Filter `yaml:"skip"`  // rows left out, each by a named filter
	Where    When     `yaml:"where"` // rows to keep; the others are left out by the filter "where"
	Join     string   `yaml:"join"`  // "sessions": takes part in the join of chat logs with session workbooks

	Datasets []*Target `yaml:"datasets"`
	Target   `yaml:",inline"`
}

// Target is one dataset that a row of the file becomes a record of. A layout
// with a single one may write its keys at the top.
type Target struct {
	Dataset string `yaml:"dataset"`
	// Columns maps canonical columns; left out, the file has the canonical
	// names themselves.
	Columns map[string]*Column `yaml:"columns"`
	// Constants sets columns to the same value in every row.
	Constants map[string]string `yaml:"constants"`
	// GroupBy names the canonical columns that several rows of a file share
	// when they describe one thing; the first becomes the record, the others
	// are merged into it.
	GroupBy Strings `yaml:"group_by"`
	// Only leaves rows out for this dataset alone.
	Only []Filter `yaml:"skip_rows"`
}

// Column says where the value of a canonical column comes from: the first
// case that holds, else the first of the named columns that is not empty.
type Column struct {
	From     Strings           `yaml:"from"` // names in the file's header, aliases of each other
	Value    *string           `yaml:"value"`
	Cases    []Case            `yaml:"cases"`
	Collect  bool              `yaml:"collect"` // all cases that hold, |-joined, instead of the first
	Pattern  string            `yaml:"pattern"` // RE2; the first group is the value, no match is none
	Map      map[string]string `yaml:"map"`     // file's value -> canonical value; keys may end in *
	Else     *string           `yaml:"else"`    // what other values become: reject, keep, or a value
	Unit     string            `yaml:"unit"`    // fen: hundredths of a yuan; percent
	Times    Strings           `yaml:"times"`   // Go layouts, or epoch_s, epoch_ms
	Required bool              `yaml:"required"`
	Number   *Number           `yaml:"number"`
	Prorate  *Prorate          `yaml:"prorate"`
	Verbatim bool              `yaml:"verbatim"` // keep blanks, tabs and quotes around the value
}

// Case is a value under a condition.
type Case struct {
	When  When    `yaml:"when"`
	Value *string `yaml:"value"`
	From  Strings `yaml:"from"`
}

// When holds when every named column has one of its values. A value may be ""
// (empty), * (not empty), text*, *text, *text* or /RE2/. Names are those of
// canonical columns of the same dataset, else those of the file's header.
type When map[string]Strings

// Filter names rows to leave out.
type Filter struct {
	Name string `yaml:"name"`
	When When   `yaml:"when"`
}

// Number derives an id: the value itself for the first row with the same
// Within columns, value#2 for the second, and so on.
type Number struct {
	Within Strings `yaml:"within"` // canonical columns
}

// AsOf reads the time of an export from its file's name.
type AsOf struct {
	Pattern string `yaml:"pattern"` // RE2, first group is the time
	Layout  string `yaml:"layout"`  // Go layout
}

// platformColumns are columns of a file that override the source's own.
const (
	columnPlatform = "platform"
	columnShop     = "shop_id"
)

// layouts lists the layouts, whichever way they were written.
func (p *Preset) layouts() []*Layout {
	if len(p.Layouts) > 0 {
		return p.Layouts
	}
	return []*Layout{&p.Layout}
}

// targets lists the datasets of the layout, whichever way they were written.
func (l *Layout) targets() []*Target {
	if len(l.Datasets) > 0 {
		return l.Datasets
	}
	return []*Target{&l.Target}
}

// columns returns the mapping of every column, with the schema's own names
// where the preset says nothing.
func (t *Target) columns(schema *dataset.Schema) map[string]*Column {
	if t.Columns != nil {
		return t.Columns
	}
	out := map[string]*Column{
		columnPlatform: {From: Strings{columnPlatform}},
		columnShop:     {From: Strings{columnShop}},
	}
	for _, c := range schema.Columns {
		out[c.Name] = &Column{From: Strings{c.Name}, Verbatim: c.Literal}
	}
	return out
}
