package ledger

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// copyLayout is the newest layout of copies of publications. Those without
// locks are written in the first one, which knows none.
const copyLayout = 2

// copied is a publication as it is kept outside of the state, with what a lake
// cannot be added to without.
type copied struct {
	Layout      int               `json:"layout"`
	ID          string            `json:"id"`
	Run         string            `json:"run"`
	CreatedAt   time.Time         `json:"created_at"`
	Tables      map[string]int64  `json:"tables"`
	Inputs      map[string]Inputs `json:"inputs"`
	Locks       []Lock            `json:"locks,omitempty"`
	Settings    map[string]string `json:"settings"` // of meta
	publication Publication
}

// copiedSettings are the settings that go with a copy: who made the lake, and
// the check of the privacy secret, which does not tell the secret.
var copiedSettings = []string{"installation_id", "privacy_secret_check"}

// CopyOf returns the publication as a text to keep beside the lake, from which
// RestoreCopy makes it again when the state was lost.
func (l *Ledger) CopyOf(ctx context.Context, p Publication) ([]byte, error) {
	c := copied{Layout: 1, ID: p.ID, Run: p.Run, CreatedAt: p.CreatedAt, Tables: p.Tables, Inputs: p.Inputs, Locks: p.Locks, Settings: map[string]string{}}
	if len(p.Locks) > 0 {
		c.Layout = copyLayout
	}
	for _, key := range copiedSettings {
		value, ok, err := l.Meta(ctx, key)
		if err != nil {
			return nil, err
		}
		if ok {
			c.Settings[key] = value
		}
	}
	text, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("copy publication %s: %w", p.ID, err)
	}
	return text, nil
}

// ReadCopy returns the publication of a copy. One that a newer program made is
// ErrNewerLayout.
func ReadCopy(text []byte) (Publication, error) {
	c, err := readCopy(text)
	return c.publication, err
}

func readCopy(text []byte) (copied, error) {
	var c copied
	if err := json.Unmarshal(text, &c); err != nil {
		return copied{}, fmt.Errorf("read copy of a publication: %w", err)
	}
	if c.Layout > copyLayout {
		return copied{}, fmt.Errorf("read copy of a publication: %w: it has layout %d, this program knows layouts up to %d", ErrNewerLayout, c.Layout, copyLayout)
	}
	if c.ID == "" || len(c.Tables) == 0 {
		return copied{}, errors.New("read copy of a publication: it is not whole")
	}
	c.publication = Publication{ID: c.ID, Run: c.Run, CreatedAt: c.CreatedAt, Tables: c.Tables, Inputs: c.Inputs, Locks: c.Locks}
	return c, nil
}

// RestoreCopy makes the copy the latest publication of a state that has none.
func (l *Ledger) RestoreCopy(ctx context.Context, text []byte) error {
	c, err := readCopy(text)
	if err != nil {
		return err
	}
	tables, err := jsonText(c.Tables)
	if err != nil {
		return fmt.Errorf("restore publication: %w", err)
	}
	inputs, err := jsonText(c.Inputs)
	if err != nil {
		return fmt.Errorf("restore publication: %w", err)
	}
	locks, err := jsonText(c.Locks)
	if err != nil {
		return fmt.Errorf("restore publication: %w", err)
	}
	return l.inTx(ctx, "restore publication", func(tx *sql.Tx) error {
		var n int
		if err := tx.QueryRowContext(ctx, "select count(*) from publications").Scan(&n); err != nil {
			return err
		}
		if n > 0 {
			return errors.New("the state has publications")
		}
		for key, value := range c.Settings {
			_, err := tx.ExecContext(ctx, "insert into meta (key, value) values (?, ?) on conflict (key) do update set value = excluded.value", key, value)
			if err != nil {
				return err
			}
		}
		_, err := tx.ExecContext(ctx, "insert into publications (id, run, created_at, tables, inputs, locks) values (?, ?, ?, ?, ?, ?)", c.ID, c.Run, stamp(c.CreatedAt), tables, inputs, locks)
		return err
	})
}
