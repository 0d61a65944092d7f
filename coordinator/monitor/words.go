package monitor

import (
	"math"
	"strings"
	"unicode/utf8"
)

var infinity = math.Inf(1)

// shortened keeps text of a source fit for a line.
func shortened(s string) string {
	const most = 200
	s = strings.TrimSpace(strings.Map(func(r rune) rune {
		if r < ' ' || r == utf8.RuneError || r == 0x7f {
			return ' '
		}
		return r
	}, s))
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
