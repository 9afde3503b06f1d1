package propose_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"homeward/internal/extract"
)

// acute37 are labels of England's list of 2024 for the reasons of the invented
// patients, with their codes.
var acute37 = map[string][2]string{
	"A":   {"Hospital process – Awaiting medical review of need for supported discharge", "2"},
	"C":   {"Capacity – Bed-based rehabilitation, reablement or recovery services not yet available (Pathway 2)", "31"},
	"Di":  {"Capacity – Residential/nursing home care not yet available (Pathway 3)", "33"},
	"Dii": {"Capacity – Residential/nursing home care not yet available (Pathway 3)", "33"},
	"E":   {"Capacity – Other home-based social care service not yet available (Pathway 1)", "28"},
	"F":   {"Capacity – Equipment and associated training not yet delivered (Pathway 1-3)", "36"},
	"G":   {"Capacity – Awaiting restart of existing social care arrangements (Pathway 0)", "37"},
}

func quoted(cells []string) []string {
	out := make([]string, len(cells))
	for i, c := range cells {
		out[i] = `"` + strings.ReplaceAll(c, `"`, `""`) + `"`
	}
	return out
}

// legacy is a text as Windows-1252 has it.
func legacy(t testing.TB, text string) []byte {
	t.Helper()
	out := []byte(strings.NewReplacer("£", "\xa3", "’", "\x92", "–", "\x96").Replace(text))
	if utf8.Valid(out) {
		t.Fatal("the text has no letter that tells it from UTF-8")
	}
	return out
}

