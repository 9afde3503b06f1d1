package definition

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"homeward/internal/delay"
)

// CodeSet is a list of reasons for delay (D1).
type CodeSet struct {
	Provenance
	// Bodies says that the nation divides delays between NHS and council;
	// otherwise by Groups (A8).
	Bodies bool
	// StatedStands says that a body which an extract states stands for every
	// reason, known or not (A2).
	StatedStands bool
	// Groups lists the groups in the order of the published tables.
	Groups []string
	// Apart lists groups that are collected and never in a published figure,
	// NotStandard those that the nation counts as other than standard delays,
	// and InDoubt codes of which the sources disagree whether a census holds
	// them.
	Apart, NotStandard, InDoubt []string
	// Internal lists groups that are the hospital's own process: what a national
	// plan bounds in hours.
	Internal []string
	// NoReason is the code that means that no reason was given, and
	// BlankReason the code for which a blank stands, both often empty.
	NoReason, BlankReason string
	// OwnCodes says that the codes are this program's and mean nothing to readers.
	OwnCodes bool
	Codes    []Code

	byKey map[string][]int
}

// Code is one reason of a code set.
type Code struct {
	Code, Label string
	// Short is the label in a few words, for screens and charts.
	Short           string
	Spellings       []string
	Group, Subgroup string
	Pathways        []string
	// Bodies are those that the reason may be attributed to, and Suggested
	// the one that its label names without any national rule saying so,
	// NotAttributed when it names none.
	Bodies          []delay.Body
	Suggested       delay.Body
	Acute, NonAcute bool
	From, Until     delay.Day
	// Meaning says in a sentence when the reason is right; Counts and CountsNot are
	// worked examples for and against it. RareTo are pathways to which people who
	// wait for it rarely go. All may be empty.
	Meaning, Counts, CountsNot string
	RareTo                     []string
}

// InForce says whether the reason existed on the day.
func (c Code) InForce(day delay.Day) bool {
	return (c.From == 0 || c.From <= day) && (c.Until == 0 || day <= c.Until)
}

func parseCodeSet(name string, t *table) (*CodeSet, error) {
	if t == nil {
		return nil, fmt.Errorf("it is empty")
	}
	s := &CodeSet{byKey: map[string][]int{}}
	s.Provenance = Provenance{
		Name: name, Title: t.meta["title"], Nation: t.meta["nation"], Version: t.meta["version"],
		Source: t.meta["source"], Certainty: t.meta["certainty"], Note: t.meta["note"],
	}
	for _, key := range []string{"title", "nation", "version", "source", "certainty", "divides_by"} {
		if t.meta[key] == "" {
			return nil, fmt.Errorf("expected a line \"# %s: …\" above the headings", key)
		}
	}
	for key, day := range map[string]*delay.Day{"from": &s.From, "until": &s.Until} {
		if text := t.meta[key]; text != "" {
			d, err := delay.ParseDay(text)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", key, err)
			}
			*day = d
		}
	}
	switch t.meta["divides_by"] {
	case "bodies":
		s.Bodies = true
	case "groups":
	default:
		return nil, fmt.Errorf("divides_by: found %q, expected bodies or groups", t.meta["divides_by"])
	}
	switch stated := t.meta["stated_body"]; stated {
	case "stands":
		s.StatedStands = true
	case "needs-known-reason", "":
	default:
		return nil, fmt.Errorf("stated_body: found %q, expected stands or needs-known-reason", stated)
	}
	switch own := t.meta["codes"]; own {
	case "own":
		s.OwnCodes = true
	case "":
	default:
		return nil, fmt.Errorf("codes: found %q, expected own or no such line", own)
	}
	s.Groups, s.Apart = list(t.meta["groups"]), list(t.meta["apart"])
	s.NotStandard, s.InDoubt = list(t.meta["not_standard"]), list(t.meta["in_doubt"])
	s.Internal = list(t.meta["internal"])
	s.NoReason, s.BlankReason = t.meta["no_reason"], t.meta["blank_reason"]
	for i := range t.rows {
		r := t.row(i)
		c := Code{
			Code: r.text("code"), Label: r.text("label"), Short: r.text("short"), Spellings: r.list("spellings"),
			Group: r.text("group"), Subgroup: r.text("subgroup"), Pathways: r.list("pathways"),
			Acute: r.yes("acute"), NonAcute: r.yes("non_acute"), From: r.day("from"), Until: r.day("until"),
		}
		c.Meaning, c.Counts, c.CountsNot = r.given("meaning"), r.given("counts"), r.given("counts_not")
		c.RareTo = list(r.given("rare_to"))
		for _, slug := range r.list("bodies") {
			b, err := delay.ParseBody(slug)
			if err != nil {
				r.fail("bodies: %v", err)
			}
			c.Bodies = append(c.Bodies, b)
		}
		if slug := r.text("suggested"); slug != "" {
			b, err := delay.ParseBody(slug)
			if err != nil {
				r.fail("suggested: %v", err)
			}
			c.Suggested = b
		}
		if c.Code == "" || c.Label == "" {
			r.fail("expected a code and a label")
		}
		if r.err != nil {
			return nil, fmt.Errorf("line %d: %w", t.lines[i], r.err)
		}
		if c.Short == "" {
			c.Short = c.Label
		}
		if c.Group != "" && !slices.Contains(s.Groups, c.Group) {
			s.Groups = append(s.Groups, c.Group)
		}
		s.Codes = append(s.Codes, c)
		for _, text := range append([]string{c.Code, c.Label, c.Short}, c.Spellings...) {
			key := matchKey(text)
			if !slices.Contains(s.byKey[key], i) {
				s.byKey[key] = append(s.byKey[key], i)
			}
		}
	}
	return s, nil
}

