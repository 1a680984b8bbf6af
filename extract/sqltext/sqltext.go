// Package sqltext owns how a text and a name are spelled in a statement, so
// that neither can end it. Imports nothing of ours.
package sqltext

import "strings"

// Literal is a text as an SQL literal: in single quotes, those within doubled.
func Literal(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// Ident is the name of a table or a column as an SQL identifier: in double
// quotes, those within doubled.
func Ident(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }
