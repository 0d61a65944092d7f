package apply

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/loadctl/loadctl/tuning"
)

// Missing names what the hooks of the file at path need on this machine and is not there:
// programs and environment files, each once, and does nothing. Words with values in them are not
// looked at, nor what runs over ssh, nor of text for the shell more than a path that it begins with.
func Missing(f *tuning.File, path string) (all []string) {
	base, err := filepath.Abs(filepath.Dir(path))
	if err != nil {
		return nil
	}
	var told []string
	for _, h := range hooksOf(f) {
		for _, what := range lacks(&h, base) {
			if !slices.Contains(told, what) {
				told = append(told, what)
				all = append(all, fmt.Sprintf("%s:%d: %s", path, h.Line, what))
			}
		}
	}
	return all
}

func hooksOf(f *tuning.File) (all []tuning.Hook) {
	for i := range f.Params {
		all = append(all, f.Params[i].Apply...)
		if r := f.Params[i].Read; r != nil {
			all = append(all, *r)
		}
	}
	return append(all, f.Restart...)
}

// lacks is what one hook needs and has not.
func lacks(h *tuning.Hook, base string) (all []string) {
	if h.File != nil {
		if _, err := os.Stat(from(base, h.File.Path)); errors.Is(err, fs.ErrNotExist) {
			all = append(all, fmt.Sprintf("there is no file %s: make it first, as whoever starts the service reads it", h.File.Path))
		}
	}
	for _, name := range programs(h) {
		file := name
		if strings.ContainsRune(name, filepath.Separator) {
			file = from(base, name)
		}
		switch _, err := exec.LookPath(file); {
		case errors.Is(err, fs.ErrPermission):
			all = append(all, fmt.Sprintf("%s is not a program: chmod +x makes it one", name))
		case err != nil:
			all = append(all, "there is no program "+name)
		}
	}
	return all
}

func from(base, name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(base, name)
}

// programs are the names of those that a hook starts here.
func programs(h *tuning.Hook) (names []string) {
	if h.Kind == tuning.SSH {
		return []string{"ssh"}
	}
	all := []*tuning.Program{h.Run, h.Restart, h.Restore}
	if h.Node != nil {
		all = append(all, h.Node.Setup)
	}
	for _, p := range all {
		if name := programName(p); name != "" {
			names = append(names, name)
		}
	}
	if h.Unit != "" {
		names = append(names, "systemctl")
	}
	return names
}

// programName is what a program begins with, "" where that is not known.
func programName(p *tuning.Program) string {
	switch {
	case p == nil:
		return ""
	case p.Shell == "":
		known := true
		name := p.Words[0].Fill(func(string) string { known = false; return "" }, nil)
		if !known {
			return ""
		}
		return name
	}
	words := strings.Fields(p.Shell)
	if len(words) == 0 || !strings.ContainsRune(words[0], filepath.Separator) || strings.ContainsFunc(words[0], meantByShell) {
		return ""
	}
	return words[0]
}

// meantByShell says that a character may mean something else to the shell than itself.
func meantByShell(c rune) bool {
	plain := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune("_./-", c)
	return !plain
}
