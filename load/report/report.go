// Package report owns the HTML report: one file that shows a warehouse's KPIs
// to people, without a server and without the network.
//
// The file carries the numbers as JSON and the code that draws them. It holds
// counts, amounts and shortened pseudonyms, never a buyer's id or a message.
package report

import (
	"bufio"
	"context"
	"database/sql"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Querier is the warehouse to read from, such as an *sql.DB. All queries of one
// report should see one state: a DuckDB file does that by itself, for others
// give a transaction.
type Querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// Options of a report.
type Options struct {
	Title    string    // "" = 客服绩效报告
	Language string    // zh or en: what the reader sees first; "" = zh
	Now      time.Time // stands in the footer; zero = the time of the call
	Days     int       // how many of the latest days to include; 0 = 400
}

//go:embed assets
var assets embed.FS

// scripts in the order in which they run.
var scripts = []string{"words.js", "format.js", "figures.js", "palette.js", "trend.js", "agents.js", "refunds.js", "losses.js", "overview.js", "main.js"}

// Write reads the warehouse and writes the report.
func Write(ctx context.Context, w io.Writer, warehouse Querier, options Options) error {
	if options.Language == "" {
		options.Language = "zh"
	}
	if options.Now.IsZero() {
		options.Now = time.Now()
	}
	if options.Days <= 0 {
		options.Days = 400
	}
	content, err := read(ctx, warehouse, options)
	if err != nil {
		return fmt.Errorf("read warehouse: %w", err)
	}
	page, err := newPage(content, options)
	if err != nil {
		return err
	}
	layout, err := template.ParseFS(assets, "assets/report.html")
	if err != nil {
		return fmt.Errorf("read layout: %w", err)
	}
	if err := layout.Execute(w, page); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}

// FileName of a saved report.
const FileName = "report.html"

// Save writes the report into a folder, which it makes, and returns the path.
// An older report there is replaced in one step, or stays as it is.
func Save(ctx context.Context, folder string, warehouse Querier, options Options) (path string, err error) {
	if err := os.MkdirAll(folder, 0o755); err != nil { //nolint:gosec // people without the owner's rights read reports
		return "", fmt.Errorf("make folder: %w", err)
	}
	aside, err := os.CreateTemp(folder, ".report-*")
	if err != nil {
		return "", fmt.Errorf("make report: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(aside.Name()))
		}
	}()
	buffered := bufio.NewWriter(aside)
	err = Write(ctx, buffered, warehouse, options)
	if err == nil {
		err = errors.Join(buffered.Flush(), aside.Chmod(0o644)) //nolint:gosec // as above
	}
	if err = errors.Join(err, aside.Close()); err != nil {
		return "", err
	}
	path = filepath.Join(folder, FileName)
	if err = os.Rename(aside.Name(), path); err != nil {
		return "", fmt.Errorf("put the report in place: %w", err)
	}
	return path, nil
}

// page is what the layout is filled with.
type page struct {
	Title, Language string
	Ours            bool // the title is ours and follows the language
	Style           template.CSS
	Data            template.JS // JSON, which encoding/json makes safe inside <script>
	Charts, Script  template.JS
	Notice, License string
}

func newPage(content content, options Options) (page, error) {
	data, err := json.Marshal(content)
	if err != nil {
		return page{}, fmt.Errorf("write numbers: %w", err)
	}
	p := page{Title: options.Title, Language: map[string]string{"zh": "zh-CN", "en": "en"}[options.Language], Data: template.JS(data)} //nolint:gosec // JSON of our own, escaped for HTML
	if p.Title == "" {
		p.Title, p.Ours = "客服绩效报告", true
	}
	if p.Language == "" {
		return page{}, fmt.Errorf("language %q is neither zh nor en", options.Language)
	}
	files := map[string]string{}
	for _, name := range append([]string{"report.css", "echarts/echarts.min.js", "echarts/NOTICE", "echarts/LICENSE", "echarts/LICENSE-d3"}, scripts...) {
		text, err := assets.ReadFile("assets/" + name)
		if err != nil {
			return page{}, fmt.Errorf("read %s: %w", name, err)
		}
		files[name] = string(text)
	}
	var script strings.Builder
	for _, name := range scripts {
		script.WriteString(files[name])
	}
	p.Style = template.CSS(files["report.css"])                                       //nolint:gosec // shipped with the program
	p.Charts = template.JS(files["echarts/echarts.min.js"])                           //nolint:gosec // shipped with the program
	p.Script = template.JS("(() => {\n'use strict';\n" + script.String() + "})();\n") //nolint:gosec // shipped with the program
	p.Notice = files["echarts/NOTICE"]
	p.License = files["echarts/LICENSE"] + "\n" + files["echarts/LICENSE-d3"]
	return p, nil
}
