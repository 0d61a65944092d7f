package runfile

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/loadctl/loadctl/reports/view"
)

// Glance reads what a finished run says of itself, without its record: enough to list it, and to
// compare its figures with those of others.
func Glance(dir string) (m Manifest, s view.Summary, err error) {
	if err := readJSON(filepath.Join(dir, manifestFile), &m); err != nil {
		return m, s, fmt.Errorf("%s is not a run directory: %w", dir, err)
	}
	if m.Schema != ManifestSchema {
		return m, s, fmt.Errorf("%s: schema %q, this loadctl reads %q", filepath.Join(dir, manifestFile), m.Schema, ManifestSchema)
	}
	path := filepath.Join(dir, "summary.json")
	if err := readJSON(path, &s); err != nil {
		return m, s, err
	}
	if sum, err := checksum(path); err != nil || sum != m.Files["summary.json"] {
		return m, s, fmt.Errorf("%s is damaged: its checksum is not the one in %s", path, manifestFile)
	}
	return m, s, nil
}

func readJSON(path string, to any) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, to); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}
