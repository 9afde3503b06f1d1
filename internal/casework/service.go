package casework

import (
	"cmp"
	"context"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"homeward/internal/agreement"
	"homeward/internal/attribution"
	"homeward/internal/definition"
	"homeward/internal/delay"
	"homeward/internal/identity"
	"homeward/internal/ingest"
	"homeward/internal/logbook"
	"homeward/internal/people"
	"homeward/internal/problem"
)

// Store keeps the log, the answers and the actions, and reads cases within a
// scope.
type Store interface {
	Case(ctx context.Context, scope people.Scope, reference string) (*Case, error)
	// LogTogether saves several entries, all or none.
	LogTogether(ctx context.Context, by people.Actor, in []NewEntry) ([]Saved, error)
	// SavedTogether gives the entries that were saved at once, as far as the scope
	// reaches, and how many there are in all.
	SavedTogether(ctx context.Context, scope people.Scope, together int64) (saved []Saved, all int, err error)
	// SentBefore gives the entry that came with a key before, from the same account
	// about the same person.
	SentBefore(ctx context.Context, by people.Actor, reference, key string) (Saved, bool, error)
	Answer(ctx context.Context, by people.Actor, answers []NewAnswer) error
	AddAction(ctx context.Context, by people.Actor, reference, from string, a Action) error
	CloseAction(ctx context.Context, by people.Actor, reference string, id int64, state, why string) error
	FindByNumber(ctx context.Context, by people.Actor, key *identity.Key, number string) ([]string, error)
	// FindPlace gives those who wait now in a ward or bed whose name begins
	// with the text, at most limit.
	FindPlace(ctx context.Context, scope people.Scope, text string, limit int) ([]Found, error)
	// Queue gives what waits for an answer, as far as the scope reaches.
	Queue(ctx context.Context, scope people.Scope, q QueueQuery) (QueueList, error)
}

// Settings are a partnership's choices about casework.
type Settings struct {
	Clocks agreement.Clocks
	// LateDays is how many days back a ready date may lie before it is asked
	// about once.
	LateDays int
	// Undo is for how long a change can be taken back.
	Undo time.Duration
	// DecideFrom is the level from which a dispute may be decided.
	DecideFrom agreement.Level
	// Chair is the e-mail address of the chair whose decisions need no
	// confirmation (G5), empty when the partnership names none.
	Chair string
}

// Highest is the level that a dispute can come to: the chair where one is named, or
// where disputes are decided from there on alone.
func (s Settings) Highest() agreement.Level {
	if s.Chair == "" {
		return max(agreement.Directors, s.DecideFrom)
	}
	return agreement.Chair
}

// DefaultSettings are those of the screens.
var DefaultSettings = Settings{Clocks: agreement.DefaultClocks, LateDays: 7, Undo: 15 * time.Minute, DecideFrom: agreement.Directors}

// Service is the daily use. All fields must be given; Key may be nil, then
// nobody can be added whom no extract has listed.
type Service struct {
	Store Store
	// Rules is the partnership's own rule set. Sets adds those of the code sets and
	// Book their reasons (D4); without them there is the own one alone.
	Rules    *attribution.RuleSet
	Sets     *attribution.Sets
	Book     *definition.Book
	Key      *identity.Key
	Now      func() time.Time
	London   *time.Location
	Settings Settings
	// Beds are the providers that list everybody in a bed now (R13).
	Beds []string
}

// ListsBeds says whether a provider lists everybody in a bed now, with the
// criteria to reside (R13).
func (s *Service) ListsBeds(provider string) bool { return slices.Contains(s.Beds, provider) }

// today gives the moment and the London day.
func (s *Service) today() (time.Time, delay.Day) {
	now := s.Now().In(s.London)
	return now, delay.DayOf(now)
}

// Done says what was saved.
type Done struct {
	Reference string
	// Entry is the log's entry, for Undo; 0 when the log has none.
	Entry int64
	// Outcome is what the rules say of the statement that was saved, zero when
	// nothing was stated.
	Outcome attribution.Outcome
	Council delay.Council
	// ReplyBy is by when the council is asked to agree.
	ReplyBy time.Time
	// Days is the number of delayed days so far, of the last delay; of an answer
	// those that it is about, and First the first of them.
	Days  int
	First delay.Day
}

// Current gives the entries of the log that stand about the case's last delay,
// in order.
func (c *Case) Current() []LogLine {
	var all []logbook.Entry
	byID := map[int64]LogLine{}
	for _, l := range c.Log {
		all = append(all, l.Entry)
		byID[l.ID] = l
	}
	var out []LogLine
	for _, e := range logbook.Effective(all) {
		if d := c.Last(); d != nil && e.Made < d.Ready {
			continue
		}
		out = append(out, byID[e.ID])
	}
	return out
}

func entriesOf(lines []LogLine) []logbook.Entry {
	out := make([]logbook.Entry, len(lines))
	for i, l := range lines {
		out[i] = l.Entry
	}
	return out
}

// Last gives the case's last delay, nil when it has none.
func (c *Case) Last() *Delay {
	if len(c.Delays) == 0 {
		return nil
	}
	return &c.Delays[len(c.Delays)-1]
}

// IsOpen says whether the log holds the person as waiting now.
func (c *Case) IsOpen() bool { return logbook.IsOpen(entriesOf(c.Current())) }

// IsPaused says whether the wait has stopped for now.
func (c *Case) IsPaused() bool { return logbook.IsPaused(entriesOf(c.Current())) }

