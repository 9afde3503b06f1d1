package published

import (
	"cmp"
	"encoding/csv"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"homeward/internal/delay"
)

// shared gives a path of the real published files, which stand beside the
// repository.
func shared(t testing.TB, name string) string {
	t.Helper()
	root := cmp.Or(os.Getenv("HOMEWARD_SHARED"), filepath.Join("..", "..", "..", "shared"))
	path := filepath.Join(root, "published", filepath.FromSlash(name))
	if _, err := os.Stat(path); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("the published files are not there: %v", err)
		}
		t.Skipf("the published files are not there: %v", err)
	}
	return path
}

func readShared(t *testing.T, name string, o ...Options) *File {
	t.Helper()
	data, err := os.ReadFile(shared(t, name))
	if err != nil {
		t.Fatal(err)
	}
	var opt Options
	if len(o) > 0 {
		opt = o[0]
	}
	f, err := Read(data, opt)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return f
}

// want is what values are summed.
type want struct {
	level              Level
	code               string
	measure, breakdown string
	from, to           string
}

func (f *File) sum(w want) (total float64, n, marks int) {
	for _, v := range f.Values {
		period := v.Period.String()
		if w.level != "" && v.Level != w.level || w.code != "" && v.Code != w.code || v.Measure != w.measure || v.Breakdown != w.breakdown ||
			w.from != "" && period < w.from || w.to != "" && period > w.to {
			continue
		}
		if v.Mark != "" {
			marks++
			continue
		}
		x, err := strconv.ParseFloat(v.Text, 64)
		if err != nil {
			panic(err)
		}
		total += x
		n++
	}
	return total, n, marks
}

func near(a, b float64) bool { return math.Abs(a-b) < 0.005 }

func (f *File) expect(t *testing.T, w want, expected float64) {
	t.Helper()
	if got, n, _ := f.sum(w); !near(got, expected) || n == 0 {
		t.Errorf("%+v: %v of %d values, expected %v", w, got, n, expected)
	}
}

// TestEveryCouncilMonthOfTheReadyDate is the published identity of issue 12:
// all council-months are read and give the Better Care Fund's figure (D7).
func TestEveryCouncilMonthOfTheReadyDate(t *testing.T) {
	t.Parallel()
	f := readShared(t, "england/drd_utla_month_2024_25.csv")
	if f.Series != ReadyDate {
		t.Fatalf("read as %s", f.Series)
	}
	days, n, _ := f.sum(want{level: Council, measure: BedDays})
	discharges, m, _ := f.sum(want{level: Council, measure: Discharges})
	same, _, _ := f.sum(want{level: Council, measure: SameDay})
	delayed, _, _ := f.sum(want{level: Council, measure: Delayed})
	if n != 1836 || m != 1836 || days != 3_192_412 || discharges != 3_866_913 || same != 3_340_799 || same+delayed != discharges {
		t.Errorf("%d and %d council-months, %v bed days of %v discharges, %v the same day, %v delayed", n, m, days, discharges, same, delayed)
	}
	averages := Averages(f.Values)
	if len(averages) != 1836 {
		t.Fatalf("%d averages", len(averages))
	}
	var allDays, allDischarges int64
	for _, a := range averages {
		allDays, allDischarges = allDays+int64(a.BedDays), allDischarges+int64(a.Discharges)
	}
	if got := (Average{BedDays: Decimal(allDays), Discharges: Decimal(allDischarges)}).Days(); got != "0.825571" {
		t.Errorf("all together %s days", got)
	}
	devon := 0.0
	for _, a := range averages {
		if a.Code == "E10000008" {
			devon += float64(a.BedDays) / 1e6
		}
	}
	if devon != 48_806 {
		t.Errorf("Devon %v bed days", devon)
	}
}

// checks reads a table of checks beside the workbooks.
func checks(t *testing.T, name string) []map[string]string {
	t.Helper()
	file, err := os.Open(shared(t, "original/"+name))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var out []map[string]string
	for _, r := range rows[1:] {
		m := map[string]string{}
		for i, c := range r {
			m[rows[0][i]] = c
		}
		out = append(out, m)
	}
	return out
}

