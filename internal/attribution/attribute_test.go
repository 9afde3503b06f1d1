package attribution

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"homeward/internal/delay"
	"homeward/internal/problem"
)

func rules(t testing.TB) *RuleSet {
	t.Helper()
	f, err := os.Open(filepath.Join("..", "..", "data", "reference", "rulesets", "england-dtoc.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	set, err := ParseRuleSet("england-dtoc", f)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

var (
	day2018 = delay.MustDay("2018-06-01")
	day2016 = delay.MustDay("2016-06-01")
)

func TestAttribute(t *testing.T) {
	t.Parallel()
	set := rules(t)
	cases := []struct {
		name    string
		given   Given
		on      delay.Day
		body    delay.Body
		rule    string
		finding bool
	}{
		{"A1 C is the NHS's", Given{Reason: "C", Care: delay.Acute}, day2018, delay.NHS, "A1", false},
		{"A1 I is the NHS's, whoever is waited on", Given{Reason: "I", Care: delay.NonAcute, WaitingOn: OnCouncil, Funding: FundedByCouncil},
			day2018, delay.NHS, "A1", false},
		{"A1 C stated as the NHS's", Given{Reason: "C", Care: delay.Acute, Stated: delay.NHS}, day2018, delay.NHS, "A1", false},
		{"A5 C stated as social care", Given{Reason: "C", Care: delay.Acute, Stated: delay.SocialCare}, day2018, delay.NotAttributed, "A5", true},
		{"A5 I stated as joint", Given{Reason: "I", Care: delay.Acute, Stated: delay.Joint}, day2018, delay.NotAttributed, "A5", true},
		{"A2 E stated as social care", Given{Reason: "E", Care: delay.Acute, Stated: delay.SocialCare}, day2018, delay.SocialCare, "A2", false},
		{"A2 Dii stated as joint", Given{Reason: "Dii", Care: delay.Acute, Stated: delay.Joint}, day2018, delay.Joint, "A2", false},
		{"A2 stands above who is waited on", Given{Reason: "E", Care: delay.Acute, Stated: delay.NHS, WaitingOn: OnCouncil,
			Funding: FundedByCouncil}, day2018, delay.NHS, "A2", false},
		{"A5 Di stated as joint", Given{Reason: "Di", Care: delay.Acute, Stated: delay.Joint, WaitingOn: OnNHS}, day2018, delay.NotAttributed,
			"A5", true},
		{"A5 G stated as joint", Given{Reason: "G", Care: delay.Acute, Stated: delay.Joint}, day2018, delay.NotAttributed, "A5", true},
		{"A5 H stated as joint", Given{Reason: "H", Care: delay.Acute, Stated: delay.Joint}, day2018, delay.NotAttributed, "A5", true},
		{"A5 a body that could not be read", Given{Reason: "E", Care: delay.Acute, StatedUnread: true, WaitingOn: OnCouncil}, day2018,
			delay.NotAttributed, "A5", true},
		{"A5 a body that could not be read, even where one is possible", Given{Reason: "C", Care: delay.Acute, StatedUnread: true}, day2018,
			delay.NotAttributed, "A5", true},
		{"A3 waiting on the NHS", Given{Reason: "A", Care: delay.Acute, WaitingOn: OnNHS, Funding: FundedByCouncil}, day2018, delay.NHS, "A3",
			false},
		{"A3 waiting on the council", Given{Reason: "A", Care: delay.Acute, WaitingOn: OnCouncil}, day2018, delay.SocialCare, "A3", false},
		{"A3 waiting on both", Given{Reason: "A", Care: delay.Acute, WaitingOn: OnNHS | OnCouncil}, day2018, delay.Joint, "A3", false},
		{"A4 decides when both are waited on and joint is not allowed", Given{Reason: "Di", Care: delay.Acute, WaitingOn: OnNHS | OnCouncil,
			Funding: FundedByCouncil}, day2018, delay.SocialCare, "A4", false},
		{"A5 both are waited on, joint is not allowed, no funder", Given{Reason: "Di", Care: delay.Acute, WaitingOn: OnNHS | OnCouncil}, day2018,
			delay.NotAttributed, "A5", false},
		{"A4 decides when an organisation could not be read", Given{Reason: "E", Care: delay.Acute, WaitingOn: OnNHS | OrganisationUnread,
			Funding: FundedByCouncil}, day2018, delay.SocialCare, "A4", false},
		{"A4 the NHS pays", Given{Reason: "E", Care: delay.Acute, Funding: FundedByNHS}, day2018, delay.NHS, "A4", false},
		{"A4 jointly funded", Given{Reason: "E", Care: delay.Acute, Funding: FundedJointly}, day2018, delay.Joint, "A4", false},
		{"A4 a self-funder is the NHS's", Given{Reason: "G", Care: delay.Acute, Funding: SelfFunded}, day2018, delay.NHS, "A4", false},
		{"A5 jointly funded where joint is not allowed", Given{Reason: "G", Care: delay.Acute, Funding: FundedJointly}, day2018,
			delay.NotAttributed, "A5", false},
		{"A5 nothing decides", Given{Reason: "E", Care: delay.Acute}, day2018, delay.NotAttributed, "A5", false},
		{"A5 a reason that is not known, whatever is stated", Given{Care: delay.Acute, Stated: delay.NHS}, day2018, delay.NotAttributed, "A5",
			true},
		{"A2 O in non-acute care", Given{Reason: "O", Care: delay.NonAcute, Stated: delay.Joint}, day2018, delay.Joint, "A2", false},
		{"A5 O in acute care", Given{Reason: "O", Care: delay.Acute, Stated: delay.NHS}, day2018, delay.NotAttributed, "A5", true},
		{"A5 O where the care is not known", Given{Reason: "O", Stated: delay.NHS}, day2018, delay.NotAttributed, "A5", true},
		{"A5 O before April 2017", Given{Reason: "O", Care: delay.NonAcute, Stated: delay.NHS}, day2016, delay.NotAttributed, "A5", true},
		{"A2 O on 1 April 2017", Given{Reason: "O", Care: delay.NonAcute, Stated: delay.NHS}, delay.MustDay("2017-04-01"), delay.NHS, "A2",
			false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := set.Attribute(c.given, c.on)
			if got.Body != c.body || got.Rule != c.rule || (got.Finding != "") != c.finding {
				t.Errorf("got %+v, want %s by %s", got, c.body, c.rule)
			}
			if got.Why == "" || got.RuleSet != "england-dtoc" || got.Version == "" {
				t.Errorf("the receipt is incomplete: %+v", got)
			}
		})
	}
}

// The matrix of the rules, cell by cell: the totals of 115 published months are
// zero exactly where it says no.
func TestMatrix(t *testing.T) {
	t.Parallel()
	set := rules(t)
	all := []delay.Body{delay.SocialCare, delay.NHS, delay.Joint}
	want := map[delay.Reason][]delay.Body{
		"A": all, "B": all, "Dii": all, "E": all, "F": all,
		"Di": all[:2], "G": all[:2], "H": all[:2],
		"C": all[1:2], "I": all[1:2],
	}
	for _, v := range set.Versions {
		for _, reason := range letters {
			for _, care := range []delay.CareType{delay.Acute, delay.NonAcute} {
				expect := want[reason]
				if reason == "O" && care == delay.NonAcute && v.Version != "2010.1" {
					expect = all
				}
				if got := v.Bodies(reason, care); !slices.Equal(got, expect) {
					t.Errorf("%s %s %s: got %v, want %v", v.Version, reason, care, got, expect)
				}
			}
		}
	}
}

// Whatever is given, a body comes out only when the matrix allows it, and a
// stated body is never replaced by another (A5: never guessed).
func TestAttributeInvariants(t *testing.T) {
	t.Parallel()
	set := rules(t)
	rapid.Check(t, func(t *rapid.T) {
		g := Given{
			Reason:       rapid.SampledFrom(append(slices.Clone(letters), "")).Draw(t, "reason"),
			Care:         delay.CareType(rapid.IntRange(0, 4).Draw(t, "care")),
			Stated:       delay.Body(rapid.IntRange(0, 3).Draw(t, "stated")),
			StatedUnread: rapid.Bool().Draw(t, "unread"),
			WaitingOn:    Organisations(rapid.IntRange(0, 7).Draw(t, "waiting")),
			Funding:      Funding(rapid.IntRange(0, 5).Draw(t, "funding")),
		}
		on := day2016 + delay.Day(rapid.IntRange(0, 1000).Draw(t, "on"))
		got := set.Attribute(g, on)
		if got.Body != delay.NotAttributed && !slices.Contains(set.On(on).Bodies(g.Reason, g.Care), got.Body) {
			t.Fatalf("%+v gives %s, which the matrix forbids", g, got.Body)
		}
		if g.Stated != delay.NotAttributed && got.Body != delay.NotAttributed && got.Body != g.Stated {
			t.Fatalf("%+v gives %s although %s is stated", g, got.Body, g.Stated)
		}
		if (got.Body == delay.NotAttributed) != (got.Rule == "A5") {
			t.Fatalf("%+v gives %+v", g, got)
		}
	})
}

func TestParseRuleSetErrors(t *testing.T) {
	t.Parallel()
	head := "version,from,reason,nhs,social_care,joint,acute,non_acute,label\n"
	for name, text := range map[string]string{
		"empty":                  "",
		"wrong columns":          "a,b\n1,2\n",
		"no rules":               head,
		"a date that is not one": head + "1,2018-02-30,A,yes,yes,yes,yes,yes,x\n",
		"perhaps":                head + "1,2018-02-03,A,perhaps,yes,yes,yes,yes,x\n",
		"versions out of order":  head + "2,2018-02-03,A,yes,yes,yes,yes,yes,x\n1,2017-02-03,A,yes,yes,yes,yes,yes,x\n",
		"a missing cell":         head + "1,2018-02-03,A,yes\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := ParseRuleSet("x", strings.NewReader(text))
			if problem.KindOf(err) != problem.Invalid {
				t.Errorf("got %v, want an invalid problem", err)
			}
		})
	}
}

func BenchmarkAttribute(b *testing.B) {
	set := rules(b)
	g := Given{Reason: "E", Care: delay.Acute, WaitingOn: OnNHS | OnCouncil}
	for b.Loop() {
		set.Attribute(g, day2018)
	}
}

// letters are the reasons of england-dtoc.
var letters = []delay.Reason{"A", "B", "C", "Di", "Dii", "E", "F", "G", "H", "I", "O"}
