package web

import (
	"homeward/internal/measure"
)

// notAgreedWords say beside a figure of agreed days how many are not agreed;
// empty on another basis.
func notAgreedWords(b measure.Basis, agreed, notAgreed int64) string {
	switch {
	case b != measure.BasisAgreed:
		return ""
	case notAgreed == 0:
		return "Every counted day is agreed."
	}
	return measure.UpperFirst(plural(notAgreed, "more day is", "more days are")) + " not agreed by both bodies; " +
		count(agreed+notAgreed) + " are counted in all."
}
