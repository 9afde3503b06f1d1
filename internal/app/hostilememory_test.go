package app_test

import (
	"archive/zip"
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"fmt"
	"io"
	"math/rand/v2"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"homeward/internal/app"
)

// What a hostile file may cost (issue 14): memory over what the program holds
// when it has nothing to do, and processor time, twice what is aimed at, as other
// work beside it makes that longer too.
const (
	hostileOverIdle = 200 << 20
	hostileTooLong  = 40 * time.Second
)

// hostileFile is a file that was made to hurt. write makes it; size is 1 for what
// "make test-long" tries and more for a smaller one of the same kind.
type hostileFile struct {
	what, name string
	write      func(w io.Writer, smaller int)
	// always says that every run tries it, not only the long one.
	always bool
}

func northRow(w io.Writer, day string, i int, reason, ward string) {
	fmt.Fprintf(w, "%s,RZ1,Northgate General,%s,%d,L%07d,%s,1941-02-03,F,2026-03-01,2026-03-02,1,,Acute,%s,Social care,E10000099,\r\n",
		day, ward, i%30, i, checked(i%1_000_000), reason)
}

func repeat(w io.Writer, text string, n int) {
	chunk := []byte(strings.Repeat(text, max(1, (64<<10)/len(text))))
	per := len(chunk) / len(text)
	for ; n >= per; n -= per {
		if _, err := w.Write(chunk); err != nil {
			panic(err)
		}
	}
	_, _ = io.WriteString(w, strings.Repeat(text, n))
}

// hostilePart is one entry of an archive: what stands before, in and after a text
// that is repeated n times.
type hostilePart struct {
	name, before, text, after string
	n                         int
	says                      uint64 // the size that the archive says, 0 for the true one
}

// packHostile writes an archive whose repeated texts were compressed once, so
// that gigabytes are made in a moment.
func packHostile(w io.Writer, parts ...hostilePart) {
	archive := zip.NewWriter(w)
	for _, p := range parts {
		var head, chunk, tail bytes.Buffer
		deflate := func(into *bytes.Buffer, text string, last bool) {
			c := must2(flate.NewWriter(into, flate.BestCompression))
			_, _ = io.WriteString(c, text)
			if last {
				_ = c.Close()
			} else {
				_ = c.Flush()
			}
		}
		per := max(1, (1<<20)/max(len(p.text), 1))
		deflate(&head, p.before, false)
		deflate(&chunk, strings.Repeat(p.text, per), false)
		times := p.n / per
		deflate(&tail, strings.Repeat(p.text, p.n%per)+p.after, true)
		size := uint64(len(p.before)) + uint64(p.n)*uint64(len(p.text)) + uint64(len(p.after))
		if p.says != 0 {
			size = p.says
		}
		h := &zip.FileHeader{Name: p.name, Method: zip.Deflate, UncompressedSize64: size,
			CompressedSize64: uint64(head.Len() + times*chunk.Len() + tail.Len())}
		part := must2(archive.CreateRaw(h))
		_, _ = part.Write(head.Bytes())
		for range times {
			_, _ = part.Write(chunk.Bytes())
		}
		_, _ = part.Write(tail.Bytes())
	}
	if err := archive.Close(); err != nil {
		panic(err)
	}
}

const (
	bookTypes = `<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>`
	bookRels  = `<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">` +
		`<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" ` +
		`Target="xl/workbook.xml"/></Relationships>`
	bookItself = `<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" ` +
		`xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="List" sheetId="1" r:id="rId1"/>` +
		`</sheets></workbook>`
	bookOwnRels = `<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">` +
		`<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" ` +
		`Target="worksheets/sheet1.xml"/><Relationship Id="rId2" ` +
		`Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings" Target="sharedStrings.xml"/></Relationships>`
)

// hostileBook writes a workbook with these parts beside, or instead of, the usual.
func hostileBook(w io.Writer, parts ...hostilePart) {
	all := []hostilePart{{name: "[Content_Types].xml", before: bookTypes}, {name: "_rels/.rels", before: bookRels},
		{name: "xl/workbook.xml", before: bookItself}, {name: "xl/_rels/workbook.xml.rels", before: bookOwnRels},
		{name: "xl/worksheets/sheet1.xml", before: sheetHead, after: sheetFoot}}
	for _, p := range parts {
		kept := all[:0]
		for _, was := range all {
			if was.name != p.name {
				kept = append(kept, was)
			}
		}
		all = append(kept, p)
	}
	packHostile(w, all...)
}

