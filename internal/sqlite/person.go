package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"

	"homeward/internal/delay"
	"homeward/internal/logbook"
	"homeward/internal/person"
)

// member is one patient of a group: somebody who may be the same person as the
// others of the group, at the same provider or at another.
type member struct {
	person.Record
	// provider is under whom the patient is shown, sender who names them so, and
	// head the patient whose reference stands now.
	provider, sender, head int64
}

// family is a group, provider by provider, in the order of their numbers.
type family []member

// groups gives the groups that patients belong to; those who are alone belong
// to none.
func (d *derivation) groups(patients []int64) (map[int64]int64, error) {
	out := map[int64]int64{}
	if d.store.unlinked {
		return out, nil
	}
	var any bool
	if err := d.tx.QueryRowContext(d.ctx, `SELECT EXISTS (SELECT 1 FROM patient WHERE group_id <> 0)`).Scan(&any); err != nil || !any {
		return out, err
	}
	err := lookUp(d.ctx, d.tx, `
		SELECT patient_id, group_id FROM patient WHERE patient_id IN (SELECT value FROM json_each(?1)) AND group_id <> 0`, patients,
		func(r *sql.Rows) error {
			var patient, group int64
			err := r.Scan(&patient, &group)
			out[patient] = group
			return err
		})
	return out, err
}

// families reads groups.
func (d *derivation) families(groups []int64) ([]family, error) {
	of := map[int64]int{}
	out := make([]family, len(groups))
	for i, id := range groups {
		of[id] = i
	}
	err := lookUp(d.ctx, d.tx, `
		SELECT p.group_id, p.patient_id, p.provider_id, p.sender_id, p.nhs_id, p.local_number, p.person_id,
			coalesce((SELECT min(day) FROM log_entry l WHERE l.about_id = p.patient_id), 0)
		FROM patient p
		WHERE p.group_id <> 0 AND p.group_id IN (SELECT value FROM json_each(?1))
		ORDER BY p.patient_id`, groups, func(r *sql.Rows) error {
		var m member
		var group int64
		err := r.Scan(&group, &m.ID, &m.provider, &m.sender, &m.NHS, &m.Local, &m.head, &m.Logged)
		out[of[group]] = append(out[of[group]], m)
		return err
	})
	return out, err
}

// at gives the derivation of another provider in the same transaction.
func (d *derivation) at(provider int64) (*derivation, error) {
	if provider == d.provider {
		return d, nil
	}
	if other, ok := d.others[provider]; ok {
		return other, nil
	}
	other := newDerivation(d.ctx, d.tx, d.store, provider)
	other.begun = d.begun
	d.others[provider] = other
	if err := other.look(); err != nil {
		return nil, err
	}
	var err error
	other.calendar, err = other.countedDays()
	return other, err
}

// code gives the provider's code.
func (d *derivation) code() (string, error) {
	if d.providerCode == "" {
		if err := d.tx.QueryRowContext(d.ctx, `SELECT code FROM provider WHERE provider_id = ?`, d.provider).Scan(&d.providerCode); err != nil {
			return "", err
		}
	}
	return d.providerCode, nil
}

// What people say of two patients.
const (
	verdictTakenBack = iota
	verdictSame
	verdictNotSame
)

// verdicts gives the latest word of people on each pair of a family (I6).
func (d *derivation) verdicts(f family) ([]person.Verdict, error) {
	ids := make([]int64, len(f))
	for i, m := range f {
		ids[i] = m.ID
	}
	var out []person.Verdict
	err := lookUp(d.ctx, d.tx, `
		SELECT v.one_id, v.other_id, v.verdict
		FROM person_verdict v
		WHERE v.one_id IN (SELECT value FROM json_each(?1)) AND v.verdict <> 0
			AND NOT EXISTS (SELECT 1 FROM person_verdict l WHERE l.one_id = v.one_id AND l.other_id = v.other_id AND l.verdict_id > v.verdict_id)
		ORDER BY v.one_id, v.other_id`, ids, func(r *sql.Rows) error {
		var v person.Verdict
		var verdict int
		err := r.Scan(&v.One, &v.Other, &verdict)
		v.Same = verdict == verdictSame
		out = append(out, v)
		return err
	})
	return out, err
}

