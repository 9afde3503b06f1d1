package synth

import (
	"math/rand/v2"
	"slices"

	"homeward/internal/delay"
)

// trust is a fictional provider: its part of the partnership's delayed people
// and the ways of its export.
type trust struct {
	// code stands in for an ODS code; no organisation has one that begins RZ.
	code string
	name string
	// share is the trust's part of all people delayed.
	share float64
	// northshire is the part of its patients who live in Northshire; the
	// others live in Westhaven.
	northshire float64
	// tilt raises or lowers the council's part of its days.
	tilt  float64
	sites []site
	// localPrefix begins the local patient numbers.
	localPrefix string
	// saysLeaving is the part of its leavers who are listed once more, with the
	// day of leaving; 0 means that absence is the only sign.
	saysLeaving float64
	// render writes one extract of the delayed, nil for a trust that sends none
	// before Options.BedsFrom.
	render func(day delay.Day, rows []listing) (file, error)
	// renderBeds writes one extract from Options.BedsFrom on: of everybody in a
	// bed, or for the mental-health trust of the delayed.
	renderBeds func(day delay.Day, rows []listing) (file, error)
	// set is the code set of renderBeds.
	set string
	// everybody says that renderBeds lists everybody in a bed.
	everybody bool
	// numbers is where its own part of the NHS numbers of people who are never
	// delayed begins.
	numbers int
	// age and ages are the mean age of its patients and how far they differ.
	age, ages float64
}

// from gives the first day of which the trust sends a list.
func (t *trust) from(o Options) delay.Day {
	if t.render == nil {
		return o.BedsFrom
	}
	return o.From
}

// sendersOf gives the trusts that send, the mental-health trust only where lists
// of 2026 are asked for.
func sendersOf(o Options) []*trust {
	var out []*trust
	for i := range trusts {
		out = append(out, &trusts[i])
	}
	if o.BedsFrom != 0 {
		out = append(out, &mentalHealth)
	}
	return out
}

// site is a hospital with its acute and non-acute wards.
type site struct {
	code, name      string
	acute, nonAcute []string
}

// The councils of Northshire. The codes have the shape of ONS codes but end
// in 99, which no council has.
const (
	northshire = "E10000099"
	westhaven  = "E06000099"
)

// trusts are the providers of Northshire, the largest first.
var trusts = [...]trust{
	{
		code: "RZ1", name: "Northgate NHS Trust", share: 0.52, northshire: 0.86, tilt: 1.06, localPrefix: "NG",
		sites: []site{
			{"RZ101", "Northgate General", []string{"4A", "4B", "5A", "5B", "6A", "7C"}, []string{"Elm"}},
			{"RZ102", "Priory Park Hospital", nil, []string{"Ash", "Beech"}},
		},
		render: renderNorthgate, renderBeds: renderNorthgateBeds, set: acuteReasons, everybody: true, age: 80, ages: 9,
	},
	{
		code: "RZ2", name: "Southmoor Hospitals NHS Trust", share: 0.32, northshire: 0.74, tilt: 0.98,
		sites: []site{
			{"RZ201", "Southmoor Infirmary", []string{"W01", "W02", "W05", "W08", "W11"}, []string{"W20"}},
			{"RZ202", "Millbrook Community Hospital", nil, []string{"M1", "M2"}},
		},
		saysLeaving: 1,
		render:      renderSouthmoor, renderBeds: renderSouthmoorBeds, set: acuteReasons, everybody: true, numbers: 200_000, age: 80, ages: 9,
	},
	{
		code: "RZ3", name: "Westhaven and District NHS Trust", share: 0.16, northshire: 0.22, tilt: 0.88, localPrefix: "W",
		sites: []site{
			{"RZ301", "Westhaven Hospital", []string{"Harbour", "Lighthouse", "Quay"}, []string{"Orchard"}},
		},
		saysLeaving: 0.85,
		render:      renderWesthaven, renderBeds: renderWesthavenBeds, set: acuteReasons, everybody: true, numbers: 350_000, age: 80, ages: 9,
	},
}

// mentalHealth is a fictional mental-health trust, which sends what it submits to
// the Mental Health Services Data Set.
var mentalHealth = trust{
	code: "RZ4", name: "Northshire Partnership NHS Trust", share: 0.09, northshire: 0.8, tilt: 1, localPrefix: "NP",
	sites: []site{
		{"RZ401", "Fairmead Hospital", nil, []string{"Cedar", "Rowan", "Willow"}},
		{"RZ402", "Quayside Unit", nil, []string{"Heron"}},
	},
	saysLeaving: 0.7,
	renderBeds:  renderMentalHealth, set: mentalReasons, age: 52, ages: 16,
}

func (t *trust) onlyNonAcute() bool {
	return !slices.ContainsFunc(t.sites, func(s site) bool { return len(s.acute) > 0 })
}

// place draws a site and ward that give the care.
func (t *trust) place(r *rand.Rand, care delay.CareType) (s *site, ward string) {
	for {
		s = &t.sites[r.IntN(len(t.sites))]
		wards := s.acute
		if care == delay.NonAcute {
			wards = s.nonAcute
		}
		if len(wards) > 0 {
			return s, wards[r.IntN(len(wards))]
		}
	}
}
