package model

import (
	"errors"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"
)

// ReadHeader reads the comment of YAML that a file of SQL begins with, strictly,
// into a struct:
//
//	/* kind
//	key: value
//	*/
//	select …
//
// It returns the select without what surrounds it, and the line of the file at
// which it starts. Errors tell file, line and, of YAML, column.
func ReadHeader(file, text, kind string, into any) (sql string, line int, err error) {
	opening := "/* " + kind
	head, found := strings.CutPrefix(text, opening+"\n")
	if !found {
		return "", 0, fmt.Errorf("%s:1: the file must start with a %q header", file, opening)
	}
	head, body, found := strings.Cut(head, "*/")
	if !found {
		return "", 0, fmt.Errorf("%s:1: the header is not closed by */", file)
	}
	if err := yaml.UnmarshalWithOptions([]byte(head), into, yaml.Strict()); err != nil {
		var at yaml.Error
		if errors.As(err, &at) && at.GetToken() != nil {
			p := at.GetToken().Position
			return "", 0, fmt.Errorf("%s:%d:%d: read header: %s", file, p.Line+1, p.Column, at.GetMessage())
		}
		return "", 0, fmt.Errorf("%s: read header: %w", file, err)
	}
	sql = strings.TrimSpace(body)
	before := len(text) - len(strings.TrimLeft(body, " \t\r\n"))
	return strings.TrimRight(sql, "; \n"), 1 + strings.Count(text[:before], "\n"), nil
}
