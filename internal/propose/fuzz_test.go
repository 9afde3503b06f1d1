package propose_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"homeward/data"
	"homeward/internal/config"
	"homeward/internal/nhsnumber"
	"homeward/internal/problem"
	"homeward/internal/propose"
)

// little gives the reference data with a few councils and reasons, so that most of
// the time goes into the files.
func little(f *testing.F) fs.FS {
	out := fstest.MapFS{}
	err := fs.WalkDir(data.Reference, ".", func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		text, err := fs.ReadFile(data.Reference, path)
		if strings.HasPrefix(path, "councils/") {
			var few []string
			for line := range strings.Lines(string(text)) {
				if strings.HasPrefix(line, "#") || strings.HasPrefix(line, "code,") || strings.Contains(line,
					"Devon") && !strings.Contains(line, "E07") {
					few = append(few, line)
				}
			}
			text = []byte(strings.Join(few, ""))
		}
		out[path] = &fstest.MapFile{Data: text}
		return err
	})
	if err != nil {
		f.Fatal(err)
	}
	return out
}

// FuzzPropose gives the proposer any bytes under any name: it answers with a
// layout that loads, or says why there is none, and shows no NHS number.
func FuzzPropose(f *testing.F) {
	all := people()
	for _, s := range invented(f) {
		f.Add(s.file, s.content(all[:4]))
	}
	f.Add("RK9_2026-03-20.csv", []byte("Extract date,Provider,NHS number,Ready "+
		"date,Reason,Council\n2026-03-20,RK9,9990000018,2026-03-10,E,Devon\n"))
	f.Add("x_2026-02.csv", []byte("\"NHS\nnumber\";'Ready';Reason: #1;{a};[b]\n1;2;3;4;5\n"))
	f.Add("a.csv", []byte("NHS number,NHS number,Ready date\n9990000018,\"9990000018,x\n,,\n"))
	fuzz(f, propose.Options{Ref: little(f)})
}

// FuzzAgainst does the same beside a layout in force.
func FuzzAgainst(f *testing.F) {
	file := list("RK9_2026-03-20.csv", func(head, cells []string, _ truth) { head[6], cells[8] = "DRD", "POC" })
	content, err := io.ReadAll(file.Src)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(file.Name, content)
	f.Add("RK9_2026-03-20.csv", []byte("Report date,Hospital number,Discharge ready date,Reason for delay,Local authority,'x: #\n"+
		"20/03/2026,H1,03/10/2026,NO,Devon,{a}\n"))
	fuzz(f, propose.Options{Ref: little(f), Against: &propose.Against{Name: "rk9-csv", Text: inForce}})
}

// What the fuzzer tries is no longer than this: what is wrong with a long file is wrong
// with a short one, and ten minutes of long ones try few.
const (
	longestName    = 120
	longestContent = 6 << 10
)

func fuzz(f *testing.F, o propose.Options) {
	f.Fuzz(func(t *testing.T, name string, content []byte) {
		if len(name) > longestName || len(content) > longestContent {
			return
		}
		p, err := propose.Propose(context.Background(), []propose.File{{Name: name, Src: bytes.NewReader(content)}}, o)
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
