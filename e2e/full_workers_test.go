//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// fullLoad holds connections and has all answer a question every second. A worker that has
// none of its files left answers those that it took.
const fullLoad = `
version: 1
name: full
target:
  base_url: "%s"
  monitor: [{type: loadctl-target, name: target, every: 1s}]
http: {timeout: 2s, connect_timeout: 5s}
users: {u: {tasks: {ask: {steps: [{get: /health}]}}}}
phases: [{name: hold, executor: held-connections, connections: %d, connect_rate: 400/s, hold: 4s, heartbeat: {task: ask, every: 2s}}]
`

// A fullness is what a target says of the places of its workers.
type fullness struct {
	Queued  int64 `json:"connections_queued"`
	Process struct {
		Full, Files, Cap int64
	}
	Master struct {
		Overflows *int64 `json:"listen_overflows"`
	}
	Workers []struct {
		Open    int64 `json:"connections_open"`
		Probing int64 `json:"probe_connections_open"`
		Process struct {
			Full    int64 `json:"full"`
			Files   int64 `json:"files"`
			Cap     int64 `json:"connections_cap"`
			ByFiles int64 `json:"connections_by_files"`
			Most    int64 `json:"files_cap"`
		}
	}
}

// fullTarget starts a service of two workers that may open so many files.
func fullTarget(t *testing.T, files int, args ...string) service {
	t.Helper()
	words := append([]string{"-c", fmt.Sprintf(`ulimit -n %d; exec "$0" "$@"`, files), binary(t), "target", "serve", "--listen", "127.0.0.1:0",
		"--workers", "2", "--upstream-max-connections", "16"}, args...)
	return serveBy(t, exec.Command("sh", words...))
}

// TestAFullWorkerIsNamed: by its own file limit, and by worker_connections below it. What
// does not fit waits in its queue, the service answers those it took, and the report says
// why others had no answer.
func TestAFullWorkerIsNamed(t *testing.T) {
	for name, c := range map[string]struct {
		files, places int
		args          []string
	}{
		"files":              {200, 200 - 16 - (5 + 10) - 64, []string{"--worker-connections", "1000"}},
		"worker_connections": {1000, 100, []string{"--worker-connections", "100"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			target := fullTarget(t, c.files, c.args...)
			p := start(t, t.TempDir(), "run", "--ui", "none", "--agents", "1", scenario(t, fmt.Sprintf(fullLoad, target.url, 4*c.places)))
			during := awaitFull(t, p, target)
			f := p.finish(time.Minute)
			f.identity(t)
			for _, w := range during.Workers {
				if int(w.Open+w.Probing) != c.places || int(w.Process.Cap) != c.places || w.Process.Full != 1 || int(w.Process.Most) != c.files || w.Process.Files >= w.Process.Most {
					t.Errorf("/-/stats while it was full: %+v", w)
				}
			}
			if during.Queued == 0 || during.Master.Overflows == nil {
				t.Errorf("/-/stats tells of no queue: %+v", during)
			}
			namedInTheReport(t, f, c.places, c.files)
			between(t, f, target)
			a := f.summary.AccountingUnrecorded
			if a.OK == 0 || a.Timeout == 0 || a.HTTPError+a.ConnError+a.Censored > 0 || f.summary.Connections.Failed > 0 {
				t.Errorf("%+v, %+v", a, f.summary.Connections)
			}
			eventually(t, 30*time.Second, "the service is empty again, and its workers are the same", func() bool {
				s := target.counted(t)
				return s.Connections == 0 && s.Starts == 2
			})
		})
	}
}

// awaitFull asks the admin API, which needs no place of a worker, until all places are taken.
func awaitFull(t *testing.T, p *proc, target service) (s fullness) {
	t.Helper()
	eventually(t, 30*time.Second, "both workers are full, and others wait", func() bool {
		p.goesOn()
		s = fullness{}
		resp, err := http.Get(target.admin + "/-/stats")
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if err := json.NewDecoder(resp.Body).Decode(&s); err != nil {
			t.Fatal(err)
		}
		return s.Process.Full == 2 && s.Queued > 0
	})
	return s
}

func namedInTheReport(t *testing.T, f finished, places, files int) {
	t.Helper()
	var s struct {
		Monitors []struct{ Full []string }
	}
	readJSON(t, filepath.Join(f.dir, "summary.json"), &s)
	if len(s.Monitors) != 1 || len(s.Monitors[0].Full) != 2 {
		t.Fatalf("%+v\n%s", s, f.out)
	}
	want := fmt.Sprintf("worker 0: %d of %d connections: those beyond wait in its queue", places, places)
	page, err := os.ReadFile(filepath.Join(f.dir, "report.html"))
	if err != nil {
		t.Fatal(err)
	}
	for where, text := range map[string]string{"summary.json": s.Monitors[0].Full[0], "the summary": f.out, "its notes": strings.Join(f.summary.Notes, "; "), "report.html": string(page)} {
		if !strings.Contains(text, want) || !strings.Contains(text, fmt.Sprintf("ulimit -n %d", files)) && files < 1000 {
			t.Errorf("%s does not say %q:\n%s", where, want, text[:min(len(text), 3000)])
		}
	}
	if !strings.Contains(f.out, "connections queued") {
		t.Errorf("the summary does not tell how many waited:\n%s", f.out)
	}
}
