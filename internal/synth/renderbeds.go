package synth

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"homeward/internal/delay"
	"homeward/internal/extract"
)

// northgateBedHeadings are the columns of Northgate's list of everybody in a
// bed: a CSV with ISO dates and the labels of the 37 reasons as published.
var northgateBedHeadings = []string{
	"Snapshot date", "Trust code", "Site", "Ward", "Bed", "Local patient ID", "NHS number", "Date of birth", "Admission date",
	"Type of care", "Meets criteria to reside", "Date criteria to reside no longer met", "Reason for delay", "Pathway",
	"Local authority", "Discharge date and time", "Discharge destination", "Estimated discharge date",
}

// renderNorthgateBeds writes RZ1_beds_2026-11-04.csv.
func renderNorthgateBeds(day delay.Day, rows []listing) (file, error) {
	var b bytes.Buffer
	c := newCSV(&b, ',')
	c.UseCRLF = true
	c.line(northgateBedHeadings)
	dates := dayTexts{}
	for i := range rows {
		l := &rows[i]
		council := [...]string{
			ofNorthshire: northshire, ofWesthaven: westhaven, ofNoKnownCouncil: "E06000999", ofNoCouncil: "",
		}[l.council]
		stated, left, estimated := "", "", ""
		if l.stated != 0 {
			stated = dates.of(l.stated)
		}
		if l.leaves != 0 {
			left = dates.of(l.leaves) + strings.TrimPrefix(l.at(), british(l.leaves))
		} else if l.now.wording < 40 {
			estimated = dates.of(max(l.day, l.left) + delay.Day(l.now.wording%4))
		}
		record := []string{
			dates.of(l.day), "RZ1", l.site.code, l.ward, l.bedName(), l.localID, l.nhsNumber, dates.of(l.born), dates.of(l.admitted),
			l.care.String(), yesNo(l.meets, "Y", "N"), stated, l.code.Label, l.goesBy(), council, left, l.goesTo(), estimated,
		}
		c.line(l.slip.apply(record, northgateBedCells))
	}
	err := c.end()
	return file{"RZ1_beds_" + day.String() + ".csv", b.Bytes()}, err
}

// southmoorBedHeadings are the columns of Southmoor's workbook of beds: the
// reasons without their groups, pathways in words.
var southmoorBedHeadings = []string{
	"Trust", "Hospital", "Ward", "Bed", "Patient ID", "NHS Number", "DOB", "Admission", "Bed Type", "Criteria to Reside Met?", "NCTR Date",
	"Reason Not Discharged", "Discharge Pathway", "Responsible LA", "Discharged", "Destination",
}

// renderSouthmoorBeds writes RZ2-beds-20261104.xlsx.
func renderSouthmoorBeds(day delay.Day, rows []listing) (file, error) {
	cells := make([][]any, 0, len(rows)+4)
	cells = append(cells, []any{"Southmoor Hospitals NHS Trust bed state at 23:59 on " + british(day)}, nil, anys(southmoorBedHeadings))
	for i := range rows {
		l := &rows[i]
		council := [...]string{
			ofNorthshire: "Northshire", ofWesthaven: "Westhaven", ofNoKnownCouncil: "Eastmere Council", ofNoCouncil: "",
		}[l.council]
		serial, err := strconv.Atoi(l.localID)
		if err != nil {
			return file{}, fmt.Errorf("local number: %w", err)
		}
		pathway := l.goesBy()
		if pathway != "" {
			pathway = "Pathway " + pathway
		}
		row := []any{
			"RZ2", l.site.name, l.ward, l.bed, serial, l.nhsNumber, l.born, l.admitted,
			[...]string{delay.Acute: "Acute", delay.NonAcute: "Community"}[l.care], yesNo(l.meets, "Yes", "No"), l.stated, l.code.Short, pathway,
			council, l.at(), l.goesTo(),
		}
		cells = append(cells, l.slip.applyTo(row, southmoorBedCells))
	}
	cells = append(cells, []any{"Total", len(rows)})
	var b bytes.Buffer
	err := extract.WriteWorkbook(&b, "Beds", cells)
	return file{"RZ2-beds-" + compact(day) + ".xlsx", b.Bytes()}, err
}

