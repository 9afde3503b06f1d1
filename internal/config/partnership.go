// Package config reads the settings, the partnership file and the layouts of
// extracts into validated structs. It is the only reader of the environment,
// and knows nothing of delays, SQL or HTTP. What a layout means for a row is
// package extract's concern.
package config

import (
	"fmt"

	"github.com/goccy/go-yaml/ast"
)

// Partnership is the content of partnership.yaml: who the partners are and how
// each provider's extracts are laid out.
type Partnership struct {
	Name      string     `yaml:"name"`
	Councils  []Council  `yaml:"councils"`
	Providers []Provider `yaml:"providers"`
	Settings  Settings   `yaml:"settings"`
	SignIn    SignIn     `yaml:"sign_in"`
	Agreement Agreement  `yaml:"agreement"`
	// RetentionYears is for how long after a delay's end its identifiers are
	// kept, 8 years by default. Figures stay.
	RetentionYears int `yaml:"retention_years"`
	// NotReadyDays is for how long rows of people who are not ready (R13) are
	// kept, 90 days by default.
	NotReadyDays int `yaml:"not_ready_days"`
	// Backup says where the nightly backups go and how many stay.
	Backup Backup `yaml:"backup"`
	// Packs are made by themselves; without the section they are DefaultPacks.
	// Mail says how they are announced, nil when nothing is mailed.
	Packs []Pack `yaml:"packs"`
	Mail  *Mail  `yaml:"mail"`
	// Metrics says who may read /metrics, nil when nobody may.
	Metrics *Metrics `yaml:"metrics"`
	// AgreedLevels are the levels of measures that the partners have agreed, in
	// order of measure, place and day.
	AgreedLevels []AgreedLevel `yaml:"levels"`
	// Mappings map reasons to the body that their days wait for, where the
	// nation's table leaves that open and the partners have agreed (D1).
	Mappings []Mapping `yaml:"mappings"`

	// Layouts holds the layouts that providers name, read from the folder
	// layouts beside the partnership file.
	Layouts map[string]*Layout `yaml:"-"`

	at *document
}

// Metrics says who may read what a monitoring system asks for.
type Metrics struct {
	// TokenFile holds the token that the monitoring system sends.
	TokenFile string `yaml:"token_file"`
}

// Backup says where backups go.
type Backup struct {
	// Folder is where they go, best on another disk; empty means backups in the data
	// folder.
	Folder string `yaml:"folder"`
	// Keep is how many stay, 14 by default.
	Keep int `yaml:"keep"`
}

// Council is a local authority with adult social services duties.
type Council struct {
	// Code is the ONS code, such as E10000008; CSSR the old three-digit number.
	Code string `yaml:"code"`
	CSSR string `yaml:"cssr"`
	Name string `yaml:"name"`
	// Names are what else extracts call the council.
	Names      List       `yaml:"names"`
	Population Population `yaml:"population"`
}

// Population is a number of adults with its year and source (C13).
type Population struct {
	Adults int    `yaml:"adults"`
	Year   string `yaml:"year"`
	Source string `yaml:"source"`
}

// Provider is an organisation whose beds are counted.
type Provider struct {
	// Code is the ODS code, such as RK9.
	Code string `yaml:"code"`
	Name string `yaml:"name"`
	// Names are what else a provider column may call it.
	Names List `yaml:"names"`
	// Layout names the layout of its extracts; it is empty for a provider that
	// sends none and is run from the log (C17).
	Layout string `yaml:"layout"`
	// OtherLayouts are layouts that the provider sent earlier or sends as well.
	OtherLayouts List `yaml:"other_layouts"`
	// Due is the time of day, London time, by which its extract is expected,
	// such as "07:00". Empty means no time is expected.
	Due string `yaml:"due"`
	// ExpectedDays are the days of the week of which it sends extracts, such as mon
	// and tue. Empty means every day.
	ExpectedDays List `yaml:"expected_days"`
	// DataOwner is who mends what is found in its files: a team or a role, as pages
	// show it. Empty means the hospital's data team.
	DataOwner string `yaml:"data_owner"`
	// Formerly are the codes under which it, or a provider that merged into it,
	// sent before. They show one history (C19).
	Formerly []Former `yaml:"formerly"`
	// CodeSet names the code set that its log is in, one of the tables of
	// data/reference/codesets (D4). Empty means that of its layout, and without
	// one england-dtoc.
	CodeSet string `yaml:"code_set"`
}