var sheetHead, sheetFoot = func() (string, string) {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1">`)
	for h := range strings.SplitSeq(strings.TrimSpace(northgateHead), ",") {
		b.WriteString(`<c t="inlineStr"><is><t>` + h + `</t></is></c>`)
	}
	b.WriteString(`</row>`)
	return b.String(), `</sheetData></worksheet>`
}()

const (
	sheetPart  = "xl/worksheets/sheet1.xml"
	hostileDay = "2026-03-10"
	hostileCSV = "RZ1_2026-03-10.csv"
	hostileXML = "RZ1_2026-03-10.xlsx"
)

func inUTF16(w io.Writer, text string) {
	for _, r := range text {
		_, _ = w.Write([]byte{byte(r), byte(r >> 8)})
	}
}

// hostileFiles lists them. None is larger than what may be uploaded.
func hostileFiles() []hostileFile {
	line := func(i int, reason, ward string) string {
		var b strings.Builder
		northRow(&b, hostileDay, i, reason, ward)
		return b.String()
	}
	return []hostileFile{
		// Text.
		{"text: one line of 200 MB", hostileCSV, func(w io.Writer, d int) { repeat(w, "a", 200<<20/d) }, true},
		{"text: one line of 200 MB under headings", hostileCSV, func(w io.Writer, d int) {
			_, _ = io.WriteString(w, northgateHead)
			repeat(w, "a", 200<<20/d)
		}, false},
		{"text: 100,000 columns", hostileCSV, func(w io.Writer, d int) {
			for range 20 {
				repeat(w, "a,", 100_000)
				_, _ = io.WriteString(w, "\r\n")
			}
		}, true},
		{"text: rows of 4 million empty cells", hostileCSV, func(w io.Writer, d int) {
			_, _ = io.WriteString(w, northgateHead)
			for range max(60/d, 2) {
				repeat(w, ",", 4_100_000)
				_, _ = io.WriteString(w, "\r\n")
			}
		}, true},
		{"text: 30,000 different headings", hostileCSV, func(w io.Writer, d int) {
			for i := range 30_000 {
				fmt.Fprintf(w, "h%d,", i)
			}
			_, _ = io.WriteString(w, "\r\n")
			repeat(w, line(1, "A", "W"), 1000)
		}, false},
		{"text: a million different headings", hostileCSV, func(w io.Writer, d int) {
			for i := range 1_000_000 / d {
				fmt.Fprintf(w, "h%d,", i)
			}
			_, _ = io.WriteString(w, "\r\n")
			repeat(w, line(1, "A", "W"), 1000)
		}, false},
		{"text: a quoted cell of 150 MB", hostileCSV, func(w io.Writer, d int) {
			_, _ = io.WriteString(w, northgateHead+`2026-03-10,RZ1,"`)
			repeat(w, "b", 150<<20/d)
			_, _ = io.WriteString(w, "\",x\r\n")
		}, false},
		{"text: a quoted cell of 150 MB with line breaks", hostileCSV, func(w io.Writer, d int) {
			_, _ = io.WriteString(w, northgateHead+`2026-03-10,RZ1,"`)
			repeat(w, strings.Repeat("b", 78)+"\r\n", 150<<20/80/d)
			_, _ = io.WriteString(w, "\",x\r\n")
		}, true},
		{"text: every line opens a quotation mark", hostileCSV, func(w io.Writer, d int) {
			_, _ = io.WriteString(w, northgateHead)
			repeat(w, `"`+strings.Repeat("c", 1250)+"\r\n", 200<<20/1250/d)
		}, true},
		{"text: every short line opens a quotation mark", hostileCSV, func(w io.Writer, d int) {
			_, _ = io.WriteString(w, northgateHead)
			repeat(w, "\"c\r\n", 2_000_000/d)
		}, false},
		{"text: 5 million short rows of rubbish", hostileCSV, func(w io.Writer, d int) {
			_, _ = io.WriteString(w, northgateHead)
			repeat(w, "x,y;z\r\n", 5_000_000/d)
		}, true},
		{"text: 5 million short rows without headings", hostileCSV, func(w io.Writer, d int) {
			repeat(w, "x,y;z\r\n", 5_000_000/d)
		}, false},
		{"text: 2 million different words of reasons", "RZ1_backfill.csv", func(w io.Writer, d int) {
			_, _ = io.WriteString(w, northgateHead)
			for i := range 1_900_000 / d {
				northRow(w, fmt.Sprintf("2026-03-%02d", 10+i/100_000), i, fmt.Sprintf("w%07d", i), "W")
			}
		}, true},
		{"text: 2 million different people and wards on one day", hostileCSV, func(w io.Writer, d int) {
			_, _ = io.WriteString(w, northgateHead)
			for i := range 1_900_000 / d {
				northRow(w, hostileDay, i, "A", fmt.Sprintf("ward %d", i))
			}
		}, false},
		{"text: 2 million rows put aside that name their patient", hostileCSV, func(w io.Writer, d int) {
			_, _ = io.WriteString(w, northgateHead)
			for i := range 1_900_000 / d {
				fmt.Fprintf(w, "2026-03-10,RZ1,N,W,1,L%07d,,1941-02-03,F,2026-03-01,s%d,1,,Acute,A,NHS,E10000099,\r\n", i, i)
			}
		}, false},
		{"text: 2 million different councils and bodies", hostileCSV, func(w io.Writer, d int) {
			_, _ = io.WriteString(w, northgateHead)
			for i := range 1_900_000 / d {
				fmt.Fprintf(w, "2026-03-10,RZ1,N,W,1,L%07d,,1941-02-03,F,2026-03-01,2026-03-02,1,,c%d,A,b%d,a%d,\r\n", i%1000, i, i, i)
			}
		}, false},
		{"text: 40,000 days in one file", "RZ1_backfill.csv", func(w io.Writer, d int) {
			_, _ = io.WriteString(w, northgateHead)
			day := time.Date(1926, 1, 1, 0, 0, 0, 0, time.UTC)
			for i := range 36_000 / d {
				fmt.Fprintf(w, "%s,RZ1,N,W,1,L%07d,,1899-02-03,F,1925-03-01,1925-03-02,1,,Acute,A,NHS,E10000099,\r\n",
					day.AddDate(0, 0, i).Format(time.DateOnly), i%500)
			}
		}, false},
		{"text: gzip of 1 GB", "RZ1_2026-03-10.csv.gz", func(w io.Writer, d int) {
			g := gzip.NewWriter(w)
			repeat(g, "a", 1<<30/(d*10))
			_ = g.Close()
		}, false},
		{"text: UTF-16 with odd bytes", hostileCSV, func(w io.Writer, d int) {
			_, _ = w.Write([]byte{0xff, 0xfe})
			inUTF16(w, northgateHead)
			noise := rand.NewChaCha8([32]byte{1})
			_, _ = io.CopyN(w, noise, 100<<20/int64(d)+1)
		}, true},
		{"text: UTF-16, one line", hostileCSV, func(w io.Writer, d int) {
			_, _ = w.Write([]byte{0xff, 0xfe})
			inUTF16(w, northgateHead)
			repeat(w, "a\x00", 100<<20/d)
		}, false},
		{"text: UTF-16 of carriage returns", hostileCSV, func(w io.Writer, d int) {
			_, _ = w.Write([]byte{0xff, 0xfe})
			inUTF16(w, northgateHead)
			repeat(w, "\r\x00", 100<<20/d)
		}, false},
		{"text: carriage returns", hostileCSV, func(w io.Writer, d int) {
			_, _ = io.WriteString(w, northgateHead)
			repeat(w, "\r", 200<<20/d)
		}, false},
		{"text: noise", hostileCSV, func(w io.Writer, d int) {
			_, _ = io.WriteString(w, northgateHead)
			_, _ = io.CopyN(w, rand.NewChaCha8([32]byte{2}), 200<<20/int64(d))
		}, false},
		// Workbooks.
		{"workbook: shared texts of 1 GB", hostileXML, func(w io.Writer, d int) {
			hostileBook(w, hostilePart{name: "xl/sharedStrings.xml", before: "<sst>", text: "<si><t>abcdefghij</t></si>", n: 40_000_000,
				after: "</sst>"})
		}, false},
		{"workbook: shared texts of 1 GB that say 1 kB", hostileXML, func(w io.Writer, d int) {
			hostileBook(w, hostilePart{name: "xl/sharedStrings.xml", before: "<sst>",
				text: "<si><t>" + strings.Repeat("abcdefghij", 1000) + "</t></si>", n: 100_000, after: "</sst>", says: 1000})
		}, true},
		{"workbook: a million shared texts", hostileXML, func(w io.Writer, d int) {
			hostileBook(w, hostilePart{name: "xl/sharedStrings.xml", before: "<sst>", text: "<si><t>" + strings.Repeat("a", 40) + "</t></si>",
				n: 999_000 / d, after: "</sst>"})
		}, false},
		{"workbook: one shared text of 60 MB", hostileXML, func(w io.Writer, d int) {
			hostileBook(w, hostilePart{name: "xl/sharedStrings.xml", before: "<sst><si><t>", text: "a", n: 60 << 20, after: "</t></si></sst>"})
		}, true},
		{"workbook: one cell of 60 MB", hostileXML, func(w io.Writer, d int) {
			hostileBook(w, hostilePart{name: sheetPart, before: sheetHead + `<row r="2"><c t="inlineStr"><is><t>`, text: "a", n: 60 << 20,
				after: "</t></is></c></row>" + sheetFoot})
		}, false},
		{"workbook: an attribute of 60 MB", hostileXML, func(w io.Writer, d int) {
			hostileBook(w, hostilePart{name: sheetPart, before: sheetHead + `<row r="`, text: "1", n: 60 << 20, after: `"></row>` + sheetFoot})
		}, false},
		{"workbook: a remark of 60 MB", hostileXML, func(w io.Writer, d int) {
			hostileBook(w, hostilePart{name: sheetPart, before: sheetHead + `<!--`, text: "1", n: 60 << 20, after: `-->` + sheetFoot})
		}, false},
		{"workbook: 12 million attributes", hostileXML, func(w io.Writer, d int) {
			hostileBook(w, hostilePart{name: sheetPart, before: sheetHead + `<row`, text: ` a=""`, n: 12_000_000, after: `></row>` + sheetFoot})
		}, true},
		{"workbook: elements in one another, 20 million deep", hostileXML, func(w io.Writer, d int) {
			hostileBook(w, hostilePart{name: sheetPart, before: sheetHead, text: `<a>`, n: 20_000_000, after: sheetFoot})
		}, true},
		{"workbook: a name of an element of 60 MB", hostileXML, func(w io.Writer, d int) {
			hostileBook(w, hostilePart{name: sheetPart, before: sheetHead + "<", text: `a`, n: 60 << 20, after: "/>" + sheetFoot})
		}, false},
		{"workbook: cells at XFD1048576", hostileXML, func(w io.Writer, d int) {
			hostileBook(w, hostilePart{name: sheetPart, before: sheetHead,
				text: `<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>`, n: 1_000_000 / d, after: sheetFoot})
		}, false},
		{"workbook: a million empty rows", hostileXML, func(w io.Writer, d int) {
			hostileBook(w, hostilePart{name: sheetPart, before: sheetHead, text: `<row r="2"><c r="A2"/><c r="B2"/></row>`, n: 1_500_000 / d,
				after: sheetFoot})
		}, false},
		{"workbook: 10 million short rows", hostileXML, func(w io.Writer, d int) {
			hostileBook(w, hostilePart{name: sheetPart, before: sheetHead, text: `<row/>`, n: 10_000_000 / d, after: sheetFoot})
		}, false},
		{"workbook: styles of 60 MB, and of 1 GB", hostileXML, func(w io.Writer, d int) {
			hostileBook(w, hostilePart{name: "xl/styles.xml", before: "<styleSheet>", text: "<xf/>", n: 12_000_000, after: "</styleSheet>"},
				hostilePart{name: "xl/more.xml", text: "<xf/>", n: 200_000_000, says: 10})
		}, false},
		{"workbook: 600,000 parts", hostileXML, func(w io.Writer, d int) {
			writeEmptyParts(w, 600_000/d, "[Content_Types].xml")
		}, true},
		{"workbook: 700,000 sheets of one part", hostileXML, func(w io.Writer, d int) {
			hostileBook(w, hostilePart{name: "xl/workbook.xml",
				before: strings.Replace(bookItself, `</sheets></workbook>`, "", 1), text: `<sheet name="List" sheetId="1" r:id="rId1"/>`,
				n: 1_300_000 / d, after: `</sheets></workbook>`})
		}, false},
		{"workbook: a million relations", hostileXML, func(w io.Writer, d int) {
			var b strings.Builder
			for i := range 700_000 / d {
				fmt.Fprintf(&b, `<Relationship Id="x%d" Type="/worksheet" Target="worksheets/s%d.xml"/>`, i, i)
			}
			hostileBook(w, hostilePart{name: "xl/_rels/workbook.xml.rels",
				before: strings.Replace(bookOwnRels, "</Relationships>", "", 1) + b.String(), after: "</Relationships>"})
		}, false},
		{"workbook: a million different rows", hostileXML, func(w io.Writer, d int) {
			var b strings.Builder
			for i := range 300_000 / d {
				fmt.Fprintf(&b, `<row><c><v>46091</v></c><c t="str"><v>RZ1</v></c><c r="F2"><v>1%06d</v></c><c r="K2"><v>46080</v></c><c r="O2" `+
					`t="str"><v>w%d</v></c></row>`, i, i)
			}
			hostileBook(w, hostilePart{name: sheetPart, before: sheetHead + b.String(), after: sheetFoot})
		}, false},
		// Archives.
		{"ZIP: one file of 10 GB", "several.zip", func(w io.Writer, d int) {
			packHostile(w, hostilePart{name: hostileCSV, before: northgateHead, text: "a,b\r\n", n: 2_000_000_000})
		}, false},
		{"ZIP: one file of 10 GB that says 1 kB", "several.zip", func(w io.Writer, d int) {
			packHostile(w, hostilePart{name: hostileCSV, before: northgateHead, text: "a,b\r\n", n: 2_000_000_000, says: 1000})
		}, true},
		{"ZIP: a ZIP in a ZIP", "several.zip", func(w io.Writer, d int) {
			var b bytes.Buffer
			packHostile(&b, hostilePart{name: hostileCSV, before: northgateHead, text: "a,b\r\n", n: 2_000_000_000, says: 1000})
			archive := zip.NewWriter(w)
			part := must2(archive.CreateHeader(&zip.FileHeader{Name: "inner.zip", Method: zip.Store}))
			_, _ = part.Write(b.Bytes())
			_ = archive.Close()
		}, false},
		{"ZIP: 100,000 files", "several.zip", func(w io.Writer, d int) { writeEmptyParts(w, 100_000/d, "a.csv") }, false},
		{"ZIP: 400 files of 5,000 rows", "several.zip", func(w io.Writer, d int) {
			archive := zip.NewWriter(w)
			for i := range 400 / d {
				part := must2(archive.Create(fmt.Sprintf("RZ1_%s.csv", time.Date(2025, 1, 1+i, 0, 0, 0, 0, time.UTC).Format(time.DateOnly))))
				_, _ = io.WriteString(part, northgateHead)
				b := bufio.NewWriter(part)
				for j := range 5000 {
					fmt.Fprintf(b, "%s,RZ1,N,W%d,1,L%07d,,1941-02-03,F,2024-03-01,2024-03-02,1,,c,%d,b%d,a%d,\r\n",
						time.Date(2025, 1, 1+i, 0, 0, 0, 0, time.UTC).Format(time.DateOnly), j, j*400+i, j, j, j)
				}
				_ = b.Flush()
			}
			_ = archive.Close()
		}, false},
	}
}

