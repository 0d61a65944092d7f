package balancer

import (
	"strconv"

	"github.com/loadctl/loadctl/target/knobs"
)

func itoa(n int) string { return strconv.Itoa(n) }

// ask makes a hint of what was probably meant.
func ask(got string, words []string) string {
	near := knobs.Nearest(got, words)
	if near == "" {
		return ""
	}
	return "did you mean " + strconv.Quote(near) + "?"
}