// lines gives the line of each statement in the extract that counts for a day.
func (d *derivation) lines(day delay.Day, statement int64) (int64, error) {
	sender := d.sender
	if d.history != nil {
		row, err := d.statement(statement)
		if err != nil {
			return 0, err
		}
		if sender, err = d.sentBy(row.patient); err != nil {
			return 0, err
		}
	}
	if d.linesDay != day || d.linesBy != sender || d.linesOf == nil {
		counted, err := d.countedOf(sender, day)
		if err != nil {
			return 0, err
		}
		rows, err := d.listedIn(counted)
		if err != nil {
			return 0, err
		}
		d.linesDay, d.linesBy, d.linesOf = day, sender, make(map[int64]int64, len(rows))
		for _, r := range rows {
			d.linesOf[r.statement] = r.line
		}
	}
	return d.linesOf[statement], nil
}

// resolved is one person of a family at one provider.
type resolved struct {
	d       *derivation
	code    string
	person  person.Person
	words   testimony
	course  course
	shownAt int64 // the patient whose reference stands
}

// settle works out everything about a family from the days on which its
// patients are listed, and on which pathways. It gives what is to be stored of each patient, and who
// each is shown as.
func (d *derivation) settle(f family, presence map[int64][]presenceRow, ways map[int64][]logbook.Way) (courses map[int64]course,
	heads map[int64]int64, err error) {
	verdicts, err := d.verdicts(f)
	if err != nil {
		return nil, nil, err
	}
	courses, heads = map[int64]course{}, map[int64]int64{}
	byProvider := map[int64][]member{}
	var providers []int64
	for _, m := range f {
		if byProvider[m.provider] == nil {
			providers = append(providers, m.provider)
		}
		byProvider[m.provider] = append(byProvider[m.provider], m)
		courses[m.ID] = course{presence: presence[m.ID], listedWays: ways[m.ID]}
	}
	slices.Sort(providers)
	var all []*resolved
	for _, provider := range providers {
		at, err := d.at(provider)
		if err != nil {
			return nil, nil, err
		}
		people, err := at.people(byProvider[provider], presence, ways, verdicts)
		if err != nil {
			return nil, nil, err
		}
		for _, p := range people {
			for _, record := range p.person.Records {
				heads[record] = p.shownAt
			}
			all = append(all, p)
		}
	}
	if len(providers) > 1 {
		oneDay(all, verdicts)
	}
	for _, p := range all {
		if err := p.d.attribute(&p.course, p.words); err != nil {
			return nil, nil, err
		}
		p.course.presence, p.course.listedWays = presence[p.shownAt], ways[p.shownAt]
		courses[p.shownAt] = p.course
	}
	return courses, heads, nil
}

// people finds the people among patients of the provider, and their delays.
func (d *derivation) people(members []member, presence map[int64][]presenceRow, ways map[int64][]logbook.Way,
	verdicts []person.Verdict) ([]*resolved, error) {
	code, err := d.code()
	if err != nil {
		return nil, err
	}
	e := person.Evidence{Verdicts: verdicts, Line: d.lines, Began: d.began}
	ids := make([]int64, 0, len(members))
	for _, m := range members {
		ids = append(ids, m.ID)
		e.Records = append(e.Records, m.Record)
		for _, run := range presence[m.ID] {
			row, err := d.statement(run.statement)
			if err != nil {
				return nil, err
			}
			l := person.Listing{Record: m.ID, Local: row.local, First: run.first, Last: run.last, Statement: run.statement,
				Unread: row.ready == 0}
			if d.history != nil {
				given, err := d.given(row.given)
				if err != nil {
					return nil, err
				}
				l.Provider, l.Care = d.history.senders[d.history.at(m.sender)].code, given.care
			}
			e.Listings = append(e.Listings, l)
		}
	}
	found, err := person.Find(e)
	if err != nil {
		return nil, err
	}
	words, err := d.said(ids)
	if err != nil {
		return nil, err
	}
	var out []*resolved
	for _, p := range found {
		r := &resolved{d: d, code: code, person: p, shownAt: p.Records[0], words: words.of(p.Records...)}
		runs := make([]presenceRow, len(p.Listings))
		var listed []logbook.Way
		for i, l := range p.Listings {
			runs[i] = presenceRow{l.First, l.Last, l.Statement}
			for _, w := range within(ways[l.Record], l.First, l.Last) {
				listed = joinWays(listed, w)
			}
		}
		if r.course, err = d.delays(runs, r.words, listed); err != nil {
			return nil, err
		}
		for _, s := range p.Shared {
			r.course.note("I4", s.Day, "Listed with a hospital number that stands beside another NHS number too. "+
				"They are counted as two people. Check both NHS numbers and ask the sender to correct the wrong one.")
		}
		out = append(out, r)
	}
	return out, nil
}

