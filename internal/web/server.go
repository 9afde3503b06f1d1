// Package web is Homeward's pages and addresses: routes, handlers, view models,
// the page renderer, error pages and security headers. It is the only user of
// Echo. It counts nothing and stores nothing: packages measure and revision
// count, package page has what pages are made of, and the small interfaces of
// sources.go say what this package needs from the others.
// Starting and stopping the listener belongs to package app.
package web

import (
	"context"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"

	"homeward/internal/attribution"
	"homeward/internal/casework"
	"homeward/internal/definition"
	"homeward/internal/measure"
	"homeward/internal/people"
	"homeward/internal/problem"
	"homeward/internal/signin"
	"homeward/internal/web/page"
)

// Options is what the pages are made from. Every field without a stated default
// must be given.
type Options struct {
	Drawer   Drawer
	Extracts Extracts
	Ingest   Ingest
	// Again reads received files again. Nil leaves that page unavailable.
	Again Again
	Jobs  Jobs
	// Status looks at what Homeward hangs on.
	Status func(context.Context) []Check
	Packs  Packs
	// Moment gives the figures of now, all of one moment, and what to call when
	// they are no longer needed.
	Moment func(context.Context) (Present, func(), error)
	// Pasts looks back to past moments.
	Pasts Pasts
	// Trends answers the trends, reasons and flow pages.
	Trends Trends
	// Cases reads, and Casework changes, what coordinators and reviewers work
	// on. Nil in both leaves those pages unavailable.
	Cases    Cases
	Casework *casework.Service
	// Published gives published figures. Nil leaves that page unavailable.
	Published Published
	// Looks try files before they count. Nil leaves those pages unavailable.
	Looks Looks
	// SentAnswers keep answers to keys of programs; nil passes the keys over.
	SentAnswers SentAnswers
	// Quality tells what files leave to be mended. Nil leaves that page unavailable.
	Quality Qualities
	// Pairs gives the people who may be one. Nil leaves that page unavailable.
	Pairs Pairs
	// Rows gives rows about people, Audit the audit log.
	Rows  Rows
	Audit Audit
	// Calls keeps the weekly calls; without it there are no pages of the call.
	Calls Calls
	// Closings keeps the closed months. Nil leaves those pages unavailable.
	Closings Closings
	// SignIn signs people in, Sessions keeps who is signed in at which browser.
	SignIn   *signin.Service
	Sessions *signin.Sessions
	// Ready says whether the store can answer; nil means that it always can.
	Ready func(context.Context) error

	Places page.Places
	// Levels are the agreed levels of measures, shown on control charts.
	Levels []measure.Level
	// Rules is the rule set that the definitions page shows; RulesName its name
	// as it stands in files, such as "england-dtoc".
	Rules *attribution.RuleSet
	// RuleSets are the partnership's own rule set and those of the code sets; nil
	// means that there is the own one alone.
	RuleSets *attribution.Sets
	// RuleChanges are the changes of the rules that people propose and confirm;
	// nil refuses their pages.
	RuleChanges RuleChanges
	// Layouts keeps the layouts of extracts. Nil leaves those pages unavailable.
	Layouts Layouts
	// Partnership keeps the partnership file. Nil leaves those pages unavailable.
	Partnership PartnershipDesk
	// Defs are the code sets and counting conventions (D1, D2).
	Defs *definition.Tables
	// Beds says that some provider lists everybody in a bed (R13): without one
	// the menu has none of the counts that need it.
	Beds bool
	// Lead is the count with which the overview begins (config's words).
	Lead string
	// Counting names the convention of the local count, such as "england-dtoc".
	Counting string
	// DischargeFloor is the age floor of discharge ready dates where an address
	// names none.
	DischargeFloor int
	// Metrics counts requests and answers with what a monitoring system reads; nil
	// counts nothing. MetricsToken gives the token that it must send, empty for nobody.
	Metrics      Metrics
	MetricsToken func() string
	// Copy says that the pages are those of a copy for reading; nil where changes are
	// made.
	Copy *Copy
	// Version is the program's own, such as "1.0.0".
	Version string

	// Templates gives those of templates.Files. They are parsed once and shared by the
	// servers that follow each other when the partnership changes.
	Templates func() (page.Templates, error)
	// Assets holds what static.Files holds.
	Assets fs.FS

	// Log is where requests and problems are written. Addresses are written as
	// route patterns, without their query.
	Log *slog.Logger
	// Now is the clock; the default is time.Now.
	Now func() time.Time
	// Zone is the zone of times on pages; the default is Europe/London.
	Zone *time.Location
	// Hosts are the host names that may be asked for besides this machine's own
	// loopback names; any other is refused. AnyHost lets every name through, for
	// a server on a network whose names are not told.
	Hosts   []string
	AnyHost bool
	// Secure says that people reach the service over TLS, here or at a proxy in
	// front: browsers are told to come back over TLS only.
	Secure bool
	// Pace bounds the requests of each person and program who is known, and of each
	// network address from which others ask: so many a second, ten times as many at
	// once. The default is 40; below zero there is no bound.
	Pace float64
	// TrustedProxies are the networks of proxies whose X-Forwarded-For is
	// believed.
	TrustedProxies []*net.IPNet
	// Spool is the folder where an upload waits while it is read; each file is
	// removed at once afterwards. It must be given, and be a folder of Homeward's
	// alone: what waits there holds patients.
	Spool string
	// MaxUpload bounds an uploaded file in bytes; the default is 256 MiB.
	MaxUpload int64
	// Timeout bounds the work for one page; the default is 30 seconds. Uploads
	// are bounded by the listener's own timeouts.
	Timeout time.Duration
}

