package preset

import (
	"embed"
	"fmt"
	"slices"
	"strings"
)

//go:embed shipped/*.yaml
var shipped embed.FS

// Shipped returns the preset of that name that comes with the product.
func Shipped(name string) (*Preset, error) {
	data, err := Source(name)
	if err != nil {
		return nil, err
	}
	return Parse(name+".yaml", data)
}

// Source returns the YAML of the preset of that name that comes with the product.
func Source(name string) ([]byte, error) {
	if !slices.Contains(Names(), name) {
		return nil, fmt.Errorf("find preset %q: it is none of %s", name, strings.Join(Names(), ", "))
	}
	data, err := shipped.ReadFile("shipped/" + name + ".yaml")
	if err != nil {
		return nil, fmt.Errorf("read preset %s: %w", name, err)
	}
	return data, nil
}

// Names lists the presets that come with the product.
func Names() []string {
	entries, err := shipped.ReadDir("shipped")
	if err != nil {
		return nil
	}
	var out []string
	for _, e := range entries {
		out = append(out, strings.TrimSuffix(e.Name(), ".yaml"))
	}
	return out
}
