package sqlite

import (
	"fmt"
	"strconv"
	"strings"

	"homeward/internal/people"
)

// readGrants reads the grants of one person as the query of people gives them:
// one a line, with number, role, side, origin and codes between bars. None of
// these can hold a bar or a line break.
func readGrants(text string) ([]people.Grant, error) {
	if text == "" {
		return nil, nil
	}
	var out []people.Grant
	for line := range strings.SplitSeq(text, "\n") {
		part := strings.SplitN(line, "|", 5)
		if len(part) != 5 {
			return nil, fmt.Errorf("a grant is stored as %d parts, not 5", len(part))
		}
		id, err := strconv.ParseInt(part[0], 10, 64)
		if err != nil {
			return nil, err
		}
		side, err := strconv.ParseUint(part[2], 10, 8)
		if err != nil {
			return nil, err
		}
		g := people.Grant{ID: id, Role: people.Role(part[1]), Side: people.Side(side), FromWorkAccount: part[3] == "1"}
		if part[4] != "" {
			g.Codes = strings.Split(part[4], " ")
		}
		out = append(out, g)
	}
	return out, nil
}
