package config

import (
	"slices"
	"strings"

	"kefu/transform/rule/yamlnode"
)

// presets keeps the user's own presets as text; what they mean is the concern
// of those who map files.
func (l *loader) presets(n *yamlnode.Node) {
	if n.Kind != yamlnode.Mapping {
		l.Errorf(n.Pos, "write name: {…}", "presets must be a mapping, not %s", n.Kind)
		return
	}
	for _, pair := range n.Pairs {
		switch {
		case slices.Contains(l.opts.Presets, pair.Key):
			l.Errorf(pair.Pos, "choose another name", "preset %q ships already", pair.Key)
			continue
		case pair.Value.Kind != yamlnode.Mapping:
			l.Errorf(pair.Value.Pos, "", "preset %q must be a mapping, not %s", pair.Key, pair.Value.Kind)
			continue
		}
		if first, ok := l.cfg.Presets[pair.Key]; ok {
			l.Errorf(pair.Pos, "", "preset %s stands twice, first at %s", pair.Key, first.Pos)
			continue
		}
		at := pair.Value.Pos
		l.cfg.Presets[pair.Key] = PresetNode{
			Name: pair.Key, File: at.File, Pos: at,
			Data: cutOut(string(l.texts[at.File]), at, pair.Value.End),
		}
	}
}

// cutOut returns a value alone with blanks in place of all before it. A value
// in braces ends at end; a block ends before the first line that is indented
// less than it.
func cutOut(text string, at, end yamlnode.Pos) []byte {
	lines := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	var b strings.Builder
	b.WriteString(strings.Repeat("\n", at.Line-1))
	for i := at.Line - 1; i < len(lines); i++ {
		line := []rune(lines[i])
		if i == at.Line-1 {
			for j := range min(at.Col-1, len(line)) {
				line[j] = ' '
			}
		}
		if end.Line > 0 {
			if i == end.Line-1 {
				b.WriteString(string(line[:min(end.Col, len(line))]) + "\n")
				break
			}
		} else if i > at.Line-1 && leaves(string(line), at.Col-1) {
			break
		}
		b.WriteString(string(line) + "\n")
	}
	return []byte(b.String())
}

// leaves tells whether a line stands outside a block of that indentation.
func leaves(line string, indent int) bool {
	content := strings.TrimLeft(line, " ")
	if strings.TrimSpace(content) == "" || strings.HasPrefix(content, "#") {
		return false
	}
	return len(line)-len(content) < indent
}
