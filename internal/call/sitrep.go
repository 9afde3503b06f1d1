package call

// Sitrep is the number of England's situation report beside ours, of the
// hospitals that list everybody in a bed, each on its latest day (D6, D8).
type Sitrep struct {
	// Remaining is the report's; Ours what we count at the same hospitals, and
	// Elsewhere what we count at the others, which have no such number.
	Remaining int64 `json:"remaining"`
	Ours      int64 `json:"ours"`
	Elsewhere int64 `json:"elsewhere"`
	// Ready are those remaining whose ready day it is, where ours does not count
	// it; Rest is what neither explains.
	Ready int64 `json:"ready_that_day"`
	Rest  int64 `json:"not_explained"`
}

// sitrep adds up the numbers of the hospitals that have one, nil when none does.
func (m *maker) sitrep() *Sitrep {
	if m.set.Sitrep == nil {
		return nil
	}
	var s *Sitrep
	for _, h := range m.Hospitals {
		if !h.Counted {
			continue
		}
		before, remaining, ok := m.set.Sitrep(h.Code, m.at[h.Code])
		if !ok {
			continue
		}
		if s == nil {
			s = &Sitrep{}
		}
		s.Remaining += remaining
		s.Ours += h.Waiting.Total()
		if !m.set.Book.Counting().Ready {
			s.Ready += remaining - before
		}
	}
	if s != nil {
		s.Rest = s.Remaining - s.Ours - s.Ready
		s.Elsewhere = m.Waiting.Total() - s.Ours
	}
	return s
}

// words are the bridge from our number to the report's in one line, which adds
// up.
func (s Sitrep) words() string {
	line := "Sitrep " + whole(s.Remaining) + " = our " + whole(s.Ours+s.Elsewhere)
	add := func(n int64, words string) {
		switch {
		case n > 0:
			line += " + " + whole(n) + " " + words
		case n < 0:
			line += " − " + whole(-n) + " " + words
		}
	}
	add(-s.Elsewhere, "at hospitals that list delays alone")
	add(s.Ready, "who became ready that day")
	add(s.Rest, "not explained")
	return line + "."
}
