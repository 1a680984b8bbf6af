// Package sql holds the models (one plain SQL file each) and the macros that
// hide what engines spell differently. It exposes the files and nothing else.
package sql

import "embed"

// FS holds macros/<engine>.sql and {staging,intermediate,marts}/<model>.sql.
//
//go:embed macros/*.sql
var FS embed.FS
