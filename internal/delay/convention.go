package delay

import "homeward/internal/problem"

// Convention says which days of a delay count (C1). Conventions are data: the
// partnership file names the one in use.
type Convention struct {
	Name string
	// CountReady counts the ready day itself; CountEnd the day of leaving.
	CountReady, CountEnd bool
}

// The conventions of rule C1. EnglandDToC is NHS Digital's own code for the
// delayed-days measure MHS26: every day between the ready day and the day of
// leaving, neither of them included. Scotland2016 counts ready < X <= end,
// EnglandDRD ready <= X < end.
var (
	EnglandDToC  = Convention{Name: "england-dtoc"}
	Scotland2016 = Convention{Name: "scotland-2016", CountEnd: true}
	EnglandDRD   = Convention{Name: "england-drd", CountReady: true}
)

// Conventions lists every convention that Homeward knows.
var Conventions = [...]Convention{EnglandDToC, Scotland2016, EnglandDRD}

// ConventionNamed gives the convention of that name, or an Invalid problem.
func ConventionNamed(name string) (Convention, error) {
	for _, c := range Conventions {
		if c.Name == name {
			return c, nil
		}
	}
	return Convention{}, problem.New(problem.Invalid, "Found the counting convention %q. Use england-dtoc, scotland-2016 or england-drd.",
		name)
}

// firstDay gives the first day that counts after the ready day.
func (c Convention) firstDay(ready Day) Day {
	if c.CountReady {
		return ready
	}
	return ready + 1
}

// lastDay gives the last day that counts before or on the end.
func (c Convention) lastDay(end Day) Day {
	if c.CountEnd {
		return end
	}
	return end - 1
}
