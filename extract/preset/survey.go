package preset

// Surveys tells that every row must be seen, in a pass of its own, before rows
// are mapped: rows of one order share its amount, or add up to it.
func (m *Mapper) Surveys() bool {
	for _, t := range m.targets {
		if t.surveyed() {
			return true
		}
	}
	return m.prorating != nil
}

// Survey sees a row in that pass.
func (m *Mapper) Survey(row *Row) {
	if row.Skip != "" || row.Fault != nil {
		return
	}
	m.fillDown(row)
	if m.leftOut(row) != "" {
		return
	}
	if m.prorating != nil {
		m.weigh(row)
	}
	for _, t := range m.targets {
		if t.surveyed() {
			m.gather(t, row)
		}
	}
}

func (t *boundTarget) surveyed() bool { return t.group.gathers() || len(t.shared) > 0 }

// gather adds a row to its group, unless it will be left out or rejected.
func (m *Mapper) gather(t *boundTarget, row *Row) {
	rec, filter, fault := m.values(t, row)
	if filter != "" || fault != nil {
		return
	}
	for _, s := range t.shared {
		s.gather(rec.Platform, rec.Shop, t.values)
	}
	if !t.group.gathers() || !t.group.keyed(t.values) {
		return
	}
	if key, _, same := t.group.place(rec.Platform, rec.Shop, t.values); same {
		t.group.gather(key, t.values)
	}
}

// Settle ends the pass; rows are mapped from the first one again.
func (m *Mapper) Settle() {
	if m.prorating != nil {
		m.prorating.settle()
	}
	for _, t := range m.targets {
		if t.group != nil {
			t.group.restart()
		}
		for _, s := range t.shared {
			s.settled = true
		}
		clear(t.counts)
	}
	clear(m.above)
}
