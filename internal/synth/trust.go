package synth

import (
	"math/rand/v2"

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
	// render writes one extract.
	render func(day delay.Day, rows []listing) (file, error)
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
		render: renderNorthgate,
	},
	{
		code: "RZ2", name: "Southmoor Hospitals NHS Trust", share: 0.32, northshire: 0.74, tilt: 0.98,
		sites: []site{
			{"RZ201", "Southmoor Infirmary", []string{"W01", "W02", "W05", "W08", "W11"}, []string{"W20"}},
			{"RZ202", "Millbrook Community Hospital", nil, []string{"M1", "M2"}},
		},
		saysLeaving: 1,
		render:      renderSouthmoor,
	},
	{
		code: "RZ3", name: "Westhaven and District NHS Trust", share: 0.16, northshire: 0.22, tilt: 0.88, localPrefix: "W",
		sites: []site{
			{"RZ301", "Westhaven Hospital", []string{"Harbour", "Lighthouse", "Quay"}, []string{"Orchard"}},
		},
		saysLeaving: 0.85,
		render:      renderWesthaven,
	},
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
