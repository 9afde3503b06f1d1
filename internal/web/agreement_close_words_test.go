package web

import (
	"strings"
	"testing"

	"homeward/internal/closing"
	"homeward/internal/revision"
)

// A day that has moved since a month was closed stands with another body only
// where days are divided between bodies (A8).
func TestA8RevisionsNameABodyOnlyWhereThereAreBodies(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		byGroups bool
		want     string
	}{
		"A8 bodies": {false, "3 days count in another place: with another hospital, council, type of care, reason or body."},
		"A8 groups": {true, "3 days count in another place: with another hospital, council, type of care, reason or group."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sec := revisionsSection(closing.Record{}, &revision.Revised{Elsewhere: 3}, c.byGroups)
			if got := strings.Join(sec.Words, " "); !strings.Contains(got, c.want) {
				t.Errorf("%q does not say %q", got, c.want)
			}
		})
	}
}
