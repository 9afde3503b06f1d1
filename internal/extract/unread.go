package extract

import (
	"homeward/internal/delay"
	"homeward/internal/identity"
)

// unread notes the record that is being quarantined where it names its patient:
// unreadable is not absent (C20). Of a record whose cells may be under the
// wrong headings nothing is believed but an NHS number, which has a check.
func (r *rowReader) unread(on delay.Day) {
	rec := r.reading
	if rec == nil || rec.flaw == tooLong {
		return
	}
	u := UnreadRow{Line: rec.line, Provider: r.of, ExtractDate: on}
	if r.lastShort {
		for _, cell := range rec.cells {
			number, reading := identity.NHSNumber(string(cell))
			if reading != identity.Good || number == u.NHSNumber {
				continue
			}
			if u.NHSNumber != "" {
				return // Two people: which of them the row is about is not known.
			}
			u.NHSNumber = number
		}
	} else {
		u.NHSNumber, _ = nhs(r.cell(rec, fNHSNumber))
		if cell := r.cell(rec, fLocalID); len(cell) > 0 && len(cell) <= r.limits.Cell {
			text, _, cut := clean(cell, maxLocalID)
			if id, reading := identity.LocalID(text); reading == identity.Good && !cut {
				u.LocalID = id
			}
		}
		var row Row
		row.LocalID = u.LocalID
		r.standIn(rec, &row)
		u.Pseudonym, u.Scheme, u.Spell = row.Pseudonym, row.Scheme, row.Spell
		if v := r.readDate(r.cell(rec, fReady)); v.state == goodDate {
			u.Ready = v.day
		}
		if v := r.readDate(r.cell(rec, fDischarged)); v.state == goodDate {
			u.Discharged = v.day
		}
	}
	if u.NHSNumber != "" || u.LocalID != "" || u.Pseudonym != "" || u.Spell != "" {
		r.Unread = append(r.Unread, u)
	}
}
