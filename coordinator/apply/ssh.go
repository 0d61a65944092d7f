package apply

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/loadctl/loadctl/tuning"
)

// sshWords run a program on another machine, by the system's ssh, which asks nobody for
// anything.
func (a *Applier) sshWords(host *tuning.Host, p *tuning.Program, v values) []string {
	words := []string{"ssh", "-o", "BatchMode=yes", "-o", "ConnectTimeout=10", "-o", "ServerAliveInterval=5", "-o", "ServerAliveCountMax=3"}
	if host.Port > 0 {
		words = append(words, "-p", strconv.Itoa(host.Port))
	}
	if host.Identity != "" {
		words = append(words, "-i", host.Identity, "-o", "IdentitiesOnly=yes")
	}
	return append(words, "--", host.Name, a.remote(p, v))
}

// remote is the command line for the shell of another machine: every value is quoted, or
// given as a variable.
func (a *Applier) remote(p *tuning.Program, v values) string {
	var words []string
	if p.Shell == "" {
		for _, w := range filled(p.Words, v) {
			words = append(words, quoted(w))
		}
		return strings.Join(words, " ")
	}
	words = append(words, "env")
	for i := range a.file.Params {
		name := a.file.Params[i].Name
		words = append(words, name+"="+quoted(v(name)))
	}
	return strings.Join(append(words, "value="+quoted(v("value")), "sh", "-c", quoted(p.Shell)), " ")
}

// guard runs words on another machine for at most a number of seconds, and only as long as its
// input is open: an ssh that is ended ends nothing there, and what went on would set its value
// after the old one was put back. It has no backslash and one line, for any shell to hand on.
// Without a timeout(1) that takes -k there only the end of the input bounds it, and ends the
// program but not what that has started. The program has no input, as before.
const guard = `n=$1; shift; exec 3<&0; ` +
	`if timeout -k 1 9 true >/dev/null 2>&1; then set -- timeout -k 1 "$n" "$@"; fi; ` +
	`"$@" </dev/null 3<&- & p=$!; ` +
	`{ cat <&3; kill "$p"; } >/dev/null 2>&1 & w=$!; exec 3<&-; ` +
	`wait "$p"; r=$?; kill "$w" 2>/dev/null; exit "$r"`

// guarded are words of ssh whose last, the command line there, is under guard.
func guarded(words []string, within time.Duration) []string {
	last := len(words) - 1
	seconds := strconv.Itoa(max(1, int(math.Ceil(within.Seconds()))))
	return append(slices.Clone(words[:last]), "sh -c "+quoted(guard)+" loadctl "+seconds+" "+words[last])
}
