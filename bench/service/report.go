package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
)

func (r row) text() string {
	return fmt.Sprintf("| `GET %s` | %s | %s | %s | %s | %s |", r.Path, r.Ours.Text("%.0f"), r.Bare.Text("%.0f"), r.Ratio.Text, r.Ratio.Goal, r.Ratio.Word())
}

const head = `# What a request costs the bundled service

CPU time of a worker for each request, µs, beside a bare net/http handler that does the same; medians (least–most) of rounds
that alternate, under closed load by wrk. The ratio is each round's. Made by ` + "`make bench-service`" + `.

| request | service | bare net/http | ratio | goal | |
|---|---|---|---|---|---|
`

func write(path string, all []row) error {
	text, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(path+".json", append(text, '\n'), 0o644); err != nil {
		return err
	}
	lines := make([]string, len(all))
	for i, r := range all {
		lines[i] = r.text()
	}
	return os.WriteFile(path+".md", []byte(head+strings.Join(lines, "\n")+"\n"), 0o644)
}
