package merge

import (
	"fmt"
	"slices"
	"strings"

	"kefu/extract/dataset"
	"kefu/extract/lake"
)

// statements spells the merge of one dataset in SQL.
type statements struct {
	schema  *dataset.Schema
	spec    lake.Spec
	current []lake.File
	key     []string // with platform and shop

	withdraws, completes bool // whether there are such files
}

func newStatements(s *dataset.Schema, spec lake.Spec, current []lake.File) *statements {
	return &statements{schema: s, spec: spec, current: current, key: append([]string{"platform", "shop_id"}, s.Key...)}
}

// Order is how the rows of a dataset are sorted within a file, as they are read
// later: a list of columns.
func Order(s *dataset.Schema) string {
	if s.Name == "chat_messages" {
		return "platform, shop_id, buyer_id, sent_at, message_id"
	}
	return newStatements(s, lake.Spec{}, nil).keys()
}

func (s *statements) columns() string {
	names := make([]string, len(s.spec.Columns))
	for i, c := range s.spec.Columns {
		names[i] = name(c.Name)
	}
	return strings.Join(names, ", ")
}

func (s *statements) keys() string {
	names := make([]string, len(s.key))
	for i, k := range s.key {
		names[i] = name(k)
	}
	return strings.Join(names, ", ")
}

// sameKey compares rows a and b; a missing part of a key equals a missing one.
func (s *statements) sameKey(a, b string) string {
	parts := make([]string, len(s.key))
	for i, k := range s.key {
		op := "="
		if i >= 2 && !s.required(k) {
			op = "is not distinct from"
		}
		parts[i] = fmt.Sprintf("%s.%s %s %s.%s", a, name(k), op, b, name(k))
	}
	return strings.Join(parts, " and ")
}

func (s *statements) required(column string) bool {
	c, _ := s.schema.Column(column)
	return c != nil && (c.Required || column == "message_id")
}

// version is how recent an arriving row is: its own word, else its file's.
func (s *statements) version() string {
	if c, _ := s.schema.Column("updated_at"); c != nil {
		return "coalesce(a.updated_at, f.as_of)"
	}
	return "f.as_of"
}