// writeEmptyParts writes an archive of so many empty parts.
func writeEmptyParts(w io.Writer, n int, first string) {
	archive := zip.NewWriter(w)
	_ = must2(archive.CreateRaw(&zip.FileHeader{Name: first}))
	for i := range n {
		_ = must2(archive.CreateRaw(&zip.FileHeader{Name: fmt.Sprintf("%x", i)}))
	}
	if err := archive.Close(); err != nil {
		panic(err)
	}
}

// door is a way by which a file comes in.
type door struct {
	name string
	pass func(t testing.TB, h *hostileHouse, path, name string) string
}

// hostileHouse is a partnership with a server.
type hostileHouse struct {
	child
	s       *served
	analyst *reader
	idle    int64
}

func newHostileHouse(t testing.TB) *hostileHouse {
	t.Helper()
	h := &hostileHouse{child: northshireHouse(t)}
	settings := filepath.Join(h.data(), "partnership.yaml")
	text := must2(os.ReadFile(settings))
	if err := os.WriteFile(settings, append(text, "\nsign_in:\n  require_second_factor: false\n"...), 0o600); err != nil {
		t.Fatal(err)
	}
	h.s = h.serve(t)
	h.s.upload = h.token(t, "upload", "--for", "RZ1")
	h.analyst = h.staff(h.s, "analyst@northshire.example", "--role", "analyst")
	h.analyst.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	h.analyst.open("/extracts")
	h.idle, _ = h.s.memory()
	return h
}

