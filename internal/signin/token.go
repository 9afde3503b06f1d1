package signin

import (
	"context"
	"slices"
	"time"

	"homeward/internal/people"
	"homeward/internal/problem"
)

// PasswordLink makes the link by which a person chooses a password, once and
// within three days. It replaces earlier links of the person. show puts the text
// that stands in it where it is read, before the link is kept: when show fails,
// nothing was made, so that no link is in force that nobody saw.
func (s *Service) PasswordLink(ctx context.Context, by people.Actor, personID int64, show func(text string) error) error {
	p, err := s.Store.Person(ctx, personID)
	if err != nil {
		return err
	}
	if p.Deactivated {
		return problem.New(problem.Conflict, "This user is deactivated. Activate the account first.")
	}
	t, shown, err := s.newLink(by)
	if err != nil {
		return err
	}
	t.PersonID = p.ID
	if err := show(shown); err != nil {
		return err
	}
	return s.Store.AddToken(ctx, by, t)
}

func (s *Service) newLink(by people.Actor) (people.Token, string, error) {
	return people.NewToken(people.PasswordLink, "choose a password", s.Now(), 0, by.Who())
}

// AddPerson adds an account and, unless the person waits for their work account,
// the link by which they choose a password: both or neither. show gets the text
// of the link before anything is kept, as with PasswordLink, and none for a work
// account. It gives the account's number and the link's public ID.
func (s *Service) AddPerson(ctx context.Context, by people.Actor, p people.Person, show func(text string) error) (id int64, link string,
	err error) {
	if p.AwaitsWorkAccount {
		id, err = s.Store.AddPerson(ctx, by, p)
		return id, "", err
	}
	t, shown, err := s.newLink(by)
	if err != nil {
		return 0, "", err
	}
	if err := show(shown); err != nil {
		return 0, "", err
	}
	id, err = s.Store.AddPerson(ctx, by, p, t)
	return id, t.ID, err
}

// linkGone is the one answer to a link that opens nothing.
func linkGone() error {
	return problem.New(problem.NotFound, "This link has been used or has expired. Ask an administrator for a new one.")
}

// PasswordLinkOf gives the person whose password link the text is. The error
// is a NotFound problem when it is no link, was used, or has expired.
func (s *Service) PasswordLinkOf(ctx context.Context, text string) (people.Person, error) {
	t, err := s.token(ctx, text)
	if err != nil || t.Kind != people.PasswordLink {
		return people.Person{}, notFoundAs(err, linkGone())
	}
	p, err := s.Store.Person(ctx, t.PersonID)
	if err == nil && p.Deactivated {
		err = linkGone()
	}
	return p, err
}

// ChoosePassword sets the password of the person whose link the text is, and
// uses the link up. The person then signs in with it.
func (s *Service) ChoosePassword(ctx context.Context, text, password, address string) (people.Person, error) {
	p, err := s.PasswordLinkOf(ctx, text)
	if err != nil {
		return people.Person{}, err
	}
	id, _, _ := people.TokenID(text)
	return p, s.setPassword(ctx, s.actor(p, firstGrant(p), address), p, password, id)
}

// MakeToken makes a token of a program or a screen link. show gets its text,
// which is shown once, before the token is kept, as with PasswordLink. providers
// are the ODS codes that an upload token may send for; days is how long it
// stands, 0 for what is usual.
func (s *Service) MakeToken(ctx context.Context, by people.Actor, kind people.TokenKind, label string, days int, providers []string,
	show func(t people.Token, text string) error) error {
	if kind == people.PasswordLink || kind == people.RemoteLink {
		return problem.New(problem.Invalid, "Found the kind of token %q. Use upload, figures or screen.", kind)
	}
	if (kind == people.UploadToken) != (len(providers) > 0) {
		return problem.New(problem.Invalid, "An upload token is for named providers, and no other token is. Name at least one provider by its "+
			"ODS code, or none.")
	}
	for _, code := range providers {
		if s.Organisations().SideOf(code) != people.ProviderSide {
			return problem.New(problem.Invalid, "Found the provider %q. Expected the ODS code of a provider of the partnership file.", code)
		}
	}
	t, shown, err := people.NewToken(kind, label, s.Now(), time.Duration(days)*24*time.Hour, by.Who())
	if err != nil {
		return err
	}
	t.Providers = providers
	if err := show(t, shown); err != nil {
		return err
	}
	return s.Store.AddToken(ctx, by, t)
}

// Program gives the actor that a program's token stands for. The error is a
// Forbidden problem that is the same for no token and one that is no longer in
// force.
func (s *Service) Program(ctx context.Context, text, address string) (people.Actor, error) {
	t, err := s.token(ctx, text)
	if err != nil || (t.Kind != people.UploadToken && t.Kind != people.FiguresToken) {
		return people.Actor{}, notFoundAs(err, problem.New(problem.Forbidden, "The token is not known, has expired or was revoked. Ask an "+
			"administrator for a new one."))
	}
	return people.Actor{Kind: people.AProgram, Token: t, Address: address}, s.Store.TokenUsed(ctx, s.Now(), t)
}

