package web

import (
	"bytes"
	"cmp"
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"homeward/internal/people"
	"homeward/internal/problem"
	"homeward/internal/signin"
	"homeward/internal/web/page"
)

type usersView struct {
	page.Form
	Table page.Table
	// Next says what is to be done first where nobody can take extracts in.
	Next string
}

func (s *Server) usersPage(c echo.Context) error {
	if _, err := s.opts.Places.Read(c.QueryParams(), page.WordView); err != nil {
		return err
	}
	ctx := c.Request().Context()
	all, err := s.opts.SignIn.Store.People(ctx)
	if err != nil {
		return err
	}
	v := usersView{Form: page.Form{Frame: s.frame(c, "Users"), Said: s.opts.Sessions.Said(ctx)}}
	v.Table = page.Table{
		ID:            "users",
		Caption:       "Users",
		HiddenCaption: true,
		Stack:         true,
		Head: []page.Head{{Text: "Name"}, {Text: "Email"}, {Text: "Roles"},
			{Text: "Last signed in"}, {Text: "State"}},
	}
	if !slices.ContainsFunc(all, func(p people.Person) bool {
		return slices.ContainsFunc(p.Grants, func(g people.Grant) bool { return g.Role == people.Analyst })
	}) {
		v.Next = "Nobody is an analyst yet. Analysts take extracts in, and new senders on: give that role to somebody, or to yourself on the " +
			"page of your name, and act in it on the page Account. You set who takes part on the page Partnership."
	}
	for _, p := range all {
		v.Table.Rows = append(v.Table.Rows, []page.Cell{{Text: p.Name, Header: true, Href: userPath(p.ID)}, {Text: p.Email, Class: "app-breaks"},
			{Text: cmp.Or(s.rolesOf(p), "None")},
			{Text: s.momentOr(p.LastSignedIn, "Never")}, {Text: signin.State(p)}})
	}
	return s.page(c, "users", v)
}

func userPath(id int64) string { return "/admin/users/" + strconv.FormatInt(id, 10) }

func (s *Server) rolesOf(p people.Person) string {
	var words []string
	for _, g := range p.Grants {
		words = append(words, s.grantWords(g))
	}
	return strings.Join(words, "; ")
}

// roleForm are the fields that give a role.
type roleForm struct {
	Roles         []page.Choice
	Organisations []page.ChoiceGroup
	Error         string
}

func (s *Server) roleForm(role string, codes []string) roleForm {
	f := roleForm{Roles: []page.Choice{{Text: "Select a role", Chosen: role == ""}}}
	for _, r := range people.Roles {
		f.Roles = append(f.Roles, page.Choice{Value: string(r), Text: r.String(), Chosen: string(r) == role})
	}
	for _, g := range []struct {
		legend string
		places []page.Place
	}{{"Hospitals", s.opts.Places.Providers}, {"Councils", s.opts.Places.Councils}} {
		group := page.ChoiceGroup{Legend: g.legend, Name: "for", Kind: "checkbox", Style: "checkboxes"}
		for _, p := range g.places {
			group.Items = append(group.Items, page.Choice{ID: "for-" + p.Code, Value: p.Code, Text: p.Name, Chosen: slices.Contains(codes, p.Code)})
		}
		f.Organisations = append(f.Organisations, group)
	}
	return f
}

// grantOf reads the fields that give a role.
func (s *Server) grantOf(c echo.Context) (people.Grant, roleForm, error) {
	role := typed(c, "role")
	params, err := c.FormParams()
	if err != nil {
		return people.Grant{}, roleForm{}, problem.Wrap(err, problem.Invalid, "The form could not be read")
	}
	f := s.roleForm(role, params["for"])
	if role == "" {
		f.Error = "Select at least one role"
		return people.Grant{}, f, nil
	}
	g, err := people.NewGrant(people.Role(role), params["for"], s.opts.SignIn.Organisations())
	if problem.KindOf(err) == problem.Invalid {
		f.Error, err = problem.Sentence(err), nil
	}
	return g, f, err
}