// form posts a file as a browser does.
func (h *hostileHouse) form(t testing.TB, target, path, name string, fields ...string) string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var head bytes.Buffer
	form := multipart.NewWriter(&head)
	for i := 0; i < len(fields); i += 2 {
		_ = form.WriteField(fields[i], fields[i+1])
	}
	if _, err := form.CreateFormFile("file", name); err != nil {
		t.Fatal(err)
	}
	body := io.MultiReader(&head, f, strings.NewReader("\r\n--"+form.Boundary()+"--\r\n"))
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+h.s.address+target, body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", form.FormDataContentType())
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	res, err := h.analyst.client.Do(req)
	if err != nil {
		return "no answer: " + err.Error()
	}
	defer res.Body.Close()
	text, _ := io.ReadAll(res.Body)
	return fmt.Sprint(res.StatusCode, " ", res.Header.Get("Location"), " ", len(text))
}

var doors = []door{
	{"API", func(t testing.TB, h *hostileHouse, path, name string) string {
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		res, err := h.s.ask(http.MethodPost, "/api/v1/extracts?name="+url.QueryEscape(name), h.s.upload, f)
		if err != nil {
			return "no answer: " + err.Error()
		}
		defer res.Body.Close()
		text, _ := io.ReadAll(res.Body)
		return fmt.Sprint(res.StatusCode, " ", string(text[:min(len(text), 60)]))
	}},
	{"look", func(t testing.TB, h *hostileHouse, path, name string) string {
		said := h.form(t, "/extracts/look", path, name)
		if at := strings.Fields(said); len(at) > 1 && strings.HasPrefix(at[1], "/extracts/look/") {
			for range 6000 {
				_, page, _ := h.analyst.open(at[1])
				if !strings.Contains(page, "http-equiv=\"refresh\"") {
					h.analyst.open(at[1], "what", "leave")
					break
				}
				time.Sleep(100 * time.Millisecond)
			}
		}
		return said
	}},
	{"wizard", func(t testing.TB, h *hostileHouse, path, name string) string {
		said := h.form(t, "/layouts/new", path, name)
		if at := strings.Fields(said); len(at) > 1 && strings.HasPrefix(at[1], "/layouts/new/") {
			h.analyst.open(at[1])
			h.analyst.open(at[1]+"/cancel", "x", "")
		}
		return said
	}},
	{"published", func(t testing.TB, h *hostileHouse, path, name string) string {
		return h.form(t, "/published/add", path, name)
	}},
	{"upload", func(t testing.TB, h *hostileHouse, path, name string) string {
		return h.form(t, "/extracts/upload", path, name)
	}},
	{"inbox", func(t testing.TB, h *hostileHouse, path, name string) string {
		inbox := filepath.Join(h.data(), app.InboxFolder)
		if err := os.MkdirAll(inbox, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(inbox, name), must2(os.ReadFile(path)), 0o600); err != nil {
			t.Fatal(err)
		}
		for range 12_000 { // The job comes every minute, and renames what it takes.
			if there := must2(filepath.Glob(filepath.Join(inbox, "*"+name))); len(there) == 0 {
				return "it is gone from the inbox"
			}
			time.Sleep(100 * time.Millisecond)
		}
		return "it is in the inbox still"
	}},
}