// PausedOn gives the day from which the wait was paused last, 0 when it never
// was.
func (c *Case) PausedOn() delay.Day {
	day := delay.Day(0)
	for _, l := range c.Current() {
		if l.Kind == logbook.Paused {
			day = l.Day
		}
	}
	return day
}

// IsLogged says whether the log says anything of the last delay, besides
// correcting what was recorded of days that are over.
func (c *Case) IsLogged() bool {
	return slices.ContainsFunc(c.Current(), func(l LogLine) bool { return !l.OfThePast() })
}

// Stands gives what is stated of the wait now: by the log where it refines,
// else by the extract.
func (c *Case) Stands() attribution.Given {
	if d := c.Last(); d != nil {
		if n := len(d.Stretches); n > 0 {
			return d.Stretches[n-1].Given
		}
	}
	for _, l := range slices.Backward(c.Current()) {
		if l.Given != nil {
			return *l.Given
		}
	}
	if d := c.Last(); d != nil {
		return d.Given
	}
	return attribution.Given{}
}

// Ready gives the day on which the person became ready: the last delay's, else
// the log's.
func (c *Case) Ready() delay.Day {
	if d := c.Last(); d != nil {
		return d.Ready
	}
	for _, l := range slices.Backward(c.Current()) {
		if l.Kind == logbook.Opened || l.Kind == logbook.Resumed {
			return l.Day
		}
	}
	return 0
}

// began gives the day on which the present wait, with its reason and body,
// began, and whether it is the delay's first.
func (c *Case) began() (delay.Day, bool) {
	if d := c.Last(); d != nil && len(d.Segments) > 1 {
		return d.Segments[len(d.Segments)-1].Segment.First, false
	}
	return c.Ready(), true
}

// restate gives a statement with another reason, body or council. What was
// said of who acts, pays or is responsible belonged to the old wait and does
// not follow to a new reason; empty values leave what stands.
func restate(g attribution.Given, reason delay.Reason, body delay.Body, council *delay.Council) attribution.Given {
	if reason != "" && reason != g.Reason {
		g.Set, g.Reason, g.Words.Reason = reason.Set(), reason, reason.Code()
		g.Stated, g.StatedUnread, g.WaitingOn, g.Funding = delay.NotAttributed, false, 0, attribution.FundingNotGiven
		g.Words.Responsible, g.Words.WaitingOn, g.Words.Funding = "", "", ""
	}
	if body != delay.NotAttributed {
		g.Stated, g.StatedUnread, g.Words.Responsible = body, false, body.String()
	}
	if council != nil && *council != g.Council {
		g.Council, g.Words.Council = *council, string(*council)
	}
	return g
}

// Restated gives what logging a case for a reason would state, before it is
// saved.
func (s *Service) Restated(c *Case, reason delay.Reason) attribution.Given {
	return restate(c.Stands(), reason, delay.NotAttributed, nil)
}

// rules gives the rule set of a code set.
func (s *Service) rules(set string) *attribution.RuleSet {
	if s.Sets == nil {
		return s.Rules
	}
	return s.Sets.For(set)
}

// Reasons gives the reasons of a provider's code set that are in force on the
// day, in the order of the table.
func (s *Service) Reasons(provider string, on delay.Day) []delay.Reason {
	if s.Book == nil {
		return slices.SortedFunc(maps.Keys(s.Rules.On(on).Matrix), delay.CompareReasons)
	}
	return s.Book.ReasonsOf(provider, on)
}

// ReasonsBeside gives the reasons that may take the place of one that a record of
// the provider has, in the order of the table (D4).
func (s *Service) ReasonsBeside(provider string, recorded delay.Reason, on delay.Day) []delay.Reason {
	if s.Book == nil {
		return s.Reasons(provider, on)
	}
	return s.Book.ReasonsBeside(provider, recorded, on)
}

// Bodies gives the bodies that the matrix allows for a reason and type of care
// on the day.
func (s *Service) Bodies(reason delay.Reason, care delay.CareType, on delay.Day) []delay.Body {
	return s.rules(reason.Set()).On(on).Bodies(reason, care)
}

// reason checks a reason that was chosen at a provider, in place of recorded when
// that is not empty.
func (s *Service) reason(r *Refusal, given, provider string, recorded delay.Reason, on delay.Day) delay.Reason {
	reason := delay.Reason(given)
	known := slices.ContainsFunc(s.rules(reason.Set()).Versions, func(v attribution.Version) bool {
		_, ok := v.Matrix[reason]
		return ok
	})
	if given == "" || !known {
		r.field("reason", "Select what they are waiting for")
		return ""
	}
	if !slices.Contains(s.Reasons(provider, on), reason) && !slices.Contains(s.ReasonsBeside(provider, recorded, on), reason) {
		r.field("reason", "Reason %s is not in use on %s. Select a current reason", reason.Code(), on.Long())
	}
	return reason
}

// body checks a body that was chosen for a statement; empty leaves it to the
// rules.
func (s *Service) body(r *Refusal, given string, reason delay.Reason, care delay.CareType, on delay.Day) delay.Body {
	if given == "" {
		return delay.NotAttributed
	}
	b, err := delay.ParseBody(given)
	if err != nil {
		r.field("body", "Select who the next step is with")
		return delay.NotAttributed
	}
	allowed := s.Bodies(reason, care, on)
	if reason != "" && b != delay.NotAttributed && !slices.Contains(allowed, b) {
		r.field("body", "Reason %s cannot be %s. %s", reason.Code(), b, selectOneOf(allowed))
	}
	return b
}

