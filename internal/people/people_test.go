package people

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"
	"pgregory.net/rapid"

	"homeward/internal/problem"
)

type partners struct{}

func (partners) SideOf(code string) Side {
	switch code {
	case "RK9", "RH8":
		return ProviderSide
	case "E10000008", "E06000026":
		return CouncilSide
	}
	return Whole
}

func TestP1Grants(t *testing.T) {
	for _, c := range []struct {
		role  Role
		codes []string
		want  string // of the error, empty when it is given
	}{
		{Coordinator, []string{"RK9"}, ""},
		{Coordinator, []string{"RH8", "RK9", "RK9"}, ""},
		{Coordinator, nil, "Name at least one"},
		{Coordinator, []string{"E10000008"}, "cannot be held for a council"},
		{Coordinator, []string{"RZZ"}, "Expected the code"},
		{Reviewer, []string{"RK9"}, ""},
		{Reviewer, []string{"E10000008"}, ""},
		{Director, []string{"E10000008", "RK9"}, "for providers or for councils"},
		{Presenter, nil, ""},
		{Viewer, []string{"RK9"}, "whole partnership"},
		{Screen, nil, "Found the role"},
		{"owner", nil, "Found the role"},
		{"", nil, "Found the role"},
	} {
		t.Run(fmt.Sprintf("P1/%s of %v", c.role, c.codes), func(t *testing.T) {
			g, err := NewGrant(c.role, c.codes, partners{})
			switch {
			case c.want == "" && err != nil:
				t.Error(err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("%v, want %q", err, c.want)
			case c.want == "" && !slices.IsSorted(g.Codes):
				t.Error(g)
			}
		})
	}
}

func TestP1Scopes(t *testing.T) {
	for _, c := range []struct {
		role        Role
		codes       []string
		providers   []string
		councils    []string
		identifiers bool
	}{
		{Coordinator, []string{"RK9"}, []string{"RK9"}, nil, true},
		{Reviewer, []string{"RK9"}, []string{"RK9"}, nil, true},
		{Reviewer, []string{"E10000008"}, nil, []string{"E10000008"}, true},
		{Director, []string{"RK9"}, []string{"RK9"}, nil, false},
		{Director, []string{"E10000008"}, nil, []string{"E10000008"}, false},
		{Presenter, nil, nil, nil, false},
		{Viewer, nil, nil, nil, false},
		{Analyst, nil, nil, nil, false},
		{Administrator, nil, nil, nil, false},
	} {
		t.Run(fmt.Sprintf("P1/%s of %v", c.role, c.codes), func(t *testing.T) {
			g, err := NewGrant(c.role, c.codes, partners{})
			if err != nil {
				t.Fatal(err)
			}
			s := g.Scope()
			if !slices.Equal(s.Providers(), c.providers) || !slices.Equal(s.Councils(), c.councils) || s.Identifiers() != c.identifiers ||
				s.Empty() != (c.providers == nil && c.councils == nil) {
				t.Errorf("%+v", s)
			}
			if c.identifiers != c.role.May(SeeIdentifiers) || s.Empty() == c.role.May(SeeRows) {
				t.Error("what the role may do and what its scope holds differ")
			}
		})
	}
	t.Run("P1/grants that were not made here see nothing", func(t *testing.T) {
		for _, g := range []Grant{{}, {Role: Coordinator}, {Role: Coordinator, Codes: []string{"RK9"}},
			{Role: Coordinator, Side: CouncilSide, Codes: []string{"E10000008"}},
			{Role: Viewer, Side: ProviderSide, Codes: []string{"RK9"}}, {Role: "owner", Side: ProviderSide, Codes: []string{"RK9"}}} {
			if s := g.Scope(); !s.Empty() || s.Identifiers() {
				t.Errorf("%+v sees %+v", g, s)
			}
		}
		if s := (Scope{}); !s.Empty() || s.Identifiers() || s.Providers() != nil || s.Councils() != nil {
			t.Error("the zero scope sees something")
		}
	})
}

// TestMatrix is the written matrix of who may do what; it is spelled out so
// that a change of the code's table needs a change here.
func TestMatrix(t *testing.T) {
	want := map[Act]string{
		SeeFigures: "CRDPVAX", SeeRows: "CRD", SeeIdentifiers: "CR", LogDelays: "C", Propose: "CRD", Agree: "RD", CloseMonth: "D",
		SeeCall: "CRDPVAXS", RunCall: "P", TurnSlides: "",
		SeeExtracts: "CRDPVAX", SeeRejected: "CRA", TakeExtracts: "A", DecideExtracts: "A", Annotate: "A",
		AddPublished: "A", ReadAgain: "AX", JudgePeople: "CA", ProposeRules: "A", ConfirmRules: "D",
		ManageOwn: "CRDPVAX", ManagePeople: "X", ManageSettings: "X", RunJobs: "X", ReadAudit: "X",
	}
	letters := map[Role]string{Coordinator: "C", Reviewer: "R", Director: "D", Presenter: "P", Viewer: "V", Analyst: "A", Administrator: "X",
		Screen: "S"}
	for _, act := range Acts {
		for role, letter := range letters {
			if got := role.May(act); got != strings.Contains(want[act], letter) {
				t.Errorf("%s may %s: %v", role, act, got)
			}
		}
		if (Actor{}).May(act) || Role("").May(act) || (Actor{Grant: Grant{Role: Administrator}}).May(act) {
			t.Errorf("nobody may %s", act)
		}
		if (Actor{Kind: AProgram}).May(act) || (Actor{Kind: AScreen}).May(act) {
			t.Errorf("a program or screen without a token may %s", act)
		}
		if got := (Actor{Kind: AScreen, Token: Token{Kind: RemoteLink}}).May(act); got != (act == TurnSlides) {
			t.Errorf("a remote may %s: %v", act, got)
		}
	}
	if len(want) != len(Acts) {
		t.Error("the matrix leaves an act out")
	}
}

func TestPasswords(t *testing.T) {
	for _, bad := range []string{"", "short", "elevenchars", "password1234", "passwordpassword", "qwertyuiop12", "111111111111",
		"abcdefghijkl", "Winchester2024!",
		"P@ssw0rd12345", "letmeinletmein", "homeward12345", "Plymouth2026!!", "anne.example1", strings.Repeat("a", 300)} {
		if err := CheckPassword(bad, "anne.example@trust.nhs.uk", "Anne Example", "Plymouth"); problem.KindOf(err) != problem.Invalid {
			t.Errorf("%q: %v", bad, err)
		} else if len(bad) > 5 && strings.Contains(err.Error(), bad) {
			t.Error("the error repeats the password")
		}
	}
	for _, good := range []string{"tulip canal mauve", "jx9!kWq03mzL", "correct horse battery staple", "grüne Wiese unter Sternen",
		strings.Repeat("tulip canal mauve ", 10)} {
		if err := CheckPassword(good, "anne@trust.nhs.uk"); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
}

var weak = &Hasher{MemoryKiB: 64, Passes: 1, Lanes: 1}

func TestHashing(t *testing.T) {
	h := weak.Hash("tulip canal mauvé")
	if !strings.HasPrefix(h, "$argon2id$v=19$m=64,t=1,p=1$") || h == weak.Hash("tulip canal mauvé") {
		t.Error(h)
	}
	for password, want := range map[string]bool{"tulip canal mauvé": true, "tulip canal mauve\u0301": true, "tulip canal mauve": false,
		"": false} {
		if right, again := weak.Verify(password, h); right != want || again {
			t.Errorf("%q: %v, %v", password, right, again)
		}
	}
	if right, again := (&Hasher{MemoryKiB: 128, Passes: 1, Lanes: 1}).Verify("tulip canal mauvé", h); !right || !again {
		t.Error("a hash of other parameters is read and asked to be made again")
	}
	for _, bad := range []string{"", "x", "$argon2id$v=19$m=64,t=0,p=1$AAAA$AAAA", "$argon2i$v=19$m=64,t=1,p=1$AAAA$AAAA",
		"$argon2id$v=16$m=64,t=1,p=1$AAAA$AAAA", strings.TrimSuffix(h, h[len(h)-4:])} {
		if right, _ := weak.Verify("tulip canal mauvé", bad); right {
			t.Errorf("%q is a hash", bad)
		}
	}
	if s := StrongHasher(); s.MemoryKiB < 19<<10 || s.Passes < 2 {
		t.Error("weaker than OWASP's least")
	}
}

func TestSecondFactor(t *testing.T) {
	f, err := NewSecondFactor("Homeward Northshire", "a@example.org")
	if err != nil || !strings.HasPrefix(f.Address, "otpauth://totp/") {
		t.Fatal(f, err)
	}
	if png, err := f.Picture(200); err != nil || !strings.HasPrefix(string(png), "\x89PNG") {
		t.Error(err)
	}
	now := time.Date(2026, 11, 4, 6, 0, 10, 0, time.UTC)
	code := func(at time.Time) string {
		c, err := totp.GenerateCode(f.Secret, at)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	used := int64(0)
	for _, c := range []struct {
		name string
		code string
		want bool
	}{
		{"now", code(now), true},
		{"the same again", code(now), false},
		{"the one before", code(now.Add(-30 * time.Second)), false},
		{"the next", code(now.Add(30 * time.Second)), true},
		{"two ahead", code(now.Add(60 * time.Second)), false},
		{"empty", "", false},
		{"letters", "abcdef", false},
	} {
		step, right := CheckCode(f.Secret, c.code, now, used)
		if right != c.want {
			t.Errorf("%s: %v", c.name, right)
		}
		if right {
			used = step
		}
	}
	if _, right := CheckCode(f.Secret, code(now)[:3]+" "+code(now)[3:], now, 0); !right {
		t.Error("a code typed with a space")
	}
	show, keep := NewRecoveryCodes()
	if len(show) != RecoveryCodes || string(HashRecoveryCode(strings.ToUpper(strings.ReplaceAll(show[0], "-", " ")))) != string(keep[0]) ||
		slices.Equal(keep[0], keep[1]) {
		t.Error(show)
	}
}

func TestThrottle(t *testing.T) {
	now := time.Date(2026, 11, 4, 6, 0, 0, 0, time.UTC)
	past := func(n int, ago time.Duration, a Attempt) []Attempt {
		out := slices.Repeat([]Attempt{a}, n)
		for i := range out {
			out[i].At = now.Add(-ago)
		}
		return out
	}
	pair, account, address := Attempt{SameAccount: true, SameAddress: true}, Attempt{SameAccount: true}, Attempt{SameAddress: true}
	right := Attempt{SameAccount: true, SameAddress: true, Right: true}
	for _, c := range []struct {
		name string
		past []Attempt
		want time.Duration // from now; 0 when it may be made now
	}{
		{"nothing", nil, 0},
		{"four from here", past(4, time.Minute, pair), 0},
		{"five from here", past(5, time.Minute, pair), 14 * time.Minute},
		{"five from here long ago", past(5, 15*time.Minute, pair), 0},
		{"five before a right one", append(past(5, 2*time.Minute, pair), past(1, time.Minute, right)...), 0},
		{"five from elsewhere do not keep the person out", past(5, time.Minute, account), 0},
		{"49 from elsewhere", past(49, time.Hour, account), 0},
		{"50 from elsewhere", past(50, time.Hour, account), 23 * time.Hour},
		{"50 at other accounts from here", past(50, time.Minute, address), 14 * time.Minute},
		{"50 at other accounts and a right one of one's own", append(past(50, 2*time.Minute, address), past(1, time.Minute, right)...),
			13 * time.Minute},
	} {
		t.Run(c.name, func(t *testing.T) {
			until := DefaultThrottle.Until(now, c.past)
			if c.want == 0 && !until.IsZero() || c.want != 0 && !until.Equal(now.Add(c.want)) {
				t.Errorf("until %v, want %v", until, c.want)
			}
		})
	}
	if DefaultThrottle.Memory() != 24*time.Hour {
		t.Error(DefaultThrottle.Memory())
	}
}

func TestThrottleNeverAllowsMoreThanTheLimit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now := time.Unix(0, 0)
		limits := Throttle{Pair: Limit{3, time.Minute}, Account: Limit{7, time.Hour}, Address: Limit{5, time.Minute}}
		var past []Attempt
		for range rapid.IntRange(1, 60).Draw(t, "attempts") {
			now = now.Add(time.Duration(rapid.IntRange(1, 40).Draw(t, "seconds")) * time.Second)
			until := limits.Until(now, past)
			if until.IsZero() {
				past = append(past, Attempt{At: now, SameAccount: true, SameAddress: true})
			} else if !until.After(now) {
				t.Fatalf("put off until %v, which is not after %v", until, now)
			}
		}
		for i := range past {
			if i >= 3 && past[i].At.Sub(past[i-3].At) < time.Minute {
				t.Fatalf("four attempts within a minute: %v", past)
			}
			if i >= 7 && past[i].At.Sub(past[i-7].At) < time.Hour {
				t.Fatalf("eight attempts within an hour: %v", past)
			}
		}
	})
}