// worked gives the processor time of a living process: on a busy machine the clock says
// little.
func worked(t testing.TB, pid int) time.Duration {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		t.Skipf("this system does not say how long a process has worked: %v", err)
	}
	// The name in brackets may hold spaces (proc(5)).
	cells := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	var ticks int64
	for _, cell := range cells[11:13] {
		ticks += must2(strconv.ParseInt(cell, 10, 64))
	}
	return time.Duration(ticks) * time.Second / 100
}

// hostilePath makes a hostile file.
func hostilePath(t testing.TB, f hostileFile, smaller int) (path string, size int64) {
	t.Helper()
	path = filepath.Join(t.TempDir(), f.name)
	out := must2(os.Create(path))
	b := bufio.NewWriterSize(out, 1<<20)
	f.write(b, smaller)
	if err := b.Flush(); err != nil {
		t.Fatal(err)
	}
	size = must2(out.Stat()).Size()
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	return path, size
}

// A hostile file takes little more memory than the program with nothing to do, and
// no long time, at the console and at a server (R8). TestLongHostileMemory has them
// all, larger and at every door.
func TestR8WhatAHostileFileTakes(t *testing.T) {
	t.Parallel()
	skipShort(t)
	h := newHostileHouse(t)
	idle := h.run(t, "doctor", "--data", h.data()).memory
	for _, f := range hostileFiles() {
		if !f.always {
			continue
		}
		t.Run(f.what, func(t *testing.T) {
			path, _ := hostilePath(t, f, 40)
			r := h.run(t, "check", "--data", h.data(), path)
			if over := r.memory - idle; over > hostileOverIdle || r.worked > hostileTooLong {
				t.Errorf("the console: %d MiB over idle, %s", over>>20, r.worked)
			}
			for _, d := range []door{doors[0], doors[2]} { // The others read as these do.
				before := worked(t, h.s.cmd.Process.Pid)
				said := d.pass(t, h, path, f.name)
				_, most := h.s.memory()
				took := worked(t, h.s.cmd.Process.Pid) - before
				if over := most - h.idle; over > hostileOverIdle || took > hostileTooLong || strings.HasPrefix(said, "5") {
					t.Errorf("%s: %d MiB over idle, %s, answered %s", d.name, over>>20, took, said)
				}
			}
		})
	}
	if status := h.s.stop(); status != app.ExitDone {
		t.Errorf("the server ended with %d: %s", status, last(h.s.errs.String(), 300))
	}
}