type newUserView struct {
	page.Form
	Name, Email   page.Field
	RoleForm      roleForm
	Work, MayWork bool
}

func (s *Server) newUserView(c echo.Context) newUserView {
	v := newUserView{Form: page.Form{Frame: s.frame(c, "Add a user")}, RoleForm: s.roleForm("", nil), MayWork: s.opts.SignIn.Work != nil,
		Name:  page.Field{ID: "name", Label: "Name", Complete: "off", Class: "nhsuk-input--width-20"},
		Email: page.Field{ID: "email", Label: "Email address", Type: "email", Complete: "off", Class: "nhsuk-input--width-20"}}
	v.Crumbs = []page.Link{{Text: "Users", Href: "/admin/users"}}
	return v
}

func (s *Server) newUserPage(c echo.Context) error {
	if _, err := s.opts.Places.Read(c.QueryParams()); err != nil {
		return err
	}
	return s.page(c, "user-new", s.newUserView(c))
}

func (s *Server) newUser(c echo.Context) error {
	v := s.newUserView(c)
	v.Name.Value, v.Email.Value, v.Work = typed(c, "name"), typed(c, "email"), typed(c, "work") != "" && v.MayWork
	if v.Name.Value == "" {
		v.Name.Error = "Enter a name"
	}
	email, err := people.NormaliseEmail(v.Email.Value)
	if err != nil {
		v.Email.Error = problem.Sentence(err)
	}
	g, f, err := s.grantOf(c)
	if err != nil {
		return err
	}
	v.RoleForm = f
	v.WrongFields(v.Name, v.Email)
	v.Wrong("role", f.Error)
	if len(v.Errors) > 0 {
		return s.formPage(c, http.StatusBadRequest, "user-new", v)
	}
	ctx := c.Request().Context()
	p := people.Person{Email: email, Name: v.Name.Value, AwaitsWorkAccount: v.Work, Grants: []people.Grant{g}}
	var shown bytes.Buffer
	id, link, err := s.opts.SignIn.AddPerson(ctx, s.actor(c), p, func(text string) error {
		return s.pages.Fill(&shown, "once", s.linkView(c, p, "/admin/users", text))
	})
	if problem.KindOf(err) == problem.Conflict {
		v.Email.Error = problem.Sentence(err)
		v.WrongFields(v.Email)
		return s.formPage(c, http.StatusConflict, "user-new", v)
	}
	if err != nil {
		return err
	}
	if v.Work {
		s.opts.Sessions.Say(ctx, v.Name.Value+" is added and signs in with their work account.")
		return c.Redirect(http.StatusSeeOther, userPath(id))
	}
	return s.once(c, link, &shown)
}

type userView struct {
	page.Form
	ID, Name, Email, State, LastSeen string
	Grants                           []userGrant
	RoleForm                         roleForm
	Deactivated                      bool
	// MayLink and MayReset say that a password link can be made and a 6-digit
	// code taken off.
	MayLink, MayReset bool
}

type userGrant struct {
	ID, Text string
	// Work says that it follows from the person's work account.
	Work bool
}

func (s *Server) userOf(c echo.Context) (people.Person, error) {
	id, err := strconv.ParseInt(c.Param("id"), 10, 64)
	if err != nil {
		return people.Person{}, problem.New(problem.NotFound, "There is no such user. Users are listed under Admin.")
	}
	return s.opts.SignIn.Store.Person(c.Request().Context(), id)
}

func (s *Server) userView(c echo.Context, p people.Person) userView {
	v := userView{Form: page.Form{Frame: s.frame(c, p.Name), Said: s.opts.Sessions.Said(c.Request().Context())},
		ID: strconv.FormatInt(p.ID, 10), Name: p.Name, Email: p.Email,
		State: signin.State(p), LastSeen: s.momentOr(p.LastSignedIn, "Never"), RoleForm: s.roleForm("", nil),
		Deactivated: p.Deactivated, MayLink: !p.Deactivated && !p.WorkAccount, MayReset: !p.Deactivated && p.SecondFactor}
	v.Crumbs = []page.Link{{Text: "Users", Href: "/admin/users"}}
	for _, g := range p.Grants {
		v.Grants = append(v.Grants, userGrant{strconv.FormatInt(g.ID, 10), s.grantWords(g), g.FromWorkAccount})
	}
	return v
}