func TestTokens(t *testing.T) {
	now := time.Date(2026, 11, 4, 6, 0, 0, 0, time.UTC)
	tok, shown, err := NewToken(UploadToken, " Plymouth's nightly upload ", now, 0, "x")
	if err != nil || tok.Label != "Plymouth's nightly upload" || strings.Contains(fmt.Sprintf("%+v", tok), shown[20:]) {
		t.Fatal(tok, err)
	}
	id, secret, ok := TokenID(shown)
	if !ok || id != tok.ID {
		t.Fatal(shown)
	}
	if !tok.Check(secret, now) || tok.Check(secret, now.AddDate(0, 0, 90)) || tok.Check(secret[:51]+"z", now) || tok.Check("", now) {
		t.Error("checks")
	}
	other := tok
	other.Kind = FiguresToken
	if other.Check(secret, now) {
		t.Error("a token passes for one of another kind")
	}
	revoked := tok
	revoked.RevokedAt = now
	if revoked.Check(secret, now) {
		t.Error("a revoked token")
	}
	tok.Providers = []string{"RK9"}
	if !tok.MayUpload("RK9") || tok.MayUpload("RH8") || tok.MayUpload("") || !tok.May(TakeExtracts) || tok.May(SeeFigures) ||
		tok.May(SeeRows) {
		t.Error("what it may")
	}
	for _, bad := range []string{"", "hw_", "hw_a_b", shown + "_", strings.ToUpper(shown), "x" + shown[2:]} {
		if _, _, ok := TokenID(bad); ok {
			t.Errorf("%q is a token", bad)
		}
	}
	for _, c := range []struct {
		kind   TokenKind
		label  string
		stands time.Duration
	}{{"admin", "x", 0}, {UploadToken, "", 0}, {UploadToken, strings.Repeat("x", 101), 0}, {UploadToken, "x", 367 * 24 * time.Hour},
		{PasswordLink, "x", 8 * 24 * time.Hour}, {FiguresToken, "x", -1}} {
		if _, _, err := NewToken(c.kind, c.label, now, c.stands, "x"); problem.KindOf(err) != problem.Invalid {
			t.Errorf("%v: %v", c, err)
		}
	}
}

