package extracttest

// Page is one page of a list, as the fault has it: from is counted from 0. The
// total is the list's length, or what a lying platform makes of it.
func Page[T any](all []T, no, size int, fault Fault) (page []T, total int) {
	from, to := min(no*size, len(all)), min((no+1)*size, len(all))
	page = append(page, all[from:to]...)
	if fault == Repeat && from > 0 && len(page) > 0 {
		page = append([]T{all[from-1]}, page...)
	}
	total = len(all)
	if fault == LyingTotal {
		total /= 3
	}
	if fault == EmptyLast {
		total += size
	}
	return page, total
}
