package scenarios

import (
	"io/fs"
	"testing"
)

// TestMissingUploadIsNamedAsTheFileNamesIt: it was told in the words of the system, by
// its whole path.
func TestMissingUploadIsNamedAsTheFileNamesIt(t *testing.T) {
	gone := func(name string) (string, int64, error) {
		return "", 0, &fs.PathError{Op: "stat", Path: "/home/x/" + name, Err: fs.ErrNotExist}
	}
	_, err := Parse("x.yaml", []byte(`target: {bundled: true}
users: {u: {tasks: {t: {steps: [{put: /x, body_file: pics/a.jpg, expect_continue: true}]}}}}
phases: [{name: p, executor: constant-vus, vus: 1, duration: 1s}]
`), Options{File: gone})
	if err == nil || err.Error() != "x.yaml:2:54: body_file: pics/a.jpg: file does not exist (files are looked for beside the scenario)" {
		t.Error(err)
	}
}
