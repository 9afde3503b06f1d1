package extract

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"sort"
	"strings"

	"homeward/internal/attribution"
	"homeward/internal/config"
	"homeward/internal/council"
	"homeward/internal/definition"
	"homeward/internal/delay"
	"homeward/internal/problem"
)

// field is one of the things that a layout finds a column for.
type field int

// The fields, in the order of config.Columns.Fields.
const (
	fExtractDate field = iota
	fProvider
	fSite
	fWard
	fBed
	fLocalID
	fNHSNumber
	fBirthDate
	fAdmitted
	fReady
	fCare
	fReason
	fResponsible
	fWaitingOn
	fFunding
	fCouncil
	fDischarged
	fPseudonym
	fSpell
	fAge
	fCriteria
	fReasonDetail
	fPathway
	fDestination
	nFields
)

// spare fields decide nothing that is counted, so their column may be absent.
var spare = [nFields]bool{
	fSite:         true,
	fWard:         true,
	fBed:          true,
	fAdmitted:     true,
	fBirthDate:    true,
	fAge:          true,
	fReasonDetail: true,
	fPathway:      true,
	fDestination:  true,
}

// separators by their name in a layout, in the order in which they are tried.
var separators = []struct {
	name string
	char byte
}{{"comma", ','}, {"semicolon", ';'}, {"tab", '\t'}, {"bar", '|'}}

// Set is every layout of a partnership, ready to read files. It is safe for
// concurrent use; set Limits before the first Read.
type Set struct {
	Limits Limits

	providers map[string]*provider
	layouts   []*layout
	councils  *council.List
	// codeSets are all that there are: a sender may change to another.
	codeSets []*definition.CodeSet
}

type provider struct {
	code    string
	layouts []*layout
}

// heading is what a heading stands for, and which it is of those that stand for it.
type heading struct {
	of   field
	rank int
}

// layout is a config.Layout with everything compiled.
type layout struct {
	cfg         *config.Layout
	fingerprint string
	name        *regexp.Regexp
	preamble    *regexp.Regexp
	skip        []*regexp.Regexp
	formats     []config.DateFormat
	serials     bool // dates of a text may be a spreadsheet's numbers of days
	headings    map[string]heading
	names       [nFields]string // the first heading of each field, for messages
	mapped      [nFields]bool
	required    [nFields]bool
	known       map[string]bool // headings that are known and not read
	providers   []*provider

	reasons, bodies, care, waiting, funding vocabulary
	criteria, pathways, destinations        vocabulary
	// codes is the code set that the reasons are of, nil for the letters of
	// england-dtoc (D1).
	codes *definition.CodeSet
	// stays says that everything a row states of a stay is handed on, also of
	// rows that no delay begins with (R13).
	stays         bool
	separator     string
	extraCouncils map[string]string
	fixedCare     delay.CareType
	fixedCouncil  delay.Council
}

// Compile makes a Set of a partnership's layouts and the reference data: ref
// holds councils/*.csv and words/*/*.yaml. The error is an Invalid
// problem that names the layout.
func Compile(p *config.Partnership, ref fs.FS) (*Set, error) {
	s := &Set{Limits: DefaultLimits(), providers: map[string]*provider{}}
	var err error
	if s.councils, err = council.Load(ref, p); err != nil {
		return nil, err
	}
	folders := []fs.FS{ref}
	if beside, ok := ref.(interface{ Own() fs.FS }); ok {
		folders = append(folders, beside.Own())
	}
	defs, err := definition.Load(folders...)
	if err != nil {
		return nil, err
	}
	s.codeSets = defs.CodeSets
	compiled := map[string]*layout{}
	names := make([]string, 0, len(p.Layouts))
	for name := range p.Layouts {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		l, err := compile(p.Layouts[name], ref, defs)
		if err != nil {
			return nil, problem.New(problem.Invalid, "Layout %s: %s", name, problem.Sentence(err))
		}
		compiled[name] = l
		s.layouts = append(s.layouts, l)
	}
	add := func(cp config.Provider, former bool) error {
		pr := &provider{code: cp.Code}
		for _, name := range append([]string{cp.Layout}, cp.OtherLayouts...) {
			if name == "" {
				continue
			}
			l := compiled[name]
			if l == nil {
				return problem.New(problem.Invalid, "Provider %s names the layout %q, which is not there.", cp.Code, name)
			}
			pr.layouts = append(pr.layouts, l)
			// A file that does not say whose it is is not of a code of before, unless
			// nobody else has its layout.
			if !former || len(l.providers) == 0 {
				l.providers = append(l.providers, pr)
			}
		}
		for _, name := range append([]string{cp.Code, cp.Name}, cp.Names...) {
			if _, taken := s.providers[fold(name)]; name != "" && !(former && taken) {
				s.providers[fold(name)] = pr
			}
		}
		return nil
	}
	for _, cp := range p.Providers {
		if err := add(cp, false); err != nil {
			return nil, err
		}
	}
	for _, cp := range p.Providers {
		for _, former := range cp.FormerProviders() {
			if err := add(former, true); err != nil {
				return nil, err
			}
		}
	}
	s.fingerprints(p)
	return s, nil
}

// fingerprints lets the fingerprint of each layout cover what else files are
// read with: the councils, and the names and layouts of the providers.
func (s *Set) fingerprints(p *config.Partnership) {
	h := sha256.New()
	fmt.Fprintln(h, s.councils.Fingerprint())
	for _, cp := range p.Providers {
		fmt.Fprintf(h, "%q\n", []any{cp.Code, cp.Name, cp.Names, cp.Layout, cp.OtherLayouts})
		for _, f := range cp.FormerProviders() {
			fmt.Fprintf(h, "formerly %q\n", []any{f.Code, f.Names, f.Layout, f.OtherLayouts})
		}
	}
	common := h.Sum(nil)
	for _, l := range s.layouts {
		h.Reset()
		h.Write(common)
		fmt.Fprintln(h, l.cfg.Name, l.fingerprint)
		l.fingerprint = hex.EncodeToString(h.Sum(nil))[:12]
	}
}