// Server answers requests. It is safe for use by many goroutines.
type Server struct {
	opts    Options
	pages   page.Templates
	assets  *assets
	drawn   *drawings
	drafts  *drafts
	started time.Time
	echo    *echo.Echo
	handler http.Handler
	// guards holds what it takes to reach each route, by method and pattern.
	guards map[string]guarded
	// patterns are those of all routes.
	patterns map[string]bool
	// clientAddress finds the network address of a request.
	clientAddress echo.IPExtractor
	pace          pace
	englandMoves  englandMoves
	sending       *sending
}

// New parses the templates, checks the built assets and sets up the routes. It
// refuses with a problem that says what to do when one of them is not right.
func New(opts Options) (*Server, error) {
	for name, given := range map[string]bool{
		"Drawer": opts.Drawer != nil, "Extracts": opts.Extracts != nil,
		"Ingest": opts.Ingest != nil, "Jobs": opts.Jobs != nil, "Status": opts.Status != nil,
		"Packs": opts.Packs != nil, "Pasts": opts.Pasts != nil,
		"Moment": opts.Moment != nil,
		"Trends": opts.Trends != nil, "Rows": opts.Rows != nil, "Audit": opts.Audit != nil, "SignIn": opts.SignIn != nil,
		"Sessions": opts.Sessions != nil,
		"Rules":    opts.Rules != nil, "Defs": opts.Defs != nil, "Templates": opts.Templates != nil, "Assets": opts.Assets != nil,
		"Log":   opts.Log != nil,
		"Spool": opts.Spool != "",
	} {
		if !given {
			return nil, problem.New(problem.Internal, "web.New needs %s", name)
		}
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.Zone == nil {
		zone, err := time.LoadLocation("Europe/London")
		if err != nil {
			return nil, problem.Wrap(err, problem.Unavailable, "The time zone Europe/London could not be read on this machine. Install its time "+
				"zone data")
		}
		opts.Zone = zone
	}
	if opts.MaxUpload == 0 {
		opts.MaxUpload = 256 << 20
	}
	if opts.Pace == 0 {
		opts.Pace = 40
	}
	if opts.Timeout == 0 {
		opts.Timeout = 30 * time.Second
	}
	s := &Server{opts: opts, started: opts.Now(), drawn: newDrawings(opts.Drawer), drafts: newDrafts(), guards: map[string]guarded{},
		patterns: map[string]bool{}, sending: &sending{}, clientAddress: addressFinder(opts.TrustedProxies), pace: newPace(opts.Pace)}
	var err error
	if s.assets, err = loadAssets(opts.Assets); err != nil {
		return nil, err
	}
	if s.pages, err = opts.Templates(); err != nil {
		return nil, err
	}
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	e.HTTPErrorHandler = s.handleError
	e.IPExtractor = s.clientAddress
	e.Use(s.record, s.recoverPanic)
	e.Use(middleware.GzipWithConfig(middleware.GzipConfig{Level: 5, MinLength: 1024}))
	for _, r := range s.routes() {
		s.guards[r.method+" "+r.path], s.patterns[r.path] = r.guarded, true
		handler := s.guard(r.guarded)
		if s.opts.Copy != nil && !answersAtCopy(r) {
			handler = notHere
		}
		if !r.slow {
			handler = s.bounded(handler)
		}
		e.Add(r.method, r.path, handler)
		if r.method == http.MethodGet {
			e.Add(http.MethodHead, r.path, handler)
		}
	}
	s.echo = e
	s.handler = s.secure(s.withVisit(withMoment(e)))
	return s, nil
}

// Renewed gives a server made from other options that goes on where this one stands:
// forms that are kept, files that are being sent and the pace of each visitor.
func (s *Server) Renewed(opts Options) (*Server, error) {
	next, err := New(opts)
	if err != nil {
		return nil, err
	}
	next.drawn, next.drafts, next.started, next.pace, next.sending = s.drawn, s.drafts, s.started, s.pace, s.sending
	return next, nil
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// Listener gives an HTTP server for s with the timeouts that suit it. The caller
// starts and stops it.
func (s *Server) Listener() *http.Server {
	return &http.Server{
		Handler:           s,
		ReadHeaderTimeout: 10 * time.Second,
		// Requests with a body, and answers to whom we know, have deadlines of their
		// own: see body.go.
		ReadTimeout:    fileTime,
		WriteTimeout:   strangerTime,
		IdleTimeout:    2 * time.Minute,
		MaxHeaderBytes: 64 << 10,
		ErrorLog:       slog.NewLogLogger(s.opts.Log.Handler(), slog.LevelWarn),
	}
}

// route is one address of the service. docs/routes.md lists them all, and a
// test compares.
type route struct {
	method, path string
	guarded      guarded
	// slow exempts the route from the page timeout.
	slow bool
}

func (s *Server) routes() []route {
	const get, post = http.MethodGet, http.MethodPost
	return append(slices.Concat(s.callRoutes(), s.closeRoutes(), s.nationalRoutes(), s.samePeopleRoutes(), s.againRoutes(),
		s.publishedRoutes(), s.ruleChangeRoutes(), s.layoutRoutes(), s.partnershipRoutes(),
		s.qualityRoutes(), s.calendarRoutes(), s.lookRoutes(), s.rowsRoutes(),
		s.correctRoutes()), []route{
		{get, "/", open(s.home), false},
		{get, "/overview", s.may(people.SeeFigures, s.overviewPage), false},
		{get, "/overview.csv", s.may(people.SeeFigures, s.overviewCSV), false},
		{get, "/overview.json", s.may(people.SeeFigures, s.overviewJSON), false},
		{get, "/figures", s.may(people.SeeFigures, s.figuresPage), false},
		{get, "/figures.csv", s.may(people.SeeFigures, s.figuresCSV), false},
		{get, "/figures.json", s.may(people.SeeFigures, s.figuresJSON), false},
		{get, "/reasons.xlsx", s.may(people.SeeFigures, s.reasonsXLSX), false},
		{get, "/flow.xlsx", s.may(people.SeeFigures, s.flowXLSX), false},
		{get, "/trends.xlsx", s.may(people.SeeFigures, s.trendsXLSX), false},
		{get, "/figures.xlsx", s.may(people.SeeFigures, s.figuresXLSX), false},
		{get, "/figures/public.csv", s.may(people.SeeFigures, s.publicCSV), false},
		{get, "/figures/public.json", s.may(people.SeeFigures, s.publicJSON), false},
		{get, "/charts/:id", s.may(people.SeeFigures, s.chart), false},
		{get, "/trends", s.may(people.SeeFigures, s.trendsPage), false},
		{get, "/trends.csv", s.may(people.SeeFigures, s.trendsCSV), false},
		{get, "/trends.json", s.may(people.SeeFigures, s.trendsJSON), false},
		{get, "/trends.svg", s.may(people.SeeFigures, s.trendsSVG), false},
		{post, "/trends/notes", s.may(people.Annotate, s.addNote), false},
		{post, "/trends/notes/:id/withdraw", s.may(people.Annotate, s.withdrawNote), false},
		{get, "/reasons", s.may(people.SeeFigures, s.reasonsPage), false},
		{get, "/reasons.csv", s.may(people.SeeFigures, s.reasonsCSV), false},
		{get, "/reasons.json", s.may(people.SeeFigures, s.reasonsJSON), false},
		{get, "/flow", s.may(people.SeeFigures, s.flowPage), false},
		{get, "/flow.csv", s.may(people.SeeFigures, s.flowCSV), false},
		{get, "/flow.json", s.may(people.SeeFigures, s.flowJSON), false},
		{get, "/extracts", s.may(people.SeeExtracts, s.extractsPage), false},
		{get, "/extracts.csv", s.may(people.SeeExtracts, s.extractsCSV), false},
		{get, "/extracts.json", s.may(people.SeeExtracts, s.extractsJSON), false},
		{get, "/extracts/:id", s.may(people.SeeExtracts, s.receipt), false},
		{get, "/extracts/:id/decision", s.may(people.DecideExtracts, s.decisionPage), false},
		{post, "/extracts/:id/decision", s.may(people.DecideExtracts, s.decide), false},
		{get, "/packs", s.may(people.SeeCall, s.packsPage), false},
		{get, "/packs.json", s.may(people.SeeCall, s.packsJSON), false},
		{get, "/packs/:id", s.may(people.SeeCall, s.packHome), false},
		{get, "/packs/:id/", s.may(people.SeeCall, s.pack), false},
		{get, "/packs/:id/:file", s.may(people.SeeCall, s.pack), false},
		{get, "/packs/:id/about", s.may(people.SeeFigures, s.packAbout), false},
		{post, "/packs/:id/check", s.may(people.SeeFigures, s.checkPack), true},
		{get, "/definitions", s.may(people.SeeFigures, s.definitionsPage), false},
		{get, "/definitions.json", s.may(people.SeeFigures, s.definitionsJSON), false},
		{get, "/definitions/:id", s.may(people.SeeFigures, s.definition), false},
		{get, "/days", s.may(people.SeeFigures, s.daysPage), false},
		{get, "/days.csv", s.may(people.SeeFigures, s.daysCSV), false},
		{get, "/days.json", s.may(people.SeeFigures, s.daysJSON), false},
		{post, "/days/:reference/identifiers", s.may(people.SeeIdentifiers, s.showIdentifiers), false},
		{get, "/admin/users", s.may(people.ManagePeople, s.usersPage), false},
		{get, "/admin/users/new", s.may(people.ManagePeople, s.newUserPage), false},
		{post, "/admin/users/new", s.may(people.ManagePeople, s.newUser), false},
		{get, "/admin/users/:id", s.may(people.ManagePeople, s.userPage), false},
		{post, "/admin/users/:id/grant", s.may(people.ManagePeople, s.grantRole), false},
		{post, "/admin/users/:id/revoke", s.may(people.ManagePeople, s.revokeRole), false},
		{post, "/admin/users/:id/link", s.may(people.ManagePeople, s.passwordLink), false},
		{post, "/admin/users/:id/deactivate", s.may(people.ManagePeople, s.deactivateUser), false},
		{post, "/admin/users/:id/reset-code", s.may(people.ManagePeople, s.resetCode), false},
		{get, "/admin/organisations", s.may(people.ManagePeople, s.organisationsPage), false},
		{get, "/admin/tokens", s.may(people.ManagePeople, s.tokensPage), false},
		{post, "/admin/tokens", s.may(people.ManagePeople, s.newToken), false},
		{post, "/admin/tokens/:id/revoke", s.may(people.ManagePeople, s.revokeToken), false},
		{get, "/admin/audit", s.may(people.ReadAudit, s.auditPage), false},
		{get, "/admin/audit.csv", s.may(people.ReadAudit, s.auditCSV), false},
		{get, "/api/v1/openapi.json", open(s.openAPI), false},
		{get, "/admin/jobs", s.may(people.RunJobs, s.jobsPage), false},
		{get, "/admin/jobs.json", s.may(people.RunJobs, s.jobsJSON), false},
		{post, "/admin/jobs/:name/run", s.may(people.RunJobs, s.runJob), false},
		{get, statusPath, s.may(people.RunJobs, s.statusPage), false},
		{get, statusPath + ".json", s.may(people.RunJobs, s.statusJSON), false},
		{get, signInPath, open(s.signInPage), false},
		{post, signInPath, open(s.signIn), false},
		{get, codePath, open(s.codePage), false},
		{post, codePath, open(s.code), false},
		{get, setUpPath, open(s.setUpPage), false},
		{post, setUpPath, open(s.setUp), false},
		{get, "/sign-in/work", open(s.workAccount), false},
		{get, signin.WorkBack, open(s.workBack), false},
		{post, "/sign-out", open(s.signOut), false},
		{get, "/signed-out", open(s.signedOutPage), false},
		{get, signin.PasswordPath + ":link", open(s.choosePasswordPage), false},
		{post, signin.PasswordPath + ":link", open(s.choosePassword), false},
		{get, signin.ScreenPath + ":link", open(s.screenPage), false},
		{post, signin.ScreenPath + ":link", open(s.screen), false},
		{get, "/demonstration/:code", open(s.door), false},
		{get, "/account", s.may(people.ManageOwn, s.accountPage), false},
		{get, draftPath + ":id", s.may(people.ManageOwn, s.keptPage), false},
		{get, rolePath, s.may(people.ManageOwn, s.rolePage), false},
		{post, rolePath, s.may(people.ManageOwn, s.chooseRole), false},
		{post, "/account/password", s.may(people.ManageOwn, s.changePassword), false},
		{post, "/account/first-page", s.may(people.ManageOwn, s.setFirstPage), false},
		{post, "/account/sign-out-everywhere", s.may(people.ManageOwn, s.signOutEverywhere), false},
		{get, "/setup", open(s.firstRunPage), false},
		{post, "/setup", open(s.firstRun), false},
		{get, searchPath, s.may(people.SeeRows, s.cased(s.searchPage)), false},
		{post, searchPath, s.may(people.SeeRows, s.cased(s.search)), false},
		{get, "/today", s.may(people.SeeRows, s.cased(s.todayPage)), false},
		{get, "/today.csv", s.may(people.SeeRows, s.cased(s.todayCSV)), false},
		{post, "/today/check", s.may(people.LogDelays, s.cased(s.checkToday)), false},
		{get, "/delays/new", s.may(people.LogDelays, s.cased(s.logPage)), false},
		{post, "/delays/new", s.may(people.LogDelays, s.cased(s.logDelay)), false},
		{get, "/delays/:ref", s.may(people.SeeRows, s.cased(s.delayPage)), false},
		{get, "/delays/:ref/periods/:n", s.may(people.SeeRows, s.cased(s.periodPage)), false},
		{get, "/delays/:ref/reason", s.may(people.LogDelays, s.cased(s.stepPage(s.changeStep()))), false},
		{post, "/delays/:ref/reason", s.may(people.LogDelays, s.cased(s.stepSave(s.changeStep()))), false},
		{get, "/delays/:ref/pause", s.may(people.LogDelays, s.cased(s.stepPage(s.pauseStep()))), false},
		{post, "/delays/:ref/pause", s.may(people.LogDelays, s.cased(s.stepSave(s.pauseStep()))), false},
		{get, "/delays/:ref/resume", s.may(people.LogDelays, s.cased(s.stepPage(s.resumeStep()))), false},
		{post, "/delays/:ref/resume", s.may(people.LogDelays, s.cased(s.stepSave(s.resumeStep()))), false},
		{get, "/delays/:ref/end", s.may(people.LogDelays, s.cased(s.endPage)), false},
		{post, "/delays/:ref/end", s.may(people.LogDelays, s.cased(s.end)), false},
		{post, "/delays/:ref/undo", s.may(people.LogDelays, s.cased(s.undoEntry)), false},
		{get, "/delays/:ref/actions/new", s.may(people.Propose, s.cased(s.actionPage)), false},
		{post, "/delays/:ref/actions/new", s.may(people.Propose, s.cased(s.addAction)), false},
		{post, "/delays/:ref/actions/:id", s.may(people.Propose, s.cased(s.closeAction)), false},
		{get, "/agreement", s.may(people.SeeRows, s.cased(s.divided(s.agreementPage))), false},
		{get, "/agreement.csv", s.may(people.SeeRows, s.cased(s.divided(s.agreementCSV))), false},
		{get, "/agreement.json", s.may(people.SeeRows, s.cased(s.divided(s.agreementJSON))), false},
		{post, "/agreement/check", s.may(people.Agree, s.cased(s.divided(s.checkAgreement))), false},
		{post, "/agreement/agree", s.may(people.Agree, s.cased(s.divided(s.agreeAll))), false},
		{get, "/agreement/:id", s.may(people.SeeRows, s.cased(s.divided(s.answerPage))), false},
		{post, "/agreement/:id", s.may(people.Agree, s.cased(s.divided(s.answer))), false},
		{get, "/disputes/:id", s.may(people.SeeRows, s.cased(s.divided(s.disputePage))), false},
		{post, "/disputes/:id", s.may(people.Agree, s.cased(s.divided(s.settle))), false},
		{get, "/council", s.may(people.SeeFigures, s.councilHome), false},
		{get, "/council/:code", s.may(people.SeeFigures, s.councilPage), false},
		{get, "/accessibility", open(s.accessibilityPage), false},
		{get, "/help/keyboard", open(s.keyboardPage), false},
		{post, apiUploadPath, s.may(people.TakeExtracts, s.takeExtract), true},
		{get, "/healthz", open(s.health), false},
		{get, "/readyz", open(s.ready), false},
		{get, metricsPath, open(s.metrics), false},
		{get, "/favicon.ico", open(s.favicon), false},
		{get, "/static/*", open(s.serveAsset), false},
	}...)
}

func (s *Server) bounded(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		ctx, cancel := context.WithTimeout(c.Request().Context(), s.opts.Timeout)
		defer cancel()
		c.SetRequest(c.Request().WithContext(ctx))
		return next(c)
	}
}
