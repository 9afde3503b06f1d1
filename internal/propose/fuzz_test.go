package propose_test

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"testing"

	"homeward/data"
	"homeward/internal/config"
	"homeward/internal/nhsnumber"
	"homeward/internal/problem"
	"homeward/internal/propose"
)

// FuzzPropose gives the proposer any bytes under any name: it answers with a
// layout that loads, or says why there is none, and shows no NHS number.
func FuzzPropose(f *testing.F) {
	all := people()
	for _, s := range invented(f) {
		f.Add(s.file, s.content(all[:4]))
	}
	f.Add("RK9_2026-03-20.csv", []byte("Extract date,Provider,NHS number,Ready date,Reason,Council\n2026-03-20,RK9,9990000018,2026-03-10,E,Devon\n"))
	f.Add("x_2026-02.csv", []byte("\"NHS\nnumber\";'Ready';Reason: #1;{a};[b]\n1;2;3;4;5\n"))
	f.Add("a.csv", []byte("NHS number,NHS number,Ready date\n9990000018,\"9990000018,x\n,,\n"))
	f.Fuzz(func(t *testing.T, name string, content []byte) {
		p, err := propose.Propose(context.Background(), []propose.File{{Name: name, Src: bytes.NewReader(content)}},
			propose.Options{Ref: data.Reference})
		if err != nil {
			if problem.KindOf(err) != problem.Invalid || strings.Contains(err.Error(), "panic") {
				t.Fatal(err)
			}
			return
		}
		if _, err := config.ParseLayout("x.yaml", "x", []byte(p.Layout)); (err == nil) != (p.Refused == "") && err != nil {
			t.Fatalf("%v\n%s", err, p.Layout)
		}
		if p.Refused == "" && strings.Contains(p.Layout, "\x00") {
			t.Fatal("the layout holds what is no text")
		}
		// What is shown apart from the layout itself, whose headings are the file's.
		shown := *p
		shown.Layout, shown.FileName = "", ""
		for i := range shown.Files {
			shown.Files[i].Name = ""
		}
		text, err := json.Marshal(shown)
		if err != nil {
			t.Fatal(err)
		}
		if nhsnumber.In(string(text)) {
			t.Fatalf("P1: an NHS number is shown: %s", text)
		}
	})
}