// TestAcuteSitrepWorkbooks compares every number of the table of checks of the
// 22 original workbooks.
func TestAcuteSitrepWorkbooks(t *testing.T) {
	t.Parallel()
	for _, c := range checks(t, "acute_sitrep_xlsx_checks.csv") {
		t.Run(c["period"], func(t *testing.T) {
			t.Parallel()
			f := readShared(t, "original/england_acute_sitrep_xlsx/"+c["file"])
			if f.Series != AcuteSitrep || f.Published.String() != c["published"] {
				t.Errorf("series %s, published %s", f.Series, f.Published)
			}
			if c["revised"] != "-" && f.Revised.String() != c["revised"] || c["revised"] == "-" && f.Revised != 0 {
				t.Errorf("revised %v, expected %s", f.Revised, c["revised"])
			}
			number := func(name string) float64 {
				x, err := strconv.ParseFloat(c[name], 64)
				if err != nil {
					t.Fatal(name, err)
				}
				return x
			}
			f.expect(t, want{level: Nation, measure: "missing_organisations"}, number("t1_missing_org_days"))
			f.expect(t, want{level: Nation, measure: NoLongerMeets}, number("eng_nctr_sum"))
			f.expect(t, want{level: Nation, measure: Discharged}, number("eng_discharged_sum"))
			f.expect(t, want{level: Nation, measure: Remaining}, number("eng_remaining_sum"))
			for _, code := range []string{"RRK", "RYR", "RK9"} {
				f.expect(t, want{level: Provider, code: code, measure: NoLongerMeets}, number(code+"_nctr_sum"))
			}
			marks := 0
			codes, icbs, days := map[string]bool{}, map[string]bool{}, map[delay.Day]bool{}
			for _, v := range f.Values {
				if v.Level == Provider {
					codes[v.Code] = true
				}
				if v.Level == ICB {
					icbs[v.Code] = true
				}
				if v.Period.Grain == Daily && v.Measure == NoLongerMeets {
					days[v.Period.First] = true
				}
				// The table of checks counts the dashes of Table 2 at organisations.
				if v.Level == Provider && v.Mark == "-" && v.Period.Grain == Daily {
					marks++
				}
			}
			if float64(marks) != number("t2_dash_cells") {
				t.Errorf("%d dashes, expected %s", marks, c["t2_dash_cells"])
			}
			if float64(len(codes)) != number("trusts") || float64(len(icbs)) != number("icbs") || float64(len(days)) != number("days") {
				t.Errorf("%d trusts, %d ICBs, %d days", len(codes), len(icbs), len(days))
			}
			f.expect(t, want{level: Nation, measure: "extra_days_7plus"}, number("t3_eng_7plus_sum"))
			f.expect(t, want{level: Nation, measure: "extra_days_14plus"}, number("t3_eng_14plus_sum"))
			f.expect(t, want{level: Nation, measure: "extra_days_21plus"}, number("t3_eng_21plus_sum"))
			f.expectLike(t, Nation, "discharged_to", "", number("t4_eng_total"))
			f.expectLike(t, Nation, "discharged_to", "hospice at home|hospice", number("t4_eng_hospice"))
			f.expectLike(t, Provider, "discharged_to", "", number("t4_trust_total"))
			f.expectLike(t, Nation, "waiting_reason_14plus", "", number("t5_eng_total"))
			f.expectLike(t, Provider, "waiting_reason_14plus", "", number("t5_trust_total"))
			for _, p := range []string{"1", "2", "3"} {
				f.expectLike(t, Nation, "waiting_reason_14plus", "pathway "+p, number("t5_eng_P"+p+"_wait"))
			}
		})
	}
}

// expectLike compares the sum of the columns whose labels contain words.
func (f *File) expectLike(t *testing.T, level Level, measure, words string, expected float64) {
	t.Helper()
	total, labels := 0.0, map[string]bool{}
	for _, v := range f.Values {
		if v.Level != level || v.Measure != measure || v.Mark != "" || v.Period.Grain != Monthly {
			continue
		}
		for w := range strings.SplitSeq(words, "|") {
			if strings.Contains(strings.ToLower(v.Breakdown), w) {
				x, _ := strconv.ParseFloat(v.Text, 64)
				total += x
				labels[v.Breakdown] = true
				break
			}
		}
	}
	if math.Abs(total-expected) > 0.0051 {
		t.Errorf("%s %s of %q: %v in %v, expected %v", level, measure, words, total, labels, expected)
	}
}

