package sqlite

import (
	"database/sql"
	"encoding/hex"
	"slices"

	"homeward/internal/ingest"
)

// localOf gives the local number beside the NHS number of a statement, 0 for
// none.
func (t *taking) localOf(st ingest.Statement) int64 {
	if st.Local == 0 {
		return 0
	}
	return t.localIDs[st.Local-1]
}

// locals finds or adds the provider's own numbers of the batch: those beside
// NHS numbers, and those by which a patient is known alone (I3).
func (t *taking) locals() error {
	all := slices.Clone(t.batch.Locals)
	own := make([]int, len(t.batch.Patients))
	for i, p := range t.batch.Patients {
		own[i] = -1
		if !p.ByNHSNumber {
			own[i] = len(all)
			sealed := p.LocalID
			if sealed == nil {
				sealed = p.Other // the number of a stay, as a Local has it (R15)
			}
			all = append(all, ingest.Local{Hash: p.Hash, Sealed: sealed})
		}
	}
	ids, fresh := make([]int64, len(all)), make([]bool, len(all))
	if !t.fresh && len(all) > 0 {
		wanted := make([]hashAt, len(all))
		for i, l := range all {
			wanted[i] = hashAt{i, hex.EncodeToString(l.Hash[:])}
		}
		if err := lookUp(t.ctx, t.tx, `
			SELECT w.value ->> 'At', l.local_number_id
			FROM json_each(?1) w
			CROSS JOIN local_number l ON l.hash = unhex(w.value ->> 'Hash') AND l.provider_id = ?2`, wanted, t.into(ids), t.senderID); err != nil {
			return err
		}
	}
	next, err := t.next("local_number", "local_number_id")
	if err != nil {
		return err
	}
	insert := newBulk(t.ctx, t.tx, "local_number", []string{"local_number_id", "provider_id", "hash", "sealed"}, "")
	added := map[[len(ingest.Local{}.Hash)]byte]int64{}
	for i, l := range all {
		if ids[i] != 0 {
			continue
		}
		if id, ok := added[l.Hash]; ok {
			ids[i], fresh[i] = id, true
			continue
		}
		ids[i], fresh[i], added[l.Hash] = next, true, next
		if err := insert.add(next, t.senderID, l.Hash[:], l.Sealed); err != nil {
			return err
		}
		next++
	}
	n := len(t.batch.Locals)
	t.localIDs, t.localNew = ids[:n], fresh[:n]
	t.ownIDs, t.ownNew = make([]int64, len(own)), make([]bool, len(own))
	for i, at := range own {
		if at >= 0 {
			t.ownIDs[i], t.ownNew[i] = ids[at], fresh[at]
		}
	}
	return insert.flush()
}

// stated notes which patients are stated with which local numbers, and puts
// those who may be one person into groups.
func (t *taking) stated() error {
	type pair struct{ local, patient int64 }
	var pairs []pair
	seen := map[pair]bool{}
	of := map[int64][]int64{} // the patients of a local number
	var met []int64           // local numbers of before
	note := func(local int64, fresh bool) {
		if _, ok := of[local]; !ok {
			of[local] = nil
			if !fresh {
				met = append(met, local)
			}
		}
	}
	for _, st := range t.batch.Statements {
		if st.Local == 0 {
			continue
		}
		p := pair{t.localOf(st), t.patientIDs[st.Patient]}
		if !seen[p] {
			seen[p] = true
			pairs = append(pairs, p)
			note(p.local, t.localNew[st.Local-1])
		}
	}
	for i, local := range t.ownIDs {
		if local != 0 {
			note(local, t.ownNew[i])
		}
	}
	stored := map[pair]bool{}
	if err := lookUp(t.ctx, t.tx, `
		SELECT local_number_id, patient_id FROM stated_with WHERE local_number_id IN (SELECT value FROM json_each(?1))`, met,
		func(r *sql.Rows) error {
			var p pair
			err := r.Scan(&p.local, &p.patient)
			stored[p] = true
			of[p.local] = append(of[p.local], p.patient)
			return err
		}); err != nil {
		return err
	}
	if err := lookUp(t.ctx, t.tx, `
		SELECT local_number, patient_id FROM patient WHERE local_number <> 0 AND local_number IN (SELECT value FROM json_each(?1))`, met,
		func(r *sql.Rows) error {
			var p pair
			err := r.Scan(&p.local, &p.patient)
			if !slices.Contains(of[p.local], p.patient) {
				of[p.local] = append(of[p.local], p.patient)
			}
			return err
		}); err != nil {
		return err
	}
	var edges [][2]int64
	join := func(local, patient int64) {
		if others := of[local]; len(others) > 0 && others[0] != patient {
			edges = append(edges, [2]int64{others[0], patient})
		}
		if !slices.Contains(of[local], patient) {
			of[local] = append(of[local], patient)
		}
	}
	insert := newBulk(t.ctx, t.tx, "stated_with", []string{"local_number_id", "patient_id"}, "")
	for _, p := range pairs {
		if stored[p] {
			continue
		}
		join(p.local, p.patient)
		if err := insert.add(p.local, p.patient); err != nil {
			return err
		}
	}
	if err := insert.flush(); err != nil {
		return err
	}
	for i, local := range t.ownIDs {
		if local != 0 && t.patientNew[i] {
			join(local, t.patientIDs[i])
		}
	}
	across, err := t.across()
	if err != nil {
		return err
	}
	return group(t.ctx, t.tx, append(edges, across...))
}

// across finds the new patients whose NHS number is known at another provider
// (I5), and gives them as pairs.
func (t *taking) across() ([][2]int64, error) {
	var fresh []int64
	for i, p := range t.batch.Patients {
		if p.ByNHSNumber && t.patientNew[i] {
			fresh = append(fresh, t.patientIDs[i])
		}
	}
	return acrossProviders(t.ctx, t.tx, fresh)
}
