package merge

import (
	"fmt"
	"slices"
	"strings"

	"kefu/extract/dataset"
	"kefu/extract/lake"
	"kefu/extract/sqltext"
)

// statements spells the merge of one dataset in SQL.
type statements struct {
	schema *dataset.Schema
	spec   lake.Spec
	runs   []lake.File // arriving rows
	known  []lake.File // what the lake holds
	key    []string    // with platform and shop

	withdraws, completes, parts bool // whether there are such files
	unwanted                    bool // whether there are arriving rows that are not to enter
}

func newStatements(s *dataset.Schema, spec lake.Spec) *statements {
	return &statements{schema: s, spec: spec, key: keyColumns(s)}
}

// keyColumns tell the rows of all shops apart.
func keyColumns(s *dataset.Schema) []string { return append([]string{"platform", "shop_id"}, s.Key...) }

func (s *statements) keys() string { return listed(s.key) }

func listed(columns []string) string {
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = name(c)
	}
	return strings.Join(names, ", ")
}

// sameKey compares rows a and b; a missing part of a key equals a missing one.
func (s *statements) sameKey(a, b string) string {
	parts := make([]string, len(s.key))
	for i, k := range s.key {
		op := "="
		if c, _ := s.schema.Column(k); c != nil && !c.Required {
			op = "is not distinct from"
		}
		parts[i] = fmt.Sprintf("%s.%s %s %s.%s", a, name(k), op, b, name(k))
	}
	return strings.Join(parts, " and ")
}

// fingerprint is a number that rows of one key share, and hardly ever others.
func (s *statements) fingerprint(alias string) string {
	names := make([]string, len(s.key))
	for i, k := range s.key {
		names[i] = alias + "." + name(k)
	}
	return "hash(" + strings.Join(names, ", ") + ")"
}

// Order lists the columns by which the rows of a dataset are sorted within a
// file, as they are read later.
func Order(s *dataset.Schema) []string {
	if s.Name == "chat_messages" {
		return []string{"platform", "shop_id", "buyer_id", "sent_at", "message_id"}
	}
	return keyColumns(s)
}

// prepare makes
//
//	arriving_keys  the fingerprints of arriving rows
//	known_keys     those that repeat, or that the lake holds too
//	ranked_rows    the rows of these keys, arriving and held, with the outcome of each
//	losing_rows    the arriving rows that do not enter the lake
//	gone_rows      the rows of the lake that give way
//
// Rows are named by file and place, so that only what is judged is read.
func (s *statements) prepare() []string {
	gone := s.goneFiles()
	losing := "select file, row from ranked_rows where not is_old and place > 1"
	if s.unwanted {
		losing += " union all select file, row from " + s.unwantedRows()
	}
	givingWay := fmt.Sprintf("select file, row, part, source_file, false as lost from ranked_rows r where is_old and exists (select 1 from ranked_rows k where k.place = 1 and not k.is_old and %s)",
		s.sameKey("k", "r"))
	if gone != "" {
		givingWay += fmt.Sprintf(" union all select l.filename, l.file_row_number, %s, l.source_file, not exists (select 1 from ranked_rows k where k.place = 1 and not k.is_old and %s) from %s l where l.source_file in (%s)",
			s.place("l"), s.sameKey("k", "l"), s.located(s.known), gone)
	}
	return []string{
		fmt.Sprintf("create or replace temp table arriving_keys as select %s as k from %s a where %s", s.fingerprint("a"), s.located(s.runs), s.wanted("a")),
		fmt.Sprintf("create or replace temp table known_keys as select k from arriving_keys group by k having count(*) > 1 union select %[1]s from %[2]s l where %[1]s in (select k from arriving_keys)",
			s.fingerprint("l"), s.located(s.known)),
		fmt.Sprintf("create or replace temp table ranked_rows as with rows as (%s union all by name %s), settled as (select *, %s as superseded from rows), judged as (select *, %s from settled), ranked as (select *, %s from judged) select *, case %s end as outcome from ranked",
			s.arriving("known_keys"), s.held(gone), s.superseded(), s.judging(), s.ranking(), s.outcome()),
		"create or replace temp table losing_rows as " + losing,
		"create or replace temp table gone_rows as " + givingWay,
	}
}

