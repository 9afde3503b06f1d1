package web

import (
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"homeward/internal/delay"
)

// The made partnership: three hospitals, two councils and 400 days of extracts.
// Everything in it is drawn once with a fixed seed, and counted here by rules
// that are plain for what was drawn: nobody is listed before being ready, nobody
// comes back, and nobody's ready date changes. Pages are compared with this
// count, which knows nothing of pages, tables or packages that count.

var (
	madeFirst, madeLast = delay.MustDay("2025-10-01"), delay.MustDay("2026-11-03")
	// daily is the first day whose extract came in a file of its own; those before
	// came by the month.
	daily = delay.MustDay("2026-10-01")
	// shortDay is the day of which the third hospital sent a short file, lateDay the
	// one of which the second sent its file a day late.
	shortDay, lateDay = delay.MustDay("2026-11-02"), delay.MustDay("2026-10-27")
	// morning is the time of the tests.
	morning = time.Date(2026, 11, 4, 9, 12, 0, 0, time.UTC)
)

const (
	county, city = "E10000099", "E06000099"
	shortRows    = 8
	// formula stands where a council's name should, on one person's rows.
	formula = "=cmd()|' /C calc'!A0"
)

// hospitals are those of the made partnership, with the beds that are drawn for.
var hospitals = []struct {
	code, name string
	beds       int
}{{"RXA", "Northgate General", 48}, {"RXB", "Southmoor Hospital", 36}, {"RXC", "Westhaven", 24}}

// stay is one person, listed on every extract from the day they were ready to
// the day before they had gone.
type stay struct {
	hospital          int
	local, nhs, words string // words name the council
	council           string
	care              delay.CareType
	ready, gone       delay.Day
	reason            delay.Reason
	body              delay.Body
	// changed is the day from which body became instead, zero for never.
	changed delay.Day
	instead delay.Body
}

// on gives the body of a day.
func (s *stay) on(d delay.Day) delay.Body {
	if s.changed != 0 && d >= s.changed {
		return s.instead
	}
	return s.body
}

func (s *stay) listed(d delay.Day) bool { return s.ready <= d && d < s.gone }

// madeStays draws the people.
var madeStays = sync.OnceValue(func() []stay {
	r := rand.New(rand.NewPCG(2026, 11))
	draw := func(weights ...int) int {
		sum := 0
		for _, w := range weights {
			sum += w
		}
		n := r.IntN(sum)
		for i, w := range weights {
			if n -= w; n < 0 {
				return i
			}
		}
		panic("weights")
	}
	reasons := []delay.Reason{"A", "E", "Dii", "C", "G", "I"}
	bodies := [][]delay.Body{{delay.NHS, delay.SocialCare, delay.Joint}, {delay.NHS, delay.SocialCare, delay.NotAttributed},
		{delay.NHS, delay.SocialCare}, {delay.NHS}, {delay.NHS, delay.SocialCare}, {delay.NHS}}
	all := []stay{
		{hospital: 0, local: "L-1", nhs: "9990000018", council: county, words: county, care: delay.Acute, ready: madeLast - 14,
			gone: madeLast + 1, reason: "E", body: delay.SocialCare},
		{hospital: 0, local: "A90001", words: formula, care: delay.Acute, ready: madeLast - 2, gone: madeLast + 1, reason: "A",
			body: delay.NHS},
	}
	for h := range hospitals {
		for range hospitals[h].beds {
			for d := madeFirst - delay.Day(r.IntN(20)); d <= madeLast; d += delay.Day(1 + r.IntN(4)) {
				i := draw(3, 5, 4, 3, 2, 1)
				s := stay{hospital: h, local: fmt.Sprintf("%s%05d", hospitals[h].code[2:], len(all)+10), nhs: madeNumber(len(all)), council: county,
					care: delay.Acute, ready: d, gone: d + delay.Day(2+r.IntN(12)+draw(5, 1)*r.IntN(50)), reason: reasons[i]}
				possible := bodies[i]
				s.body = possible[draw([]int{4, 3, 1}[:len(possible)]...)]
				if draw(2, 1) == 1 {
					s.council = city
				}
				if draw(2, 1) == 1 {
					s.care = delay.NonAcute
				}
				// Whether it changed in a gap of the third hospital nobody could say.
				if h != 2 && len(possible) > 1 && s.gone-s.ready > 6 && draw(5, 1) == 1 {
					s.changed, s.instead = s.ready+3, possible[draw(1, 1)]
				}
				s.words = s.council
				d = s.gone
				if s.gone > madeFirst {
					all = append(all, s)
				}
			}
		}
	}
	return all
})