// Fingerprints gives the fingerprint of each layout as files are read now, in
// the order of their names. A file whose summary has none of them was read with
// other words.
func (s *Set) Fingerprints() []string {
	out := make([]string, len(s.layouts))
	for i, l := range s.layouts {
		out[i] = l.fingerprint
	}
	return out
}

func compile(cfg *config.Layout, ref fs.FS, defs *definition.Tables) (*layout, error) {
	l := &layout{cfg: cfg, headings: map[string]heading{}, known: map[string]bool{}, extraCouncils: map[string]string{}}
	var err error
	expression := func(text string) *regexp.Regexp {
		if text == "" || err != nil {
			return nil
		}
		var re *regexp.Regexp
		if re, err = regexp.Compile(text); err != nil {
			err = problem.Wrap(err, problem.Invalid, "%q is not a regular expression.", text)
		}
		return re
	}
	l.name, l.preamble = expression(cfg.File.Name), expression(cfg.ExtractDate.Preamble)
	for _, s := range cfg.SkipLines {
		l.skip = append(l.skip, expression(s))
	}
	if err != nil {
		return nil, err
	}
	for _, text := range cfg.Dates {
		f, err := config.ParseDateFormat(text)
		if err != nil {
			return nil, problem.New(problem.Invalid, "dates: %v.", err)
		}
		if l.serials = l.serials || f.Serial; !f.Serial {
			l.formats = append(l.formats, f)
		}
	}
	for i, f := range cfg.Columns.Fields() {
		for j, h := range f.Headings {
			if j == 0 {
				l.names[i] = h
			}
			l.headings[fold(h)] = heading{of: field(i), rank: j}
		}
		l.mapped[i] = len(f.Headings) > 0
		l.required[i] = l.mapped[i] && !spare[i] && !slices.Contains(cfg.MayBeMissing, f.Name)
	}
	for _, h := range cfg.NotRead {
		l.known[fold(h)] = true
	}
	w := &cfg.Words
	for _, v := range []struct {
		into *vocabulary
		kind string
		from config.Vocabulary
		use  []string
	}{
		{&l.reasons, "reasons", w.Reasons, reasonLists(cfg)},
		{&l.bodies, "responsible", w.Responsible, []string{"england"}},
		{&l.care, "care", w.Care, []string{"england"}},
		{&l.waiting, "waiting_on", w.WaitingOn, nil},
		{&l.funding, "funding", w.Funding, nil},
		{&l.criteria, "criteria", w.Criteria, nil},
		{&l.pathways, "pathway", w.Pathway, nil},
		{&l.destinations, "destination", withUsual(w.Destination), []string{"england-2024"}},
	} {
		if *v.into, err = newVocabulary(ref, v.kind, v.from, v.use...); err != nil {
			return nil, err
		}
	}
	if err := l.useCodes(defs); err != nil {
		return nil, err
	}
	l.stays = cfg.CodeSet != "" || l.mapped[fCriteria]
	l.separator = w.WaitingOn.Separator
	for code, names := range w.Councils {
		for _, n := range names {
			l.extraCouncils[fold(n)] = code
		}
	}
	if cfg.Fixed.Care != "" {
		if l.fixedCare, err = delay.ParseCareType(cfg.Fixed.Care); err != nil {
			return nil, problem.New(problem.Invalid, "fixed.care: %v.", err)
		}
	}
	l.fixedCouncil = delay.Council(cfg.Fixed.Council)

	// The fingerprint covers the layout and what its words mean, so that a
	// receipt shows when either has changed.
	h := sha256.New()
	fmt.Fprintln(h, cfg.Fingerprint)
	vocabularies := []vocabulary{l.reasons, l.bodies, l.care, l.waiting, l.funding}
	if len(l.criteria) > 0 {
		vocabularies = append(vocabularies, l.criteria)
	}
	if l.stays {
		vocabularies = append(vocabularies, l.pathways, l.destinations)
	}
	for _, v := range vocabularies {
		words := make([]string, 0, len(v))
		for word, meaning := range v {
			words = append(words, word+"\t"+meaning)
		}
		sort.Strings(words)
		fmt.Fprintln(h, strings.Join(words, "\n"))
	}
	if l.codes != nil {
		// The code set decides what reasons mean, and its rules follow from it.
		codes, err := json.Marshal(l.codes)
		if err != nil {
			return nil, err
		}
		h.Write(codes)
	}
	l.fingerprint = hex.EncodeToString(h.Sum(nil))[:12]
	return l, nil
}

func bodyOf(meaning string) (body delay.Body, housing, ok bool) {
	switch meaning {
	case "nhs":
		return delay.NHS, false, true
	case "social-care":
		return delay.SocialCare, false, true
	case "joint":
		return delay.Joint, false, true
	case "housing":
		return delay.NotAttributed, true, true
	}
	return delay.NotAttributed, false, false
}

func fundingOf(meaning string) attribution.Funding {
	switch meaning {
	case "nhs":
		return attribution.FundedByNHS
	case "council":
		return attribution.FundedByCouncil
	case "joint":
		return attribution.FundedJointly
	case "self":
		return attribution.SelfFunded
	}
	return attribution.FundingUnread
}