func TestEmailAddresses(t *testing.T) {
	for typed, want := range map[string]string{" Anne.Example@Trust.NHS.uk ": "anne.example@trust.nhs.uk",
		"ａnne@example.org": "anne@example.org"} {
		if got, err := NormaliseEmail(typed); err != nil || got != want {
			t.Errorf("%q: %q, %v", typed, got, err)
		}
	}
	for _, bad := range []string{"", "anne", "anne@", "@example.org", "anne@example", "Anne <anne@example.org>", "a b@example.org",
		"my secret password", "anne@example.org\nBcc: x@example.org"} {
		_, err := NormaliseEmail(bad)
		if problem.KindOf(err) != problem.Invalid || (bad != "" && strings.Contains(err.Error(), "secret")) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func BenchmarkHash(b *testing.B) {
	h := StrongHasher()
	for b.Loop() {
		h.Hash("tulip canal mauve")
	}
}

func BenchmarkCheckPassword(b *testing.B) {
	for b.Loop() {
		_ = CheckPassword(strings.Repeat("tulip canal mauve ", 12), "anne@example.org")
	}
}

// A remote's code is known however it is typed, and by nothing else.
func TestRemoteCode(t *testing.T) {
	now := time.Date(2026, 11, 4, 9, 0, 0, 0, time.UTC)
	made, code, err := NewRemote("slides of the call", now, now.Add(15*time.Hour), "pat@northshire.example")
	if err != nil || len(code) != 19 || made.Kind != RemoteLink || !made.ExpiresAt.Equal(now.Add(15*time.Hour)) {
		t.Fatalf("%+v %q %v", made, code, err)
	}
	for _, typed := range []string{code, strings.ToUpper(code), " " + strings.ReplaceAll(code, "-", " "), strings.ReplaceAll(code, "-", ""),
		strings.NewReplacer("0", "O", "1", "l").Replace(code)} {
		id, secret, ok := RemoteCode(typed)
		if !ok || id != made.ID || !made.Check(secret, now) {
			t.Errorf("%q is not known", typed)
		}
		if made.Check(secret, now.Add(15*time.Hour)) {
			t.Errorf("%q stands after its day", typed)
		}
	}
	for _, typed := range []string{"", "hw_x_y", code[1:], code + "0", strings.Repeat("u", 16), strings.Repeat("0", 16) + "\n0"} {
		if id, _, ok := RemoteCode(typed); ok {
			t.Errorf("%q is read as %s", typed, id)
		}
	}
	if strings.Contains(strings.ReplaceAll(code, "-", ""), made.ID) || strings.Contains(made.ID, code[:4]) {
		t.Error("the ID shows the code")
	}
	if _, _, err := NewRemote("x", now, now.Add(26*time.Hour), ""); problem.KindOf(err) != problem.Invalid {
		t.Errorf("a remote of more than a day: %v", err)
	}
}

func FuzzRemoteCode(f *testing.F) {
	f.Add("k7qf-3mwd-9txp-2nh4")
	f.Fuzz(func(t *testing.T, typed string) {
		id, secret, ok := RemoteCode(typed)
		if again, same, still := RemoteCode(secret); ok && (!still || again != id || same != secret) {
			t.Errorf("%q is %q, and that is %q", typed, secret, same)
		}
	})
}