// Screen gives the actor that a screen link stands for. The error is a NotFound
// problem when it is none, was revoked or has expired.
func (s *Service) Screen(ctx context.Context, text, address string) (people.Actor, error) {
	t, err := s.token(ctx, text)
	if err != nil || t.Kind != people.ScreenLink {
		return people.Actor{}, notFoundAs(err, linkGone())
	}
	return people.Actor{Kind: people.AScreen, Token: t, Address: address}, s.Store.TokenUsed(ctx, s.Now(), t)
}

// screenOf gives the actor of a screen or remote link that a browser has opened,
// by the link's public ID.
func (s *Service) screenOf(ctx context.Context, id, address string) (people.Actor, error) {
	t, err := s.Store.Token(ctx, id)
	if err != nil || (t.Kind != people.ScreenLink && t.Kind != people.RemoteLink) || !t.InForce(s.Now()) {
		return people.Actor{}, notFoundAs(err, linkGone())
	}
	return people.Actor{Kind: people.AScreen, Token: t, Address: address}, s.Store.TokenUsed(ctx, s.Now(), t)
}

// mostRemotes is how many remotes of one day may be in force.
const mostRemotes = 10

// MakeRemote makes the link by which a phone turns the slides of today's call; it
// stands until the day is over. show gets its code, which is shown once, before
// the link is kept, as with PasswordLink.
func (s *Service) MakeRemote(ctx context.Context, by people.Actor, until time.Time, show func(t people.Token, code string) error) error {
	now := s.Now()
	all, err := s.Remotes(ctx)
	if err != nil {
		return err
	}
	if len(all) >= mostRemotes {
		return problem.New(problem.Conflict, "There are %d remotes already. Revoke one that is not used.", len(all))
	}
	t, code, err := people.NewRemote("slides of the call", now, until, by.Who())
	if err != nil {
		return err
	}
	if err := show(t, code); err != nil {
		return err
	}
	return s.Store.AddToken(ctx, by, t)
}

// Remotes gives the remote links in force, the first made first.
func (s *Service) Remotes(ctx context.Context) ([]people.Token, error) {
	all, err := s.Store.Tokens(ctx)
	all = slices.DeleteFunc(all, func(t people.Token) bool { return t.Kind != people.RemoteLink || !t.InForce(s.Now()) })
	slices.Reverse(all)
	return all, err
}

// Remote gives the actor that the code of a remote stands for. The error is an
// Invalid problem when it is none, was revoked or has expired, and an Unavailable
// problem after too many attempts from the network address.
func (s *Service) Remote(ctx context.Context, code, address string) (people.Actor, error) {
	// By address, so that nobody can lock others out by guessing.
	attempt, until, err := s.Store.BeginAttempt(ctx, "remote from "+address, address, s.Throttle)
	if err != nil {
		return people.Actor{}, err
	}
	if !until.IsZero() {
		return people.Actor{}, s.putOff(until)
	}
	id, secret, ok := people.RemoteCode(code)
	var t people.Token
	if ok {
		t, err = s.Store.Token(ctx, id)
	}
	if problem.KindOf(err) == problem.NotFound {
		err, ok = nil, false
	}
	if err != nil {
		return people.Actor{}, err
	}
	if !ok || t.Kind != people.RemoteLink || !t.Check(secret, s.Now()) {
		return people.Actor{}, problem.New(problem.Invalid, "This is no code of a remote that is in force. A code has 16 letters and digits and "+
			"stands until the end of the day. Ask the presenter for a new one")
	}
	if err := s.Store.AttemptRight(ctx, attempt); err != nil {
		return people.Actor{}, err
	}
	return people.Actor{Kind: people.AScreen, Token: t, Address: address}, s.Store.TokenUsed(ctx, s.Now(), t)
}

// token gives the token in force whose text it is; the error is a NotFound
// problem when there is none.
func (s *Service) token(ctx context.Context, text string) (people.Token, error) {
	id, secret, ok := people.TokenID(text)
	if !ok {
		return people.Token{}, linkGone()
	}
	t, err := s.Store.Token(ctx, id)
	if err != nil {
		return people.Token{}, err
	}
	if !t.Check(secret, s.Now()) {
		return people.Token{}, linkGone()
	}
	return t, nil
}

// notFoundAs gives answer in place of no error and of a NotFound problem, and
// any other error as it is.
func notFoundAs(err, answer error) error {
	if err == nil || problem.KindOf(err) == problem.NotFound {
		return answer
	}
	return err
}
