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
	if !slices.Contains(Names(), name) {
		return nil, fmt.Errorf("find preset %q: it is none of %s", name, strings.Join(Names(), ", "))
	}
	file := name + ".yaml"
	data, err := shipped.ReadFile("shipped/" + file)
	if err != nil {
		return nil, fmt.Errorf("read preset %s: %w", name, err)
	}
	return Parse(file, data)
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
