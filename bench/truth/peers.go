package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/loadctl/loadctl/bench/internal/pause"
	"github.com/loadctl/loadctl/bench/internal/proc"
	"github.com/loadctl/loadctl/bench/internal/queued"
	"github.com/loadctl/loadctl/bench/internal/tools"
)

// peersStudy asks every tool on PATH in every situation. It has no bars: what tools say
// stands beside what is true.
func peersStudy(ctx context.Context, b *bench) (missed bool, err error) {
	path := filepath.Join(b.results, "truth-peers")
	r, err := earlierPeers(path)
	if err != nil {
		return true, err
	}
	found, absent := onPath(tools.All(b.binary))
	r.Absent = absent
	for _, s := range situations(b.short) {
		if !b.only.MatchString(s.name) {
			continue
		}
		t := said{Name: s.name, What: s.what, Day: time.Now().Format(time.DateOnly)}
		for _, tool := range found {
			line, broken := s.ask(ctx, b, tool)
			if ctx.Err() != nil {
				return true, ctx.Err()
			}
			if broken != nil {
				err = errors.Join(err, fmt.Errorf("%s, %s: %w", s.name, tool.Name, broken))
				line = answer{Tool: tool.Name, Makes: tool.Makes(s.load), Broken: "it could not be asked"}
			}
			log.Printf("%s: %s", s.name, strings.Join(line.cells(), ", "))
			t.Answers = append(t.Answers, line)
		}
		fmt.Printf("\n%s: %s\n\n%s\n", t.Name, t.What, tabbed(t.rows()))
		r.put(t)
		if b.short {
			continue
		}
		if wrote := writeBoth(path, r, r.markdown()); wrote != nil {
			return true, wrote
		}
	}
	return false, err
}

func onPath(all []tools.Tool) (found []tools.Tool, absent []string) {
	for _, t := range all {
		if _, err := exec.LookPath(t.Binary); err != nil {
			absent = append(absent, t.Binary)
			continue
		}
		found = append(found, t)
	}
	return found, absent
}

// ask makes the situation for one tool.
func (s situation) ask(ctx context.Context, b *bench, tool tools.Tool) (a answer, err error) {
	ctx, stop := context.WithTimeout(ctx, s.load.Length+tool.Lead+time.Minute)
	defer stop()
	dir, err := os.MkdirTemp(b.dir, "ask-")
	if err != nil {
		return a, err
	}
	args := s.queue
	if s.freezeFor > 0 {
		args = append(args[:len(args):len(args)], "--freeze-at", (tool.Lead + s.freezeAt).String(), "--freeze-for", s.freezeFor.String())
	}
	target, err := queued.Start(ctx, nil, b.binary, args...)
	if err != nil {
		return a, err
	}
	defer target.Close()
	load := s.load
	load.URL, load.Dir = target.URL, dir
	words, err := tool.Words(load)
	if err != nil {
		return a, err
	}
	r := asking{ctx: ctx, s: s, tool: tool, target: target}
	if err := r.run(words); err != nil {
		return a, err
	}
	return r.answer(dir)
}

// An asking is one run of a tool.
type asking struct {
	ctx    context.Context
	s      situation
	tool   tools.Tool
	target *queued.Target
	cmd    *exec.Cmd
	out    bytes.Buffer
	steal  float64
	others float64
}

// run waits for the tool's end, whatever its exit code.
func (r *asking) run(words []string) error {
	r.cmd = exec.CommandContext(r.ctx, words[0], words[1:]...)
	r.cmd.Stdout, r.cmd.Stderr, r.cmd.WaitDelay = &r.out, &r.out, 5*time.Second
	r.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	r.cmd.Cancel = func() error { return syscall.Kill(-r.cmd.Process.Pid, syscall.SIGKILL) }
	before := proc.Now()
	if err := r.cmd.Start(); err != nil {
		return err
	}
	stopped := r.stop()
	var left *exec.ExitError
	if err := r.cmd.Wait(); err != nil && !errors.As(err, &left) {
		return fmt.Errorf("%w\n%s", err, r.out.Bytes())
	}
	r.steal, r.others = before.Taken()
	return errors.Join(stopped, r.ctx.Err())
}

// stop lets all processes of the tool stand still amid their load, if they shall.
func (r *asking) stop() error {
	if r.s.stopFor == 0 {
		return nil
	}
	if err := r.target.Loaded(r.ctx); err != nil {
		return err
	}
	_ = pause.For(r.ctx, r.tool.Lead+r.s.load.Length/2)
	pids := proc.PIDs(r.cmd.Process.Pid)
	err := sendAll(pids, syscall.SIGSTOP)
	_ = pause.For(r.ctx, r.s.stopFor)
	return errors.Join(err, sendAll(pids, syscall.SIGCONT))
}

func sendAll(pids []int, s syscall.Signal) (err error) {
	for _, pid := range pids {
		err = errors.Join(err, syscall.Kill(pid, s))
	}
	return err
}

// answer is what the tool says, beside the truth.
func (r *asking) answer(dir string) (a answer, err error) {
	c, err := r.target.Counts(r.ctx)
	if err != nil {
		return a, err
	}
	a = answer{Tool: r.tool.Name, Makes: r.tool.Makes(r.s.load), Exit: r.cmd.ProcessState.ExitCode(),
		Arrived: c.Arrived, Refused: c.Refused, Truth: r.s.truth(r.tool, c), Steal: r.steal, Others: r.others}
	if r.s.load.AtLeast > 0 {
		a.Makes += fmt.Sprintf("; %.1f %% refused", 100*c.RefusedShare())
	}
	told, err := r.tool.Read(r.out.String(), dir)
	if err != nil {
		a.Broken = "says no percentile"
		log.Print(err)
	}
	a.Told, a.Notes = three{told.P50, told.P99, told.P999}, told.Notes
	return a, nil
}
