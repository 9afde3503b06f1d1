package extract

import "io"

// CountRecords counts what the splitter makes of comma-separated text.
func CountRecords(src io.Reader) int {
	s := &splitter{lines: newLineReader(src, DefaultLimits().Line), sep: ','}
	n := 0
	for {
		if _, ok := s.next(); !ok {
			return n
		}
		n++
	}
}
