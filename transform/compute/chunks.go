package compute

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"kefu/extract/lake"
	"kefu/extract/sqltext"
	"kefu/transform/model"
)

// Chunk is a part of a computation that is computed, and kept, by itself. It is
// bounded by the rows that it reads, so that memory is bounded by settings:
// what is known of a shop as a whole is one chunk, facts are computed for a
// part of the buyers over all their history, days and windows for a range of
// days. Whatever a chunk gives follows from the Input alone.
type Chunk struct {
	Stage string `json:"stage"` // shops, facts, days, windows
	Part  int    `json:"part"`  // from 1
	Parts int    `json:"parts"`
	From  string `json:"from,omitempty"` // first day, of days and windows
	To    string `json:"to,omitempty"`
	Scope string `json:"-"` // digest of the shops, buyers or days that its stage is about
}

// The stages of chunks, in the order in which they are computed: each reads
// what all chunks of those before it gave.
const (
	StageShops   = "shops"
	StageFacts   = "facts"
	StageDays    = "days"
	StageWindows = "windows"
)

// String returns such as "facts 2 of 5".
func (c Chunk) String() string { return fmt.Sprintf("%s %d of %d", c.Stage, c.Part, c.Parts) }

// Shelf keeps what chunks give, so that a computation that was stopped goes on
// where it was. A chunk is the same when its Chunk is and the datasets, rules
// and models of the Input are.
type Shelf interface {
	// Find returns the files of a chunk that was finished before, by model; nil
	// where it has to be computed.
	Find(ctx context.Context, c Chunk) (map[string]string, error)
	// Begin makes an empty folder to write the chunk's files in.
	Begin(ctx context.Context, c Chunk) (folder string, err error)
	// Keep makes the files last, notes the chunk as finished, and returns its
	// files by model.
	Keep(ctx context.Context, c Chunk, rows int64) (map[string]string, error)
}

// computeChunk computes a chunk's models over what scope binds, unless the
// shelf has them, and keeps the rows of the stored ones.
func (r *run) computeChunk(ctx context.Context, c Chunk, models []*model.Model, scope func(context.Context) error) error {
	folder := ""
	if r.in.Shelf != nil {
		files, err := r.in.Shelf.Find(ctx, c)
		if err != nil {
			return err
		}
		if r.gather(models, files) {
			return nil
		}
		if folder, err = r.in.Shelf.Begin(ctx, c); err != nil {
			return err
		}
	}
	if err := scope(ctx); err != nil {
		return err
	}
	rows := int64(0)
	last := lastReaders(models)
	for i, m := range models {
		if err := r.compute(ctx, m, m.Name); err != nil {
			return err
		}
		n, err := r.keep(ctx, m, c, folder)
		if err != nil {
			return err
		}
		rows += n
		for _, name := range last[i] {
			if err := r.unbind(ctx, name); err != nil {
				return err
			}
		}
	}
	// Later chunks must not find what this one left.
	for i := range models {
		if err := r.unbind(ctx, models[len(models)-1-i].Name); err != nil {
			return err
		}
	}
	if r.in.Shelf == nil {
		return nil
	}
	files, err := r.in.Shelf.Keep(ctx, c, rows)
	if err != nil {
		return err
	}
	if !r.gather(models, files) {
		return fmt.Errorf("keep %s: files are missing", c)
	}
	return nil
}

// keep puts the chunk's rows of a stored model to those of the chunks before it.
func (r *run) keep(ctx context.Context, m *model.Model, c Chunk, folder string) (int64, error) {
	switch {
	case !m.Stored:
		return 0, nil
	case folder != "":
		return r.count(ctx, fmt.Sprintf("copy (select * from %s) to %s (format parquet, compression zstd)",
			sqltext.Ident(m.Name), sqltext.Literal(filepath.Join(folder, m.Name+".parquet"))))
	default:
		part := fmt.Sprintf(partPrefix+"%d_of_%s", c.Part, m.Name)
		if err := r.rename(ctx, m.Name, part); err != nil {
			return 0, err
		}
		r.kept[m.Name] = append(r.kept[m.Name], part)
		return 0, r.bind(ctx, "view", m.Name, "select * from "+sqltext.Ident(part))
	}
}

