package web

import (
	"bytes"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"homeward/internal/delay"
	"homeward/internal/people"
	"homeward/internal/problem"
	"homeward/internal/web/page"
)

const (
	remoteJS   = "js/remote.js"
	remotePath = "/remote"
)

// ofRemote says whether a request asks where the slides of a call stand, as walls
// and remotes do every second or two. It is answered without keeping the session.
func ofRemote(path string) bool {
	return path == remotePath+".json" || (strings.HasPrefix(path, "/call/") && strings.HasSuffix(path, "/turn.json"))
}

// remoteView is what a phone shows that turns the slides of a call: their names,
// and nothing that they say.
type remoteView struct {
	page.Frame
	// Call names the call, empty when there is none to turn.
	Call   string
	Now    string
	Turn   int64
	Prev   *remoteSlide
	Next   *remoteSlide
	Slides []remoteSlide
	Dark   bool
	Script string
}

// remoteSlide is a slide that a remote can choose.
type remoteSlide struct {
	Number  int
	Name    string
	Current bool
}

// remoteCodeView is the form for the code of a remote.
type remoteCodeView struct {
	page.Form
	Code page.Field
}

// holdsRemote says whether the browser turns slides.
func holdsRemote(a people.Actor) bool {
	return a.Kind == people.AScreen && a.Token.Kind == people.RemoteLink
}

// remoteDay is the day of the call that a remote turns: the one it was made on.
func (s *Server) remoteDay(a people.Actor) delay.Day {
	return delay.DayOf(a.Token.CreatedAt.In(s.opts.Zone))
}

// remotePage is the remote, or the form for its code at a browser that has none.
func (s *Server) remotePage(c echo.Context) error {
	if _, err := s.opts.Places.Read(c.QueryParams()); err != nil {
		return err
	}
	a := s.actor(c)
	if !holdsRemote(a) {
		return s.page(c, "remote-code", s.remoteCode(c, ""))
	}
	ctx, day := c.Request().Context(), s.remoteDay(a)
	v := remoteView{Frame: s.bareFrame(ctx, "Turn the slides"), Script: s.assets.href(remoteJS)}
	v.PageTitle = "Turn the slides – Homeward"
	v.BodyClass = "app-remote"
	r, err := s.opts.Calls.Call(ctx, day)
	if problem.KindOf(err) == problem.NotFound {
		return s.page(c, "remote", v)
	}
	if err != nil {
		return err
	}
	content, err := decodeCall(r)
	if err != nil {
		return err
	}
	t, err := s.opts.Calls.Turn(ctx, day)
	if err != nil {
		return err
	}
	at := max(t.Slide, 1)
	v.Call, v.Turn, v.Dark = "Call of "+day.Long(), t.Number, t.Theme == dark
	for _, slide := range content.Slides {
		v.Slides = append(v.Slides, remoteSlide{slide.Number, slide.Name, slide.Number == at})
	}
	v.Now = v.Slides[at-1].Name
	v.PageTitle = strconv.Itoa(at) + " " + v.Now + " – " + v.PageTitle
	if at > 1 {
		v.Prev = &v.Slides[at-2]
	}
	if at < slides {
		v.Next = &v.Slides[at]
	}
	return s.page(c, "remote", v)
}

func (s *Server) remoteCode(c echo.Context, code string) remoteCodeView {
	return remoteCodeView{Form: page.Form{Frame: s.frame(c, "Turn the slides from this phone")},
		Code: page.Field{ID: "code", Label: "Code", Hint: "16 letters and digits, from the presenter. Spaces and dashes do not matter.",
			Complete: "off", Class: "nhsuk-input--width-20", Value: code}}
}

// remoteLinkPage is the page of a remote's link: the code stands in the form.
func (s *Server) remoteLinkPage(c echo.Context) error {
	code := c.Param("link")
	if _, _, ok := people.RemoteCode(code); !ok {
		code = "" // Nothing else is repeated.
	}
	return s.page(c, "remote-code", s.remoteCode(c, code))
}

// openRemote makes the browser a remote.
func (s *Server) openRemote(c echo.Context) error {
	ctx := c.Request().Context()
	code := typed(c, "code")
	v := s.remoteCode(c, code)
	err := s.opts.Sessions.BeginRemote(ctx, code, visitOf(ctx).Address)
	if status, sentence := refusal(err); status != 0 {
		v.Code.Error = sentence
		v.WrongFields(v.Code)
		return s.formPage(c, status, "remote-code", v)
	}
	if err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, remotePath)
}

// pressRemote has the walls of the call show a slide or a theme.
func (s *Server) pressRemote(c echo.Context) error {
	if err := s.press(c, s.remoteDay(s.actor(c))); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, remotePath)
}

