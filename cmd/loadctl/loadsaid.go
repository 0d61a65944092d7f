package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/loadctl/loadctl/coordinator/study"
)

// A loadSaid is what the options of studies say of their load beside the file: searches have it below load,
// gates at the top.
type loadSaid struct {
	Config struct{ Connections int } `json:"config"`
	Levels []int                     `json:"levels"`
	SLO    []string                  `json:"slo"`
	Load   struct {
		Vars map[string]string `json:"vars"`
	} `json:"load"`
	Vars map[string]string `json:"vars"`
}

// saidOf is empty where the options say nothing, and of studies whose options mean something else.
func saidOf(h *study.Head) (said loadSaid, err error) {
	if len(h.Options) > 0 && (h.Kind == "capacity" || h.Kind == "gate") {
		err = json.Unmarshal(h.Options, &said)
	}
	return said, err
}

// vars are the variables that were not the file's.
func (l *loadSaid) vars() map[string]string {
	if len(l.Vars) > 0 {
		return l.Vars
	}
	return l.Load.Vars
}

// words are what the load of a search was beside the file, for who lists it beside others; "" where it was nothing.
func (l *loadSaid) words() string {
	var words []string
	if l.Config.Connections > 0 {
		words = append(words, fmt.Sprintf("%d connections", l.Config.Connections))
	}
	for _, name := range slices.Sorted(maps.Keys(l.vars())) {
		words = append(words, name+"="+l.vars()[name])
	}
	return strings.Join(append(words, l.SLO...), ", ")
}