// outsiders are senders as other people would make them: what patient administration
// systems, warehouses and spreadsheets of wards export.
func outsiders(t testing.TB) []sender {
	uk, short, iso := dateAs("02/01/2006"), dateAs("02/01/06"), dateAs("2006-01-02")
	stamp := dateAs("2006-01-02T00:00:00.0000000")
	sql := func(f string) string {
		if f == "" {
			return "NULL"
		}
		return f + " 00:00:00.000"
	}
	person := []string{"JONES, Gwen", "PATEL, Rohan", "SMITH, Kay", "OKAFOR, Tobe"}
	doctor := []string{"Dr A Frost", "Mr B Lake", "Dr C Marsh"}
	return []sender{
		{name: "Millennium: bars, underscores and times", file: "RXP_DTOC_EXTRACT_20260320.txt",
			content: func(all []truth) []byte {
				clock := func(s string) string {
					if s == "" {
						return ""
					}
					return s + " 14:05"
				}
				return []byte(lines("|", []string{"PERSON_ID", "FIN_NBR", "MRN", "NHS_NBR", "NAME_FULL_FORMATTED", "BIRTH_DT_TM", "SEX", "FACILITY",
					"NURSE_UNIT", "ROOM", "BED", "REG_DT_TM", "MED_SERVICE", "ATTENDING_PHYSICIAN", "MED_FIT_DT_TM", "DISCH_READY_DT_TM",
					"EST_DISCH_DT_TM",
					"DELAY_RSN", "DELAY_RESP_ORG", "LOCAL_AUTH", "CARE_LVL", "DISCH_DT_TM", "LOS_DAYS"}, all, func(p truth) []string {
					return []string{fmt.Sprint(8000000 + p.n*311), fmt.Sprint(55000000 + p.n*17), p.local, p.nhs, person[p.n%4], clock(uk(p.born)), "F",
						"Northside", p.ward, fmt.Sprint(p.n%4 + 1), fmt.Sprint(p.n%28 + 1), clock(uk(p.admitted)), "Geriatrics", doctor[p.n%3],
						clock(uk(p.ready - 1)), clock(uk(p.ready)), clock(uk(listDay + 3)), labels[p.reason], bodyAs(p.body), councilAs(p.council),
						careAs(p.care), clock(uk(p.left)), fmt.Sprint(listDay - p.admitted)}
				}))
			},
			fields: map[string]string{"FIN_NBR": "spell", "MRN": "local_id", "NHS_NBR": "nhs_number", "BIRTH_DT_TM": "birth_date",
				"FACILITY": "site", "NURSE_UNIT": "ward", "BED": "bed", "REG_DT_TM": "admitted", "DISCH_READY_DT_TM": "ready", "DELAY_RSN": "reason",
				"DELAY_RESP_ORG": "responsible", "LOCAL_AUTH": "council", "CARE_LVL": "care", "DISCH_DT_TM": "discharged"}},
		{name: "Power BI: tables before headings", file: "RXQ NCTR 2026-03-20.csv",
			content: func(all []truth) []byte {
				return []byte("\ufeff" + lines(",", quoted([]string{"Snapshot[Snapshot Date]", "Patient[Hospital Number]", "Patient[NHS Number]",
					"Patient[Date of Birth]", "Location[Site Name]", "Location[Ward Name]", "Location[Specialty]", "Spell[Admission Date]",
					"Spell[Expected Date of Discharge]", "NCTR[NCTR Date]", "NCTR[Delay Reason]", "NCTR[Pathway]", "NCTR[Lead Organisation]",
					"Patient[Local Authority]", "Spell[Discharge Date]", "[Sum of Bed Days]"}), all, func(p truth) []string {
					return quoted([]string{stamp(listDay), p.local, p.nhs, stamp(p.born), "Northside, Main", p.ward, "Stroke", stamp(p.admitted),
						stamp(listDay + 4), stamp(p.ready), acute37[p.reason][0], fmt.Sprint("Pathway ", p.n%4), bodyAs(p.body), councilAs(p.council),
						stamp(p.left), fmt.Sprint(listDay - p.ready)})
				}))
			},
			fields: map[string]string{"Snapshot[Snapshot Date]": "extract_date", "Patient[Hospital Number]": "local_id",
				"Patient[NHS Number]": "nhs_number", "Patient[Date of Birth]": "birth_date", "Location[Site Name]": "site",
				"Location[Ward Name]": "ward", "Spell[Admission Date]": "admitted", "NCTR[NCTR Date]": "ready", "NCTR[Delay Reason]": "reason",
				"NCTR[Pathway]": "pathway", "NCTR[Lead Organisation]": "responsible", "Patient[Local Authority]": "council",
				"Spell[Discharge Date]": "discharged"}, without: "reason care",
			reason: func(p truth) string { return acute37[p.reason][1] }},
		{name: "SQL Server: everybody, with NULL", file: "RXR_dbo_vw_NCTR_Daily_20260320.csv",
			content: func(all []truth) []byte {
				return []byte(lines(",", []string{"snapshot_dt", "prov_cd", "site_cd", "ward_cd", "ward_desc", "nhs_no", "hosp_no", "spell_no",
					"sex_cd",
					"dob", "adm_dt", "mffd_dt", "nctr_ind", "nctr_dt", "delay_rsn_desc", "attrib_org", "d2a_pathway", "la_cd", "la_desc", "edd",
					"disch_dt",
					"insert_dttm"}, all, func(p truth) []string {
					flag, ready, reason := "Y", sql(iso(p.ready)), "\""+acute37[p.reason][0]+"\""
					if p.meets {
						flag, ready, reason = "N", "NULL", "NULL"
					}
					return []string{sql(iso(listDay)), "RXR", "RXR02", fmt.Sprint("W", p.n%6+1), p.ward, p.nhs, p.local, fmt.Sprint(440000 + p.n), "2",
						sql(iso(p.born)), sql(iso(p.admitted)), "NULL", flag, ready, reason, bodyAs(p.body), fmt.Sprint("P", p.n%4), p.council,
						councilAs(p.council), sql(iso(listDay + 2)), sql(iso(p.left)), iso(listDay+1) + " 06:10:11.123"}
				}))
			},
			fields: map[string]string{"snapshot_dt": "extract_date", "prov_cd": "provider", "site_cd": "site", "ward_desc": "ward|not_read",
				"ward_cd": "ward|not_read",
				"nhs_no":  "nhs_number", "hosp_no": "local_id", "spell_no": "spell", "dob": "birth_date", "adm_dt": "admitted", "nctr_ind": "criteria",
				"nctr_dt": "ready", "delay_rsn_desc": "reason", "attrib_org": "responsible", "d2a_pathway": "pathway",
				"la_cd": "council|not_read", "la_desc": "council|not_read",
				"disch_dt": "discharged"}, without: "reason care ward",
			reason: func(p truth) string { return acute37[p.reason][1] }},
		{name: "mental health: clinically ready, codes of the data set", file: "RXS_CRFD_2026-03-20.csv",
			content: func(all []truth) []byte {
				codes := map[string]string{"A": "01", "C": "05", "Di": "07", "Dii": "08", "E": "09", "F": "10", "G": "11"}
				body := map[string]string{"nhs": "04", "social-care": "05", "joint": "06"}
				return []byte(lines(",", []string{"Client ID", "NHS Number", "Date of Birth", "Team/Ward", "Ward Type", "Legal Status",
					"Care Co-ordinator",
					"Admission Date", "CRFD Start Date", "CRFD Reason", "CRFD Attributable To", "CRFD End Date", "Responsible Local Authority",
					"Days CRFD", "Discharge Date"}, all, func(p truth) []string {
					return []string{p.local, p.nhs, uk(p.born), p.ward, "Older adult", []string{"Informal", "Section 3"}[p.n%2],
						"\"" + person[p.n%4] + "\"",
						uk(p.admitted), uk(p.ready), codes[p.reason], body[p.body], "", councilAs(p.council), fmt.Sprint(listDay - p.ready),
						uk(p.left)}
				}))
			},
			fields: map[string]string{"Client ID": "local_id", "NHS Number": "nhs_number", "Date of Birth": "birth_date", "Team/Ward": "ward",
				"Admission Date": "admitted", "CRFD Start Date": "ready", "CRFD Reason": "reason", "CRFD Attributable To": "responsible",
				"Responsible Local Authority": "council", "Discharge Date": "discharged"}, without: "reason care",
			reason: func(p truth) string {
				return map[string]string{"A": "01", "C": "05", "Di": "07", "Dii": "08", "E": "09", "F": "10", "G": "11"}[p.reason]
			}},
		{name: "community hospitals: H, S and B, years of two digits and apostrophes", file: "RXT Community DTOC 20-03-26.csv",
			content: func(all []truth) []byte {
				body := map[string]string{"nhs": "H", "social-care": "S", "joint": "B"}
				return legacy(t, lines(",", []string{"Hospital", "Ward/Bed", "Patient’s name", "NHS No", "Unit No", "D.O.B", "Date adm",
					"Referral to SS",
					"Section 2 sent", "Section 5 sent", "Date ready for transfer", "Delay code", "H/S/B", "SS area", "Weekly cost £", "Date disch/transf",
					"Latest position – notes"}, all, func(p truth) []string {
					return []string{[]string{"St Mary’s", "Larkrise"}[p.n%2], p.ward, "\"" + person[p.n%4] + "\"",
						p.nhs[:3] + " " + p.nhs[3:6] + " " + p.nhs[6:],
						p.local, short(p.born), short(p.admitted), short(p.ready - 5), short(p.ready - 3), short(p.ready - 1), short(p.ready), p.reason,
						body[p.body], councilAs(p.council), "£940", short(p.left), fmt.Sprintf("\"Family viewing homes,\nno. %d on list’s order\"", p.n)}
				}))
			},
			fields: map[string]string{"Hospital": "site", "Ward/Bed": "ward", "NHS No": "nhs_number", "Unit No": "local_id", "D.O.B": "birth_date",
				"Date adm": "admitted", "Date ready for transfer": "ready", "Delay code": "reason", "H/S/B": "responsible", "SS area": "council",
				"Date disch/transf": "discharged"}, without: "care"},
		{name: "an integrated care board's collection: names, short councils and 12-hour times", file: "SW_ICB_NCtR_return_20-Mar-2026.csv",
			content: func(all []truth) []byte {
				trust := []string{"University Hospitals Northside NHS Trust", "Southbank Hospitals NHS Foundation Trust"}
				area := map[string]string{"E10000008": "Devon CC", "E06000026": "Plymouth City Council", "E06000027": "Torbay UA"}
				clock := dateAs("02/01/2006 3:04 PM")
				return []byte(lines(",", quoted([]string{"Position as at", "Provider Name", "Site", "Ward", "Local Patient Identifier", "NHS Number",
					"Age (yrs)", "Date/time of admission", "Date & time no longer meeting CtR", "Pathway (0-3)", "Reason for not discharged",
					"Reason category", "Lead organisation", "Upper tier LA", "Est. discharge date", "Actual discharge date/time",
					"Escalated? (Y/N)"}), all,
					func(p truth) []string {
						return quoted([]string{clock(listDay), trust[p.n%2], "Main", p.ward, p.local, p.nhs, fmt.Sprint(2026 - p.born.Time().Year()),
							clock(p.admitted), clock(p.ready), fmt.Sprint(p.n % 4), acute37[p.reason][0], strings.Split(acute37[p.reason][0], " – ")[0],
							bodyAs(p.body), area[p.council], uk(listDay + 3), clock(p.left), []string{"Y", "N"}[p.n%2]})
					}))
			},
			fields: map[string]string{"Position as at": "extract_date", "Provider Name": "provider", "Site": "site", "Ward": "ward",
				"Local Patient Identifier": "local_id", "NHS Number": "nhs_number", "Age (yrs)": "age", "Date/time of admission": "admitted",
				"Date & time no longer meeting CtR": "ready", "Pathway (0-3)": "pathway", "Reason for not discharged": "reason",
				"Lead organisation": "responsible", "Upper tier LA": "council", "Actual discharge date/time": "discharged"},
			without: "reason care born", reason: func(p truth) string { return acute37[p.reason][1] }},
		{name: "wards as lines between the rows, headings again and a total", file: "RXU Delayed Discharge List 20.03.2026.csv",
			content: func(all []truth) []byte {
				head := "Hosp No,NHS No,Surname,Forename,DOB,Bed,Consultant,Adm Date," +
					"MFFD Date,Delayed Since,Delay Reason,Attributable,LA,PDD,Date Left,Update\r\n"
				var b strings.Builder
				b.WriteString("Delayed Discharge List,,,,,,,,,,,,,,,\r\n,,,,,,,,,,,,,,,\r\n" + head)
				for i, p := range all {
					if i%10 == 0 && i > 0 {
						fmt.Fprintf(&b, ",,,,,,,,,,,,,,,\r\nWARD %d,,,,,,,,,,,,,,,\r\n%s", i/10, head)
					}
					cells := []string{p.local, p.nhs, "Jones", "Gwen", uk(p.born), fmt.Sprint(p.n%28 + 1), "Frost", uk(p.admitted), uk(p.ready - 1),
						uk(p.ready), labels[p.reason], bodyAs(p.body), councilAs(p.council), uk(listDay + 4), uk(p.left),
						fmt.Sprintf("\"SW aware, visit %d\nTo ring back\"", p.n)}
					b.WriteString(strings.Join(cells, ",") + "\r\n")
				}
				fmt.Fprintf(&b, ",,,,,,,,,,,,,,,\r\nTotal delayed: %d,,,,,,,,,,,,,,,\r\n", len(all))
				return []byte(b.String())
			},
			fields: map[string]string{"Hosp No": "local_id", "NHS No": "nhs_number", "DOB": "birth_date", "Bed": "bed", "Adm Date": "admitted",
				"Delayed Since": "ready", "Delay Reason": "reason", "Attributable": "responsible", "LA": "council", "Date Left": "discharged"},
			without: "care ward"},
		{name: "Scotland: delayed discharge census", file: "S08000024 DD Census 20032026.csv",
			content: func(all []truth) []byte {
				reasons := map[string]string{"A": "11A", "C": "27A", "Di": "24A", "Dii": "24C", "E": "25D", "F": "25E", "G": "71"}
				area := []string{"City of Edinburgh", "East Lothian", "West Lothian"}
				return []byte(lines(",", []string{"NHS Board of Treatment", "Hospital Name", "CHI Number", "Date of Birth", "Specialty", "Ward",
					"Date of Admission", "Date Referred for SW Assessment", "Ready for Discharge Date (RDD)", "Principal Reason Code", "Secondary Code",
					"LA of Residence", "Date of Discharge", "Complex (Code 9)", "Days Delayed at Census"}, all, func(p truth) []string {
					return []string{"NHS Lothian", "Royal Infirmary of Edinburgh", p.nhs, uk(p.born), "AB", p.ward, uk(p.admitted), uk(p.ready - 6),
						uk(p.ready), reasons[p.reason], "", area[p.n%3], uk(p.left), "N", fmt.Sprint(listDay - p.ready)}
				}))
			},
			fields: map[string]string{"NHS Board of Treatment": "provider", "Hospital Name": "site", "CHI Number": "local_id",
				"Date of Birth": "birth_date", "Ward": "ward", "Date of Admission": "admitted", "Ready for Discharge Date (RDD)": "ready",
				"Principal Reason Code": "reason", "Secondary Code": "reason_detail", "LA of Residence": "council", "Date of Discharge": "discharged"},
			without: "reason care council body nhs",
			reason: func(p truth) string {
				return map[string]string{"A": "11A", "C": "27A", "Di": "24A", "Dii": "24C", "E": "25D", "F": "25E", "G": "71"}[p.reason]
			}},
		{name: "Northern Ireland: complex discharges", file: "Complex Discharges 20-03-2026.csv",
			content: func(all []truth) []byte {
				reasons := []string{"Mental Capacity", "Bed Based IC - Care Homes", "Home Based IC", "No Domiciliary Package Available",
					"Await Assessment/Acceptance to Care Home", "Patient/Relative Choice"}
				area := []string{"Belfast", "Lisburn & Castlereagh", "Ards and North Down"}
				return []byte(lines("\t", []string{"HSC Trust", "Hospital", "Ward", "H&C Number", "Hospital No", "DOB", "Admission Date/Time",
					"Decision to Admit Date", "Date Ready for Discharge", "Complex/Simple", "Delay Reason", "Trust of Residence", "LGD",
					"Discharge Date/Time"}, all,
					func(p truth) []string {
						return []string{"Belfast HSC Trust", "Royal Victoria", p.ward, p.nhs, p.local, uk(p.born), uk(p.admitted) + " 09:15",
							uk(p.admitted), uk(p.ready) + " 11:00", "Complex", reasons[p.n%6], "Belfast", area[p.n%3], uk(p.left)}
					}))
			},
			fields: map[string]string{"HSC Trust": "provider", "Hospital": "site", "Ward": "ward", "H&C Number": "nhs_number",
				"Hospital No": "local_id",
				"DOB":         "birth_date", "Admission Date/Time": "admitted", "Date Ready for Discharge": "ready", "Delay Reason": "reason",
				"LGD":                 "council",
				"Discharge Date/Time": "discharged"}, without: "reason care council body"},
		{name: "Epic: departments and barriers", file: "RXV0X_NCTR_2026.03.20.csv",
			content: func(all []truth) []byte {
				return []byte(lines(",", quoted([]string{"MRN", "CSN", "Patient Name", "NHS Number", "DOB", "Department", "Room/Bed",
					"Attending Provider",
					"Hospital Admission Date", "Expected Discharge Date", "Discharge Ready Date", "Discharge Barrier", "Barrier Owner",
					"County/Unitary Authority", "Discharge Date", "Discharge Disposition", "LOS"}), all, func(p truth) []string {
					return quoted([]string{p.local, fmt.Sprint(1000200000 + p.n*7), person[p.n%4], p.nhs, uk(p.born), p.ward, fmt.Sprint(p.n%28 + 1),
						doctor[p.n%3], uk(p.admitted), uk(listDay + 2), uk(p.ready), labels[p.reason], bodyAs(p.body), councilAs(p.council), uk(p.left),
						map[bool]string{true: "Home", false: ""}[p.left != 0], fmt.Sprint(listDay - p.admitted)})
				}))
			},
			fields: map[string]string{"MRN": "local_id", "CSN": "spell", "NHS Number": "nhs_number", "DOB": "birth_date", "Department": "ward",
				"Room/Bed": "bed", "Hospital Admission Date": "admitted", "Discharge Ready Date": "ready", "Discharge Barrier": "reason",
				"Barrier Owner": "responsible", "County/Unitary Authority": "council", "Discharge Date": "discharged",
				"Discharge Disposition": "destination"}, without: "care"},
		{name: "a bed board's workbook of two sheets", file: "RXW Nervecentre NCTR 20-03-2026.xlsx",
			content: func(all []truth) []byte {
				head := []string{"Ward", "Bay / Bed", "Patient", "NHS No.", "Hosp No.", "Age", "Admitted", "EDD", "CTR met?", "Not meeting CTR since",
					"What are we waiting for?", "Who for?", "LA", "Discharge pathway", "Actual discharge", "Site coordinator notes"}
				now := extract.Sheet{Name: "NCTR today", Head: head}
				gone := extract.Sheet{Name: "Key", Head: []string{"Code", "Meaning"}, Rows: [][]any{{"P0", "Home"}, {"P1", "Home with support"}}}
				for _, p := range all {
					left := any(nil)
					if p.left != 0 {
						left = uk(p.left)
					}
					now.Rows = append(now.Rows, []any{p.ward, fmt.Sprintf("B%d-%02d", p.n%4+1, p.n%6+1), person[p.n%4], p.nhs, p.local,
						int64(2026 - p.born.Time().Year()), uk(p.admitted), uk(listDay + 2), "No", uk(p.ready), labels[p.reason], bodyAs(p.body),
						councilAs(p.council), fmt.Sprint("P", p.n%4), left, "chase"})
				}
				return book(t, gone, now)
			},
			fields: map[string]string{"Ward": "ward", "Bay / Bed": "bed", "NHS No.": "nhs_number", "Hosp No.": "local_id", "Age": "age",
				"Admitted": "admitted", "CTR met?": "criteria", "Not meeting CTR since": "ready", "What are we waiting for?": "reason",
				"Who for?": "responsible", "LA": "council", "Discharge pathway": "pathway", "Actual discharge": "discharged"},
			without: "born care"},
		{name: "a trust's own words and many dates", file: "RXX Daily delays 20 March 2026.csv",
			content: func(all []truth) []byte {
				own := map[string]string{"A": "Awaiting SW assessment", "C": "Needs rehab bed", "Di": "Resi home sought", "Dii": "NH placement",
					"E": "POC awaited", "F": "Equipment", "G": "Family choosing"}
				body := map[string]string{"nhs": "NHS", "social-care": "ASC", "joint": "Joint"}
				area := map[string]string{"E10000008": "DCC", "E06000026": "PCC", "E06000027": "Torbay"}
				return []byte(lines(",", []string{"Date of report", "RXX No", "NHS No", "Name", "DoB", "Ward", "DoA", "ED arrival", "EDD", "Date MFFD",
					"Date referred to IDT", "Date of MDT", "Date assessment notice", "Date discharge notice", "Date all agreed ready", "Agreed reason",
					"NHS / ASC / Joint", "Council", "Acute / Community", "Date home / left"}, all, func(p truth) []string {
					return []string{uk(listDay), p.local, p.nhs, "Gwen Jones", uk(p.born), p.ward, uk(p.admitted), uk(p.admitted), uk(listDay + 1),
						uk(p.ready - 3), uk(p.ready - 4), uk(p.ready - 1), uk(p.ready - 3), uk(p.ready - 1), uk(p.ready), own[p.reason], body[p.body],
						area[p.council], map[string]string{"acute": "Acute", "non-acute": "Community"}[p.care], uk(p.left)}
				}))
			},
			fields: map[string]string{"Date of report": "extract_date", "RXX No": "local_id", "NHS No": "nhs_number", "DoB": "birth_date",
				"Ward": "ward", "DoA": "admitted", "Date all agreed ready": "ready", "Agreed reason": "reason", "NHS / ASC / Joint": "responsible",
				"Council": "council", "Acute / Community": "care", "Date home / left": "discharged"}, without: "council councils"},
		{name: "Careflow: tabs, bed and ward in one, days beside dates", file: "careflow_nctr_RXY01_20260320_0600.txt",
			content: func(all []truth) []byte {
				return []byte(lines("\t", []string{"Location", "Patient ID", "NHS Number", "Patient Details", "Speciality", "Cons", "Admitted (date)",
					"Days since admission", "Ready (date)", "Days since ready", "Current delay", "Delay owner", "Local authority area",
					"Discharged (date)",
					"Discharged to", "Tasks"}, all, func(p truth) []string {
					return []string{fmt.Sprintf("%s - Bed %d", p.ward, p.n%28+1), p.local, p.nhs, person[p.n%4], "Elderly care", doctor[p.n%3],
						uk(p.admitted), fmt.Sprint(listDay - p.admitted), uk(p.ready), fmt.Sprint(listDay - p.ready), labels[p.reason], bodyAs(p.body),
						councilAs(p.council), uk(p.left), map[bool]string{true: "Home", false: ""}[p.left != 0], fmt.Sprint(p.n % 3)}
				}))
			},
			fields: map[string]string{"Location": "ward", "Patient ID": "local_id", "NHS Number": "nhs_number", "Admitted (date)": "admitted",
				"Ready (date)": "ready", "Current delay": "reason", "Delay owner": "responsible", "Local authority area": "council",
				"Discharged (date)": "discharged", "Discharged to": "destination"}, without: "born care ward"},
		{name: "TrakCare: descriptions and codes beside each other", file: "RXZ-trak-delays-20MAR26.csv",
			content: func(all []truth) []byte {
				named := dateAs("02 Jan 2006")
				return []byte(lines(";", []string{"URN", "Episode No", "NHS No", "Surname", "Given Names", "Date of Birth", "Ward Code",
					"Ward Description",
					"Specialty", "Admission Date", "Estimated Discharge Date", "Fit for Discharge Date", "Delay Start Date", "Delay Reason Code",
					"Delay Reason Description", "Delay Attributed To", "Delay End Date", "Local Authority Code", "Local Authority", "Discharge Date"}, all,
					func(p truth) []string {
						return []string{p.local, fmt.Sprintf("I%07d", 1200+p.n), p.nhs, "Jones", "Gwen", named(p.born), fmt.Sprint("W", p.n%6+1), p.ward,
							"Medicine", named(p.admitted), named(listDay + 2), named(p.ready - 2), named(p.ready), p.reason, labels[p.reason],
							bodyAs(p.body), "", p.council, councilAs(p.council), named(p.left)}
					}))
			},
			fields: map[string]string{"URN": "local_id", "Episode No": "spell", "NHS No": "nhs_number", "Date of Birth": "birth_date",
				"Ward Description": "ward|not_read", "Ward Code": "ward|not_read", "Delay Reason Description": "reason|not_read|reason_detail",
				"Local Authority": "council|not_read", "Admission Date": "admitted", "Delay Start Date": "ready",
				"Delay Reason Code":   "reason|not_read",
				"Delay Attributed To": "responsible", "Local Authority Code": "council|not_read", "Discharge Date": "discharged"},
			without: "care ward"},
	}
}
