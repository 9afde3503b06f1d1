package app_test

import (
	"path/filepath"
	"testing"
	"time"
)

// The pack of the Devon year, from the stored evidence to the files, as a
// process of its own: under 20 seconds on 2 cores and under 400 MiB.
func BenchmarkDevonPack(b *testing.B) {
	c := newChild(b)
	takeIn(b, c.data(), devonFiles(b)...)
	partnership, err := filepath.Abs(devonExample)
	if err != nil {
		b.Fatal(err)
	}
	most := int64(0)
	for b.Loop() {
		began := time.Now()
		f := c.run(b, "render", "--data", c.data(), "--partnership", partnership, "--out", filepath.Join(c.home, "pack"))
		if f.status != 0 {
			b.Fatalf("it ended with %d: %s", f.status, f.errs)
		}
		most = max(most, f.memory)
		if took := time.Since(began); took > 20*time.Second {
			b.Errorf("it took %s", took)
		}
	}
	b.ReportMetric(float64(most)/(1<<20), "MiB")
	if most > 400<<20 {
		b.Errorf("it held %d MiB", most>>20)
	}
}
