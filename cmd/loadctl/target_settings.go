package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/loadctl/loadctl/target"
	"github.com/loadctl/loadctl/target/knobs"
)

// A settingFlag is one setting of the service on the command line.
type settingFlag struct {
	knob knobs.Knob
	text string
}

func (s *settingFlag) String() string { return s.text }
func (s *settingFlag) Type() string   { return s.knob.Kind }

// Set tells what is wrong with a value. Not so with one that may hold a password: pflag
// would quote it. It is checked with all others when they are read.
func (s *settingFlag) Set(text string) error {
	s.text = text
	if s.knob.Secret {
		return nil
	}
	return knobs.Check(map[string]string{s.knob.Name: text})
}

// settingFlags gives each setting a flag and a variable of the environment, and says
// what was given by either, and in a configuration file, now.
func settingFlags(f *pflag.FlagSet) (read func() (knobs.Settings, error)) {
	var file string
	f.StringVar(&file, "config", "", "`file` of settings, YAML lines such as pool_size: 20; flags and environment come before it. HUP reads it again")
	all := knobs.All()
	for _, k := range all {
		f.Var(&settingFlag{k, k.Default}, k.Flag(), k.Help)
		_ = f.SetAnnotation(k.Flag(), variable, []string{k.Variable()}) // it is there
		if k.Kind == "switch" {
			f.Lookup(k.Flag()).NoOptDefVal = "true"
		}
	}
	return func() (knobs.Settings, error) {
		if err := knownVariables(os.Environ()); err != nil {
			return knobs.Settings{}, err
		}
		given := map[string]string{}
		for _, k := range all {
			if flag := f.Lookup(k.Flag()); flag.Changed {
				given[k.Name] = flag.Value.String()
			}
		}
		written, err := settingsFile(file)
		if err != nil {
			return knobs.Settings{}, err
		}
		return knobs.Layered(given, written)
	}
}

// Variables of the environment that begin as those of settings do, and are none.
const (
	variablePrefix = "LOADCTL_TARGET_"
	adminVariable  = variablePrefix + "ADMIN"       // URL of the admin API that is asked
	tokenVariable  = variablePrefix + "ADMIN_TOKEN" // its token
)

// knownVariables reports every variable that looks like a setting and is none: a slip in a
// name would leave the default in force, and say nothing.
func knownVariables(environ []string) error {
	known := []string{adminVariable, tokenVariable, variablePrefix + "TOKEN", target.WorkerEnv, target.PartEnv} // TOKEN is of loadctl run
	for _, k := range knobs.All() {
		known = append(known, k.Variable())
	}
	var errs []error
	for _, one := range environ {
		name, value, _ := strings.Cut(one, "=")
		if strings.HasPrefix(name, variablePrefix) && value != "" && !slices.Contains(known, name) {
			errs = append(errs, fmt.Errorf("environment %s: there is no such setting%s", name, knobs.Meant(name, known)))
		}
	}
	return errors.Join(errs...)
}

func settingsFile(name string) (map[string]string, error) {
	if name == "" {
		return nil, nil
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	values, err := knobs.File(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return values, nil
}