// TestLongHostileMemory sends every hostile file through every door of a server of
// its own and prints the table of docs/performance.md.
func TestLongHostileMemory(t *testing.T) {
	long(t)
	only, through := os.Getenv("HOSTILE"), os.Getenv("DOOR")
	for _, f := range hostileFiles() {
		if !regexp.MustCompile(only).MatchString(f.what) {
			continue
		}
		path, size := hostilePath(t, f, 1)
		line := fmt.Sprintf("| %s | %d |", f.what, size>>20)
		for _, command := range [][]string{{"check"}, {"layout", "propose"}} {
			if through != "" && through != command[0] {
				continue
			}
			h := northshireHouse(t)
			h.patience = 20 * time.Minute
			idle := h.run(t, "doctor", "--data", h.data()).memory
			r := h.run(t, append(command, "--data", h.data(), path)...)
			if over := r.memory - idle; over > hostileOverIdle {
				t.Errorf("%s, %q: %d MiB over idle", f.what, command, over>>20)
			}
			line += fmt.Sprintf(" %s %d MiB %.1f s |", command[0], (r.memory-idle)>>20, r.worked.Seconds())
		}
		for _, d := range doors {
			if through != "" && through != d.name {
				continue
			}
			h := newHostileHouse(t)
			h.s.forget()
			begin := worked(t, h.s.cmd.Process.Pid)
			said := d.pass(t, h, path, f.name)
			smaller := ""
			if strings.HasPrefix(said, "413") {
				// What these doors take is smaller: the wizard's samples, published files.
				most := map[string]int64{"wizard": 30 << 20, "published": 60 << 20}[d.name]
				small, _ := hostilePath(t, f, int((size+most-1)/most))
				begin = worked(t, h.s.cmd.Process.Pid)
				said = d.pass(t, h, small, f.name)
				smaller = " (smaller)"
				os.Remove(small)
			}
			took := worked(t, h.s.cmd.Process.Pid) - begin
			_, most := h.s.memory()
			if over := most - h.idle; over > hostileOverIdle {
				t.Errorf("%s, %s: %d MiB over idle", f.what, d.name, over>>20)
			}
			line += fmt.Sprintf(" %s%s %d MiB %.1f s |", d.name, smaller, (most-h.idle)>>20, took.Seconds())
			t.Log(d.name, said)
			if status := h.s.stop(); status != app.ExitDone {
				t.Errorf("%s: the server ended with %d: %s", d.name, status, last(h.s.errs.String(), 300))
			}
		}
		fmt.Println(line)
		os.Remove(path)
	}
}

