package load

import "time"

// Run is one row of etl_runs: what was loaded when, from which snapshots, by
// which rules.
type Run struct {
	ID          string
	Pipeline    string
	Status      string // done, partial, failed, interrupted
	StartedAt   time.Time
	EndedAt     time.Time // zero = not ended
	Publication string
	Rules       string // fingerprint of the rules in force
	Read        int64
	Accepted    int64
	Merged      int64
	Duplicates  int64
	Skipped     int64
	Rejected    int64
}

// Quality is one row of etl_quality: the result of a check or a count that says
// how far the numbers can be trusted.
type Quality struct {
	RunID    string
	Kind     string // check, quarantine
	Name     string // of the check; of the dataset for quarantine
	Platform string // "" = all shops
	Shop     string
	Severity string // blocking, warning, info
	Status   string // passed, failed
	Rows     int64  // rows that break the check; rows in quarantine
	Detail   string
	At       time.Time
}

// RunsTable returns etl_runs with its rows.
func RunsTable(runs []Run) Inline {
	inline := Inline{Log: true, Table: Table{
		Name: "etl_runs", Comment: "One row per run: what was loaded when, and what became of the lines read.", Key: []string{"run_id"},
		Columns: []Column{
			{"run_id", "VARCHAR", "run"},
			{"pipeline", "VARCHAR", "pipeline of pipelines.yaml"},
			{"status", "VARCHAR", "done, partial, failed or interrupted"},
			{"started_at", "TIMESTAMP", "start of the run, UTC"},
			{"ended_at", "TIMESTAMP", "end of the run, UTC; NULL while it runs"},
			{"publication_id", "VARCHAR", "publication that the run made; NULL when it published nothing"},
			{"rules", "VARCHAR", "fingerprint of the rules in force"},
			{"rows_read", "BIGINT", "lines read = accepted + merged + duplicates + skipped + rejected"},
			{"rows_accepted", "BIGINT", "lines that became rows"},
			{"rows_merged", "BIGINT", "lines folded into another row"},
			{"rows_duplicate", "BIGINT", "lines that were known before"},
			{"rows_skipped", "BIGINT", "lines that a named filter left out"},
			{"rows_rejected", "BIGINT", "lines in quarantine"},
		},
	}}
	for _, r := range runs {
		inline.Rows = append(inline.Rows, []any{
			r.ID, r.Pipeline, r.Status, orNull(r.StartedAt), orNull(r.EndedAt), textOrNull(r.Publication), textOrNull(r.Rules),
			r.Read, r.Accepted, r.Merged, r.Duplicates, r.Skipped, r.Rejected,
		})
	}
	return inline
}

// QualityTable returns etl_quality with its rows.
func QualityTable(results []Quality) Inline {
	inline := Inline{Log: true, Table: Table{
		Name: "etl_quality", Comment: "Results of checks and counts of rejected lines, per run.",
		Columns: []Column{
			{"run_id", "VARCHAR", "run"},
			{"kind", "VARCHAR", "check or quarantine"},
			{"name", "VARCHAR", "the check, or the dataset of the rejected lines"},
			{"platform", "VARCHAR", "platform; NULL for all"},
			{"shop_id", "VARCHAR", "shop; NULL for all"},
			{"severity", "VARCHAR", "blocking, warning or info"},
			{"status", "VARCHAR", "passed or failed"},
			{"rows", "BIGINT", "rows that break the check, or rows in quarantine"},
			{"detail", "VARCHAR", "what was found"},
			{"checked_at", "TIMESTAMP", "time of the result, UTC"},
		},
	}}
	for _, q := range results {
		inline.Rows = append(inline.Rows, []any{
			q.RunID, q.Kind, q.Name, textOrNull(q.Platform), textOrNull(q.Shop), q.Severity, q.Status, q.Rows, textOrNull(q.Detail), orNull(q.At),
		})
	}
	return inline
}

func orNull(at time.Time) any {
	if at.IsZero() {
		return nil
	}
	return at.UTC()
}

func textOrNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}
