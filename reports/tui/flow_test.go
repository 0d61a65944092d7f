package tui

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"go.uber.org/goleak"

	"github.com/loadctl/loadctl/stats"
)

// key is what bubbletea sends for a key as it names it.
func keyPress(name string) tea.KeyPressMsg {
	special := map[string]rune{"enter": tea.KeyEnter, "esc": tea.KeyEscape, "tab": tea.KeyTab,
		"backspace": tea.KeyBackspace, "up": tea.KeyUp, "down": tea.KeyDown}
	switch code, ok := special[name]; {
	case ok:
		return tea.KeyPressMsg{Code: code}
	case name == "ctrl+c":
		return tea.KeyPressMsg{Code: 'c', Mod: tea.ModCtrl}
	case name == "shift+tab":
		return tea.KeyPressMsg{Code: tea.KeyTab, Mod: tea.ModShift}
	}
	r := []rune(name)[0]
	return tea.KeyPressMsg{Code: r, Text: name}
}

// A watcher presses keys and looks at the screen.
type watcher struct {
	t     *testing.T
	m     *model
	asked []Control
	left  bool
}

func watch(t *testing.T, s story) *watcher {
	w := &watcher{t: t, m: told(s, 80, 24)}
	w.m.controls = func(c Control) { w.asked = append(w.asked, c) }
	return w
}

func (w *watcher) press(names ...string) *watcher {
	for _, n := range names {
		_, cmd := w.m.Update(keyPress(n))
		if cmd != nil {
			_, w.left = cmd().(tea.QuitMsg)
		}
		fits(w.t, w.m)
	}
	return w
}

func (w *watcher) hear(updates ...stats.Update) *watcher {
	w.m.Update(heard{updates: updates, at: w.m.now})
	return w
}

func (w *watcher) sees(what ...string) *watcher {
	w.t.Helper()
	for _, s := range what {
		if !strings.Contains(w.m.View().Content, s) && !strings.Contains(w.m.draw().plain(), s) {
			w.t.Errorf("%q is not on the screen:\n%s", s, w.m.draw().plain())
		}
	}
	return w
}

func (w *watcher) seesNo(what ...string) *watcher {
	w.t.Helper()
	for _, s := range what {
		if strings.Contains(w.m.draw().plain(), s) {
			w.t.Errorf("%q is on the screen:\n%s", s, w.m.draw().plain())
		}
	}
	return w
}

func (w *watcher) has(asked ...Control) *watcher {
	w.t.Helper()
	if !slices.Equal(w.asked, asked) {
		w.t.Errorf("asked %v, want %v", w.asked, asked)
	}
	return w
}

func TestStopAsksFirst(t *testing.T) {
	w := watch(t, demo()).press("q").sees("before its end?").has()
	w.press("n").seesNo("before its end?").has()
	w.press("q", "y").has(Stop).sees("STOPPING", "Draining.", "ctrl-c stop now").seesNo("q stop")
	w.hear(stats.Update{State: &stats.State{Name: "draining"}}).sees("DRAINING")
	w.press("q").has(Stop)
}

func TestStopAsksNothingOnceThePlanIsOver(t *testing.T) {
	s := demo()
	s.planned, s.seconds = 20, 21
	watch(t, s).press("q").has(Stop)
}

func TestCtrlCThreeTimes(t *testing.T) {
	w := watch(t, demo()).press("ctrl+c").has(Stop)
	w.press("ctrl+c").has(Stop, StopNow).sees("STOPPING NOW", "leave the dashboard")
	if w.press("ctrl+c"); !w.left {
		t.Error("the third ctrl-c does not leave")
	}
	w.has(Stop, StopNow)
}

func TestCtrlCWhileTypingAndAsking(t *testing.T) {
	watch(t, demo()).press("/", "ctrl+c").has(Stop)
	watch(t, demo()).press("q", "ctrl+c").has(Stop).seesNo("before its end?")
}

func TestStopNowOnce(t *testing.T) {
	watch(t, demo()).press("Q", "Q").has(StopNow)
}

func TestPauseWaitsForTheRun(t *testing.T) {
	w := watch(t, demo()).press("p").has(Pause).sees("● RUNNING")
	w.hear(stats.Update{State: &stats.State{Name: "paused"}}).sees("PAUSED", "p go on")
	w.press("p").has(Pause, Resume)
}

