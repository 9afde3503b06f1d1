package attribution

import "homeward/internal/delay"

// CodeRules is what a code set says of who may be responsible (D1, A8): the
// bodies that each reason may have, and whether a body that an extract states
// stands for every reason (A2).
type CodeRules struct {
	Name, Version string
	From          delay.Day
	Matrix        map[delay.Reason]Allowed
	// Divides says that the nation divides delays between bodies at all.
	Divides      bool
	StatedStands bool
}

// RuleSet gives the rule set of a code set in its one version.
func (c CodeRules) RuleSet() *RuleSet {
	return &RuleSet{Name: c.Name, Versions: []Version{{Version: c.Version, From: c.From, Matrix: c.Matrix,
		statedStands: c.StatedStands, byGroups: !c.Divides}}}
}
