package sqlite_test

import (
	"flag"
	"fmt"
	"os"
	"runtime/debug"
	"testing"
)

// Properties of whole stores draw fewer histories in "make test", each run
// others, than in "make test-long".
func TestMain(m *testing.M) {
	flag.Parse()
	asked := false
	flag.Visit(func(f *flag.Flag) { asked = asked || f.Name == "rapid.checks" })
	if !asked {
		draws := "40"
		if os.Getenv("HOMEWARD_LONG") != "" {
			draws = "300"
		}
		if err := flag.Set("rapid.checks", draws); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	debug.SetGCPercent(300) // Room for time: collecting was an eighth of it.
	os.Exit(m.Run())
}
