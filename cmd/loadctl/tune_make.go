package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"time"

	"github.com/loadctl/loadctl/coordinator/apply"
	"github.com/loadctl/loadctl/coordinator/study"
	"github.com/loadctl/loadctl/coordinator/trial"
	"github.com/loadctl/loadctl/coordinator/tune"
	"github.com/loadctl/loadctl/tuning"
)

// A tuner is one `loadctl tune` under way.
type tuner struct {
	tuneOptions
	out, errw io.Writer
	file      string

	tuning  *tuning.File
	job     *job
	trials  *trials
	planned *tunePlan
	study   *study.Study // nil = not begun yet
	search  *tune.Search
	target  *standing
	applier *apply.Applier
	left    func() // gives the folder of the journal back
	back    bool   // putting back what was in force was tried
}

// read reads the files, and the study of --resume; nothing is asked of the service.
func (t *tuner) read() (err error) {
	if t.resume != "" {
		if err := t.reopen(); err != nil {
			return err
		}
	}
	src, err := os.ReadFile(t.file)
	if err != nil {
		return usage(fmt.Errorf("reading the tuning file: %w", err), "examples lie in tuning/")
	}
	if t.tuning, err = tuning.Parse(t.file, src); err != nil {
		return usage(err, "docs/tuning.md says what can stand in a tuning file")
	}
	if t.tuning.Seed != 0 && !t.given["seed"] && t.resume == "" {
		t.seed = t.tuning.Seed
	}
	if t.job, err = newJob(t.out, t.errw, t.scenarioFile(), t.runOptions); err != nil {
		return err
	}
	if t.resume != "" {
		if err := errors.Join(sameSource(t.scenarioFile(), t.planned.Source, "loadctl tune FILE --resume "+t.resume), t.planned.Made.same(t.job)); err != nil {
			return err
		}
	}
	return t.hooksFit()
}

// scenarioFile is the file of the load, which is named from where the tuning file is.
func (t *tuner) scenarioFile() string {
	if filepath.IsAbs(t.tuning.Scenario) {
		return t.tuning.Scenario
	}
	return filepath.Join(filepath.Dir(t.file), t.tuning.Scenario)
}

// make makes the trials, puts back what was in force, and tells what came of them.
func (t *tuner) make(ctx context.Context) error {
	defer t.close()
	if err := t.ready(ctx); err != nil {
		return t.notReady(ctx, err)
	}
	t.announce()
	err := t.study.Drive(ctx, t.search, t.try, t.show)
	least := exitHeld
	if left := t.restore(); left != nil {
		printError(t.errw, left)
		least = exitFailed
	}
	switch {
	case ctx.Err() != nil:
		return t.interrupted(least)
	case err != nil:
		return t.unended().failed(err)
	}
	return t.tell(least, true)
}

// ready puts back what an earlier tuning that was cut off left, finds what is in force, and begins or goes on.
// A search that is over needs no more than the first.
func (t *tuner) ready(ctx context.Context) error {
	if t.resume != "" {
		if err := t.again(); err != nil {
			return err
		}
	}
	c, err := t.applying()
	if err != nil {
		return err
	}
	if err := t.recover(ctx, c); err != nil {
		return err
	}
	if t.resume != "" {
		if over, err := t.over(); over || err != nil {
			return err
		}
	}
	if err := t.hold(ctx, c); err != nil {
		return err
	}
	now, err := t.applier.Incumbent(ctx)
	if err != nil {
		return cannot(err, "")
	}
	if t.resume != "" {
		return t.sameIncumbent(now)
	}
	return t.begin(now)
}

// begin makes the plan around what is in force, and the study's directory.
func (t *tuner) begin(now tune.Setting) (err error) {
	if t.planned, err = t.plan(); err != nil {
		return err
	}
	if err := t.planned.about(t.tuning, t.file, now); err != nil {
		return err
	}
	if t.search, err = tune.New(t.planned.config(t.tuning)); err != nil {
		return usage(fmt.Errorf("%s: %w", t.file, err), "")
	}
	options, err := json.Marshal(t.planned)
	if err != nil {
		return cannot(err, "")
	}
	t.study, err = study.Create(t.runs, study.Head{ID: t.job.id + "-tune", Kind: "tune", File: t.file, Source: string(t.tuning.Source), Scenario: t.tuning.Name,
		Tool: buildID(), Args: withoutSecrets(os.Args, t.job.scenario.Secrets), Started: time.Now().UTC().Truncate(time.Second), Options: options})
	if err != nil {
		return cannot(err, "choose another place with --runs")
	}
	t.trialsOf()
	return nil
}

func (t *tuner) trialsOf() {
	t.trials = &trials{job: t.job, slo: t.planned.SLO, runs: t.study.RunsDir()}
}

// try puts a setting in force, where it is not, and makes one trial. A hook that fails is what came of it.
func (t *tuner) try(ctx context.Context, a trial.Ask) (told trial.Told, err error) {
	begun := time.Now()
	err = t.set(ctx, a)
	switch {
	case ctx.Err() != nil:
		return told, ctx.Err()
	case err != nil:
		return trial.Told{Broken: err.Error(), Took: time.Since(begun)}, nil
	}
	if a.Restart {
		a.Settle *= coldTimes
	}
	told, err = t.target.during(ctx, a, t.tryThere)
	told.Took = time.Since(begun)
	return told, err
}