// Settings are the choices of a partnership that change figures. The zero
// value of a field in the file means its default.
type Settings struct {
	// OmittedLimitDays is how long a patient may be left out of extracts and
	// still be the same delay (C7), in days.
	OmittedLimitDays int `yaml:"omitted_limit_days"`
	// ShortFileRatio and ShortFileLeast say when a file is short: fewer than
	// this part of the rows of the earlier extract and at least so many fewer
	// (R5).
	ShortFileRatio float64 `yaml:"short_file_ratio"`
	ShortFileLeast int     `yaml:"short_file_least"`
	// UnreadShare and UnreadLeast say when a file is broken: more than this part
	// of its rows and at least so many could not be read (R5).
	UnreadShare float64 `yaml:"unread_share"`
	UnreadLeast int     `yaml:"unread_least"`
	// DischargeAgeFloor is the age from which discharges count as the discharge
	// ready date statistic does (D7), 16 by default: the one source that was
	// read says 16, others say adults.
	DischargeAgeFloor *int `yaml:"discharge_age_floor"`
	// Headline is which days figures count when nobody asks for others: counted
	// (every counted day, the default) or agreed (those that both bodies have
	// agreed, with the days not agreed as a range).
	Headline string `yaml:"headline"`
	// Lead is the count with which the overview begins: sitrep, discharge or
	// local. The default is sitrep where a provider lists everybody in a bed, and
	// local where none does.
	Lead string `yaml:"lead"`
	// Counting names the counting convention (C1); RuleSet the attribution
	// rule set.
	Counting string `yaml:"counting"`
	RuleSet  string `yaml:"rule_set"`
}

// Layout says how one kind of extract is laid out. It is data: a trust with
// another layout needs another file and no code.
type Layout struct {
	// Name is the name of the file without .yaml.
	Name string `yaml:"-"`
	// Fingerprint is the SHA-256 of the file's bytes in hexadecimal.
	Fingerprint string `yaml:"-"`

	at *document

	Version string `yaml:"version"`
	About   string `yaml:"about"`
	File    File   `yaml:"file"`
	// Columns maps our fields to the headings that stand for them.
	Columns Columns `yaml:"columns"`
	// NotRead lists headings that are known and not read.
	NotRead List `yaml:"not_read"`
	// MayBeMissing names fields of Columns whose heading may be absent.
	MayBeMissing List `yaml:"may_be_missing"`
	// SeveralProviders says that a file holds the rows of several providers, each
	// by the code in its provider column (R12).
	SeveralProviders bool `yaml:"several_providers"`
	// Pseudonyms names the scheme that the pseudonym column is of (R15): layouts
	// that name the same scheme know the same people. The default is the layout's
	// name.
	Pseudonyms string `yaml:"pseudonyms"`
	// Fixed gives what is the same for every row and in no column.
	Fixed Fixed `yaml:"fixed"`
	// Dates are formats in words, such as dd/mm/yyyy, tried in order after the
	// formats that can be read in one way only.
	Dates       List        `yaml:"dates"`
	ExtractDate ExtractDate `yaml:"extract_date"`
	// CodeSet names the code set that the reasons are of, one of the tables of
	// data/reference/codesets (D1). Empty means that words.reasons reads them as
	// letters of england-dtoc.
	CodeSet string `yaml:"code_set"`
	// SkipLines are regular expressions for lines that are not patients; each
	// is matched against the first cell that is not blank.
	SkipLines List  `yaml:"skip_lines"`
	Words     Words `yaml:"words"`
}

// File says how a layout's files are named and stored.
type File struct {
	// Name is a regular expression for the file name; the groups provider and
	// date are read from it.
	Name string `yaml:"name"`
	// Kind is text or workbook.
	Kind string `yaml:"kind"`
	// Separator is comma, tab, semicolon or bar: the usual one. Another is
	// recognised and warned about.
	Separator string `yaml:"separator"`
	// Encoding is utf-8 or windows-1252: the usual one, or detect.
	Encoding string `yaml:"encoding"`
	// Sheet is the name of the sheet; empty means the first visible sheet that
	// has the headings.
	Sheet string `yaml:"sheet"`
	// HeadingWithin is the number of lines from the top in which the headings
	// must stand.
	HeadingWithin int `yaml:"heading_within"`
	// HeadingLines is the number of lines over which the headings are spread, 1 by
	// default: what stands above each other is one heading.
	HeadingLines int `yaml:"heading_lines"`
	// Covers is day, or month when each row states one whole delay of a month
	// (R14). Empty means day.
	Covers string `yaml:"covers"`
}

