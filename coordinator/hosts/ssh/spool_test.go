package ssh

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"
	"testing"
	"time"
)

// TestWhatAHostLeavesIsCollected, by a connection of its own, though the one it ran by is broken: and then nothing of it
// is left there.
func TestWhatAHostLeavesIsCollected(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	h := connected(t, config(t), m.at("a"))[0]
	d := newDoor(t)
	begin(t, h, d.Addr().String(), talker)
	k := d.call()
	k.say("leave")
	if err := wait(t, h); err == nil || !strings.Contains(err.Error(), "exit status 1") {
		t.Errorf("it ended with %v", err)
	}
	err := h.Collect(t.Context(), func(io.Reader) error { return errors.New("no, thanks") })
	if err == nil || !strings.Contains(err.Error(), "no, thanks") || !strings.Contains(err.Error(), "lies in ~/.cache/loadctl/run/") {
		t.Errorf("it was not taken: %v", err)
	}
	var got []byte
	err = h.Collect(t.Context(), func(from io.Reader) (err error) {
		got, err = io.ReadAll(from)
		return err
	})
	if err != nil || string(got) != "what was left" {
		t.Errorf("%q, %v", got, err)
	}
	onlyTheProgram(t, m)
	if err := h.Collect(t.Context(), func(from io.Reader) error { _, err := io.ReadAll(from); return err }); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("nothing is left: %v", err)
	}
}

// TestAMachineThatIsOutOfReachKeepsWhatWasLeft, and it is said where.
func TestAMachineThatIsOutOfReachKeepsWhatWasLeft(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	h := connected(t, config(t), m.at("a"))[0]
	d := newDoor(t)
	begin(t, h, d.Addr().String(), talker)
	d.call().say("leave")
	_ = wait(t, h)
	if err := os.Rename(m.file("id"), m.file("hidden")); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	err := h.Collect(ctx, nil)
	if err == nil || !strings.Contains(err.Error(), "for a week: scp -P ") {
		t.Errorf("%v", err)
	}
}

// TestNobodyIsSentToAMachineThatIsGivenBack for what a host has left there.
func TestNobodyIsSentToAMachineThatIsGivenBack(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	cfg := config(t)
	cfg.GivenBack = true
	h := connected(t, cfg, m.at("a"))[0]
	d := newDoor(t)
	begin(t, h, d.Addr().String(), talker)
	d.call().say("leave")
	_ = wait(t, h)
	err := h.Collect(t.Context(), func(io.Reader) error { return errors.New("no, thanks") })
	if err == nil || !strings.Contains(err.Error(), "is deleted with its machine") || strings.Contains(err.Error(), "scp") || strings.Contains(err.Error(), "week") {
		t.Errorf("%v", err)
	}
}
