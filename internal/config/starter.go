package config

import (
	"embed"
	"io/fs"
)

//go:embed starter/partnership.yaml starter/layouts/*.yaml
var starter embed.FS

// Starter gives the files that homeward init writes: a commented partnership
// file and a commented layout, by name relative to the folder to write to.
// They load without a problem as they stand.
func Starter() fs.FS {
	sub, err := fs.Sub(starter, "starter")
	if err != nil {
		panic(err) // the folder is embedded above
	}
	return sub
}
