package apply

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loadctl/loadctl/tuning"
)

// TestWhatIsInMemoryIsSetAgainAfterAnyStart, by whichever hook of whichever parameter.
func TestWhatIsInMemoryIsSetAgainAfterAnyStart(t *testing.T) {
	for _, pool := range []string{byRequest, "{target: pool_size}", `{http: {url: "{url}/", form: {pool: "${value}"}}, restore: 'touch back'}, current: 16`} {
		for _, way := range []string{"unit", "restart"} {
			f := newForgetful(t, "16")
			workers := byUnit
			if way == "restart" {
				workers = fmt.Sprintf("{env_file: {path: web.env, key: WORKERS}, restart: '%s'}", strings.TrimSpace(f.start("hook")))
			}
			r := f.room(t, pool, workers, "")
			r.apply(map[string]string{"pool": "32", "workers": "4"})
			f.want(t, "32")
			r.apply(map[string]string{"pool": "32", "workers": "2"})
			f.want(t, "32")
			r.apply(map[string]string{"pool": "16", "workers": "4"})
			f.want(t, "16")
			r.restore()
			if strings.Contains(pool, "restore") {
				if !exists(filepath.Join(r.dir, "back")) {
					t.Error("not put back as the file says")
				}
				continue
			}
			f.want(t, "16")
		}
	}
}

// TestWhatAStartMadeForgottenIsPutBackThoughItWasNotChanged: the incumbent's pool is not what
// the service starts with.
func TestWhatAStartMadeForgottenIsPutBackThoughItWasNotChanged(t *testing.T) {
	f := newForgetful(t, "16")
	r := f.room(t, byRequest, byUnit, "")
	r.apply(map[string]string{"pool": "16", "workers": "4"})
	f.want(t, "16")
	j, err := readJournal(r.cfg.Dir)
	if err != nil || strings.Join(j.Touched, " ") != "pool workers" {
		t.Errorf("%v %v", j.Touched, err)
	}
	f.set("8") // as if loadctl had been killed between the start and the request
	r.Close()
	if done, err := Recover(t.Context(), r.cfg); err != nil || done != "pool=16, workers=2" {
		t.Error(done, err)
	}
	f.want(t, "16")
}

// TestStartThatFailedIsMadeByTheNextSetting: else each of them is tried on a service that is down.
func TestStartThatFailedIsMadeByTheNextSetting(t *testing.T) {
	f := newForgetful(t, "16")
	r := f.room(t, "{command: 'echo $value >> pools'}, current: 16", "{command: 'echo $value >> workers'}, current: 2", "restart: {command: '"+strings.TrimSpace(f.start("top"))+"'}")
	f.stick(t, "top")
	if err := r.Apply(t.Context(), map[string]string{"pool": "32", "workers": "2"}, true); err == nil || !f.down() {
		t.Fatalf("%v, down: %v", err, f.down())
	}
	r.apply(map[string]string{"pool": "32", "workers": "4"})
	if f.down() {
		t.Error("set, on a service that is down")
	}
	r.apply(map[string]string{"pool": "16", "workers": "4"})
	r.restore()
	if starts, _ := os.ReadFile(filepath.Join(f.dir, "starts")); string(starts) != "top\n" {
		t.Errorf("started without need: %q", starts)
	}
}

// TestServiceThatIsDownIsStartedBeforeItIsAsked: after a start that failed, by whichever hook.
func TestServiceThatIsDownIsStartedBeforeItIsAsked(t *testing.T) {
	for _, pool := range []string{byRequest, "{target: pool_size}"} {
		for _, way := range []string{"unit", "top"} {
			for _, then := range []string{"apply", "restore"} {
				f := newForgetful(t, "16")
				top := ""
				if way == "top" {
					top = "restart: {command: '" + strings.TrimSpace(f.start("top")) + "'}"
				}
				r := f.room(t, pool, byUnit, top)
				f.stick(t, way)
				if err := r.Apply(t.Context(), map[string]string{"pool": "32", "workers": "4"}, way == "top"); err == nil || !f.down() {
					t.Fatalf("%s %s: %v, down: %v", pool, way, err, f.down())
				}
				if then == "restore" {
					r.restore()
					f.want(t, "16")
					r.journalIs(false)
					continue
				}
				r.apply(map[string]string{"pool": "24", "workers": "4"})
				f.want(t, "24")
				r.restore()
			}
		}
	}
}

// TestStartIsMadeThoughTheRequestBeforeItFails: the service that is to be started is the one that
// is asked, so that one setting is lost, and the next can be tried.
func TestStartIsMadeThoughTheRequestBeforeItFails(t *testing.T) {
	f := newForgetful(t, "16")
	pool := strings.Replace(byRequest, `}, read`, `, restart: '`+strings.TrimSpace(f.start("own"))+`'}, read`, 1)
	r := f.room(t, pool, "{command: 'true'}, current: 2", "")
	f.stick(t, "own")
	for range 2 {
		if err := r.Apply(t.Context(), map[string]string{"pool": "32", "workers": "2"}, false); err == nil {
			t.Fatal("applied")
		}
	}
	if f.down() {
		t.Error("nobody started it")
	}
	r.apply(map[string]string{"pool": "24", "workers": "2"})
	f.want(t, "24")
	r.restore()
	f.want(t, "16")
}

