package synth

import (
	"math/rand/v2"

	"homeward/internal/delay"
	"homeward/internal/nhsnumber"
)

// person is an invented patient of one trust.
type person struct {
	// nhsNumber is ten digits or empty; a few fail their check, as in life.
	nhsNumber string
	localID   string
	born      delay.Day
	sex       string
	council   councilName
}

// councilName is which council a patient's extract names.
type councilName uint8

const (
	ofNorthshire councilName = iota
	ofWesthaven
	ofNoKnownCouncil
	ofNoCouncil
)

// register hands out NHS numbers, each once over all trusts.
type register struct{ next int }

// testNumbers is how many serials the 999 range has.
const testNumbers = 1_000_000

// number gives the next unused NHS number of the 999 test range with its right
// check digit, or nothing when the range is used up.
func (g *register) number() string {
	for g.next < testNumbers {
		// 7919 is prime to a million: the walk visits every serial once, and
		// neighbours in time get numbers that look unrelated.
		serial := (g.next*7919 + 104_729) % testNumbers
		g.next++
		if n, ok := testNumber(serial); ok {
			return n
		}
	}
	return ""
}

// testNumber gives 999, the six-digit serial and the check digit by modulus 11
// (NHS data dictionary, NHS NUMBER), and false for a serial that has none.
func testNumber(serial int) (string, bool) {
	digits := [10]byte{'9', '9', '9'}
	for i := 8; i >= 3; i-- {
		digits[i] = byte('0' + serial%10)
		serial /= 10
	}
	check, ok := nhsnumber.CheckDigit(string(digits[:9]))
	digits[9] = check
	return string(digits[:]), ok
}

// newPerson draws a patient of the trust who is first delayed on about the
// day. Almost all are old; one in a thousand is a child, whom C14 leaves out.
func newPerson(r *rand.Rand, t *trust, g *register, serial int, day delay.Day) *person {
	age := t.age + r.NormFloat64()*t.ages
	if age > 103 || age < t.age-40 {
		age = t.age - 20 + r.Float64()*25
	}
	if r.Float64() < 0.001 {
		age = 8 + r.Float64()*9
	}
	p := &person{
		nhsNumber: g.number(),
		localID:   numbered(t.localPrefix, serial),
		born:      day - delay.Day(age*365.25),
		sex:       "F",
	}
	if r.Float64() < 0.44 {
		p.sex = "M"
	}
	switch x := r.Float64(); {
	case x < 0.006:
		p.council = ofNoKnownCouncil
	case x < 0.010:
		p.council = ofNoCouncil
	case x < 0.010+0.99*t.northshire:
		p.council = ofNorthshire
	default:
		p.council = ofWesthaven
	}
	switch x := r.Float64(); {
	case x < 0.005:
		p.nhsNumber = mistyped(p.nhsNumber)
	case x < 0.012:
		p.nhsNumber = ""
	}
	return p
}

// mistyped gives an NHS number whose check digit is wrong by one.
func mistyped(n string) string {
	if n == "" {
		return n
	}
	last := n[len(n)-1]
	return n[:len(n)-1] + string('0'+(last-'0'+1)%10)
}
