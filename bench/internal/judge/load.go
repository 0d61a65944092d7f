package judge

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// Load reads the results at path, without its ".json"; where there are none they are
// empty.
func Load[R any](path string) (r R, err error) {
	b, err := os.ReadFile(path + ".json")
	if errors.Is(err, fs.ErrNotExist) {
		return r, nil
	}
	if err != nil {
		return r, err
	}
	if err := json.Unmarshal(b, &r); err != nil {
		return r, fmt.Errorf("%s.json: %w", path, err)
	}
	return r, nil
}
