package linode

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// MostUserData is more than user data may be, in bytes and before base64. Linode's documents speak of 65,535 and of
// "about 16kb" bytes; its own provisioner keeps to this.
const MostUserData = 16384

// A Seed is what an instance is told at its first boot. Any process of the instance can read it as long as that lives,
// so it holds no secret but the instance's own host key.
type Seed struct {
	HostKey    string            // private, ed25519, in OpenSSH's PEM
	HostPublic string            // its public half, as in authorized_keys
	Keys       []string          // of who may log in as root, as in authorized_keys
	Sysctl     map[string]string // names and values of /etc/sysctl.d
}

// The cloud-config, of what the modules of cloud-init read.
type (
	cloudConfig struct {
		PackageUpdate  bool        `yaml:"package_update"`
		PackageUpgrade bool        `yaml:"package_upgrade"`
		DisableRoot    bool        `yaml:"disable_root"`
		PasswordLogin  bool        `yaml:"ssh_pwauth"`
		HostKeys       hostKeys    `yaml:"ssh_keys"`
		Keys           []string    `yaml:"ssh_authorized_keys"`
		Files          []cloudFile `yaml:"write_files"`
		Run            [][]string  `yaml:"runcmd,omitempty"`
	}
	hostKeys struct {
		Private string `yaml:"ed25519_private"`
		Public  string `yaml:"ed25519_public"`
	}
	cloudFile struct {
		Path    string `yaml:"path"`
		Mode    string `yaml:"permissions"`
		Content string `yaml:"content"`
	}
)

const sysctlFile = "/etc/sysctl.d/90-loadctl.conf"

// UserData makes a cloud-config: sshd shows the host key that we know, root logs in by key and nobody by password,
// kernel settings are in force, and no package is fetched. It fails for what would not fit into it, or not mean what it
// says, and tells of all of that at once.
func (s Seed) UserData() ([]byte, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	c := cloudConfig{
		HostKeys: hostKeys{strings.TrimSpace(s.HostKey) + "\n", strings.TrimSpace(s.HostPublic)},
		Files: []cloudFile{{"/etc/ssh/sshd_config.d/10-loadctl.conf", "0600",
			"PasswordAuthentication no\nKbdInteractiveAuthentication no\nPermitRootLogin prohibit-password\n"}},
	}
	for _, key := range s.Keys {
		c.Keys = append(c.Keys, strings.TrimSpace(key))
	}
	if text := s.sysctl(); text != "" {
		c.Files = append(c.Files, cloudFile{sysctlFile, "0644", text})
		c.Run = [][]string{{"sysctl", "-e", "-p", sysctlFile}} // the boot has read the folder before the file was there
	}
	text, err := yaml.Marshal(c)
	if err != nil {
		return nil, fmt.Errorf("user data: %w", err)
	}
	text = append([]byte("#cloud-config\n"), text...)
	if len(text) >= MostUserData {
		return nil, fmt.Errorf("user data: must be less than %d bytes, got %d: give fewer keys or kernel settings", MostUserData, len(text))
	}
	return text, nil
}

func (s Seed) sysctl() string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(s.Sysctl)) {
		fmt.Fprintf(&b, "%s = %s\n", name, s.Sysctl[name])
	}
	return b.String()
}

func (s Seed) check() error {
	var errs []error
	if !strings.HasPrefix(strings.TrimSpace(s.HostKey), "-----BEGIN OPENSSH PRIVATE KEY-----\n") {
		errs = append(errs, errors.New("user data: host key: must be a private key in OpenSSH's PEM"))
	}
	if !oneKey(s.HostPublic) {
		errs = append(errs, fmt.Errorf("user data: public host key: must be one line such as \"ssh-ed25519 AAAA...\", got %q", s.HostPublic))
	}
	if len(s.Keys) == 0 {
		errs = append(errs, errors.New("user data: keys: must have one at least, as nobody could log in"))
	}
	for i, key := range s.Keys {
		if !oneKey(key) {
			errs = append(errs, fmt.Errorf("user data: keys[%d]: must be one line such as \"ssh-ed25519 AAAA...\", got %q", i, key))
		}
	}
	setting := regexp.MustCompile(`^[a-z0-9_]+([./-][a-z0-9_]+)+$`)
	for _, name := range slices.Sorted(maps.Keys(s.Sysctl)) {
		if value := s.Sysctl[name]; !setting.MatchString(name) || value == "" || strings.ContainsAny(value, "\r\n\x00") {
			errs = append(errs, fmt.Errorf("user data: sysctl: must be a name such as net.ipv4.tcp_tw_reuse and a value of one line, got %q = %q", name, value))
		}
	}
	return errors.Join(errs...)
}

func oneKey(line string) bool {
	line = strings.TrimSpace(line)
	return regexp.MustCompile(`^[a-z0-9@.-]+ [A-Za-z0-9+/=]+( [^\r\n]*)?$`).MatchString(line)
}
