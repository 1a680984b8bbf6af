package normalise

// ordinals counts equal messages within a file by a fingerprint of 64 bits.
type ordinals struct {
	seen  fingerprints
	again map[uint64]uint32 // repeats so far
}

// next returns 0 for the first message with a fingerprint, 1 for the second …
func (o *ordinals) next(fingerprint uint64) uint32 {
	if o.seen.first(fingerprint) {
		return 0
	}
	if o.again == nil {
		o.again = map[uint64]uint32{}
	}
	o.again[fingerprint]++
	return o.again[fingerprint]
}

// fingerprints are a set of numbers of 64 bits. They stand in one open table,
// which costs a third of a map's time and half of its memory.
type fingerprints struct {
	slots []uint64 // 0 = free
	used  int
}

// first tells whether a fingerprint is new, and adds it.
func (f *fingerprints) first(fingerprint uint64) bool {
	if fingerprint == 0 {
		fingerprint = 1
	}
	if f.used*3 >= len(f.slots)*2 {
		f.grow()
	}
	if !f.insert(fingerprint) {
		return false
	}
	f.used++
	return true
}

// insert puts a fingerprint into the table unless it is there.
func (f *fingerprints) insert(k uint64) bool {
	mask := uint64(len(f.slots) - 1)
	for i := k & mask; ; i = (i + 1) & mask {
		switch f.slots[i] {
		case 0:
			f.slots[i] = k
			return true
		case k:
			return false
		}
	}
}

func (f *fingerprints) grow() {
	old := f.slots
	f.slots = make([]uint64, max(1<<10, 2*len(old)))
	for _, k := range old {
		if k != 0 {
			f.insert(k)
		}
	}
}