func selectOneOf(bodies []delay.Body) string {
	if len(bodies) == 0 {
		return "Select another reason"
	}
	names := make([]string, len(bodies))
	// The page's order of words: NHS before social care reads oddly as a list of
	// codes but as screens.md has it.
	order := []delay.Body{delay.NHS, delay.SocialCare, delay.Joint}
	names = names[:0]
	for _, b := range order {
		if slices.Contains(bodies, b) {
			names = append(names, b.String())
		}
	}
	if len(names) == 1 {
		return "Select " + names[0]
	}
	return "Select " + strings.Join(names[:len(names)-1], ", ") + " or " + names[len(names)-1]
}

// Destinations are where people go, by the number of the pathway.
var Destinations = []struct{ Code, Words string }{
	{"0", "Home, no new support"}, {"1", "Home with support"}, {"2", "Short-term bed"}, {"3", "Long-term bed"},
	{"undecided", "Not decided yet"},
}

// DestinationWords gives a destination as pages show it.
func DestinationWords(code string) string {
	for _, d := range Destinations {
		if d.Code == code {
			if code == "undecided" {
				return d.Words
			}
			return d.Code + " " + d.Words
		}
	}
	return code
}

// LogForm is what a coordinator enters to log a delay.
type LogForm struct {
	// Reference names a person whom Homeward knows; else the fields of a new
	// person are used.
	Reference, Version string
	New                NewPerson

	// Ready is fed, today, yesterday or other; Other is read for other.
	Ready     string
	Other     Date
	Uncertain bool
	Reason    string
	// Destination is the code of Destinations.
	Destination string
	// Body is the slug of a body, empty to leave it to the rules.
	Body string
	// Because answers what was asked.
	Because string
}

// NewPerson is a person whom no extract has listed.
type NewPerson struct {
	Provider       string
	HospitalNumber string
	Ward, Bed      string
	Admitted       Date
	// Council is an ONS code, or not-known.
	Council string
	// Care is the slug of a type of care.
	Care string
}

// rarely says whether people who wait for the reason rarely go to the
// destination, as its table has it.
func (s *Service) rarely(reason delay.Reason, destination string) bool {
	_, code, ok := s.Book.Meaning(reason)
	return ok && slices.Contains(code.RareTo, destination)
}

// Log opens a delay in the log.
func (s *Service) Log(ctx context.Context, by people.Actor, f LogForm) (Done, error) {
	if !by.May(people.LogDelays) {
		return Done{}, problem.New(problem.Forbidden, "Delays are logged by coordinators. Your role is %s.", by.Grant.Role)
	}
	now, today := s.today()
	r := &Refusal{}
	in := NewEntry{Reference: f.Reference, Version: f.Version, Kind: logbook.Opened, Made: today, Uncertain: f.Uncertain}
	var given attribution.Given
	var fed delay.Day
	var c *Case
	if f.Reference != "" {
		var err error
		if c, err = s.Store.Case(ctx, by.Scope(), f.Reference); err != nil {
			return Done{}, err
		}
		d := c.Last()
		ended := d != nil && d.EndKind != delay.Open
		if c.IsOpen() && !ended {
			r.field("reason", "This person already has an open delay, %s. Update that one", c.Reference)
		}
		given = c.Stands()
		if d != nil {
			in.Admitted = d.Admitted
			in.Place = ingest.Place{Site: d.Site, Ward: d.Ward, Bed: d.Bed}
			if !ended {
				fed = d.Ready
			} else if today-d.End <= 1 && f.Ready != "fed" {
				r.ask("They left on %s and came back within a day. If it is the same wait, the hospital's next extract carries it on. Is this a "+
					"new one?", d.End.Long())
			}
		}
	} else {
		s.newPerson(r, &in, &given, by, f.New, today)
		if err := s.alreadyKnown(ctx, now, by, r, in, f.New.HospitalNumber); err != nil {
			return Done{}, err
		}
	}
	switch f.Ready {
	case "fed":
		if in.Day = fed; fed == 0 {
			r.field("ready", "Select when they became ready to leave")
		}
	case "today":
		in.Day = today
	case "yesterday":
		in.Day = today - 1
	case "other":
		in.Day = f.Other.read(r, "other", "Ready date")
	default:
		r.field("ready", "Select when they became ready to leave")
	}
	field := map[bool]string{true: "other", false: "ready"}[f.Ready == "other"]
	switch {
	case in.Day == 0:
	case in.Day > today:
		r.field(field, "Ready date must be today or in the past")
	case in.Admitted != 0 && in.Day < in.Admitted:
		r.field(field, "Ready date must be on or after admission, %s", in.Admitted.Long())
	case int(today-in.Day) > s.Settings.LateDays && in.Day != fed:
		r.ask("This adds %d days that were not recorded at the time. Why was it not recorded?", today-in.Day)
	}
	provider := f.New.Provider
	if c != nil {
		provider = c.Provider
	}
	if provider == "" && len(by.Scope().Providers()) == 1 {
		provider = by.Scope().Providers()[0]
	}
	reason := s.reason(r, f.Reason, provider, "", today)
	if !slices.ContainsFunc(Destinations, func(d struct{ Code, Words string }) bool { return d.Code == f.Destination }) {
		r.field("destination", "Select where they are going, or select 'Not decided yet'")
	}
	if s.rarely(reason, f.Destination) {
		r.ask("Reason %s, %s, and the destination '%s' rarely go together. Is that right?", reason.Code(), s.Book.Short(reason),
			DestinationWords(f.Destination))
	}
	body := s.body(r, f.Body, reason, given.Care, today)
	in.Why = r.text("because", "The reason", f.Because, 500)
	if err := r.or(in.Why); err != nil {
		return Done{}, err
	}
	in.Given, in.Ready, in.Destination = restate(given, reason, body, nil), in.Day, f.Destination
	if c != nil {
		if first, whole := c.began(); in.Day == fed && fed != 0 && !whole {
			// What the extract said of earlier waits of this delay stands.
			in.Day = first
		}
	}
	return s.save(ctx, now, by, in)
}

