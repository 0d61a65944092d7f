package knobs

import (
	"strings"
	"testing"
)

// TestToldSettingsHaveNoSecrets: /-/stats is open to whoever reaches the service.
func TestToldSettingsHaveNoSecrets(t *testing.T) {
	s, err := Defaults().With(map[string]string{"pool_size": "7", "database_url": "postgres://u:hush@127.0.0.1/items", "session_key": "hush"})
	if err != nil {
		t.Fatal(err)
	}
	told := s.Told()
	if told["pool_size"] != "7" || told["cache_lock"] != "true" {
		t.Errorf("told: %v", told)
	}
	for name, value := range told {
		if strings.Contains(value, "hush") || strings.Contains(value, "127.0.0.1") {
			t.Errorf("%s is told: %q", name, value)
		}
	}
}