func TestAcuteSitrepOthers(t *testing.T) {
	t.Parallel()
	jan := readShared(t, "original/england_acute_sitrep_xlsx/january2024.xlsx")
	for measure, n := range map[string]float64{NoLongerMeets: 17756, Discharged: 5795, Remaining: 11961} {
		jan.expect(t, want{level: Nation, measure: measure, from: "2024-01-01", to: "2024-01-01"}, n)
	}
	for measure, n := range map[string]float64{NoLongerMeets: 262, Discharged: 163, Remaining: 99} {
		jan.expect(t, want{level: Provider, code: "RAJ", measure: measure, from: "2024-01-01", to: "2024-01-01"}, n)
	}
	may := readShared(t, "original/england_acute_sitrep_xlsx/may2022.xlsx")
	may.expect(t, want{level: Provider, code: "RH8", measure: NoLongerMeets, from: "2022-05-22", to: "2022-05-22"}, 1629)
	series := readShared(t, "original/england_acute_sitrep_xlsx/latest_time_series.xlsx")
	total, days, marks := series.sum(want{level: Nation, measure: NoLongerMeets})
	if days+marks != 1036 || marks != 1 || total != 21_815_795 {
		t.Errorf("time series: %v over %d days", total, days)
	}
	for _, name := range []string{"EXCERPT.csv", "EXCERPT.recoded-cp1252.csv"} {
		f := readShared(t, "original/england_acute_sitrep_csv/acute-discharge-august-2026."+name)
		for _, level := range []Level{Nation, Region, ICB, Provider} {
			f.expect(t, want{level: level, measure: NoLongerMeets, to: "2026-08-01", from: "2026-08-01"}, 21_082)
		}
		f.expect(t, want{level: Nation, measure: NoLongerMeets, from: "2026-08-02"}, 18_969)
		f.expect(t, want{level: Provider, code: "RYR", measure: NoLongerMeets, to: "2026-08-01", from: "2026-08-01"}, 432)
		f.expect(t, want{level: ICB, code: "QRL", measure: NoLongerMeets, to: "2026-08-01", from: "2026-08-01"}, 1_106)
		f.expectLike(t, Nation, "waiting_reason_7plus", "end of life", 208.75)
		f.expectLike(t, Provider, "waiting_reason_7plus", "end of life", 209.08)
		f.expectLike(t, Nation, "cost_7plus", "total cost", 240_994_030)
		f.expectLike(t, Provider, "cost_7plus", "total cost", 243_687_020.88)
	}
}

func TestCommunitySitrepWorkbooks(t *testing.T) {
	t.Parallel()
	for _, c := range checks(t, "community_sitrep_xlsx_checks.csv") {
		t.Run(c["period"], func(t *testing.T) {
			t.Parallel()
			f := readShared(t, "original/england_community_sitrep_xlsx/"+c["file"])
			if f.Series != CommunitySitrep {
				t.Fatal(f.Series)
			}
			for name, w := range map[string]want{
				"t1_missing_org_days": {level: Nation, measure: "missing_organisations"},
				"eng_nctr_sum":        {level: Nation, measure: NoLongerMeets},
				"eng_discharged_sum":  {level: Nation, measure: Discharged},
				"eng_remaining_sum":   {level: Nation, measure: Remaining},
				"org_nctr_sum":        {level: Provider, measure: NoLongerMeets},
				"t3_eng_14plus_sum":   {level: Nation, measure: "extra_days_14plus"},
				"t3_eng_21plus_sum":   {level: Nation, measure: "extra_days_21plus"},
			} {
				x, _ := strconv.ParseFloat(c[name], 64)
				// Two months hold the time series besides, with the same values.
				w.from, w.to = c["period"]+"-01", c["period"]+"-99"
				if strings.HasPrefix(name, "t3") {
					d := strings.Split(c["t3_first_week"], "/")
					w.from, w.to = "week of "+d[2]+"-"+d[1]+"-"+d[0], ""
				}
				f.expect(t, w, x)
			}
			orgs := map[string]bool{}
			for _, v := range f.Values {
				if v.Level == Provider {
					orgs[v.Code] = true
				}
			}
			if strconv.Itoa(len(orgs)) != c["orgs"] {
				t.Errorf("%d organisations, expected %s", len(orgs), c["orgs"])
			}
			if !orgs["506"] || !orgs["507"] {
				t.Error("the councils that are providers, whose codes are numbers, are missing")
			}
			x, _ := strconv.ParseFloat(c["t4_eng_total"], 64)
			f.expectLike(t, Nation, "discharged_to", "", x)
		})
	}
}

