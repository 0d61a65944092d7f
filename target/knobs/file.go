package knobs

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// File reads settings from the text of a configuration file, YAML of the form name: value.
// Its error says all that is wrong, each with its line.
func File(text []byte) (map[string]string, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil {
		return nil, err
	}
	if doc.Kind == 0 || doc.Content[0].Tag == "!!null" {
		return nil, nil // an empty file
	}
	top := doc.Content[0]
	if top.Kind != yaml.MappingNode {
		return nil, fmt.Errorf("line %d: must be lines such as pool_size: 20", top.Line)
	}
	values := map[string]string{}
	var errs []error
	for i := 0; i+1 < len(top.Content); i += 2 {
		name, line := top.Content[i].Value, top.Content[i].Line
		value, err := scalar(top.Content[i+1])
		if err != nil {
			err = fmt.Errorf("%s: %w", name, err)
		} else {
			err = Check(map[string]string{name: value})
		}
		if _, twice := values[name]; err == nil && twice {
			err = fmt.Errorf("%s: is there twice", name)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("line %d: %w", line, err))
		}
		values[name] = value
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return values, nil
}

// scalar is a value as a flag would have it; of a list, its elements with spaces between.
func scalar(n *yaml.Node) (string, error) {
	switch {
	case n.Kind == yaml.ScalarNode && n.Tag == "!!null":
		return "", nil
	case n.Kind == yaml.ScalarNode:
		return n.Value, nil
	case n.Kind != yaml.SequenceNode:
		return "", errors.New("must be one value, or a list of them")
	}
	var all []string
	for _, one := range n.Content {
		if one.Kind != yaml.ScalarNode {
			return "", errors.New("must be a list of values")
		}
		all = append(all, one.Value)
	}
	return strings.Join(all, listSeparator), nil
}

// Check reports what is wrong with values by themselves. Whether they can stand together
// is known when all are.
func Check(values map[string]string) error {
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(values)) {
		k, err := Find(name)
		if err == nil {
			scratch := Defaults()
			if err = k.set(&scratch, values[name]); err != nil {
				err = fmt.Errorf("%s: %w", name, err)
			}
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// Layered are the defaults under layers of values: the first layer that names a setting
// has it.
func Layered(layers ...map[string]string) (Settings, error) {
	all := map[string]string{}
	for _, layer := range slices.Backward(layers) {
		maps.Copy(all, layer)
	}
	return Defaults().With(all)
}

// Flag is the name of a knob on a command line.
func (k Knob) Flag() string { return strings.ReplaceAll(k.Name, "_", "-") }

// Variable is its name in the environment.
func (k Knob) Variable() string { return "LOADCTL_TARGET_" + strings.ToUpper(k.Name) }
