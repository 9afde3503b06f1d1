package app

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"homeward/data"
	"homeward/internal/config"
	"homeward/internal/council"
	"homeward/internal/problem"
)

// ReferenceFolder may stand beside the partnership file and hold newer lists
// than the program's own: councils/england.csv, wales.csv, scotland.csv and
// northern-ireland.csv.
const ReferenceFolder = "reference"

// reference is the program's reference data, with each file that stands under
// the same name in the partnership's folder in its place.
type reference struct{ own fs.FS }

func referenceBeside(partnership string) reference {
	return reference{os.DirFS(filepath.Join(filepath.Dir(partnership), ReferenceFolder))}
}

// Own gives the folder beside the partnership file, which may hold code sets,
// conventions and examples of the partnership's own (D1, D2).
func (r reference) Own() fs.FS { return r.own }

// Embedded gives the reference data of the program.
func (r reference) Embedded() fs.FS { return data.Reference }

func (r reference) Open(name string) (fs.File, error) {
	if ok, _ := filepath.Match("councils/*.csv", name); ok {
		if f, err := r.own.Open(name); !errors.Is(err, fs.ErrNotExist) {
			return f, err
		}
	}
	return data.Reference.Open(name)
}

func setUpCouncils(flags *flag.FlagSet, c *Console) func(context.Context, []string) (int, error) {
	d := addData(flags, c).addPartnership(flags)
	return func(_ context.Context, words []string) (int, error) {
		if len(words) != 2 || words[0] != "check" {
			return ExitUsage, usage("Say which list to compare with: councils check FILE.")
		}
		p := &config.Partnership{}
		var ref fs.FS = data.Reference
		if d.data != "" || d.partnership != "" {
			path := Options{Data: d.data, Partnership: d.partnership}.partnershipPath()
			var err error
			if p, err = config.LoadPartnership(path); err != nil {
				return ExitLess, err
			}
			ref = referenceBeside(path)
		}
		list, err := council.Load(ref, p)
		if err != nil {
			return ExitLess, err
		}
		text, err := os.ReadFile(words[1])
		if err != nil {
			return ExitLess, problem.Wrap(err, problem.NotFound, "%s could not be read", words[1])
		}
		newer, err := council.ParseAny(text)
		if err != nil {
			return ExitLess, problem.New(problem.Invalid, "%s is no list of councils: %v. "+
				"Give one in the form of reference/councils/england.csv, or uk_local_authorities.csv as mySociety publishes it.", words[1], err)
		}
		changes := list.Changes(newer)
		for _, change := range changes {
			fmt.Fprintf(c.Out, "%-8s %s\n", change.Kind, change.Words)
		}
		fmt.Fprintf(c.Out, "%d areas in %s, %d differences.\n", len(newer), words[1], len(changes))
		if len(changes) > 0 {
			return ExitLess, nil
		}
		return ExitDone, nil
	}
}