// partPrefix begins the names of tables that hold what one chunk gave.
const partPrefix = "part_"

// dropParts drops what the chunks of a computation before this one gave.
func (r *run) dropParts(ctx context.Context) error {
	for _, name := range slices.Sorted(maps.Keys(r.bound)) {
		if strings.HasPrefix(name, partPrefix) {
			if err := r.unbind(ctx, name); err != nil {
				return err
			}
		}
	}
	return nil
}

// lastReaders tells after which of the models, by its place, no other one reads
// which of them: the memory that their rows take is wanted.
func lastReaders(models []*model.Model) map[int][]string {
	place, last := map[string]int{}, make([]int, len(models))
	for i, m := range models {
		place[m.Name], last[i] = i, i
	}
	for i := len(models) - 1; i >= 0; i-- {
		reads := i
		if models[i].View {
			reads = last[i] // when whoever reads it does
		}
		for _, ref := range models[i].Refs {
			if up, ok := place[ref]; ok {
				last[up] = max(last[up], reads)
			}
		}
	}
	out := map[int][]string{}
	for i, m := range models {
		if !m.View {
			out[last[i]] = append(out[last[i]], m.Name)
		}
	}
	return out
}

// gather takes a chunk's files, unless one is missing.
func (r *run) gather(models []*model.Model, files map[string]string) bool {
	for _, m := range models {
		if _, ok := files[m.Name]; m.Stored && !ok {
			return false
		}
	}
	for _, m := range models {
		if m.Stored {
			r.kept[m.Name] = append(r.kept[m.Name], files[m.Name])
		}
	}
	return true
}

// digest tells one content of a scope table from another.
func (r *run) digest(ctx context.Context, table, columns string) (string, error) {
	if r.in.Shelf == nil {
		return "", nil
	}
	rows, err := r.engine.Query(ctx, fmt.Sprintf("select count(*) || '-' || coalesce(bit_xor(hash(%s)), 0) from %s", columns, table))
	if err != nil {
		return "", fmt.Errorf("identify %s: %w", table, err)
	}
	defer rows.Close()
	text := ""
	for rows.Next() {
		if err := rows.Scan(&text); err != nil {
			return "", fmt.Errorf("identify %s: %w", table, err)
		}
	}
	return text, rows.Err()
}

// settleChunks compares what all chunks of a stage gave with what is published.
func (r *run) settleChunks(ctx context.Context, models []*model.Model) error {
	for _, m := range models {
		if !m.Stored {
			continue
		}
		if err := r.bind(ctx, "view", "new_"+m.Name, r.gathered(m)); err != nil {
			return err
		}
		if err := r.settle(ctx, m); err != nil {
			return err
		}
	}
	return nil
}

// gathered selects what all chunks gave of a stored model.
func (r *run) gathered(m *model.Model) string {
	parts := make([]string, len(r.kept[m.Name]))
	for i, part := range r.kept[m.Name] {
		if r.in.Shelf != nil {
			parts[i] = sqltext.Literal(part)
		} else {
			parts[i] = "select * from " + sqltext.Ident(part)
		}
	}
	if r.in.Shelf != nil {
		return "select * from read_parquet([" + strings.Join(parts, ", ") + "], hive_partitioning = false)"
	}
	return strings.Join(parts, " union all ")
}

// lakeRows bounds the rows that a chunk of everything would read; 0 where that
// is known to be one chunk.
func (r *run) lakeRows() int64 {
	rows := int64(0)
	if r.in.Copied {
		return 0
	}
	for _, name := range []string{"chat_messages", "orders"} {
		for _, f := range r.in.Current[name] {
			rows += f.Rows
		}
	}
	return rows
}

