package apply

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/loadctl/loadctl/coordinator/secrets"
	"github.com/loadctl/loadctl/tuning"
)

// A Target is the admin API of the bundled target. Its methods end with their context.
type Target interface {
	// Settings are the values in force, by name.
	Settings(ctx context.Context) (map[string]string, error)
	// Change changes settings, all or none, and returns when they are in force.
	Change(ctx context.Context, values map[string]string) error
	// Reload replaces the workers, and returns when new ones serve.
	Reload(ctx context.Context) error
}

// Nodes are machines that are rented for the values of a parameter. Their methods end with their context.
type Nodes interface {
	// Fresh gives back what there is, and rents a machine of a plan. It returns when that can be logged in to.
	Fresh(ctx context.Context, of tuning.Node, plan string) (Node, error)
	// GiveBack gives back all that was rented for the journal's folder, by whatever process, and says what is left.
	GiveBack(ctx context.Context) error
}

// A Node is a machine that was rented, and how to log in to it.
type Node struct{ Address, User, Identity, KnownHosts string }

// Config is what an Applier needs. Zero is the default that is named.
type Config struct {
	File *tuning.File
	Path string // of the file, for messages
	Base string // folder that paths of the file are from, and hooks run in; "" = the working folder
	Dir  string // of the journal, one for each target that may be tuned at once; required

	Target Target       // required where the file has hooks of it
	Admin  string       // URL of its API, for who has to recover; "" = not known
	Nodes  Nodes        // required where the file has a plan of Linode
	HTTP   *http.Client // nil = one that follows no redirects
	// Environ is what hooks see, beside the values: os.Environ() where it is nil.
	Environ []string
	Log     *slog.Logger  // nil = silent
	Every   time.Duration // between two looks at a service that is to be healthy: 200 ms
}

// An Applier puts settings in force, one after the other. Its methods are safe for
// concurrent use; each waits for the one before.
type Applier struct {
	cfg    Config
	file   *tuning.File
	redact *secrets.Redactor
	lock   *os.File

	mu        sync.Mutex
	node      Node              // the one that was rented last; none without an address
	incumbent map[string]string // nil = not asked yet
	now       map[string]string // what is in force; a parameter that is not there may have any value
	journal   journal
}

// New makes an Applier and takes the folder of its journal for itself. It changes nothing
// of the target. A folder in which another loadctl works is ErrBusy, one in which a killed
// loadctl left its journal ErrLeft: Recover first.
func New(cfg Config) (*Applier, error) {
	a, err := open(cfg)
	if err != nil {
		return nil, err
	}
	if _, err := readJournal(cfg.Dir); !errors.Is(err, os.ErrNotExist) {
		return nil, errors.Join(fmt.Errorf("%w: see %s", ErrLeft, journalPath(cfg.Dir)), a.Close())
	}
	return a, nil
}

