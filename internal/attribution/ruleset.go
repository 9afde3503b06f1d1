package attribution

import (
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"strings"

	"homeward/internal/delay"
	"homeward/internal/problem"
)

// RuleSet is one named set of attribution rules in all its versions, oldest
// first. The version in force on the day of the listing decides.
type RuleSet struct {
	Name     string
	Versions []Version
}

// Version is one version of a rule set: the matrix of which body each reason
// may be attributed to, for which type of care, from a day on.
type Version struct {
	Version string
	From    delay.Day
	Matrix  map[delay.Reason]Allowed

	// statedStands has a stated body stand for every reason, known or not (A2);
	// byGroups says that the nation divides delays by groups and not by bodies
	// (A8).
	statedStands, byGroups bool
	// agreed says who agreed that the partnership maps a reason to its one body,
	// by the reasons that it maps.
	agreed map[delay.Reason]string
}

// Allowed is one reason's line of the matrix.
type Allowed struct {
	Label                  string
	NHS, SocialCare, Joint bool
	Acute, NonAcute        bool
}

// columns are the headings of a rule-set file, in order.
var columns = []string{"version", "from", "reason", "nhs", "social_care", "joint", "acute", "non_acute", "label"}

// ParseRuleSet reads a rule-set file: a CSV with the columns version, from,
// reason, nhs, social_care, joint, acute, non_acute (yes or no) and label. The
// error is an Invalid problem that names the line.
func ParseRuleSet(name string, src io.Reader) (*RuleSet, error) {
	rows, err := csv.NewReader(src).ReadAll()
	if err != nil {
		return nil, problem.Wrap(err, problem.Invalid, "The rule set %s could not be read as CSV", name)
	}
	if len(rows) == 0 || !slices.Equal(rows[0], columns) {
		return nil, problem.New(problem.Invalid, "The rule set %s must start with the columns %s.", name, strings.Join(columns, ","))
	}
	set := &RuleSet{Name: name}
	for i, row := range rows[1:] {
		from, err := delay.ParseDay(row[1])
		if err != nil {
			return nil, problem.New(problem.Invalid, "Rule set %s, line %d: from: %v.", name, i+2, err)
		}
		allowed := Allowed{Label: row[8]}
		for column, target := range map[int]*bool{3: &allowed.NHS, 4: &allowed.SocialCare, 5: &allowed.Joint, 6: &allowed.Acute,
			7: &allowed.NonAcute} {
			switch row[column] {
			case "yes":
				*target = true
			case "no":
			default:
				return nil, problem.New(problem.Invalid, "Rule set %s, line %d: %s: found %q, expected yes or no.", name, i+2, columns[column],
					row[column])
			}
		}
		n := len(set.Versions)
		if n == 0 || set.Versions[n-1].Version != row[0] {
			if n > 0 && set.Versions[n-1].From >= from {
				return nil, problem.New(problem.Invalid, "Rule set %s, line %d: version %s must start after version %s.", name, i+2, row[0],
					set.Versions[n-1].Version)
			}
			set.Versions = append(set.Versions, Version{Version: row[0], From: from, Matrix: map[delay.Reason]Allowed{}})
			n++
		}
		set.Versions[n-1].Matrix[delay.Reason(row[2])] = allowed
	}
	if len(set.Versions) == 0 {
		return nil, problem.New(problem.Invalid, "The rule set %s has no rules.", name)
	}
	return set, nil
}

// Fingerprint changes when any rule does.
func (s *RuleSet) Fingerprint() string {
	h := sha256.New()
	for _, v := range s.Versions {
		// Maps are printed in the order of their keys.
		fmt.Fprintf(h, "%q %q %d %v %v %v\n", s.Name, v.Version, v.From, v.Matrix, v.statedStands, v.byGroups)
		if len(v.agreed) > 0 {
			fmt.Fprintf(h, "%q\n", v.agreed)
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

// On gives the version in force on the day: the latest that started on or
// before it, or the first of all for days before any.
func (s *RuleSet) On(day delay.Day) *Version {
	for i := len(s.Versions) - 1; i > 0; i-- {
		if s.Versions[i].From <= day {
			return &s.Versions[i]
		}
	}
	return &s.Versions[0]
}

// Bodies gives the bodies that the matrix allows for a reason and care type,
// in the order social care, NHS, joint. An unknown reason, or a care type in
// which the reason does not exist, allows none. Care that is not known is
// allowed only where the reason exists in both.
func (v *Version) Bodies(reason delay.Reason, care delay.CareType) []delay.Body {
	allowed, ok := v.Matrix[reason]
	switch {
	case !ok,
		care == delay.Acute && !allowed.Acute,
		care == delay.NonAcute && !allowed.NonAcute,
		care == delay.CareNotKnown && !(allowed.Acute && allowed.NonAcute),
		care == delay.Paediatric, care == delay.Maternity:
		return nil
	}
	var bodies []delay.Body
	for _, b := range delay.Bodies {
		if allowed.permits(b) {
			bodies = append(bodies, b)
		}
	}
	return bodies
}

func (a Allowed) permits(b delay.Body) bool {
	switch b {
	case delay.NHS:
		return a.NHS
	case delay.SocialCare:
		return a.SocialCare
	case delay.Joint:
		return a.Joint
	default:
		return false
	}
}
