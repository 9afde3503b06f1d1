package signin

import (
	"context"
	"time"

	"homeward/internal/people"
	"homeward/internal/problem"
)

// PasswordLink makes the link by which a person chooses a password, once and
// within three days, and gives the text that stands in it. It replaces earlier
// links of the person.
func (s *Service) PasswordLink(ctx context.Context, by people.Actor, personID int64) (string, error) {
	p, err := s.Store.Person(ctx, personID)
	if err != nil {
		return "", err
	}
	if p.Deactivated {
		return "", problem.New(problem.Conflict, "This user is deactivated. Activate the account first.")
	}
	t, shown, err := people.NewToken(people.PasswordLink, "choose a password", s.Now(), 0, by.Who())
	if err != nil {
		return "", err
	}
	t.PersonID = p.ID
	return shown, s.Store.AddToken(ctx, s.Now(), by, t)
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

// MakeToken makes a token of a program or a screen link and gives its text,
// which is shown once. providers are the ODS codes that an upload token may
// send for; days is how long it stands, 0 for what is usual.
func (s *Service) MakeToken(ctx context.Context, by people.Actor, kind people.TokenKind, label string, days int, providers []string) (people.Token, string, error) {
	if kind == people.PasswordLink {
		return people.Token{}, "", problem.New(problem.Invalid, "Found the kind of token %q. Use upload, figures or screen.", kind)
	}
	if (kind == people.UploadToken) != (len(providers) > 0) {
		return people.Token{}, "", problem.New(problem.Invalid, "An upload token is for named providers, and no other token is. Name at least one provider by its ODS code, or none.")
	}
	for _, code := range providers {
		if s.Organisations().SideOf(code) != people.ProviderSide {
			return people.Token{}, "", problem.New(problem.Invalid, "Found the provider %q. Expected the ODS code of a provider of the partnership file.", code)
		}
	}
	t, shown, err := people.NewToken(kind, label, s.Now(), time.Duration(days)*24*time.Hour, by.Who())
	if err != nil {
		return t, "", err
	}
	t.Providers = providers
	return t, shown, s.Store.AddToken(ctx, s.Now(), by, t)
}

// Program gives the actor that a program's token stands for. The error is a
// Forbidden problem that is the same for no token and one that is no longer in
// force.
func (s *Service) Program(ctx context.Context, text, address string) (people.Actor, error) {
	t, err := s.token(ctx, text)
	if err != nil || (t.Kind != people.UploadToken && t.Kind != people.FiguresToken) {
		return people.Actor{}, notFoundAs(err, problem.New(problem.Forbidden, "The token is not known, has expired or was revoked. Ask an administrator for a new one."))
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

// screenOf gives the actor of a screen link that a browser has opened, by the
// link's public ID.
func (s *Service) screenOf(ctx context.Context, id, address string) (people.Actor, error) {
	t, err := s.Store.Token(ctx, id)
	if err != nil || t.Kind != people.ScreenLink || !t.InForce(s.Now()) {
		return people.Actor{}, notFoundAs(err, linkGone())
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
