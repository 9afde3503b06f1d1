package web

import (
	"bytes"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"homeward/internal/measure"
	"homeward/internal/people"
	"homeward/internal/problem"
	"homeward/internal/signin"
	"homeward/internal/web/page"
)

type tokensView struct {
	page.Form
	Rows  []tokenRow
	Label page.Field
	Days  page.Field
	Kinds []page.Choice
	For   []page.ChoiceGroup
}

type tokenRow struct {
	ID, Label, Kind, For, Expires, LastUsed, State, Tag string
	InForce                                             bool
}

// tokenKinds are the kinds of tokens that an administrator makes.
var tokenKinds = []page.Choice{
	{ID: "kind-upload", Value: string(people.UploadToken), Text: "Send extracts, for the hospitals chosen below"},
	{ID: "kind-figures", Value: string(people.FiguresToken), Text: "Read figures"},
	{ID: "kind-screen", Value: string(people.ScreenLink), Text: "Screen link: the pages of the call on a projector"},
}

func (s *Server) tokensView(c echo.Context) (tokensView, error) {
	ctx := c.Request().Context()
	v := tokensView{Form: page.Form{Frame: s.frame(c, "Tokens and screen links"), Said: s.opts.Sessions.Said(ctx)}, Kinds: tokenKinds,
		Label: page.Field{ID: "label", Label: "What it is for", Hint: "For example, Northgate's nightly upload.", Complete: "off",
			Class: "nhsuk-input--width-20"},
		Days: page.Field{ID: "days", Label: "Days that it stands", Hint: "Usually 90; 7 for a screen link.", Mode: "numeric", Complete: "off",
			Class: "nhsuk-input--width-3"}}
	v.For = s.roleForm("", nil).Organisations[:1]
	all, err := s.opts.SignIn.Store.Tokens(ctx)
	for _, t := range all {
		row := tokenRow{ID: t.ID, Label: t.Label, Kind: measure.UpperFirst(string(t.Kind)), For: strings.Join(t.Providers, ", "),
			Expires: t.ExpiresAt.In(s.opts.Zone).Format("2 January 2006"), LastUsed: s.momentOr(t.LastUsed, "Never"),
			InForce: t.InForce(s.opts.Now()),
			State:   "In force", Tag: "nhsuk-tag--green"}
		switch {
		case !t.RevokedAt.IsZero():
			row.State, row.Tag = "Revoked", "nhsuk-tag--white"
		case !row.InForce:
			row.State, row.Tag = "Expired", "nhsuk-tag--white"
		}
		v.Rows = append(v.Rows, row)
	}
	return v, err
}

func (s *Server) momentOr(t time.Time, otherwise string) string {
	if t.IsZero() {
		return otherwise
	}
	return s.moment(t)
}

func (s *Server) tokensPage(c echo.Context) error {
	if _, err := s.opts.Places.Read(c.QueryParams(), page.WordView); err != nil {
		return err
	}
	v, err := s.tokensView(c)
	if err != nil {
		return err
	}
	return s.page(c, "tokens", v)
}

func (s *Server) newToken(c echo.Context) error {
	v, err := s.tokensView(c)
	if err != nil {
		return err
	}
	params, err := c.FormParams()
	if err != nil {
		return problem.Wrap(err, problem.Invalid, "The form could not be read")
	}
	v.Label.Value, v.Days.Value = typed(c, "label"), typed(c, "days")
	days := 0
	if v.Days.Value != "" {
		if days, err = strconv.Atoi(v.Days.Value); err != nil || days < 1 {
			v.Days.Error = "Enter a number of days, like 90"
		}
	}
	kind := people.TokenKind(typed(c, "kind"))
	if kind == "" {
		v.Wrong("kind-upload", "Select what the token may do")
	}
	if v.Label.Value == "" {
		v.Label.Error = "Enter what the token is for"
	}
	v.WrongFields(v.Label, v.Days)
	if len(v.Errors) > 0 {
		return s.formPage(c, http.StatusBadRequest, "tokens", v)
	}
	ctx := c.Request().Context()
	var shown bytes.Buffer
	id := ""
	err = s.opts.SignIn.MakeToken(ctx, s.actor(c), kind, v.Label.Value, days, params["for"], func(t people.Token, text string) error {
		id = t.ID
		once := onceView{s.frame(c, "Token for "+t.Label), "Copy this token now. You will not be able to see it again.", text, "/admin/tokens"}
		if kind == people.ScreenLink {
			once.Words = "Copy this link now and open it at the screen. You will not be able to see it again."
			once.Text = s.origin(c) + signin.ScreenPath + text
		}
		return s.pages.Fill(&shown, "once", once)
	})
	if problem.KindOf(err) == problem.Invalid {
		v.Wrong("kind-upload", problem.Sentence(err))
		return s.formPage(c, http.StatusBadRequest, "tokens", v)
	}
	if err != nil {
		return err
	}
	return s.once(c, id, &shown)
}

func (s *Server) revokeToken(c echo.Context) error {
	id := c.Param("id")
	t, err := s.opts.SignIn.Store.Token(c.Request().Context(), id)
	if err != nil || t.Kind == people.PasswordLink {
		return problem.New(problem.NotFound, "There is no such token. Tokens are listed under Admin.")
	}
	yes, err := s.sure(c, "Revoke the token for "+t.Label, "Whatever uses it stops at once. A new one can be made.", "/admin/tokens")
	if !yes || err != nil {
		return err
	}
	if err := s.opts.SignIn.Store.RevokeToken(c.Request().Context(), s.actor(c), id); err != nil {
		return err
	}
	s.opts.Sessions.Say(c.Request().Context(), "The token for "+t.Label+" is revoked.")
	return c.Redirect(http.StatusSeeOther, "/admin/tokens")
}