// TestServiceThatIsSlowToStartIsAskedOnceItAnswers: not every file says by health when it does.
func TestServiceThatIsSlowToStartIsAskedOnceItAnswers(t *testing.T) {
	f := newForgetful(t, "16")
	slow := fmt.Sprintf("{command: 'true', restart: 'cd %s; touch down; echo slow >> starts; (sleep 0.3; rm down) &'}, current: 2", f.dir)
	r := f.room(t, byRequest, slow, "")
	r.apply(map[string]string{"pool": "32", "workers": "4"})
	f.want(t, "32")
	r.restore()
	f.want(t, "16")
}

func TestStepsAreToldInTheOrderTheyAreDone(t *testing.T) {
	f := newForgetful(t, "16")
	file, err := tuning.Parse("x.yaml", []byte(f.memoryFile("{target: pool_size}", byUnit, "")))
	if err != nil {
		t.Fatal(err)
	}
	want := "workers: env_file: web.env (line 5, at most 30s)\nunit: web.service (line 5, at most 30s)\ntarget: pool_size (line 4, at most 30s)"
	if got := strings.Join(Steps(file, "x.yaml", false), "\n"); got != want {
		t.Errorf("%s", got)
	}
}

// TestEveryKnobOfTheStepThatFailedIsNotKnown: they change together, or not.
func TestEveryKnobOfTheStepThatFailedIsNotKnown(t *testing.T) {
	k := &target{knobs: map[string]string{"pool_size": "5", "workers": "3"}}
	r := newRoom(t, knobs+"  - {name: way, values: [a, b], current: a, apply: {command: 'echo $value > way'}}\n", func(c *Config) { c.Target = k })
	r.apply(map[string]string{"pool": "4", "workers": "2", "way": "b"})
	k.err = errors.New("nobody is there")
	err := r.Restore(t.Context())
	left, ok := errors.AsType[*LeftError](err)
	if !ok || strings.Join(left.Left, "; ") != "pool: not known, was 5; workers: not known, was 3; way: set back to a" {
		t.Fatal(err)
	}
	if !strings.Contains(err.Error(), "pool, workers (x.yaml:4): target: pool_size, workers: nobody is there") {
		t.Error(err)
	}
	k.err = nil
	r.restore()
	if !maps.Equal(k.knobs, map[string]string{"pool_size": "5", "workers": "3"}) {
		t.Error(k.knobs)
	}
}

// TestByHandRequestsComeAfterTheStart that would have them forgotten.
func TestByHandRequestsComeAfterTheStart(t *testing.T) {
	f := newForgetful(t, "16")
	r := f.room(t, byRequest, byUnit, "")
	r.apply(map[string]string{"pool": "16", "workers": "4"})
	fake(t, "systemctl", "exit 1")
	left, ok := errors.AsType[*LeftError](r.Restore(t.Context()))
	if !ok || len(left.Mend) != 3 || !strings.Contains(left.Mend[0], "web.env") || left.Mend[1] != "systemctl restart web.service" || !strings.HasPrefix(left.Mend[2], "curl -X POST -d pool=16 ") {
		t.Fatalf("%v", left)
	}
	if !strings.Contains(left.Error(), "pool: set back to 16, but the service may not go by it") {
		t.Error(left)
	}
}

// TestServiceThatStaysDownIsWaitedForOnce, however many values it is to be told.
func TestServiceThatStaysDownIsWaitedForOnce(t *testing.T) {
	f := newForgetful(t, "16")
	request := strings.Replace(byRequest, "}, read", ", within: 1s}, read", 1)
	r := f.room(t, request, "{command: 'true', restart: 'cd "+f.dir+"; test ! -e stuck-own || touch down; echo own >> starts'}, current: 2", "")
	r.cfg.File.Params = append(r.cfg.File.Params, r.cfg.File.Params[0])
	r.cfg.File.Params[2].Name = "queue"
	r.apply(map[string]string{"pool": "32", "workers": "4", "queue": "32"})
	f.stick(t, "own")
	left, ok := errors.AsType[*LeftError](r.Restore(t.Context()))
	if !ok || strings.Join(left.Left, "; ") != "pool: not known, was 16; workers: set back to 2; queue: not known, was 16" {
		t.Fatal(left)
	}
	if said := left.Error(); strings.Count(said, "ended after 1s") != 1 || strings.Count(said, "http: POST") != 2 {
		t.Error(said)
	}
}
