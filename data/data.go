// Package data embeds the reference data: word lists, councils and rule sets,
// each with its source, the worked examples of a partnership file, and the licences
// of what others wrote. It
// holds no patients, and its globs are exact so that a database which someone
// leaves in this folder is never built into the program.
package data

import (
	"embed"
	"io/fs"
)

// Licences is what is built into the program and was written by others, each with
// its licence. .ci/licences.mjs makes it.
//
//go:embed licences.txt
var Licences string

//go:embed reference/conventions.csv reference/examples.csv reference/headings.csv reference/holidays.csv reference/codesets/*.csv
//go:embed reference/councils/*.csv reference/rulesets/*.csv reference/words/*/*.yaml
var reference embed.FS

//go:embed examples/devon/*.yaml examples/devon/layouts/*.yaml
//go:embed examples/northshire/*.yaml examples/northshire/layouts/*.yaml
//go:embed examples/northshire-2026/*.yaml examples/northshire-2026/layouts/*.yaml
//go:embed examples/board-list/*.yaml examples/board-list/layouts/*.yaml
//go:embed examples/england-acute/*.yaml examples/england-acute/layouts/*.yaml
//go:embed examples/england-mhsds/*.yaml examples/england-mhsds/layouts/*.yaml
//go:embed examples/scotland/*.yaml examples/scotland/layouts/*.yaml
//go:embed examples/wales/*.yaml examples/wales/layouts/*.yaml
var examples embed.FS

// Reference holds councils/*.csv, rulesets/*.csv and
// words/{reasons,responsible,care}/*.yaml.
var Reference fs.FS = sub(reference, "reference")

// Examples holds one folder for each worked example: partnerships of England,
// Scotland and Wales, with their layouts.
var Examples fs.FS = sub(examples, "examples")

func sub(fsys embed.FS, dir string) fs.FS {
	s, err := fs.Sub(fsys, dir)
	if err != nil {
		panic(err) // the folder is embedded above
	}
	return s
}
