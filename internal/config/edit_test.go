package config

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// examples are the partnership files that come with the program.
func examples(t testing.TB) map[string]string {
	t.Helper()
	files, err := filepath.Glob("../../data/examples/*/partnership.yaml")
	if err != nil || len(files) < 8 {
		t.Fatal(files, err)
	}
	out := map[string]string{}
	for _, f := range append(files, "starter/partnership.yaml") {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		out[f] = string(text)
	}
	return out
}

// changedSpan gives what of a text was taken out and what was put in: all before
// and after it is the same.
func changedSpan(before, after string) (out, in string) {
	i := 0
	for i < len(before) && i < len(after) && before[i] == after[i] {
		i++
	}
	j := 0
	for j < len(before)-i && j < len(after)-i && before[len(before)-1-j] == after[len(after)-1-j] {
		j++
	}
	return before[i : len(before)-j], after[i : len(after)-j]
}

// comments are the notes of a text, in order.
func comments(text string) []string {
	var out []string
	for line := range strings.Lines(text) {
		if _, note, ok := strings.Cut(line, "# "); ok {
			out = append(out, strings.TrimSpace(note))
		}
	}
	return out
}

// TestAnEditLeavesEverythingElseAsItWas makes every kind of edit at random places
// of every example: what is changed is one span within the place, every note is
// kept, and the file says exactly what was asked for.
func TestAnEditLeavesEverythingElseAsItWas(t *testing.T) {
	t.Parallel()
	files := examples(t)
	var names []string
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	words := rapid.SampledFrom([]string{"Northgate", "07:30", "yes", "912", "St John's & Mary's", "a: b #c", "Ynys Môn", "=1", "- x", "0x10",
		"2026-04-01", "[a]", `say "so"`, "1e5", "null", "#", "{", "*a", "&a", "!a", "%", "@a", "`", "'", "a,b", "?"})
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.SampledFrom(names).Draw(t, "file")
		text := files[name]
		if rapid.Bool().Draw(t, "windows") {
			text = strings.ReplaceAll(text, "\n", "\r\n")
		}
		if rapid.Bool().Draw(t, "cut") {
			text = strings.TrimRight(text, "\r\n")
		}
		for range rapid.IntRange(1, 5).Draw(t, "edits") {
			p, err := ReadPartnership([]byte(text))
			if err != nil {
				t.Fatal(err)
			}
			provider, council := rapid.IntRange(0, len(p.Providers)-1).Draw(t, "provider"), rapid.IntRange(0, len(p.Councils)-1).Draw(t, "council")
			word := words.Draw(t, "word")
			var e Edit
			kind := rapid.SampledFrom([]string{"due", "name", "names", "days", "population", "provider", "council", "remove", "setting", "level",
				"mail", "drop", "pack", "recipients"}).Draw(t, "kind")
			switch kind {
			case "due":
				e = Put(word, "providers", provider, "due")
			case "name":
				e = Put(word, "name")
			case "names":
				e = Put(rapid.SliceOfN(words, 0, 4).Draw(t, "list"), "councils", council, "names")
			case "days":
				e = Put([]string{"mon", "tue"}, "providers", provider, "expected_days")
			case "population":
				e = Put(Entry{{"adults", 1200}, {"year", "2025"}, {"source", word}}, "councils", council, "population")
			case "provider":
				e = Append(Entry{{"code", "RX1"}, {"name", word}, {"due", "08:00"}}, "providers")
			case "council":
				e = Append(Entry{{"code", "E10000003"}, {"name", word}, {"names", []string{word, "b"}}}, "councils")
			case "remove":
				if len(p.Councils) == 1 {
					continue
				}
				e = Drop("councils", council)
			case "setting":
				e = Put(0.25, "settings", "short_file_ratio")
			case "level":
				e = Append(Entry{{"measure", "M02"}, {"level", 12.5}, {"from", "2026-04-01"}, {"agreed", word}}, "levels")
			case "mail":
				e = Put(word, "mail", rapid.SampledFrom([]string{"host", "from", "user"}).Draw(t, "key"))
			case "drop":
				e = Drop("providers", provider, rapid.SampledFrom([]string{"due", "layout", "names"}).Draw(t, "key"))
			case "pack":
				e = Append(Entry{{"name", "weekly"}, {"cron", "45 7 * * 1"}, {"public", true}}, "packs")
			case "recipients":
				if len(p.Packs) == 0 {
					continue
				}
				e = Put([]string{word + "@example.org"}, "packs", 0, "recipients")
			}
			after, err := EditPartnership("partnership.yaml", []byte(text), e)
			if err != nil {
				t.Fatalf("%s in %s: %v", kind, name, err)
			}
			out, in := changedSpan(text, string(after))
			if lines := strings.Count(out, "\n"); lines > 1 && kind != "remove" && kind != "names" && kind != "population" && kind != "drop" {
				t.Fatalf("%s in %s took %d lines out:\n%s\nfor\n%s", kind, name, lines, out, in)
			}
			if strings.Contains(text, "\r\n") && strings.Count(in, "\n") != strings.Count(in, "\r\n") && !strings.HasPrefix(in, "\n") {
				t.Fatalf("the lines of %q end otherwise than those of the file", in)
			}
			if had, has := comments(text), comments(string(after)); kind != "remove" && kind != "drop" && !slices.Equal(had, has) {
				t.Fatalf("%s in %s: the notes were\n%s\nand are\n%s", kind, name, strings.Join(had, "\n"), strings.Join(has, "\n"))
			}
			// The edit proved itself; this says so once more by the types of the file.
			was, is := *p, Partnership{}
			if q, err := ReadPartnership(after); err != nil {
				t.Fatal(err)
			} else {
				is = *q
			}
			switch kind {
			case "due":
				was.Providers[provider].Due = word
			case "name":
				was.Name = word
			case "remove":
				was.Councils = slices.Delete(was.Councils, council, council+1)
			default:
				text = string(after)
				continue
			}
			was.at, is.at = nil, nil
			if !reflect.DeepEqual(was, is) {
				t.Fatalf("%s in %s reads as\n%+v\nexpected\n%+v", kind, name, is, was)
			}
			text = string(after)
		}
	})
}