// everybody writes a list of everybody in a bed, of whom one in ten is ready: people
// people on days days.
func everybody(w io.Writer, people, days int) {
	fmt.Fprintln(w, "Organisation_Code_Provider,Organisation_Code_Commissioner,Census_Date,NHS_Number,Person_Stated_Gender_Code,Person_Age,"+
		"CDS_Unique_Identifier,Sub_ICB_Location,Organisation_Site_Code,Current_Ward,Specialty_Code,Bed_Type,Date_Of_Admission,Local_Authority,"+
		"Criteria_To_Reside,Date_NCTR,Current_LOS,Days_NCTR,Current_Delay_Code,Planned_Date_Of_Discharge,Discharge_Pathway,DER_File_Name,"+
		"DER_Load_Timestamp")
	for day := range days {
		for i := range people {
			stands := "Y,NULL,3,NULL,NULL,NULL,Meets Criteria to Reside"
			if i%10 == 0 {
				stands = "N,2026-09-25 00:00:00.000,3,5,P1A,NULL,P1"
			}
			fmt.Fprintf(w, "RVJ,15C,2026-10-%02d 00:00:00.000,NULL,2,52,BRVJ%06d,15C,RVJ01,Ward %d,430,General,2026-09-20 00:00:00.000,"+
				"NORTH SOMERSET,%s,NCTR.csv,2026-11-02 08:01:12.447\r\n", day+1, i, i%900, stands)
		}
	}
}