// goneFiles selects the files whose rows are as if they had never been: those
// withdrawn, and, of messages, those that are completed now; "" = none.
func (s *statements) goneFiles() string {
	var parts []string
	if s.withdraws {
		parts = append(parts, "select source_file from withdrawn_files")
	}
	if s.completes && !s.schema.Mutable {
		parts = append(parts, "select source_file from arriving_files where replace")
	}
	return strings.Join(parts, " union all ")
}

// unwantedRows is the table of arriving rows that are not to enter.
func (s *statements) unwantedRows() string { return "unwanted_" + s.schema.Name }

// wanted leaves them out.
func (s *statements) wanted(alias string) string {
	if !s.unwanted {
		return "true"
	}
	return fmt.Sprintf("not exists (select 1 from %[1]s u where u.file = %[2]s.filename and u.row = %[2]s.file_row_number)", s.unwantedRows(), alias)
}

// located reads files whose rows can be named by file and place.
func (s *statements) located(files []lake.File) string {
	if len(files) == 0 {
		return "(select *, cast(null as varchar) as filename, cast(null as bigint) as file_row_number from " + s.spec.Relation(nil) + ")"
	}
	return s.spec.Relation(files)
}

// place is the partition of a row, as text.
func (s *statements) place(alias string) string {
	switch s.spec.PartitionBy {
	case lake.ByDay:
		return "cast(" + alias + "." + name(s.spec.Partition) + " as varchar)"
	case lake.ByValue:
		// Rows from before the table had buckets have theirs all the same.
		return strings.ReplaceAll(bucketOf(s.schema), name(s.schema.Bucket), alias+"."+name(s.schema.Bucket))
	default:
		return "''"
	}
}

// bucketOf is the partition of a row that no date places: the first digit of a
// checksum, which every engine spells alike.
func bucketOf(s *dataset.Schema) string { return "substr(md5(" + name(s.Bucket) + "), 1, 1)" }

// judged are the columns that rows are judged by.
func (s *statements) judged(alias string) string {
	cols := []string{alias + ".filename as file", alias + ".file_row_number as row", s.place(alias) + " as part"}
	for _, c := range append(slices.Clone(s.key), "digest", "own_latest_at", "source_file", "source_line") {
		cols = append(cols, alias+"."+name(c))
	}
	if s.guesses() {
		cols = append(cols, alias+".agent_id")
	}
	return strings.Join(cols, ", ")
}

// guesses tells whether rows may guess their agent.
func (s *statements) guesses() bool { return s.schema.Name == "chat_messages" }

// version is how recent an arriving row is: its own word, else its file's.
func (s *statements) version(alias string) string {
	if !s.schema.Mutable {
		return alias + "." + versionColumn
	}
	return "coalesce(" + alias + "." + versionColumn + ", f.as_of)"
}

// arriving selects the rows that arrive, with how recent they are: those of the
// keys in a table, or all.
func (s *statements) arriving(keys string) string {
	among := "true"
	if keys != "" {
		among = s.fingerprint("a") + " in (select k from " + keys + ")"
	}
	return fmt.Sprintf("select %s, %s as version_at, f.file_order, f.refresh, false as is_old from %s a join arriving_files f on f.source_file = a.source_file where %s and %s",
		s.judged("a"), s.version("a"), s.located(s.runs), among, s.wanted("a"))
}

// held selects the rows of the lake of known keys, less those of gone files.
func (s *statements) held(gone string) string {
	stays := "true"
	if gone != "" {
		stays = "l.source_file not in (" + gone + ")"
	}
	return fmt.Sprintf("select %s, l.version_at, cast(-1 as bigint) as file_order, false as refresh, true as is_old from %s l where %s in (select k from known_keys) and %s",
		s.judged("l"), s.located(s.known), s.fingerprint("l"), stays)
}

// superseded tells the rows of the lake of whose keys their own file, which is
// read anew, gives another content now.
func (s *statements) superseded() string {
	if !s.completes || !s.schema.Mutable {
		return "false"
	}
	return fmt.Sprintf(`is_old and digest is not null and source_file in (select source_file from arriving_files where replace)
		and bool_or(not is_old) over (partition by %[1]s, source_file) and not bool_or(not is_old) over (partition by %[1]s, source_file, digest)`, s.keys())
}

