package web

import (
	"encoding/base64"
	"errors"
	"html/template"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"homeward/internal/people"
	"homeward/internal/problem"
	"homeward/internal/signin"
	"homeward/internal/web/page"
)

// The paths of signing in. None of them is ever gone back to.
const (
	signInPath = "/sign-in"
	codePath   = "/sign-in/code"
	setUpPath  = "/sign-in/set-up"
	rolePath   = "/account/role"
)

// wordNext is the page that was asked for before signing in, wordEnded says that
// a session ended meanwhile.
const (
	wordNext  = "next"
	wordEnded = "ended"
)

// errTooMany is the answer to too many requests from one address.
var errTooMany = errors.New("too many requests")

type signInView struct {
	page.Form
	Email, Password page.Field
	Next            string
	// Work is the button for work accounts, empty when there are none.
	Work, WorkHref string
	Local          bool
	Help           string
	Ended          string
}

func (s *Server) signInView(c echo.Context, next string) signInView {
	v := signInView{Form: page.Form{Frame: s.frame(c, "Sign in")}, Help: s.help(), Local: true}
	if signin.LocalPath(next) {
		v.Next = next
	}
	v.Email = page.Field{ID: "email", Label: "Email address", Type: "email", Complete: "username", Class: "nhsuk-input--width-20"}
	v.Password = page.Field{ID: "password", Label: "Password", Type: "password", Complete: "current-password"}
	if w := s.opts.SignIn.Work; w != nil {
		v.Work, v.WorkHref = w.Config.Label, "/sign-in/work"
		if v.Next != "" {
			v.WorkHref = page.Address(v.WorkHref, map[string][]string{wordNext: {v.Next}})
		}
	}
	return v
}

func (s *Server) signInPage(c echo.Context) error {
	if _, err := s.opts.Places.Read(c.QueryParams(), wordNext, wordEnded); err != nil {
		return err
	}
	ctx := c.Request().Context()
	now := visitOf(ctx)
	if now.Actor.Kind != people.Nobody {
		return c.Redirect(http.StatusSeeOther, s.firstPage(now.Actor, c.QueryParam(wordNext)))
	}
	if empty, err := s.opts.SignIn.Empty(ctx); err != nil || empty {
		if err != nil {
			return err
		}
		return c.Redirect(http.StatusSeeOther, "/setup")
	}
	v := s.signInView(c, c.QueryParam(wordNext))
	v.Said = s.opts.Sessions.Said(ctx)
	if c.QueryParam(wordEnded) != "" && v.Said == "" {
		v.Ended = "You were signed out after " + plural(int64(s.opts.SignIn.Partnership().SignIn.IdleMinutes), "minute", "minutes") +
			" without activity, or because your account changed. Sign in to carry on."
		if strings.HasPrefix(v.Next, draftPath) {
			v.Ended += " What you typed has been kept."
		}
	}
	return s.page(c, "sign-in", v)
}

func (s *Server) signIn(c echo.Context) error {
	ctx := c.Request().Context()
	v := s.signInView(c, c.FormValue(wordNext))
	v.Email.Value = typed(c, "email")
	password := c.FormValue("password")
	if _, err := people.NormaliseEmail(v.Email.Value); err != nil {
		v.Email.Error = problem.Sentence(err)
	}
	if password == "" {
		v.Password.Error = "Enter your password"
	}
	if v.Email.Error != "" || v.Password.Error != "" {
		v.WrongFields(v.Email, v.Password)
		return s.formPage(c, http.StatusBadRequest, "sign-in", v)
	}
	in, err := s.opts.SignIn.Password(ctx, v.Email.Value, password, visitOf(ctx).Address)
	if status, sentence := refusal(err); status != 0 {
		v.Wrong("email", sentence)
		return s.formPage(c, status, "sign-in", v)
	}
	if err != nil {
		return err
	}
	s.opts.Sessions.ReturnTo(ctx, v.Next)
	return s.begin(c, in)
}

// refusal gives the status and sentence of an error that is shown beside the
// form, nothing for others.
func refusal(err error) (int, string) {
	sentence := problem.Sentence(err)
	switch problem.KindOf(err) {
	case problem.Invalid:
		return http.StatusBadRequest, sentence
	case problem.Forbidden:
		return http.StatusForbidden, sentence
	case problem.Conflict:
		return http.StatusConflict, sentence
	case problem.Unavailable:
		if strings.HasPrefix(sentence, "Too many attempts") {
			return http.StatusTooManyRequests, sentence
		}
	}
	return 0, ""
}

