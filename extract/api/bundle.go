package api

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// A bundle is what lands of one window: a line that names it, then its
// responses as lines of JSON, the platform's bytes inside of them untouched. It
// holds no time of the call and no credentials, so that a window that answers
// the same twice is known by its checksum, and no two windows are taken for each
// other.

// bundleHead is a bundle's first line.
type bundleHead struct {
	Window string `json:"window"`
}

// WriteBundle writes the responses of the window of that name.
func WriteBundle(w io.Writer, name string, responses []Response) error {
	out := bufio.NewWriter(w)
	head, err := json.Marshal(bundleHead{name})
	if err != nil {
		return fmt.Errorf("write window %s: %w", name, err)
	}
	out.Write(append(head, '\n')) //nolint:errcheck // Flush reports it
	for _, r := range responses {
		head, err := json.Marshal(struct {
			Call   string            `json:"call"`
			Params map[string]string `json:"params,omitempty"`
		}{r.Call, r.Params})
		if err != nil {
			return fmt.Errorf("write request of %s: %w", r.Call, err)
		}
		out.Write(head[:len(head)-1]) //nolint:errcheck // Flush reports it
		out.WriteString(`,"body":`)   //nolint:errcheck // Flush reports it
		var flat bytes.Buffer
		if err := json.Compact(&flat, r.Body); err != nil {
			return fmt.Errorf("write response of %s: %w", r.Call, err)
		}
		out.Write(flat.Bytes()) //nolint:errcheck // Flush reports it
		out.WriteString("}\n")  //nolint:errcheck // Flush reports it
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write responses: %w", err)
	}
	return nil
}

// ReadBundle reads the responses of a window.
func ReadBundle(r io.Reader) ([]Response, error) {
	var out []Response
	in := json.NewDecoder(r)
	var head bundleHead
	if err := in.Decode(&head); err != nil || head.Window == "" {
		return nil, fmt.Errorf("read the window's name: %w", cmp.Or(err, errors.New("there is none")))
	}
	for {
		var one Response
		err := in.Decode(&one)
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read response %d: %w", len(out)+1, err)
		}
		out = append(out, one)
	}
}

const bundleTime = "20060102T150405Z"

// BundleName names a window's bundle: "orders.modified_20260101T000000Z_20260101T003000Z.jsonl".
func BundleName(stream string, w Window) string {
	return stream + "_" + w.From.UTC().Format(bundleTime) + "_" + w.To.UTC().Format(bundleTime) + ".jsonl"
}

// ParseBundleName returns the stream and window that BundleName was given.
func ParseBundleName(name string) (string, Window, error) {
	parts := strings.Split(strings.TrimSuffix(name, ".jsonl"), "_")
	if len(parts) != 3 {
		return "", Window{}, fmt.Errorf("%q is no name of a window's responses", name)
	}
	from, err := time.Parse(bundleTime, parts[1])
	to, err2 := time.Parse(bundleTime, parts[2])
	if err = errors.Join(err, err2); err != nil {
		return "", Window{}, fmt.Errorf("read name %q: %w", name, err)
	}
	return parts[0], Window{From: from, To: to}, nil
}