func TestFreezeKeepsThePictureAndTheRunGoesOn(t *testing.T) {
	s := demo()
	w := watch(t, s).press("f").sees("FROZEN", "00:31", "f unfreeze").seesNo("w window")
	s.seconds++
	later := s.updates()
	w.hear(later[len(later)-2]).sees("00:31")
	w.hear(stats.Update{Event: &stats.Event{At: at(32), Level: stats.Severe, Text: "agent local-2 lost"}}).sees("agent local-2 lost")
	w.press("f").sees("00:32").seesNo("FROZEN")
}

func TestFilter(t *testing.T) {
	w := watch(t, demo()).press("/", "c", "a", "r", "t", "enter").sees("/cart/ 1 of 3", "POST /cart").seesNo("GET /health")
	w.press("/").sees("/cart").press("backspace", "backspace", "backspace", "backspace", "!", "c", "a", "enter")
	w.sees("/!ca/ 2 of 3", "GET /health").seesNo("POST /cart")
	w.press("/", "esc").seesNo("of 3").sees("POST /cart", "GET /health")
	w.press("/", "(", "enter").sees("/(/ 0 of 3")
	w.press("esc").sees("GET /health")
}

func TestSortAndTurn(t *testing.T) {
	order := func(w *watcher) (names []string) {
		for _, r := range w.m.rows() {
			names = append(names, r.Name)
		}
		return names
	}
	w := watch(t, demo())
	busiest := order(w)
	w.press("S").sees("▲req/s")
	slices.Reverse(busiest)
	if got := order(w); !slices.Equal(got, busiest) {
		t.Errorf("turned order %q, want %q", got, busiest)
	}
	for range len(requestColumns()) - 2 {
		w.press("s")
	}
	w.press("s").sees("▼req/s")
}

func TestWindowAndTimes(t *testing.T) {
	w := watch(t, demo()).sees("response time, ms · last 10 s").press("w").sees("last 60 s").press("w").sees("whole run, 00:31")
	w.press("w").sees("last 1 s").press("w").sees("last 10 s")
	w.press("c").sees("service time, ms · last 10 s").press("c").sees("response time, ms")
}

func TestZoom(t *testing.T) {
	w := watch(t, demo()).press("3").sees("[3] connections", "esc back").seesNo("[1] rate")
	w.press("tab").sees("[4] requests").press("shift+tab", "shift+tab").sees("[2] response time")
	w.press("2").sees("[1] rate", "[2] response time")
	w.press("tab", "enter").sees("esc back").press("esc").sees("[1] rate")
	w.press("8").sees("heatmap").press("a").sees("[5] agents", "local-2", "cpu%").press("e").sees("No request has failed")
	watch(t, troubled()).press("e").sees("connection reset", "/items/91")
}

func TestHelpShowsOnlyWhatWorks(t *testing.T) {
	w := watch(t, demo()).press("?").sees("help", "pause").press("down", "down", "down", "up").press("esc").sees("[1] rate")
	w.hear(stats.Update{Ended: &stats.Ended{Result: stats.Result{Verdict: "pass"}}})
	w.press("?").seesNo("stop at once", "pause:")
}

func TestEndWaitsForAKey(t *testing.T) {
	w := watch(t, demo())
	w.m.holdAtEnd = true
	w.hear(stats.Update{Ended: &stats.Ended{Result: stats.Result{Verdict: "fail", ExitCode: 99, Ended: at(45)}}})
	w.sees("✗ FAIL", "Run over, exit 99.", "q leave").press("4", "esc", "p").has()
	if w.press("q"); !w.left {
		t.Error("q does not leave after the end")
	}
	w.has()
}

func TestEndLeavesByItself(t *testing.T) {
	w := watch(t, demo())
	_, cmd := w.m.Update(heard{updates: []stats.Update{{Ended: &stats.Ended{Result: stats.Result{Verdict: "pass"}}}}})
	if _, quit := cmd().(tea.QuitMsg); !quit {
		t.Error("the dashboard stays after the end")
	}
}

func TestSilenceIsSaid(t *testing.T) {
	w := watch(t, demo())
	now := time.Now()
	w.m.Update(heard{at: now})
	w.hear(stats.Update{Event: &stats.Event{}}).seesNo("no data")
	w.m.Update(heard{at: now.Add(2 * time.Second)})
	w.seesNo("no data")
	w.m.Update(heard{at: now.Add(5 * time.Second)})
	w.sees("! no data for 5 s")
}