// save attributes what an entry states and keeps it.
func (s *Service) save(ctx context.Context, now time.Time, by people.Actor, in NewEntry) (Done, error) {
	if in.Kind.States() {
		in.Outcome = s.rules(in.Given.Set).Attribute(in.Given, in.Day)
		if in.Given.Words.Responsible == in.Given.Stated.String() {
			// A coordinator named the body, not the extract.
			in.Outcome.Why = strings.Replace(in.Outcome.Why, "The extract names", "The hospital names", 1)
		}
	}
	saved, err := s.Store.LogTogether(ctx, by, []NewEntry{in})
	if err != nil {
		return Done{}, err
	}
	d := Done{Reference: saved[0].Reference, Entry: saved[0].Entry, Outcome: in.Outcome, Council: in.Given.Council}
	d.ReplyBy = s.Settings.Clocks.ReplyBy(now, agreement.Reviewers, s.London)
	return d, nil
}

// alreadyKnown refuses to add a person whom Homeward knows under the number.
func (s *Service) alreadyKnown(ctx context.Context, now time.Time, by people.Actor, r *Refusal, in NewEntry, number string) error {
	if in.NewPatient == nil {
		return nil
	}
	found, err := s.Store.FindByNumber(ctx, by, s.Key, strings.Join(strings.Fields(number), ""))
	if err != nil {
		return err
	}
	for _, reference := range append(found, in.NewPatient.Reference) {
		c, err := s.Store.Case(ctx, by.Scope(), reference)
		if problem.KindOf(err) == problem.NotFound {
			continue
		}
		if err != nil {
			return err
		}
		d := c.Last()
		switch {
		case c.Provider != in.Provider:
		case c.IsOpen() && (d == nil || d.EndKind == delay.Open):
			r.field("number", "This person already has an open delay, %s. Update that one", reference)
		case d != nil && d.EndKind == delay.Open:
			r.field("number", "This person is in the latest extract as %s. Log that one from the worklist", reference)
		}
	}
	return nil
}

func (s *Service) newPerson(r *Refusal, in *NewEntry, given *attribution.Given, by people.Actor, p NewPerson, today delay.Day) {
	in.Provider = p.Provider
	if providers := by.Scope().Providers(); p.Provider == "" && len(providers) == 1 {
		in.Provider = providers[0]
	}
	if !slices.Contains(by.Scope().Providers(), in.Provider) {
		r.field("provider", "Select the hospital")
	}
	number, reading := identity.LocalID(p.HospitalNumber)
	nhs, asNHS := identity.NHSNumber(p.HospitalNumber)
	switch {
	case strings.TrimSpace(p.HospitalNumber) == "":
		r.field("number", "Enter the hospital number")
	case reading != identity.Good && asNHS != identity.Good:
		r.field("number", "Enter the patient's own hospital number, not one that stands for none")
	case len(number) > 40:
		r.field("number", "Hospital number must be 40 characters or less")
	case s.Key == nil:
		r.field("number", "Nobody can be added while the key file for identifiers is missing. Ask the person who runs Homeward")
	default:
		patient := identity.Patient{Provider: in.Provider, LocalID: number}
		if asNHS == identity.Good {
			patient = identity.Patient{Provider: in.Provider, NHSNumber: nhs}
		}
		h := s.Key.Hash(patient)
		in.NewPatient = &ingest.Patient{Hash: h, Reference: s.Key.Reference(in.Provider, h), ByNHSNumber: patient.NHSNumber != ""}
		if patient.NHSNumber != "" {
			in.NewPatient.NHSNumber = s.Key.Seal(nhs)
		} else {
			in.NewPatient.LocalID = s.Key.Seal(number)
		}
	}
	in.Place = ingest.Place{Ward: r.text("ward", "Ward", p.Ward, 60), Bed: r.text("bed", "Bed", p.Bed, 30)}
	if in.Place.Ward == "" {
		r.field("ward", "Enter the ward")
	}
	if p.Admitted.Empty() {
		r.field("admitted", "Enter the admission date")
	} else if in.Admitted = p.Admitted.read(r, "admitted", "Admission date"); in.Admitted > today {
		r.field("admitted", "Admission date must be today or in the past")
	}
	switch p.Council {
	case "":
		r.field("council", "Select the council of residence, or select 'Not known'")
	case "not-known":
	default:
		given.Council = delay.Council(p.Council)
	}
	given.Words.Council = string(given.Council)
	if p.Care != "" {
		care, err := delay.ParseCareType(p.Care)
		if err != nil || !slices.Contains(delay.CareTypes[:], care) {
			r.field("care", "Select the type of care")
		}
		given.Care = care
	}
}

