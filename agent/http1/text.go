package http1

import "bytes"

// is compares a name with one written in lower case.
func is(b []byte, lower string) bool {
	if len(b) != len(lower) {
		return false
	}
	for i := range len(lower) {
		if toLower(b[i]) != lower[i] {
			return false
		}
	}
	return true
}

func toLower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

func sameFold(b []byte, name string) bool {
	if len(b) != len(name) {
		return false
	}
	for i := range len(name) {
		if toLower(b[i]) != toLower(name[i]) {
			return false
		}
	}
	return true
}

// trim cuts blanks off both ends. It is read for each answer: bytes.Trim takes five
// times as long.
func trim(b []byte) []byte {
	for len(b) > 0 && isBlank(b[0]) {
		b = b[1:]
	}
	for len(b) > 0 && isBlank(b[len(b)-1]) {
		b = b[:len(b)-1]
	}
	return b
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' }

// nextToken splits off the first element of a comma-separated list; nil at its end.
func nextToken(list []byte) (token, rest []byte) {
	if list == nil {
		return nil, nil
	}
	comma := bytes.IndexByte(list, ',')
	if comma < 0 {
		return nonNil(trim(list)), nil
	}
	return nonNil(trim(list[:comma])), list[comma+1:]
}

func nonNil(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// find looks for a header in a head, its status line included.
func find(head []byte, name string) []byte {
	value, _ := field(fields(head), name)
	return value
}

// each is find for headers that come more than once.
func each(head []byte, name string, f func(value []byte)) {
	for value, rest := field(fields(head), name); value != nil; value, rest = field(rest, name) {
		f(value)
	}
}

// fields is a head without its status line.
func fields(head []byte) []byte {
	_, lines, _ := bytes.Cut(head, []byte("\r\n"))
	return lines
}

// field looks for a header in lines, and gives those behind it too; nil when there
// is none.
func field(lines []byte, name string) (value, rest []byte) {
	for rest = lines; len(rest) > 0; {
		var line []byte
		line, rest, _ = bytes.Cut(rest, []byte("\r\n"))
		if i := bytes.IndexByte(line, ':'); i == len(name) && sameFold(line[:i], name) {
			return nonNil(trim(line[i+1:])), rest
		}
	}
	return nil, nil
}
