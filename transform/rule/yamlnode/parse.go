package yamlnode

import (
	"errors"
	"fmt"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// Parse reads the one document of a file. Every problem of form (syntax, a
// repeated key, a second document) is reported; the tree is nil only when
// nothing of it could be read. ${NAME} stays as it stands: see Expand.
func Parse(file string, data []byte) (*Node, []Problem) {
	p := &parse{file: file, anchors: map[string]*Node{}}
	tree, err := parser.ParseBytes(data, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		return nil, []Problem{p.syntax(err)}
	}
	if len(tree.Docs) > 1 {
		at := p.pos(tree.Docs[1].Start)
		if at.Line == 0 && tree.Docs[1].Body != nil {
			at = p.pos(tree.Docs[1].Body.GetToken())
		}
		p.add(at, Invalid, "put everything into one document", "a second YAML document starts here; it would be ignored")
	}
	if len(tree.Docs) == 0 || tree.Docs[0].Body == nil {
		return &Node{Pos: Pos{File: file, Line: 1, Col: 1}}, p.problems
	}
	return p.node(tree.Docs[0].Body), p.problems
}

type parse struct {
	file     string
	anchors  map[string]*Node
	problems []Problem
}

func (p *parse) add(at Pos, class Class, hint, format string, args ...any) {
	p.problems = append(p.problems, Problem{Pos: at, Class: class, Message: fmt.Sprintf(format, args...), Hint: hint})
}

func (p *parse) pos(t *token.Token) Pos {
	if t == nil || t.Position == nil {
		return Pos{File: p.file}
	}
	return Pos{File: p.file, Line: t.Position.Line, Col: t.Position.Column}
}

func (p *parse) syntax(err error) Problem {
	var located yaml.Error
	if errors.As(err, &located) {
		return Problem{Pos: p.pos(located.GetToken()), Message: "not valid YAML: " + located.GetMessage(),
			Hint: "check indentation, quotes and brackets here and on the line before"}
	}
	return Problem{Pos: Pos{File: p.file}, Message: "not valid YAML: " + err.Error()}
}

func (p *parse) node(n ast.Node) *Node {
	out := &Node{Pos: p.pos(n.GetToken())}
	switch n := n.(type) {
	case *ast.MappingNode:
		p.mapping(out, n.Values)
		if !n.IsFlowStyle && len(out.Pairs) > 0 {
			out.Pos = out.Pairs[0].Pos
		}
		if n.IsFlowStyle {
			out.End = p.pos(n.End)
		}
	case *ast.MappingValueNode:
		p.mapping(out, []*ast.MappingValueNode{n})
		out.Pos = p.pos(n.Key.GetToken())
	case *ast.SequenceNode:
		out.Kind = List
		for _, item := range n.Values {
			out.Items = append(out.Items, p.node(item))
		}
	case *ast.AnchorNode:
		value := p.node(n.Value)
		p.anchors[n.Name.GetToken().Value] = value
		return value
	case *ast.AliasNode:
		return p.alias(out.Pos, n)
	case *ast.TagNode:
		value := p.node(n.Value)
		if n.Start.Value == "!!str" {
			value.Kind = Text
		}
		value.Pos = out.Pos
		return value
	default:
		p.scalar(out, n)
	}
	return out
}

func (p *parse) alias(at Pos, n *ast.AliasNode) *Node {
	name := n.Value.GetToken().Value
	target, ok := p.anchors[name]
	if !ok {
		p.add(at, Invalid, "put text that begins with * into quotes", "*%s refers to an anchor that does not stand before it", name)
		return &Node{Pos: at, Kind: Text, Value: "*" + name, Raw: "*" + name}
	}
	same := *target
	same.Pos = at
	return &same
}

func (p *parse) mapping(out *Node, values []*ast.MappingValueNode) {
	out.Kind = Mapping
	seen := map[string]Pos{}
	var merged []Pair
	for _, v := range values {
		at := p.pos(v.Key.GetToken())
		value := p.node(v.Value)
		if value.Kind == Null {
			value.Pos = at // an empty value has no place of its own
		}
		if _, ok := v.Key.(*ast.MergeKeyNode); ok {
			merged = append(merged, value.Pairs...)
			continue
		}
		key := v.Key.GetToken().Value
		if inner, ok := v.Key.(*ast.MappingKeyNode); ok {
			key = inner.Value.GetToken().Value
		}
		if first, ok := seen[key]; ok {
			p.add(at, Invalid, "remove one of the two", "key %q stands twice, first on line %d", key, first.Line)
			continue
		}
		seen[key] = at
		out.Pairs = append(out.Pairs, Pair{Key: key, Pos: at, Value: value})
	}
	for _, pair := range merged {
		if _, ok := seen[pair.Key]; !ok {
			seen[pair.Key] = pair.Pos
			out.Pairs = append(out.Pairs, pair)
		}
	}
}

func (p *parse) scalar(out *Node, n ast.Node) {
	switch n := n.(type) {
	case *ast.NullNode:
		out.Kind = Null
		return
	case *ast.LiteralNode:
		out.Kind, out.Raw = Text, n.Value.Value
	case *ast.IntegerNode:
		out.Kind, out.Raw = Integer, n.GetToken().Value
	case *ast.FloatNode:
		out.Kind, out.Raw = Float, n.GetToken().Value
	case *ast.BoolNode:
		out.Kind, out.Raw = Boolean, n.GetToken().Value
	default:
		out.Kind, out.Raw = Text, n.GetToken().Value
	}
	out.Value = out.Raw
}
