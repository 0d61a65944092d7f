package target

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/loadctl/loadctl/target/knobs"
)

// PartEnv is the environment variable in which Up tells a process which part it is. Its
// value goes to ServePart.
const PartEnv = "LOADCTL_TARGET_PART"

// A piece says which part of a topology a process is.
type piece struct {
	Upstream *UpstreamConfig
	Node     *node
}

// A node is `loadctl target serve` as a topology has it.
type node struct {
	Listen    string
	Settings  knobs.Settings
	AuthToken string
	Admin     AdminConfig
}

// ServePart is the hidden `loadctl target part`: a process started by Up. A node obeys
// signals as the master of `loadctl target serve` does; the upstream ends by any.
func ServePart(ctx context.Context, told string, signals <-chan os.Signal, p Parent) error {
	var is piece
	if err := json.Unmarshal([]byte(told), &is); err != nil {
		return fmt.Errorf("a part is started by `loadctl target up` only: %s: %w", PartEnv, err)
	}
	switch {
	case is.Upstream != nil:
		is.Upstream.Parent = p
		return untilSignal(ctx, signals, func(ctx context.Context) error { return Upstream(ctx, *is.Upstream) })
	case is.Node != nil:
		return Serve(ctx, ServeConfig{Listen: is.Node.Listen, Settings: is.Node.Settings, AuthToken: is.Node.AuthToken, Admin: is.Node.Admin, Signals: signals, Parent: p})
	}
	return errors.New("the order names no part")
}

// untilSignal ends what runs at the first signal.
func untilSignal(ctx context.Context, signals <-chan os.Signal, run func(context.Context) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		select {
		case <-signals:
			cancel()
		case <-ctx.Done():
		}
	}()
	return run(ctx)
}
