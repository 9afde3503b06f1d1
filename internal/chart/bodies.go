package chart

import (
	"homeward/internal/definition"
	"homeward/internal/delay"
	"homeward/internal/measure"
)

// everybody stands for all bodies together, where the nation divides delays by
// groups and not between bodies (A8).
const everybody = delay.Body(9)

// bodiesInWords is the order in which sentences name the bodies.
var bodiesInWords = [...]delay.Body{delay.SocialCare, delay.NHS, delay.Joint, delay.NotAttributed}

// columns lists the bodies that have a column in tables.
func columns(b *definition.Book) []delay.Body {
	if !b.Divides() {
		return nil
	}
	return delay.Bodies[:]
}

// present lists the bodies with days, in the order of stack, key and table, or
// everybody where days are not divided between them.
func present(b *definition.Book, t measure.ByBody) []delay.Body {
	var out []delay.Body
	if !b.Divides() {
		if t.Total() > 0 {
			out = append(out, everybody)
		}
		return out
	}
	for _, body := range delay.Bodies {
		if t[body] > 0 {
			out = append(out, body)
		}
	}
	return out
}

// daysWith gives the days of a body, all of them for everybody.
func daysWith(days measure.ByBody, b delay.Body) int64 {
	if b == everybody {
		return days.Total()
	}
	return days[b]
}

// bodyLabel names a body at the begin of a label.
func bodyLabel(b delay.Body) string {
	if b == everybody {
		return "All"
	}
	return sentenceCase(b.String())
}

// byBody says that a chart is divided by bodies, empty where it is not.
func byBody(b *definition.Book) string {
	if !b.Divides() {
		return ""
	}
	return "by whose next step"
}

// byGroup says that reasons stand together in their groups: where the nation
// publishes groups, and where providers have different code sets, which share
// groups and not reasons (D4).
func byGroup(b *definition.Book) bool { return b.Mixed() || !b.Divides() && b.Grouped() }

// grouped puts reasons together by the name of their group. Each group has the
// first of its reasons.
func grouped(b *definition.Book, reasons []measure.ReasonDays) []measure.ReasonDays {
	var out []measure.ReasonDays
	at := map[string]int{}
	for _, r := range reasons {
		name := b.Group(r.Reason)
		i, ok := at[name]
		if !ok {
			i = len(out)
			at[name] = i
			out = append(out, measure.ReasonDays{Reason: r.Reason})
		}
		for body, n := range r.Days {
			out[i].Days[body] += n
		}
	}
	return out
}