func TestEditsAsTheyAreWritten(t *testing.T) {
	t.Parallel()
	const file = `# Who takes part.
name: Here   # the name

providers:
  # The big one.
  - code: RZ1
    name: "Northgate"     # as it calls itself
    names:
      - North   # old
      - Gate
    due: "07:00"
    # end of the first

  # The small one.
  - {code: RZ2, name: Southmoor, due: "07:30"} # short
settings:
packs: []
mail: {host: a.example, from: x@example.org}
# The end.
`
	for _, c := range []struct {
		name string
		edit Edit
		was  string
		is   string
	}{
		{"a text in quotation marks keeps them", Put("Southgate", "providers", 0, "name"), `name: "Northgate"     #`, `name: "Southgate"     #`},
		{"a plain text", Put("There", "name"), "name: Here   #", "name: There   #"},
		{"a key that is new in lines", Put("north", "providers", 0, "layout"), "      - Gate\n", "      - Gate\n    layout: north\n"},
		{"a key that is new in brackets", Put("south", "providers", 1, "layout"), `"07:30"}`, `"07:30", layout: south}`},
		{"a key in brackets goes", Drop("providers", 1, "name"), " name: Southmoor,", ""},
		{"the first key in brackets goes", Drop("providers", 1, "code"), "{code: RZ2, name", "{name"},
		{"the key at a dash goes", Drop("providers", 0, "code"), "code: RZ1\n    name", "name"},
		{"an entry goes, and what was said over it stays", Drop("providers", 1),
			"  - {code: RZ2, name: Southmoor, due: \"07:30\"} # short\n", ""},
		{"a word of a list goes", Put([]string{"Gate"}, "providers", 0, "names"), "      - North   # old\n", ""},
		{"a word of a list comes", Put([]string{"North", "Gate", "Top"}, "providers", 0, "names"), "      - Gate\n",
			"      - Gate\n      - Top\n"},
		{"a section with nothing in it", Put(7, "settings", "omitted_limit_days"), "settings:\n", "settings:\n  omitted_limit_days: 7\n"},
		{"an empty list", Append(Entry{{"name", "weekly"}, {"cron", "45 7 * * 1"}}, "packs"), "packs: []\n",
			"packs:\n  - name: weekly\n    cron: \"45 7 * * 1\"\n"},
		{"a section that is not there", Append(Entry{{"measure", "M02"}, {"level", 95}}, "levels"), "x@example.org}\n",
			"x@example.org}\n\nlevels:\n  - measure: M02\n    level: 95\n"},
		{"a section in brackets", Put(25, "mail", "port"), "a.example, from: x@example.org}", "a.example, from: x@example.org, port: 25}"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := EditPartnership("partnership.yaml", []byte(file), c.edit)
			if err != nil {
				t.Fatal(err)
			}
			if want := strings.Replace(file, c.was, c.is, 1); string(got) != want {
				t.Errorf("got\n%s\nexpected\n%s", got, want)
			}
		})
	}
}

// TestWhatIsNotChangedSafelyIsLeft holds to it that an edit is whole or none.
func TestWhatIsNotChangedSafelyIsLeft(t *testing.T) {
	t.Parallel()
	for name, file := range map[string]string{
		"an anchor":               "name: &a Here\nother: *a\n",
		"comments in a list":      "name: Here\nproviders:\n  - names:\n      - b # one\n      - a\n    code: X\n",
		"several documents":       "name: a\n---\nname: b\n",
		"no YAML":                 "name: [\n",
		"a text in several lines": "name: >\n  # a\n  b\n",
		"nothing":                 "",
	} {
		e := Put("There", "name")
		if name == "comments in a list" {
			e = Put([]string{"a", "b"}, "providers", 0, "names")
		}
		got, err := EditPartnership("partnership.yaml", []byte(file), e)
		if err == nil || got != nil || !strings.Contains(fmt.Sprint(err), "by hand") {
			t.Errorf("%s: got %q, %v", name, got, err)
		}
	}
}

// FuzzEditPartnership makes edits of any text: each gives a file that can be read, or
// an error, and never takes the program down.
func FuzzEditPartnership(f *testing.F) {
	for _, text := range examples(f) {
		f.Add(text, "08:00")
	}
	f.Add("name: &a b\n", "*a")
	f.Add("providers:\n- - a\n", "x")
	f.Add("a: {b: [c, {d: e}], }\nname:\n", "")
	f.Fuzz(func(t *testing.T, text, word string) {
		for _, e := range []Edit{Put(word, "name"), Put(word, "providers", 0, "due"), Drop("councils", 0),
			Put([]string{word, "b"}, "councils", 0, "names"), Append(Entry{{"code", word}, {"names", []string{word}}}, "providers"),
			Drop("settings", "lead"), Put(Entry{{"a", word}}, "mail")} {
			after, err := EditPartnership("f", []byte(text), e)
			if err != nil {
				continue
			}
			if _, err := treeOf(string(after)); err != nil {
				t.Fatalf("%v of %q gave %q: %v", e, text, after, err)
			}
		}
	})
}
