//go:build e2e

package cloud

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
	"golang.org/x/sys/unix"
)

// seed is what the cloud's own cloud-init reads of user data: what the real one does with it, as far as it is used here.
type seed struct {
	HostKeys struct {
		Private string `yaml:"ed25519_private"`
		Public  string `yaml:"ed25519_public"`
	} `yaml:"ssh_keys"`
	Keys  []string `yaml:"ssh_authorized_keys"`
	Files []struct {
		Path        string
		Permissions string
		Content     string
	} `yaml:"write_files"`
	Run []any `yaml:"runcmd"`
}

// sshdConfig is that of an image, before user data: it has no PAM, as that would ask for what an instance does not have.
const sshdConfig = `Include /etc/ssh/sshd_config.d/*.conf
HostKey /etc/ssh/ssh_host_ed25519_key
UsePAM no
UseDNS no
MaxStartups 50:30:200
PidFile none
Subsystem sftp internal-sftp
`

// own are directories in which an instance has nothing of this machine.
var own = map[string]fs.FileMode{"root": 0o700, "home": 0o755, "tmp": 0o777 | fs.ModeSticky, "var/tmp": 0o777 | fs.ModeSticky, "etc/ssh": 0o755}

// home is that of who logs in to an instance.
const home = "/root"

// image lays a fresh disk out: the image, and the keys by which root may log in.
func image(upper string, keys []string) error {
	for dir, mode := range own {
		if err := opaque(upper, dir, mode); err != nil {
			return err
		}
	}
	d := disk{upper}
	for path, text := range map[string]string{"/etc/ssh/sshd_config": sshdConfig, "/.boot": bootScript, "/.first": ""} {
		if err := d.write(path, text, 0o644); err != nil {
			return err
		}
	}
	return d.write(home+"/.ssh/authorized_keys", strings.Join(keys, "\n")+"\n", 0o600)
}

// opaque makes a directory of the overlay empty, whatever this machine has there.
func opaque(upper, dir string, mode fs.FileMode) error {
	path := filepath.Join(upper, dir)
	if err := os.MkdirAll(path, 0o755); err != nil {
		return err
	}
	if err := unix.Setxattr(path, "trusted.overlay.opaque", []byte("y"), 0); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return os.Chmod(path, mode)
}

// A disk is the part of an overlay that is written to.
type disk struct{ upper string }

func (d disk) write(path, text string, mode fs.FileMode) error {
	path = filepath.Join(d.upper, path)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		return err
	}
	return os.Chmod(path, mode)
}

// apply does what user data says, as root's first boot would; its commands are left for the boot.
func apply(upper, userData string, keys []string) error {
	var s seed
	if err := yaml.Unmarshal([]byte(userData), &s); err != nil {
		return fmt.Errorf("user data: %w", err)
	}
	d := disk{upper}
	if s.HostKeys.Private != "" {
		if err := d.hostKey(s.HostKeys.Private, s.HostKeys.Public); err != nil {
			return err
		}
	}
	if err := d.write(home+"/.ssh/authorized_keys", strings.Join(append(keys, s.Keys...), "\n")+"\n", 0o600); err != nil {
		return err
	}
	for _, f := range s.Files {
		mode, err := strconv.ParseUint(f.Permissions, 8, 32)
		if err != nil {
			return fmt.Errorf("user data: write_files: %s: %w", f.Path, err)
		}
		if err := d.write(f.Path, f.Content, fs.FileMode(mode)); err != nil {
			return err
		}
	}
	return d.write("/.first", script(s.Run), 0o644)
}

func (d disk) hostKey(private, public string) error {
	const path = "/etc/ssh/ssh_host_ed25519_key"
	if err := d.write(path, private, 0o600); err != nil {
		return err
	}
	return d.write(path+".pub", public+"\n", 0o644)
}

// script makes lines of sh of commands, which are texts or lists of words.
func script(commands []any) string {
	var b strings.Builder
	for _, c := range commands {
		words, ok := c.([]any)
		if !ok {
			fmt.Fprintln(&b, c)
			continue
		}
		for _, w := range words {
			fmt.Fprintf(&b, "'%s' ", strings.ReplaceAll(fmt.Sprint(w), "'", `'\''`))
		}
		fmt.Fprintln(&b)
	}
	return b.String()
}

// noCloud puts user data where the real cloud-init finds it, and leaves it nothing else to do.
func noCloud(upper, label, userData string, keys []string) error {
	d := disk{upper}
	meta := fmt.Sprintf("instance-id: %s\nlocal-hostname: %s\npublic-keys: %q\n", label, label, keys)
	for path, text := range map[string]string{
		"/var/lib/cloud/seed/nocloud/meta-data":  meta,
		"/var/lib/cloud/seed/nocloud/user-data":  userData,
		"/etc/cloud/cloud.cfg.d/99-instance.cfg": "datasource_list: [NoCloud]\nnetwork: {config: disabled}\nlocale: false\napt: {preserve_sources_list: true}\n",
	} {
		if err := d.write(path, text, 0o644); err != nil {
			return err
		}
	}
	return nil
}
