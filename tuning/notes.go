package tuning

import (
	"fmt"
	"slices"
)

// Notes say what can be done as the file says it, and is hardly meant so.
func (f *File) Notes() (all []string) {
	for i := range f.Params {
		p := &f.Params[i]
		h := p.unread()
		if h == nil {
			continue
		}
		why := "so that all its values measure alike"
		if len(f.Restart) > 0 {
			why = "as restart: at the top is run for a fresh start alone"
		}
		all = append(all, fmt.Sprintf("%s: nothing reads %s of %s anew when it is written, %s: say unit: or restart: beside env_file (line %d)",
			p.Name, h.File.Key, h.File.Path, why, h.Line))
	}
	return all
}

// unread is the hook that writes to an environment file which nobody is made to read; nil where there is none.
func (p *Param) unread() *Hook {
	if slices.ContainsFunc(p.Apply, func(h Hook) bool { return h.Unit != "" || h.Restart != nil }) {
		return nil
	}
	for i := range p.Apply {
		if p.Apply[i].Kind == EnvFile && !slices.ContainsFunc(p.Apply[i+1:], tells) {
			return &p.Apply[i]
		}
	}
	return nil
}

// tells says that a hook after the file is written may start whoever reads it, or have it look.
func tells(h Hook) bool { return h.Kind == Command || h.Kind == HTTP || h.Kind == SSH }
