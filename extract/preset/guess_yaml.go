package preset

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// render writes the preset, without the name in front of it.
func (g *guesser) render(targets []*proposed) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("files: %s", quoteYAML(glob(g.table.File, g.table.Ext)))
	line("format: %s", g.table.Format)
	if g.table.Encoding != "" && g.table.Encoding != UTF8 {
		line("encoding: [%s]", g.table.Encoding)
	}
	line("# timezone: Europe/London   # where the times are of another zone than the shop's")
	if unused := g.unused(targets); len(unused) > 0 {
		line("ignore: [%s]%s", strings.Join(unused, ", "), "  # known and not used")
	}
	for _, h := range g.table.Header {
		if shops.MatchString(normal(h)) {
			line("# shop_id: %s   # under columns, if it says whose a row is; declare the shops", quoteYAML(h))
		}
	}
	if len(targets) == 1 {
		g.target(&b, targets[0], "")
		return b.String()
	}
	line("datasets:")
	for _, p := range targets {
		var one strings.Builder
		g.target(&one, p, "    ")
		b.WriteString("  - " + strings.TrimPrefix(one.String(), "    "))
	}
	return b.String()
}

func (g *guesser) target(b *strings.Builder, p *proposed, indent string) {
	fmt.Fprintf(b, "%sdataset: %s\n", indent, p.schema.Name)
	if p.group {
		fmt.Fprintf(b, "%sgroup_by: [order_id]%s\n", indent, "  # many lines, one order")
	}
	fmt.Fprintf(b, "%scolumns:\n", indent)
	for _, name := range p.sortedColumns() {
		c := p.columns[name]
		for _, n := range c.notes {
			if strings.HasPrefix(n, "DOUBT: ") {
				g.doubts = append(g.doubts, p.schema.Name+"."+name+": "+oneLine(strings.TrimPrefix(n, "DOUBT: ")))
			}
		}
		fmt.Fprintf(b, "%s  %s: %s%s\n", indent, name, g.mapping(c), note(c.notes))
	}
}

func (g *guesser) mapping(c *proposedColumn) string {
	if c.header < 0 && len(c.parts) == 0 {
		return "{value: " + quoteYAML(c.value) + "}"
	}
	var parts []string
	if c.header >= 0 {
		parts = append(parts, "from: "+quoteYAML(g.table.Header[c.header]))
	}
	if len(c.parts) == 0 {
		return quoteYAML(g.table.Header[c.header])
	}
	for _, p := range c.parts {
		parts = append(parts, p.key+": "+p.text)
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

// unused lists the columns of the file that no dataset takes.
func (g *guesser) unused(targets []*proposed) []string {
	var out []string
	for h, name := range g.table.Header {
		used := name == "" || slices.ContainsFunc(targets, func(p *proposed) bool {
			for _, c := range p.columns {
				if c.header == h || slices.ContainsFunc(c.parts, func(k keyed) bool { return k.key == "multiply" && strings.Contains(k.text, quoteYAML(name)) }) {
					return true
				}
			}
			return false
		})
		if !used && !slices.Contains(out, quoteYAML(name)) {
			out = append(out, quoteYAML(name))
		}
	}
	return out
}

// entry writes the guess as it goes into pipelines.yaml.
func (g *guesser) entry(out Guess, body string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Guessed: %s. `etl preset test FILE --preset %s` shows what it makes of a file.\n", g.describe(), out.Name)
	for _, s := range out.Shipped {
		fmt.Fprintf(&b, "# Preset %s reads this file as it is; this mapping is not needed then.\n", s)
	}
	if n := len(out.Doubts); n > 0 {
		fmt.Fprintf(&b, "# Look at what says DOUBT: %d.\n", n)
	}
	fmt.Fprintf(&b, "presets:\n  %s:\n", out.Name)
	for _, l := range strings.Split(strings.TrimSuffix(body, "\n"), "\n") {
		b.WriteString("    " + l + "\n")
	}
	return b.String()
}

var (
	plainYAML    = regexp.MustCompile(`^[\p{L}_][\p{L}\p{N}_ ().-]*[\p{L}\p{N}_)]$|^\p{L}$`)
	reservedYAML = regexp.MustCompile(`(?i)^(true|false|yes|no|on|off|null|nan|inf|y|n)$`)
)

// quoteYAML writes a text so that YAML reads it as that text, in lists and
// braces too.
func quoteYAML(s string) string {
	s = oneLine(s)
	if plainYAML.MatchString(s) && !reservedYAML.MatchString(s) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", "''") + "'"
}

// oneLine takes what is no visible character out of a text.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == '\u2028' || r == '\u2029' || r == '\u0085' || r == '\ufeff' || r == '\ufffd' {
			return ' '
		}
		return r
	}, s)
}