// madeNumber gives an NHS number of those kept for tests.
func madeNumber(n int) string {
	for n += 1000; ; n += 5000 {
		digits := fmt.Sprintf("999%06d", n)
		sum := 0
		for i, c := range digits {
			sum += (10 - i) * int(c-'0')
		}
		if check := (11 - sum%11) % 11; check != 10 {
			return digits + fmt.Sprint(check)
		}
	}
}

// sentOn says whether a hospital's whole extract of a day was sent.
func sentOn(hospital int, d delay.Day) bool {
	if hospital != 2 {
		return madeFirst <= d && d <= madeLast
	}
	day := delay.MustDay
	gap := day("2026-06-01") <= d && d <= day("2026-06-21") || d == day("2026-10-05") || d == day("2026-10-06") || d == day("2026-10-09")
	return madeFirst <= d && d < shortDay && !gap
}

// latest is the last day of a hospital that counts.
func latest(hospital int) delay.Day {
	d := madeLast
	for !sentOn(hospital, d) {
		d--
	}
	return d
}

// madeDay is one delayed day of one person.
type madeDay struct {
	*stay
	day  delay.Day
	body delay.Body
}

func (c madeDay) provider() string { return hospitals[c.hospital].code }

// countDays visits every delayed day of a period: a person is delayed on the days
// after the ready day on which an extract lists them (C1), and on days without an
// extract when the next one still does (C6, C9).
func countDays(from, to delay.Day, visit func(madeDay)) {
	stays := madeStays()
	for d := max(from, madeFirst); d <= min(to, madeLast); d++ {
		for h := range hospitals {
			says := d
			for says <= madeLast && !sentOn(h, says) {
				says++
			}
			if says > madeLast {
				continue
			}
			for i := range stays {
				if s := &stays[i]; s.hospital == h && s.ready < d && s.listed(says) {
					visit(madeDay{s, d, s.on(d)})
				}
			}
		}
	}
}

// countOf counts the delayed days of a period that are as wanted, nil for all.
func countOf(from, to delay.Day, want func(madeDay) bool) (n int64) {
	countDays(from, to, func(c madeDay) {
		if want == nil || want(c) {
			n++
		}
	})
	return n
}

// listedOn counts the rows of a hospital's extract.
func listedOn(hospital int, d delay.Day) (n int) {
	for _, s := range madeStays() {
		if s.hospital == hospital && s.listed(d) {
			n++
		}
	}
	return n
}

const madeHead = "Extract date,Provider,Ward,Bed,Local patient ID,NHS number,Date of birth,Discharge ready date,Type of care," +
	"Reason for delay,Attributable to,Local authority\r\n"

// rowsOn writes a hospital's rows of a day, at most so many.
func rowsOn(b *strings.Builder, hospital int, d delay.Day, most int) {
	for i, s := range madeStays() {
		if s.hospital != hospital || !s.listed(d) {
			continue
		}
		if most--; most < 0 {
			return
		}
		body := map[delay.Body]string{delay.NHS: "NHS", delay.SocialCare: "Social Care", delay.Joint: "Both"}[s.on(d)]
		care := map[delay.CareType]string{delay.Acute: "Acute", delay.NonAcute: "Non-Acute"}[s.care]
		fmt.Fprintf(b, "%s,%s,%dB,%d,%s,%s,1941-02-03,%s,%s,%s,%s,\"%s\"\r\n", d, hospitals[hospital].code, 1+i%9, 1+i%30, s.local, s.nhs,
			s.ready, care, s.reason, body, s.words)
	}
}

