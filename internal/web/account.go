package web

import (
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"homeward/internal/people"
	"homeward/internal/problem"
	"homeward/internal/web/page"
)

type accountView struct {
	page.Form
	Name, Email string
	Roles       []roleChoice
	// HasPassword is not set for work accounts, which have none here.
	HasPassword, SecondFactor bool
	Old, Password             page.Field
	Pages                     []page.Choice
	// Several says that there is a role to choose.
	Several bool
}

type roleChoice struct {
	ID, Text string
	Current  bool
}

func (s *Server) accountView(c echo.Context, title string) accountView {
	ctx := c.Request().Context()
	now := visitOf(ctx)
	v := accountView{Form: page.Form{Frame: s.frame(c, title), Said: s.opts.Sessions.Said(ctx)},
		Name: now.Person.Name, Email: now.Person.Email, HasPassword: now.Person.HasPassword, SecondFactor: now.Person.SecondFactor,
		Old:      page.Field{ID: "old", Label: "Current password", Type: "password", Complete: "current-password"},
		Password: newPassword("New password"), Several: len(now.Person.Grants) > 1}
	for _, g := range now.Person.Grants {
		v.Roles = append(v.Roles, roleChoice{strconv.FormatInt(g.ID, 10), s.grantWords(g), g.ID == now.Actor.Grant.ID})
	}
	v.Pages = []page.Choice{{Value: "", Text: "The usual page of your role", Chosen: now.Person.FirstPage == ""}}
	for _, n := range v.Nav {
		v.Pages = append(v.Pages, page.Choice{Value: n.Href, Text: n.Text, Chosen: now.Person.FirstPage == n.Href})
	}
	return v
}

func (s *Server) accountPage(c echo.Context) error {
	if _, err := s.opts.Places.Read(c.QueryParams()); err != nil {
		return err
	}
	return s.page(c, "account", s.accountView(c, "Account"))
}

func (s *Server) rolePage(c echo.Context) error {
	if _, err := s.opts.Places.Read(c.QueryParams()); err != nil {
		return err
	}
	return s.page(c, "role", s.accountView(c, "Choose a role"))
}

func (s *Server) chooseRole(c echo.Context) error {
	ctx := c.Request().Context()
	id, err := strconv.ParseInt(typed(c, "role"), 10, 64)
	if err != nil {
		v := s.accountView(c, "Choose a role")
		v.Wrong("role-1", "Select a role")
		return s.formPage(c, http.StatusBadRequest, "role", v)
	}
	if err := s.opts.Sessions.ActAs(ctx, visitOf(ctx).Current, id); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, "/")
}

func (s *Server) changePassword(c echo.Context) error {
	ctx := c.Request().Context()
	now := visitOf(ctx)
	v := s.accountView(c, "Account")
	if !now.Person.HasPassword {
		return problem.New(problem.Conflict, "Your account has no password here. Change it where you sign in to work.")
	}
	old := c.FormValue("old")
	if old == "" {
		v.Old.Error = "Enter your current password"
		v.WrongFields(v.Old)
		return s.formPage(c, http.StatusBadRequest, "account", v)
	}
	err := s.opts.SignIn.ChangePassword(ctx, now.Actor, old, c.FormValue("password"))
	if status, sentence := refusal(err); status != 0 {
		if status == http.StatusBadRequest {
			v.Password.Error = sentence
		} else {
			v.Old.Error = sentence
		}
		v.WrongFields(v.Old, v.Password)
		return s.formPage(c, status, "account", v)
	}
	if err != nil {
		return err
	}
	if err := s.opts.Sessions.Again(ctx, now.Current); err != nil {
		return err
	}
	s.opts.Sessions.Say(ctx, "Your password is changed. Every other browser is signed out.")
	return c.Redirect(http.StatusSeeOther, "/account")
}

func (s *Server) setFirstPage(c echo.Context) error {
	ctx := c.Request().Context()
	path := typed(c, "page")
	if path != "" && !s.opens(path, s.actor(c)) {
		return problem.New(problem.Invalid, "Choose a page of this service.")
	}
	if err := s.opts.SignIn.SetFirstPage(ctx, s.actor(c), path); err != nil {
		return err
	}
	s.opts.Sessions.Say(ctx, "Your first page is kept.")
	return c.Redirect(http.StatusSeeOther, "/account")
}

func (s *Server) signOutEverywhere(c echo.Context) error {
	ctx := c.Request().Context()
	now := visitOf(ctx)
	if now.Actor.Kind != people.APerson {
		return s.noAccess(now.Actor)
	}
	if err := s.opts.SignIn.EndSessions(ctx, now.Actor); err != nil {
		return err
	}
	if err := s.opts.Sessions.End(ctx, now.Current); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, "/signed-out")
}