// note adds a finding to the delay that is listed on the day, else to the last
// that begins before it, else to the first.
func (c *course) note(rule string, day delay.Day, words string) {
	if len(c.delays) == 0 {
		return
	}
	at := c.delays[0].listedFirst
	for _, dl := range c.delays {
		if dl.listedFirst <= day {
			at = dl.listedFirst
		}
	}
	c.find(findingRow{at, rule, day, words})
}

// find adds a finding; of two with one key the first in the order of their words
// stands.
func (c *course) find(f findingRow) {
	for i, o := range c.findings {
		if o.listedFirst == f.listedFirst && o.rule == f.rule && o.day == f.day {
			c.findings[i].words = min(o.words, f.words)
			return
		}
	}
	c.findings = append(c.findings, f)
}

// oneDay takes, from the people of a family, the days that count for the same
// person at another provider (C19).
func oneDay(all []*resolved, verdicts []person.Verdict) {
	left := slices.Clone(all)
	for len(left) > 0 {
		same := []*resolved{left[0]}
		left = left[1:]
		for i := 0; i < len(left); {
			if slices.ContainsFunc(same, func(p *resolved) bool { return p.isAlso(left[i], verdicts) }) {
				same = append(same, left[i])
				left = slices.Delete(left, i, i+1)
				i = 0
				continue
			}
			i++
		}
		if len(same) > 1 {
			share(same)
		}
	}
}

// isAlso says whether two people of different providers are one (I5): by an NHS
// number, unless people have said otherwise, or by people's word.
func (r *resolved) isAlso(o *resolved, verdicts []person.Verdict) bool {
	for _, v := range verdicts {
		one, other := v.One, v.Other
		if slices.Contains(o.person.Records, one) {
			one, other = other, one
		}
		if slices.Contains(r.person.Records, one) && slices.Contains(o.person.Records, other) {
			return v.Same
		}
	}
	return slices.ContainsFunc(r.person.NHS, func(n int64) bool { return slices.Contains(o.person.NHS, n) })
}

// share lets each day of one person count at one provider.
func share(same []*resolved) {
	type place struct {
		of      *resolved
		stretch int
	}
	var claims []person.Claim
	var places []place
	for _, r := range same {
		for i, st := range r.course.stretches {
			care := delay.CareNotKnown
			if row, err := r.d.statement(st.statement); err == nil {
				if given, err := r.d.given(row.given); err == nil {
					care = given.care
				}
			}
			claims = append(claims, person.Claim{Provider: r.code, First: st.first, Last: st.last, Mark: st.mark, Care: care,
				Listed: st.listedFirst})
			places = append(places, place{r, i})
		}
	}
	losses := person.OneDay(claims)
	// wait is one delay of one of the people.
	type wait struct {
		of     *resolved
		listed delay.Day
	}
	first := map[[2]wait]delay.Day{} // the first day that two waits share
	cut := map[*resolved][][]person.Loss{}
	for i, l := range losses {
		r := places[i].of
		if cut[r] == nil {
			cut[r] = make([][]person.Loss, len(r.course.stretches))
		}
		cut[r][places[i].stretch] = l
		for _, loss := range l {
			for j, c := range claims {
				if c.Provider != loss.To || c.Last < loss.First || c.First > loss.Last {
					continue
				}
				pair := [2]wait{{r, claims[i].Listed}, {places[j].of, c.Listed}}
				if r.code > c.Provider {
					pair[0], pair[1] = pair[1], pair[0]
				}
				day := max(loss.First, c.First)
				if was, ok := first[pair]; !ok || day < was {
					first[pair] = day
				}
			}
		}
	}
	for pair, day := range first {
		for _, w := range pair {
			w.of.course.find(findingRow{w.listed, "C19", day, fmt.Sprintf(
				"Possible transfer: %s and %s both have this person from %s. Each day counts at one of them. Check with both whether it was a "+
					"transfer.",
				pair[0].of.code, pair[1].of.code, day.Long())})
		}
	}
	for r, losses := range cut {
		r.course.lose(losses)
	}
}

