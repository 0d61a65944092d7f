package admin

import (
	"encoding/json"
	"errors"
	"mime"
	"net/http"

	"github.com/loadctl/loadctl/target/knobs"
)

// Settings are all settings as people see them.
type Settings struct {
	Version  int64     `json:"version"`
	Settings []Setting `json:"settings"`
}

// A Setting is one of them.
type Setting struct {
	Name    string `json:"name"`
	Group   string `json:"group"`
	Kind    string `json:"kind"`
	Value   string `json:"value"` // without passwords
	Default string `json:"default"`
	Help    string `json:"help"`
}

func (a *api) settings(w http.ResponseWriter, _ *http.Request) {
	now, version := a.Master.Settings()
	tell(w, http.StatusOK, shown(now, version))
}

func shown(now knobs.Settings, version int64) Settings {
	all := Settings{Version: version}
	for _, k := range knobs.All() {
		all.Settings = append(all.Settings, Setting{k.Name, k.Group, k.Kind, k.Shown(now.Get(k)), k.Shown(k.Default), k.Help})
	}
	return all
}

// mostAsked bounds what a request may hold.
const mostAsked = 64 << 10

func (a *api) change(w http.ResponseWriter, r *http.Request) {
	values, err := asked(w, r)
	if err != nil {
		tell(w, http.StatusBadRequest, problem{err.Error()})
		return
	}
	done, err := a.Master.Change(r.Context(), values)
	switch {
	case errors.Is(err, ErrWrong):
		tell(w, http.StatusUnprocessableEntity, problem{err.Error()})
	case err != nil:
		tell(w, http.StatusServiceUnavailable, problem{err.Error()})
	default:
		tell(w, http.StatusOK, done)
	}
}

// asked are the values that a request names, each once.
func asked(w http.ResponseWriter, r *http.Request) (map[string]string, error) {
	r.Body = http.MaxBytesReader(w, r.Body, mostAsked)
	values := map[string]string{}
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind == "application/json" {
		if err := json.NewDecoder(r.Body).Decode(&values); err != nil {
			return nil, errors.New(`the body must be a JSON object of strings such as {"pool_size": "20"}: ` + err.Error())
		}
	} else if err := r.ParseForm(); err != nil {
		return nil, err
	}
	for name, all := range r.PostForm {
		if len(all) > 1 {
			return nil, errors.New(name + ": is named twice")
		}
		values[name] = all[0]
	}
	if len(values) == 0 {
		return nil, errors.New("nothing to change: name settings, such as pool_size=20")
	}
	return values, nil
}
