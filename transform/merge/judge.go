package merge

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"golang.org/x/sync/errgroup"

	"kefu/extract/lake"
	"kefu/transform/compute"
)

// judgement is the merge of one dataset under way.
type judgement struct {
	*Merger
	*statements
	pile *pile

	losing map[string]int64 // arriving rows that do not enter, by run
	leaves map[string]bool  // partitions of the lake that lose rows
}

// settle judges the rows whose key is known or repeated and writes the
// partitions that change.
func (j *judgement) settle(ctx context.Context) (*Outcome, error) {
	out := &Outcome{Counts: map[string]Counts{}, Gone: map[string]int64{}, Lines: map[string]map[int64]RowOutcome{}}
	for _, f := range j.files {
		if n := j.pile.rows[f.ID]; n > 0 {
			out.Counts[f.ID] = Counts{Accepted: n}
		}
	}
	j.losing, j.leaves = map[string]int64{}, map[string]bool{}
	if len(j.known) > 0 || j.unwanted || j.parts || j.pile.prints.repeat() {
		if err := j.judge(ctx, out); err != nil {
			return nil, err
		}
	}
	if err := j.write(ctx, out); err != nil {
		return nil, fmt.Errorf("write: %w", err)
	}
	for _, t := range []string{"arriving_keys", "known_keys", "ranked_rows", "losing_rows", "gone_rows"} {
		if err := j.engine.Exec(ctx, "drop table if exists "+t); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// judge finds out which rows do not enter the lake, and which leave it.
func (j *judgement) judge(ctx context.Context, out *Outcome) error {
	for _, step := range j.prepare() {
		if err := j.engine.Exec(ctx, step); err != nil {
			return err
		}
	}
	if err := j.account(ctx, out); err != nil {
		return fmt.Errorf("account: %w", err)
	}
	return j.find(ctx)
}

// account counts what became of the rows of each file: those that need no
// judgement are accepted.
func (j *judgement) account(ctx context.Context, out *Outcome) error {
	if j.unwanted {
		err := j.each(ctx, "select source_file, '', count(*) from "+j.unwantedRows()+" group by 1", func(file, _ string, n int64) {
			if c, ok := out.Counts[file]; ok {
				c.Accepted -= n
				out.Counts[file] = c
			}
		})
		if err != nil {
			return err
		}
	}
	err := j.each(ctx, "select source_file, outcome, count(*) from ranked_rows where not is_old group by 1, 2", func(file, outcome string, n int64) {
		c := out.Counts[file]
		switch RowOutcome(outcome) {
		case Accepted:
			return
		case Merged:
			c.Merged = n
		case Duplicate:
			c.Duplicates = n
		case Contrary:
		}
		c.Accepted -= n
		out.Counts[file] = c
	})
	if err != nil {
		return err
	}
	if err := j.lines(ctx, out); err != nil {
		return err
	}
	if j.withdraws {
		err := j.each(ctx, "select source_file, '', count(*) from gone_rows where lost and source_file in (select source_file from withdrawn_files) group by 1",
			func(file, _ string, n int64) { out.Gone[file] = n })
		if err != nil {
			return err
		}
	}
	if j.schema.Mutable {
		return nil
	}
	return j.conflicts(ctx, out)
}

// each hands over the rows of a query that gives two texts and a number.
func (j *judgement) each(ctx context.Context, query string, do func(a, b string, n int64)) error {
	rows, err := j.engine.Query(ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var a, b string
		var n int64
		if err := rows.Scan(&a, &b, &n); err != nil {
			return err
		}
		do(a, b, n)
	}
	return rows.Err()
}

// lines tells what became of the rows of files of which only a part arrived.
func (j *judgement) lines(ctx context.Context, out *Outcome) error {
	if !j.parts {
		return nil
	}
	return j.each(ctx, fmt.Sprintf(`select a.source_file, coalesce(r.outcome, 'accepted'), a.source_line from %s a
		join arriving_files f on f.source_file = a.source_file and f.part
		left join ranked_rows r on r.file = a.filename and r.row = a.file_row_number and not r.is_old where %s`, j.located(j.runs), j.wanted("a")),
		func(file, outcome string, line int64) {
			if out.Lines[file] == nil {
				out.Lines[file] = map[int64]RowOutcome{}
			}
			out.Lines[file][line] = RowOutcome(outcome)
		})
}

func (j *judgement) conflicts(ctx context.Context, out *Outcome) error {
	rows, err := j.engine.Query(ctx, "select source_file, source_line from ranked_rows where outcome = 'conflict' order by 1, 2")
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var c Conflict
		if err := rows.Scan(&c.File, &c.Line); err != nil {
			return err
		}
		out.Conflicts = append(out.Conflicts, c)
	}
	return rows.Err()
}

// find learns which arriving rows lose, and which partitions lose rows.
func (j *judgement) find(ctx context.Context) error {
	err := j.each(ctx, "select file, '', count(distinct row) from losing_rows group by 1", func(file, _ string, n int64) { j.losing[file] = n })
	if err != nil {
		return err
	}
	leaves := "select distinct part from gone_rows"
	if whole := j.undividedFiles(); len(whole) > 0 {
		leaves += " union select distinct " + j.place("l") + " from " + j.spec.Relation(whole) + " l"
	}
	parts, err := strs(j.engine.Query(ctx, leaves))
	for _, p := range parts {
		j.leaves[p] = true
	}
	return err
}

// write brings the touched partitions up to date.
func (j *judgement) write(ctx context.Context, out *Outcome) error {
	entering := map[string]int64{}
	for _, r := range j.pile.runs {
		if n := r.Rows - j.losing[r.Path]; n > 0 {
			entering[r.Partition] += n
			out.Rows += n
		}
	}
	touched := maps.Clone(j.leaves)
	for name := range entering {
		touched[name] = true
	}
	out.Changed = slices.Sorted(maps.Keys(touched))
	out.Files = slices.DeleteFunc(slices.Clone(j.known), func(f lake.File) bool { return touched[f.Partition] || j.undivided(f) })
	var taken []lake.File
	for _, name := range out.Changed {
		runs, held := j.partsOf(name)
		if len(runs) == 1 && len(held) == 0 && runs[0].versioned && entering[name] == runs[0].Rows {
			taken = append(taken, runs[0].File)
			continue
		}
		file, err := compute.WriteFile(ctx, j.engine, j.store, j.spec, name, j.content(name, runs, held, j.losing))
		if err != nil {
			return fmt.Errorf("partition %s: %w", name, err)
		}
		if file.Rows > 0 {
			out.Files = append(out.Files, file)
		}
	}
	if err := seal(j.store, taken); err != nil {
		return err
	}
	out.Files = append(out.Files, taken...)
	return nil
}

// sealers is how many files are made durable at once: disks are quicker with
// several, and most of it is waiting.
const sealers = 8

// seal makes files durable and measures them.
func seal(store compute.Store, files []lake.File) error {
	shares := make([][]*lake.File, sealers) // of whose folders each is made durable once
	for i := range files {
		shares[i%sealers] = append(shares[i%sealers], &files[i])
	}
	var work errgroup.Group
	for _, share := range shares {
		work.Go(func() error { return compute.Seal(store, share...) })
	}
	return work.Wait()
}

// partsOf lists what a partition is made of: the runs that have rows of it, and the
// files of the lake.
func (j *judgement) partsOf(name string) (runs []run, held []lake.File) {
	for _, r := range j.pile.runs {
		if r.Partition == name {
			runs = append(runs, r)
		}
	}
	for _, f := range j.known {
		if f.Partition == name || j.undivided(f) {
			held = append(held, f)
		}
	}
	return runs, held
}
