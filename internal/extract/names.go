package extract

// CouncilName gives the name of a council or pseudo-area by ONS code, empty
// when the code is not of one that is known.
func (s *Set) CouncilName(code string) string {
	return s.councils.Named(code)
}
