package sqlite

import (
	"bytes"
	"compress/flate"
	"encoding/json"
	"fmt"
	"io"
)

// packedFrom is from how many bytes on a list of a receipt is packed: those of a daily
// extract stay in the report.
const packedFrom = 4 << 10

// askedOf are the members of a receipt that SQL looks into.
var askedOf = map[string]bool{"groups": true, "reason": true, "provider": true, "note": true}

// packReceipt gives a receipt as it is stored: the report, and packed its long lists,
// nil where it has none. What unpackReceipt would not give back as it is stays as it is.
func packReceipt(receipt []byte) (report string, lists []byte, err error) {
	var text, long bytes.Buffer
	end := 0 // of what is in text
	for _, m := range membersOf(receipt) {
		if m.to-m.from < packedFrom || askedOf[m.name] {
			continue
		}
		text.Write(receipt[end:m.from])
		text.WriteString("null")
		end = m.to
		fmt.Fprintf(&long, "%c%q:", separator(long.Len()), m.name)
		long.Write(receipt[m.from:m.to])
	}
	if end == 0 {
		return string(receipt), nil, nil
	}
	text.Write(receipt[end:])
	long.WriteByte('}')
	var packed bytes.Buffer
	w, err := flate.NewWriter(&packed, flate.BestSpeed)
	if err != nil {
		return "", nil, err
	}
	if _, err = w.Write(long.Bytes()); err == nil {
		err = w.Close()
	}
	if err != nil {
		return "", nil, err
	}
	if again, err := unpackReceipt(text.Bytes(), packed.Bytes()); err != nil || !bytes.Equal(again, receipt) {
		return string(receipt), nil, nil
	}
	return text.String(), packed.Bytes(), nil
}

func separator(written int) byte {
	if written == 0 {
		return '{'
	}
	return ','
}

// unpackReceipt gives the receipt that packReceipt had.
func unpackReceipt(report, lists []byte) ([]byte, error) {
	if lists == nil {
		return report, nil
	}
	long, err := io.ReadAll(flate.NewReader(bytes.NewReader(lists)))
	if err != nil {
		return nil, fmt.Errorf("the lists of a receipt: %w", err)
	}
	var out []byte
	for _, m := range membersOf(long) {
		// No text has this in it: a quotation mark in a text has a backslash before it.
		name := fmt.Sprintf("%q:", m.name)
		before, after, found := bytes.Cut(report, []byte(name+"null"))
		if !found {
			return nil, fmt.Errorf("a receipt has no place for its packed %s", m.name)
		}
		out = append(append(append(out, before...), name...), long[m.from:m.to]...)
		report = after
	}
	return append(out, report...), nil
}

// jsonMember is one member of a JSON object: its name and where its value stands.
type jsonMember struct {
	name     string
	from, to int
}

// membersOf gives the members of a JSON object in their order, none of anything else.
func membersOf(object []byte) (out []jsonMember) {
	d := json.NewDecoder(bytes.NewReader(object))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil
		}
		m := jsonMember{to: int(d.InputOffset())}
		m.name, _ = name.(string)
		m.from = m.to - len(value)
		out = append(out, m)
	}
	return out
}