// westhavenBedHeadings are the columns of Westhaven's tab-separated list of beds.
var westhavenBedHeadings = []string{
	"Report Date", "Hospital Number", "NHS Number", "Date of Birth", "Ward", "Spell Start", "Care Type", "C2R", "C2R Ended", "Delay Reason",
	"Pathway", "Local Authority", "Left At", "Left To",
}

// renderWesthavenBeds writes rz3_beds_2026-11-04.txt.
func renderWesthavenBeds(day delay.Day, rows []listing) (file, error) {
	var b bytes.Buffer
	c := newCSV(&b, '\t')
	c.line(westhavenBedHeadings)
	for i := range rows {
		l := &rows[i]
		council := [...]string{
			ofNorthshire: "Northshire CC", ofWesthaven: "Westhaven City", ofNoKnownCouncil: "Eastmere", ofNoCouncil: "",
		}[l.council]
		number := l.nhsNumber
		if len(number) == 10 {
			number = number[:3] + " " + number[3:6] + " " + number[6:]
		}
		pathway := l.goesBy()
		if pathway != "" {
			pathway = "P" + pathway
		}
		record := []string{
			british(l.day), l.localID, number, british(l.born), l.ward, british(l.admitted), l.care.String(),
			yesNo(l.meets, "Met", "Not met"), british(l.stated),
			// Its system keeps neither the dashes nor the capitals of the labels.
			strings.ToLower(strings.ReplaceAll(l.code.Label, "–", "-")), pathway, council, l.at(), l.goesTo(),
		}
		c.line(l.slip.apply(record, westhavenBedCells))
	}
	err := c.end()
	return file{"rz3_beds_" + day.String() + ".txt", b.Bytes()}, err
}

// mentalHeadings are the columns of the mental-health trust, by the names of the
// Mental Health Services Data Set, version 6.
var mentalHeadings = []string{
	"ReportDate", "OrgIDProv", "SiteIDOfWard", "WardCode", "LocalPatientId", "NHSNumber", "PersonBirthDate", "StartDateHospProvSpell",
	"StartDateClinReadyforDisch", "EndDateClinReadyforDisch", "ClinReadyforDischDelayReason", "AttribToIndic",
	"OrgIDRespLAClinReadyforDisch",
}

// renderMentalHealth writes RZ4_20261104.csv: of the delayed, with the body that
// the trust states.
func renderMentalHealth(day delay.Day, rows []listing) (file, error) {
	var b bytes.Buffer
	c := newCSV(&b, ',')
	c.line(mentalHeadings)
	dates := dayTexts{0: ""}
	for i := range rows {
		l := &rows[i]
		council := [...]string{
			ofNorthshire: northshire, ofWesthaven: westhaven, ofNoKnownCouncil: "E06000999", ofNoCouncil: "",
		}[l.council]
		body := [...]string{delay.NotAttributed: "", delay.NHS: "04", delay.SocialCare: "05", delay.Joint: "06"}[l.now.body]
		if l.now.unstated {
			body = ""
		}
		reason := l.code.Code
		if reason == "" {
			reason = "98" // Reason not known.
		}
		record := []string{
			dates.of(l.day), "RZ4", l.site.code, l.ward, l.localID, l.nhsNumber, dates.of(l.born), dates.of(l.admitted),
			dates.of(l.stated), dates.of(l.leaves), reason, body, council,
		}
		c.line(l.slip.apply(record, mentalCells))
	}
	err := c.end()
	return file{"RZ4_" + compact(day) + ".csv", b.Bytes()}, err
}

func yesNo(is bool, yes, no string) string {
	if is {
		return yes
	}
	return no
}
