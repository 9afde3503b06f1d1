package sqlite

import (
	"context"
	"database/sql"
	"slices"

	"homeward/internal/delay"
	"homeward/internal/person"
)

// Former is a code under which a provider sent before it merged into another,
// or was given another code: what was sent under it is part of the history of
// Into.
type Former struct {
	Code, Into string
	// Until is the last day of which it speaks, 0 when that is the day of its
	// last extract.
	Until delay.Day
}

// sender gives the number of the provider of a code, and of the one under whom
// it is shown. It adds the provider when it is not there.
func (s *Store) sender(ctx context.Context, tx *sql.Tx, code string) (sender, shown int64, err error) {
	res, err := tx.ExecContext(ctx, `INSERT INTO provider (code) VALUES (?) ON CONFLICT DO NOTHING`, code)
	if err != nil {
		return 0, 0, err
	}
	if n, err := res.RowsAffected(); err != nil {
		return 0, 0, err
	} else if n > 0 {
		if err := s.showFormer(ctx, tx, code); err != nil {
			return 0, 0, err
		}
	}
	err = tx.QueryRowContext(ctx, `SELECT provider_id, iif(shown_id = 0, provider_id, shown_id) FROM provider WHERE code = ?`, code).
		Scan(&sender, &shown)
	return sender, shown, err
}

