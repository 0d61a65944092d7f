package knobs

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// Defaults are the settings of a service that was told nothing.
func Defaults() Settings {
	var s Settings
	for _, k := range All() {
		_ = k.set(&s, k.Default) // a test holds that every default is right
	}
	return s
}

// Find is the knob of a name; if there is none, the error has the name that was
// probably meant.
func Find(name string) (Knob, error) {
	all := All()
	names := make([]string, len(all))
	for i, k := range all {
		if names[i] = k.Name; k.Name == name {
			return k, nil
		}
	}
	return Knob{}, fmt.Errorf("%s: there is no such setting%s", name, Meant(name, names))
}

// Get is the value of a knob, as With reads it.
func (s Settings) Get(k Knob) string { return k.get(&s) }

// With are the settings after a change of the named ones; they stay as they were when
// anything is wrong, and the error says all that is.
func (s Settings) With(values map[string]string) (Settings, error) {
	changed := s
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(values)) {
		k, err := Find(name)
		if err == nil {
			if err = k.set(&changed, values[name]); err != nil {
				err = fmt.Errorf("%s: %w", name, err)
			}
		}
		errs = append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		return s, err
	}
	if err := changed.Validate(); err != nil {
		return s, err
	}
	return changed, nil
}

// Told are the values by name that anybody may see: those of knobs that hold no password.
func (s Settings) Told() map[string]string {
	told := map[string]string{}
	for _, k := range All() {
		if !k.Secret {
			told[k.Name] = s.Get(k)
		}
	}
	return told
}

// Changed are the names of the knobs in which two settings differ, in the order of All.
func Changed(a, b Settings) (names []string) {
	for _, k := range All() {
		if a.Get(k) != b.Get(k) {
			names = append(names, k.Name)
		}
	}
	return names
}

// MarshalJSON is an object of strings by name. It holds passwords: it goes to workers,
// never to people.
func (s Settings) MarshalJSON() ([]byte, error) {
	values := map[string]string{}
	for _, k := range All() {
		values[k.Name] = s.Get(k)
	}
	return json.Marshal(values)
}

// UnmarshalJSON reads what MarshalJSON wrote; what is not named has its default.
func (s *Settings) UnmarshalJSON(text []byte) error {
	var values map[string]string
	if err := json.Unmarshal(text, &values); err != nil {
		return err
	}
	read, err := Defaults().With(values)
	if err == nil {
		*s = read
	}
	return err
}
