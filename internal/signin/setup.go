package signin

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"slices"
	"strings"
	"sync"

	"homeward/internal/people"
	"homeward/internal/problem"
)

// onceOnly holds hashes of codes that open something once while the process
// runs. They are kept nowhere else.
type onceOnly struct {
	mu    sync.Mutex
	codes map[[sha256.Size]byte]int64
}

func (o *onceOnly) add(id int64) string {
	code := rand.Text()
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.codes == nil {
		o.codes = map[[sha256.Size]byte]int64{}
	}
	o.codes[sha256.Sum256([]byte(code))] = id
	return code
}

// find gives what the code opens; every code is compared, so that the time
// does not tell which was near.
func (o *onceOnly) find(code string) (key [sha256.Size]byte, id int64, ok bool) {
	sum := sha256.Sum256([]byte(strings.ToUpper(strings.TrimSpace(code))))
	o.mu.Lock()
	defer o.mu.Unlock()
	for k, v := range o.codes {
		if subtle.ConstantTimeCompare(k[:], sum[:]) == 1 {
			key, id, ok = k, v, true
		}
	}
	return key, id, ok
}

// put lets a code that was used up be used again, after what it was used for has
// failed.
func (o *onceOnly) put(key [sha256.Size]byte, id int64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.codes[key] = id
}

// take uses a code up, and says whether nobody did before.
func (o *onceOnly) take(key [sha256.Size]byte) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	_, ok := o.codes[key]
	delete(o.codes, key)
	return ok
}

// FirstRun gives a one-time code for making the first administrator at the
// page of that name, nothing when there is one already. The program prints it
// where only the person who runs Homeward reads.
func (s *Service) FirstRun(ctx context.Context) (string, error) {
	awaits, err := s.AwaitsFirstRun(ctx)
	if err != nil || !awaits {
		return "", err
	}
	return s.firstRun.add(0), nil
}

// AwaitsFirstRun says whether the first administrator is still to be made.
// Others may have an account before, added on the machine's command line.
func (s *Service) AwaitsFirstRun(ctx context.Context) (bool, error) {
	all, err := s.Store.People(ctx)
	return err == nil && !slices.ContainsFunc(all, isAdministrator), err
}

// isAdministrator says whether somebody holds the role, whatever became of the
// account: one that was deactivated is for the command line to activate.
func isAdministrator(p people.Person) bool {
	return slices.ContainsFunc(p.Grants, func(g people.Grant) bool { return g.Role == people.Administrator })
}

// Empty says whether nobody has an account yet.
func (s *Service) Empty(ctx context.Context) (bool, error) {
	all, err := s.Store.People(ctx)
	return err == nil && len(all) == 0, err
}

// FirstAdministrator makes an account for the first administrator, for whoever
// has the code of FirstRun, and gives the text of the link by which they
// choose a password. The errors are Invalid problems in the words of the form,
// an Unavailable problem after too many attempts, and a Conflict problem when
// there is an administrator already or the e-mail address has an account. The
// code is used up when the account is made.
func (s *Service) FirstAdministrator(ctx context.Context, code, email, name, address string) (string, error) {
	email, err := people.NormaliseEmail(email)
	if err != nil {
		return "", err
	}
	if name = strings.TrimSpace(name); name == "" {
		return "", problem.New(problem.Invalid, "Enter your name")
	}
	attempt, until, err := s.Store.BeginAttempt(ctx, "first run", address, s.Throttle)
	if err != nil {
		return "", err
	}
	if !until.IsZero() {
		return "", s.putOff(until)
	}
	key, _, ok := s.firstRun.find(code)
	if !ok {
		return "", problem.New(problem.Invalid, "That code is incorrect. Copy it from the newest start in the program's log")
	}
	if err := s.Store.AttemptRight(ctx, attempt); err != nil {
		return "", err
	}
	if awaits, err := s.AwaitsFirstRun(ctx); err != nil || !awaits {
		if err == nil {
			err = problem.New(problem.Conflict, "There is an administrator already. Sign in, or ask them for access.")
		}
		return "", err
	}
	if !s.firstRun.take(key) {
		return "", problem.New(problem.Conflict, "There is an administrator already. Sign in, or ask them for access.")
	}
	g, err := people.NewGrant(people.Administrator, nil, s.Organisations())
	if err != nil {
		return "", err
	}
	// Whoever reads the log holds the machine.
	by := people.Actor{Kind: people.Machine, Address: address}
	var text string
	_, _, err = s.AddPerson(ctx, by, people.Person{Email: email, Name: name, Grants: []people.Grant{g}},
		func(t string) error { text = t; return nil })
	if problem.KindOf(err) == problem.Conflict {
		err = problem.New(problem.Conflict, "A user with this email address already exists. Use another, or give them the role on the machine: "+
			"homeward user grant %s --role administrator", email)
	}
	if err != nil {
		s.firstRun.put(key, 0)
		return "", err
	}
	return text, nil
}

// Door gives a code that signs a person of the demonstration in once, while the
// process runs. Nothing else makes one.
func (s *Service) Door(personID int64) string { return s.doors.add(personID) }

// ThroughDoor signs in the person whose code of Door it is, and uses it up. The
// error is a NotFound problem when it is none.
func (s *Service) ThroughDoor(ctx context.Context, code, address string) (SignIn, error) {
	key, id, ok := s.doors.find(code)
	if !ok || !s.doors.take(key) {
		return SignIn{}, problem.New(problem.NotFound, "This link has been used. Start the demonstration again for a new one, or sign in.")
	}
	p, err := s.Store.Person(ctx, id)
	if err != nil {
		return SignIn{}, err
	}
	out := SignIn{Person: p, How: "link of the demonstration"}
	return out, s.signedIn(ctx, out, address)
}