// prepare makes
//
//	withdrawn_rows     rows of the lake whose file is read anew, or withdrawn
//	ranked_rows        arriving rows and the rows of the lake with their keys, with the outcome of each
//	new_winners        rows that enter the lake
//	replaced_keys      their keys
//	touched_partitions partitions whose rows change
func (s *statements) prepare() []string {
	old := fmt.Sprintf(
		"select l.*, cast(-1 as bigint) as file_order, false as refresh, true as is_old from %s l where exists (select 1 from arriving_%s a where %s)",
		s.held(s.current), s.schema.Name, s.sameKey("a", "l"))
	withdrawn := "select * from " + s.held(s.current) + " where "
	if gone := s.goneFiles(); gone != "" {
		old += " and l.source_file not in (" + gone + ")"
		withdrawn += "source_file in (" + gone + ")"
	} else {
		withdrawn += "false"
	}
	part := "''"
	if s.spec.Partition != "" {
		part = name(s.spec.Partition)
	}
	touched := fmt.Sprintf("select distinct %[1]s as part from new_winners union select distinct %[1]s from withdrawn_rows union select distinct %[1]s from ranked_rows r where is_old and exists (select 1 from replaced_keys k where %[2]s)",
		part, s.sameKey("k", "r"))
	if whole := s.undividedFiles(); len(whole) > 0 {
		touched += fmt.Sprintf(" union select distinct %s from %s", part, s.held(whole))
	}
	return []string{
		"create or replace temp table withdrawn_rows as " + withdrawn,
		fmt.Sprintf("create or replace temp table ranked_rows as with rows as (%s union all by name %s), judged as (select *, %s from rows), ranked as (select *, %s from judged) select *, case %s end as outcome from ranked",
			s.arriving(), old, s.judging(), s.ranking(), s.outcome()),
		"create or replace temp table new_winners as select " + s.columns() + " from ranked_rows where " + s.enters(),
		fmt.Sprintf("create or replace temp table replaced_keys as select %[1]s from new_winners union select %[1]s from withdrawn_rows", s.keys()),
		"create or replace temp table touched_partitions as " + touched,
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

// bucketOf is the partition of a row that no date places: the first digit of a
// checksum, which every engine spells alike.
func (s *statements) bucketOf() string { return "substr(md5(" + name(s.schema.Bucket) + "), 1, 1)" }

// bucketed gives arriving rows their bucket.
func (s *statements) bucketed() string {
	if s.schema.Bucket == "" {
		return ""
	}
	return ", " + s.bucketOf() + " as " + bucketColumn
}

// held reads files of the lake; rows from before the table had buckets get theirs.
func (s *statements) held(files []lake.File) string {
	relation := s.spec.Relation(files)
	if s.schema.Bucket == "" {
		return relation
	}
	return fmt.Sprintf("(select * replace (%s as %s) from %s)", s.bucketOf(), bucketColumn, relation)
}

// undivided tells a file from before the table had partitions: its rows move
// to theirs.
func (s *statements) undivided(f lake.File) bool { return s.spec.Partition != "" && f.Partition == "" }

func (s *statements) undividedFiles() []lake.File {
	return slices.DeleteFunc(slices.Clone(s.current), func(f lake.File) bool { return !s.undivided(f) })
}

// arriving selects the rows that arrive, with how recent they are.
func (s *statements) arriving() string {
	return fmt.Sprintf(
		"select a.*, %s as version_at%s, f.file_order, f.refresh, false as is_old from arriving_%s a join arriving_files f on f.source_file = a.source_file",
		s.version(), s.bucketed(), s.schema.Name)
}

// judging finds the content that wins a key.
func (s *statements) judging() string {
	order := "is_old desc, file_order, source_line" // what stands first stays
	if s.schema.Mutable {
		order = "version_at desc nulls last, own_latest_at desc nulls last, row_hash desc"
	}
	return fmt.Sprintf(`first_value(row_hash) over (partition by %[1]s order by %[2]s) as winning_hash,
		max(case when is_old then row_hash end) over (partition by %[1]s) as old_hash,
		max(case when is_old then source_file || ':' || source_line end) over (partition by %[1]s) as old_place`, s.keys(), order)
}

// ranking orders the versions of a key, the winner first. Rows of the winning
// content may still differ in what is no content: the latest word counts, then
// what does not depend on the order of arrival, then what the lake holds.
func (s *statements) ranking() string {
	order := "version_at desc nulls last, own_latest_at desc nulls last, row_hash desc, is_old desc, source_file, source_line"
	if !s.schema.Mutable {
		order = s.repeats() + "refresh desc, is_old desc, file_order, source_line"
	}
	return fmt.Sprintf("row_number() over (partition by %s order by row_hash = winning_hash desc, %s) as place", s.keys(), order)
}

// repeats puts first, of messages that are the same, the one whose agent sorts
// first: files that do not say to whom a buyer wrote may guess differently.
func (s *statements) repeats() string {
	if c, _ := s.schema.Column("agent_id"); c == nil || s.schema.Name != "chat_messages" {
		return ""
	}
	return "agent_id, "
}

func (s *statements) outcome() string {
	if s.schema.Mutable {
		return `when is_old then 'old'
			when row_hash = winning_hash and row_hash = old_hash and source_file || ':' || source_line = old_place then 'accepted'
			when place = 1 and row_hash is distinct from old_hash then 'accepted'
			when row_hash = winning_hash then 'duplicate'
			else 'merged'`
	}
	return `when is_old then 'old'
		when row_hash = old_hash and source_file || ':' || source_line = old_place then 'accepted'
		when place = 1 and old_hash is null then 'accepted'
		when row_hash = winning_hash then 'duplicate'
		else 'conflict'`
}

// enters tells the rows that the lake does not hold yet, or holds otherwise.
func (s *statements) enters() string { return "not is_old and place = 1" }

// partition selects what a partition is to hold, sorted as it is read later.
func (s *statements) partition(value string) string {
	kept := slices.DeleteFunc(slices.Clone(s.current), func(f lake.File) bool { return f.Partition != value && !s.undivided(f) })
	within := func(rows string) string {
		switch s.spec.PartitionBy {
		case lake.ByDay:
			return fmt.Sprintf("%s.%s = date '%s'", rows, name(s.spec.Partition), value)
		case lake.ByValue:
			return fmt.Sprintf("%s.%s = '%s'", rows, name(s.spec.Partition), value)
		default:
			return "true"
		}
	}
	return fmt.Sprintf("select %[1]s from (select * from %[2]s o where %[3]s and not exists (select 1 from replaced_keys k where %[4]s) union all by name select * from new_winners n where %[5]s) order by %[6]s",
		s.columns(), s.held(kept), within("o"), s.sameKey("k", "o"), within("n"), Order(s.schema))
}