// coldTimes is how many times longer a load settles on a service that was just started.
const coldTimes = 2

// set puts a setting in force. Without the one that all are compared with there is nothing to go on with, so
// that it is tried once more.
func (t *tuner) set(ctx context.Context, a trial.Ask) error {
	err := t.applier.Apply(ctx, a.Setting, a.Restart)
	if err == nil || ctx.Err() != nil || !maps.Equal(a.Setting, t.planned.Incumbent) {
		return err
	}
	fmt.Fprintf(t.errw, "loadctl: putting back what was in force failed, and is tried once more: %v\n", err)
	return t.applier.Apply(ctx, a.Setting, a.Restart)
}

// notReady is the end of a tuning that did not begin: it has changed nothing. What an earlier one left, and could not be
// put back, is told whatever else there is to say.
func (t *tuner) notReady(ctx context.Context, err error) error {
	if left, ok := errors.AsType[*apply.LeftError](err); ok && ctx.Err() != nil {
		return &failure{exitInterrupted, left, ""}
	}
	if ctx.Err() != nil {
		return &failure{exitInterrupted, errors.New("interrupted before a trial began; nothing was changed"), ""}
	}
	return err
}

// unended is this tuning, stopped before it is over.
func (t *tuner) unended() unended {
	return unended{study: t.study, resumed: t.resume != "", goOn: t.goOn()}
}

// interrupted is the end of one that somebody stopped: what is known by now, and how to go on.
func (t *tuner) interrupted(least int) error {
	code := weightiest(least, exitInterrupted)
	if err := t.unended().interrupted(t.errw, code, ""); err != nil {
		return err
	}
	return t.tell(code, false)
}

// goOn says how the tuning goes on.
func (t *tuner) goOn() string {
	return fmt.Sprintf("go on with: loadctl tune --resume %s%s", t.study.Dir(), t.planned.Made.hiddenFlags())
}

// close ends what was begun. What was in force is back by then, unless there was a panic.
func (t *tuner) close() {
	_ = t.restore()
	if t.left != nil {
		t.left()
	}
	t.target.stop()
	if t.study != nil {
		_ = t.study.Close() // each line of it is on disk
	}
}

// reopen reads the study of --resume, whose file and scenario must be what they were.
func (t *tuner) reopen() (err error) {
	if t.study, t.planned, err = openTune(t.resume); err != nil {
		return err
	}
	t.file, t.admin = cmp.Or(t.file, t.study.Head.File), cmp.Or(t.admin, t.planned.Admin)
	return errors.Join(sameAsBegun(t.study, t.file, "loadctl tune"), t.planned.Made.onto(&t.runOptions))
}

// openTune reads the study of a tuning.
func openTune(dir string) (*study.Study, *tunePlan, error) {
	s, err := study.Open(dir)
	if err != nil {
		return nil, nil, usage(err, "a tuning says its directory in its last line")
	}
	if s.Head.Kind != "tune" {
		return nil, nil, usage(fmt.Errorf("%s is a study of %s, not of settings", dir, s.Head.Kind), "")
	}
	p := &tunePlan{}
	if err := json.Unmarshal(s.Head.Options, p); err != nil {
		return nil, nil, usage(fmt.Errorf("%s: its options: %w", dir, err), "")
	}
	return s, p, nil
}

// again keeps the trials that the tuning, as it is wanted now, would have made.
func (t *tuner) again() error {
	changed := t.given["budget"] && t.budget != t.planned.Budget
	if changed {
		t.planned.Budget = t.budget
	}
	if _, err := tune.New(t.planned.config(t.tuning)); err != nil {
		return usage(fmt.Errorf("%s: %w", t.file, err), "")
	}
	search := func() trial.Search { return t.begun() }
	if err := goOnFrom(t.study, search, t.planned, changed, t.errw); err != nil {
		return err
	}
	t.search = t.begun() // the study tells it what was found
	t.trialsOf()
	return nil
}

// over says that the trials on disk are all that there are.
func (t *tuner) over() (bool, error) {
	s := t.begun()
	if err := t.study.Replay(s); err != nil {
		return false, usage(err, "")
	}
	_, more := s.Next()
	return !more, nil
}

// begun is a search at its beginning, of a plan that is right.
func (t *tuner) begun() *tune.Search {
	s, _ := tune.New(t.planned.config(t.tuning))
	return s
}

// sameIncumbent refuses to go on where another setting is in force than that which all was compared with.
func (t *tuner) sameIncumbent(now tune.Setting) error {
	for name, was := range t.planned.Incumbent {
		if !tuning.Same(now[name], was) {
			return usage(fmt.Errorf("in force is %s, and when the tuning began it was %s, which all its trials were compared with",
				t.tuning.Setting(now), t.tuning.Setting(t.planned.Incumbent)), "set it so again, or begin another tuning")
		}
	}
	return nil
}
