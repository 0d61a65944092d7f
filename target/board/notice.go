package board

import (
	"encoding/binary"
	"fmt"
	"runtime"
	"sync/atomic"
)

// noticeBytes bounds the text of the settings.
const noticeBytes = 32 << 10

// A notice is a text that one process writes and all read, whole or not at all: its
// turn is odd while it is being written. The version is that of the last whole text.
type notice struct {
	turn    atomic.Uint64
	version atomic.Int64
	length  atomic.Int64
	words   [noticeBytes / 8]atomic.Uint64
}

// Publish replaces the settings by another text, for the master alone, and returns its
// version: 1 for the first.
func (b *Board) Publish(text []byte) (version int64, err error) {
	if len(text) > noticeBytes {
		return 0, fmt.Errorf("publishing settings: %d bytes are more than the %d there is room for", len(text), noticeBytes)
	}
	n := &b.head().settings
	version = n.version.Load() + 1
	n.turn.Add(1)
	n.length.Store(int64(len(text)))
	for i := 0; i*8 < len(text); i++ {
		var word [8]byte
		copy(word[:], text[i*8:])
		n.words[i].Store(binary.LittleEndian.Uint64(word[:]))
	}
	n.version.Store(version)
	n.turn.Add(1)
	b.Master().Settings.Store(version)
	return version, nil
}

// Version is the version of the settings now; 0 before the first.
func (b *Board) Version() int64 { return b.head().settings.version.Load() }

// Settings are the text published last, and its version.
func (b *Board) Settings() (text []byte, version int64) {
	n := &b.head().settings
	for {
		before := n.turn.Load()
		if before%2 == 0 {
			text, version = n.read()
			if n.turn.Load() == before {
				return text, version
			}
		}
		runtime.Gosched()
	}
}

func (n *notice) read() ([]byte, int64) {
	length := min(max(n.length.Load(), 0), noticeBytes)
	text := make([]byte, 0, length+8)
	for i := 0; int64(i)*8 < length; i++ {
		text = binary.LittleEndian.AppendUint64(text, n.words[i].Load())
	}
	return text[:length], n.version.Load()
}
