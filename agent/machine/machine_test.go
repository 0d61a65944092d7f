package machine

import (
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"
)

func TestReadLooksAtThisMachine(t *testing.T) {
	l := Read()
	if l.Cores < 1 || l.MaxFiles < 64 || l.Memory < 64<<20 || l.PortLow < 1 || l.PortHigh <= l.PortLow {
		t.Errorf("implausible: %+v", l)
	}
	if l.Kernel == "" || l.OS != runtime.GOOS || l.Arch != runtime.GOARCH {
		t.Errorf("does not know what it runs on: %+v", l)
	}
}

func TestRaiseFilesReachesTheHardLimit(t *testing.T) {
	if err := RaiseFiles(); err != nil {
		t.Fatal(err)
	}
}

func TestClocksAgree(t *testing.T) {
	c := NewClock()
	early := time.Now().UnixNano()
	ahead, at := c.WallAhead()
	late := time.Now().UnixNano()
	if wall := at + ahead; wall < early || wall > late {
		t.Errorf("the wall clock was %d, between %d and %d", wall, early, late)
	}
	if again, later := NewClock().WallAhead(); later < at || time.Duration(again-ahead).Abs() > time.Millisecond {
		t.Errorf("%v ahead, and then %v", time.Duration(ahead), time.Duration(again))
	}
	before := Monotonic()
	now := c.Now()
	if after := Monotonic(); now < before-int64(time.Millisecond) || now > after+int64(time.Millisecond) {
		t.Errorf("%d by the clock, between %d and %d by the kernel", now, before, after)
	}
}

// TestOneBadReadingOfTheWallClockCountsNothing: a thread that lost its core between the two
// clocks says nothing of them.
func TestOneBadReadingOfTheWallClockCountsNothing(t *testing.T) {
	for _, c := range [][wallReadings]wallReading{
		{{100, 1}, {101, 2}, {102, 3}},
		{{-5000, 1}, {101, 2}, {102, 3}},
		{{101, 1}, {102, 2}, {-5000, 3}},
		{{100, 1}, {5000, 2}, {101, 3}},
	} {
		if m := middle(c); m.ahead != 101 {
			t.Errorf("%+v: %+v", c, m)
		}
	}
}

// TestRSSDoesNotInheritTheParents: ru_maxrss of a child starts at what its parent
// had, which made every agent look as large as its host.
func TestRSSDoesNotInheritTheParents(t *testing.T) {
	if os.Getenv("LOADCTL_TEST_RSS") != "" {
		_, most := RSS()
		if most > 0 && most < 200<<20 {
			os.Stdout.WriteString("small")
		}
		return
	}
	ballast := make([]byte, 256<<20)
	for i := 0; i < len(ballast); i += 4096 {
		ballast[i] = 1
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestRSSDoesNotInheritTheParents$")
	cmd.Env = append(os.Environ(), "LOADCTL_TEST_RSS=1")
	out, err := cmd.CombinedOutput()
	runtime.KeepAlive(ballast)
	if err != nil || !strings.Contains(string(out), "small") {
		t.Errorf("a child reports its parent's memory (%v): %s", err, out)
	}
	if CPU() <= 0 {
		t.Error("this process used no CPU")
	}
}