// CountRows counts the messages and orders of every shop.
func (c *Computer) CountRows(ctx context.Context, current map[string][]lake.File) (map[ShopKey]int64, error) {
	columns := []lake.Column{{Name: "platform", Type: "VARCHAR"}, {Name: "shop_id", Type: "VARCHAR"}}
	rows, err := c.engine.Query(ctx, fmt.Sprintf("select platform, shop_id, count(*) from (select * from %s union all select * from %s) group by 1, 2",
		scan(columns, current["chat_messages"]), scan(columns, current["orders"])))
	if err != nil {
		return nil, fmt.Errorf("count the rows of shops: %w", err)
	}
	defer rows.Close()
	out := map[ShopKey]int64{}
	for rows.Next() {
		var shop ShopKey
		var n int64
		if err := rows.Scan(&shop.Platform, &shop.Shop, &n); err != nil {
			return nil, fmt.Errorf("count the rows of shops: %w", err)
		}
		out[shop] = n
	}
	return out, rows.Err()
}

// span is a range of days that one chunk computes.
type span struct{ from, to time.Time }

// shortestSpan is how many days a chunk has at least where it reads those
// before it, too: shorter ones would read the same days again and again.
const shortestSpan = 60

// cut divides days, in their order, into spans of at most so many rows, those
// of the days before that a span reads included. A day is never divided.
func cut(days []time.Time, rows map[time.Time]int64, limit int64, before int) []span {
	var out []span
	sum := int64(0)
	for i, d := range days {
		if i > 0 {
			first := out[len(out)-1].from
			long := before == 0 || int(d.Sub(first).Hours()/24) >= shortestSpan
			if sum+rows[d] <= limit || !long {
				out[len(out)-1].to = d
				sum += rows[d]
				continue
			}
		}
		sum = 0
		for n := range before + 1 {
			sum += rows[d.AddDate(0, 0, -n)]
		}
		out = append(out, span{d, d})
	}
	return out
}

// spans divides the days of a scope table into chunks; there is always one.
func (r *run) spans(ctx context.Context, table string, before int) ([]span, error) {
	days, err := r.dated(ctx, "select dt, 0 from "+table+" group by 1 order by 1")
	if err != nil {
		return nil, fmt.Errorf("list days to compute: %w", err)
	}
	if len(days) == 0 {
		return []span{{}}, nil
	}
	if r.lakeRows() <= r.in.ChunkRows {
		return []span{{days[0].dt, days[len(days)-1].dt}}, nil
	}
	counted, err := r.dated(ctx, `select event_date, count(*) from (
		select platform, shop_id, event_date from lake_chat_messages union all select platform, shop_id, event_date from lake_orders) x
		where (platform, shop_id) in (select (platform, shop_id) from scope_shops) group by 1`)
	if err != nil {
		return nil, fmt.Errorf("count rows by day: %w", err)
	}
	rows := map[time.Time]int64{}
	for _, c := range counted {
		rows[c.dt] = c.rows
	}
	list := make([]time.Time, len(days))
	for i, d := range days {
		list[i] = d.dt
	}
	return cut(list, rows, r.in.ChunkRows, before), nil
}

type datedRows struct {
	dt   time.Time
	rows int64
}

func (r *run) dated(ctx context.Context, query string) ([]datedRows, error) {
	rows, err := r.engine.Query(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []datedRows
	for rows.Next() {
		var d datedRows
		if err := rows.Scan(&d.dt, &d.rows); err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	return out, rows.Err()
}

// takeRows lets the computation see the rows of its shops only; copied, so that
// the many files that hold other shops' rows, too, are read once.
func (r *run) takeRows(ctx context.Context) error {
	if len(r.in.Others) == 0 {
		return nil
	}
	kind := "view"
	if r.in.Copied {
		kind = "table"
	}
	for _, s := range datasets() {
		query := "select x.* from " + r.rowsOf(s) + " x where " + r.ofShops("x")
		if err := r.bind(ctx, kind, "lake_"+s.Name, query); err != nil {
			return err
		}
	}
	return nil
}
