package postgres

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"kefu/extract/postgres"
	"kefu/extract/postgres/postgrestest"
)

// A server that crashes in the middle of a load leaves what was there; the same
// load goes through once it is back.
func TestAServerThatCrashesInMidLoad(t *testing.T) {
	server := postgrestest.Start(t)
	dsn := server.Database(t)
	w := New(parse(t, dsn), schema)
	w.swapBytes = 0
	first, second := numbers(t, "p1", 1, 10), numbers(t, "p2", 2, 300_000)
	for name, c := range map[string]struct {
		asideBytes int64
		moment     string
	}{
		"while a table is filled":       {1 << 40, "select count(*) > 0 from pg_stat_progress_copy"},
		"while a key is made":           {1 << 40, "select count(*) > 0 from pg_stat_progress_create_index"},
		"while several are filled":      {0, "select count(*) > 1 from pg_stat_progress_copy"},
		"while the keys are made aside": {0, "select count(*) > 0 from pg_stat_progress_create_index"},
	} {
		t.Run(name, func(t *testing.T) {
			w.asideBytes = c.asideBytes
			mustLoad(t, w, first)
			conn := connection(t, dsn)
			before := value(t, conn, everything)
			ended := make(chan error, 1)
			go func() {
				_, err := w.Load(context.WithoutCancel(t.Context()), second)
				ended <- err
			}()
			for value(t, conn, c.moment) != "true" {
				select {
				case err := <-ended:
					t.Fatalf("the load ended before the server could crash: %v", err)
				case <-time.After(time.Millisecond):
				}
			}
			server.Stop(t)
			var away *postgres.UnavailableError
			if err := <-ended; !errors.As(err, &away) || strings.Contains(err.Error(), server.Password()) {
				t.Errorf("load: %v", err)
			}
			if _, err := w.Held(t.Context()); !errors.As(err, &away) {
				t.Errorf("held while the server is away: %v", err)
			}
			server.Resume(t)
			conn = connection(t, dsn)
			// A table that was filled aside may be left; the next load drops it.
			expect(t, conn, exceptAside, before)
			expect(t, conn, "select count(*) || ' ' || max(publication_id) from t, etl_publication where table_name = 't'", "10 p1")
			mustLoad(t, w, second)
			expect(t, conn, "select count(*) from t", "300000")
			expect(t, conn, everything, before)
		})
	}
}
