package scenarios

import (
	"errors"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"
)

// compilePath turns a JSONPath of the plain kind into a gjson path:
//
//	$.a[0].b["c d"]  →  a.0.b.c d
//
// Only paths that name one value are taken: no .., no *, no filters, no slices.
func compilePath(path string) (string, error) {
	rest, ok := strings.CutPrefix(path, "$")
	if !ok {
		return "", errors.New("a path begins with $, such as $.items[0].id")
	}
	var parts []string
	for rest != "" {
		part, after, err := pathPart(rest)
		if err != nil {
			return "", err
		}
		parts, rest = append(parts, part), after
	}
	if len(parts) == 0 {
		return "@this", nil
	}
	return strings.Join(parts, "."), nil
}

func pathPart(path string) (part, rest string, err error) {
	switch {
	case strings.HasPrefix(path, ".."), strings.HasPrefix(path, ".["):
		return "", "", errors.New("only paths to one value are possible, such as $.items[0].id")
	case path[0] == '.':
		return namePart(path[1:])
	case path[0] == '[':
		return bracketPart(path[1:])
	}
	return "", "", errors.New(`after $ comes .name, [0] or ["name"]`)
}

func namePart(path string) (part, rest string, err error) {
	end := strings.IndexAny(path, ".[")
	if end < 0 {
		end = len(path)
	}
	name := path[:end]
	if name == "" || strings.ContainsAny(name, "*?()@ ") {
		return "", "", errors.New(`a name with other characters than letters is written ["name"]`)
	}
	return escapeName(name), path[end:], nil
}

func bracketPart(path string) (part, rest string, err error) {
	if path != "" && (path[0] == '"' || path[0] == '\'') {
		name, after, closed := strings.Cut(path[1:], path[:1]+"]")
		if !closed || name == "" {
			return "", "", errors.New(`["name"] is not closed, or empty`)
		}
		return escapeName(name), after, nil
	}
	index, after, closed := strings.Cut(path, "]")
	n, err := strconv.ParseUint(index, 10, 31)
	if !closed || err != nil {
		return "", "", errors.New("an index is a whole number from 0, such as [0]")
	}
	return strconv.FormatUint(n, 10), after, nil
}

func escapeName(name string) string { return gjson.Escape(name) }
