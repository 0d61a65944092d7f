//go:build !linux

package service

import "time"

// threadTime is the time that passes: elsewhere than on Linux work is as long as the
// clock says, whether the thread ran or not.
func threadTime() time.Duration { return time.Duration(time.Now().UnixNano()) }
