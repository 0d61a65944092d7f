package apply

import (
	"fmt"
	"strings"

	"github.com/loadctl/loadctl/coordinator/secrets"
	"github.com/loadctl/loadctl/tuning"
)

// Steps says what is done to put a setting in force whose parameters all differ from those
// before, in order, as the file has it, and does nothing. restart is with a fresh start.
func Steps(f *tuning.File, path string, restart bool) (all []string) {
	a := &Applier{cfg: Config{File: f, Path: path}, file: f, redact: secrets.New()}
	j := job{params: a.params(), values: map[string]string{}, restart: restart}
	for _, stage := range a.stages(j) {
		for _, s := range stage {
			of := ""
			if s.same == "" && s.hook.Kind != tuning.Knob {
				of = strings.Join(s.names(), ", ") + ": "
			}
			all = append(all, fmt.Sprintf("%s%s (line %d, at most %v)", of, a.redact.Text(s.what), s.hook.Line, s.hook.Within))
		}
	}
	return all
}