// judging finds the content that wins a key. Rows that an older version stored
// have no digest: they say what whoever repeats them says.
func (s *statements) judging() string {
	order := "is_old desc, file_order, source_line" // what stands first stays
	if s.schema.Mutable {
		order = "superseded, version_at desc nulls last, own_latest_at desc nulls last, digest desc nulls last"
	}
	return fmt.Sprintf(`first_value(digest ignore nulls) over (partition by %[1]s order by %[2]s rows between unbounded preceding and unbounded following) as winning,
		bool_or(is_old and not superseded) over (partition by %[1]s) as known, max(case when is_old and not superseded then digest end) over (partition by %[1]s) as old_digest,
		max(case when is_old then source_file || ':' || source_line end) over (partition by %[1]s) as old_place`, s.keys(), order)
}

// ranking orders the versions of a key, the winner first. Rows of the winning
// content may still differ in what is no content: the latest word counts, then
// what does not depend on the order of arrival, then what the lake holds.
func (s *statements) ranking() string {
	order := "superseded, version_at desc nulls last, own_latest_at desc nulls last, digest desc nulls last, is_old desc, source_file, source_line"
	if !s.schema.Mutable {
		order = s.repeats() + "refresh desc, is_old desc, file_order, source_line"
	}
	return fmt.Sprintf("row_number() over (partition by %s order by coalesce(digest, winning) = winning desc, %s) as place", s.keys(), order)
}

// repeats puts first, of messages that are the same, the one whose agent sorts
// first: files that do not say to whom a buyer wrote may guess differently.
func (s *statements) repeats() string {
	if !s.guesses() {
		return ""
	}
	return "agent_id, "
}

func (s *statements) outcome() string {
	if s.schema.Mutable {
		return `when is_old then 'old'
			when digest = winning and digest = coalesce(old_digest, digest) and source_file || ':' || source_line = old_place then 'accepted'
			when place = 1 and (not known or digest is distinct from old_digest) then 'accepted'
			when digest = winning then 'duplicate'
			else 'merged'`
	}
	return `when is_old then 'old'
		when digest = coalesce(old_digest, digest) and source_file || ':' || source_line = old_place then 'accepted'
		when place = 1 and not known then 'accepted'
		when digest = winning then 'duplicate'
		else 'conflict'`
}

// undivided tells a file from before the table had partitions: its rows move
// to theirs.
func (s *statements) undivided(f lake.File) bool { return s.spec.Partition != "" && f.Partition == "" }

func (s *statements) undividedFiles() []lake.File {
	return slices.DeleteFunc(slices.Clone(s.known), func(f lake.File) bool { return !s.undivided(f) })
}

// content selects what a partition is to hold, sorted as it is read later.
// Losing counts the rows that do not enter, by run.
func (s *statements) content(partition string, runs []run, held []lake.File, losing map[string]int64) string {
	var parts []string
	for _, f := range held {
		within := "true"
		if s.undivided(f) {
			within = s.place("o") + " = '" + partition + "'"
		}
		parts = append(parts, fmt.Sprintf("select %s from %s o where %s and file_row_number not in (select row from gone_rows where file = %s)",
			s.written("o"), s.spec.Relation([]lake.File{f}), within, sqltext.Literal(f.Path)))
	}
	for _, r := range runs {
		enter := "true"
		if losing[r.Path] > 0 {
			enter = "file_row_number not in (select row from losing_rows where file = " + sqltext.Literal(r.Path) + ")"
		}
		parts = append(parts, fmt.Sprintf("select %s from %s n join arriving_files f on f.source_file = n.source_file where %s",
			s.written("n"), s.spec.Relation([]lake.File{r.File}), enter))
	}
	return "select * from (" + strings.Join(parts, " union all ") + ") order by " + listed(Order(s.schema))
}

// written are the columns of rows as they are to stand in the lake.
func (s *statements) written(alias string) string {
	names := make([]string, len(s.spec.Columns))
	for i, c := range s.spec.Columns {
		names[i] = alias + "." + name(c.Name)
		switch {
		case c.Name == bucketColumn:
			names[i] = s.place(alias) + " as " + bucketColumn
		case c.Name == versionColumn && alias == "n":
			names[i] = s.version(alias) + " as " + versionColumn
		}
	}
	return strings.Join(names, ", ")
}
