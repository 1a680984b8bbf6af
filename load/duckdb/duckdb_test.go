package duckdb

import (
	"database/sql"
	"testing"

	"kefu/load"
	"kefu/load/loadtest"
)

func TestWarehouseKeepsTheContract(t *testing.T) {
	loadtest.Run(t, loadtest.Harness{
		New: func(t *testing.T) load.Warehouse {
			return New(t.TempDir()+"/new folder/it's 100%.duckdb", Options{MemoryLimit: "512MB", Threads: 2})
		},
		Reader: func(t *testing.T, warehouse load.Warehouse) *sql.DB {
			db, err := OpenReader(t.Context(), warehouse.(*Warehouse).path)
			if err != nil {
				t.Fatalf("open reader: %v", err)
			}
			return db
		},
	})
}