// begin keeps how far a person has come, and leads to what is next.
func (s *Server) begin(c echo.Context, in signin.SignIn) error {
	if err := s.opts.Sessions.Begin(c.Request().Context(), in); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, nextPage(in))
}

func nextPage(in signin.SignIn) string {
	switch {
	case in.Next == signin.EnterCode:
		return codePath
	case in.Next == signin.SetUpSecondFactor:
		return setUpPath
	case len(in.Person.Grants) > 1:
		return rolePath
	default:
		return "/"
	}
}

type codeView struct {
	page.Form
	Code page.Field
	Help string
}

func (s *Server) codeView(c echo.Context) codeView {
	return codeView{Form: page.Form{Frame: s.frame(c, "Enter your 6-digit code")}, Help: s.help(),
		Code: page.Field{ID: "code", Label: "6-digit code", Hint: "From your authenticator app. If you have lost it, enter a recovery code.",
			Complete: "one-time-code", Mode: "numeric", Class: "nhsuk-input--width-20"}}
}

func (s *Server) codePage(c echo.Context) error {
	if visitOf(c.Request().Context()).Next != signin.EnterCode {
		return c.Redirect(http.StatusSeeOther, signInPath)
	}
	return s.page(c, "code", s.codeView(c))
}

func (s *Server) code(c echo.Context) error {
	ctx := c.Request().Context()
	now := visitOf(ctx)
	if now.Next != signin.EnterCode {
		return c.Redirect(http.StatusSeeOther, signInPath)
	}
	v := s.codeView(c)
	code := typed(c, "code")
	if code == "" {
		v.Code.Error = "Enter your 6-digit code"
		v.WrongFields(v.Code)
		return s.formPage(c, http.StatusBadRequest, "code", v)
	}
	in, err := s.opts.SignIn.Code(ctx, now.Person.ID, code, now.Address)
	if status, sentence := refusal(err); status != 0 {
		v.Code.Error = sentence
		v.WrongFields(v.Code)
		return s.formPage(c, status, "code", v)
	}
	if err != nil {
		return err
	}
	return s.begin(c, in)
}

// setUpView is the page that sets up codes of an authenticator app.
type setUpView struct {
	page.Form
	Code page.Field
	// Password and Old prove who it is that sets up codes while signed in; Old is
	// empty when they have no codes yet.
	Password, Old *page.Field
	// Picture is a QR code and Secret the same as text; both are empty when the
	// page comes back after a wrong code.
	Picture template.URL
	Secret  string
	Needed  bool
}

// mayHaveCodes says whether the visitor may set up codes: at their first sign-in
// or from their account.
func mayHaveCodes(v visit) bool {
	return v.Next == signin.SetUpSecondFactor || (v.Actor.Kind == people.APerson && v.Person.HasPassword)
}

func (s *Server) setUpView(c echo.Context) setUpView {
	now := visitOf(c.Request().Context())
	v := setUpView{Form: page.Form{Frame: s.frame(c, "Set up your 6-digit code")}, Needed: now.Next == signin.SetUpSecondFactor,
		Code: page.Field{ID: "code", Label: "6-digit code that the app shows now", Complete: "one-time-code", Mode: "numeric",
			Class: "nhsuk-input--width-10"}}
	if v.Needed {
		return v
	}
	v.Password = &page.Field{ID: "password", Label: "Current password", Type: "password", Complete: "current-password"}
	if now.Person.SecondFactor {
		v.Code.Label = "6-digit code that the new app shows now"
		v.Old = &page.Field{ID: "old", Label: "6-digit code of the app that you have used until now",
			Hint:     "If you have lost it, enter a recovery code.",
			Complete: "off", Class: "nhsuk-input--width-20"}
	}
	return v
}

func (s *Server) setUpPage(c echo.Context) error {
	ctx := c.Request().Context()
	now := visitOf(ctx)
	if !mayHaveCodes(now) {
		return c.Redirect(http.StatusSeeOther, signInPath)
	}
	f, sealed, err := s.opts.SignIn.NewSecondFactor(now.Person)
	if err != nil {
		return err
	}
	picture, err := f.Picture(240)
	if err != nil {
		return err
	}
	s.opts.Sessions.KeepSecret(ctx, sealed)
	v := s.setUpView(c)
	v.Picture = template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(picture))
	for i, r := range f.Secret {
		if i > 0 && i%4 == 0 {
			v.Secret += " "
		}
		v.Secret += string(r)
	}
	return s.page(c, "set-up", v)
}

type recoveryView struct {
	page.Frame
	Codes []string
	Next  string
}

