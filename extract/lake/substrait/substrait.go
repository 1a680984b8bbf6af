// Package substrait stands in for github.com/substrait-io/substrait, of which
// iceberg-go reads every function definition when a program starts: 30 MB and
// 0.1 s of processor time before main. It holds the definitions that row
// filters of Iceberg scans use, unchanged and under their Apache License 2.0.
//
// It takes effect by a replace directive in the main module's go.mod:
//
//	replace github.com/substrait-io/substrait => ./extract/lake/substrait
package substrait

import "embed"

//go:embed extensions
var extensions embed.FS

// GetSubstraitFS returns the definitions.
func GetSubstraitFS() embed.FS { return extensions }

// GetSubstraitExtensionsFS returns the definitions.
func GetSubstraitExtensionsFS() embed.FS { return extensions }
