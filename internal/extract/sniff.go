package extract

import "bytes"

// container is what the bytes of a file are, whatever its name says.
type container uint8

const (
	plainText container = iota
	zipArchive
	utf16Little
	utf16Big
	unreadable
)

// sniff looks at the first bytes of a file. For what cannot be read, found says
// what it is and do what to do about it.
func sniff(head []byte) (kind container, found, do string) {
	export := "Export the list again as CSV or as an Excel workbook (.xlsx)."
	is := func(magic string) bool { return bytes.HasPrefix(head, []byte(magic)) }
	switch {
	case len(head) == 0:
		return unreadable, "an empty file (0 bytes)", "Check the export, and send the file again."
	case is("PK\x03\x04"), is("PK\x05\x06"):
		return zipArchive, "", ""
	case is("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"):
		return unreadable, "an old Excel file (.xls) or a workbook that is protected (encrypted) with a password",
			"Save it as an Excel workbook (.xlsx) without a password, and send it again."
	case is("%PDF"):
		return unreadable, "a PDF, not a CSV or workbook", export
	case is("\x1F\x8B"), is("7z\xBC\xAF"), is("Rar!"), is("BZh"):
		return unreadable, "a packed archive, not a CSV or workbook", "Unpack it and send the file inside."
	case is("{\\rtf"):
		return unreadable, "a Word document (RTF), not a CSV or workbook", export
	case is("\x89PNG"), is("\xFF\xD8\xFF"), is("GIF8"), is("BM") && bytes.IndexByte(head, 0) >= 0:
		return unreadable, "a picture, not a CSV or workbook", export
	case is("MZ"), is("\x7FELF"):
		return unreadable, "a program, not a CSV or workbook", export
	case is("SQLite format 3"):
		return unreadable, "a database, not a CSV or workbook", export
	case is("\xFF\xFE"):
		return utf16Little, "", ""
	case is("\xFE\xFF"):
		return utf16Big, "", ""
	}
	// UTF-16 without a mark: every second byte of Latin text is zero. Zeros alone
	// at the end are a file that was given more room than it has text (R10).
	if text := len(bytes.TrimRight(head, "\x00")); text > 0 {
		head = head[:min(len(head), text+1)]
	}
	if n := min(len(head), 4096) &^ 1; n >= 8 {
		var zeros [2]int
		for i, b := range head[:n] {
			if b == 0 {
				zeros[i&1]++
			}
		}
		switch {
		case zeros[1] > n*2/5 && zeros[0] < n/10:
			return utf16Little, "", ""
		case zeros[0] > n*2/5 && zeros[1] < n/10:
			return utf16Big, "", ""
		case zeros[0]+zeros[1] > n/2:
			return unreadable, "bytes that are not text", export
		}
	}
	text := bytes.ToLower(bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xEF\xBB\xBF")), " \t\r\n"))
	starts := func(s string) bool { return bytes.HasPrefix(text, []byte(s)) }
	switch {
	case len(text) == 0:
		return unreadable, "an empty file (no text)", "Check the export, and send the file again."
	case starts("<!doctype html"), starts("<html"), starts("<table"), starts("<head"), starts("<meta"), starts("<style"), starts("<div"),
		starts("<?xml") && bytes.Contains(text, []byte("<html")), starts("mime-version:"):
		return unreadable, "a web page (HTML), not a CSV or workbook", export
	case starts("<?xml"), starts("<workbook"):
		return unreadable, "an XML file, not a CSV or workbook (.xlsx)", export
	case (starts("[") || starts("{")) && bytes.ContainsAny(text, ":") && bytes.Contains(text, []byte{'"'}) && jsonStart(text):
		return unreadable, "a JSON file, not a CSV or workbook", export
	}
	return plainText, "", ""
}

// jsonStart says whether text goes on as JSON does after its first bracket.
func jsonStart(text []byte) bool {
	rest := bytes.TrimLeft(text[1:], " \t\r\n")
	return len(rest) > 0 && bytes.IndexByte([]byte(`{["`), rest[0]) >= 0
}