func (s *Server) setUp(c echo.Context) error {
	ctx := c.Request().Context()
	now := visitOf(ctx)
	if !mayHaveCodes(now) {
		return c.Redirect(http.StatusSeeOther, signInPath)
	}
	v := s.setUpView(c)
	code := typed(c, "code")
	if code == "" {
		v.Code.Error = "Enter your 6-digit code"
		v.WrongFields(v.Code)
		return s.formPage(c, http.StatusBadRequest, "set-up", v)
	}
	if now.Next != signin.SetUpSecondFactor {
		return s.replaceCodes(c, v, code)
	}
	in, codes, err := s.opts.SignIn.ConfirmSecondFactor(ctx, now.Person.ID, s.opts.Sessions.Secret(ctx), code, now.Address, true)
	if status, sentence := refusal(err); status != 0 && codes == nil {
		v.Code.Error = sentence
		v.WrongFields(v.Code)
		return s.formPage(c, status, "set-up", v)
	}
	if err != nil {
		return err
	}
	s.opts.Sessions.DropSecret(ctx)
	if err := s.opts.Sessions.Begin(ctx, in); err != nil {
		return err
	}
	return s.page(c, "recovery", recoveryView{Frame: s.frame(c, "Keep your recovery codes"), Codes: codes, Next: nextPage(in)})
}

// replaceCodes sets up codes for a person who is signed in, once they have
// proved that they are the person and not somebody at their browser.
func (s *Server) replaceCodes(c echo.Context, v setUpView, code string) error {
	ctx := c.Request().Context()
	now := visitOf(ctx)
	r := signin.Replacement{Sealed: s.opts.Sessions.Secret(ctx), Code: code, Password: c.FormValue("password"), Old: typed(c, "old")}
	if r.Password == "" {
		v.Password.Error = "Enter your current password"
	}
	if v.Old != nil && r.Old == "" {
		v.Old.Error = "Enter a code of the app that you have used until now, or a recovery code"
	}
	again := func(status int) error {
		v.WrongFields(*v.Password)
		if v.Old != nil {
			v.WrongFields(*v.Old)
		}
		v.WrongFields(v.Code)
		return s.formPage(c, status, "set-up", v)
	}
	if v.Password.Error != "" || v.Old != nil && v.Old.Error != "" {
		return again(http.StatusBadRequest)
	}
	codes, about, err := s.opts.SignIn.ReplaceSecondFactor(ctx, now.Actor, r)
	if status, sentence := refusal(err); status != 0 {
		switch about {
		case signin.ProofPassword:
			v.Password.Error = sentence
		case signin.ProofOld:
			v.Old.Error = sentence
		default:
			v.Code.Error = sentence
		}
		return again(status)
	}
	if err != nil {
		return err
	}
	s.opts.Sessions.DropSecret(ctx)
	if err := s.opts.Sessions.Again(ctx, now.Current); err != nil {
		return err
	}
	return s.page(c, "recovery", recoveryView{Frame: s.frame(c, "Keep your recovery codes"), Codes: codes, Next: "/account"})
}

func (s *Server) workAccount(c echo.Context) error {
	if _, err := s.opts.Places.Read(c.QueryParams(), wordNext); err != nil {
		return err
	}
	ctx := c.Request().Context()
	to, flow, err := s.opts.SignIn.BeginWork(ctx)
	if err != nil {
		return err
	}
	s.opts.Sessions.KeepFlow(ctx, flow)
	s.opts.Sessions.ReturnTo(ctx, c.QueryParam(wordNext))
	return c.Redirect(http.StatusSeeOther, to)
}

func (s *Server) workBack(c echo.Context) error {
	ctx := c.Request().Context()
	in, err := s.opts.SignIn.FinishWork(ctx, s.opts.Sessions.TakeFlow(ctx), c.QueryParams(), visitOf(ctx).Address)
	if status, sentence := refusal(err); status != 0 {
		s.opts.Log.Info("a work account was refused", "error", err)
		v := s.signInView(c, "")
		v.Wrong("work", sentence)
		return s.formPage(c, status, "sign-in", v)
	}
	if err != nil {
		return err
	}
	return s.begin(c, in)
}

func (s *Server) signOut(c echo.Context) error {
	ctx := c.Request().Context()
	if err := s.opts.Sessions.End(ctx, visitOf(ctx).Current); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, "/signed-out")
}

func (s *Server) signedOutPage(c echo.Context) error {
	if _, err := s.opts.Places.Read(c.QueryParams()); err != nil {
		return err
	}
	return s.page(c, "signed-out", plainView{s.frame(c, "You are signed out")})
}

type choosePasswordView struct {
	page.Form
	Email    string
	Password page.Field
	Action   string
}

