// Package whatif owns numbers as they would be: of one shop under other rules,
// in another time zone, from changed or older rows. It runs the models by the
// same computation as a night over what is published, and publishes nothing.
package whatif

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"kefu/cmd/etl/internal/night"
	"kefu/extract/dataset"
	"kefu/extract/lake"
	"kefu/extract/ledger"
	"kefu/transform/compute"
	"kefu/transform/duckdb"
	"kefu/transform/model"
	"kefu/transform/rule"
)

// lead is how many days before those asked about another rule is in force, so
// that inquiries, orders and refunds that reach into them are judged by it, too.
const lead = 45

// trail is how many days after them it is: where a day ends is a matter of the
// next one.
const trail = 2

// Setup is what questions are asked of.
type Setup struct {
	Engine    *duckdb.Engine // each question has a session of its own
	Lake      *lake.Lake
	Graph     *model.Graph
	Rules     *rule.Set
	Shops     []compute.Shop // with what is said of how far they are complete
	Published ledger.Publication
}

// Lab answers questions one after the other.
type Lab struct {
	setup Setup
	files map[string][]lake.File // table@snapshot → files
}

// Question is what would be different.
type Question struct {
	Shop     compute.ShopKey
	From, To time.Time // business days, both included, whose numbers are wanted
	// Rules hold from some weeks before From to a little after To, whatever is
	// configured: rule → value as an entry of rules would have it.
	Rules    map[string]string
	Timezone string // of the shop; "" = its own
	// Edits changes rows: dataset → a select of its columns in which {rows}
	// stands for its rows, such as "select * from {rows} where not is_auto".
	Edits map[string]string
	// Snapshots names datasets that are read as they were: dataset → snapshot.
	// 0 = before its first.
	Snapshots map[string]int64
	// Models are those whose rows are wanted; what they read is computed, too.
	Models []string
}

// Answer is the rows of the models asked for, until it is closed.
type Answer struct{ session *duckdb.Engine }

// New returns a lab over a publication.
func New(setup Setup) *Lab { return &Lab{setup: setup, files: map[string][]lake.File{}} }

// Ask computes. A setting that is no rule, or has a value that is none, is a
// *RuleError.
func (l *Lab) Ask(ctx context.Context, q Question) (*Answer, error) {
	i := slices.IndexFunc(l.setup.Shops, func(s compute.Shop) bool { return s.ShopKey == q.Shop })
	if i < 0 {
		return nil, fmt.Errorf("find shop %s: it is not configured", q.Shop)
	}
	shop := l.setup.Shops[i]
	graph := l.setup.Graph.Only(q.Models...)
	for _, name := range q.Models {
		if graph.Model(name) == nil {
			return nil, fmt.Errorf("find model %s: there is none", name)
		}
	}
	in, err := l.input(ctx, shop, graph, q)
	if err != nil {
		return nil, err
	}
	session, err := l.setup.Engine.Session(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := compute.New(session, l.setup.Lake, graph).Compute(ctx, in); err != nil {
		return nil, errors.Join(fmt.Errorf("compute what would be: %w", err), session.Close())
	}
	return &Answer{session}, nil
}

// input is the computation that answers a question: the published facts with
// those of the days in question computed anew, or all of them where the clock
// of the shop is another.
func (l *Lab) input(ctx context.Context, shop compute.Shop, graph *model.Graph, q Question) (compute.Input, error) {
	rules := l.setup.Rules
	for name, value := range q.Rules {
		var problems []rule.Problem
		rules, problems = rules.Instead(rule.Shop{Platform: shop.Platform, ID: shop.Shop}, name, value, q.From.AddDate(0, 0, -lead), q.To.AddDate(0, 0, trail))
		if len(problems) > 0 {
			return compute.Input{}, &RuleError{problems}
		}
	}
	published := l.setup.Published.Inputs[shop.String()].Snapshots
	in := compute.Input{
		Shops: []compute.Shop{shop}, DaysOnly: true, Rules: rules, Edits: q.Edits, Relations: night.Relations(),
		Current: map[string][]lake.File{}, Marts: map[string][]lake.File{}, Known: map[compute.ShopKey]compute.Known{},
		Snapshots: maps.Clone(published), FilesAt: func(name string, snapshot int64) ([]lake.File, error) { return l.at(ctx, name, snapshot) },
	}
	for _, s := range append(dataset.All(), dataset.Internals()...) {
		snapshot := published[s.Name]
		if older, asked := q.Snapshots[s.Name]; asked {
			snapshot, in.Snapshots[s.Name] = older, older
		}
		var err error
		if in.Current[s.Name], err = l.at(ctx, s.Name, snapshot); err != nil {
			return compute.Input{}, err
		}
	}
	for _, s := range l.setup.Shops {
		if s.ShopKey != shop.ShopKey {
			in.Others = append(in.Others, s)
		}
	}
	if q.Timezone != "" && q.Timezone != shop.Timezone {
		in.Shops[0].Timezone = q.Timezone
		return in, nil
	}
	known, now := night.Known(l.setup.Published)[shop.ShopKey], stamp(l.setup.Graph, shop, published)
	if known.Facts != now.Facts || known.Days != now.Days {
		return in, nil // published by other models
	}
	// Everything is as published but for the days that are forced.
	names := []string{"rule_day"}
	for _, m := range graph.Stored() {
		names = append(names, m.Name)
	}
	for _, name := range names {
		snapshot, ok := l.setup.Published.Tables[name]
		if !ok {
			continue
		}
		var err error
		if in.Marts[name], err = l.at(ctx, name, snapshot); err != nil {
			return compute.Input{}, err
		}
	}
	in.Known[shop.ShopKey] = stamp(graph, shop, published)
	in.Forced = []compute.Force{{Shop: &shop.ShopKey, From: q.From, To: q.To}}
	return in, nil
}

// stamp is what is known of a shop after every model of the graph was computed
// from the snapshots: a computation that starts from it finds nothing changed
// but rules, rows and what is forced.
func stamp(graph *model.Graph, shop compute.Shop, snapshots map[string]int64) compute.Known {
	in := compute.Input{Shops: []compute.Shop{shop}, Snapshots: snapshots, Relations: night.Relations()}
	return compute.New(nil, nil, graph).Now(in)[shop.ShopKey]
}

// at lists the files of a table at a snapshot; 0 = before its first.
func (l *Lab) at(ctx context.Context, table string, snapshot int64) ([]lake.File, error) {
	if snapshot == 0 {
		return nil, nil
	}
	key := fmt.Sprintf("%s@%d", table, snapshot)
	if files, ok := l.files[key]; ok {
		return files, nil
	}
	files, _, err := l.setup.Lake.Files(ctx, table, snapshot)
	if err != nil {
		return nil, fmt.Errorf("find the files of %s: %w", table, err)
	}
	l.files[key] = files
	return files, nil
}

// Rows runs a select over the rows of the models asked for; a model's name in
// braces, such as {kpi_agent_day}, stands for its rows.
func (a *Answer) Rows(ctx context.Context, query string) (*sql.Rows, error) {
	query = strings.NewReplacer("{", "overlay_", "}", "").Replace(query)
	rows, err := a.session.Query(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("read what would be: %w", err)
	}
	return rows, nil
}

// Close drops the rows.
func (a *Answer) Close() error { return a.session.Close() }

// RuleError tells what is wrong with the rules of a question.
type RuleError struct{ Problems []rule.Problem }

// Error implements error.
func (e *RuleError) Error() string {
	errs := make([]error, len(e.Problems))
	for i, p := range e.Problems {
		errs[i] = errors.New(p.String())
	}
	return errors.Join(errs...).Error()
}
