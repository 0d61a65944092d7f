package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// A Line is one answer.
type Line struct {
	Number  int     `json:"number"`
	At      string  `json:"at"`   // when it was begun, UTC
	Tool    string  `json:"tool"` // version of loadctl
	Verdict string  `json:"verdict"`
	Exit    int     `json:"exit"`
	Value   float64 `json:"value,omitempty"` // capacity; gain
	Low     float64 `json:"low,omitempty"`
	High    float64 `json:"high,omitempty"`
	Truth   float64 `json:"truth,omitempty"`
	Trials  int     `json:"trials"`
	Void    int     `json:"void"`           // of them, invalid or not made, and repeated
	What    string  `json:"what,omitempty"` // setting that is recommended
	Why     string  `json:"why,omitempty"`
	Took    float64 `json:"took_s"`
}

func (l Line) text() string {
	text := fmt.Sprintf("%d: %s, exit %d, %d trials (%d void), %.0f s", l.Number, l.Verdict, l.Exit, l.Trials, l.Void, l.Took)
	if l.What != "" {
		text += fmt.Sprintf(", %s, gain %+.0f %% (%.0f–%.0f)", l.What, 100*l.Value, 100*l.Low, 100*l.High)
	} else if l.Truth > 0 {
		text += fmt.Sprintf(", %.1f (%.1f–%.1f), %+.1f %% of the truth %.1f", l.Value, l.Low, l.High, 100*(l.Value/l.Truth-1), l.Truth)
	}
	if l.Why != "" {
		text += ": " + l.Why
	}
	return text
}

// read gives the lines of a study; none where there is no file.
func read(path string) (lines []Line, err error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text := bufio.NewScanner(f)
	for text.Scan() {
		var l Line
		if err := json.Unmarshal(text.Bytes(), &l); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", path, len(lines)+1, err)
		}
		lines = append(lines, l)
	}
	return lines, text.Err()
}

func add(path string, l Line) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	b, err := json.Marshal(l)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(append(b, '\n'))
	return errors.Join(err, f.Close())
}

func version(ctx context.Context, binary string) string {
	out, err := exec.CommandContext(ctx, binary, "version").Output()
	if f := strings.Fields(string(out)); err == nil && len(f) > 1 {
		return f[1]
	}
	return ""
}
