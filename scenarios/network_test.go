package scenarios

import (
	"fmt"
	"testing"
)

// TestBufferOfSlowReaderIsOfItsReading: how fast it writes made it larger, and what
// the target felt smaller.
func TestBufferOfSlowReaderIsOfItsReading(t *testing.T) {
	for network, want := range map[string]int{
		"read_rate: 100KB/s, write_rate: 10MB/s": 10_000,
		"read_rate: 1KB/s, write_rate: 10MB/s":   4 << 10,
		"read_rate: 1GB/s":                       1 << 20,
		"write_rate: 10MB/s":                     0,
		"read_rate: 0":                           0,
	} {
		s, err := Parse("x.yaml", []byte(fmt.Sprintf(`target: {base_url: "http://127.0.0.1:1"}
users: {u: {network: {%s}, tasks: {t: {steps: [{get: /x}, {get: /y, network: {read_rate: 0}}]}}}}
phases: [{name: p, executor: constant-vus, vus: 1, duration: 1s}]
`, network)), Options{})
		if err != nil {
			t.Fatal(err)
		}
		if got := s.Users[0].SlowestBuffer(); got != want {
			t.Errorf("{%s}: %d bytes, want %d", network, got, want)
		}
		if slow := s.Users[0].Slow(); slow != (network != "read_rate: 0") {
			t.Errorf("{%s}: slow %v", network, slow)
		}
	}
}
