package chart

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"homeward/internal/definition"
	"homeward/internal/delay"
	"homeward/internal/measure"
)

// echarts reads ECharts as npm delivers it or as the build copies it.
// patience is how long a drawing may take in a test: what a machine is busy with
// besides is no matter of a chart.
const patience = 10 * time.Minute

func echarts(tb testing.TB) []byte {
	tb.Helper()
	paths := []string{"../../static/vendor/echarts/echarts.min.js", "../../node_modules/echarts/dist/echarts.min.js"}
	if p := os.Getenv("HOMEWARD_ECHARTS"); p != "" {
		paths = append([]string{p}, paths...)
	}
	for _, p := range paths {
		if js, err := os.ReadFile(filepath.FromSlash(p)); err == nil {
			return js
		}
	}
	if os.Getenv("CI") != "" {
		tb.Fatal("echarts.min.js was expected in node_modules/echarts/dist; run npm ci")
	}
	tb.Skip("echarts.min.js is not installed; run npm ci")
	return nil
}

var shared struct {
	once sync.Once
	r    *Renderer
}

// renderer is one renderer for all tests: loading ECharts is the slow part.
func renderer(tb testing.TB) *Renderer {
	js := echarts(tb)
	shared.once.Do(func() {
		shared.r = NewRenderer(js, 1)
		shared.r.limit = patience
	})
	return shared.r
}

// forgetful is the shared machine without the kept drawings: every chart is
// drawn anew.
func forgetful(tb testing.TB) *Renderer {
	r := renderer(tb)
	return &Renderer{js: r.js, pool: r.pool, limit: patience, making: map[drawingKey]chan struct{}{}}
}

func draw(t *testing.T, c Chart) string {
	t.Helper()
	svg, err := renderer(t).SVG(context.Background(), c)
	if err != nil {
		t.Fatalf("%s: %v", c.ID, err)
	}
	return string(svg)
}

// days gives counts in the order of the stack: social care, NHS, joint, not
// attributed.
func days(social, nhs, joint, none int64) measure.ByBody {
	var b measure.ByBody
	b[delay.SocialCare], b[delay.NHS], b[delay.Joint], b[delay.NotAttributed] = social, nhs, joint, none
	return b
}

// month is a whole month with every extract in.
func month(s string, d measure.ByBody) measure.Period {
	m, err := delay.ParseMonth(s)
	if err != nil {
		panic(err)
	}
	return measure.Period{First: m.First(), Last: m.Last(), Days: d, Listed: m.Days()}
}

// year is 13 whole months to March 2019 with plausible counts.
func year() measure.Overview {
	rows := []struct {
		month string
		days  measure.ByBody
	}{
		{"2018-03", days(684, 1102, 96, 41)}, {"2018-04", days(655, 1048, 88, 30)}, {"2018-05", days(612, 1077, 101, 22)},
		{"2018-06", days(590, 1002, 77, 12)}, {"2018-07", days(634, 986, 64, 9)}, {"2018-08", days(671, 1043, 83, 18)},
		{"2018-09", days(640, 990, 90, 25)}, {"2018-10", days(602, 1010, 71, 31)}, {"2018-11", days(577, 951, 69, 64)},
		{"2018-12", days(540, 905, 58, 90)}, {"2019-01", days(598, 968, 80, 112)}, {"2019-02", days(531, 880, 73, 97)},
		{"2019-03", days(566, 902, 82, 120)},
	}
	o := measure.Overview{From: delay.MustDay("2018-03-01"), To: delay.MustDay("2019-03-31"), AsAt: delay.MustDay("2019-03-31"),
		Filter: measure.Filter{Book: book}}
	for _, r := range rows {
		o.Months = append(o.Months, month(r.month, r.days))
	}
	o.Reasons = []measure.ReasonDays{
		{Reason: "E", Days: days(3105, 1210, 220, 0)}, {Reason: "C", Days: days(0, 4420, 0, 0)}, {Reason: "A", Days: days(1420, 1630, 410, 0)},
		{Reason: "Dii", Days: days(1610, 905, 201, 0)}, {Reason: "G", Days: days(830, 1870, 0, 0)}, {Reason: "Di", Days: days(1010, 120, 0, 0)},
		{Reason: "F", Days: days(230, 410, 101, 0)}, {Reason: "I", Days: days(0, 690, 0, 0)}, {Reason: "B", Days: days(190, 260, 0, 0)},
		{Reason: "H", Days: days(5, 49, 0, 0)}, {Reason: delay.ReasonNotKnown, Days: days(0, 0, 0, 671)}, {Reason: "O", Days: days(0, 0, 0, 0)},
	}
	return o
}

// gaps is year with one month unknown, one provider short of days in another,
// and a last month that is not over.
func gaps() measure.Overview {
	o := year()
	o.Months[6].Days, o.Months[6].Listed = measure.ByBody{}, 0
	o.Months[6].Missing = []measure.Gap{{Provider: "RX1", Name: "Westhaven", Days: 30}}
	o.Months[8].Listed = 21
	o.Months[8].Missing = []measure.Gap{{Provider: "RX1", Name: "Westhaven", Days: 9}}
	last := &o.Months[12]
	last.Last, last.Listed, last.Days = delay.MustDay("2019-03-14"), 14, days(251, 410, 33, 50)
	o.To, o.AsAt = last.Last, last.Last
	o.Providers = []measure.ProviderArrival{{Code: "RX1", Name: "Westhaven", Today: measure.Held}}
	return o
}

// long is nine and a half years of months.
func long() measure.Overview {
	o := measure.Overview{}
	m := delay.MustDay("2010-08-01").Month()
	for i := range 115 {
		d := (m + delay.Month(i))
		wave := int64(200 + (i*37)%90)
		o.Months = append(o.Months, measure.Period{First: d.First(), Last: d.Last(), Listed: d.Days(),
			Days: days(wave*2, wave*4, wave/4, wave/9)})
	}
	o.From, o.To = o.Months[0].First, o.Months[114].Last
	o.AsAt = o.To
	return o
}

// daily is n days of people ending on 31 March 2019.
func daily(n int) []measure.Period {
	end := delay.MustDay("2019-03-31")
	out := make([]measure.Period, n)
	for i := range out {
		d := end - delay.Day(n-1-i)
		v := int64(60 + (i*7919)%23 + (i/40)%17)
		out[i] = measure.Period{First: d, Last: d, Listed: 1, Days: days(v/3, v/2, v/10, 2)}
	}
	return out
}

// book is that of a partnership that counts England's old return.
var book = func() *definition.Book {
	tables, err := definition.Load(os.DirFS("../../data/reference"))
	if err != nil {
		panic(err)
	}
	b, err := definition.NewBook(tables, "england-dtoc", []definition.Use{{Sets: []string{"england-dtoc"}}})
	if err != nil {
		panic(err)
	}
	return b
}()