func (s *Server) choosePasswordView(c echo.Context) (choosePasswordView, error) {
	p, err := s.opts.SignIn.PasswordLinkOf(c.Request().Context(), c.Param("link"))
	if err != nil {
		return choosePasswordView{}, err
	}
	return choosePasswordView{Form: page.Form{Frame: s.frame(c, "Choose a password")}, Email: p.Email,
		Action: signin.PasswordPath + c.Param("link"), Password: newPassword("New password")}, nil
}

func newPassword(label string) page.Field {
	return page.Field{ID: "password", Label: label, Type: "password", Complete: "new-password",
		Hint: "12 characters or more. Three random words make a good one."}
}

func (s *Server) choosePasswordPage(c echo.Context) error {
	v, err := s.choosePasswordView(c)
	if err != nil {
		return err
	}
	return s.page(c, "choose-password", v)
}

func (s *Server) choosePassword(c echo.Context) error {
	v, err := s.choosePasswordView(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	if _, err = s.opts.SignIn.ChoosePassword(ctx, c.Param("link"), c.FormValue("password"),
		visitOf(ctx).Address); problem.KindOf(err) == problem.Invalid {
		v.Password.Error = problem.Sentence(err)
		v.WrongFields(v.Password)
		return s.formPage(c, http.StatusBadRequest, "choose-password", v)
	}
	if err != nil {
		return err
	}
	s.opts.Sessions.Say(ctx, "Your password is set. Sign in with it.")
	return c.Redirect(http.StatusSeeOther, signInPath)
}

type screenView struct {
	page.Frame
	Action string
}

func (s *Server) screenPage(c echo.Context) error {
	return s.page(c, "screen", screenView{s.frame(c, "Show the call on this screen"), signin.ScreenPath + c.Param("link")})
}

func (s *Server) screen(c echo.Context) error {
	ctx := c.Request().Context()
	if err := s.opts.Sessions.BeginScreen(ctx, c.Param("link"), visitOf(ctx).Address); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, "/")
}

type firstRunView struct {
	page.Form
	Code, Name, Email page.Field
}

// firstRunView refuses once there is an administrator: the page then exists no
// more.
func (s *Server) firstRunView(c echo.Context) (firstRunView, error) {
	awaits, err := s.opts.SignIn.AwaitsFirstRun(c.Request().Context())
	if err == nil && !awaits {
		err = echo.ErrNotFound
	}
	return firstRunView{Form: page.Form{Frame: s.frame(c, "Set up Homeward")},
		Code: page.Field{ID: "code", Label: "One-time code", Hint: "The program printed it when it started.", Complete: "off",
			Class: "nhsuk-input--width-30"},
		Name:  page.Field{ID: "name", Label: "Your name", Complete: "name", Class: "nhsuk-input--width-20"},
		Email: page.Field{ID: "email", Label: "Email address", Type: "email", Complete: "email", Class: "nhsuk-input--width-20"}}, err
}

func (s *Server) firstRunPage(c echo.Context) error {
	v, err := s.firstRunView(c)
	if err != nil {
		return err
	}
	return s.page(c, "first-run", v)
}

func (s *Server) firstRun(c echo.Context) error {
	v, err := s.firstRunView(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	v.Name.Value, v.Email.Value = typed(c, "name"), typed(c, "email")
	code := typed(c, "code")
	if code == "" {
		v.Code.Error = "Enter the one-time code"
	}
	if v.Name.Value == "" {
		v.Name.Error = "Enter your name"
	}
	if _, err := people.NormaliseEmail(v.Email.Value); err != nil {
		v.Email.Error = problem.Sentence(err)
	}
	if v.WrongFields(v.Code, v.Name, v.Email); len(v.Errors) > 0 {
		return s.formPage(c, http.StatusBadRequest, "first-run", v)
	}
	link, err := s.opts.SignIn.FirstAdministrator(ctx, code, v.Email.Value, v.Name.Value, visitOf(ctx).Address)
	if status, sentence := refusal(err); status != 0 {
		v.Code.Error = sentence
		v.WrongFields(v.Code)
		return s.formPage(c, status, "first-run", v)
	}
	if err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, signin.PasswordPath+link)
}

// formPage answers with a page under a status of its own, as forms that need
// another try have it.
func (s *Server) formPage(c echo.Context, status int, name string, view any) error {
	s.writePage(c.Response(), status, name, view)
	return nil
}

// door signs a person of the demonstration in by a link that works once.
func (s *Server) door(c echo.Context) error {
	ctx := c.Request().Context()
	in, err := s.opts.SignIn.ThroughDoor(ctx, c.Param("code"), visitOf(ctx).Address)
	if err != nil {
		return err
	}
	return s.begin(c, in)
}
