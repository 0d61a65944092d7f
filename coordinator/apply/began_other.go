//go:build !linux

package apply

import (
	"os/exec"
	"strconv"
	"strings"
)

// began is when a process began, in a form that is only good to be compared; "" = there is none.
func began(pid int) string {
	text, err := exec.Command("ps", "-o", "lstart=", "-p", strconv.Itoa(pid)).Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text))
}