// Check notes that people are still waiting and nothing has changed, of all of
// them or of none. It gives the last of them.
func (s *Service) Check(ctx context.Context, by people.Actor, references []string) (Done, error) {
	_, today := s.today()
	if len(references) == 0 {
		return Done{}, &Refusal{Fields: []FieldError{{"checked", "Select at least one person"}}}
	}
	var entries []NewEntry
	seen := map[string]bool{}
	for _, reference := range references {
		if seen[reference] {
			continue
		}
		seen[reference] = true
		c, err := s.Store.Case(ctx, by.Scope(), reference)
		if err == nil {
			err = c.goesOn()
		}
		if err != nil {
			return Done{}, ofSeveral(err, reference, len(references))
		}
		entries = append(entries, NewEntry{Reference: reference, Version: c.Version, Kind: logbook.Verified, Made: today, Day: today})
	}
	saved, err := s.Store.LogTogether(ctx, by, entries)
	if err != nil {
		return Done{}, err
	}
	last := saved[len(saved)-1]
	return Done{Reference: last.Reference, Entry: last.Entry}, nil
}

// CheckLate is how old a check may be when it is sent; checkAhead is by how much
// the clock of a phone may be ahead of ours, or behind for a check to have been
// sent as it was made.
const (
	CheckLate  = 12 * time.Hour
	checkAhead = time.Minute
)

// sentKeys are of letters alone: digits might read as a number of the NHS.
var sentKeys = regexp.MustCompile(`^[a-z]{16,64}$`)

// CheckSent notes a check that was made at a moment without a network and is sent
// now with a key of its own. Sent again, it is the entry that it was.
func (s *Service) CheckSent(ctx context.Context, by people.Actor, reference string, at time.Time, key string) (Done, error) {
	now, today := s.today()
	if !sentKeys.MatchString(key) {
		return Done{}, problem.New(problem.Invalid, "This check came without a key of its own. Open the list again and check them again.")
	}
	c, err := s.Store.Case(ctx, by.Scope(), reference)
	if err != nil {
		return Done{}, err
	}
	if before, ok, err := s.Store.SentBefore(ctx, by, c.Reference, key); err != nil || ok {
		return Done{Reference: before.Reference, Entry: before.Entry}, err
	}
	at = at.In(s.London)
	switch {
	case at.After(now.Add(checkAhead)):
		return Done{}, problem.New(problem.Invalid, "The clock of this phone says %s, and it is %s. Nothing has been saved. "+
			"Set the clock and check them again.", delay.Moment(at), delay.Moment(now))
	case now.Sub(at) > CheckLate:
		return Done{}, problem.New(problem.Invalid, "This check was made on %s, more than 12 hours ago. Nothing has been saved. "+
			"Check them again.", delay.Moment(at))
	case now.Sub(at) < checkAhead:
		at = time.Time{} // sent as it was made
	}
	day := today
	if !at.IsZero() {
		day = delay.DayOf(at)
	}
	if err := c.goesOn(); err != nil {
		return Done{}, err
	}
	// It says nothing of the days since it was made (C17).
	saved, err := s.Store.LogTogether(ctx, by, []NewEntry{{Reference: c.Reference, Version: c.Version, Kind: logbook.Verified, Made: day,
		Day: day, CheckedAt: at, SentKey: key}})
	if err != nil {
		// Two sends at once: the other was saved.
		if before, ok, _ := s.Store.SentBefore(ctx, by, c.Reference, key); ok {
			return Done{Reference: before.Reference, Entry: before.Entry}, nil
		}
		return Done{}, err
	}
	return Done{Reference: saved[0].Reference, Entry: saved[0].Entry}, nil
}

// ofSeveral says of which of several people a refusal speaks.
func ofSeveral(err error, reference string, n int) error {
	kind := problem.KindOf(err)
	if n < 2 || kind != problem.Conflict && kind != problem.NotFound {
		return err
	}
	return problem.New(kind, "%s: %s Nothing has been saved. Take %s out of the selection and try again.", reference, problem.Sentence(err),
		reference)
}

// goesOn refuses what can be done only to a wait that goes on.
func (c *Case) goesOn() error {
	lines := c.Current()
	d := c.Last()
	for _, l := range slices.Backward(lines) {
		if l.Kind == logbook.Ended {
			return problem.New(problem.Conflict, "This delay ended on %s. Reopen it if that is wrong.", l.Day.Long())
		}
		if l.Kind != logbook.Verified && !l.OfThePast() {
			break
		}
	}
	if d != nil && d.EndKind != delay.Open && !(c.LatestExtract == 0 && c.IsPaused()) {
		return problem.New(problem.Conflict, "This delay ended on %s. Reopen it if that is wrong.", d.End.Long())
	}
	if !c.IsLogged() {
		return problem.New(problem.Conflict, "This delay is not logged yet. Log it first.")
	}
	return nil
}

// ChangeForm is a change of what someone waits for.
type ChangeForm struct {
	Reference, Version string
	// What is changed or corrected.
	What string
	// Period is the first day of the period that was recorded wrongly, as in
	// 2026-10-20; empty for the present one.
	Period  string
	From    Date
	Reason  string
	Body    string
	Council string // ONS code, not-known, or empty for no change
	Because string
}

