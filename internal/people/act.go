package people

import "slices"

// Act is something that a route or command does, which a role may or may not.
type Act string

// The acts. Which rows an act reaches is the scope's concern, not this list's.
const (
	SeeFigures     Act = "see figures"       // counts, charts, definitions, packs
	SeeRows        Act = "see rows"          // pseudonymous rows, within the scope
	SeeIdentifiers Act = "see identifiers"   // within the scope, each display audited
	LogDelays      Act = "log delays"        // log, check, change, pause, end
	Propose        Act = "propose"           // propose a reason or body for a segment
	Agree          Act = "agree"             // agree, dispute, answer
	CloseMonth     Act = "close a month"     // and escalate a dispute
	SeeCall        Act = "see the call"      // the presenter's pages
	RunCall        Act = "run the call"      // start, run, close, log actions
	TurnSlides     Act = "turn slides"       // of the call on the wall, from a phone
	SeeExtracts    Act = "see extracts"      // arrivals and receipts
	SeeRejected    Act = "see rejected rows" // of one's own with identifiers, audited; analysts without
	TakeExtracts   Act = "take extracts"     // upload, map
	DecideExtracts Act = "decide on extracts"
	AddPublished   Act = "add published files"   // what national bodies publish
	JudgePeople    Act = "say who is one person" // of two references, audited
	ReadAgain      Act = "read extracts again"
	Annotate       Act = "annotate"
	ProposeRules   Act = "propose a change of the rules"
	ConfirmRules   Act = "confirm a change of the rules" // with the other side's director
	ManageOwn      Act = "manage own account"
	ManagePeople   Act = "manage people" // and roles, tokens, screen links
	ManageSettings Act = "manage settings"
	RunJobs        Act = "run jobs"
	ReadAudit      Act = "read the audit log"
)

// Acts lists every act.
var Acts = [...]Act{
	SeeFigures, SeeRows, SeeIdentifiers, LogDelays, Propose, Agree, CloseMonth, SeeCall, RunCall, TurnSlides, SeeExtracts, SeeRejected,
	TakeExtracts, DecideExtracts, AddPublished, ReadAgain, JudgePeople, Annotate, ProposeRules, ConfirmRules, ManageOwn, ManagePeople,
	ManageSettings, RunJobs, ReadAudit,
}

var may = map[Role][]Act{
	Coordinator: {SeeFigures, SeeRows, SeeIdentifiers, LogDelays, Propose, JudgePeople, SeeCall, SeeExtracts, SeeRejected, ManageOwn},
	Reviewer:    {SeeFigures, SeeRows, SeeIdentifiers, Propose, Agree, SeeCall, SeeExtracts, SeeRejected, ManageOwn},
	Director:    {SeeFigures, SeeRows, Propose, Agree, CloseMonth, ConfirmRules, SeeCall, SeeExtracts, ManageOwn},
	Presenter:   {SeeFigures, SeeCall, RunCall, SeeExtracts, ManageOwn},
	Viewer:      {SeeFigures, SeeCall, SeeExtracts, ManageOwn},
	Analyst: {SeeFigures, SeeCall, SeeExtracts, SeeRejected, TakeExtracts, DecideExtracts, AddPublished, ReadAgain, JudgePeople, Annotate,
		ProposeRules, ManageOwn},
	Administrator: {SeeFigures, SeeCall, SeeExtracts, ReadAgain, ManageOwn, ManagePeople, ManageSettings, RunJobs, ReadAudit},
	// A screen link shows the presenter's pages and nothing else.
	Screen: {SeeCall},
}

// May says whether the role may do the act. A role that is not known may do
// nothing.
func (r Role) May(a Act) bool { return slices.Contains(may[r], a) }

// Actor is whoever asks for something, and as what. The zero Actor is nobody.
type Actor struct {
	// Kind says how the actor is known.
	Kind ActorKind
	// Person is set for people, with the grant that they act as. Name is also the
	// operating system's name for whoever is at the command line, where it is known.
	PersonID int64
	Email    string
	Name     string
	Grant    Grant
	// Token is set for programs and screens.
	Token Token
	// Address is the network address that the request came from, empty on the
	// machine itself.
	Address string
}

// ActorKind says how an actor is known.
type ActorKind uint8

// The kinds. Machine is someone at the command line of the machine that holds
// the data folder.
const (
	Nobody ActorKind = iota
	APerson
	AProgram
	AScreen
	Machine
)

// May says whether the actor may do the act. The machine's own command line
// may do everything, because whoever holds it holds the data.
func (a Actor) May(act Act) bool {
	switch a.Kind {
	case APerson:
		return a.Grant.Role.May(act)
	case AScreen, AProgram:
		return a.Token.May(act)
	case Machine:
		return true
	default:
		return false
	}
}

// Scope gives which rows about people the actor may see. Programs, screens and
// the zero Actor see none.
func (a Actor) Scope() Scope {
	if a.Kind != APerson {
		return Scope{}
	}
	return a.Grant.Scope()
}

// Who names the actor for the audit log.
func (a Actor) Who() string {
	switch a.Kind {
	case APerson:
		return a.Email
	case AProgram:
		return "token " + a.Token.ID
	case AScreen:
		return string(a.Token.Kind) + " link " + a.Token.ID
	case Machine:
		if a.Name != "" {
			return "command line, " + a.Name
		}
		return "command line"
	default:
		return "nobody"
	}
}

// As names what the actor acts as for the audit log.
func (a Actor) As() string {
	switch a.Kind {
	case APerson:
		return a.Grant.String()
	case AProgram, AScreen:
		return a.Token.Label
	default:
		return ""
	}
}
