package extract_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"testing"

	"homeward/internal/delay"
	"homeward/internal/extract"
)

// backfill makes a backfill of one trust: so many rows over a year of extract
// dates, each patient listed for about ten days. Numbers are of the 999 range.
func backfill(rows int) []byte {
	var b bytes.Buffer
	b.WriteString("Extract date,Provider,Site,Ward,Local patient ID,NHS number,Date of birth,Sex,Admission date,Discharge ready " +
		"date,Type of " +
		"care,Reason for delay,Attributable to,Local authority,Pathway,Estimated discharge date,Discharge date,Comments\r\n")
	first := delay.MustDay("2018-04-01")
	reasons := []string{"A", "B", "C", "Di", "Dii", "E", "F", "G", "H", "I"}
	bodies := []string{"NHS", "NHS", "NHS", "Social Care", "Both", "NHS", "Social Care", "NHS", "NHS", "NHS"}
	perDay := max(rows/365, 1)
	for i := range rows {
		day := first + delay.Day(i/perDay)
		patient := i%perDay + (i/perDay/10)*perDay
		ready := first + delay.Day(i/perDay/10*10) - 3
		k := patient % 10
		fmt.Fprintf(&b, "%s,RK9,RK901,Ward %d,RK9%07d,%s,%s,F,%s,%s,Acute,%s,%s,E06000026,1,,,\"Discussed at board round, plan unchanged\"\r\n",
			day, patient%12, patient, testNumber(patient), delay.Date(1930, 1, 1)+delay.Day(patient%12000), ready-9, ready, reasons[k], bodies[k])
	}
	return b.Bytes()
}

// testNumber gives the nth valid NHS number of the 999 test range.
func testNumber(n int) string {
	for i := n; ; i += 1_000_003 {
		s := fmt.Sprintf("999%06d", (i+1)%1_000_000)
		sum := 0
		for j := range 9 {
			sum += int(s[j]-'0') * (10 - j)
		}
		if check := (11 - sum%11) % 11; check != 10 {
			return s + fmt.Sprint(check)
		}
	}
}

func BenchmarkReadCSV(b *testing.B) {
	set := devon(b)
	const rows = 200_000
	content := backfill(rows)
	b.SetBytes(int64(len(content)))
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		sum, err := set.Read(context.Background(), "RK9_2019-03-31 backfill.csv", bytes.NewReader(content),
			func(*extract.Row) error { return nil })
		if err != nil || sum.Kept != rows {
			b.Fatal(err, sum.Kept, sum.Problems[:min(len(sum.Problems), 3)])
		}
	}
	b.ReportMetric(rows*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

// BenchmarkSplit compares our splitter with encoding/csv on the same bytes.
func BenchmarkSplit(b *testing.B) {
	content := backfill(100_000)
	b.Run("ours", func(b *testing.B) {
		b.SetBytes(int64(len(content)))
		for range b.N {
			if n := extract.CountRecords(bytes.NewReader(content)); n != 100_001 {
				b.Fatal(n)
			}
		}
	})
	b.Run("encoding-csv", func(b *testing.B) {
		b.SetBytes(int64(len(content)))
		for range b.N {
			r := csv.NewReader(bytes.NewReader(content))
			r.ReuseRecord = true
			n := 0
			for {
				if _, err := r.Read(); err == io.EOF {
					break
				} else if err != nil {
					b.Fatal(err)
				}
				n++
			}
			if n != 100_001 {
				b.Fatal(n)
			}
		}
	})
}