// lose marks days of stretches as counted elsewhere, and leaves to each delay
// the counted days that it has then.
func (c *course) lose(losses [][]person.Loss) {
	var out []stretchRow
	for i, st := range c.stretches {
		for _, l := range losses[i] {
			if st.first < l.First {
				before := st
				before.last = l.First - 1
				out = append(out, before)
			}
			lost := st
			lost.first, lost.last, lost.mark = l.First, l.Last, delay.Elsewhere
			if n := len(out); n > 0 && out[n-1].last+1 == lost.first && out[n-1].mark == lost.mark && out[n-1].statement == lost.statement &&
				out[n-1].listedFirst == lost.listedFirst && out[n-1].entry == lost.entry {
				out[n-1].last = lost.last
			} else {
				out = append(out, lost)
			}
			st.first = l.Last + 1
		}
		if st.first <= st.last {
			out = append(out, st)
		}
	}
	c.stretches = out
	for i := range c.delays {
		dl := &c.delays[i]
		lost, first, last := false, delay.Day(0), delay.Day(0)
		for _, st := range out {
			if st.listedFirst != dl.listedFirst {
				continue
			}
			if st.mark == delay.Elsewhere {
				lost = true
				continue
			}
			if first == 0 {
				first = st.first
			}
			last = st.last
		}
		if lost {
			dl.first, dl.last = first, last
		}
	}
}

// rebuildGroups works out groups again, a part of them at a time, and writes
// what changed at every provider. now gives what a patient of the derivation's
// own provider is listed with on the changed days.
func (d *derivation) rebuildGroups(w *courseWriter, groups []int64, now func(patient int64) []appearance) error {
	writers := map[int64]*courseWriter{d.provider: w}
	for part := range slices.Chunk(groups, groupsAtOnce) {
		families, err := d.families(part)
		if err != nil {
			return err
		}
		stored, err := d.loadFamilies(families)
		if err != nil {
			return err
		}
		for _, f := range families {
			presence, ways := map[int64][]presenceRow{}, map[int64][]logbook.Way{}
			for _, m := range f {
				presence[m.ID], ways[m.ID] = stored[m.ID].presence, stored[m.ID].listedWays
				if m.sender == d.sender {
					presence[m.ID] = d.merge(presence[m.ID], now(m.ID))
					ways[m.ID] = d.listedWays(m.ID, ways[m.ID])
				}
			}
			courses, heads, err := d.settle(f, presence, ways)
			if err != nil {
				return err
			}
			for _, m := range f {
				at, err := d.at(m.provider)
				if err != nil {
					return err
				}
				if writers[m.provider] == nil {
					writers[m.provider] = newCourseWriter(at)
				}
				if err := at.replace(writers[m.provider], m.ID, stored[m.ID], courses[m.ID]); err != nil {
					return err
				}
				if err := d.lead(m, heads[m.ID]); err != nil {
					return err
				}
			}
		}
	}
	for provider, w := range writers {
		if provider == d.provider {
			continue // Its own rebuild flushes it.
		}
		if err := w.flush(); err != nil {
			return err
		}
		if err := w.d.writeCounts(); err != nil {
			return err
		}
		clear(w.d.counts)
	}
	return nil
}

// groupsAtOnce is how many groups are read before they are written.
const groupsAtOnce = 200

// loadFamilies reads what is stored of the members, each at their provider.
func (d *derivation) loadFamilies(families []family) (map[int64]*course, error) {
	out := map[int64]*course{}
	byProvider := map[int64][]int64{}
	for _, f := range families {
		for _, m := range f {
			byProvider[m.provider] = append(byProvider[m.provider], m.ID)
		}
	}
	for provider, ids := range byProvider {
		at, err := d.at(provider)
		if err != nil {
			return nil, err
		}
		stored, err := at.load(ids)
		if err != nil {
			return nil, err
		}
		maps.Copy(out, stored)
	}
	return out, nil
}

// lead lets a patient's reference, and what was said of the patient, lead to
// the one whose reference stands (I6).
func (d *derivation) lead(m member, head int64) error {
	if m.head == head {
		return nil
	}
	for _, query := range [...]string{
		`UPDATE patient SET person_id = ?1 WHERE patient_id = ?2`,
		`UPDATE log_entry SET patient_id = ?1 WHERE about_id = ?2`,
		`UPDATE agreement_event SET patient_id = ?1 WHERE about_id = ?2`,
		`UPDATE action SET patient_id = ?1 WHERE about_id = ?2`,
	} {
		if _, err := d.tx.ExecContext(d.ctx, query, head, m.ID); err != nil {
			return err
		}
	}
	return nil
}

// whoIs gives, of patients, those who are shown as another, and as whom (I6).
func whoIs(ctx context.Context, tx *sql.Tx, patients []int64) (map[int64]int64, error) {
	out := map[int64]int64{}
	err := lookUp(ctx, tx, `
		SELECT patient_id, person_id FROM patient WHERE patient_id IN (SELECT value FROM json_each(?1)) AND person_id <> patient_id`, patients,
		func(r *sql.Rows) error {
			var patient, head int64
			err := r.Scan(&patient, &head)
			out[patient] = head
			return err
		})
	return out, err
}
