package web

import (
	"slices"

	"homeward/internal/delay"
	"homeward/internal/measure"
	"homeward/internal/web/page"
)

// byPathwayDays is the split of the flow by the pathways of delayed days, where
// pathway is of the situation report.
const byPathwayDays = "pathway-days"

// pathwayDayWords names a pathway of delayed days.
func pathwayDayWords(p delay.Pathway) string {
	if p == delay.PathwayNotStated {
		return measure.UpperFirst(measure.NotStated)
	}
	return string(p) + " " + pathwayNames[string(p)]
}

// pathwayGroup is the field that narrows delayed days to pathways.
func pathwayGroup(f measure.Filter) page.ChoiceGroup {
	g := page.ChoiceGroup{Legend: "Pathway", Name: page.WordPathway, Kind: "checkbox", Style: "checkboxes"}
	for _, p := range delay.Pathways {
		value := page.PathwaySlug(p)
		g.Items = append(g.Items, page.Choice{ID: g.Name + "-" + value, Value: value, Text: pathwayDayWords(p),
			Chosen: slices.Contains(f.Pathways, p)})
	}
	return g
}

// dayGroups are the fields that narrow delayed days.
func (s *Server) dayGroups(f measure.Filter) []page.ChoiceGroup {
	return append(s.opts.Places.Groups(f), pathwayGroup(f))
}
