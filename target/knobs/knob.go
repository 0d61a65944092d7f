package knobs

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// A Knob is one setting by name.
type Knob struct {
	Name    string // snake_case; a flag has - for _, a variable LOADCTL_TARGET_ and capitals
	Group   string // processes, upstream, database or cache
	Kind    string // count, duration, switch, URL, list, or the words it may be: none|memory
	Default string // as Get spells it
	Help    string // one line
	Secret  bool   // its value may hold a password

	set func(*Settings, string) error
	get func(*Settings) string
}

// Shown is a value without the passwords in it.
func (k Knob) Shown(value string) string {
	if !k.Secret || value == "" {
		return value
	}
	if k.Kind == "text" {
		return "(hidden)"
	}
	urls := strings.Split(value, listSeparator)
	for i, text := range urls {
		urls[i] = Redacted(text)
	}
	return strings.Join(urls, listSeparator)
}

// listSeparator stands between the URLs of a list. They have no space in them.
const listSeparator = " "

func count(name, group string, at func(*Settings) *int, def, least, most int, help string) Knob {
	return Knob{Name: name, Group: group, Kind: "count", Default: strconv.Itoa(def), Help: help,
		get: func(s *Settings) string { return strconv.Itoa(*at(s)) },
		set: func(s *Settings, text string) error {
			n, err := strconv.Atoi(text)
			switch {
			case err != nil:
				return fmt.Errorf("must be a whole number, got %q", text)
			case n < least || n > most:
				return fmt.Errorf("must be between %d and %d, got %d", least, most, n)
			}
			*at(s) = n
			return nil
		}}
}

func duration(name, group string, at func(*Settings) *time.Duration, def, least time.Duration, help string) Knob {
	return Knob{Name: name, Group: group, Kind: "duration", Default: def.String(), Help: help,
		get: func(s *Settings) string { return at(s).String() },
		set: func(s *Settings, text string) error {
			d, err := time.ParseDuration(text)
			if err != nil {
				return fmt.Errorf("must be a duration such as 200ms, got %q", text)
			}
			if d < least || d > longest {
				return fmt.Errorf("must be between %s and %s, got %s", least, longest, d)
			}
			*at(s) = d
			return nil
		}}
}

// longest bounds every duration.
const longest = 24 * time.Hour

func toggle(name, group string, at func(*Settings) *bool, def bool, help string) Knob {
	return Knob{Name: name, Group: group, Kind: "switch", Default: strconv.FormatBool(def), Help: help,
		get: func(s *Settings) string { return strconv.FormatBool(*at(s)) },
		set: func(s *Settings, text string) error {
			on, err := strconv.ParseBool(text)
			if err != nil {
				return fmt.Errorf("must be true or false, got %q", text)
			}
			*at(s) = on
			return nil
		}}
}

func word(name, group string, at func(*Settings) *string, help string, words ...string) Knob {
	return Knob{Name: name, Group: group, Kind: strings.Join(words, "|"), Default: words[0], Help: help,
		get: func(s *Settings) string { return *at(s) },
		set: func(s *Settings, text string) error {
			for _, w := range words {
				if w == text {
					*at(s) = text
					return nil
				}
			}
			return fmt.Errorf("must be one of %s, got %q%s", strings.Join(words, ", "), text, Meant(text, words))
		}}
}

func secret(name, group string, at func(*Settings) *string, def, help string) Knob {
	return Knob{Name: name, Group: group, Kind: "text", Default: def, Help: help, Secret: true,
		get: func(s *Settings) string { return *at(s) },
		set: func(s *Settings, text string) error { *at(s) = text; return nil }}
}

func address(name, group string, at func(*Settings) *string, schemes []string, help string) Knob {
	return Knob{Name: name, Group: group, Kind: "URL", Help: help, Secret: true,
		get: func(s *Settings) string { return *at(s) },
		set: func(s *Settings, text string) error {
			if err := checkURL(text, schemes); err != nil && text != "" {
				return err
			}
			*at(s) = strings.TrimRight(text, "/")
			return nil
		}}
}

func addresses(name, group string, at func(*Settings) *[]string, schemes []string, help string) Knob {
	return Knob{Name: name, Group: group, Kind: "list", Help: help, Secret: true,
		get: func(s *Settings) string { return strings.Join(*at(s), listSeparator) },
		set: func(s *Settings, text string) error {
			all := strings.Fields(text)
			for i, one := range all {
				if err := checkURL(one, schemes); err != nil {
					return fmt.Errorf("number %d: %w", i+1, err)
				}
			}
			*at(s) = all
			return nil
		}}
}
