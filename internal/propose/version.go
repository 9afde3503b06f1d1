package propose

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Version is one version of a layout as it was saved.
type Version struct {
	Name   string
	Number int
	// Text is the layout's YAML, without the lines that say who saved it.
	Text string
	At   time.Time
	// By is the role of who saved it, "By hand" for a version that was found as
	// somebody wrote it; Why is in their words.
	By, Why string
}

// versionHead is the line that a kept version begins with.
var versionHead = regexp.MustCompile(`^# Version (\d+), saved (\S+) by ([^:\n]*): (.*)\n`)

// Kept gives the version as it is kept: its text under a line that says who saved
// it and when.
func (v Version) Kept() string {
	return fmt.Sprintf("# Version %d, saved %s by %s: %s\n%s", v.Number, v.At.UTC().Format(time.RFC3339),
		comment(strings.ReplaceAll(v.By, ":", " ")),
		comment(v.Why), v.Text)
}

// ParseVersion reads a version as it is kept. ok is false for other text.
func ParseVersion(name, kept string) (v Version, ok bool) {
	m := versionHead.FindStringSubmatch(kept)
	if m == nil {
		return v, false
	}
	number, err := strconv.Atoi(m[1])
	if err != nil {
		return v, false
	}
	at, err := time.Parse(time.RFC3339, m[2])
	if err != nil {
		return v, false
	}
	return Version{Name: name, Number: number, Text: kept[len(m[0]):], At: at, By: m[3], Why: m[4]}, true
}

// Whole gives the layout with the lines that the partnership file needs as
// comments at its end, so that they are at hand once the samples are gone.
func (p *Proposal) Whole() string {
	if p.Partnership == "" {
		return p.Layout
	}
	var b strings.Builder
	b.WriteString(p.Layout + "\n")
	for line := range strings.Lines(p.Partnership) {
		b.WriteString("# " + strings.TrimPrefix(line, "# "))
	}
	return b.String()
}

// versionLine is the layout's own line of its version.
var versionLine = regexp.MustCompile(`(?m)^version:.*$`)

// Numbered gives a layout's text with its line of the version.
func Numbered(text string, number int) string {
	line := fmt.Sprintf("version: \"%d\"", number)
	if versionLine.MatchString(text) {
		return versionLine.ReplaceAllLiteralString(text, line)
	}
	return line + "\n" + text
}

// Line is one line of a comparison of two texts.
type Line struct {
	// Mark is + for a line of the later text alone, - for one of the earlier alone
	// and empty for one of both.
	Mark, Text string
}

// Compare gives the lines of two texts beside each other. Long texts are compared
// as wholes.
func Compare(before, after string) []Line {
	a, b := strings.Split(strings.TrimRight(before, "\n"), "\n"), strings.Split(strings.TrimRight(after, "\n"), "\n")
	const most = 1500
	if len(a) > most || len(b) > most {
		a, b = a[:min(len(a), most)], b[:min(len(b), most)]
	}
	// The longest common lines, by the usual table.
	common := make([][]int16, len(a)+1)
	for i := range common {
		common[i] = make([]int16, len(b)+1)
	}
	for i, one := range slices.Backward(a) {
		for j, other := range slices.Backward(b) {
			if one == other {
				common[i][j] = common[i+1][j+1] + 1
			} else {
				common[i][j] = max(common[i+1][j], common[i][j+1])
			}
		}
	}
	var out []Line
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		switch {
		case i < len(a) && j < len(b) && a[i] == b[j]:
			out = append(out, Line{"", a[i]})
			i, j = i+1, j+1
		case j >= len(b) || i < len(a) && common[i+1][j] >= common[i][j+1]:
			out = append(out, Line{"-", a[i]})
			i++
		default:
			out = append(out, Line{"+", b[j]})
			j++
		}
	}
	return out
}

var layoutName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,60}$`)

// IsName says whether a layout may have the name; "new" is the address of the
// page that makes one.
func IsName(name string) bool { return layoutName.MatchString(name) && name != "new" }
