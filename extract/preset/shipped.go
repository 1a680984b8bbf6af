package preset

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

//go:embed shipped/*.yaml
var files embed.FS

var shipped = Collection{FS: files, Kind: "preset"}

// Shipped returns the preset of that name that comes with the product.
func Shipped(name string) (*Preset, error) {
	data, err := Source(name)
	if err != nil {
		return nil, err
	}
	return Parse(name+".yaml", data)
}

// Source returns the YAML of the preset of that name that comes with the product.
func Source(name string) ([]byte, error) { return shipped.Source(name) }

// Names lists the presets that come with the product.
func Names() []string { return shipped.Names() }

// Collection is a folder named shipped of presets of one kind, NAME.yaml each, that
// come with the product.
type Collection struct {
	FS   fs.FS
	Kind string // what errors call one
}

// Names lists the presets, sorted.
func (c Collection) Names() []string {
	names, err := fs.Glob(c.FS, "shipped/*.yaml")
	if err != nil {
		return nil // of a bad pattern only
	}
	for i, name := range names {
		names[i] = strings.TrimSuffix(path.Base(name), ".yaml")
	}
	return names
}

// Source returns the YAML of the preset of that name; the error of a name that
// there is not lists those that there are.
func (c Collection) Source(name string) ([]byte, error) {
	names := c.Names()
	if !slices.Contains(names, name) {
		return nil, fmt.Errorf("find %s %q: it is none of %s", c.Kind, name, strings.Join(names, ", "))
	}
	data, err := fs.ReadFile(c.FS, "shipped/"+name+".yaml")
	if err != nil {
		return nil, fmt.Errorf("read %s %s: %w", c.Kind, name, err)
	}
	return data, nil
}
