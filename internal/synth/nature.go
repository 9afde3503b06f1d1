package synth

import (
	"bytes"
	_ "embed" // The table of natures.
	"encoding/csv"
	"strconv"
	"strings"

	"homeward/internal/delay"
)

// nature is what is drawn about the delays for one reason.
type nature struct {
	reason delay.Reason
	// weight is how many of a hundred delays begin with the reason.
	weight float64
	// middle is the median length in days.
	middle float64
	// council and joint are the parts of the days with social care and with
	// both, at the drift's level 1.
	council, joint float64
	// next are the reasons that may follow inside the same delay.
	next []delay.Reason
	// pathway is the one that people leave by, negative for any.
	pathway int
}

//go:embed natures.csv
var naturesTable []byte

var natures = readNatures(naturesTable)

// readNatures reads the table, which is part of the program: a damaged one stops
// every test.
func readNatures(table []byte) []nature {
	reader := csv.NewReader(bytes.NewReader(table))
	reader.Comment = '#'
	rows, err := reader.ReadAll()
	if err != nil {
		panic(err)
	}
	var out []nature
	for _, row := range rows[1:] {
		n := nature{reason: delay.Reason(row[0]), pathway: -1}
		for i, to := range []*float64{&n.weight, &n.middle, &n.council, &n.joint} {
			if *to, err = strconv.ParseFloat(row[1+i], 64); err != nil {
				panic(err)
			}
		}
		for next := range strings.SplitSeq(row[5], "|") {
			if next != "" {
				n.next = append(n.next, delay.Reason(next))
			}
		}
		if row[6] != "" {
			if n.pathway, err = strconv.Atoi(row[6]); err != nil {
				panic(err)
			}
		}
		out = append(out, n)
	}
	return out
}

// natureOf gives what is drawn for a reason.
func natureOf(r delay.Reason) *nature {
	for i := range natures {
		if natures[i].reason == r {
			return &natures[i]
		}
	}
	return &natures[0]
}