// Change states that from a day on someone waits for something else, or
// corrects what was recorded of the present wait from its start.
func (s *Service) Change(ctx context.Context, by people.Actor, f ChangeForm) (Done, error) {
	now, today := s.today()
	c, err := s.Store.Case(ctx, by.Scope(), f.Reference)
	if err != nil {
		return Done{}, err
	}
	if f.What == "corrected" && f.Period != "" {
		p, err := c.Correctable(f.Period)
		if err != nil {
			return Done{}, err
		}
		if !p.Present {
			return s.correct(ctx, now, by, c, p, f)
		}
	}
	if err := c.goesOn(); err != nil {
		return Done{}, err
	}
	r := &Refusal{}
	in := NewEntry{Reference: f.Reference, Version: f.Version, Made: today, Ready: c.Ready()}
	began, first := c.began()
	switch f.What {
	case "changed":
		in.Kind = logbook.Changed
		if in.Day = f.From.read(r, "from", "Start date"); in.Day != 0 {
			if in.Day <= began {
				r.field("from", "Start date must be after %s, when the current wait began", began.Long())
			} else if in.Day > today {
				r.field("from", "Start date must be today or in the past")
			}
		}
	case "corrected":
		in.Kind, in.Day = logbook.Corrected, began
		if first {
			in.Day = c.Ready()
		}
	default:
		r.field("what", "Select what has happened")
	}
	stands := c.Stands()
	in.Given = s.restated(r, c.Provider, stands, f, today)
	if d := c.Last(); d != nil {
		in.Admitted, in.Place = d.Admitted, ingest.Place{Site: d.Site, Ward: d.Ward, Bed: d.Bed}
	}
	if f.What != "" && same(in.Given, stands) {
		r.field("reason", "This is the same reason as now. Select a different one or go back")
	}
	in.Why = r.text("because", "The reason", f.Because, 500)
	if f.What == "corrected" && in.Why == "" {
		r.field("because", "Enter what was wrong")
	}
	if f.What == "changed" && in.Day != 0 && int(today-in.Day) > s.Settings.LateDays {
		r.ask("This changes %d days that are past. Why was it not recorded at the time?", today-in.Day)
	}
	if err := r.or(in.Why); err != nil {
		return Done{}, err
	}
	return s.save(ctx, now, by, in)
}

// restated gives a statement as a form changes it, with reason and body checked
// for the day.
func (s *Service) restated(r *Refusal, provider string, stands attribution.Given, f ChangeForm, on delay.Day) attribution.Given {
	reason := s.reason(r, cmp.Or(f.Reason, string(stands.Reason)), provider, stands.Reason, on)
	body := s.body(r, f.Body, reason, stands.Care, on)
	var council *delay.Council
	if f.Council != "" {
		code := delay.Council(f.Council)
		if f.Council == "not-known" {
			code = delay.CouncilNotKnown
		}
		council = &code
	}
	return restate(stands, reason, body, council)
}

// Period is one period of a case's last delay that can be corrected.
type Period struct {
	*Segment
	// Given is what is stated of it.
	Given attribution.Given
	// From is the day from which a correction stands: the ready date for the
	// delay's first period.
	From delay.Day
	// Present is set for the period in which the wait goes on.
	Present bool
}

// Periods gives the periods of the last delay, in order.
func (c *Case) Periods() []Period {
	d := c.Last()
	if d == nil {
		return nil
	}
	out := make([]Period, len(d.Segments))
	for i := range d.Segments {
		p := Period{Segment: &d.Segments[i], From: d.Segments[i].Segment.First, Given: d.Given}
		if i == 0 {
			p.From = min(p.From, d.Ready)
		}
		p.Present = i == len(d.Segments)-1 && d.EndKind == delay.Open && c.IsOpen()
		for _, st := range d.Stretches {
			if st.Mark != delay.Paused && st.First <= p.Segment.Segment.Last && p.From <= st.Last {
				p.Given = st.Given
			}
		}
		out[i] = p
	}
	return out
}

// Correctable gives the period of the last delay that begins on the day. The
// error is a Conflict problem when there is none, or when the delay goes on and
// is not logged.
func (c *Case) Correctable(first string) (Period, error) {
	day, err := delay.ParseDay(first)
	for _, p := range c.Periods() {
		if err != nil || p.Segment.Segment.First != day {
			continue
		}
		if c.Last().EndKind == delay.Open && !c.IsLogged() {
			return p, problem.New(problem.Conflict, "This delay is not logged yet. Log it first.")
		}
		return p, nil
	}
	return Period{}, problem.New(problem.Conflict, "This period is not in the record now. Open the record and choose the period again.")
}

// correct corrects what was recorded of a period that is over, from its start
// to its end: later periods stand as they are.
func (s *Service) correct(ctx context.Context, now time.Time, by people.Actor, c *Case, p Period, f ChangeForm) (Done, error) {
	r := &Refusal{}
	in := NewEntry{Reference: f.Reference, Version: f.Version, Kind: logbook.Corrected, Made: delay.DayOf(now), Ready: c.Ready(), Day: p.From,
		Until: p.Segment.Segment.Last}
	in.Given = s.restated(r, c.Provider, p.Given, f, p.Segment.Segment.First)
	if same(in.Given, p.Given) {
		r.field("reason", "This is what is recorded now. Select another reason, body or council, or go back")
	}
	if in.Why = r.text("because", "The reason", f.Because, 500); in.Why == "" {
		r.field("because", "Enter what was wrong")
	}
	if err := r.or(in.Why); err != nil {
		return Done{}, err
	}
	d := c.Last()
	in.Admitted, in.Place = d.Admitted, ingest.Place{Site: d.Site, Ward: d.Ward, Bed: d.Bed}
	return s.save(ctx, now, by, in)
}

// same says whether two statements decide alike.
func same(a, b attribution.Given) bool {
	a.Words, b.Words = attribution.Words{}, attribution.Words{}
	return a == b
}

// PauseForm stops a wait for now, or starts it again.
type PauseForm struct {
	Reference, Version string
	// Why is hospital or other; Other says which.
	Why, Other string
	Date       Date
	Because    string
}

