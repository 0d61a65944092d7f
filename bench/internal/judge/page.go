package judge

import (
	"fmt"
	"strings"
)

// Insert puts a table of results into a page, between <!-- name --> and
// <!-- end of name -->, in place of what is there.
func Insert(page, name, table string) (string, error) {
	begin, end := "<!-- "+name+" -->\n", "<!-- end of "+name+" -->"
	before, rest, ok := strings.Cut(page, begin)
	_, after, closed := strings.Cut(rest, end)
	if !ok || !closed {
		return "", fmt.Errorf("the page lacks %q or %q", strings.TrimSpace(begin), end)
	}
	if table != "" {
		table = "\n" + table + "\n"
	}
	return before + begin + table + end + after, nil
}
