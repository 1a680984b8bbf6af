package preset

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// Strings is a list that may be written as a single text.
type Strings []string

// UnmarshalYAML takes a text or a list of texts.
func (s *Strings) UnmarshalYAML(decode func(any) error) error {
	var one string
	if err := decode(&one); err == nil {
		*s = Strings{one}
		return nil
	}
	var many []string
	if err := decode(&many); err != nil {
		return err
	}
	*s = many
	return nil
}

// UnmarshalYAML takes the name of a column, a list of aliases, or a mapping.
func (c *Column) UnmarshalYAML(decode func(any) error) error {
	var from Strings
	if err := decode(&from); err == nil {
		*c = Column{From: from}
		return nil
	}
	type plain Column
	var full plain
	if err := decode(&full); err != nil {
		return err
	}
	*c = Column(full)
	return nil
}

// UnmarshalYAML takes a number, or a text of one.
func (n *Number) UnmarshalYAML(text []byte) error {
	*n = Number(strings.Trim(strings.TrimSpace(string(text)), `"'`))
	return nil
}

// Problem is something wrong with a preset, at a YAML path below it such as
// ".columns.status.map".
type Problem struct {
	Path    string
	Message string
}

// Parse reads a preset from YAML, strictly. The error lists every problem as
// file:line:col.
func Parse(file string, data []byte) (*Preset, error) {
	tree, err := parser.ParseBytes(data, 0)
	if err != nil {
		return nil, positioned(file, err)
	}
	if n := documents(tree); n != 1 {
		return nil, fmt.Errorf("%s:1:1: %d YAML documents where one is expected", file, n)
	}
	p := &Preset{}
	if err := yaml.NewDecoder(bytes.NewReader(data), yaml.Strict()).Decode(p); err != nil && !errors.Is(err, io.EOF) {
		return nil, positioned(file, err)
	}
	problems := p.Check()
	if len(problems) == 0 {
		return p, nil
	}
	errs := make([]error, len(problems))
	for i, problem := range problems {
		line, col := position(tree, problem.Path)
		errs[i] = fmt.Errorf("%s:%d:%d: %s: %s", file, line, col, strings.TrimPrefix(problem.Path, "."), problem.Message)
	}
	return nil, errors.Join(errs...)
}

func documents(tree *ast.File) int {
	n := 0
	for _, d := range tree.Docs {
		if d.Body != nil {
			n++
		}
	}
	return n
}

func positioned(file string, err error) error {
	var at yaml.Error
	if !errors.As(err, &at) || at.GetToken() == nil {
		return fmt.Errorf("%s:1:1: %w", file, err)
	}
	pos := at.GetToken().Position
	return fmt.Errorf("%s:%d:%d: %s", file, pos.Line, pos.Column, at.GetMessage())
}

// position finds the place of a path, or of its nearest parent that exists.
func position(tree *ast.File, path string) (line, col int) {
	for {
		if p, err := yaml.PathString("$" + path); err == nil {
			if node, err := p.FilterFile(tree); err == nil && node != nil {
				at := node.GetToken().Position
				return at.Line, at.Column
			}
		}
		cut := strings.LastIndexAny(path, ".[")
		if cut < 0 {
			return 1, 1
		}
		path = path[:cut]
	}
}
