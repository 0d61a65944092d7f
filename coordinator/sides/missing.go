package sides

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Missing names what is not there that a side needs to start: a folder to start in, a program, a folder for its log. A
// build that is made later has none of them yet, so that these are no mistakes.
func (c *Command) Missing() (all []string) {
	if info, err := os.Stat(c.Dir); err != nil || !info.IsDir() {
		all = append(all, fmt.Sprintf("cwd: there is no folder %s", c.Dir))
	} else if err := c.program(); err != nil {
		all = append(all, fmt.Sprintf("start: %v", err))
	}
	if folder := filepath.Dir(c.Log); c.Log != "" {
		if info, err := os.Stat(folder); err != nil || !info.IsDir() {
			all = append(all, fmt.Sprintf("logs: there is no folder %s", folder))
		}
	}
	return all
}

// program says why what is started cannot be: a path is looked up where it is started, a name where programs are.
func (c *Command) program() error {
	name := c.Start[0]
	if strings.ContainsRune(name, filepath.Separator) && !filepath.IsAbs(name) {
		name = filepath.Join(c.Dir, name)
		if !filepath.IsAbs(name) {
			name = "." + string(filepath.Separator) + name
		}
	}
	_, err := exec.LookPath(name)
	return err
}
