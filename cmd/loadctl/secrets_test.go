package main

import (
	"strings"
	"testing"
)

func TestArgumentsWithoutSecrets(t *testing.T) {
	for args, want := range map[string]string{
		"run x.yaml -e token=abc -e peak=5":        "run x.yaml -e token=*** -e peak=5",
		"run x.yaml --var token=a=b":               "run x.yaml --var token=***",
		"run --var=token=abc -etoken=abc":          "run --var=token=*** -etoken=***",
		"run -e=token=abc --target-token abc":      "run -e=token=*** --target-token ***",
		"run --target-token=abc -e tokens=abc":     "run --target-token=*** -e tokens=abc",
		"run token=abc x.yaml -e token --pacing a": "run token=abc x.yaml -e token --pacing a",
	} {
		given := strings.Fields(args)
		if got := strings.Join(withoutSecrets(given, []string{"token"}), " "); got != want || strings.Join(given, " ") != args {
			t.Errorf("%s: got %s, want %s", args, got, want)
		}
	}
}