func TestEveryKeyAtAnyMoment(t *testing.T) {
	over := demo()
	over.ended = true
	for _, s := range []story{{names: []string{"x"}}, demo(), troubled(), over} {
		w := watch(t, s)
		for _, k := range keys() {
			for _, name := range strings.Fields(k.press) {
				w.press(name, name, "esc")
			}
		}
	}
}

func TestSymbolsFollowTheTerminal(t *testing.T) {
	for env, want := range map[string]symbols{
		"LANG=en_GB.UTF-8": braille, "LC_ALL=C": ascii, "LANG=POSIX": ascii, "TERM=linux": blocks, "": braille, "LC_CTYPE=de_DE.utf8": braille,
	} {
		if got := symbolsFor([]string{env}); got != want {
			t.Errorf("%q: %v, want %v", env, got, want)
		}
	}
}

// A sink is a terminal that only remembers.
type sink struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *sink) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *sink) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// dashboard runs one on a terminal of 80×24 that is no terminal.
func dashboard(ctx context.Context, c Config) (d *Dashboard, keys io.Writer, screen *sink, done chan error) {
	in, keys := io.Pipe()
	screen, done = new(sink), make(chan error, 1)
	c.In, c.Out, c.Env = in, screen, []string{"TERM=xterm-256color", "LANG=C.UTF-8"}
	d = New(c)
	go func() {
		done <- d.run(ctx, tea.WithWindowSize(80, 24))
		in.Close()
	}()
	return d, keys, screen, done
}

func within(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for range 500 {
		if ok() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("%s: not within 5 s", what)
}

func TestWholeProgram(t *testing.T) {
	defer goleak.VerifyNone(t)
	asked := make(chan Control, 8)
	d, keys, screen, done := dashboard(t.Context(), Config{Controls: func(c Control) { asked <- c }, HoldAtEnd: true})
	var senders sync.WaitGroup
	updates := demo().updates()
	d.Send(updates[0])
	for _, part := range [][]stats.Update{updates[1 : len(updates)/2], updates[len(updates)/2:]} {
		senders.Go(func() {
			for _, u := range part {
				d.Send(u)
			}
		})
	}
	senders.Wait()
	within(t, "the picture", func() bool { return strings.Contains(screen.String(), "VALID") })
	io.WriteString(keys, "p")
	if c := <-asked; c != Pause {
		t.Errorf("asked to %v", c)
	}
	d.Send(stats.Update{Ended: &stats.Ended{Result: stats.Result{Verdict: "pass"}}})
	within(t, "the end", func() bool { return strings.Contains(screen.String(), "Run over") })
	io.WriteString(keys, "q")
	if err := <-done; err != nil {
		t.Error(err)
	}
	restored(t, screen.String())
	d.Send(updates[1]) // nobody listens any more
}

func TestCancelledContextRestoresTheTerminal(t *testing.T) {
	defer goleak.VerifyNone(t)
	ctx, cancel := context.WithCancel(t.Context())
	d, _, screen, done := dashboard(ctx, Config{})
	for _, u := range demo().updates() {
		d.Send(u)
	}
	within(t, "the picture", func() bool { return strings.Contains(screen.String(), "VALID") })
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("ended with %v", err)
	}
	restored(t, screen.String())
}

func TestPanicRestoresTheTerminal(t *testing.T) {
	d, keys, screen, done := dashboard(t.Context(), Config{Controls: func(Control) { panic("as asked") }})
	for _, u := range demo().updates() {
		d.Send(u)
	}
	within(t, "the picture", func() bool { return strings.Contains(screen.String(), "VALID") })
	io.WriteString(keys, "p")
	if err := <-done; !errors.Is(err, tea.ErrProgramPanic) {
		t.Errorf("ended with %v", err)
	}
	restored(t, screen.String())
}

// restored checks that the alternate screen was left and the cursor is shown.
func restored(t *testing.T, s string) {
	t.Helper()
	for _, pair := range [][2]string{{"\x1b[?1049h", "\x1b[?1049l"}, {"\x1b[?25l", "\x1b[?25h"}} {
		if strings.LastIndex(s, pair[0]) > strings.LastIndex(s, pair[1]) {
			t.Errorf("%q is not undone by %q", pair[0], pair[1])
		}
	}
}