func (s *Server) userPage(c echo.Context) error {
	if _, err := s.opts.Places.Read(c.QueryParams()); err != nil {
		return err
	}
	p, err := s.userOf(c)
	if err != nil {
		return err
	}
	return s.page(c, "user", s.userView(c, p))
}

// done says what was done to a user on their page.
func (s *Server) done(c echo.Context, p people.Person, sentence string) error {
	s.opts.Sessions.Say(c.Request().Context(), sentence)
	return c.Redirect(http.StatusSeeOther, userPath(p.ID))
}

func (s *Server) grantRole(c echo.Context) error {
	p, err := s.userOf(c)
	if err != nil {
		return err
	}
	g, f, err := s.grantOf(c)
	if err != nil {
		return err
	}
	if f.Error != "" {
		v := s.userView(c, p)
		v.RoleForm = f
		v.Wrong("role", f.Error)
		return s.formPage(c, http.StatusBadRequest, "user", v)
	}
	if _, err := s.opts.SignIn.Store.AddGrant(c.Request().Context(), s.actor(c), p.ID, g); err != nil {
		return err
	}
	return s.done(c, p, p.Name+" is now "+s.grantWords(g)+".")
}

// sureView asks once more before a risky act.
type sureView struct {
	page.Frame
	Words  string
	Action string
	Back   string
	Hidden []page.Link // fields: name and value
}

// sure says whether the act was confirmed, else shows the question.
func (s *Server) sure(c echo.Context, title, words, back string, hidden ...page.Link) (bool, error) {
	if typed(c, "sure") == "yes" {
		return true, nil
	}
	return false, s.page(c, "sure", sureView{s.frame(c, title), words, c.Request().URL.Path, back, hidden})
}

func (s *Server) revokeRole(c echo.Context) error {
	p, err := s.userOf(c)
	if err != nil {
		return err
	}
	id, err := strconv.ParseInt(typed(c, "grant"), 10, 64)
	if err != nil {
		return problem.New(problem.Invalid, "Select the role to take away.")
	}
	g, ok := p.Grant(id)
	if ok && g.Role == people.Administrator && p.ID == s.actor(c).PersonID {
		return problem.New(problem.Conflict, "You cannot remove your own administrator role.")
	}
	yes, err := s.sure(c, "Take a role from "+p.Name, "They lose what the role "+s.grantWords(g)+" lets them see and do, at their next page.",
		userPath(p.ID), page.Link{Text: "grant", Href: strconv.FormatInt(id, 10)})
	if !yes || err != nil {
		return err
	}
	if err := s.opts.SignIn.Store.RevokeGrant(c.Request().Context(), s.actor(c), p.ID, id); err != nil {
		return err
	}
	return s.done(c, p, "The role was taken from "+p.Name+".")
}

func (s *Server) deactivateUser(c echo.Context) error {
	p, err := s.userOf(c)
	if err != nil {
		return err
	}
	if !p.Deactivated {
		if p.ID == s.actor(c).PersonID {
			return problem.New(problem.Conflict, "You cannot deactivate your own account. Ask another administrator.")
		}
		yes, err := s.sure(c, "Deactivate "+p.Name, "They are signed out everywhere at once and cannot sign in. What they did stays in the log "+
			"under their name.", userPath(p.ID))
		if !yes || err != nil {
			return err
		}
	}
	if err := s.opts.SignIn.Store.SetDeactivated(c.Request().Context(), s.actor(c), p.ID, !p.Deactivated); err != nil {
		return err
	}
	if p.Deactivated {
		return s.done(c, p, p.Name+" is active again.")
	}
	return s.done(c, p, p.Name+" is deactivated and signed out everywhere.")
}