// Columns lists, for each field, the headings that stand for it.
type Columns struct {
	ExtractDate List `yaml:"extract_date"`
	Provider    List `yaml:"provider"`
	Site        List `yaml:"site"`
	Ward        List `yaml:"ward"`
	Bed         List `yaml:"bed"`
	LocalID     List `yaml:"local_id"`
	NHSNumber   List `yaml:"nhs_number"`
	BirthDate   List `yaml:"birth_date"`
	Admitted    List `yaml:"admitted"`
	Ready       List `yaml:"ready"`
	Care        List `yaml:"care"`
	Reason      List `yaml:"reason"`
	Responsible List `yaml:"responsible"`
	WaitingOn   List `yaml:"waiting_on"`
	Funding     List `yaml:"funding"`
	Council     List `yaml:"council"`
	Discharged  List `yaml:"discharged"`
	// Pseudonym stands for the NHS number, Spell for the local ID and Age for the
	// birth date (R15); Criteria says who meets the criteria to reside (R13).
	Pseudonym List `yaml:"pseudonym"`
	Spell     List `yaml:"spell"`
	Age       List `yaml:"age"`
	Criteria  List `yaml:"criteria"`
	// ReasonDetail is a second code that stands with the reason (Scotland's code
	// 9); Pathway and Destination are of people who leave (D6, D7).
	ReasonDetail List `yaml:"reason_detail"`
	Pathway      List `yaml:"pathway"`
	Destination  List `yaml:"destination"`
}

// Fixed gives what is the same for every row of a layout.
type Fixed struct {
	Care    string `yaml:"care"`
	Council string `yaml:"council"`
}

// ExtractDate says where the extract date stands when it is in no column.
type ExtractDate struct {
	// Preamble is a regular expression for a line above the headings, with a
	// group named date.
	Preamble string `yaml:"preamble"`
}

// Words says how a layout's words are read.
type Words struct {
	Reasons     Vocabulary `yaml:"reasons"`
	Responsible Vocabulary `yaml:"responsible"`
	Care        Vocabulary `yaml:"care"`
	WaitingOn   Vocabulary `yaml:"waiting_on"`
	Funding     Vocabulary `yaml:"funding"`
	Criteria    Vocabulary `yaml:"criteria"`
	Pathway     Vocabulary `yaml:"pathway"`
	Destination Vocabulary `yaml:"destination"`
	// Councils maps ONS codes to further names, beyond the partnership's and
	// the reference list's.
	Councils map[string]List `yaml:"councils"`
}

// Vocabulary is a reading of words: word lists of the reference data by name,
// and the layout's own words for each meaning, which stand above them.
type Vocabulary struct {
	Use List            `yaml:"use"`
	Add map[string]List `yaml:"add"`
	// Usual lists the words that the sender writes. Another that the lists know
	// is read as well, with a warning. Empty means that nothing is unusual.
	Usual List `yaml:"usual"`
	// Separator stands between several words in one cell.
	Separator string `yaml:"separator"`
}

// WordList is one named list of the reference data: meanings and the words
// that stand for them.
type WordList struct {
	Name   string          `yaml:"name"`
	Source string          `yaml:"source"`
	Words  map[string]List `yaml:"words"`
}

// List is a list of texts that may be written as a single text.
type List []string

// UnmarshalYAML reads one text or a list of texts. A number stands as it is
// written, so that the code 05 keeps its zero.
func (l *List) UnmarshalYAML(node ast.Node) error {
	items := []ast.Node{node}
	if list, ok := node.(*ast.SequenceNode); ok {
		items = list.Values
	}
	*l = (*l)[:0]
	for _, item := range items {
		if scalar, ok := item.(ast.ScalarNode); ok {
			switch item.(type) {
			case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
				*l = append(*l, item.GetToken().Value)
				continue
			case *ast.NullNode:
				continue
			}
			*l = append(*l, fmt.Sprint(scalar.GetValue()))
			continue
		}
		if literal, ok := item.(*ast.LiteralNode); ok {
			*l = append(*l, literal.Value.Value)
			continue
		}
		return fmt.Errorf("[%d:%d] expected a text or a list of texts", item.GetToken().Position.Line, item.GetToken().Position.Column)
	}
	return nil
}

// Fields gives the headings of each field by the field's name in the file, in
// the order of the file's documentation.
func (c *Columns) Fields() []Field {
	return []Field{
		{"extract_date", c.ExtractDate}, {"provider", c.Provider}, {"site", c.Site}, {"ward", c.Ward}, {"bed", c.Bed},
		{"local_id", c.LocalID}, {"nhs_number", c.NHSNumber}, {"birth_date", c.BirthDate}, {"admitted", c.Admitted},
		{"ready", c.Ready}, {"care", c.Care}, {"reason", c.Reason}, {"responsible", c.Responsible},
		{"waiting_on", c.WaitingOn}, {"funding", c.Funding}, {"council", c.Council}, {"discharged", c.Discharged},
		{"pseudonym", c.Pseudonym}, {"spell", c.Spell}, {"age", c.Age}, {"criteria", c.Criteria},
		{"reason_detail", c.ReasonDetail}, {"pathway", c.Pathway}, {"destination", c.Destination},
	}
}

// Field is one field of a layout and the headings that stand for it.
type Field struct {
	Name     string
	Headings List
}
