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
	Format   Strings  `yaml:"format"`   // csv, tsv, xlsx, jsonl, parquet, wangwang, dongdong; default by extension
	Encoding Strings  `yaml:"encoding"` // tried in order: utf-8-sig, utf-8, gb18030; default all three
	AsOf     *AsOf    `yaml:"as_of"`    // the file's as-of time, from its name
	Ignore   Strings  `yaml:"ignore"`   // columns that are known and not used
	Missing  Strings  `yaml:"missing"`  // texts that mean an empty cell, such as "-"
	FillDown Strings  `yaml:"fill_down"`
	Skip     []Filter `yaml:"skip"`     // rows left out, each by a named filter
	Where    When     `yaml:"where"`    // rows to keep; the others are left out by the filter "where"
	Join     string   `yaml:"join"`     // "sessions": takes part in the join of chat logs with session workbooks
	Timezone string   `yaml:"timezone"` // of the times in the file, such as Europe/London; default the shop's

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
	// are merged into it. They must agree, but for columns that say what to
	// take of the rows.
	GroupBy Strings `yaml:"group_by"`
	// Only leaves rows out for this dataset alone.
	Only []Filter `yaml:"skip_rows"`
}

// Column says where the value of a canonical column comes from: the first
// case that holds, else the columns put together or multiplied, else the first
// of the named columns that is not empty. The value then passes pattern, map,
// and what its type does with units, times and zones, in that order. The names
// @file (the file's name without its last extension) and @line stand for
// columns that every table has.
type Column struct {
	From      Strings           `yaml:"from"` // names in the file's header, aliases of each other
	Value     *string           `yaml:"value"`
	Cases     []Case            `yaml:"cases"`
	Collect   bool              `yaml:"collect"`   // all cases that hold, |-joined, instead of the first
	Concat    []Strings         `yaml:"concat"`    // columns put together, each with its aliases
	Separator *string           `yaml:"separator"` // between what is put together; default -
	Multiply  []Strings         `yaml:"multiply"`  // columns multiplied, exactly; missing where one is empty
	Pattern   string            `yaml:"pattern"`   // RE2; the first group is the value, no match is none
	Map       map[string]string `yaml:"map"`       // file's value -> canonical value; keys may end in * or be /RE2/
	Else      *string           `yaml:"else"`      // what other values become: reject, keep, or a value
	Unit      string            `yaml:"unit"`      // money: yuan, fen, wan, percent; times: seconds, milliseconds, microseconds since 1970
	Factor    Number            `yaml:"factor"`    // what numbers are multiplied by, exactly, such as -1
	Round     *int              `yaml:"round"`     // digits after the point, halves away from zero
	Times     Strings           `yaml:"times"`     // M/d/yyyy H:mm and the like, Go layouts, or epoch_s, epoch_ms
	Timezone  string            `yaml:"timezone"`  // of the time in the file; default the layout's
	Plus      *Plus             `yaml:"plus"`      // a length of time to add
	Take      string            `yaml:"take"`      // of the rows of a group: first, last, min, max, sum
	Prefer    Strings           `yaml:"prefer"`    // of the rows of a group: the first of these values that one of them has
	Share     Strings           `yaml:"share"`     // canonical columns: rows that are equal in them have one value, the first (or what take says)
	Required  bool              `yaml:"required"`
	Number    *Numbering        `yaml:"number"`
	Prorate   *Prorate          `yaml:"prorate"`
	Verbatim  bool              `yaml:"verbatim"` // keep blanks, tabs and quotes around the value
}

// sources lists the columns that the value is made of where no case holds:
// each must be there, under any of its names.
func (c *Column) sources() []Strings {
	switch {
	case len(c.Concat) > 0:
		return c.Concat
	case len(c.Multiply) > 0:
		return c.Multiply
	case len(c.From) > 0:
		return []Strings{c.From}
	default:
		return nil
	}
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

// Numbering derives an id: the value itself for the first row with the same
// value and Within columns, value#2 for the second, and so on. Counting rows,
// it is value#1, value#2 … over all rows with the same Within columns.
type Numbering struct {
	Within Strings `yaml:"within"` // canonical columns
	Count  string  `yaml:"count"`  // repeats (default) or rows
}

// What a numbering counts.
const (
	countRepeats = "repeats"
	countRows    = "rows"
)

// Number is a number as it is written.
type Number string

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
