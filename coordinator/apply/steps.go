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
	j := job{values: map[string]string{}, restart: restart}
	for i := range f.Params {
		j.params = append(j.params, &f.Params[i])
	}
	for _, stage := range a.stages(j) {
		for _, s := range stage {
			what, of := s.what, ""
			if s.same == "" && s.hook.Kind == tuning.Knob {
				what = "target: " + strings.Join(knobsOf(f), ", ")
			} else if s.param != nil && s.same == "" {
				of = s.param.Name + ": "
			}
			all = append(all, fmt.Sprintf("%s%s (line %d, at most %v)", of, a.redact.Text(what), s.hook.Line, s.hook.Within))
		}
	}
	return all
}

func knobsOf(f *tuning.File) (all []string) {
	for i := range f.Params {
		for _, h := range f.Params[i].Apply {
			if h.Kind == tuning.Knob {
				all = append(all, h.Knob)
			}
		}
	}
	return all
}
