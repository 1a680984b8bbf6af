package model

import "slices"

// Order is the order of the rows within a data file of a published model, and of
// the key that a warehouse has on them: the day by which the model is
// partitioned first, where the grain has it, for rows are asked for and
// replaced by it; then what tells most rows apart, which stands last in a
// grain. Files and keys in one order make a key's index quick to build.
func Order(grain []string, partition string) []string {
	order := slices.Clone(grain)
	slices.Reverse(order)
	if at := slices.Index(order, partition); at > 0 {
		order = slices.Insert(slices.Delete(order, at, at+1), 0, partition)
	}
	return order
}

// FileOrder is the order of the rows within a data file of the model; none
// where it is not published. No key is built of those rows: whoever reads them
// takes months of them, and sorting them would take as long as writing them.
func (m *Model) FileOrder() []string {
	if !m.Publish {
		return nil
	}
	return Order(m.Grain, m.Partition)
}