// A list of far more people than have a bed is taken in, and let go of by night, in
// little memory and time (R8, R13).
func TestR13WhatEverybodyInABedTakes(t *testing.T) {
	t.Parallel()
	skipShort(t)
	whatEverybodyTakes(t, 45_000, 1)
}

// TestLongR13WhatEverybodyInABedTakes has as many as a file may have.
func TestLongR13WhatEverybodyInABedTakes(t *testing.T) {
	long(t)
	whatEverybodyTakes(t, 180_000, 5)
}

func whatEverybodyTakes(t *testing.T, people, days int) {
	t.Helper()
	c := newChild(t)
	c.patience = 10 * time.Minute
	if err := os.CopyFS(c.data(), os.DirFS(filepath.Join(root, "data", "examples", "board-list"))); err != nil {
		t.Fatal(err)
	}
	settings := filepath.Join(c.data(), app.PartnershipFile)
	text := must2(os.ReadFile(settings))
	if err := os.WriteFile(settings, append(text, "\nnot_ready_days: 7\n"...), 0o600); err != nil {
		t.Fatal(err)
	}
	list := hostileFile{name: "NCTR_Status_Report_Daily.csv", write: func(w io.Writer, _ int) { everybody(w, people, days) }}
	path, _ := hostilePath(t, list, 1)
	idle := c.run(t, "doctor", "--data", c.data()).memory
	rows := fmt.Sprintf("%d rows read, %d kept", people*days, people*days/10)
	for _, try := range []struct {
		command []string
		says    string
	}{
		{[]string{"ingest", "--data", c.data(), path}, rows},
		{[]string{"retention", "run", "--data", c.data()}, "rows of people who were not ready"},
	} {
		command, r := try.command, c.run(t, try.command...)
		t.Logf("%s: %d MiB over idle, %s", command[0], (r.memory-idle)>>20, r.worked)
		if !strings.Contains(r.out, try.says) {
			t.Errorf("%s says %s, want %q in it", command[0], last(r.out, 300), try.says)
		}
		if over := r.memory - idle; r.status != app.ExitDone || over > hostileOverIdle || r.worked > hostileTooLong {
			t.Errorf("%s: ended with %d, %d MiB over idle, %s: %s", command[0], r.status, over>>20, r.worked, last(r.out+r.errs, 300))
		}
	}
}