func (s *Server) resetCode(c echo.Context) error {
	p, err := s.userOf(c)
	if err != nil {
		return err
	}
	if p.ID == s.actor(c).PersonID {
		return problem.New(problem.Conflict, "You cannot take off your own 6-digit code. Set up another app on your account page, with a "+
			"recovery code if you have lost it.")
	}
	yes, err := s.sure(c, "Take the 6-digit code off "+p.Name, "Be sure that it is them who ask. Until they set up another app, their "+
		"password alone opens the account.", userPath(p.ID))
	if !yes || err != nil {
		return err
	}
	if err := s.opts.SignIn.RemoveSecondFactor(c.Request().Context(), s.actor(c), p.ID); err != nil {
		return err
	}
	return s.done(c, p, p.Name+" has no 6-digit code now.")
}

// onceView shows a link or token once.
type onceView struct {
	page.Frame
	Words, Text, Back string
}

func (s *Server) passwordLink(c echo.Context) error {
	p, err := s.userOf(c)
	if err != nil {
		return err
	}
	// A browser that was left open must not be enough to own the account.
	if p.ID == s.actor(c).PersonID && p.HasPassword {
		return problem.New(problem.Conflict, "You cannot make a password link for yourself. Change your password on your account page.")
	}
	var shown bytes.Buffer
	link := ""
	err = s.opts.SignIn.PasswordLink(c.Request().Context(), s.actor(c), p.ID, func(text string) error {
		link, _, _ = people.TokenID(text)
		return s.pages.Fill(&shown, "once", s.linkView(c, p, userPath(p.ID), text))
	})
	if err != nil {
		return err
	}
	return s.once(c, link, &shown)
}

// once answers with a page that shows a token, which was made before the token
// was kept. When its reader has gone away meanwhile, nobody will see it, and the
// token of the ID is revoked.
func (s *Server) once(c echo.Context, id string, shown *bytes.Buffer) error {
	if gone(c.Request()) {
		return s.opts.SignIn.Store.RevokeToken(context.WithoutCancel(c.Request().Context()), s.actor(c), id)
	}
	return c.HTMLBlob(http.StatusOK, shown.Bytes())
}

func (s *Server) linkView(c echo.Context, p people.Person, back, text string) onceView {
	return onceView{s.frame(c, "Password link for "+p.Name),
		"Copy this link now. You will not be able to see it again. Give it to " + p.Name +
			" by a way that only they can read. It works once, for three days.",
		s.origin(c) + signin.PasswordPath + text, back}
}

// origin gives the service's own address as this reader has it.
func (s *Server) origin(c echo.Context) string {
	if w := s.opts.SignIn.Work; w != nil {
		return w.Config.Address
	}
	if s.opts.Secure {
		return "https://" + c.Request().Host
	}
	return "http://" + c.Request().Host
}

type organisationsView struct {
	page.Frame
	Table page.Table
}

func (s *Server) organisationsPage(c echo.Context) error {
	if _, err := s.opts.Places.Read(c.QueryParams(), page.WordView); err != nil {
		return err
	}
	v := organisationsView{Frame: s.frame(c, "Organisations")}
	v.Crumbs = []page.Link{{Text: "Users", Href: "/admin/users"}}
	v.Table = page.Table{ID: "organisations", Caption: "Organisations of the partnership", HiddenCaption: true, Stack: true,
		Head: []page.Head{{Text: "Name"}, {Text: "Code"}, {Text: "Type"}, {Text: "Extract due by"}, {Text: "Adults"}}}
	p := s.opts.SignIn.Partnership()
	for _, o := range p.Providers {
		v.Table.Rows = append(v.Table.Rows, []page.Cell{{Text: o.Name, Header: true}, {Text: o.Code}, {Text: "Provider"},
			{Text: orWords(dueWords(o.Due), "Not set")}, {Text: "Not applicable"}})
	}
	for _, o := range p.Councils {
		adults := "Not known"
		if o.Population.Adults > 0 {
			adults = count(int64(o.Population.Adults)) + ", " + o.Population.Year
		}
		v.Table.Rows = append(v.Table.Rows, []page.Cell{{Text: o.Name, Header: true}, {Text: o.Code}, {Text: "Council"},
			{Text: "Not applicable"}, {Text: adults}})
	}
	return s.page(c, "organisations", v)
}
