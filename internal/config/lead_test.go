package config_test

import (
	"strings"
	"testing"

	"homeward/internal/config"
)

// The overview begins with the situation report where somebody lists everybody
// in a bed, and with what the partnership chose; a count that cannot be made is
// refused, with the line and what to do.
func TestLeadOfTheOverview(t *testing.T) {
	beds := strings.Replace(soundLayout, "council: Council", "council: Council, criteria: Criteria", 1)
	beds = strings.Replace(beds, "words: {", "words: {criteria: {add: {meets: [Y], does-not-meet: [N]}}, ", 1)
	for _, c := range []struct{ setting, layout, lead, says string }{
		{"", soundLayout, config.LeadLocal, ""},
		{"", beds, config.LeadSitrep, ""},
		{"discharge", beds, config.LeadDischarge, ""},
		{"local", beds, config.LeadLocal, ""},
		{"local", soundLayout, config.LeadLocal, ""},
		{"dtoc", beds, "", `line 8: settings.lead: found "dtoc", expected one of sitrep, discharge, local`},
		{"sitrep", soundLayout, "", `line 8: settings.lead: found "sitrep", but no provider's layout has a column criteria`},
	} {
		text := soundPartnership
		if c.setting != "" {
			text += "settings: {lead: " + c.setting + "}\n"
		}
		p, err := load(text, c.layout)
		switch {
		case c.says != "":
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%q: %v, expected %s", c.setting, err, c.says)
			}
		case err != nil:
			t.Errorf("%q: %v", c.setting, err)
		case p.Settings.Lead != c.lead:
			t.Errorf("%q: %s leads, expected %s", c.setting, p.Settings.Lead, c.lead)
		}
	}
}
