//go:build e2e

package e2e

import (
"os/exec"
	"testing"
	"time"
	"strings"

	"github.com/loadctl/loadctl/e2e/internal/cloud"
)

func TestScratch(t *testing.T) {
	n := newTenant(t, cloud.Config{})
	file := n.file(2, "3s", "fail")
	up := n.start("fleet", "up", "--keep", "--i-am-authorised", n.cloud.Gateway.String(), file)
	if code := up.wait(5 * time.Minute); code != 0 {
		t.Fatalf("exit %d\n%s", code, up.stderr.String())
	}
	id := n.fleetID()
	for i := range 8 {
		more := []string{}
		if i%2 == 0 { more = append(more, "--no-null-run") }
		p := n.run(file, id, more...)
		p.wait(2*time.Minute)
		var ended string
		for _, l := range strings.Split(p.stdout.String(), "\n") {
			if strings.Contains(l, "ended ") { ended = l }
		}
		t.Logf("%d: exit %d %s", i, p.cmd.ProcessState.ExitCode(), ended)
		if p.cmd.ProcessState.ExitCode() == 97 {
			out, _ := exec.Command("sh", "-c", "ls -t "+n.dir+"/runs; cd "+n.dir+"/runs; for f in */updates.jsonl.gz */log* ; do echo $f; zcat -f $f | grep -v indow | cut -c1-700 | tail -30; done").CombinedOutput()
			t.Logf("%s", out)
			break
		}
		if ended != "" { t.Logf("%s", p.stderr.String()) }
	}
	n.start("fleet", "down", id).wait(3*time.Minute)
}
