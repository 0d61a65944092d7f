package apply

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/loadctl/loadctl/tuning"
)

// Recover restores what a loadctl that was killed left changed, as the journal in the
// folder says, with the tuning file as it was then: File, Path and Base of the Config are
// not used, and Target is asked for only once it is known to be needed, by NeedsTarget.
// It gives the setting that is in force again, "" when there was nothing to do. ErrBusy:
// the loadctl lives.
func Recover(ctx context.Context, cfg Config) (restored string, err error) {
	j, err := readJournal(cfg.Dir)
	if errors.Is(err, os.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	if cfg.File, err = tuning.Parse(j.Path, []byte(j.Source)); err != nil {
		return "", fmt.Errorf("the tuning file in %s: %w", journalPath(cfg.Dir), err)
	}
	cfg.Path, cfg.Base = j.Path, j.Base
	a, err := open(cfg)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	if j, err = readJournal(cfg.Dir); errors.Is(err, os.ErrNotExist) { // whoever held the folder was faster
		return "", nil
	} else if err != nil {
		return "", err
	}
	a.journal, a.incumbent = j, j.Incumbent
	for _, k := range j.Files {
		a.learn(k.Text)
	}
	endHook(cfg.Dir)
	if err := a.Restore(ctx); err != nil {
		return "", err
	}
	return a.file.Setting(j.Incumbent), nil
}

// NeedsTarget says whether Recover needs the bundled target, and the address of its admin
// API that the file names, "" for the one that runs here.
func NeedsTarget(dir string) (needed bool, admin string, err error) {
	j, err := readJournal(dir)
	if errors.Is(err, os.ErrNotExist) {
		return false, "", nil
	}
	if err != nil {
		return false, "", err
	}
	f, err := tuning.Parse(j.Path, []byte(j.Source))
	if err != nil {
		return false, "", err
	}
	return f.Uses(tuning.Knob), cmp.Or(j.Admin, f.Admin), nil
}

// NeedsNodes says whether Recover has machines to give back, for which Nodes are needed.
func NeedsNodes(dir string) (bool, error) {
	j, err := readJournal(dir)
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	f, err := tuning.Parse(j.Path, []byte(j.Source))
	return err == nil && f.Uses(tuning.LinodePlan), err
}
