package wire

import (
	"fmt"

	"github.com/loadctl/loadctl/proto/loadctlpb"
	"github.com/loadctl/loadctl/scenarios"
)

// EncodeFiles tells agents where the files of a scenario are.
func EncodeFiles(files []scenarios.Upload) (list []*loadctlpb.BodyFile) {
	for _, f := range files {
		list = append(list, &loadctlpb.BodyFile{Name: f.File, Path: f.Path, Size: f.Size})
	}
	return list
}

// FindFile looks a file up among those that were told.
func FindFile(list []*loadctlpb.BodyFile) scenarios.FileFinder {
	return func(name string) (path string, size int64, err error) {
		for _, f := range list {
			if f.GetName() == name && f.GetSize() >= 0 {
				return f.GetPath(), f.GetSize(), nil
			}
		}
		return "", 0, fmt.Errorf("nobody said where %s is", name)
	}
}
