package normalise

// ordinals counts equal messages within a file by a fingerprint of 64 bits. The
// fingerprints stand in one open table, which costs a third of a map's time and
// half of its memory.
type ordinals struct {
	slots []uint64 // 0 = free
	used  int
	again map[uint64]uint32 // repeats so far
}

// next returns 0 for the first message with a fingerprint, 1 for the second …
func (o *ordinals) next(fingerprint uint64) uint32 {
	if fingerprint == 0 {
		fingerprint = 1
	}
	if o.used*3 >= len(o.slots)*2 {
		o.grow()
	}
	if o.insert(fingerprint) {
		o.used++
		return 0
	}
	if o.again == nil {
		o.again = map[uint64]uint32{}
	}
	o.again[fingerprint]++
	return o.again[fingerprint]
}

// insert puts a fingerprint into the table unless it is there.
func (o *ordinals) insert(k uint64) bool {
	mask := uint64(len(o.slots) - 1)
	for i := k & mask; ; i = (i + 1) & mask {
		switch o.slots[i] {
		case 0:
			o.slots[i] = k
			return true
		case k:
			return false
		}
	}
}

func (o *ordinals) grow() {
	old := o.slots
	o.slots = make([]uint64, max(1<<10, 2*len(old)))
	for _, k := range old {
		if k != 0 {
			o.insert(k)
		}
	}
}
