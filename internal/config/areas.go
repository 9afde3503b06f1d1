package config

import (
	"bytes"
	_ "embed" // The table of area codes.
	"encoding/csv"
	"errors"
	"io/fs"
	"regexp"
	"slices"
	"sync"

	"homeward/internal/problem"
)

// The kinds of code that areas tells apart.
const (
	areaProvider = "provider"
	areaCouncil  = "council"
	areaDistrict = "district"
	areaOther    = "other"
)

// ownAreas is the partnership's own table, beside its file.
const ownAreas = "reference/areas.csv"

//go:embed areas.csv
var areaTable []byte

// areas are the patterns of each kind of code.
type areas map[string][]*regexp.Regexp

// is says whether a code is of a kind.
func (a areas) is(kind, code string) bool {
	if a == nil {
		a = national()
	}
	return slices.ContainsFunc(a[kind], func(re *regexp.Regexp) bool { return re.MatchString(code) })
}

// national are the codes of the program's table alone.
var national = sync.OnceValue(func() areas {
	out := areas{}
	if err := out.read(areaTable, "areas.csv"); err != nil {
		panic(err) // It is part of the program, and a test reads it.
	}
	return out
})

// readAreas reads the program's table and what the file of fsys adds to it. The
// error is an Invalid problem that names the line.
func readAreas(fsys fs.FS, file string) (areas, error) {
	out := areas{}
	own, err := fs.ReadFile(fsys, file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, unread(err, file)
	}
	for kind, patterns := range national() {
		out[kind] = slices.Clone(patterns)
	}
	return out, out.read(own, file)
}

// read adds the patterns of a table. The error is an Invalid problem that names
// the row.
func (a areas) read(table []byte, file string) error {
	reader := csv.NewReader(bytes.NewReader(table))
	reader.Comment = '#'
	rows, err := reader.ReadAll()
	if err != nil {
		return problem.Wrap(err, problem.Invalid, "%s could not be read as CSV", file)
	}
	for i, row := range rows {
		if i == 0 {
			if !slices.Equal(row, []string{"kind", "pattern", "source"}) {
				return problem.New(problem.Invalid, "%s must start with the columns kind,pattern,source.", file)
			}
			continue
		}
		re, err := regexp.Compile("^(?:" + row[1] + ")$")
		if err != nil || !slices.Contains([]string{areaProvider, areaCouncil, areaDistrict, areaOther}, row[0]) {
			return problem.New(problem.Invalid, "%s, row %d: found %q and %q, expected provider, council, district or other, and a regular "+
				"expression.", file, i, row[0], row[1])
		}
		a[row[0]] = append(a[row[0]], re)
	}
	return nil
}