// Match gives the reason that a text means on a day: by code, label or another
// spelling, after dashes, spaces, capitals and lost characters are made alike
// (D1). It is not found when the text means none, or several.
func (s *CodeSet) Match(text string, on delay.Day) (Code, bool) {
	found := -1
	var best Code
	for _, i := range s.byKey[matchKey(text)] {
		c := s.Codes[i]
		switch {
		case found < 0 || !best.InForce(on) && c.InForce(on):
		case best.Code != c.Code && best.InForce(on) == c.InForce(on):
			return Code{}, false
		default:
			continue
		}
		found, best = i, c
	}
	return best, found >= 0
}

// Coded gives the reason of a code, as worded on the day.
func (s *CodeSet) Coded(code string, on delay.Day) (Code, bool) {
	var found Code
	ok := false
	for _, c := range s.Codes {
		if c.Code == code && (!ok || c.InForce(on)) {
			found, ok = c, true
		}
	}
	return found, ok
}

// Reason gives the key by which a reason of this set stands in a store and in
// figures: the set's name and the code, or the code alone where bare is the
// set's name, as England's old letters always did.
func (s *CodeSet) Reason(code string) delay.Reason {
	if s.Name == bare || code == "" {
		return delay.Reason(code)
	}
	return delay.Reason(s.Name + "/" + code)
}

// bare is the code set whose codes stand without its name.
const bare = "england-dtoc"

// Reason gives the code set and the code of a reason's key. It is not found
// when the key is empty or of no table.
func (t *Tables) Reason(key delay.Reason, on delay.Day) (*CodeSet, Code, bool) {
	name, code, ok := strings.Cut(string(key), "/")
	if !ok {
		name, code = bare, string(key)
	}
	for _, s := range t.CodeSets {
		if s.Name == name {
			c, ok := s.Coded(code, on)
			return s, c, ok
		}
	}
	return nil, Code{}, false
}

// matchKey makes alike what senders write differently, and leaves out what
// their systems lose: only letters, digits and strokes stay.
func matchKey(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '/':
			return r
		case unicode.IsLetter(r), unicode.IsDigit(r):
			return unicode.ToLower(r)
		}
		return -1
	}, text)
}
