package normalise

// table builds the batches of one dataset.
type table struct {
	*layout
	counts  Counts
	content []contentColumn // of the rows at hand
	batch
	text int // index of a column that privacy drops, -1 = none
}

func newTable(l *layout, opts *Options) *table {
	t := &table{layout: l, batch: newBatch(l.source, opts.Stock), text: -1}
	if l.source.Name == chatDataset && !opts.Privacy.KeepText {
		t.text = chat.text
	}
	return t
}
