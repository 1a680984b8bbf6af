package night

import (
	"context"

	"kefu/extract/ledger"
	"kefu/transform/compute"
)

// Known tells what the numbers of each shop of a publication were computed from.
func Known(p ledger.Publication) map[compute.ShopKey]compute.Known { return known(p) }

// RowsID is how the rows of a source's content name it, in the column
// source_file.
func RowsID(source, landed string) string { return rowsID(source, landed) }

// ShopsWithReach are the configured shops with what the configured sources
// state of how far messages and orders are complete. It needs the ledger, the
// shops and the sources of the setup.
func ShopsWithReach(ctx context.Context, setup Setup) ([]compute.Shop, error) {
	return (&Night{Setup: setup}).shopsWithReach(ctx)
}