// TestAcceptanceTotals compares what ACCEPTANCE_TOTALS.csv states.
func TestAcceptanceTotals(t *testing.T) {
	t.Parallel()
	dtoc := func(level Level, code, breakdown, from, to string) want {
		return want{level, code, DelayedDays, breakdown, from, to}
	}
	series := readShared(t, "england/dtoc_timeseries_provider_by_responsible_org.csv")
	for breakdown, n := range map[string]float64{"body=NHS": 1300022, "body=Social care": 778860, "body=Both": 175939, "": 2254821} {
		series.expect(t, dtoc(Nation, "ENG", breakdown, "2016-04", "2017-03"), n)
	}
	for breakdown, n := range map[string]float64{"body=NHS": 1035485, "body=Social care": 498539, "body=Both": 131701, "": 1665725} {
		series.expect(t, dtoc(Nation, "ENG", breakdown, "2018-04", "2019-03"), n)
	}
	series.expect(t, dtoc(Nation, "ENG", "", "2020-02", "2020-02"), 155782)
	reasons := readShared(t, "england/dtoc_timeseries_provider_by_reason.csv")
	for reason, n := range map[string]float64{"E": 456591, "C": 385956, "A": 380971} {
		reasons.expect(t, dtoc(Nation, "ENG", "reason="+reason, "2016-04", "2017-03"), n)
	}
	bodies := readShared(t, "england/dtoc_la_by_responsible_org.csv")
	for breakdown, n := range map[string]float64{"body=NHS": 1135098, "body=Social care": 697069, "body=Both": 147308, "": 1979475} {
		bodies.expect(t, dtoc(Nation, "ENG", breakdown, "2017-04", "2018-03"), n)
	}
	bodies.expect(t, dtoc(Nation, "ENG", "", "2019-12", "2019-12"), 148101)
	bodies.expect(t, dtoc(Council, "812", "", "2018-04", "2019-03"), 77768)
	for breakdown, n := range map[string]float64{"body=NHS": 24985, "body=Social care": 25571, "body=Both": 3114} {
		bodies.expect(t, dtoc(Council, "406", breakdown, "2018-04", "2019-03"), n)
	}
	bodies.expect(t, dtoc(Council, "204", "", "2018-04", "2019-03"), 856)
	boards := readShared(t, "scotland/beddays_health_board_201607_202508.csv")
	phs := func(level Level, code, reason, from, to string) want {
		return want{level, code, BedDays, "age=18plus; reason=" + reason, from, to}
	}
	for reason, n := range map[string]float64{"All Delay Reasons": 720119, "Health and Social Care Reasons": 500009,
		"Patient and Family Related Reasons": 22590, "Code 9 AWI": 149967, "Code 9 Non-AWI": 47553} {
		boards.expect(t, phs(Nation, scotland, reason, "2024-04", "2025-03"), n)
	}
	for month, n := range map[string]float64{"2024-09": 1968, "2020-03": 1452} {
		boards.expect(t, want{Nation, scotland, "average_beds", "age=18plus; reason=All Delay Reasons", month, month}, n)
	}
	councils := readShared(t, "scotland/beddays_council_area_201607_202508.csv")
	councils.expect(t, phs(Council, "S12000049", "All Delay Reasons", "2024-04", "2025-03"), 83528)
	blank := 0.0
	for _, v := range councils.Values {
		if v.Level == Council && v.Code == "" && v.Measure == BedDays && v.Breakdown == "age=18plus; reason=All Delay Reasons" &&
			v.Period.String() >= "2024-04" && v.Period.String() <= "2025-03" {
			x, _ := strconv.ParseFloat(v.Text, 64)
			blank += x
		}
	}
	if blank != 476 {
		t.Errorf("Scottish councils not known: %v bed days", blank)
	}
	may := readShared(t, "original/scotland_phs/delayed-discharge-beddays-health-board_2023-05.csv")
	may.expect(t, phs(Nation, scotland, "All Delay Reasons", "2023-05", "2023-05"), 54077)
	may.expect(t, phs(Board, "S08000031", "All Delay Reasons", "2023-05", "2023-05"), 10781)
	may.expect(t, phs(Nation, scotland, "All Delay Reasons", "2022-04", "2023-03"), 661705)
	wales := readShared(t, "wales/pocd_by_health_board_and_reason_202304_202503.csv")
	byMonth := map[string]float64{}
	year := 0.0
	for _, v := range wales.Values {
		x, _ := strconv.ParseFloat(v.Text, 64)
		byMonth[v.Period.String()] += x
		if p := v.Period.String(); p >= "2024-04" && p <= "2025-03" {
			year += x
		}
	}
	if byMonth["2023-04"] != 1750 || byMonth["2023-11"] != 1567 || year != 18577 || wales.Series != WalesDelays {
		t.Errorf("Wales: %v in April 2023, %v in November 2023, %v in 2024-25", byMonth["2023-04"], byMonth["2023-11"], year)
	}
	delayed := readShared(t, "england/england_delayed_discharge_reasons.csv")
	for month, n := range map[string]float64{"2024-06": 8301, "2025-05": 8927} {
		total := 0.0
		for _, v := range delayed.Values {
			if v.Period.String() == month && v.Mark == "" {
				x, _ := strconv.ParseFloat(v.Text, 64)
				total += x
			}
		}
		// The totals are stated to whole people.
		if math.Abs(total-n) > 0.5 {
			t.Errorf("reasons in %s: %v, expected %v", month, total, n)
		}
	}
	icbs := readShared(t, "england/england_icb_criteria_to_reside.csv")
	icbs.expect(t, want{level: ICB, measure: NoLongerMeets, from: "2023-01-10", to: "2023-01-10"}, 24839)
}

