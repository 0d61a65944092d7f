package main

import (
	"fmt"
	"os"

	"github.com/spf13/pflag"

	"github.com/loadctl/loadctl/target/knobs"
)

// A settingFlag is one setting of the service on the command line.
type settingFlag struct {
	knob knobs.Knob
	text string
}

func (s *settingFlag) String() string { return s.text }
func (s *settingFlag) Type() string   { return s.knob.Kind }

func (s *settingFlag) Set(text string) error {
	s.text = text
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
