package merge

// Limit makes the merger write runs after so many bytes of rows.
func (m *Merger) Limit(bytes int64) { m.budget = bytes }