// TestOtherSharedFiles reads the files beside those with stated totals.
func TestOtherSharedFiles(t *testing.T) {
	t.Parallel()
	old := readShared(t, "original/england_dtoc_csv/dtoc_monthly_2016-10.EXCERPT.csv")
	sums := map[string]float64{}
	for _, v := range old.Values {
		x, _ := strconv.ParseFloat(v.Text, 64)
		body, _, _ := strings.Cut(v.Breakdown, ";")
		sums[v.Measure+" "+body] += x
		if v.Code != "817" || v.Period.String() != "2016-10" {
			t.Fatalf("%+v", v)
		}
	}
	for name, n := range map[string]float64{PatientsDelayed + " body=NHS": 11, DelayedDays + " body=NHS": 343,
		PatientsDelayed + " body=Social care": 8, DelayedDays + " body=Social care": 262} {
		if sums[name] != n {
			t.Errorf("%s: %v, expected %v", name, sums[name], n)
		}
	}
	for _, name := range []string{
		"england/dtoc_england_reason_by_care_type_and_responsible_org.csv", "england/dtoc_la_by_reason.csv",
		"england/dtoc_la_by_type_of_care.csv", "england/dtoc_timeseries_provider_by_type.csv",
		"england/dtoc_timeseries_provider_reason_by_care_type_and_responsible_org.csv",
		"england/england_dtoc_monthly_by_care_reason_responsibility.csv", "england/england_dtoc_monthly_totals.csv",
	} {
		if f := readShared(t, name); f.Series != OldReturn {
			t.Errorf("%s was read as %s", name, f.Series)
		}
	}
	for _, name := range []string{"scotland/phs_native_2022-06_delayed-discharge-beddays-health-board.csv",
		"scotland/phs_native_2022-09_delayed-discharge-beddays-health-board.csv"} {
		f := readShared(t, name)
		f.expect(t, want{Nation, scotland, BedDays, "age=18plus; reason=All Delay Reasons", "2021-04", "2022-03"}, 540302)
	}
	wales := readShared(t, "wales/dtoc_by_health_board_2020-02.csv")
	total := 0.0
	for _, v := range wales.Values {
		x, _ := strconv.ParseFloat(v.Text, 64)
		total += x
	}
	if total != 448 || wales.Series != WalesOld {
		t.Errorf("Wales in February 2020: %v", total)
	}
	trusts := readShared(t, "england/dtoc_trust_nhs_vs_social_care_2020-02.csv", Options{Month: delay.MonthOf(2020, 2)})
	trusts.expect(t, want{level: Provider, code: "RDD", measure: DelayedDays, breakdown: "body=NHS"}, 239)
	discharged := readShared(t, "england/england_trust_discharged_patients.csv")
	if discharged.Series != AcuteSitrep {
		t.Error(discharged.Series)
	}
}