// madeFile is one file as a hospital sent it.
type madeFile struct {
	name, text string
	at         time.Time
}

// spoiled are rows of the first hospital's last file beside its people: two that
// cannot be understood, one of a child, and a line that is no patient's.
const spoiled = "2026-11-03,RXA,1B,1,A90002,,1941-02-03,2027-10-12,Acute,E,NHS,E10000099\r\n" +
	"2026-11-03,RXA,1B,2,A90003,,1941-02-03,2027-10-12,Acute,E,NHS,E10000099\r\n" +
	"2026-11-03,RXA,1B,3,A90004,,2015-02-03,2026-10-30,Acute,E,NHS,E10000099\r\n" +
	",,,,,,,,,,,\r\n"

// sentAt gives when the hospital sent the file that ends with a day: on the
// morning after, at ten past six or so.
func sentAt(d delay.Day, hospital int) time.Time {
	y, m, day := (d + 1).Time().Date()
	switch {
	case hospital == 1 && d == madeLast:
		return time.Date(y, m, day, 8, 40, 0, 250000000, time.UTC)
	case hospital == 1 && d == lateDay:
		return time.Date(y, m, day+1, 9, 0, 0, 0, time.UTC)
	default:
		return time.Date(y, m, day, 6, 10+hospital, 0, 0, time.UTC)
	}
}

// receivedAt gives when a hospital's extract of a day arrived.
func receivedAt(d delay.Day, hospital int) time.Time {
	if d < daily {
		d = d.Month().Last()
	}
	return sentAt(d, hospital)
}

// sumOf gives the SHA-256 of a file, as its receipt's address has it.
func sumOf(name string) string {
	for _, f := range madeFiles() {
		if f.name == name {
			return fmt.Sprintf("%x", sha256.Sum256([]byte(f.text)))
		}
	}
	panic("no file " + name)
}

// knownFile is the first hospital's last file, heldFile the short one of the third.
var knownFile, heldFile = sumOf("MHS_RXA_20261103.csv"), sumOf("MHS_RXC_20261102.csv")

// lastReceived is when the last file arrived.
var lastReceived = slices.MaxFunc(madeFiles(), func(a, b madeFile) int { return a.at.Compare(b.at) }).at

// madeFiles gives the files in the order in which they were received.
var madeFiles = sync.OnceValue(func() []madeFile {
	var out []madeFile
	for first := madeFirst.Month(); first.First() < daily; first++ {
		for h, hospital := range hospitals {
			var b strings.Builder
			b.WriteString(madeHead)
			for d := first.First(); d <= first.Last(); d++ {
				if sentOn(h, d) {
					rowsOn(&b, h, d, 1000)
				}
			}
			out = append(out, madeFile{"MHS_" + hospital.code + "_months_" + first.First().String() + ".csv", b.String(), sentAt(first.Last(), h)})
		}
	}
	var late *madeFile
	for d := daily; d <= madeLast; d++ {
		for h, hospital := range hospitals {
			most := 1000
			switch {
			case h == 2 && d == shortDay:
				most = shortRows
			case !sentOn(h, d):
				continue
			}
			var b strings.Builder
			b.WriteString(madeHead)
			rowsOn(&b, h, d, most)
			if h == 0 && d == madeLast {
				b.WriteString(spoiled)
			}
			f := madeFile{"MHS_" + hospital.code + "_" + strings.ReplaceAll(d.String(), "-", "") + ".csv", b.String(), sentAt(d, h)}
			if h == 1 && d == lateDay {
				late = &f
				continue
			}
			out = append(out, f)
		}
		if late != nil && d == lateDay+1 {
			out = append(out, *late)
			late = nil
		}
	}
	return out
})

// newName and newText are the first hospital's file of the day after, as whole as
// the one before.
const newName = "MHS_RXA_20261104.csv"

func newText() string {
	var b strings.Builder
	b.WriteString(madeHead)
	rowsOn(&b, 0, madeLast, 1000)
	return strings.ReplaceAll(b.String(), "\n"+madeLast.String()+",", "\n"+(madeLast+1).String()+",")
}
