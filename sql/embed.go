// Package sql holds the models (one plain SQL file each) and the macros that
// hide what engines spell differently. It exposes the files and nothing else.
package sql

import "embed"

// FS holds macros/<engine>.sql, {staging,intermediate,marts}/<model>.sql, the
// selects of the rows behind KPIs, evidence/<rows>.sql, and the KPI catalogue,
// metrics.yaml.
//
//go:embed macros/*.sql staging/*.sql intermediate/*.sql marts/*.sql evidence/*.sql metrics.yaml
var FS embed.FS