// showFormer notes under whom a provider of a former code is shown.
func (s *Store) showFormer(ctx context.Context, tx *sql.Tx, code string) error {
	for _, f := range s.settings.Formerly {
		if f.Code != code {
			continue
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO provider (code) VALUES (?) ON CONFLICT DO NOTHING`, f.Into); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `UPDATE provider SET shown_id = (SELECT provider_id FROM provider WHERE code = ?) WHERE code = ?`,
			f.Into, code); err != nil {
			return err
		}
	}
	return nil
}

// showAll puts everything that was sent under the provider under whom it is
// shown by today's settings.
func (s *Store) showAll(ctx context.Context, tx *sql.Tx) error {
	if _, err := tx.ExecContext(ctx, `UPDATE provider SET shown_id = 0 WHERE shown_id <> 0`); err != nil {
		return err
	}
	var codes []string
	if err := eachRow(ctx, tx, `SELECT code FROM provider ORDER BY provider_id`, func(rows *sql.Rows) error {
		var code string
		err := rows.Scan(&code)
		codes = append(codes, code)
		return err
	}); err != nil {
		return err
	}
	for _, code := range codes {
		if err := s.showFormer(ctx, tx, code); err != nil {
			return err
		}
	}
	const shown = `(SELECT iif(shown_id = 0, v.provider_id, shown_id) FROM provider v WHERE v.provider_id = sender_id)`
	for _, query := range [...]string{
		`UPDATE extract SET provider_id = ` + shown + ` WHERE provider_id <> ` + shown,
		`UPDATE patient SET provider_id = ` + shown + ` WHERE provider_id <> ` + shown,
		`UPDATE log_entry SET provider_id = (SELECT p.provider_id FROM patient p WHERE p.patient_id = about_id)
			WHERE provider_id <> (SELECT p.provider_id FROM patient p WHERE p.patient_id = about_id)`,
	} {
		if _, err := tx.ExecContext(ctx, query); err != nil {
			return err
		}
	}
	return nil
}

// history says who sent what is shown under one provider, where that is not the
// provider alone.
type history struct {
	senders []historySender // the provider first, then the former codes in the order of their last days
	whole   map[int64]delay.Calendar
}

type historySender struct {
	id       int64
	code     string
	until    delay.Day      // the last day of which it speaks
	calendar delay.Calendar // for which its extracts count
}

// lookHistory finds out under whom the sender is shown, and with whom.
func (d *derivation) lookHistory() error {
	var shared bool
	if err := d.tx.QueryRowContext(d.ctx, `
		SELECT iif(shown_id = 0, provider_id, shown_id), EXISTS (SELECT 1 FROM provider WHERE shown_id <> 0)
		FROM provider
		WHERE provider_id = ?`, d.sender).Scan(&d.provider, &shared); err != nil || !shared {
		return err
	}
	h := &history{}
	if err := eachRow(d.ctx, d.tx, `
		SELECT provider_id, code
		FROM provider
		WHERE provider_id = ?1 OR shown_id = ?1
		ORDER BY provider_id <> ?1, code`, func(rows *sql.Rows) error {
		s := historySender{until: never}
		err := rows.Scan(&s.id, &s.code)
		h.senders = append(h.senders, s)
		return err
	}, d.provider); err != nil || len(h.senders) < 2 {
		return err
	}
	for i := range h.senders {
		calendar, err := d.countedDaysOf(h.senders[i].id)
		if err != nil {
			return err
		}
		h.senders[i].calendar = calendar
	}
	h.arrange(d.store.settings.Formerly)
	d.history, d.senderOf = h, map[int64]int64{}
	return nil
}

// histories gives, by the code of the provider, the histories that are of
// several codes.
func (s *Store) histories(ctx context.Context) (map[string]*history, error) {
	tx, done, err := s.atOnce(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	var all []int64
	if err := eachRow(ctx, tx, `SELECT DISTINCT shown_id FROM provider WHERE shown_id <> 0`, func(rows *sql.Rows) error {
		var id int64
		err := rows.Scan(&id)
		all = append(all, id)
		return err
	}); err != nil {
		return nil, err
	}
	out := map[string]*history{}
	for _, id := range all {
		d := newDerivation(ctx, tx, s, id)
		err := d.lookHistory()
		d.close()
		if err != nil {
			return nil, err
		}
		if d.history != nil {
			out[d.history.senders[0].code] = d.history
		}
	}
	return out, nil
}

// with gives the history as it is when a sender's extracts count for other days.
func (h *history) with(sender int64, calendar delay.Calendar, formerly []Former) *history {
	out := &history{senders: slices.Clone(h.senders)}
	for i := range out.senders {
		if out.senders[i].id == sender {
			out.senders[i].calendar = calendar
		}
	}
	out.arrange(formerly)
	return out
}

// arrange finds each former sender's last day and puts them in that order.
func (h *history) arrange(formerly []Former) {
	h.whole = map[int64]delay.Calendar{}
	for i := 1; i < len(h.senders); i++ {
		s := &h.senders[i]
		s.until = 0
		for _, f := range formerly {
			if f.Code == s.code {
				s.until = f.Until
			}
		}
		if n := len(s.calendar); s.until == 0 && n > 0 {
			s.until = s.calendar[n-1]
		}
	}
	slices.SortStableFunc(h.senders[1:], func(a, b historySender) int { return int(a.until - b.until) })
}

// lacking names, of the days for which some extract of the provider counts, the
// codes that should have sent as well: from their first extract that counts to
// their last day.
func (h *history) lacking(counted delay.Calendar) map[delay.Day][]string {
	out := map[delay.Day][]string{}
	for _, s := range h.senders {
		first := firstOf(s.calendar)
		for _, day := range counted {
			if first == 0 || day < first || day > s.until {
				continue
			}
			if _, sent := slices.BinarySearch(s.calendar, day); !sent {
				out[day] = append(out[day], s.code)
			}
		}
	}
	return out
}

func (h *history) at(sender int64) int {
	return max(0, slices.IndexFunc(h.senders, func(s historySender) bool { return s.id == sender }))
}

// sameShape says whether who speaks of which days is the same in both.
func (h *history) sameShape(o *history) bool {
	return slices.EqualFunc(h.senders, o.senders, func(a, b historySender) bool {
		return a.id == b.id && a.until == b.until && firstOf(a.calendar) == firstOf(b.calendar) &&
			firstOf(h.of(a.id)) == firstOf(o.of(b.id))
	})
}

func firstOf(c delay.Calendar) delay.Day {
	if len(c) == 0 {
		return 0
	}
	return c[0]
}

// first gives the first day of the history that a sender's patients have: its
// own, or that of the codes that had ended when it began (C9).
func (h *history) first(at int) delay.Day {
	s := h.senders[at]
	first := firstOf(s.calendar)
	for i, o := range h.senders {
		began := firstOf(o.calendar)
		if i == at || began == 0 || o.until > s.until {
			continue
		}
		if own := firstOf(s.calendar); (own == 0 || o.until <= own) && (first == 0 || began < first) {
			first = began
		}
	}
	return first
}

// after gives the days after a day on which somebody whom a sender listed last
// would be listed: those of the sender while it sent, and then those of the
// provider. Until that began to send, codes that went on longer speak for it.
func (h *history) after(at int, day delay.Day) []delay.Day {
	s := h.senders[at]
	var out []delay.Day
	for _, d := range s.calendar {
		if d > day && d <= s.until {
			out = append(out, d)
		}
	}
	if at == 0 {
		return out
	}
	own := h.senders[0].calendar
	for _, o := range h.senders[1:] {
		if o.until <= s.until {
			continue
		}
		for _, d := range o.calendar {
			if d > max(day, s.until) && d <= o.until && (len(own) == 0 || d < own[0]) {
				out = append(out, d)
			}
		}
	}
	for _, d := range own {
		if d > max(day, s.until) {
			out = append(out, d)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// of gives the days of the extracts that would list somebody whom one sender
// lists.
func (h *history) of(sender int64) delay.Calendar {
	at := h.at(sender)
	sender = h.senders[at].id
	if out, ok := h.whole[sender]; ok {
		return out
	}
	out := append(slices.Clone(h.senders[at].calendar), h.after(at, 0)...)
	if first := h.first(at); first != 0 {
		out = append(out, first)
	}
	slices.Sort(out)
	h.whole[sender] = slices.Compact(out)
	return h.whole[sender]
}

// calendars gives the days on which somebody would be listed next, by each
// sender: all its days for whom it alone lists, and those until its last day,
// with whoever speaks after it, for whom others list too.
func (h *history) calendars() []delay.Calendar {
	var out []delay.Calendar
	for at, s := range h.senders {
		out = append(out, h.of(s.id), h.after(at, 0))
	}
	return out
}

// calendarOf gives the days of the extracts that would list a person who is
// present as given: an absence is one from the extracts of whoever listed them
// last.
func (d *derivation) calendarOf(presence []presenceRow) (delay.Calendar, error) {
	h := d.history
	if h == nil {
		return d.calendar, nil
	}
	senders := make([]int64, len(presence))
	one := true
	for i, run := range presence {
		row, err := d.statement(run.statement)
		if err != nil {
			return nil, err
		}
		if senders[i], err = d.sentBy(row.patient); err != nil {
			return nil, err
		}
		one = one && senders[i] == senders[0]
	}
	if len(presence) == 0 {
		return h.of(d.provider), nil
	}
	if one {
		return h.of(senders[0]), nil
	}
	var out delay.Calendar
	if first := h.first(h.at(senders[0])); first != 0 && first < presence[0].first {
		out = append(out, first)
	}
	for i, run := range presence {
		for day := run.first; day <= run.last; day++ {
			out = append(out, day)
		}
		next := never
		if i+1 < len(presence) {
			next = presence[i+1].first
		}
		if run.last+1 == next {
			continue
		}
		for _, day := range h.after(h.at(senders[i]), run.last) {
			if day < next {
				out = append(out, day)
			}
		}
	}
	return out, nil
}

// sentBy gives who names a patient so.
func (d *derivation) sentBy(patient int64) (int64, error) {
	if id, ok := d.senderOf[patient]; ok {
		return id, nil
	}
	st, err := d.stmt(`SELECT sender_id FROM patient WHERE patient_id = ?`)
	if err != nil {
		return 0, err
	}
	var id int64
	err = st.QueryRowContext(d.ctx, patient).Scan(&id)
	d.senderOf[patient] = id
	return id, err
}

// present gives on which days a patient is listed now, from those of before and
// what the changed days say.
func (d *derivation) present(patient int64, before []presenceRow, now []appearance) ([]presenceRow, error) {
	if d.history != nil {
		if sender, err := d.sentBy(patient); err != nil || sender != d.sender {
			return before, err
		}
	}
	return d.merge(before, now), nil
}

// touchedOfHistory adds the patients whose delays the changed days can change
// where several senders are shown as one: everybody when who speaks of which
// days has changed, else whoever was listed from the day before one, on which
// they would be listed, until it. Two things make that a stretch of days and
// not the day before alone. A code may list people after its last day, and that
// day is no day of theirs where others list them too. And whoever is listed on
// the changed day by one code had a delay of another's that the day can end, and
// where that begins again decides whose days count later (C19).
func (d *derivation) touchedOfHistory(set map[int64]struct{}, collect func(query string, args ...any) error) error {
	was := d.history.with(d.sender, d.was, d.store.settings.Formerly)
	if !was.sameShape(d.history) {
		if err := collect(`SELECT patient_id FROM log_entry WHERE provider_id = ?`, d.provider); err != nil {
			return err
		}
		return collect(`SELECT patient_id FROM delay WHERE provider_id = ?`, d.provider)
	}
	calendars := append(was.calendars(), d.history.calendars()...)
	for _, day := range d.changed {
		from := day
		for _, calendar := range calendars {
			i, found := slices.BinarySearch(calendar, day)
			switch {
			case !found:
			case i == 0:
				from = 0
			default:
				from = min(from, calendar[i-1])
			}
		}
		if err := collect(`SELECT patient_id FROM delay WHERE provider_id = ? AND listed_last >= ? AND listed_first <= ?`, d.provider, from,
			day); err != nil {
			return err
		}
	}
	return nil
}

// began gives, for what one code of the provider lists of a person, the first
// day that lists the delay of each listing, as if nobody else listed them.
func (d *derivation) began(listings []person.Listing) ([]delay.Day, error) {
	presence := make([]presenceRow, len(listings))
	out := make([]delay.Day, len(listings))
	for i, l := range listings {
		presence[i], out[i] = presenceRow{l.First, l.Last, l.Statement}, l.First
	}
	course, err := d.delays(presence, testimony{}, nil)
	if err != nil {
		return nil, err
	}
	for i, l := range listings {
		for _, dl := range course.delays {
			if dl.listedFirst <= l.First && l.First <= dl.listedLast {
				out[i] = dl.listedFirst
			}
		}
	}
	return out, nil
}
