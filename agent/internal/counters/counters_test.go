package counters

import (
	"runtime"
	"testing"
)

func TestTwoMappingsSeeTheSameWords(t *testing.T) {
	host, f, err := Create(6)
	if err != nil {
		t.Fatal(err)
	}
	defer host.Close()
	agent, err := Map(f, 6)
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
	parts := agent.Split(2)
	if len(parts) != 2 || len(parts[0]) != 3 {
		t.Fatalf("split into %d of %d words", len(parts), len(parts[0]))
	}
	parts[0][2], parts[1][0] = 7, 9
	if err := agent.Close(); err != nil {
		t.Fatal(err)
	}
	seen := host.Split(2)
	if seen[0][2] != 7 || seen[1][0] != 9 {
		t.Errorf("the host reads %v", seen)
	}
}

func TestASmallFileIsRefused(t *testing.T) {
	_, f, err := Create(2)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := Map(f, 3); err == nil {
		t.Error("mapped 3 words of a file of 2")
	}
}

func TestTheSizeIsSealed(t *testing.T) {
	b, f, err := Create(2)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	defer f.Close()
	if sealed := f.Truncate(0) != nil; !sealed && runtime.GOOS == "linux" {
		t.Error("the memory could be cut away")
	}
	if err := b.Close(); err != nil {
		t.Error(err)
	}
	if err := b.Close(); err != nil {
		t.Errorf("closing twice: %v", err)
	}
}
