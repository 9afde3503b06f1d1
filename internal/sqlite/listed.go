package sqlite

import (
	"encoding/binary"
	"errors"
)

// listed is one kept row of an extract: the statement and the line it stood on.
type listed struct {
	statement int64
	line      int64
}

// encodeListed packs the rows of an extract: of each row the difference of
// statement and line from the row before, as zigzag varints. A row takes two
// to four bytes.
func encodeListed(rows []listed) []byte {
	out := make([]byte, 0, 4*len(rows))
	var before listed
	for _, r := range rows {
		out = binary.AppendVarint(out, r.statement-before.statement)
		out = binary.AppendVarint(out, r.line-before.line)
		before = r
	}
	return out
}

var errListed = errors.New("the rows of an extract are damaged in the database")

// decodeListed unpacks what encodeListed packed.
func decodeListed(b []byte) ([]listed, error) {
	rows := make([]listed, 0, len(b)/3)
	var row listed
	for len(b) > 0 {
		statement, n := binary.Varint(b)
		if n <= 0 {
			return nil, errListed
		}
		line, m := binary.Varint(b[n:])
		if m <= 0 {
			return nil, errListed
		}
		b = b[n+m:]
		row.statement += statement
		row.line += line
		rows = append(rows, row)
	}
	return rows, nil
}