// pressCall is the same by the presenter, whose own wall is one of them.
func (s *Server) pressCall(c echo.Context) error {
	day, err := readCallDay(c.Param("date"))
	if err != nil {
		return err
	}
	if err := s.press(c, day); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

// press reads a press. It names the slide that it turns to, not a step, so that
// two presses of the same button on two phones are one.
func (s *Server) press(c echo.Context, day delay.Day) error {
	number, theme := 0, c.FormValue(wordTheme)
	if text := c.FormValue("slide"); text != "" {
		var err error
		if number, err = strconv.Atoi(text); err != nil || number < 1 || number > slides {
			return problem.New(problem.Invalid, "Found the slide %s. Slides are numbered from 1 to %d.", page.Quote(text), slides)
		}
	}
	if _, err := readTheme(theme); err != nil {
		return err
	}
	if number == 0 && theme == "" {
		return problem.New(problem.Invalid, "Choose a slide, or dark or light.")
	}
	return s.opts.Calls.TurnTo(c.Request().Context(), day, number, theme)
}

// remoteJSON says where the slides stand; remotes ask it to see each other's
// presses.
func (s *Server) remoteJSON(c echo.Context) error { return s.turnOf(c, s.remoteDay(s.actor(c))) }

// turnJSON is the same for walls, which follow it.
func (s *Server) turnJSON(c echo.Context) error {
	day, err := readCallDay(c.Param("date"))
	if err != nil {
		return err
	}
	return s.turnOf(c, day)
}

func (s *Server) turnOf(c echo.Context, day delay.Day) error {
	t, err := s.opts.Calls.Turn(c.Request().Context(), day)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, t)
}

// follow has a slide follow the remotes of its call: on a screen and at the
// presenter's. Whoever else reads the slides turns them alone.
func (s *Server) follow(c echo.Context, day delay.Day, v *callSlideView) error {
	a := s.actor(c)
	presents := a.May(people.RunCall)
	if day != s.today() || (a.Kind != people.AScreen && !presents) {
		return nil
	}
	ctx := c.Request().Context()
	t, err := s.opts.Calls.Turn(ctx, day)
	if err != nil {
		return err
	}
	v.Follow, v.Turn, v.At = callPath(day, 0)+"/turn.json", t.Number, callPath(day, 0)
	if presents {
		remotes, err := s.opts.SignIn.Remotes(ctx)
		if err != nil {
			return err
		}
		if len(remotes) > 0 {
			v.Press = callPath(day, 0) + "/turn"
		}
	}
	return nil
}

// callRemotes is the part of a call's page where the presenter makes remotes.
type callRemotes struct {
	Action string
	Rows   []callRemote
}

type callRemote struct{ Words, Revoke string }

// remotesOf gives the remotes of today's call to who runs it.
func (s *Server) remotesOf(c echo.Context, day delay.Day) (*callRemotes, error) {
	if day != s.today() || !s.actor(c).May(people.RunCall) {
		return nil, nil
	}
	all, err := s.opts.SignIn.Remotes(c.Request().Context())
	if err != nil {
		return nil, err
	}
	v := &callRemotes{Action: callPath(day, 0) + "/remotes"}
	for _, t := range all {
		used := "not opened yet"
		if !t.LastUsed.IsZero() {
			used = "last used about " + clock(t.LastUsed.In(s.opts.Zone))
		}
		v.Rows = append(v.Rows, callRemote{"Made at " + clock(t.CreatedAt.In(s.opts.Zone)) + ", " + used, v.Action + "/" + t.ID})
	}
	return v, nil
}

type remoteMadeView struct {
	page.Frame
	Link, Code, Place, Back string
}

// makeRemote makes a remote of today's call and shows its link and code, once.
func (s *Server) makeRemote(c echo.Context) error {
	ctx := c.Request().Context()
	r, _, err := s.callOf(c, c.Param("date"))
	if err != nil {
		return err
	}
	if r.Day != s.today() {
		return problem.New(problem.Conflict, "A remote turns the slides of today's call. Start one first.")
	}
	y, m, d := r.Day.Time().Date()
	until := time.Date(y, m, d+1, 0, 0, 0, 0, s.opts.Zone)
	var shown bytes.Buffer
	id := ""
	err = s.opts.SignIn.MakeRemote(ctx, s.actor(c), until, func(t people.Token, code string) error {
		id = t.ID
		v := remoteMadeView{s.frame(c, "Remote for the call of "+r.Day.Long()), s.origin(c) + remotePath + "/" + code, code,
			s.origin(c) + remotePath, callPath(r.Day, 0) + "#remotes"}
		return s.pages.Fill(&shown, "remote-made", v)
	})
	if err != nil {
		return err
	}
	return s.once(c, id, &shown)
}

// revokeRemote ends a remote at once.
func (s *Server) revokeRemote(c echo.Context) error {
	day, err := readCallDay(c.Param("date"))
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	t, err := s.opts.SignIn.Store.Token(ctx, c.Param("id"))
	if err != nil || t.Kind != people.RemoteLink {
		return problem.New(problem.NotFound, "There is no such remote. Those in force are listed on the page of the call.")
	}
	if err := s.opts.SignIn.Store.RevokeToken(ctx, s.actor(c), t.ID); err != nil && problem.KindOf(err) != problem.NotFound {
		return err
	}
	return c.Redirect(http.StatusSeeOther, callPath(day, 0)+"#remotes")
}