// Pause stops the count from a day on, because the person became unwell.
func (s *Service) Pause(ctx context.Context, by people.Actor, f PauseForm) (Done, error) {
	now, today := s.today()
	c, err := s.Store.Case(ctx, by.Scope(), f.Reference)
	if err != nil {
		return Done{}, err
	}
	if err := c.goesOn(); err != nil {
		return Done{}, err
	}
	r := &Refusal{}
	in := NewEntry{Reference: f.Reference, Version: f.Version, Kind: logbook.Paused, Made: today}
	if c.IsPaused() {
		return Done{}, problem.New(problem.Conflict, "This wait is paused already. Resume it when they are ready again.")
	}
	switch f.Why {
	case "hospital":
		in.How = "Needs hospital treatment again"
	case "other":
		if in.How = r.text("other", "The reason", f.Other, 200); in.How == "" {
			r.field("other", "Enter why the wait has stopped")
		}
	default:
		r.field("why", "Select why the wait has stopped")
	}
	if in.Day = f.Date.read(r, "date", "Pause date"); in.Day != 0 {
		switch {
		case in.Day > today:
			r.field("date", "Pause date must be today or in the past")
		case in.Day <= c.Ready():
			r.field("date", "Pause date must be after %s, when they became ready", c.Ready().Long())
		case int(today-in.Day) > s.Settings.LateDays:
			r.ask("This takes %d days out that are past. Why was it not recorded at the time?", today-in.Day)
		}
	}
	in.Why = r.text("because", "The reason", f.Because, 500)
	if err := r.or(in.Why); err != nil {
		return Done{}, err
	}
	return s.save(ctx, now, by, in)
}

// Resume starts the count again from a new ready date.
func (s *Service) Resume(ctx context.Context, by people.Actor, f PauseForm) (Done, error) {
	now, today := s.today()
	c, err := s.Store.Case(ctx, by.Scope(), f.Reference)
	if err != nil {
		return Done{}, err
	}
	r := &Refusal{}
	in := NewEntry{Reference: f.Reference, Version: f.Version, Kind: logbook.Resumed, Made: today}
	if !c.IsPaused() {
		return Done{}, problem.New(problem.Conflict, "This wait is not paused.")
	}
	paused := c.PausedOn()
	if in.Day = f.Date.read(r, "date", "Resume date"); in.Day != 0 {
		switch {
		case in.Day <= paused:
			r.field("date", "Resume date must be after %s, when the wait was paused", paused.Long())
		case in.Day > today:
			r.field("date", "Resume date must be today or in the past")
		}
	}
	in.Given, in.Ready = c.Stands(), in.Day
	if d := c.Last(); d != nil {
		in.Admitted, in.Place = d.Admitted, ingest.Place{Site: d.Site, Ward: d.Ward, Bed: d.Bed}
	}
	in.Why = r.text("because", "The reason", f.Because, 500)
	if err := r.or(in.Why); err != nil {
		return Done{}, err
	}
	return s.save(ctx, now, by, in)
}

// EndForm ends a wait.
type EndForm struct {
	Reference, Version string
	// How is left, not-ready, moved, died or error.
	How         string
	Date        Date
	Destination string
	Because     string
}

// Endings are the ways in which a wait ends, by their value in the form.
var Endings = []struct{ Code, Words string }{
	{"left", "Left hospital"}, {"not-ready", "No longer ready"}, {"moved", "Moved to another hospital"}, {"died", "They died"},
	{"error", "Recorded in error"},
}

// End ends a wait, or withdraws what was recorded in error. With preview it
// only says whether it could be saved.
func (s *Service) End(ctx context.Context, by people.Actor, f EndForm, preview bool) (Done, error) {
	now, today := s.today()
	c, err := s.Store.Case(ctx, by.Scope(), f.Reference)
	if err != nil {
		return Done{}, err
	}
	if !c.IsLogged() {
		return Done{}, problem.New(problem.Conflict, "This delay is not logged yet. Log it first.")
	}
	for _, l := range slices.Backward(c.Current()) {
		if l.Kind == logbook.Ended {
			return Done{}, problem.New(problem.Conflict, "This delay ended on %s. Reopen it if that is wrong.", l.Day.Long())
		}
	}
	r := &Refusal{}
	in := NewEntry{Reference: f.Reference, Version: f.Version, Kind: logbook.Ended, Made: today, Day: today}
	for _, e := range Endings {
		if e.Code == f.How {
			in.How = e.Words
		}
	}
	in.Why = r.text("because", "The reason", f.Because, 500)
	switch {
	case in.How == "":
		r.field("how", "Select how it ended")
	case f.How == "error":
		in.Kind = logbook.Withdrawn
		if in.Why == "" {
			r.field("because", "Enter why it was recorded in error")
		}
	default:
		if in.Day = f.Date.read(r, "date", "Leaving date"); in.Day != 0 {
			switch {
			case in.Day < c.Ready():
				r.field("date", "Leaving date must be on or after %s, when they became ready", c.Ready().Long())
			case in.Day > today:
				r.field("date", "Leaving date must be today or in the past")
			}
		}
		if f.How == "left" {
			if in.Destination = f.Destination; !slices.ContainsFunc(Destinations[:4],
				func(d struct{ Code, Words string }) bool { return d.Code == f.Destination }) {
				r.field("destination", "Select where they went")
			}
		}
	}
	if err := r.or(in.Why); err != nil {
		return Done{}, err
	}
	if preview {
		return Done{Reference: f.Reference, Days: c.DaysUntil(in.Day)}, nil
	}
	in.Given, in.Ready = c.Stands(), c.Ready()
	if d := c.Last(); d != nil {
		in.Admitted, in.Place = d.Admitted, ingest.Place{Site: d.Site, Ward: d.Ward, Bed: d.Bed}
	}
	done, err := s.save(ctx, now, by, in)
	if err != nil {
		return done, err
	}
	if after, err := s.Store.Case(ctx, by.Scope(), done.Reference); err == nil {
		done.Days = after.DaysUntil(in.Day)
	}
	return done, nil
}