// open is New, whatever is in the folder.
func open(cfg Config) (*Applier, error) {
	switch {
	case cfg.File == nil || cfg.Dir == "":
		return nil, errors.New("apply: needs a file and a folder for its journal")
	case cfg.File.Uses(tuning.Knob) && cfg.Target == nil:
		return nil, errors.New("apply: the file sets knobs of the bundled target, and none is known")
	case cfg.File.Uses(tuning.LinodePlan) && cfg.Nodes == nil:
		return nil, errors.New("apply: the file rents machines, and there is nobody to ask")
	}
	if cfg.Environ == nil {
		cfg.Environ = os.Environ()
	}
	if cfg.HTTP == nil {
		cfg.HTTP = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Every <= 0 {
		cfg.Every = 200 * time.Millisecond
	}
	base, err := filepath.Abs(cfg.Base)
	if err != nil {
		return nil, err
	}
	cfg.Base = base
	lock, err := hold(cfg.Dir)
	if err != nil {
		return nil, err
	}
	a := &Applier{cfg: cfg, file: cfg.File, lock: lock, redact: secrets.New(), now: map[string]string{}}
	a.redact.LearnEnviron(cfg.Environ, slices.Concat(cfg.File.Env(), cfg.File.Secrets))
	return a, nil
}

// Close gives the folder of the journal back. It restores nothing: see Restore.
func (a *Applier) Close() error { return a.lock.Close() }

// Incumbent is the setting that was in force before anything was changed: what the file
// says, or what the target tells. Where these differ that is an error, as nobody knows
// then what is to be put back.
func (a *Applier) Incumbent(ctx context.Context) (map[string]string, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if err := a.ask(ctx); err != nil {
		return nil, err
	}
	return maps.Clone(a.incumbent), nil
}

// Apply puts a setting in force: hooks in the order of the file, then restarts, then it
// waits for health. Parameters whose value is in force already are left alone; but after
// any restart all that requests and knobs set is set again, as the service may have
// forgotten it. restart wants the service started anew even so. A nil setting is the one
// in force. After an error the target may be in any state; the next Apply sets everything,
// and starts the service anew where that was amiss.
func (a *Applier) Apply(ctx context.Context, setting map[string]string, restart bool) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if err := a.ask(ctx); err != nil {
		return err
	}
	if setting == nil {
		setting = a.orIncumbent()
	}
	restart = restart || a.journal.Anew // a start that failed is owed: the service may be down
	if err := a.check(setting); err != nil {
		return err
	}
	j := job{values: setting, restart: restart}
	for i := range a.file.Params {
		if p := &a.file.Params[i]; a.now[p.Name] != setting[p.Name] {
			j.params = append(j.params, p)
		}
	}
	if len(j.params) == 0 && !restart {
		return nil
	}
	if err := a.touch(j); err != nil {
		return err
	}
	a.cfg.Log.Info("applying", "setting", a.file.Setting(setting), "restart", restart)
	if err := errors.Join(a.do(ctx, j)...); err != nil {
		return err
	}
	a.journal.Anew = false // the one on disk says so until it is written again: one start more does no harm
	return nil
}

// orIncumbent is what is in force, with the incumbent's values where that is not known.
func (a *Applier) orIncumbent() map[string]string {
	all := maps.Clone(a.incumbent)
	maps.Copy(all, a.now)
	return all
}

func (a *Applier) check(setting map[string]string) error {
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(setting)) {
		switch {
		case a.file.Param(name) == nil:
			errs = append(errs, fmt.Errorf("%s is no param of %s", name, a.cfg.Path))
		case strings.ContainsAny(setting[name], "\x00\r\n"):
			errs = append(errs, fmt.Errorf("%s: a value must be text of one line", name))
		}
	}
	for i := range a.file.Params {
		if name := a.file.Params[i].Name; setting[name] == "" {
			errs = append(errs, fmt.Errorf("%s has no value in the setting", name))
		}
	}
	return errors.Join(errs...)
}

// touch writes down what will be changed, before it is.
func (a *Applier) touch(j job) error {
	touched := slices.Clone(a.journal.Touched)
	for _, p := range a.affected(j) {
		if !slices.Contains(touched, p.Name) {
			touched = append(touched, p.Name)
		}
	}
	if a.journal.Incumbent != nil && len(touched) == len(a.journal.Touched) && (a.journal.Anew || !j.restart) {
		return nil
	}
	next := a.journal
	next.Touched, next.Anew = touched, j.restart
	if next.Incumbent == nil {
		files, err := a.keepFiles()
		if err != nil {
			return err
		}
		next.Schema, next.PID, next.Path, next.Base, next.Admin = journalSchema, os.Getpid(), a.cfg.Path, a.cfg.Base, a.cfg.Admin
		next.Source, next.Incumbent, next.Files = string(a.file.Source), maps.Clone(a.incumbent), files
	}
	if err := next.write(a.cfg.Dir); err != nil {
		return fmt.Errorf("nothing was changed: %w", err)
	}
	a.journal = next
	return nil
}
