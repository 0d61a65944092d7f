package ssh

import (
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	xssh "golang.org/x/crypto/ssh"
	"pgregory.net/rapid"
)

func TestArchOf(t *testing.T) {
	t.Parallel()
	for uname, want := range map[string]string{
		"Linux x86_64\n": "amd64", "Linux aarch64": "arm64", "Linux armv7l": "arm", "Linux i686": "386", "Linux riscv64": "riscv64",
		"Linux vax": "", "Darwin arm64": "", "": "", "Linux": "",
	} {
		got, err := archOf(uname)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q, %v", uname, got, err)
		}
	}
}

func TestProgramFor(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ goos, goarch, there, want string }{
		{"linux", "amd64", "amd64", "/opt/loadctl"},
		{"linux", "amd64", "arm64", "/opt/loadctl-linux-arm64"},
		{"darwin", "arm64", "arm64", "/opt/loadctl-linux-arm64"},
	} {
		if got := programFor("/opt/loadctl", c.goos, c.goarch, c.there); got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
}

func TestSumIn(t *testing.T) {
	t.Parallel()
	sum := strings.Repeat("0a", 32)
	for text, want := range map[string]string{
		sum + "  loadctl\n": sum, sum: sum, `\` + sum + "  a": sum, sum + "  -": sum,
		"": "", "sha256sum: no such file": "", strings.ToUpper(sum): "", sum[1:]: "", sum + "0": "",
	} {
		if got := sumIn(text); got != want {
			t.Errorf("%q: %q", text, got)
		}
	}
}

func TestTold(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		out, want string
		is        bool
	}{
		{"pid 12", "12", true}, {"welcome\r\npid 12\r\nbye\n", "12", true}, {"pid 1\npid 2\n", "2", true},
		{"pid", "", false}, {"rapid 1", "", false}, {"", "", false},
	} {
		if got, is := told(c.out, "pid"); got != c.want || is != c.is {
			t.Errorf("%q: %q, %v", c.out, got, is)
		}
	}
}

func TestEndOf(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"exit 0": "nil", "exit 1": "exit status 1", "exit 137": "killed by signal 9", "exit 126": "could not be started",
		"exit ": "nobody saw how", "exit": "nobody saw how", "exit x": "nobody saw how", "pid 3": "none", "exited": "none",
	} {
		e, is := endOf(line)
		got := "none"
		if is {
			got = fmt.Sprint(e.failure())
		}
		if got = strings.Trim(got, "<>"); !strings.Contains(got, want) || e.well() != (got == "nil") {
			t.Errorf("%q: %s", line, got)
		}
	}
}

func TestWhenNext(t *testing.T) {
	t.Parallel()
	trouble := errors.New("no route")
	for _, c := range []struct {
		broken time.Duration
		try    int
		err    error
		use    bool
	}{
		{0, 0, trouble, true},
		{13 * time.Second, 40, trouble, true},
		{14 * time.Second, 3, trouble, true},
		{14500 * time.Millisecond, 40, trouble, false},
		{time.Minute, 0, trouble, false},
		{0, 0, fmt.Errorf("dialling: %w", &untrusted{"another key"}), false},
	} {
		if wait, use := whenNext(c.broken, c.try, c.err, 15*time.Second); use != c.use || use && (wait <= 0 || wait > time.Second) {
			t.Errorf("%+v: %s, %v", c, wait, use)
		}
	}
}

func TestNoRoom(t *testing.T) {
	t.Parallel()
	failure := errors.New("sftp: Failure")
	for _, c := range []struct {
		size, free int64
		known      bool
		want       string
	}{
		{40 << 20, 3 << 20, true, "it takes 40 MiB, and 3 MiB are free"},
		{40 << 20, 41 << 20, true, "may it be written to"},
		{40 << 20, 0, false, "may it be written to"},
		{1500, 1024, true, "it takes 2 KiB, and 1 KiB are free"},
	} {
		if err := noRoom(failure, c.size, c.free, c.known); !errors.Is(err, failure) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

func TestFreeIn(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]int64{
		"/dev/sda1 1000 10 990 2% /":              990 << 10,
		"//server/a share 1000 10 7 99% /mnt/a b": 7 << 10,
		"none 1024 1024 0 100% /home/50%":         0,
		"none - - - - /":                          -1,
		"Filesystem 1024-blocks Used Available":   -1,
		"%":                                       -1, "": -1,
	} {
		if free, known := freeIn(line); known != (want >= 0) || known && free != want {
			t.Errorf("%q: %d, %v", line, free, known)
		}
	}
}

func TestAlgorithmsOf(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		types  []string
		signed bool
		want   []string
	}{
		{nil, false, nil},
		{[]string{"ssh-ed25519", "ssh-ed25519"}, false, []string{"ssh-ed25519"}},
		{[]string{"ssh-rsa", "ssh-ed25519", "ssh-rsa"}, false, []string{"rsa-sha2-512", "rsa-sha2-256", "ssh-ed25519"}},
	} {
		if diff := cmp.Diff(c.want, algorithmsOf(c.types, c.signed)); diff != "" {
			t.Errorf("%+v: %s", c, diff)
		}
	}
	if all := algorithmsOf([]string{"ssh-ed25519"}, true); all[0] != xssh.CertAlgoED25519v01 || all[len(all)-1] != "ssh-ed25519" {
		t.Error(all)
	}
}

// Any shell hands the scripts on: they are one line without quotes of its kind.
func TestScriptsAreForAnyShell(t *testing.T) {
	t.Parallel()
	for name, script := range map[string]string{"look": look, "ready": ready, "keep": keep, "unpack": unpack, "install": install, "scrap": scrap, "start": start, "managed": managed, "await": await, "endIt": endIt, "release": release, "tidy": tidy} {
		if strings.ContainsAny(script, "\n'\\`") {
			t.Errorf("%s: %s", name, script)
		}
		if out, err := exec.Command("sh", "-n", "-c", script).CombinedOutput(); err != nil {
			t.Errorf("%s: %v: %s", name, err, out)
		}
	}
}

// systemd puts values in place of names in braces, a dollar in place of two, and words for what follows a percent sign.
func TestTheStartIsHandedOnBySystemd(t *testing.T) {
	t.Parallel()
	for _, special := range []string{"${", "$$", "%"} {
		if strings.Contains(start, special) {
			t.Errorf("%q is in %s", special, start)
		}
	}
}

func TestManagerOf(t *testing.T) {
	t.Parallel()
	for look, want := range map[string]manager{
		"uname Linux x86_64\nuid 0":        nobody,
		"uid 0\nsystemd yes":               systemManager,
		"uid 0\nsystemd yes\nlingers yes":  systemManager,
		"uid 1000\nsystemd yes":            nobody, // ends with the last connection
		"uid 1000\nsystemd yes\nlingers y": userManager,
		"uid 1000\nlingers yes":            nobody,
		"systemd yes":                      nobody,
	} {
		if got := managerOf(look); got != want {
			t.Errorf("%q: %d, want %d", look, got, want)
		}
	}
}

func TestArgumentsReachTheScriptAsTheyAre(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		arg := rapid.StringMatching(`[ -~]{0,20}`).Draw(t, "arg")
		out, err := exec.Command("sh", "-c", command(`printf %s "$1"`, arg)).Output()
		if err != nil || string(out) != arg {
			t.Fatalf("%q became %q, %v", arg, out, err)
		}
	})
}
