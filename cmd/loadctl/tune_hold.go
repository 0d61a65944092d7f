package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/loadctl/loadctl/coordinator/apply"
	"github.com/loadctl/loadctl/target/admin"
	"github.com/loadctl/loadctl/tuning"
)

// own says that the target is started for the tuning, and ends with it.
func (t *tuner) own() bool { return t.job.scenario.Target.Bundled && t.job.target == "" }

// hooksFit refuses hooks of something else than the target that is loaded, as far as that can be seen.
func (t *tuner) hooksFit() error {
	if !t.own() {
		return t.mayRent()
	}
	if t.admin != "" || t.tuning.Admin != "" {
		return usage(errors.New("the scenario has a target of its own, started for the tuning: an admin API elsewhere is of another one"), "leave it out, or name the target by --target")
	}
	for _, kind := range []tuning.Kind{tuning.Command, tuning.HTTP, tuning.EnvFile, tuning.SSH, tuning.LinodePlan} {
		if t.tuning.Uses(kind) {
			return usage(fmt.Errorf("the scenario's own target is started for the tuning and ends with it: only hooks of it, {target: …}, can be put back after a crash, not %s", kind),
				"start it yourself with `loadctl target serve`, and name it by --target")
		}
	}
	return nil
}

// applying is how hooks are used, and where what they change is written down.
func (t *tuner) applying() (c apply.Config, err error) {
	c = apply.Config{File: t.tuning, Path: t.file, Base: filepath.Dir(t.file), Log: slog.New(slog.NewTextHandler(t.errw, &slog.HandlerOptions{Level: slog.LevelWarn}))}
	if c.Dir, err = t.journalDir(); err != nil {
		return c, cannot(err, "")
	}
	return c, nil
}

// hold starts the target where the scenario asks for it, and takes it for this tuning.
func (t *tuner) hold(ctx context.Context, c apply.Config) (err error) {
	if t.target, err = stand(ctx, t.job); err != nil {
		return err
	}
	if t.tuning.Uses(tuning.Knob) {
		api, err := t.knobs(cmp.Or(t.admin, t.tuning.Admin))
		if err != nil {
			return err
		}
		c.Target, c.Admin = api, api.api.URL
	}
	if t.tuning.Uses(tuning.LinodePlan) {
		if c.Nodes, err = t.nodes(c.Dir); err != nil {
			return err
		}
	}
	if t.applier, err = apply.New(c); err != nil {
		return cannot(err, "wait for the other one, or stop it")
	}
	t.left = func() {
		_ = t.applier.Close()
		if t.own() {
			_ = os.RemoveAll(c.Dir)
		}
	}
	return nil
}

// journalDir is where what is changed of the target is written down first. A target of our own ends with
// us, and leaves nothing to be put back.
func (t *tuner) journalDir() (string, error) {
	if t.own() {
		dir, err := os.MkdirTemp("", "loadctl-tune-")
		t.left = func() { _ = os.RemoveAll(dir) }
		return dir, err
	}
	state, err := stateDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(state, "tuned", placeName(t.loaded())), nil
}

// loaded is the base URL of what is loaded.
func (t *tuner) loaded() string { return cmp.Or(t.job.options.BaseURL, t.job.scenario.Target.BaseURL) }

// placeName is the name of a folder for a target: its host and port. No name is that of a folder above.
func placeName(base string) string {
	name := "of-" + base
	if u, err := url.Parse(base); err == nil && u.Host != "" {
		name = "of-" + u.Host + strings.TrimRight(u.Path, "/")
	}
	return strings.Map(func(c rune) rune {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '.' || c == '-' {
			return c
		}
		return '_'
	}, name)
}

// stateDir is LOADCTL_STATE, or that of the user: what is there must not be lost as a cache may.
func stateDir() (string, error) {
	if dir := os.Getenv("LOADCTL_STATE"); dir != "" {
		return dir, nil
	}
	if dir := os.Getenv("XDG_STATE_HOME"); dir != "" {
		return filepath.Join(dir, "loadctl"), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("there is no place to write down what is changed: %w; name one by LOADCTL_STATE", err)
	}
	return filepath.Join(home, ".local", "state", "loadctl"), nil
}

// recover puts back what a tuning of the same target left that was killed. It is not interrupted.
func (t *tuner) recover(ctx context.Context, c apply.Config) error {
	t.job.controls.then(func() {
		fmt.Fprintln(t.errw, "loadctl: still putting back what an earlier tuning left; wait for it")
	})
	defer t.job.controls.then(nil)
	needed, address, err := apply.NeedsTarget(c.Dir)
	if err != nil {
		return cannot(err, "")
	}
	if needed {
		if c.Target, err = t.knobs(cmp.Or(t.admin, address)); err != nil {
			return err
		}
	}
	if needed, err = apply.NeedsNodes(c.Dir); err != nil {
		return cannot(err, "")
	}
	if needed {
		if c.Nodes, err = t.nodes(c.Dir); err != nil {
			return err
		}
	}
	put, err := apply.Recover(context.WithoutCancel(ctx), c)
	if err != nil {
		return cannot(err, "")
	}
	if put != "" {
		fmt.Fprintf(t.errw, "loadctl: an earlier tuning was cut off; what was in force before it is back: %s\n", put)
	}
	return nil
}

// knobs is the admin API of the bundled target: of our own, of an address, or of the one that runs here and is loaded.
func (t *tuner) knobs(address string) (targetKnobs, error) {
	which := whichTarget{url: cmp.Or(address, os.Getenv(adminVariable)), service: t.loaded()}
	if t.target != nil && t.target.target != nil {
		which = whichTarget{pid: t.target.target.cmd.Process.Pid}
	}
	client, err := which.client()
	return targetKnobs{client}, err
}

// targetKnobs are the settings of a bundled target.
type targetKnobs struct{ api admin.Client }

func (k targetKnobs) Settings(ctx context.Context) (map[string]string, error) {
	all, err := k.api.Settings(ctx)
	values := map[string]string{}
	for _, s := range all.Settings {
		values[s.Name] = s.Value
	}
	return values, err
}

func (k targetKnobs) Change(ctx context.Context, values map[string]string) error {
	_, err := k.api.Change(ctx, values)
	return err
}

func (k targetKnobs) Reload(ctx context.Context) error { return k.api.Reload(ctx) }

// restore puts back what was in force. It goes on after an interrupt, and does nothing when all is back.
func (t *tuner) restore() error {
	if t.applier == nil || t.own() || t.back {
		return nil
	}
	t.back = true
	t.job.controls.then(func() {
		fmt.Fprintf(t.errw, "loadctl: still putting back what was in force, for at most %s; wait for it\n", t.applier.Limit())
	})
	defer t.job.controls.then(nil)
	changed := t.applier.Changed()
	if err := t.applier.Restore(context.Background()); err != nil {
		return cannot(err, "")
	}
	if t.planned != nil && t.study != nil && !slices.Contains([]string{"json", "none"}, t.watch) && (changed || len(t.study.Lines()) > 0) {
		fmt.Fprintf(t.errw, "loadctl: what was in force is so again: %s\n", t.tuning.Setting(t.planned.Incumbent))
	}
	return nil
}

// lives is how long the tuning takes at most; 0 = not known: then a fleet of it is planned to live for its TTL.
func (t *tuner) lives() time.Duration {
	if t.given["budget"] {
		return t.budget
	}
	return t.tuning.Budget.Time
}
