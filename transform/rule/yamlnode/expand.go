package yamlnode

import (
	"fmt"
	"regexp"
	"strings"
)

// Lookup returns the value of an environment variable and whether it is set.
type Lookup func(name string) (string, bool)

var variable = regexp.MustCompile(`\$?\$\{[^}]*\}`)

var variableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// Expand replaces ${NAME} in every value below n; $${NAME} stands for the text
// ${NAME} itself. Variables that are not set are problems of the environment.
func Expand(n *Node, lookup Lookup) []Problem {
	if n == nil {
		return nil
	}
	var out []Problem
	for _, item := range n.Items {
		out = append(out, Expand(item, lookup)...)
	}
	for _, pair := range n.Pairs {
		out = append(out, Expand(pair.Value, lookup)...)
	}
	if !strings.Contains(n.Raw, "${") {
		return out
	}
	n.Value = variable.ReplaceAllStringFunc(n.Raw, func(m string) string {
		if strings.HasPrefix(m, "$$") {
			return m[1:]
		}
		name := m[2 : len(m)-1]
		if !variableName.MatchString(name) {
			out = append(out, Problem{Pos: n.Pos, Message: fmt.Sprintf("%s names no environment variable", m),
				Hint: "write ${NAME} with letters, digits and _, or $${ for the characters themselves"})
			return m
		}
		value, ok := lookup(name)
		if !ok {
			out = append(out, Problem{Pos: n.Pos, Class: Environment,
				Message: fmt.Sprintf("environment variable %s is not set", name), Hint: "export " + name + "=…"})
			return m
		}
		return value
	})
	return out
}