// DaysUntil gives the delayed days of the last delay before the day.
func (c *Case) DaysUntil(day delay.Day) int {
	n := 0
	if d := c.Last(); d != nil {
		for _, s := range d.Segments {
			if last := min(s.Segment.Last, day-1); last >= s.Segment.First {
				n += int(last-s.Segment.First) + 1
			}
		}
	}
	return n
}

// Undo takes an entry back soon after it was made, with all that were saved at
// once with it: all of them or none.
func (s *Service) Undo(ctx context.Context, by people.Actor, reference string, entry int64) (Done, error) {
	_, today := s.today()
	c, err := s.Store.Case(ctx, by.Scope(), reference)
	if err != nil {
		return Done{}, err
	}
	reference = c.Reference
	undoes := []Saved{{reference, entry}}
	if i := slices.IndexFunc(c.Log, func(l LogLine) bool { return l.ID == entry }); i >= 0 && c.Log[i].Together != 0 {
		var all int
		if undoes, all, err = s.Store.SavedTogether(ctx, by.Scope(), c.Log[i].Together); err != nil {
			return Done{}, err
		}
		if len(undoes) < all {
			return Done{}, problem.New(problem.Conflict, "This was saved together with entries that are outside your organisation, so you cannot "+
				"undo it. Correct it instead.")
		}
	}
	var entries []NewEntry
	for _, u := range undoes {
		if c.Reference != u.Reference {
			if c, err = s.Store.Case(ctx, by.Scope(), u.Reference); err != nil {
				return Done{}, err
			}
		}
		l, err := s.undoable(c, u.Entry)
		if err != nil {
			return Done{}, ofGroup(err, u.Reference, len(undoes))
		}
		entries = append(entries, NewEntry{Reference: u.Reference, Version: c.Version, Kind: logbook.Undone, Made: today, Day: l.Day,
			Undoes: u.Entry})
	}
	saved, err := s.Store.LogTogether(ctx, by, entries)
	if err != nil {
		return Done{}, err
	}
	for _, one := range saved {
		if one.Reference == reference {
			return Done{Reference: reference, Entry: one.Entry}, nil
		}
	}
	return Done{Reference: saved[0].Reference, Entry: saved[0].Entry}, nil
}

// undoable gives the entry of a case that can be taken back now.
func (s *Service) undoable(c *Case, entry int64) (LogLine, error) {
	now, _ := s.today()
	last := int64(0)
	for _, l := range c.Log {
		if l.Kind != logbook.Undone && !l.Undone {
			last = l.ID
		}
	}
	for _, l := range c.Log {
		if l.ID != entry {
			continue
		}
		switch {
		case l.Undone:
			return l, problem.New(problem.Conflict, "This was undone already. Nothing has changed.")
		case now.Sub(l.At) > s.Settings.Undo:
			return l, problem.New(problem.Conflict, "This was saved more than %d minutes ago. Correct it instead.",
				int(s.Settings.Undo.Minutes()))
		case entry != last:
			return l, problem.New(problem.Conflict, "Something else was saved after this. Undo that first, or correct it.")
		}
		return l, nil
	}
	return LogLine{}, problem.New(problem.NotFound, "There is nothing to undo.")
}

// ofGroup says of which of several people that were saved at once a refusal to
// undo speaks.
func ofGroup(err error, reference string, n int) error {
	if kind := problem.KindOf(err); n > 1 && kind == problem.Conflict {
		return problem.New(kind, "%s: %s Nothing has been undone.", reference, problem.Sentence(err))
	}
	return err
}

// ActionForm is a next step about to be added.
type ActionForm struct {
	Reference, Version    string
	What, OwnerOrg, Owner string
	Due                   Date
}

// AddAction adds a next step with an owner.
func (s *Service) AddAction(ctx context.Context, by people.Actor, f ActionForm) error {
	_, today := s.today()
	r := &Refusal{}
	a := Action{What: r.text("what", "What needs to happen", f.What, 200), OwnerOrg: strings.TrimSpace(f.OwnerOrg),
		Owner: r.text("owner", "Owner role or team", f.Owner, 100)}
	if a.What == "" {
		r.field("what", "Enter what needs to happen")
	}
	if a.OwnerOrg == "" || len(a.OwnerOrg) > 100 {
		r.field("org", "Select who owns this")
	}
	if a.Due = f.Due.read(r, "due", "Due date"); a.Due != 0 && a.Due < today {
		r.field("due", "Due date must be today or in the future")
	}
	if err := r.or(""); err != nil {
		return err
	}
	return s.Store.AddAction(ctx, by, f.Reference, f.Version, a)
}

// Declines are the reasons for which an action is declined.
var Declines = []string{"Outside what we can offer", "More information needed first", "No capacity at this time",
	"Another team should do this", "No longer needed"}

// CloseAction marks an action done or declined.
func (s *Service) CloseAction(ctx context.Context, by people.Actor, reference string, id int64, state, why string) error {
	r := &Refusal{}
	switch state {
	case "done":
		why = ""
	case "declined":
		if !slices.Contains(Declines, why) {
			r.field("why", "Select why it was declined")
		}
	default:
		r.field("state", "Select done or declined")
	}
	if err := r.or(""); err != nil {
		return err
	}
	return s.Store.CloseAction(ctx, by, reference, id, state, why)
}
