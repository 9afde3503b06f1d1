package council_test

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"homeward/data"
	"homeward/internal/config"
	"homeward/internal/council"
	"homeward/internal/delay"
)

// partnership lists councils by code; the names are those of the lists.
func partnership(codes ...string) *config.Partnership {
	p := &config.Partnership{Name: "P"}
	for _, code := range codes {
		p.Councils = append(p.Councils, config.Council{Code: code, Name: "Council " + code})
	}
	return p
}

func load(t *testing.T, codes ...string) *council.List {
	t.Helper()
	l, err := council.Load(data.Reference, partnership(codes...))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func resolve(l *council.List, text, on string) string {
	found := l.Find(text)
	if len(found) == 0 {
		return ""
	}
	if len(found) == 1 && found[0].Certain() {
		return string(found[0].CodeOn(delay.MustDay(on)))
	}
	got, _ := l.Resolve(found, delay.MustDay(on))
	return string(got)
}

func TestA7CouncilsByNameAndDate(t *testing.T) {
	england := load(t, "E10000008", "E06000026", "E06000027")
	for _, c := range []struct{ text, on, want string }{
		{"Dorset", "2019-03-31", "E10000009"}, {"Dorset", "2019-04-01", "E06000059"}, {"Dorset County Council", "2018-01-01", "E10000009"},
		{"809", "2018-01-01", "E10000009"}, {"809", "2020-01-01", "E06000059"},
		{"Bournemouth", "2019-03-31", "E06000028"}, {"Bournemouth", "2019-04-01", "E06000058"},
		{"Christchurch", "2019-03-31", "E10000009"}, {"Christchurch", "2019-06-01", "E06000058"},
		{"Northamptonshire", "2021-03-31", "E10000021"}, {"Northamptonshire", "2021-04-01", ""}, {"Kettering", "2022-01-01", "E06000061"},
		{"South Hams", "2019-06-01", "E10000008"}, {"London Borough of Camden", "2019-06-01", "E09000007"},
		{"Camden LB", "2019-06-01", "E09000007"},
		{"City of London", "2019-06-01", "E09000001"}, {"London", "2019-06-01", ""}, {"Devonshire", "2019-06-01", ""},
		{"County", "2019-06-01", ""}, {"Council", "2019-06-01", ""}, {"City of", "2019-06-01", ""}, {"", "2019-06-01", ""},
		{"?", "2019-06-01", ""},
		{"Resident outside GB", "2019-06-01", "9902"}, {"S12000036", "2019-06-01", "S92000003"}, {"Caerdydd", "2019-06-01", "W92000004"},
		{"Belfast", "2019-06-01", "9902"}, {"Derry", "2014-06-01", "9902"},
		{"Bristol, City of", "2026-01-01", "E06000023"}, {"CITY OF BRISTOL", "2026-01-01", "E06000023"},
		{"Bristol City Council", "2026-01-01", "E06000023"},
		{"Herefordshire, County of", "2026-01-01", "E06000019"}, {"Kingston upon Hull, City of", "2026-01-01", "E06000010"},
		{"HULL", "2026-01-01", "E06000010"}, {"St Helens", "2026-01-01", "E08000013"}, {"St. Helens MBC", "2026-01-01", "E08000013"},
		{"Durham", "2026-01-01", "E06000047"}, {"Windsor & Maidenhead", "2026-01-01", "E06000040"},
		{"Bournemouth Christchurch & Poole", "2026-01-01", "E06000058"}, {"Royal Borough of Kensington and Chelsea", "2026-01-01", "E09000020"},
		{"Wight, Isle of", "2026-01-01", "E06000046"}, {"Brighton & Hove City Council", "2026-01-01", "E06000043"},
		{"City of York Council", "2026-01-01", "E06000014"}, {"Southend", "2026-01-01", "E06000033"},
	} {
		if got := resolve(england, c.text, c.on); got != c.want {
			t.Errorf("A7 %q on %s: got %q, want %q", c.text, c.on, got, c.want)
		}
	}
}

func TestD5RecodedCouncilIsOne(t *testing.T) {
	for listed, codes := range map[string][]string{
		"E08000039": {"Sheffield", "E08000039", "E08000019", "207", "Sheffield City Council", "SHEFFIELD"},
		"E08000019": {"Sheffield", "E08000039", "E08000019", "207"},
		"E08000016": {"Barnsley", "E08000038", "E08000016", "204"},
		"E06000057": {"Northumberland", "E06000048"},
		"E08000020": {"Gateshead", "E08000037"},
		"S12000049": {"Glasgow", "S12000043", "S12000046", "City of Glasgow"},
	} {
		l := load(t, listed)
		for _, text := range codes {
			for _, on := range []string{"2010-08-01", "2020-01-01", "2026-03-20"} {
				if got := resolve(l, text, on); got != listed {
					t.Errorf("D5 %q on %s, listed as %s: got %q", text, on, listed, got)
				}
			}
		}
	}
	// A council that the partnership does not list stands under the code that
	// was in force.
	l := load(t, "E10000008")
	for on, want := range map[string]string{"2025-03-31": "E08000019", "2025-04-01": "E08000039"} {
		for _, text := range []string{"Sheffield", "E08000019", "E08000039"} {
			if got := resolve(l, text, on); got != want {
				t.Errorf("D5 %q on %s: got %q, want %q", text, on, got, want)
			}
		}
	}
	if _, err := council.Load(data.Reference, partnership("E08000019", "E08000039")); err == nil ||
		!strings.Contains(err.Error(), "Keep one of them") {
		t.Errorf("D5 one council under two codes: got %v", err)
	}
}

func TestD5OtherNations(t *testing.T) {
	wales := load(t, "W06000015", "W06000001")
	for text, want := range map[string]string{
		"Caerdydd": "W06000015", "Cyngor Caerdydd": "W06000015", "Cardiff": "W06000015", "The City of Cardiff Council": "W06000015",
		"Ynys Môn": "W06000001", "YNYS MON": "W06000001", "Sir Ynys M\ufffdn": "W06000001", "Ynys M?n": "W06000001",
		"Anglesey, Isle of":   "W06000001",
		"Cyngor Sir Ynys Môn": "W06000001", "Sir Gâr": "W06000010", "Pembrokeshire": "W06000009", "Sir Benfro": "W06000009",
		"Cyngor Bwrdeistref Sirol Caerffili": "W06000018",
		"Vale of Glamorgan, The":             "W06000014", "Rhondda Cynon Taff": "W06000016", "Rhondda, Cynon, Taf": "W06000016",
		"Swansea, City and County of": "W06000011",
		"Bristol":                     "E92000001", "Devon": "E92000001", "Edinburgh": "S92000003",
	} {
		if got := resolve(wales, text, "2026-03-01"); got != want {
			t.Errorf("D5 %q for a Welsh partnership: got %q, want %q", text, got, want)
		}
	}
	border := load(t, "E06000019", "W06000023")
	for text, want := range map[string]string{"Powys": "W06000023", "Herefordshire": "E06000019", "Shropshire": "E06000051",
		"Cardiff": "W06000015", "Fife": "S92000003"} {
		if got := resolve(border, text, "2026-03-01"); got != want {
			t.Errorf("D5 %q on the border: got %q, want %q", text, got, want)
		}
	}
	ni := load(t, "N09000003")
	for text, want := range map[string]string{"Belfast City Council": "N09000003", "Derry City & Strabane": "N09000005",
		"Armagh, Banbridge and Craigavon": "N09000002"} {
		if got := resolve(ni, text, "2026-03-01"); got != want {
			t.Errorf("D5 %q for Northern Ireland: got %q, want %q", text, got, want)
		}
	}
}

// Every official name and code of the published list is known, and each leads
// to the council of that code.
func TestD5EveryPublishedName(t *testing.T) {
	shared := os.Getenv("HOMEWARD_SHARED")
	if shared == "" {
		shared = filepath.Join("..", "..", "..", "shared")
	}
	f, err := os.Open(filepath.Join(shared, "published", "reference", "uk_local_authorities.csv"))
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("the published list is missing: %v", err)
		}
		t.Skipf("the published list is missing: %v", err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	at := map[string]int{}
	for i, name := range rows[0] {
		at[name] = i
	}
	seen := 0
	l := load(t, "E10000008", "W06000001", "S12000005", "N09000001")
	for _, row := range rows[1:] {
		code, kind := row[at["gss-code"]], row[at["local-authority-type"]]
		if code == "" || kind == "COMB" || kind == "SRA" || row[at["end-date"]] != "" {
			continue
		}
		seen++
		want := resolve(l, code, "2026-03-01")
		if want == "" {
			t.Errorf("D5 the code %s is not known", code)
			continue
		}
		names := []string{row[at["official-name"]], row[at["nice-name"]]}
		for former := range strings.SplitSeq(row[at["former-gss-codes"]], ",") {
			names = append(names, strings.TrimSpace(former))
		}
		for _, name := range names {
			if name == "" {
				continue
			}
			if got := resolve(l, name, "2026-03-01"); got != want {
				t.Errorf("A7 %q (%s): got %q, want %q", name, code, got, want)
			}
		}
	}
	if seen < 380 {
		t.Errorf("read %d councils and districts, expected about 400", seen)
	}
}

func TestChangesOfANewerList(t *testing.T) {
	l := load(t, "E10000008")
	newer, err := council.ParseAny([]byte(`code,former,cssr,name,kind,parent,until,successors,names
E06000099,E06000026:2027-03-31,913,Plymouth,unitary,,,,
E10000008,,912,Devon,county,,2028-03-31,E06000100,
E06000100,,,New Devon,unitary,,,,
E06000027,,914,Torquay and Paignton,unitary,,,,
`))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range l.Changes(newer) {
		if c.Kind != "gone" {
			got = append(got, c.Words)
		}
	}
	for _, want := range []string{
		"Plymouth is E06000099 now, in place of E06000026.",
		"New Devon (E06000100) is new. It stands for Devon.",
		"Devon (E10000008) ends on 2028-03-31; then E06000100 stands for it.",
		`E06000027: "Torquay and Paignton" is not a name of Torbay (E06000027) yet.`,
	} {
		if !strings.Contains(strings.Join(got, "\n"), want) {
			t.Errorf("expected %q in\n%s", want, strings.Join(got, "\n"))
		}
	}
	for name, bad := range map[string]string{"columns": "a,b\n1,2\n", "day": strings.Join(
		[]string{"code,former,cssr,name,kind,parent,until,successors,names", "E1,,,X,unitary,,soon,,"}, "\n")} {
		if _, err := council.ParseAny([]byte(bad)); err == nil {
			t.Errorf("%s: a damaged list was read", name)
		}
	}
}

func FuzzFind(f *testing.F) {
	for _, s := range []string{"Bristol, City of", "Sir Ynys M\ufffdn", "the the the council", ",,,", "(", "&&"} {
		f.Add(s)
	}
	l, err := council.Load(data.Reference, partnership("E10000008"))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if found := l.Find(s); len(found) > 0 {
			l.Resolve(found, delay.MustDay("2026-01-01"))
		}
	})
}
